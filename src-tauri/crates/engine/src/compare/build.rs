//! Computing a comparison: each side against the baseline, then what came of each case on all of them.

use super::kept::{Head, StoredCell};
use super::load::{Answer, Loaded};
use crate::Engine;
use crate::api::{ChangeGroup, JobKind, PairSummary, Side};
use crate::clock;
use plumbline_analysis::align::{
    CellView, ComparedRow, Comparison, FoldedSide, RowVerdict, compare,
};
use plumbline_analysis::verdict::verdict;
use plumbline_model::{Code, Problem};
use plumbline_workspace::{NewComparedCase, NewComparedCell, NewComparison};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// Cells that are compared without a word: some tenths of a second.
const QUIET_CELLS: u64 = 4_000;

/// Held while one is computed, so that two windows do not compute the same one at once.
#[derive(Default)]
pub(crate) struct Comparing(pub(super) Mutex<()>);

impl Engine {
    /// The comparison of two sides with every row, as reports take it.
    ///
    /// # Errors
    /// Those of reading the runs.
    pub fn comparison(&self, a: &Side, b: &Side) -> Result<Comparison, Problem> {
        let sides = [a.clone(), b.clone()];
        let loaded = self.load_sides(&sides, &mut || ControlFlow::Continue(()))?;
        match loaded.as_slice() {
            [a, b] => Ok(compare(&views(a), &views(b))),
            _ => Err(Problem::internal(
                "two sides were read and not two came back",
            )),
        }
    }

    /// Computes and keeps a comparison, as a job where that takes a while.
    pub(super) fn compute(&self, sides: &[Side], key: &str) -> Result<(), Problem> {
        let mut cells = 0;
        let mut counted = Vec::new();
        for side in sides {
            if !counted.contains(&side.run_id) {
                counted.push(side.run_id);
                cells += self.inner.workspace.run_totals(side.run_id)?.cells;
            }
        }
        if cells <= QUIET_CELLS {
            let loaded = self.load_sides(sides, &mut || ControlFlow::Continue(()))?;
            return self.keep(sides, key, &loaded);
        }
        let label = format!("comparing {} columns", sides.len());
        let mut job = self.inner.jobs.start(JobKind::Compare, &label, "answers");
        let cancel = job.cancel().clone();
        let mut done = 0;
        let outcome = self
            .load_sides(sides, &mut || {
                done += 1;
                if done % 256 == 0 {
                    job.progress(done, Some(cells), String::new);
                }
                match cancel.is_cancelled() {
                    true => ControlFlow::Break(
                        Problem::new(Code::Cancelled, "the comparison was cancelled")
                            .hint("Open it again to compare."),
                    ),
                    false => ControlFlow::Continue(()),
                }
            })
            .and_then(|loaded| self.keep(sides, key, &loaded));
        job.end(&outcome);
        outcome
    }

    fn keep(&self, sides: &[Side], key: &str, loaded: &[Loaded]) -> Result<(), Problem> {
        let Some((first, others)) = loaded.split_first() else {
            return Err(Problem::internal("a comparison without sides"));
        };
        let base = views(first);
        let pairs: Vec<Comparison> = others
            .iter()
            .map(|other| compare(&base, &views(other)))
            .collect();
        let head = Head {
            sides: loaded.iter().map(|side| side.view.clone()).collect(),
            pairs: pairs.iter().map(summary).collect(),
        };
        let body = serde_json::to_string(&head).map_err(|error| {
            Problem::internal(format!("a comparison cannot be written: {error}"))
        })?;
        self.inner.workspace.keep_comparison(NewComparison {
            key: key.to_owned(),
            sides: super::kept::sides_text(sides),
            computed: clock::now(),
            body,
            cases: cases(loaded, &pairs)?,
        })?;
        Ok(())
    }
}

fn views(side: &Loaded) -> Vec<CellView<'_>> {
    side.answers.iter().map(Answer::view).collect()
}

