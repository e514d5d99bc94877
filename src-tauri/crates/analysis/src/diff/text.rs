//! Turns two texts into hunks: lines first, words only inside the lines that changed.
//!
//! Decides which old line a new line took the place of, what is folded away, and how many rows are made.
//! There is no clock here: work is limited by size, and beyond a limit the line diff still stands.

use super::lines::{line_ops, split_lines};
use super::pair::pair_lines;
use super::row::{DiffRow, Emphasis, Hunk, Piece, RowTag, TextDiff, pieces_of};
use super::visible::{Mark, MarkKind};
use super::words::emphasise;
use similar::{DiffOp, DiffTag, group_diff_ops};

/// How many equal lines stand around a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    Lines(usize),
    /// The whole texts, in one hunk.
    All,
}

/// What a diff should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    pub context: Context,
    /// Rows made at most; the rest is counted in `rows_omitted`.
    pub max_rows: u32,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self {
            context: Context::Lines(3),
            max_rows: 200_000,
        }
    }
}

/// Text beyond this many bytes in changed lines is shown without word emphasis.
const WORD_BUDGET_BYTES: usize = 64 << 20;

/// Compares two texts with three lines of context.
#[must_use]
pub fn diff_text(a: &str, b: &str) -> TextDiff {
    diff_text_with(a, b, DiffOptions::default())
}

/// Compares two texts.
///
/// Law: with [`Context::All`] and no row omitted, the `a` pieces of the rows joined line by line are the
/// old text and the `b` pieces the new one.
#[must_use]
pub fn diff_text_with(a: &str, b: &str, options: DiffOptions) -> TextDiff {
    let lines_a = split_lines(a);
    let lines_b = split_lines(b);
    let equal = a == b;
    let ops = if equal {
        vec![DiffOp::Equal {
            old_index: 0,
            new_index: 0,
            len: lines_a.len(),
        }]
    } else {
        line_ops(&lines_a, &lines_b)
    };
    let (mut removed, mut added) = (0_usize, 0_usize);
    for op in ops.iter().filter(|op| op.tag() != DiffTag::Equal) {
        removed += op.old_range().len();
        added += op.new_range().len();
    }
    let groups = match options.context {
        Context::All if lines_a.is_empty() && lines_b.is_empty() => Vec::new(),
        Context::All => vec![ops],
        Context::Lines(_) if equal => Vec::new(),
        Context::Lines(lines) => group_diff_ops(ops, lines),
    };
    let mut rows = Rows {
        a: &lines_a,
        b: &lines_b,
        left: options.max_rows,
        omitted: 0,
        words_left: WORD_BUDGET_BYTES,
        out: Vec::new(),
    };
    let mut hunks = Vec::with_capacity(groups.len().min(1_024));
    let mut seen_a = 0;
    for group in groups {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let (start_a, start_b) = (first.old_range().start, first.new_range().start);
        let skipped = start_a.saturating_sub(seen_a);
        seen_a = last.old_range().end;
        for op in &group {
            rows.add(op);
        }
        let made = std::mem::take(&mut rows.out);
        if !made.is_empty() {
            hunks.push(Hunk {
                skipped_before: small(skipped),
                a_start: small(start_a + 1),
                b_start: small(start_b + 1),
                rows: made,
            });
        }
    }
    TextDiff {
        equal,
        hunks,
        skipped_after: small(lines_a.len() - seen_a),
        rows_omitted: rows.omitted,
        removed: small(removed),
        added: small(added),
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Makes rows out of line operations, within its limits.
struct Rows<'t> {
    a: &'t [&'t str],
    b: &'t [&'t str],
    left: u32,
    omitted: u32,
    words_left: usize,
    out: Vec<DiffRow>,
}

