//! The kinds of change between two answers: what outweighs everything else first, then JSON, then text.

use super::ChangeKind;
use super::{json, text};
use crate::diff::{json_equal, read_json};
use crate::grade::refusal::is_refusal;
use plumbline_model::ToolCall;
use serde_json::Value;

/// True when two lists of tool calls ask for the same; the provider's ids do not count.
pub(crate) fn same_calls(a: &[ToolCall], b: &[ToolCall]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.name == b.name && json_equal(&a.arguments, &b.arguments))
}

/// The kinds of change between two answers that differ, never none. Edits are those of this pair: whether several cases
/// share one is for whoever sees all of them to say.
pub(crate) fn kinds_of(a: (&str, &[ToolCall]), b: (&str, &[ToolCall])) -> Vec<ChangeKind> {
    let ((a, calls_a), (b, calls_b)) = (a, b);
    if !same_calls(calls_a, calls_b) {
        return vec![ChangeKind::ToolCall];
    }
    if b.trim().is_empty() && !a.trim().is_empty() {
        return vec![ChangeKind::Empty];
    }
    match (is_refusal(a), is_refusal(b)) {
        (false, true) => return vec![ChangeKind::RefusalAppeared],
        (true, false) => return vec![ChangeKind::RefusalDisappeared],
        _ => {}
    }
    match (container(a), container(b)) {
        (Some(a), Some(b)) => json::kinds(&a, &b),
        (Some(_), None) => vec![ChangeKind::JsonLost],
        (None, Some(_)) => vec![ChangeKind::JsonAppeared],
        (None, None) => text::kinds(a, b),
    }
}

/// An answer that is an object or an array; a lone number or word is a text.
fn container(text: &str) -> Option<Value> {
    let first = text.trim_start().as_bytes().first()?;
    if !matches!(first, b'{' | b'[' | b'`') {
        return None;
    }
    let value = read_json(text).ok()?.value;
    (value.is_object() || value.is_array()).then_some(value)
}
