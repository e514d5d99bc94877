//! What reviewers made of two sides: who wins, how far they agree, what is still open.

use super::ledger::{choices, decided, labelled_cells, rubric};
use crate::Engine;
use crate::api::{
    Agreement, GroupDecision, LabelCount, ReviewSummary, ReviewerSummary, Side, WinRate,
};
use plumbline_analysis::agreement::{cohen_kappa, krippendorff_alpha, win_rate};
use plumbline_model::{Choice, Problem, ReviewDecision};
use plumbline_workspace::ComparedFilter;
use std::collections::{BTreeMap, BTreeSet};

impl Engine {
    /// What was said about two sides, summed up.
    ///
    /// # Errors
    /// Those of [`Engine::compare_open`].
    pub fn review_summary(&self, a: &Side, b: &Side) -> Result<ReviewSummary, Problem> {
        let sides = [a.clone(), b.clone()];
        let (text_a, text_b) = (a.to_string(), b.to_string());
        let lines = self.inner.workspace.reviews_of_sides(&text_a, &text_b)?;
        let chosen = choices(&lines);
        let all = || chosen.values().flat_map(BTreeMap::values).copied();
        let reviewers: BTreeSet<&str> = chosen.values().flat_map(|by| by.keys().copied()).collect();
        let decided = decided(&lines);
        let moved = self.moved(&sides)?;
        let (mut accepted, mut rejected) = (0, 0);
        for (case, kinds) in &moved {
            match decided.of(case, kinds) {
                Some(ReviewDecision::Accept) => accepted += 1,
                Some(ReviewDecision::Reject) => rejected += 1,
                Some(ReviewDecision::Open) | None => {}
            }
        }
        Ok(ReviewSummary {
            wins: wins(all()),
            reviewers: reviewers
                .iter()
                .map(|reviewer| {
                    let own = || chosen.values().filter_map(|by| by.get(reviewer)).copied();
                    ReviewerSummary {
                        reviewer: (*reviewer).to_owned(),
                        wins: wins(own()),
                        skipped: own().filter(|choice| *choice == Choice::Skip).count() as u64,
                    }
                })
                .collect(),
            agreement: agreement(&chosen, &reviewers),
            accepted,
            rejected,
            undecided: moved.len() as u64 - accepted - rejected,
            groups: decided
                .kinds
                .into_iter()
                .map(|(kind, decided)| GroupDecision {
                    kind,
                    decision: decided.decision,
                    cases: decided.cases,
                    reviewer: decided.reviewer,
                    at: decided.at,
                })
                .collect(),
            sign_offs: self.sign_offs(a, b, &lines)?,
            labels: self.label_counts(&sides)?,
            rubric: rubric(&lines),
        })
    }

    /// Keys of the cases whose answers are other ones on both sides: what there is to judge.
    pub(super) fn judged_cases(&self, sides: &[Side; 2]) -> Result<Vec<String>, Problem> {
        Ok(self
            .moved(sides)?
            .into_iter()
            .map(|(case, _)| case)
            .collect())
    }

    /// Cases with an answer that moved, and in what ways.
    fn moved(&self, sides: &[Side; 2]) -> Result<Vec<(String, Vec<String>)>, Problem> {
        let kept = self.kept(sides)?.id;
        let mut moved = Vec::new();
        for verdict in ["broken", "fixed", "changed"] {
            let filter = ComparedFilter {
                column: Some(1),
                verdict: Some(verdict.to_owned()),
                ..ComparedFilter::default()
            };
            moved.extend(self.inner.workspace.compared_kinds(kept, &filter)?);
        }
        Ok(moved)
    }

    fn label_counts(&self, sides: &[Side; 2]) -> Result<Vec<LabelCount>, Problem> {
        let lines = self.inner.workspace.label_reviews()?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (cell, labels) in labelled_cells(&lines) {
            let run = self.inner.workspace.cell(cell).map(|cell| cell.run_id);
            if run.is_ok_and(|run| sides.iter().any(|side| side.run_id == run)) {
                for label in labels {
                    *counts.entry(label).or_default() += 1;
                }
            }
        }
        Ok(counts
            .into_iter()
            .map(|(label, count)| LabelCount { label, count })
            .collect())
    }
}

fn wins(choices: impl Iterator<Item = Choice>) -> WinRate {
    let mut wins = WinRate {
        better: 0,
        worse: 0,
        tie: 0,
        both_bad: 0,
        rate: None,
        ci_low: None,
        ci_high: None,
        p_value: None,
    };
    for choice in choices {
        match choice {
            Choice::Better => wins.better += 1,
            Choice::Worse => wins.worse += 1,
            Choice::Tie => wins.tie += 1,
            Choice::BothBad => wins.both_bad += 1,
            Choice::Skip => {}
        }
    }
    if let Some(rate) = win_rate(wins.better, wins.worse, wins.tie + wins.both_bad) {
        wins.rate = Some(rate.rate);
        wins.ci_low = Some(rate.ci_low);
        wins.ci_high = Some(rate.ci_high);
        wins.p_value = Some(rate.p_value);
    }
    wins
}

/// Over pairs that at least two reviewers judged; who skipped a pair did not judge it.
fn agreement(
    chosen: &BTreeMap<&str, BTreeMap<&str, Choice>>,
    reviewers: &BTreeSet<&str>,
) -> Agreement {
    let judged = |by: &BTreeMap<&str, Choice>, reviewer: &str| {
        by.get(reviewer)
            .copied()
            .filter(|choice| *choice != Choice::Skip)
    };
    let units: Vec<Vec<Option<Choice>>> = chosen
        .values()
        .map(|by| reviewers.iter().map(|who| judged(by, who)).collect())
        .filter(|unit: &Vec<Option<Choice>>| unit.iter().flatten().count() > 1)
        .collect();
    let pairs: Vec<(Choice, Choice)> = units
        .iter()
        .filter_map(|unit| match unit.as_slice() {
            [Some(first), Some(second)] => Some((*first, *second)),
            _ => None,
        })
        .collect();
    Agreement {
        pairs: units.len() as u64,
        kappa: (reviewers.len() == 2)
            .then(|| cohen_kappa(&pairs))
            .flatten(),
        alpha: krippendorff_alpha(&units),
    }
}
