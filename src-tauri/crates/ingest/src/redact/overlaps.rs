//! What was found, put in order: stretches that overlap are one, and placeholders are left alone.

use super::find::Found;
use super::placeholder::placeholders;
use std::ops::Range;

/// Puts what was found in order, joins what overlaps and leaves placeholders alone.
pub(super) fn settle<'k>(text: &str, mut found: Vec<Found<'k>>) -> Vec<Found<'k>> {
    if found.is_empty() {
        return found;
    }
    found.sort_by_key(|f| (f.range.start, std::cmp::Reverse(f.range.end), f.rank));
    let mut joined: Vec<Found<'k>> = Vec::with_capacity(found.len());
    for next in found {
        match joined.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                // The longer one names the whole.
                if next.range.len() > last.range.len() {
                    last.kind = next.kind;
                    last.rank = next.rank;
                }
                last.range.end = last.range.end.max(next.range.end);
            }
            _ => joined.push(next),
        }
    }
    let known = placeholders(text);
    if known.is_empty() {
        return joined;
    }
    joined
        .into_iter()
        .flat_map(|found| around(found, &known))
        .collect()
}

/// What is left of a stretch beside the placeholders within it.
fn around<'k>(found: Found<'k>, known: &[Range<usize>]) -> Vec<Found<'k>> {
    let Found { range, kind, rank } = found;
    let mut left = Vec::new();
    let mut start = range.start;
    for placeholder in known
        .iter()
        .filter(|p| p.end > range.start && p.start < range.end)
    {
        if placeholder.start > start {
            left.push(Found::new(start..placeholder.start, kind, rank));
        }
        start = start.max(placeholder.end);
    }
    if start < range.end {
        left.push(Found::new(start..range.end, kind, rank));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(
        text: &str,
        found: &[(Range<usize>, &'static str, usize)],
    ) -> Vec<(Range<usize>, &'static str)> {
        let found = found
            .iter()
            .map(|(range, kind, rank)| Found::new(range.clone(), kind, *rank));
        settle(text, found.collect())
            .into_iter()
            .map(|f| (f.range, f.kind))
            .collect()
    }

    #[test]
    fn overlaps_are_joined_under_the_longer_and_equals_under_the_lower_rank() {
        let text = "0123456789";
        assert_eq!(
            settled(text, &[(4..9, "b", 1), (0..5, "a", 2)]),
            [(0..9, "a")]
        );
        assert_eq!(
            settled(text, &[(0..5, "b", 2), (0..5, "a", 1)]),
            [(0..5, "a")]
        );
        assert_eq!(
            settled(text, &[(5..9, "b", 1), (0..5, "a", 2)]),
            [(0..5, "a"), (5..9, "b")]
        );
    }

    #[test]
    fn a_stretch_goes_around_placeholders() {
        let text = "ab[redacted:email:1f3a9c02]cd";
        assert_eq!(
            settled(text, &[(0..text.len(), "x", 1)]),
            [(0..2, "x"), (27..29, "x")]
        );
        assert_eq!(settled(text, &[(2..27, "x", 1)]), []);
    }
}
