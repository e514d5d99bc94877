//! Which words of a text took the place of which: what many answers may have in common that differ otherwise.

use super::Edit;
use crate::diff::word_gaps;

/// Edits of one pair looked at; an answer with more of them was written anew.
const EDITS_LIMIT: usize = 32;
/// Words beyond this many characters on one side are no phrase that repeats.
const EDIT_CHARS: usize = 80;
/// Longer texts are not looked at.
const TEXT_LIMIT_BYTES: usize = 64 * 1024;

/// The different edits of a pair, in order; none where the texts have little in common.
pub(super) fn edits(a: &str, b: &str) -> Vec<Edit> {
    if a.len().max(b.len()) > TEXT_LIMIT_BYTES {
        return Vec::new();
    }
    let gaps = word_gaps(a, b);
    if gaps.len() > EDITS_LIMIT {
        return Vec::new();
    }
    let mut edits: Vec<Edit> = Vec::new();
    for (removed, added) in gaps {
        let edit = Edit {
            path: None,
            removed: removed.trim().to_owned(),
            added: added.trim().to_owned(),
        };
        if worth_telling(&edit) && !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    edits
}

/// A phrase, not a comma and not a paragraph.
pub(super) fn worth_telling(edit: &Edit) -> bool {
    let sides = [&edit.removed, &edit.added];
    sides
        .iter()
        .any(|side| side.chars().any(char::is_alphanumeric))
        && sides
            .iter()
            .all(|side| side.chars().nth(EDIT_CHARS).is_none())
}
