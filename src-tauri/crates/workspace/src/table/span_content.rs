//! What is kept of a span besides its columns: its canonical JSON, a preview, and the text to search.

use crate::codec;
use crate::error::{Result, WorkspaceError};
use plumbline_model::{Role, Span};
use serde_json::{Map, Value};

/// Characters of each text that can be searched.
const SEARCH_LIMIT: usize = 1_000;

/// Nesting beyond this is kept as text inside the body, so that what was written can be read again.
const DEPTH_LIMIT: usize = 96;

/// The span's JSON without its absent fields, so that a field added later does not change old hashes.
pub(super) fn canonical(span: &Span) -> Result<Vec<u8>> {
    let unwritable =
        |error: serde_json::Error| WorkspaceError::BadInput(format!("a span is not JSON: {error}"));
    let mut fields: Map<String, Value> = match serde_json::to_value(span).map_err(unwritable)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.retain(|_, value| !value.is_null());
    let mut bytes = serde_json::to_vec(&fields).map_err(unwritable)?;
    if depth(&bytes) > DEPTH_LIMIT {
        for value in fields.values_mut() {
            flatten(value, DEPTH_LIMIT - 1)?;
        }
        bytes = serde_json::to_vec(&fields).map_err(unwritable)?;
    }
    Ok(bytes)
}

/// The deepest nesting of JSON text, found without recursion.
fn depth(json: &[u8]) -> usize {
    let (mut now, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !in_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Replaces what nests deeper than `left` levels by its own JSON text.
fn flatten(value: &mut Value, left: usize) -> Result<()> {
    match value {
        Value::Array(_) | Value::Object(_) if left == 0 => {
            *value = Value::String(codec::json(value)?);
        }
        Value::Array(items) => {
            for item in items {
                flatten(item, left - 1)?;
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                flatten(field, left - 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The start of what was asked, for a list: the last user message, else the last input, else the output.
pub(super) fn preview(span: &Span) -> String {
    let asked = span.input_messages.iter().rev();
    let message = asked
        .clone()
        .find(|message| message.role == Role::User)
        .or_else(|| asked.clone().next())
        .or_else(|| span.output_messages.first());
    let text = message
        .map(|message| message.content.text())
        .unwrap_or_default();
    let mut preview = String::new();
    for word in text.split_whitespace() {
        if !preview.is_empty() {
            preview.push(' ');
        }
        preview.extend(word.chars().take(160));
        if preview.chars().count() >= 160 {
            break;
        }
    }
    preview.chars().take(160).collect()
}

/// What a text search looks through, in lower case.
pub(super) fn search_text(span: &Span) -> String {
    let mut text = String::new();
    let mut add = |part: &str| {
        let end = part
            .char_indices()
            .nth(SEARCH_LIMIT)
            .map_or(part.len(), |(end, _)| end);
        let part = &part[..end];
        if part.is_ascii() {
            let from = text.len();
            text.push_str(part);
            text[from..].make_ascii_lowercase();
        } else {
            text.extend(part.chars().flat_map(char::to_lowercase));
        }
        text.push('\n');
    };
    let named = [
        &span.name,
        &span.model_requested,
        &span.model_returned,
        &span.prompt_name,
        &span.error_type,
        &span.error_message,
        &span.tool_name,
        &span.request_id,
        &span.session_id,
    ];
    named.into_iter().flatten().for_each(|part| add(part));
    add(&span.trace_id);
    add(&span.span_id);
    for message in span
        .input_messages
        .iter()
        .rev()
        .take(2)
        .chain(&span.output_messages)
    {
        add(&message.content.text());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Workspace;
    use crate::testing::*;

    #[test]
    fn nesting_too_deep_to_read_again_is_kept_as_text() {
        let workspace = Workspace::in_memory().unwrap();
        let mut deep = Value::from("bottom");
        for _ in 0..126 {
            deep = Value::Array(vec![deep]);
        }
        let mut span = call("t", "s", 1);
        span.tool_arguments = Some(Value::Object(Map::from_iter([("a".to_owned(), deep)])));
        let import = begin(&workspace, 1);
        workspace
            .append_spans(import, vec![imported(span)])
            .unwrap();
        let read = workspace.span("t", "s", 1).unwrap().span;
        let text = serde_json::to_string(&read.tool_arguments).unwrap();
        assert!(text.contains("bottom") && depth(text.as_bytes()) < DEPTH_LIMIT);
        assert_eq!(
            depth(br#"{"a":"[[[\"[["}"#),
            1,
            "brackets in texts do not nest"
        );
    }
}