impl Rows<'_> {
    fn add(&mut self, op: &DiffOp) {
        match op.tag() {
            DiffTag::Equal => {
                for (i, j) in op.old_range().zip(op.new_range()) {
                    self.push(Some(i), Some(j));
                }
            }
            DiffTag::Delete => op.old_range().for_each(|i| self.push(Some(i), None)),
            DiffTag::Insert => op.new_range().for_each(|j| self.push(None, Some(j))),
            DiffTag::Replace => {
                for (i, j) in pair_lines(self.a, self.b, op.old_range(), op.new_range()) {
                    self.push(i, j);
                }
            }
        }
    }

    fn push(&mut self, i: Option<usize>, j: Option<usize>) {
        if self.left == 0 {
            self.omitted = self.omitted.saturating_add(1);
            return;
        }
        self.left -= 1;
        let old = i.map(|i| self.a[i]);
        let new = j.map(|j| self.b[j]);
        let (tag, a, b) = match (old, new) {
            (Some(old), Some(new)) if old == new => {
                let pieces = pieces_of(body(old), &[(Emphasis::Same, body(old))]);
                (RowTag::Equal, pieces.clone(), pieces)
            }
            (Some(old), Some(new)) => {
                let (a, b) = self.changed(old, new);
                (RowTag::Changed, a, b)
            }
            (Some(old), None) => (
                RowTag::Removed,
                pieces_of(body(old), &[(Emphasis::Removed, body(old))]),
                Vec::new(),
            ),
            (None, new) => {
                let new = new.map(body).unwrap_or_default();
                let pieces = pieces_of(new, &[(Emphasis::Added, new)]);
                (RowTag::Added, Vec::new(), pieces)
            }
        };
        self.out.push(DiffRow {
            tag,
            a_line: i.map(|i| small(i + 1)),
            b_line: j.map(|j| small(j + 1)),
            a,
            b,
        });
    }

    fn changed(&mut self, old: &str, new: &str) -> (Vec<Piece>, Vec<Piece>) {
        let cost = old.len() + new.len();
        let (runs_a, runs_b) = if cost <= self.words_left {
            self.words_left -= cost;
            emphasise(body(old), body(new))
        } else {
            (
                vec![(Emphasis::Removed, body(old))],
                vec![(Emphasis::Added, body(new))],
            )
        };
        let mut a = pieces_of(body(old), &runs_a);
        let mut b = pieces_of(body(new), &runs_b);
        match (old.ends_with('\n'), new.ends_with('\n')) {
            (true, false) => b.push(no_line_end(Emphasis::Added)),
            (false, true) => a.push(no_line_end(Emphasis::Removed)),
            _ => {}
        }
        (a, b)
    }
}

