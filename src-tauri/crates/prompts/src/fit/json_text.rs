//! A text that is JSON, or a line of JSON after another, as its items: each a slice of the text, so that what is kept
//! stays byte for byte.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// Nesting beyond which the JSON reader gives up on a text that may be sound.
const DEEPEST_READ: usize = 127;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct JsonText<'t> {
    /// What stands before the first item, between two and behind the last.
    open: &'t str,
    between: &'static str,
    close: &'t str,
    pub(super) items: Vec<&'t str>,
}

impl<'t> JsonText<'t> {
    /// `None` for a text that is neither an array, an object nor lines of them.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        if !text.trim_start().starts_with(['[', '{']) {
            return None;
        }
        one(text).or_else(|| lines(text))
    }

    /// An item as a value, of a member the value it has; null for one nested too deep to be read.
    pub(super) fn value_of(&self, item: &str) -> Value {
        if self.open.ends_with('{') {
            let member: Map<String, Value> =
                serde_json::from_str(&format!("{{{item}}}")).unwrap_or_default();
            return member.into_values().next().unwrap_or_default();
        }
        serde_json::from_str(item).unwrap_or_default()
    }

    /// The text with these items only.
    pub(super) fn with(&self, items: &[&str]) -> String {
        [self.open, &items.join(self.between), self.close].concat()
    }
}

/// An array or an object.
fn one(text: &str) -> Option<JsonText<'_>> {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    let (mut open, mut close) = (0, None);
    let mut commas = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            _ if close.is_some() && !byte.is_ascii_whitespace() => return None,
            b'"' => in_string = true,
            b'[' | b'{' => {
                if depth == 0 {
                    open = at;
                }
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    close = Some(at);
                }
            }
            b',' if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    let close = close?;
    let readable = deepest > DEEPEST_READ || serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !readable {
        return None;
    }
    let mut items = Vec::with_capacity(commas.len() + 1);
    let mut from = open + 1;
    for to in commas.into_iter().chain([close]) {
        items.push(text.get(from..to)?);
        from = to + 1;
    }
    if items.iter().all(|item| item.trim().is_empty()) {
        items.clear();
    }
    Some(JsonText {
        open: text.get(..=open)?,
        between: ",",
        close: text.get(close..)?,
        items,
    })
}

/// JSON lines, each with its line end and the blank lines behind it.
fn lines(text: &str) -> Option<JsonText<'_>> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            one(line.trim())?;
            starts.push(at);
        }
        at += line.len();
    }
    if let Some(first) = starts.first_mut() {
        *first = 0;
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let items: Vec<&str> = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| text.get(*start..end))
        .collect();
    (items.len() > 1).then_some(JsonText {
        open: "",
        between: "",
        close: "",
        items,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_json_text_is_its_items_byte_for_byte() {
        let text = " [1.50, \"a,]\\\"\", {\"b\": [2, 3]},\n  null ] \n";
        let json = JsonText::of(text).unwrap();
        assert_eq!(
            json.items,
            ["1.50", " \"a,]\\\"\"", " {\"b\": [2, 3]}", "\n  null "]
        );
        assert_eq!(json.with(&json.items), text);
        assert_eq!(json.with(&json.items[..1]), " [1.50] \n");
        assert_eq!(json.value_of(json.items[2]), json!({"b": [2, 3]}));
        let object = JsonText::of("{\"a\": {\"score\": 1}, \"b\": 2}").unwrap();
        assert_eq!(object.value_of(object.items[0]), json!({"score": 1}));
        assert_eq!(object.with(&object.items[1..]), "{ \"b\": 2}");
        assert_eq!(JsonText::of("[ ]").unwrap().items, Vec::<&str>::new());
    }

    #[test]
    fn lines_of_json_are_items_too() {
        let text = "{\"a\": 1}\n\n{\"b\": 2}\n[3]";
        let json = JsonText::of(text).unwrap();
        assert_eq!(json.items, ["{\"a\": 1}\n\n", "{\"b\": 2}\n", "[3]"]);
        assert_eq!(json.with(&json.items), text);
    }

    #[test]
    fn what_only_looks_like_json_is_text() {
        for text in [
            "[note] see below",
            "{{ x }}",
            "[1, 2",
            "[1] [2]",
            "[1]]",
            "",
            "3",
            "\"x\"",
            "{a: 1}",
            "[1,]",
        ] {
            assert_eq!(JsonText::of(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_too_deep_to_be_read_is_json_all_the_same() {
        let text = format!("[1, {}2{}]", "[".repeat(100_000), "]".repeat(100_000));
        let json = JsonText::of(&text).unwrap();
        assert_eq!(json.items.len(), 2);
        assert_eq!(json.value_of(json.items[1]), Value::Null);
    }
}
