//! Lines up the answers of two runs by case and says what became of each.
//!
//! Decides which answers are comparable, which are the same, which changed and in what way, and which flipped
//! between pass and fail. Knows nothing of files, runs or prompts: a caller chooses what the two sides are.

use crate::change_kind::{ChangeKind, kinds_of, same_calls};
use crate::diff::word_similarity;
use crate::resample;
use crate::stats::{self, StatTest};
use plumbline_model::{Cell, CellStatus, Origin, ToolCall, Usd};
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use ts_rs::TS;

/// What two answers must share to be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
#[ts(export)]
pub struct PairKey {
    pub case_key: String,
    /// 0 for the first repeat.
    pub repeat: u32,
    /// What else the caller wants to hold fixed, such as the target; empty to compare across it.
    pub within: String,
}

/// One answer of one side.
#[derive(Debug, Clone)]
pub struct CellView<'c> {
    pub key: PairKey,
    pub status: CellStatus,
    pub text: &'c str,
    pub tool_calls: &'c [ToolCall],
    pub passed: Option<bool>,
    /// Measured from sending to the end; ignored for cached answers, which took no time of their own.
    pub latency_ms: Option<f64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub origin: Option<Origin>,
}

impl<'c> CellView<'c> {
    /// The view of a stored cell; `within` as in [`PairKey`].
    #[must_use]
    pub fn of(cell: &'c Cell, within: impl Into<String>) -> Self {
        let completion = cell.completion.as_ref();
        Self {
            key: PairKey {
                case_key: cell.key.case_key.clone(),
                repeat: cell.key.repeat,
                within: within.into(),
            },
            status: cell.status,
            text: completion.map_or("", |completion| &completion.text),
            tool_calls: completion.map_or(&[], |completion| &completion.tool_calls),
            passed: cell.passed,
            latency_ms: completion.and_then(|completion| completion.latency_ms),
            tokens_out: completion.and_then(|completion| completion.usage.tokens_out),
            cost_usd: cell.cost.usd,
            origin: cell.origin,
        }
    }
}

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS, Deserialize)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RowVerdict {
    /// The same text and tool calls, and no flip of pass or fail.
    Same,
    /// Another answer, without a flip.
    Changed,
    /// Failed before, passes now.
    Fixed,
    /// Passed before, fails now.
    Broken,
    OnlyA,
    OnlyB,
    /// On both sides, but at least one answer is not whole, or the key is not unique.
    NotComparable,
}

impl RowVerdict {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Fixed => "fixed",
            Self::Broken => "broken",
            Self::OnlyA => "only_a",
            Self::OnlyB => "only_b",
            Self::NotComparable => "not_comparable",
        }
    }
}

/// One case of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ComparedRow {
    pub key: PairKey,
    pub verdict: RowVerdict,
    /// Why the row is not comparable.
    pub reason: Option<String>,
    /// In what ways the answer changed; empty for the same answer and for rows that are not compared.
    pub kinds: Vec<ChangeKind>,
    /// Share of words in common, 0 to 1.
    pub similarity: Option<f64>,
    pub passed_a: Option<bool>,
    pub passed_b: Option<bool>,
}

/// Rows that changed in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ChangeGroup {
    pub kind: ChangeKind,
    /// Rows of this kind. A row with several kinds counts in each.
    pub count: u64,
    pub fixed: u64,
    pub broken: u64,
    /// The first few, in order.
    pub examples: Vec<PairKey>,
}

/// Two runs, compared case by case. `matched = same + changed + fixed + broken`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, TS)]
#[ts(export)]
pub struct Comparison {
    pub matched: u64,
    pub same: u64,
    pub changed: u64,
    pub fixed: u64,
    pub broken: u64,
    pub only_a: u64,
    pub only_b: u64,
    pub not_comparable: u64,
    /// Matched rows whose answer is another one, whether or not pass and fail flipped.
    pub moved: u64,
    /// Matched rows graded on both sides.
    pub graded: u64,
    /// Largest first.
    pub groups: Vec<ChangeGroup>,
    pub tests: Vec<StatTest>,
    /// In the order of side A, then what only side B has.
    pub rows: Vec<ComparedRow>,
}

/// Examples kept for each kind of change.
const EXAMPLES: usize = 3;
/// Kinds of change listed at most.
const GROUP_LIMIT: usize = 100;
/// Any fixed number: the figures of a comparison must not change between two looks at it.
const SEED: u64 = 20_261_124;

