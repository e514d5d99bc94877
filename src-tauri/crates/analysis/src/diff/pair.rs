//! Which old line a new line took the place of, inside a block of replaced lines.
//!
//! Small blocks are aligned by the words that lines share; large ones are paired in order, since nobody reads
//! them line by line.

use super::words::split_words;
use std::ops::Range;

/// Replaced blocks up to this many pairs of lines are aligned by likeness; larger ones in order.
const ALIGN_PAIRS: usize = 256;
/// And only while comparing their words stays below this many steps.
const ALIGN_STEPS: usize = 20_000;
/// Two lines are versions of each other from this share of common words on.
const ALIKE: f64 = 0.3;
/// Indices of an old and a new line; one of them is `None` for a line without a partner.
type Pair = (Option<usize>, Option<usize>);

/// Says which old line each new line of a replaced block took the place of.
pub(super) fn pair_lines(
    a: &[&str],
    b: &[&str],
    old: Range<usize>,
    new: Range<usize>,
) -> Vec<Pair> {
    let in_order = |old: Range<usize>, new: Range<usize>| {
        let (n, m) = (old.len(), new.len());
        (0..n.max(m)).map(move |k| {
            (
                (k < n).then(|| old.start + k),
                (k < m).then(|| new.start + k),
            )
        })
    };
    let (n, m) = (old.len(), new.len());
    if n * m == 1 || n * m > ALIGN_PAIRS {
        return in_order(old, new).collect();
    }
    let bags_a: Vec<_> = a[old.clone()].iter().map(|line| bag(line)).collect();
    let bags_b: Vec<_> = b[new.clone()].iter().map(|line| bag(line)).collect();
    let size = |bags: &[Vec<&str>]| bags.iter().map(Vec::len).sum::<usize>();
    if n * size(&bags_b) + m * size(&bags_a) > ALIGN_STEPS {
        return in_order(old, new).collect();
    }
    let mut pairs = Vec::with_capacity(n + m);
    let (mut from_a, mut from_b) = (0, 0);
    let loose =
        |upto_a: usize, upto_b: usize, from_a: usize, from_b: usize, pairs: &mut Vec<Pair>| {
            pairs.extend((from_a..upto_a).map(|i| (Some(old.start + i), None)));
            pairs.extend((from_b..upto_b).map(|j| (None, Some(new.start + j))));
        };
    for (i, j) in align(&bags_a, &bags_b) {
        loose(i, j, from_a, from_b, &mut pairs);
        pairs.push((Some(old.start + i), Some(new.start + j)));
        (from_a, from_b) = (i + 1, j + 1);
    }
    loose(n, m, from_a, from_b, &mut pairs);
    pairs
}

/// The words of a line, sorted, spaces left out.
fn bag(line: &str) -> Vec<&str> {
    let mut words = split_words(line);
    words.retain(|word| !word.trim().is_empty());
    words.sort_unstable();
    words
}

fn likeness(a: &[&str], b: &[&str]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    2.0 * common as f64 / (a.len() + b.len()) as f64
}

/// The order-keeping pairing with the greatest sum of likeness.
fn align(a: &[Vec<&str>], b: &[Vec<&str>]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut alike = vec![0.0; a.len() * b.len()];
    let mut best = vec![0.0_f64; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let score = likeness(&a[i], &b[j]);
            alike[i * b.len() + j] = if score >= ALIKE { score } else { 0.0 };
            let paired = best[(i + 1) * width + j + 1] + alike[i * b.len() + j];
            best[i * width + j] = paired
                .max(best[(i + 1) * width + j])
                .max(best[i * width + j + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let here = alike[i * b.len() + j];
        if here > 0.0 && best[i * width + j] <= best[(i + 1) * width + j + 1] + here {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_partners_are_paired_in_order_and_the_rest_stands_alone() {
        let a = ["keep the label short", "answer in JSON only"];
        let b = [
            "be polite",
            "keep the label very short",
            "answer in JSON only please",
        ];
        assert_eq!(
            pair_lines(&a, &b, 0..2, 0..3),
            [(None, Some(0)), (Some(0), Some(1)), (Some(1), Some(2))]
        );
    }

    #[test]
    fn one_for_one_is_a_pair_however_unlike_and_large_blocks_pair_in_order() {
        assert_eq!(
            pair_lines(&["x"], &["y z"], 0..1, 0..1),
            [(Some(0), Some(0))]
        );
        let many = vec!["same words here"; 40];
        let pairs = pair_lines(&many, &many, 0..40, 0..39);
        assert_eq!((pairs.len(), pairs[39]), (40, (Some(39), None)));
    }
}
