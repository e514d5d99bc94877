//! Numbers for kinds of change: the filter needs them in attributes, and attributes hold no data.

use crate::share::SharedHead;
use std::collections::HashMap;

/// Kinds offered by the filter at most; cases of others still say their kind.
const OFFERED: usize = 500;

/// The kinds of the head, numbered in order from 0.
pub(super) struct Kinds<'h> {
    named: Vec<&'h str>,
    numbers: HashMap<&'h str, usize>,
}

impl<'h> Kinds<'h> {
    pub(super) fn new(head: &'h SharedHead) -> Self {
        let mut kinds = Self {
            named: Vec::new(),
            numbers: HashMap::new(),
        };
        for group in &head.groups {
            let next = kinds.named.len();
            if next < OFFERED && !kinds.numbers.contains_key(group.kind.as_str()) {
                kinds.numbers.insert(&group.kind, next);
                kinds.named.push(&group.kind);
            }
        }
        kinds
    }

    pub(super) fn named(&self) -> impl Iterator<Item = (usize, &'h str)> {
        self.named.iter().copied().enumerate()
    }

    /// `None` for a kind that is not in the head.
    pub(super) fn number(&self, kind: &str) -> Option<usize> {
        self.numbers.get(kind).copied()
    }
}
