//! Which lines stayed, went or came.
//!
//! Lines become small integers first, so comparing two costs nothing. Lines that occur once on each side are
//! anchors (patience diff, by longest increasing subsequence); only the gaps between them go to `similar`'s
//! Myers, in blocks of bounded size. So no input makes it quadratic, and at its limits it still finds lines in
//! common. Knows nothing of what stands inside a line.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};
use std::collections::HashMap;
use std::ops::Range;

/// Lines on both sides of a gap that are searched at once; a longer gap is searched block by block.
const BLOCK_LINES: usize = 20_000;

/// A run of equal items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) len: usize,
}

/// Cuts a text into lines that keep their `\n`; the empty text has none.
pub(super) fn split_lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The operations that lead from `a` to `b`, in order, covering every line of both.
pub(super) fn line_ops<'t>(a: &[&'t str], b: &[&'t str]) -> Vec<DiffOp> {
    let (ids_a, ids_b) = intern(a, b);
    let matches = common_runs(&ids_a, &ids_b);
    operations(&matches, a.len(), b.len())
}

/// For each line of `b` the line of `a` that it stood as before, counted from 0; `None` for a line that is new.
#[must_use]
pub fn kept_lines(a: &[&str], b: &[&str]) -> Vec<Option<usize>> {
    let (ids_a, ids_b) = intern(a, b);
    let mut kept = vec![None; b.len()];
    for run in common_runs(&ids_a, &ids_b) {
        for (offset, from) in kept.iter_mut().skip(run.b).take(run.len).enumerate() {
            *from = Some(run.a + offset);
        }
    }
    kept
}

/// Replaces equal items by equal numbers, counted from 0 across both sides.
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

/// Myers on two short lists of numbers.
fn myers(a: &[u32], b: &[u32]) -> impl Iterator<Item = Match> {
    capture_diff_slices(Algorithm::Myers, a, b)
        .into_iter()
        .filter(|op| op.tag() == DiffTag::Equal)
        .map(|op| Match {
            a: op.old_range().start,
            b: op.new_range().start,
            len: op.old_range().len(),
        })
}

/// Runs in common, in order on both sides, neighbouring ones joined.
pub(super) fn common_runs(a: &[u32], b: &[u32]) -> Vec<Match> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let tail = a[head..]
        .iter()
        .rev()
        .zip(b[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let middle_a = head..a.len() - tail;
    let middle_b = head..b.len() - tail;

    let mut found = Runs::default();
    found.add(Match {
        a: 0,
        b: 0,
        len: head,
    });
    let (mut from_a, mut from_b) = (middle_a.start, middle_b.start);
    for (at_a, at_b) in anchors(a, b, middle_a.clone(), middle_b.clone()) {
        gap(a, b, from_a..at_a, from_b..at_b, &mut found);
        found.add(Match {
            a: at_a,
            b: at_b,
            len: 1,
        });
        (from_a, from_b) = (at_a + 1, at_b + 1);
    }
    gap(a, b, from_a..middle_a.end, from_b..middle_b.end, &mut found);
    found.add(Match {
        a: a.len() - tail,
        b: b.len() - tail,
        len: tail,
    });
    found.0
}

/// Searches between two anchors.
fn gap(a: &[u32], b: &[u32], old: Range<usize>, new: Range<usize>, found: &mut Runs) {
    if old.is_empty() || new.is_empty() {
        return;
    }
    let blocks = (old.len() + new.len()).div_ceil(BLOCK_LINES);
    let cut = |range: &Range<usize>, block: usize| range.start + range.len() * block / blocks;
    for block in 0..blocks {
        let part_a = cut(&old, block)..cut(&old, block + 1);
        let part_b = cut(&new, block)..cut(&new, block + 1);
        for run in myers(&a[part_a.clone()], &b[part_b.clone()]) {
            found.add(Match {
                a: run.a + part_a.start,
                b: run.b + part_b.start,
                len: run.len,
            });
        }
    }
}

/// Positions of items that occur exactly once in each range: the longest list that keeps both orders.
fn anchors(a: &[u32], b: &[u32], old: Range<usize>, new: Range<usize>) -> Vec<(usize, usize)> {
    let ids = a[old.clone()]
        .iter()
        .chain(&b[new.clone()])
        .max()
        .map_or(0, |id| *id as usize + 1);
    let once = |items: &[u32], range: Range<usize>| {
        // 0: absent; position + 1; or `usize::MAX` for more than once.
        let mut place = vec![0_usize; ids];
        for at in range {
            let slot = &mut place[items[at] as usize];
            *slot = if *slot == 0 { at + 1 } else { usize::MAX };
        }
        place
    };
    let (in_a, in_b) = (once(a, old.clone()), once(b, new));
    let single = |place: usize| (place != 0 && place != usize::MAX).then(|| place - 1);
    let pairs: Vec<(usize, usize)> = old
        .filter_map(|at| {
            let id = a[at] as usize;
            Some((single(in_a[id])?, single(in_b[id])?))
        })
        .collect();
    increasing(&pairs)
}

/// The longest subsequence whose second members increase; the first ones do already. O(n log n).
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `ends[k]` is the pair that ends the best list of length k + 1; `before` links each pair to its forerunner.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, (_, b)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *b);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut list = Vec::with_capacity(ends.len());
    let mut here = ends.last().copied();
    while let Some(at) = here {
        list.push(pairs[at]);
        here = before[at];
    }
    list.reverse();
    list
}

