//! A source record laid out to be read, every token of it as the source wrote it.
//!
//! The record is never parsed into numbers: 2^64 and 1.10 stay what they are, and a key that comes twice is
//! shown twice. One pass over the bytes, no recursion.

/// Spaces of indentation stop growing here, so that hostile depth cannot square the size.
const MAX_INDENT: usize = 64;

/// JSON laid out on lines; anything else as it is.
pub(crate) fn pretty(raw: &str) -> String {
    if serde_json::from_str::<serde::de::IgnoredAny>(raw).is_err() {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len() + raw.len() / 4);
    let mut depth = 0_usize;
    let mut rest = raw.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => {
                let mut end = raw.len();
                let mut escaped = false;
                for (at, c) in rest.by_ref() {
                    if c == '"' && !escaped {
                        end = at + 1;
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
                out.push_str(raw.get(at..end).unwrap_or_default());
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
                if let Some((_, close)) = rest.next_if(|(_, c)| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', (depth * 2).min(MAX_INDENT)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_a_double_and_repeated_keys_stay_as_written() {
        let raw = r#"{"a":9223372036854775808,"b":[18446744073709551616,-0.10,1e400],"a":9007199254740993}"#;
        let shown = pretty(raw);
        assert_eq!(
            shown,
            "{\n  \"a\": 9223372036854775808,\n  \"b\": [\n    18446744073709551616,\n    -0.10,\n    1e400\n  ],\n  \"a\": 9007199254740993\n}"
        );
    }

    #[test]
    fn strings_keep_their_brackets_escapes_and_spaces() {
        let raw = r#" { "k\\" : "a, {b}: \"c\" [ ]" , "e" : [ ] , "o":{ } } "#;
        let expected = "{\n  \"k\\\\\": \"a, {b}: \\\"c\\\" [ ]\",\n  \"e\": [],\n  \"o\": {}\n}";
        assert_eq!(pretty(raw), expected);
    }

    #[test]
    fn what_is_not_json_stays() {
        for raw in ["", "plain, text: {", "{\"a\":1"] {
            assert_eq!(pretty(raw), raw);
        }
        let deep = "[".repeat(100_000);
        assert_eq!(pretty(&deep), deep);
    }

    #[test]
    fn a_small_record_reads_as_serde_lays_it_out() {
        let value = serde_json::json!({"a": {"b": [1, {"c": null}], "d": true}, "e": "x"});
        let expected = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(pretty(&value.to_string()), expected);
    }
}