/// Compares two sides. Every key of either side becomes exactly one row.
#[must_use]
pub fn compare(a: &[CellView<'_>], b: &[CellView<'_>]) -> Comparison {
    let (by_key_a, by_key_b) = (index(a), index(b));
    let mut out = Comparison::default();
    let mut pairs = Vec::new();
    for cell in a {
        let Some((first, count_a)) = by_key_a
            .get(&cell.key)
            .filter(|(first, _)| std::ptr::eq(*first, cell))
        else {
            continue;
        };
        let row = match by_key_b.get(&cell.key) {
            None => lone(cell, RowVerdict::OnlyA),
            Some((other, count_b)) => {
                let row = both(first, other, *count_a, *count_b);
                if row.verdict != RowVerdict::NotComparable {
                    pairs.push((*first, *other));
                }
                row
            }
        };
        out.rows.push(row);
    }
    for cell in b {
        let first = by_key_b
            .get(&cell.key)
            .is_some_and(|(first, _)| std::ptr::eq(*first, cell));
        if first && !by_key_a.contains_key(&cell.key) {
            out.rows.push(lone(cell, RowVerdict::OnlyB));
        }
    }
    count(&mut out);
    out.groups = groups(&out.rows);
    out.tests = tests(&out, &pairs);
    out
}

type Index<'i, 'c> = HashMap<&'i PairKey, (&'i CellView<'c>, usize)>;

fn index<'i, 'c>(cells: &'i [CellView<'c>]) -> Index<'i, 'c> {
    let mut index: Index<'i, 'c> = HashMap::with_capacity(cells.len());
    for cell in cells {
        index.entry(&cell.key).or_insert((cell, 0)).1 += 1;
    }
    index
}

fn lone(cell: &CellView<'_>, verdict: RowVerdict) -> ComparedRow {
    let (passed_a, passed_b) = match verdict {
        RowVerdict::OnlyA => (cell.passed, None),
        _ => (None, cell.passed),
    };
    ComparedRow {
        key: cell.key.clone(),
        verdict,
        reason: None,
        kinds: Vec::new(),
        similarity: None,
        passed_a,
        passed_b,
    }
}

fn both(a: &CellView<'_>, b: &CellView<'_>, count_a: usize, count_b: usize) -> ComparedRow {
    let mut row = ComparedRow {
        key: a.key.clone(),
        verdict: RowVerdict::NotComparable,
        reason: None,
        kinds: Vec::new(),
        similarity: None,
        passed_a: a.passed,
        passed_b: b.passed,
    };
    if count_a > 1 || count_b > 1 {
        row.reason = Some(format!("{count_a} and {count_b} answers share this key"));
        return row;
    }
    let broken_off = [("A", a), ("B", b)]
        .into_iter()
        .filter(|(_, cell)| cell.status != CellStatus::Complete)
        .map(|(side, cell)| format!("{side} is {}", cell.status.as_str().replace('_', " ")))
        .collect::<Vec<_>>();
    if !broken_off.is_empty() {
        row.reason = Some(broken_off.join(", "));
        return row;
    }
    let same = a.text == b.text && same_calls(a.tool_calls, b.tool_calls);
    if same {
        row.similarity = Some(1.0);
    } else {
        row.kinds = kinds_of((a.text, a.tool_calls), (b.text, b.tool_calls));
        row.similarity = Some(word_similarity(a.text, b.text));
    }
    row.verdict = match (a.passed, b.passed) {
        (Some(false), Some(true)) => RowVerdict::Fixed,
        (Some(true), Some(false)) => RowVerdict::Broken,
        _ if same => RowVerdict::Same,
        _ => RowVerdict::Changed,
    };
    row
}

fn count(out: &mut Comparison) {
    for row in &out.rows {
        match row.verdict {
            RowVerdict::Same => out.same += 1,
            RowVerdict::Changed => out.changed += 1,
            RowVerdict::Fixed => out.fixed += 1,
            RowVerdict::Broken => out.broken += 1,
            RowVerdict::OnlyA => out.only_a += 1,
            RowVerdict::OnlyB => out.only_b += 1,
            RowVerdict::NotComparable => out.not_comparable += 1,
        }
        out.moved += u64::from(!row.kinds.is_empty());
        let compared = row.similarity.is_some();
        out.graded += u64::from(compared && row.passed_a.is_some() && row.passed_b.is_some());
    }
    out.matched = out.same + out.changed + out.fixed + out.broken;
}

fn groups(rows: &[ComparedRow]) -> Vec<ChangeGroup> {
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
                group.examples.push(row.key.clone());
            }
        }
    }
    let mut groups: Vec<ChangeGroup> = groups.into_values().collect();
    // Stable: kinds of equal size keep the order of `ChangeKind`.
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups.truncate(GROUP_LIMIT);
    groups
}

