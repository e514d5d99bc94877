//! Differences of two texts by line and word, beside `similar` (lines, then words inside changed lines).

use crate::Size;
use crate::pairs::{Outcome, Row, Title, in_turn, timed};
use crate::texts::{Corpus, joined};
use plumbline_analysis::diff::diff_text;
use similar::TextDiff;
use std::hint::black_box;

/// Equal lines around a change: the default of ours, set for the reference too.
const CONTEXT_LINES: usize = 3;

pub(crate) fn measure(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let mut rows = Vec::new();
    for (name, bytes, edited) in [
        ("diff 100 KB, 5 % edits", 100_000, true),
        ("diff 1 MB, 5 % edits", 1_000_000, true),
        ("diff 1 MB, different texts", 1_000_000, false),
    ] {
        rows.push(in_turn(
            Title {
                name: name.to_owned(),
                unit: "ms",
                more_is_better: false,
                reference: "similar lines + inline words".to_owned(),
                counted: format!(
                    "ASCII prose in lines of 8-16 words, {}, another pair each round; ours makes every row and \
                     piece as owned text, the reference borrows and is only walked",
                    if edited { "5 % of the words deleted, replaced or inserted" } else { "no line in common" }
                ),
            },
            size.pairs(),
            |round| {
                let old = corpus.prose(2 * round, bytes);
                let new = if edited {
                    corpus.edited(round, &old)
                } else {
                    corpus.prose(2 * round + 1, bytes)
                };
                Ok((joined(&old), joined(&new)))
            },
            |(old, new)| {
                let (diff, seconds) = timed(|| diff_text(old, new));
                if diff.equal || diff.rows_omitted > 0 {
                    return Err(format!("{name}: the diff is not the whole one").into());
                }
                Ok(seconds * 1e3)
            },
            |(old, new)| {
                let (pieces, seconds) = timed(|| walk(old, new));
                black_box(pieces);
                Ok(seconds * 1e3)
            },
        )?);
    }
    Ok(rows)
}

/// Number of pieces the reference finds.
fn walk(old: &str, new: &str) -> usize {
    let diff = TextDiff::from_lines(old, new);
    diff.grouped_ops(CONTEXT_LINES)
        .iter()
        .flatten()
        .flat_map(|op| diff.iter_inline_changes(op))
        .map(|change| change.values().len())
        .sum()
}