/// Runs in order, joined where they touch.
#[derive(Default)]
struct Runs(Vec<Match>);

impl Runs {
    fn add(&mut self, run: Match) {
        match self.0.last_mut() {
            _ if run.len == 0 => {}
            Some(last) if last.a + last.len == run.a && last.b + last.len == run.b => {
                last.len += run.len;
            }
            _ => self.0.push(run),
        }
    }
}

/// The operations around the given runs.
fn operations(matches: &[Match], len_a: usize, len_b: usize) -> Vec<DiffOp> {
    let mut ops = Vec::with_capacity(2 * matches.len() + 1);
    let (mut old_index, mut new_index) = (0, 0);
    let end = Match {
        a: len_a,
        b: len_b,
        len: 0,
    };
    for run in matches.iter().chain([&end]) {
        let (old_len, new_len) = (run.a - old_index, run.b - new_index);
        match (old_len, new_len) {
            (0, 0) => {}
            (_, 0) => ops.push(DiffOp::Delete {
                old_index,
                old_len,
                new_index,
            }),
            (0, _) => ops.push(DiffOp::Insert {
                old_index,
                new_index,
                new_len,
            }),
            _ => ops.push(DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            }),
        }
        if run.len > 0 {
            ops.push(DiffOp::Equal {
                old_index: run.a,
                new_index: run.b,
                len: run.len,
            });
        }
        (old_index, new_index) = (run.a + run.len, run.b + run.len);
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unique_lines_anchor_what_repeated_lines_would_misplace() {
        let a = ["{", "one", "}", "{", "two", "}"];
        let b = ["{", "new", "}", "{", "one", "}", "{", "two", "}"];
        let kept: Vec<&str> = line_ops(&a, &b)
            .iter()
            .filter(|op| op.tag() == DiffTag::Equal)
            .flat_map(|op| a[op.old_range()].to_vec())
            .collect();
        assert_eq!(kept, a, "all old lines stay");
    }

    #[test]
    fn kept_lines_know_where_they_stood() {
        let kept = kept_lines(&["a", "b", "c"], &["x", "a", "c", "d"]);
        assert_eq!(kept, [None, Some(0), Some(2), None]);
        assert_eq!(kept_lines(&[], &["a"]), [None]);
        assert!(kept_lines(&["a"], &[]).is_empty());
    }

    #[test]
    fn the_longest_increasing_list_is_found() {
        let pairs: Vec<(usize, usize)> = [3, 0, 1, 7, 2, 5, 4].into_iter().enumerate().collect();
        let kept: Vec<usize> = increasing(&pairs).into_iter().map(|(_, b)| b).collect();
        assert_eq!(kept, [0, 1, 2, 4]);
    }

    #[test]
    fn a_gap_beyond_the_block_size_still_finds_lines_in_common() {
        let a: Vec<u32> = (0..60_000).map(|i| i * 31 % 97).collect();
        let mut b = a.clone();
        for at in (0..b.len()).step_by(1_000) {
            b[at] = 1_000;
        }
        let kept: usize = common_runs(&a, &b).iter().map(|run| run.len).sum();
        assert!(kept > 50_000, "{kept} of 60,000 lines kept");
    }

    proptest! {
        #[test]
        fn operations_cover_both_sides_in_order_and_equal_means_equal(
            a in prop::collection::vec(0_u32..8, 0..40),
            b in prop::collection::vec(0_u32..8, 0..40),
        ) {
            let (mut at_a, mut at_b) = (0, 0);
            for op in operations(&common_runs(&a, &b), a.len(), b.len()) {
                prop_assert_eq!((op.old_range().start, op.new_range().start), (at_a, at_b));
                if op.tag() == DiffTag::Equal {
                    prop_assert_eq!(&a[op.old_range()], &b[op.new_range()]);
                }
                (at_a, at_b) = (op.old_range().end, op.new_range().end);
            }
            prop_assert_eq!((at_a, at_b), (a.len(), b.len()));
        }
    }
}
