//! What became of one case: both sides, folded, against one another.
//!
//! A case that both passed and failed before is not broken when it fails: that was there already.

use super::fold::{Grade, Side};
use super::{CellView, ComparedRow, FoldedSide, RowVerdict};
use crate::change_kind::{ChangeKind, kinds_of, same_calls};
use crate::diff::word_similarity;
use plumbline_model::CellStatus;
use std::collections::BTreeMap;

pub(super) fn lone(key: &str, side: &Side<'_, '_>, verdict: RowVerdict) -> ComparedRow {
    let folded = Some(side.fold());
    let (a, b) = match verdict {
        RowVerdict::OnlyA => (folded, None),
        _ => (None, folded),
    };
    ComparedRow {
        case_key: key.to_owned(),
        verdict,
        reason: None,
        kinds: Vec::new(),
        similarity: None,
        a,
        b,
    }
}

pub(super) fn both(key: &str, a: &Side<'_, '_>, b: &Side<'_, '_>) -> ComparedRow {
    let (folded_a, folded_b) = (a.fold(), b.fold());
    let mut row = ComparedRow {
        case_key: key.to_owned(),
        verdict: RowVerdict::NotComparable,
        reason: None,
        kinds: Vec::new(),
        similarity: None,
        a: None,
        b: None,
    };
    let common = |side: &Side<'_, '_>, folded: &FoldedSide| -> Option<u32> {
        side.twice()
            .is_none()
            .then(|| folded.outputs.first().map(|output| output.repeat))
            .flatten()
    };
    row.reason = reason(a, b);
    let pair = common(a, &folded_a).zip(common(b, &folded_b));
    let pair = pair.and_then(|(at_a, at_b)| Some((a.repeat(at_a)?, b.repeat(at_b)?)));
    if let Some((first_a, first_b)) = pair {
        row.similarity = Some(word_similarity(first_a.text, first_b.text));
        if !all_seen(a, b, &folded_b) {
            let (old, new) = telling(a, b, (first_a, first_b), &folded_b);
            row.kinds = kinds_of((old.text, old.tool_calls), (new.text, new.tool_calls));
        } else if !all_seen(b, a, &folded_a) {
            row.kinds = vec![ChangeKind::Noise];
        }
        row.verdict = match (folded_a.grade(), folded_b.grade()) {
            (Grade::Fails, Grade::Passes) => RowVerdict::Fixed,
            (Grade::Passes, Grade::Fails | Grade::Flips) => RowVerdict::Broken,
            _ if row.kinds.is_empty() => RowVerdict::Same,
            _ => RowVerdict::Changed,
        };
    }
    (row.a, row.b) = (Some(folded_a), Some(folded_b));
    row
}

fn is_same(a: &CellView<'_>, b: &CellView<'_>) -> bool {
    a.text == b.text && same_calls(a.tool_calls, b.tool_calls)
}

/// Whether each answer of `new` was given by a repeat of `old`.
fn all_seen(old: &Side<'_, '_>, new: &Side<'_, '_>, folded: &FoldedSide) -> bool {
    folded.outputs.iter().all(|output| {
        new.repeat(output.repeat)
            .is_some_and(|new| old.answers().any(|old| is_same(old, new)))
    })
}

/// The commonest answers, or where they are the same, the commonest new answer in place of B's.
fn telling<'i, 'c>(
    a: &Side<'i, 'c>,
    b: &Side<'i, 'c>,
    first: (&'i CellView<'c>, &'i CellView<'c>),
    folded_b: &FoldedSide,
) -> (&'i CellView<'c>, &'i CellView<'c>) {
    if !is_same(first.0, first.1) {
        return first;
    }
    let new = folded_b
        .outputs
        .iter()
        .filter_map(|output| b.repeat(output.repeat))
        .find(|new| !a.answers().any(|old| is_same(old, new)));
    (first.0, new.unwrap_or(first.1))
}

/// Why the two are not compared, or not with all their repeats.
fn reason(a: &Side<'_, '_>, b: &Side<'_, '_>) -> Option<String> {
    if a.twice().is_some() || b.twice().is_some() {
        return Some(format!(
            "{} and {} answers share this key",
            a.cells.len(),
            b.cells.len()
        ));
    }
    let told: Vec<String> = [("A", a), ("B", b)]
        .into_iter()
        .filter_map(|(name, side)| {
            let mut broken_off: BTreeMap<CellStatus, usize> = BTreeMap::new();
            for cell in &side.cells {
                if cell.status != CellStatus::Complete {
                    *broken_off.entry(cell.status).or_default() += 1;
                }
            }
            let told: Vec<String> = broken_off
                .into_iter()
                .map(|(status, count)| {
                    let word = status.as_str().replace('_', " ");
                    match side.cells.len() {
                        1 => format!("{name} is {word}"),
                        all => format!("{name} is {word} in {count} of {all} repeats"),
                    }
                })
                .collect();
            (!told.is_empty()).then(|| told.join(", "))
        })
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}
