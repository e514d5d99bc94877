//! What is whole in a JSON object that was cut: the records of its list up to the last one that ended.
//!
//! Exports that are one object hold their records in one list. Of a text that ends inside the list everything up to
//! the last whole record is closed again; a record that is cut itself is none.

/// The names of lists that hold records, over all formats.
const LISTS: [&[u8]; 8] = [
    b"data",
    b"observations",
    b"batch",
    b"post",
    b"patch",
    b"runs",
    b"results",
    b"loglines",
];

/// The outermost list that is open at some place of the text.
struct List {
    /// How many brackets are open inside it, its own among them.
    depth: usize,
    holds_records: bool,
    /// The end of its last whole object.
    end: Option<usize>,
}

/// The text up to the last whole record, with its brackets closed; none when no record is whole.
pub(crate) fn closed_at_last_record(text: &[u8]) -> Option<Vec<u8>> {
    let mut depth = 0_usize;
    let mut list: Option<List> = None;
    // Where the last list of records ended, and how many objects are open around it.
    let mut ended = None;
    let mut last_text: &[u8] = b"";
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                loop {
                    match text.get(at) {
                        None => break,
                        Some(b'\\') => at += 2,
                        Some(b'"') => break,
                        Some(_) => at += 1,
                    }
                }
                last_text = text.get(start..at).unwrap_or_default();
                at += 1;
            }
            b'{' => depth += 1,
            b'[' => {
                depth += 1;
                if list.is_none() {
                    list = Some(List {
                        depth,
                        // The text before a list is its key.
                        holds_records: LISTS.contains(&last_text),
                        end: None,
                    });
                }
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                match &mut list {
                    Some(open) if depth == open.depth => open.end = Some(at),
                    Some(open) if depth < open.depth => {
                        if open.holds_records {
                            ended = Some((at, depth));
                        }
                        list = None;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let open = list.filter(|list| list.holds_records);
    let (end, brackets, around) = match open.and_then(|list| Some((list.end?, list.depth - 1))) {
        Some((end, around)) => (end, &b"]"[..], around),
        None => ended.map(|(end, around)| (end, &b""[..], around))?,
    };
    let mut closed = [&text[..end], brackets].concat();
    // Outside of the outermost list only objects are open.
    closed.resize(closed.len() + around, b'}');
    Some(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text: &str) -> Option<String> {
        closed_at_last_record(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn whole_records_stay_and_the_one_that_is_cut_goes() {
        for (cut, whole) in [
            (
                r#"{"n":1,"data":[{"a":[1]},{"b":"]}"#,
                Some(r#"{"n":1,"data":[{"a":[1]}]}"#),
            ),
            (
                r#"{"results":{"results":[{"a":"\"}"},{"b":{}}"#,
                Some(r#"{"results":{"results":[{"a":"\"}"},{"b":{}}]}}"#),
            ),
            (r#"{"tags":["x"],"data":[{"in":[{"m":1},{"#, None),
            (
                r#"{"data":[{"a":1},{"in":[{"m":1},{"#,
                Some(r#"{"data":[{"a":1}]}"#),
            ),
            (
                r#"{"a":{"results":[{"b":1}],"stats":{"n":[{},"#,
                Some(r#"{"a":{"results":[{"b":1}]}}"#),
            ),
            (
                r#"{"post":[{"b":1}],"patch":[{"c":"#,
                Some(r#"{"post":[{"b":1}]}"#),
            ),
            (r#"{"input":[{"a":1},{"#, None),
            (r#"{"data":["#, None),
            (r#"{"data":"[{}"#, None),
            ("}}}", None),
            ("\"\\", None),
        ] {
            assert_eq!(closed(cut).as_deref(), whole, "{cut}");
        }
    }
}
