//! Rows that changed in the same way, and which edits of single rows are shared by several.

use super::{ChangeGroup, ComparedRow, RowVerdict};
use crate::ChangeKind;
use std::collections::{BTreeMap, HashMap};

/// Examples kept for each kind of change.
const EXAMPLES: usize = 3;
/// Kinds of change listed at most.
const GROUP_LIMIT: usize = 100;
/// Cases that must share an edit before it is a kind of change of its own.
const SHARED_BY: usize = 2;
/// Edits told of one row: the most shared.
const EDITS_OF_A_ROW: usize = 3;

/// Keeps only those edits that several rows share.
pub(super) fn settle_edits(rows: &mut [ComparedRow]) {
    let mut shared: HashMap<ChangeKind, usize> = HashMap::new();
    for kind in rows.iter().flat_map(|row| &row.kinds) {
        if matches!(kind, ChangeKind::Edit(_)) {
            match shared.get_mut(kind) {
                Some(count) => *count += 1,
                None => {
                    shared.insert(kind.clone(), 1);
                }
            }
        }
    }
    for row in rows {
        let (mut edits, mut kinds): (Vec<ChangeKind>, Vec<ChangeKind>) =
            std::mem::take(&mut row.kinds)
                .into_iter()
                .partition(|kind| matches!(kind, ChangeKind::Edit(_)));
        let count = |edit: &ChangeKind| shared.get(edit).copied().unwrap_or_default();
        edits.retain(|edit| count(edit) >= SHARED_BY);
        edits.sort_by_key(|edit| std::cmp::Reverse(count(edit)));
        edits.truncate(EDITS_OF_A_ROW);
        kinds.extend(edits);
        row.kinds = kinds;
    }
}

pub(super) fn groups(rows: &[ComparedRow]) -> Vec<ChangeGroup> {
    let mut groups: BTreeMap<&ChangeKind, ChangeGroup> = BTreeMap::new();
    for row in rows {
        for kind in &row.kinds {
            let group = groups.entry(kind).or_insert_with(|| ChangeGroup {
                kind: kind.clone(),
                count: 0,
                fixed: 0,
                broken: 0,
                examples: Vec::new(),
            });
            group.count += 1;
            group.fixed += u64::from(row.verdict == RowVerdict::Fixed);
            group.broken += u64::from(row.verdict == RowVerdict::Broken);
            if group.examples.len() < EXAMPLES {
                group.examples.push(row.case_key.clone());
            }
        }
    }
    let mut groups: Vec<ChangeGroup> = groups.into_values().collect();
    // Stable: kinds of equal size keep the order of `ChangeKind`.
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups.truncate(GROUP_LIMIT);
    groups
}
