//! Renaming: a key of the front matter, a name in the messages, the type of a variable.

use super::edit::Edit;
use super::words;
use super::yaml_lines::Front;

/// Places where `key` may stand as a key of the front matter; the fault tells no more than its name.
pub(super) fn keys(text: &str, key: &str, with: &str) -> Vec<Vec<Edit>> {
    let Some(front) = Front::of(text) else {
        return Vec::new();
    };
    let part = &text[front.start..front.end];
    let stands_alone = |at: usize| {
        let before = part[..at].chars().next_back();
        let after = part[at + key.len()..]
            .trim_start_matches(['"', '\''])
            .trim_start();
        before.is_none_or(|c| !(c.is_alphanumeric() || "_-.".contains(c))) && after.starts_with(':')
    };
    part.match_indices(key)
        .map(|(at, _)| at)
        .filter(|at| !key.is_empty() && stands_alone(*at))
        .take(8)
        .map(|at| {
            vec![Edit::new(
                front.start + at,
                front.start + at + key.len(),
                with,
            )]
        })
        .collect()
}

/// The name wherever the messages read it.
pub(super) fn in_messages(text: &str, name: &str, with: &str) -> Vec<Edit> {
    let Some(front) = Front::of(text) else {
        return Vec::new();
    };
    words::places(text, front.end, name)
        .into_iter()
        .map(|at| Edit::new(at, at + name.len(), with))
        .collect()
}

/// Places where a variable of the type `kind` may be declared.
pub(super) fn types(text: &str, kind: &str, with: &str) -> Vec<Vec<Edit>> {
    let Some(entry) = Front::of(text).and_then(|front| front.entry("variables")) else {
        return Vec::new();
    };
    let part = &text[entry.start..entry.end];
    let is_type = |at: usize| {
        part[..at]
            .trim_end_matches(['"', '\'', ' '])
            .ends_with("type:")
    };
    part.match_indices(kind)
        .map(|(at, _)| at)
        .filter(|at| !kind.is_empty() && is_type(*at))
        .take(8)
        .map(|at| {
            vec![Edit::new(
                entry.start + at,
                entry.start + at + kind.len(),
                with,
            )]
        })
        .collect()
}