fn body(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

fn no_line_end(emphasis: Emphasis) -> Piece {
    Piece {
        text: String::new(),
        emphasis,
        class: None,
        mark: Some(Mark {
            kind: MarkKind::NoLineEnd,
            label: "no line end".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn join(diff: &TextDiff, side: fn(&DiffRow) -> (Option<u32>, &Vec<Piece>)) -> Vec<String> {
        diff.hunks
            .iter()
            .flat_map(|hunk| &hunk.rows)
            .filter_map(|row| {
                let (line, pieces) = side(row);
                line.map(|_| pieces.iter().map(|piece| piece.text.as_str()).collect())
            })
            .collect()
    }

    fn whole(a: &str, b: &str) -> TextDiff {
        diff_text_with(
            a,
            b,
            DiffOptions {
                context: Context::All,
                ..DiffOptions::default()
            },
        )
    }

    fn tags(diff: &TextDiff) -> Vec<RowTag> {
        diff.hunks
            .iter()
            .flat_map(|hunk| hunk.rows.iter().map(|row| row.tag))
            .collect()
    }

    #[test]
    fn an_inserted_line_does_not_disturb_its_neighbours() {
        let diff = diff_text("one\ntwo\nfour\n", "one\ntwo\nthree\nfour\n");
        assert_eq!(
            tags(&diff),
            [RowTag::Equal, RowTag::Equal, RowTag::Added, RowTag::Equal]
        );
        assert_eq!((diff.removed, diff.added), (0, 1));
    }

    #[test]
    fn far_away_equal_lines_are_folded_and_counted() {
        let a: Vec<String> = (1..=40).map(|i| format!("line {i}")).collect();
        let mut b = a.clone();
        b[19] = "line twenty".into();
        let diff = diff_text(&a.join("\n"), &b.join("\n"));
        assert_eq!(diff.hunks.len(), 1);
        let hunk = &diff.hunks[0];
        assert_eq!(
            (hunk.skipped_before, hunk.a_start, hunk.b_start),
            (16, 17, 17)
        );
        assert_eq!(hunk.rows.len(), 7);
        assert_eq!(diff.skipped_after, 17);
        assert_eq!(16 + 7 + 17, 40, "every line is shown or counted");
    }

    #[test]
    fn a_rewritten_line_is_paired_with_its_old_self_not_with_a_new_neighbour() {
        let diff = diff_text(
            "Reply in JSON with the label only.\n",
            "Be polite and brief.\nReply in JSON with the label and a reason.\n",
        );
        assert_eq!(tags(&diff), [RowTag::Added, RowTag::Changed]);
    }

    #[test]
    fn a_missing_line_end_is_a_change_that_shows() {
        let diff = diff_text("x\n", "x");
        assert!(!diff.equal);
        let mark = diff.hunks[0].rows[0]
            .b
            .last()
            .and_then(|piece| piece.mark.clone());
        assert_eq!(mark.map(|mark| mark.kind), Some(MarkKind::NoLineEnd));
    }

    #[test]
    fn windows_line_ends_are_a_change_that_shows() {
        let diff = diff_text("x\r\n", "x\n");
        assert_eq!(tags(&diff), [RowTag::Changed]);
        assert_eq!(
            diff.hunks[0].rows[0]
                .a
                .last()
                .and_then(|p| p.mark.clone())
                .map(|m| m.kind),
            Some(MarkKind::CarriageReturn)
        );
    }

    #[test]
    fn equal_and_empty_texts_have_no_hunks_unless_all_is_asked_for() {
        assert!(diff_text("", "").equal);
        let diff = diff_text("a\nb", "a\nb");
        assert!(diff.equal && diff.hunks.is_empty());
        assert_eq!(diff.skipped_after, 2);
        assert_eq!(tags(&whole("a\nb", "a\nb")), [RowTag::Equal, RowTag::Equal]);
        assert_eq!(tags(&diff_text("", "a")), [RowTag::Added]);
    }

    #[test]
    fn a_million_unlike_lines_end_soon_and_the_rest_is_counted() {
        let a: String = (0..500_000).map(|i| format!("{i}\n")).collect();
        let b: String = (0..500_000).map(|i| format!("{}\n", i * 7 + 1)).collect();
        let diff = diff_text_with(
            &a,
            &b,
            DiffOptions {
                max_rows: 1_000,
                ..DiffOptions::default()
            },
        );
        let made: usize = diff.hunks.iter().map(|hunk| hunk.rows.len()).sum();
        assert_eq!(made, 1_000);
        assert!(diff.rows_omitted > 0);
    }

    #[test]
    fn repeated_lines_do_not_make_it_quadratic() {
        let line = |i: u64| {
            if i.wrapping_mul(2_654_435_761) >> 7 & 1 == 0 {
                "{\n"
            } else {
                "}\n"
            }
        };
        let a: String = (0..100_000).map(line).collect();
        let b: String = (0..100_000).map(|i| line(i * 3 + 1)).collect();
        assert!(!diff_text(&a, &b).equal);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_back_from_the_rows(
            a in "([ab ]{0,3}[\n\r]{0,2}|Wörter \u{202e}x\t){0,12}",
            b in "([ab ]{0,3}[\n\r]{0,2}|Wörter \u{202e}x\t){0,12}",
        ) {
            let diff = whole(&a, &b);
            let expect = |text: &str| -> Vec<String> {
                text.split_inclusive('\n').map(|line| body(line).to_owned()).collect()
            };
            prop_assert_eq!(join(&diff, |row| (row.a_line, &row.a)), expect(&a));
            prop_assert_eq!(join(&diff, |row| (row.b_line, &row.b)), expect(&b));
            prop_assert_eq!(diff.equal, a == b);
            prop_assert_eq!(diff.equal, tags(&diff).iter().all(|tag| *tag == RowTag::Equal));
        }

        #[test]
        fn folding_never_loses_a_line(a in "([abc]\n){0,40}", b in "([abc]\n){0,40}") {
            let diff = diff_text(&a, &b);
            let skipped: u32 = diff.hunks.iter().map(|hunk| hunk.skipped_before).sum::<u32>() + diff.skipped_after;
            let shown = diff.hunks.iter().flat_map(|hunk| &hunk.rows);
            let shown_a = shown.clone().filter(|row| row.a_line.is_some()).count();
            let shown_b = shown.filter(|row| row.b_line.is_some()).count();
            prop_assert_eq!(shown_a + skipped as usize, a.lines().count());
            prop_assert_eq!(shown_b + skipped as usize, b.lines().count());
        }
    }
}
