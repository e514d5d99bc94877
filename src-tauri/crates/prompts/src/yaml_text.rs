//! Plain values as YAML: block style as a person would write it, quotes wherever a text could mean more.

use serde_json::{Map, Value};

/// Words that a YAML reader may take for something other than text.
const WORDS: &[&str] = &[
    "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity",
];
/// Longest value inside braces or brackets that stays on its line.
const MAX_FLOW_BYTES: usize = 100;
/// YAML gives up on longer keys unless they are announced.
const MAX_PLAIN_KEY_BYTES: usize = 128;
const MAX_KEY_BYTES: usize = 500;

/// Adds `key: value` at `indent`; whatever the value, it reads back as it is.
pub(crate) fn push_member(out: &mut String, indent: usize, key: &str, value: &Value) {
    let margin = " ".repeat(indent);
    if key.len() > MAX_KEY_BYTES {
        let (key, value) = (quoted(key), flow(value));
        out.push_str(&format!("{margin}? {key}\n{margin}: {value}\n"));
        return;
    }
    out.push_str(&format!("{margin}{}:", key_text(key)));
    push_value(out, indent, value);
}

/// The value behind `key:` or `-`, its line end included.
fn push_value(out: &mut String, indent: usize, value: &Value) {
    match value {
        Value::Object(members) if !members.is_empty() && !fits_a_line(value, indent) => {
            out.push('\n');
            push_members(out, indent + 2, members);
        }
        Value::Array(items) if !items.is_empty() && !fits_a_line(value, indent) => {
            out.push('\n');
            for item in items {
                push_item(out, indent + 2, item);
            }
        }
        Value::String(text) => out.push_str(&format!(" {}\n", scalar(text))),
        other => out.push_str(&format!(" {}\n", flow(other))),
    }
}

pub(crate) fn push_members(out: &mut String, indent: usize, members: &Map<String, Value>) {
    for (key, value) in members {
        push_member(out, indent, key, value);
    }
}

/// One `- …`; the first member of a map stands on the line of its hyphen.
pub(crate) fn push_item(out: &mut String, indent: usize, item: &Value) {
    let margin = " ".repeat(indent);
    match item {
        Value::Object(members) if !members.is_empty() && !fits_a_line(item, indent) => {
            let start = out.len();
            push_members(out, indent + 2, members);
            out.replace_range(start..start + indent + 2, &format!("{margin}- "));
        }
        Value::Array(items) if !items.is_empty() && !fits_a_line(item, indent) => {
            out.push_str(&format!("{margin}- {}\n", flow(item)));
        }
        other => {
            out.push_str(&format!("{margin}-"));
            push_value(out, indent, other);
        }
    }
}

/// Short lists, and short maps below the first level, read better on one line.
fn fits_a_line(value: &Value, indent: usize) -> bool {
    let short = |value: &Value| match value {
        Value::Array(items) => items
            .iter()
            .all(|item| !item.is_array() && !item.is_object()),
        Value::Object(members) => indent > 0 && members.values().all(|member| !member.is_object()),
        _ => true,
    };
    short(value) && flow(value).len() <= MAX_FLOW_BYTES
}

/// The value on one line.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text, true) => text.clone(),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| {
                    let announced = if key.len() > MAX_KEY_BYTES { "? " } else { "" };
                    let end = if announced.is_empty() { "" } else { " " };
                    format!("{announced}{}{end}: {}", key_text(key), flow(value))
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text as the value of a block member: bare where that is safe.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text, false) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn key_text(key: &str) -> String {
    let plain = key.len() <= MAX_PLAIN_KEY_BYTES && is_plain(key, true) && !key.contains(' ');
    if plain { key.to_owned() } else { quoted(key) }
}

/// Whether a text stands for itself without quotes; stricter than YAML, so that no reader differs.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || " ._-/+()@;!?'\"<>$=".contains(c);
    let mut previous = ' ';
    for c in text.chars() {
        let colon_before = previous == ':';
        // `a: b` would be a member; `openai:gpt-4o` is a word.
        if colon_before && !c.is_alphanumeric() && c != '/' {
            return false;
        }
        if !(allowed(c) || (!in_flow && (c == ',' || c == ':'))) {
            return false;
        }
        previous = c;
    }
    text.starts_with(char::is_alphabetic)
        && !text.ends_with([' ', ':'])
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A double-quoted scalar that holds no line end and no character that cannot be seen.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ordinary_values_read_as_a_person_writes_them() {
        let value = json!({
            "description": "Answers one ticket, politely.",
            "model": "openai:gpt-4o-mini",
            "stop": ["END", "a, b"],
            "word": "yes",
            "number": "12",
            "odd": "a: b # c",
            "empty": {},
            "schema": {"type": "object", "properties": {"id": {"type": "string", "enum": ["a"]}}},
            "list": [{"name": "a", "deep": {"b": {"c": 1}}}],
        });
        let mut out = String::new();
        push_members(&mut out, 0, value.as_object().unwrap());
        let expected = "\
description: Answers one ticket, politely.
empty: {}
list:
  - deep:
      b: {c: 1}
    name: a
model: openai:gpt-4o-mini
number: \"12\"
odd: \"a: b # c\"
schema:
  properties:
    id: {enum: [a], type: string}
  type: object
stop: [END, \"a, b\"]
word: \"yes\"
";
        assert_eq!(out, expected);
        assert_eq!(serde_saphyr::from_str::<Value>(&out).unwrap(), value);
    }
}
