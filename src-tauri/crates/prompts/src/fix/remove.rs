//! Removing the declaration of a variable.

use super::edit::{Edit, apply};
use super::flow;
use super::yaml_lines::{Front, entries, lines};
use crate::parse;

/// Removes the declaration of `name`, and nothing else.
pub(super) fn variable(text: &str, name: &str) -> Option<Vec<Edit>> {
    let mut expected = parse(text).ok()?.variables;
    let at = expected.iter().position(|variable| variable.name == name)?;
    expected.remove(at);
    candidates(text, name).into_iter().find(|edits| {
        let left = apply(text, edits).and_then(|text| parse(&text).ok());
        left.is_some_and(|left| left.variables == expected)
    })
}

/// Pieces of the entry that mention the name; one of them is its declaration.
fn candidates(text: &str, name: &str) -> Vec<Vec<Edit>> {
    let Some(front) = Front::of(text) else {
        return Vec::new();
    };
    let Some(entry) = front.entry("variables") else {
        return Vec::new();
    };
    let whole = (entry.start, entry.end);
    let pieces = if entry.value.starts_with(['[', '{']) {
        let members = flow::members(text, entry.value_start, entry.end);
        members.map_or_else(Vec::new, |(members, _)| without_comma(text, &members))
    } else {
        block_items(text, entry.start, entry.end)
    };
    let only = pieces.len() == 1;
    let mentions = |(from, to): &(usize, usize)| text[*from..*to].contains(name);
    let mut found: Vec<(usize, usize)> = pieces.into_iter().filter(mentions).take(8).collect();
    if only {
        // A key without a value reads badly.
        found.insert(0, whole);
    }
    found
        .into_iter()
        .map(|(from, to)| vec![Edit::new(from, to, "")])
        .collect()
}

/// Each member with the comma behind it, the last with the one before it.
fn without_comma(text: &str, members: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let piece = |(index, (from, to)): (usize, &(usize, usize))| match members.get(index + 1) {
        Some((next, _)) => (*from, *next),
        None if index > 0 => (members[index - 1].1, *to),
        None => (*from, *to),
    };
    debug_assert!(members.iter().all(|(_, to)| *to <= text.len()));
    members.iter().enumerate().map(piece).collect()
}

/// Items of a list, or keys of a map, with the lines below them.
fn block_items(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let Some(below) = text[start..end].find('\n').map(|at| start + at + 1) else {
        return Vec::new();
    };
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let said = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let Some((_, first)) = lines(text, below, end).find(|(_, line)| said(line)) else {
        return Vec::new();
    };
    let indent = depth(first);
    if !first.trim_start().starts_with('-') {
        let keys = entries(text, below, end, indent);
        return keys.iter().map(|key| (key.start, key.end)).collect();
    }
    let mut items: Vec<(usize, usize)> = Vec::new();
    for (at, line) in lines(text, below, end) {
        if depth(line) == indent && line.trim_start().starts_with('-') {
            items.push((at, at + line.len()));
        } else if let Some(last) = items.last_mut().filter(|_| said(line)) {
            last.1 = at + line.len();
        }
    }
    items
}