fn summary(comparison: &Comparison) -> PairSummary {
    PairSummary {
        verdict: verdict(comparison),
        matched: comparison.matched,
        same: comparison.same,
        changed: comparison.changed,
        fixed: comparison.fixed,
        broken: comparison.broken,
        only_a: comparison.only_a,
        only_b: comparison.only_b,
        not_comparable: comparison.not_comparable,
        flaky_a: comparison.flaky_a,
        flaky_b: comparison.flaky_b,
        groups: comparison
            .groups
            .iter()
            .map(|group| ChangeGroup {
                kind: group.kind.to_string(),
                count: group.count,
                fixed: group.fixed,
                broken: group.broken,
                examples: group.examples.clone(),
            })
            .collect(),
        tests: comparison.tests.clone(),
        flakiness: comparison.flakiness.clone(),
        prompt_diff: None,
    }
}

/// All cases of all sides, those of the baseline first.
fn cases(loaded: &[Loaded], pairs: &[Comparison]) -> Result<Vec<NewComparedCase>, Problem> {
    let answers: Vec<HashMap<&str, Vec<&Answer>>> = loaded.iter().map(by_case).collect();
    let rows: Vec<HashMap<&str, &ComparedRow>> = pairs
        .iter()
        .map(|pair| {
            let keyed = pair.rows.iter().map(|row| (row.case_key.as_str(), row));
            keyed.collect()
        })
        .collect();
    let mut order: Vec<&str> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for side in loaded {
        for answer in &side.answers {
            if known.insert(answer.case_key.as_str()) {
                order.push(&answer.case_key);
            }
        }
    }
    order
        .into_iter()
        .map(|key| {
            let of_case: Vec<Option<&ComparedRow>> =
                rows.iter().map(|rows| rows.get(key).copied()).collect();
            let gravest = RowVerdict::ALL
                .into_iter()
                .find(|verdict| of_case.iter().flatten().any(|row| row.verdict == *verdict));
            let mut cells = vec![base_cell(&answers, &of_case, key)?];
            for (column, row) in (1..).zip(&of_case) {
                let own = answers.get(column).and_then(|answers| answers.get(key));
                let row = row.map(|row| cell(Some(row), row.b.as_ref(), own));
                cells.push(row.transpose()?);
            }
            Ok(NewComparedCase {
                case_key: key.to_owned(),
                verdict: gravest.unwrap_or(RowVerdict::Same).as_str().to_owned(),
                cells,
            })
        })
        .collect()
}

fn by_case(side: &Loaded) -> HashMap<&str, Vec<&Answer>> {
    let mut by_case: HashMap<&str, Vec<&Answer>> = HashMap::new();
    for answer in &side.answers {
        by_case.entry(&answer.case_key).or_default().push(answer);
    }
    by_case
}

fn base_cell(
    answers: &[HashMap<&str, Vec<&Answer>>],
    rows: &[Option<&ComparedRow>],
    key: &str,
) -> Result<Option<NewComparedCell>, Problem> {
    let own = answers.first().and_then(|answers| answers.get(key));
    let folded = rows.iter().flatten().find_map(|row| row.a.as_ref());
    own.map(|own| cell(None, folded, Some(own))).transpose()
}

fn cell(
    row: Option<&ComparedRow>,
    folded: Option<&FoldedSide>,
    answers: Option<&Vec<&Answer>>,
) -> Result<NewComparedCell, Problem> {
    let answers = answers.map_or(&[] as &[&Answer], Vec::as_slice);
    let kinds: Vec<String> = row
        .map(|row| row.kinds.iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    let stored = StoredCell::of(row, kinds.clone(), folded, answers);
    Ok(NewComparedCell {
        verdict: row.map(|row| row.verdict.as_str().to_owned()),
        flips: folded.is_some_and(FoldedSide::flips),
        kinds,
        body: serde_json::to_string(&stored)
            .map_err(|error| Problem::internal(format!("a row cannot be written: {error}")))?,
    })
}
