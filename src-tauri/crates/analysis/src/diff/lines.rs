//! Which lines stayed, went, came or were rewritten.
//!
//! Lines become small integers first, so comparing two costs nothing; the search is `similar`'s Myers
//! with its work limits, so no input makes it quadratic. Knows nothing of what stands inside a line.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// Cuts a text into lines that keep their `\n`; the empty text has none.
pub(super) fn split_lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The operations that lead from `a` to `b`, in order, covering every line of both.
pub(super) fn line_ops<'t>(a: &[&'t str], b: &[&'t str]) -> Vec<DiffOp> {
    let (ids_a, ids_b) = intern(a, b);
    capture_diff_slices(Algorithm::Myers, &ids_a, &ids_b)
}

/// Replaces equal items by equal numbers, across both sides.
pub(super) fn intern<'t>(a: &[&'t str], b: &[&'t str]) -> (Vec<u32>, Vec<u32>) {
    let mut known: HashMap<&'t str, u32> = HashMap::with_capacity(a.len());
    let mut number = |item: &'t str| {
        // Never more items than `u32`: a text of four billion lines does not fit in memory.
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *known.entry(item).or_insert(next)
    };
    let ids_a = a.iter().map(|item| number(item)).collect();
    let ids_b = b.iter().map(|item| number(item)).collect();
    (ids_a, ids_b)
}