fn tests(out: &Comparison, pairs: &[(&CellView<'_>, &CellView<'_>)]) -> Vec<StatTest> {
    let differences = |value: fn(&CellView<'_>) -> Option<f64>| -> Vec<f64> {
        pairs
            .iter()
            .filter_map(|(a, b)| Some(value(b)? - value(a)?))
            .filter(|difference| difference.is_finite())
            .collect()
    };
    // A cached answer took no time now: its stored latency says nothing about this run.
    let latency = differences(|cell| {
        cell.latency_ms
            .filter(|_| cell.origin != Some(Origin::Cached))
    });
    let tokens_out = differences(|cell| cell.tokens_out.map(|tokens| tokens as f64));
    // A double is for the statistic only; sums of money stay decimal.
    let cost = differences(|cell| cell.cost_usd.and_then(|usd| usd.0.to_f64()));
    [
        stats::moved_share(out.moved, out.matched),
        stats::pass_rate(out.fixed, out.broken, out.graded),
        resample::paired("latency_ms", &latency, SEED),
        resample::paired("tokens_out", &tokens_out, SEED),
        resample::paired("cost_usd", &cost, SEED),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell<'c>(case: &str, text: &'c str, passed: Option<bool>) -> CellView<'c> {
        CellView {
            key: PairKey {
                case_key: case.to_owned(),
                repeat: 0,
                within: String::new(),
            },
            status: CellStatus::Complete,
            text,
            tool_calls: &[],
            passed,
            latency_ms: Some(10.0),
            tokens_out: Some(1),
            cost_usd: None,
            origin: Some(Origin::Live),
        }
    }

    type Drawn = (u8, String, Option<bool>);

    fn side(cells: &[Drawn]) -> Vec<CellView<'_>> {
        cells
            .iter()
            .map(|(key, text, passed)| cell(&key.to_string(), text, *passed))
            .collect()
    }

    fn verdicts(comparison: &Comparison) -> Vec<(&str, RowVerdict)> {
        comparison
            .rows
            .iter()
            .map(|row| (row.key.case_key.as_str(), row.verdict))
            .collect()
    }

    #[test]
    fn each_case_gets_its_verdict() {
        let a = [
            cell("same", "x", None),
            cell("changed", "x", Some(true)),
            cell("fixed", "x", Some(false)),
            cell("broken", "x", Some(true)),
            cell("gone", "x", None),
        ];
        let b = [
            cell("new", "x", None),
            cell("broken", "y", Some(false)),
            cell("fixed", "y", Some(true)),
            cell("changed", "y", Some(true)),
            cell("same", "x", None),
        ];
        let out = compare(&a, &b);
        assert_eq!(
            verdicts(&out),
            [
                ("same", RowVerdict::Same),
                ("changed", RowVerdict::Changed),
                ("fixed", RowVerdict::Fixed),
                ("broken", RowVerdict::Broken),
                ("gone", RowVerdict::OnlyA),
                ("new", RowVerdict::OnlyB),
            ]
        );
        assert_eq!((out.matched, out.moved, out.graded), (4, 3, 3));
        assert_eq!(
            (out.groups[0].kind.to_string().as_str(), out.groups[0].count),
            ("label", 3)
        );
        assert_eq!((out.groups[0].fixed, out.groups[0].broken), (1, 1));
    }

    #[test]
    fn an_answer_that_is_not_whole_is_not_compared_and_says_which() {
        let mut cut = cell("c", "x", None);
        cut.status = CellStatus::Truncated;
        let mut unsent = cell("c", "", None);
        unsent.status = CellStatus::NotSent;
        let out = compare(&[cut], &[unsent]);
        assert_eq!((out.not_comparable, out.matched), (1, 0));
        assert_eq!(
            out.rows[0].reason.as_deref(),
            Some("A is truncated, B is not sent")
        );
    }

    #[test]
    fn two_answers_under_one_key_are_not_guessed_apart() {
        let out = compare(
            &[cell("c", "x", None), cell("c", "y", None)],
            &[cell("c", "x", None)],
        );
        assert_eq!(verdicts(&out), [("c", RowVerdict::NotComparable)]);
    }

    #[test]
    fn cached_latency_is_never_counted() {
        let mut cached = cell("c", "x", None);
        cached.origin = Some(Origin::Cached);
        let out = compare(&[cell("c", "x", None)], &[cached]);
        let metrics: Vec<&str> = out.tests.iter().map(|test| test.metric.as_str()).collect();
        assert_eq!(metrics, ["answers_moved", "tokens_out"]);
    }

    #[test]
    fn json_written_differently_is_changed_by_formatting() {
        let out = compare(
            &[cell("c", "{\"a\":1}", None)],
            &[cell("c", "{ \"a\": 1 }", None)],
        );
        assert_eq!(
            (out.changed, out.groups[0].kind.clone()),
            (1, ChangeKind::Formatting)
        );
    }

    proptest! {
        #[test]
        fn the_counts_add_up_and_every_key_is_one_row(
            a in prop::collection::vec((0_u8..12, "[xy]", any::<Option<bool>>()), 0..20),
            b in prop::collection::vec((0_u8..12, "[xy]", any::<Option<bool>>()), 0..20),
        ) {
            let (a, b) = (side(&a), side(&b));
            let out = compare(&a, &b);
            let keys: std::collections::BTreeSet<&PairKey> = a.iter().chain(&b).map(|cell| &cell.key).collect();
            prop_assert_eq!(out.rows.len(), keys.len());
            prop_assert_eq!(out.matched, out.same + out.changed + out.fixed + out.broken);
            prop_assert_eq!(
                out.matched + out.only_a + out.only_b + out.not_comparable,
                out.rows.len() as u64
            );
            let back = compare(&b, &a);
            prop_assert_eq!((out.fixed, out.same, out.only_a), (back.broken, back.same, back.only_b));
        }
    }
}
