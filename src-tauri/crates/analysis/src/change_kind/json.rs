//! Which fields of a JSON answer were lost, came, or have another value.

use super::edits::worth_telling;
use super::{ChangeKind, Edit};
use crate::diff::{JsonChange, JsonChangeKind, diff_json};
use serde_json::Value;

/// More changed fields than this are told as one change of the whole answer.
const FIELDS_LIMIT: usize = 8;

pub(super) fn kinds(a: &Value, b: &Value) -> Vec<ChangeKind> {
    let changes = diff_json(a, b);
    let mut kinds: Vec<ChangeKind> = changes.iter().map(of_change).collect();
    if kinds.is_empty() {
        return vec![ChangeKind::Formatting];
    }
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() > FIELDS_LIMIT {
        return vec![ChangeKind::JsonField("$".to_owned())];
    }
    let mut edits: Vec<Edit> = changes.iter().filter_map(edit).collect();
    edits.sort_unstable();
    edits.dedup();
    kinds.extend(edits.into_iter().map(ChangeKind::Edit));
    kinds
}

fn of_change(change: &JsonChange) -> ChangeKind {
    let path = any_index(&change.path);
    match change.kind {
        JsonChangeKind::Removed => ChangeKind::FieldLost(path),
        JsonChangeKind::Added => ChangeKind::FieldAdded(path),
        JsonChangeKind::TypeChanged => ChangeKind::FieldType(path),
        JsonChangeKind::Changed => ChangeKind::JsonField(path),
    }
}

/// A value that took the place of another, where both are short.
fn edit(change: &JsonChange) -> Option<Edit> {
    let leaf = |value: &Option<Value>| match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Null)) => Some(value.to_string()),
        _ => None,
    };
    let edit = Edit {
        path: Some(any_index(&change.path)),
        removed: leaf(&change.a)?,
        added: leaf(&change.b)?,
    };
    worth_telling(&edit).then_some(edit)
}

/// Replaces array positions by `[*]`, so that the same field of different items is one kind.
fn any_index(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        let (head, tail) = rest.split_at(open + 1);
        out.push_str(head);
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && tail[digits..].starts_with(']') {
            out.push('*');
            rest = &tail[digits..];
        } else {
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}
