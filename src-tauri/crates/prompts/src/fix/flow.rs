//! Lists and maps on one line, such as `[a, {name: b}]`: where their members stand.

/// Members of the collection whose bracket opens at `open`, as bytes without the blanks around them, and where its
/// closing bracket stands. `None` when it does not close before `end`.
pub(super) fn members(text: &str, open: usize, end: usize) -> Option<(Vec<(usize, usize)>, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut start = open + 1;
    let mut at = open;
    while at < end {
        match bytes[at] {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    found.extend(trimmed(text, start, at));
                    return Some((found, at));
                }
            }
            b',' if depth == 1 => {
                found.extend(trimmed(text, start, at));
                start = at + 1;
            }
            quote @ (b'"' | b'\'') if opens_string(bytes, at) => {
                at += 1;
                while at < end && bytes[at] != quote {
                    at += if quote == b'"' && bytes[at] == b'\\' {
                        2
                    } else {
                        1
                    };
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// An apostrophe inside a word opens nothing.
fn opens_string(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev().find(|b| !b.is_ascii_whitespace());
    before.is_none_or(|before| b"[{,:".contains(before))
}

fn trimmed(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let part = text.get(start..end)?;
    let from = start + (part.len() - part.trim_start().len());
    (!part.trim().is_empty()).then(|| (from, from + part.trim().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_through_brackets_and_strings() {
        let text = "x: [a, {name: \"b, ]\", d: customer's}, 'c]' ] # [";
        let (found, close) = members(text, 3, text.len()).unwrap();
        let found: Vec<&str> = found.iter().map(|(from, to)| &text[*from..*to]).collect();
        assert_eq!(found, ["a", "{name: \"b, ]\", d: customer's}", "'c]'"]);
        assert_eq!(&text[close..=close], "]");
        assert_eq!(members("[a, {b]", 0, 7), None);
        assert_eq!(members("[]", 0, 2), Some((vec![], 1)));
    }
}
