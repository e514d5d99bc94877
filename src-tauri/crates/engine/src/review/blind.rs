//! Blind review: two answers side by side, in an order that nobody knows, and nothing of where they come from.
//!
//! The order of the cases and of the two answers comes from a hash of sides, case and reviewer: the same on every look,
//! another for each reviewer, and even over many cases.

use super::ledger::{choices, rubric};
use crate::Engine;
use crate::api::{BlindChoice, BlindJudgement, BlindPair, Side};
use crate::environments::person;
use crate::replay::answer_text;
use plumbline_model::{Choice, Problem, ReviewLine, ReviewSubject, ReviewWord};
use sha2::{Digest, Sha256};

impl Engine {
    /// The next pair that this reviewer did not judge yet; `None` when all are judged.
    ///
    /// # Errors
    /// Those of [`Engine::compare_open`].
    pub fn review_blind_next(
        &self,
        a: &Side,
        b: &Side,
        reviewer: Option<&str>,
    ) -> Result<Option<BlindPair>, Problem> {
        let reviewer = reviewer.map_or_else(person, str::to_owned);
        let sides = [a.clone(), b.clone()];
        let mut cases = self.judged_cases(&sides)?;
        cases.sort_by_key(|case| Draw::of(a, b, case, &reviewer).0);
        let lines = self
            .inner
            .workspace
            .reviews_of_sides(&a.to_string(), &b.to_string())?;
        let chosen = choices(&lines);
        let is_judged = |case: &String| {
            chosen
                .get(case.as_str())
                .is_some_and(|by| by.contains_key(reviewer.as_str()))
        };
        let total = cases.len() as u64;
        let judged = cases.iter().filter(|case| is_judged(case)).count() as u64;
        let Some(case_key) = cases.into_iter().find(|case| !is_judged(case)) else {
            return Ok(None);
        };
        let draw = Draw::of(a, b, &case_key, &reviewer);
        let pair = self.compare_pair(&sides, 1, &case_key, None)?;
        let text = |cell: Option<&plumbline_model::Cell>| cell.map(answer_text).unwrap_or_default();
        let (old, new) = (text(pair.a.as_ref()), text(pair.b.as_ref()));
        let (left, right) = if draw.new_is_left() {
            (new, old)
        } else {
            (old, new)
        };
        let variables = pair.case.map(|case| case.variables).unwrap_or_default();
        Ok(Some(BlindPair {
            ticket: draw.ticket(),
            variables: variables
                .into_iter()
                .map(|(name, value)| {
                    let text = match value {
                        serde_json::Value::String(text) => text,
                        other => other.to_string(),
                    };
                    (name, text)
                })
                .collect(),
            case_key,
            left,
            right,
            rubric: rubric(&lines),
            judged,
            total,
        }))
    }

    /// Takes a blind judgement.
    ///
    /// # Errors
    /// `NotFound` for a ticket that stands for no pair of these sides and this reviewer.
    pub fn review_blind_judge(
        &self,
        a: &Side,
        b: &Side,
        judgement: &BlindJudgement,
        reviewer: Option<&str>,
    ) -> Result<ReviewLine, Problem> {
        let who = reviewer.map_or_else(person, str::to_owned);
        let sides = [a.clone(), b.clone()];
        let found = self
            .judged_cases(&sides)?
            .into_iter()
            .map(|case| (Draw::of(a, b, &case, &who), case))
            .find(|(draw, _)| draw.ticket() == judgement.ticket);
        let Some((draw, case_key)) = found else {
            return Err(
                Problem::not_found("this ticket stands for no pair of these sides")
                    .hint("Ask for the next pair again: the runs may have changed."),
            );
        };
        let new_wins = |left: bool| match left == draw.new_is_left() {
            true => Choice::Better,
            false => Choice::Worse,
        };
        let choice = match judgement.choice {
            BlindChoice::Left => new_wins(true),
            BlindChoice::Right => new_wins(false),
            BlindChoice::Tie => Choice::Tie,
            BlindChoice::BothBad => Choice::BothBad,
            BlindChoice::Skip => Choice::Skip,
        };
        let about = ReviewSubject::Pair {
            a: a.to_string(),
            b: b.to_string(),
            case_key,
        };
        if !judgement.checks.is_empty() {
            let checks = ReviewWord::Checks {
                checks: judgement.checks.clone(),
            };
            self.add_line(about.clone(), checks, reviewer)?;
        }
        if !judgement.note.trim().is_empty() {
            let note = ReviewWord::Note {
                text: judgement.note.trim().to_owned(),
            };
            self.add_line(about.clone(), note, reviewer)?;
        }
        let word = ReviewWord::Judgement {
            choice,
            blind: true,
        };
        self.add_line(about, word, reviewer)
    }
}

/// The place of a case in the order, and which answer stands left.
struct Draw([u8; 32]);

impl Draw {
    fn of(a: &Side, b: &Side, case_key: &str, reviewer: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [&a.to_string(), &b.to_string(), case_key, reviewer] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    fn new_is_left(&self) -> bool {
        self.0.last().is_some_and(|byte| byte & 1 == 1)
    }

    fn ticket(&self) -> String {
        self.0
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
