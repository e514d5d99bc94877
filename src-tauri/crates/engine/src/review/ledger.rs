//! What counts of a ledger of reviews: of one reviewer's lines about one thing, the newest of each kind.

use plumbline_model::{
    CellId, Choice, NanosText, ReviewDecision, ReviewLine, ReviewSubject, ReviewWord,
};
use std::collections::{BTreeMap, HashMap};

/// What is decided about the cases of two sides. Nothing stands here that was taken back.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    pub cases: BTreeMap<String, ReviewDecision>,
    pub kinds: BTreeMap<String, DecidedKind>,
}

/// What was decided about all cases of a kind.
#[derive(Debug)]
pub(crate) struct DecidedKind {
    pub decision: ReviewDecision,
    pub cases: u64,
    pub reviewer: String,
    pub at: NanosText,
}

impl Decided {
    /// What is decided about a case: for itself, else for one of its kinds, where a rejection outweighs.
    pub(crate) fn of(&self, case_key: &str, kinds: &[String]) -> Option<ReviewDecision> {
        if let Some(own) = self.cases.get(case_key) {
            return Some(*own);
        }
        let of_kinds = kinds.iter().filter_map(|kind| self.kinds.get(kind));
        let mut decisions = of_kinds.map(|kind| kind.decision);
        let first = decisions.next()?;
        let rejected = first == ReviewDecision::Reject
            || decisions.any(|decision| decision == ReviewDecision::Reject);
        Some(match rejected {
            true => ReviewDecision::Reject,
            false => first,
        })
    }
}

/// What is decided, by lines in their order; the last word about a thing counts, whoever said it.
pub(crate) fn decided(lines: &[ReviewLine]) -> Decided {
    let mut decided = Decided::default();
    for line in lines {
        let ReviewWord::Decision { decision, cases } = &line.word else {
            continue;
        };
        match &line.about {
            ReviewSubject::Pair { case_key, .. } => {
                decided.cases.remove(case_key);
                if *decision != ReviewDecision::Open {
                    decided.cases.insert(case_key.clone(), *decision);
                }
            }
            ReviewSubject::Group { kind, .. } => {
                decided.kinds.remove(kind);
                if *decision != ReviewDecision::Open {
                    let kept = DecidedKind {
                        decision: *decision,
                        cases: *cases,
                        reviewer: line.reviewer.clone(),
                        at: line.at,
                    };
                    decided.kinds.insert(kind.clone(), kept);
                }
            }
            ReviewSubject::Sides { .. }
            | ReviewSubject::Cell { .. }
            | ReviewSubject::Span { .. } => {}
        }
    }
    decided
}

/// The labels of each cell that has some.
pub(crate) fn labelled_cells(lines: &[ReviewLine]) -> HashMap<CellId, Vec<String>> {
    let mut labelled = HashMap::new();
    for line in lines {
        if let (ReviewSubject::Cell { cell }, ReviewWord::Labels { labels }) =
            (&line.about, &line.word)
        {
            labelled.insert(*cell, labels.clone());
        }
    }
    labelled.retain(|_, labels: &mut Vec<String>| !labels.is_empty());
    labelled
}

/// What each reviewer chose last, by case.
pub(super) fn choices(lines: &[ReviewLine]) -> BTreeMap<&str, BTreeMap<&str, Choice>> {
    let mut choices: BTreeMap<&str, BTreeMap<&str, Choice>> = BTreeMap::new();
    for line in lines {
        if let (ReviewSubject::Pair { case_key, .. }, ReviewWord::Judgement { choice, .. }) =
            (&line.about, &line.word)
        {
            choices
                .entry(case_key)
                .or_default()
                .insert(&line.reviewer, *choice);
        }
    }
    choices
}

/// The checklist of two sides.
pub(super) fn rubric(lines: &[ReviewLine]) -> Vec<String> {
    lines
        .iter()
        .rev()
        .find_map(|line| match &line.word {
            ReviewWord::Rubric { items } => Some(items.clone()),
            _ => None,
        })
        .unwrap_or_default()
}
