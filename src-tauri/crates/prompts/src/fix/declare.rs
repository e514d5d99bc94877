//! Declaring a variable, in whichever way the file writes its variables.

use super::edit::Edit;
use super::yaml_lines::{Front, lines};
use super::{flow, header, words};

/// Declares `name`, of the type that its use in the messages suggests.
pub(super) fn variable(text: &str, name: &str) -> Option<Vec<Edit>> {
    let front = Front::of(text)?;
    let kind = suggested_type(text, front.end, name);
    let eol = front.eol;
    let block = format!("  - name: {name}{eol}    type: {kind}{eol}");
    let Some(entry) = front.entry("variables") else {
        let lines = format!("variables:{eol}{block}");
        return Some(vec![header::add(&front, "variables", &lines)]);
    };
    let as_flow = |braced: bool| match braced {
        true => format!("{name}: {{type: {kind}}}"),
        false => format!("{{name: {name}, type: {kind}}}"),
    };
    if let Some(bracket) = entry.value.chars().next().filter(|c| "[{".contains(*c)) {
        let (members, close) = flow::members(text, entry.value_start, entry.end)?;
        let member = as_flow(bracket == '{');
        return Some(vec![match members.last() {
            Some((_, end)) => Edit::insert(*end, format!(", {member}")),
            None => Edit::new(entry.value_start + 1, close, member),
        }]);
    }
    if !matches!(entry.value, "" | "null" | "~") {
        return None;
    }
    let below = text[entry.start..entry.end]
        .find('\n')
        .map(|at| entry.start + at + 1)?;
    let is_said = |(_, line): &(usize, &str)| {
        let line = line.trim_start();
        !line.trim().is_empty() && !line.starts_with('#')
    };
    let Some((_, first)) = lines(text, below, entry.end).find(is_said) else {
        let lines = format!("variables:{eol}{block}");
        return Some(vec![Edit::new(entry.start, entry.end, lines)]);
    };
    let indent = &first[..first.len() - first.trim_start_matches(' ').len()];
    let added = if !first.trim_start().starts_with('-') {
        format!("{indent}{}{eol}", as_flow(true))
    } else if text[below..entry.end].contains("- {") {
        format!("{indent}- {}{eol}", as_flow(false))
    } else {
        format!("{indent}- name: {name}{eol}{indent}  type: {kind}{eol}")
    };
    Some(vec![Edit::insert(entry.end, added)])
}

/// A loop needs a list and a dot an object; all else is put into text.
fn suggested_type(text: &str, body: usize, name: &str) -> &'static str {
    let mut kind = "string";
    for at in words::places(text, body, name) {
        let after = text[at + name.len()..].trim_start();
        if text[..at].trim_end().ends_with(" in") {
            return "array";
        }
        if after.starts_with('.') || after.starts_with("|items") {
            kind = "object";
        }
    }
    kind
}
