//! Names inside the `{{ … }}` and `{% … %}` of a template, and which known name one is near to.

use crate::front_matter::distance;

/// Where a name stands in the Jinja of a text, as bytes: not behind a dot, in a string, a remark or plain text.
pub(super) fn places(text: &str, start: usize, name: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = start;
    while let Some(open) = next_tag(bytes, at) {
        let close: &[u8] = match bytes[open + 1] {
            b'{' => b"}}",
            b'%' => b"%}",
            _ => b"#}",
        };
        at = open + 2;
        if close == b"#}" {
            at = position(bytes, at, close).map_or(bytes.len(), |end| end + 2);
            continue;
        }
        while at < bytes.len() && !bytes[at..].starts_with(close) {
            let byte = bytes[at];
            if byte == b'"' || byte == b'\'' {
                at = end_of_string(bytes, at);
            } else if is_word(byte) {
                let end = at + bytes[at..].iter().take_while(|b| is_word(**b)).count();
                let behind_dot = text[..at].trim_end().ends_with('.');
                if &bytes[at..end] == name.as_bytes() && !behind_dot {
                    found.push(at);
                }
                at = end;
            } else {
                at += 1;
            }
        }
    }
    found
}

fn next_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let is_tag = |pair: &[u8]| pair[0] == b'{' && b"{%#".contains(&pair[1]);
    rest.windows(2).position(is_tag).map(|at| from + at)
}

fn position(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(wanted.len()).position(|part| part == wanted);
    found.map(|at| from + at)
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != bytes[start] {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Known names that were perhaps meant, nearest first.
pub(super) fn near<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let name: String = name.chars().take(64).collect();
    let mut found: Vec<(usize, &str)> = known
        .filter(|known| *known != name && known.len() <= 64)
        .map(|known| (distance(&name, known), known))
        .filter(|(far, known)| {
            let length = known.chars().count().min(name.chars().count());
            length >= 3 && *far <= 1 + length / 5
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_is_read_only() {
        let text = "tone {{ tone }}{# tone #}{% if a.tone and tone == 'tone' %}{{ tones|tone }} tone {{ \"}}tone\" ~ tone";
        let found = places(text, 0, "tone");
        let before: Vec<&str> = found.iter().map(|at| &text[at - 4..*at]).collect();
        assert_eq!(before, [" {{ ", "and ", "nes|", "\" ~ "]);
    }

    #[test]
    fn only_names_that_are_nearly_the_same_are_meant() {
        let known = ["ticket", "tone", "a", "customer_name"];
        assert_eq!(near("tickt", known.into_iter()), ["ticket"]);
        assert_eq!(near("costumer_name", known.into_iter()), ["customer_name"]);
        assert!(near("b", known.into_iter()).is_empty());
        assert!(near("order", known.into_iter()).is_empty());
    }
}
