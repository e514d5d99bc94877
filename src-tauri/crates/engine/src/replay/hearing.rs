//! What other models are asked about an answer: each question once a run, and the answer graded by what was heard.

use super::cell::{Asked, CellEnd, blocking, store, workspace};
use super::column::RECORDED;
use super::inquire::Heard;
use super::opinions::{Inquiry, OpinionBook, advisers, inquiries};
use crate::Engine;
use plumbline_model::{
    Case, Cell, CellStatus, Completion, Cost, Origin, Problem, ResponseStatus, RunId,
};
use plumbline_workspace::{AttemptAnswer, Opinion, OpinionKey, Said};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What a run heard so far, and whose turn it is to ask.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    book: RwLock<OpinionBook>,
    turns: Mutex<HashMap<OpinionKey, Arc<tokio::sync::Mutex<()>>>>,
    /// Asked by a process that is gone: it may have been paid, so it is not asked again without consent.
    perhaps_paid: BTreeSet<OpinionKey>,
}

impl Hearing {
    pub(super) fn new(book: OpinionBook, perhaps_paid: BTreeSet<OpinionKey>) -> Self {
        Self {
            book: RwLock::new(book),
            turns: Mutex::default(),
            perhaps_paid,
        }
    }

    pub(super) fn book<T>(&self, look: impl FnOnce(&OpinionBook) -> T) -> T {
        look(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, key: OpinionKey, said: Said) {
        let mut book = self.book.write().unwrap_or_else(PoisonError::into_inner);
        book.put(key, said);
    }

    /// Cells with the same answer ask the same: the first one does, the others wait for it.
    fn turn(&self, key: &OpinionKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(key.clone()).or_default())
    }
}

impl Engine {
    /// What other models said about the answers of a run.
    pub(super) fn opinions_of(&self, run_id: RunId) -> Result<OpinionBook, Problem> {
        let opinions = self.inner.workspace.opinions_of_run(run_id)?;
        Ok(OpinionBook::new(opinions))
    }
}

/// Whether an answered cell has a question that was not answered, or answers that a crash kept from its grade.
pub(super) fn is_unheard(cell: &Cell, case: &Case, book: &OpinionBook) -> bool {
    let Some(completion) = whole(cell) else {
        return false;
    };
    let asked: Vec<Inquiry> = case
        .assertions
        .iter()
        .filter_map(|assertion| inquiries(assertion, completion).ok())
        .flatten()
        .collect();
    let lacks_grade = !asked.is_empty() && cell.passed.is_none();
    lacks_grade || asked.iter().any(|inquiry| !book.has(&inquiry.key))
}

/// The answer of a cell, if it is whole: no other is judged.
fn whole(cell: &Cell) -> Option<&Completion> {
    cell.completion
        .as_ref()
        .filter(|completion| completion.status == ResponseStatus::Complete)
        .filter(|_| cell.status == CellStatus::Complete)
}

impl Asked<'_> {
    /// Whether others are asked about the answer of this cell.
    pub(super) fn is_heard_of(&self, cell: &Cell) -> bool {
        whole(cell).is_some() && !advisers([self.case]).is_empty()
    }

    /// Asks what the case's assertions ask of others, and grades the answer by what they said.
    pub(super) async fn hear(&self, cell: &mut Cell) -> Result<CellEnd, Problem> {
        let Some(completion) = whole(cell) else {
            return Ok(CellEnd::Settled);
        };
        let asked: Vec<Inquiry> = self
            .case
            .assertions
            .iter()
            // The grade says of a model's name that is none.
            .filter_map(|assertion| inquiries(assertion, completion).ok())
            .flatten()
            .collect();
        for inquiry in asked {
            if self.hear_one(cell, inquiry).await?.is_none() {
                return Ok(CellEnd::LeftOver);
            }
        }
        // Another cell with the same answer may have asked.
        let passed = self.grade(cell);
        if passed != cell.passed {
            cell.passed = passed;
            return store(self.run, cell).await;
        }
        Ok(CellEnd::Settled)
    }

    /// Sees to it that the book has an answer; from where, or `None` when a cancel or a cap came between.
    pub(super) async fn hear_one(
        &self,
        cell: &mut Cell,
        inquiry: Inquiry,
    ) -> Result<Option<Origin>, Problem> {
        let run = self.run;
        let turn = run.hearing.turn(&inquiry.key);
        let _turn = turn.lock().await;
        // What another cell asked for in vain is not asked again by this run.
        if run.hearing.book(|book| book.get(&inquiry.key).is_some()) {
            return Ok(Some(Origin::Cached));
        }
        let heard = if run.hearing.perhaps_paid.contains(&inquiry.key) {
            Heard::nothing("it was asked before and no answer was seen, so it may have been paid")
        } else if let Some(earlier) = self.earlier(&inquiry.key).await? {
            earlier
        } else if inquiry.key.target.provider == RECORDED {
            self.recorded_opinion(&inquiry).await
        } else {
            match self.paid_opinion(cell, &inquiry).await? {
                Some(heard) => heard,
                None => return Ok(None),
            }
        };
        let origin = heard.origin;
        self.keep(cell, inquiry.key, heard).await?;
        Ok(Some(origin))
    }

    /// What an earlier run paid for.
    async fn earlier(&self, key: &OpinionKey) -> Result<Option<Heard>, Problem> {
        if !self.run.use_cache {
            return Ok(None);
        }
        let (workspace, key) = (workspace(self.run), key.clone());
        let found = blocking(move || workspace.earlier_opinion(&key)).await?;
        Ok(found.map(|opinion| Heard {
            said: opinion.said,
            origin: Origin::Cached,
            asked_ns: opinion.asked_ns,
            cost: Cost {
                usd: opinion.cost_usd,
                ..Cost::default()
            },
            attempt: None,
        }))
    }

    async fn keep(&self, cell: &mut Cell, key: OpinionKey, heard: Heard) -> Result<(), Problem> {
        let run = self.run;
        let opinion = Opinion {
            key: key.clone(),
            origin: heard.origin,
            asked_ns: heard.asked_ns,
            cost_usd: heard.cost.usd,
            reusable: run.use_cache
                && heard.origin == Origin::Live
                && !matches!(heard.said, Said::Nothing { .. }),
            said: heard.said.clone(),
        };
        run.hearing.put(key, heard.said);
        cell.passed = self.grade(cell);
        let (workspace, cell) = (workspace(run), cell.clone());
        let kept = match heard.attempt {
            Some(id) => {
                let answer = AttemptAnswer {
                    id,
                    answered_ns: heard.asked_ns,
                    http_status: None,
                    cost_usd: heard.cost.usd,
                    cell,
                    cache: None,
                };
                blocking(move || workspace.attempt_gave_opinion(answer, opinion)).await
            }
            None => blocking(move || workspace.put_opinion(opinion, &cell)).await,
        };
        Ok(kept?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use plumbline_model::{AssertionKind, CellKey, Target};

    fn case() -> Case {
        let rubric = AssertionKind::Rubric {
            criteria: "polite".into(),
            judge: "local:judge".into(),
            min_score: None,
        };
        Case {
            key: "a".into(),
            variables: Default::default(),
            assertions: vec![rubric.into()],
            tags: Default::default(),
            request: None,
            tool_results: Vec::new(),
            source: None,
        }
    }

    fn answered(passed: Option<bool>) -> Cell {
        Cell {
            id: clock::new_cell_id(),
            run_id: clock::new_run_id(),
            key: CellKey {
                prompt_name: "p".into(),
                prompt_version: "1.0.0".into(),
                target: Target {
                    provider: "local".into(),
                    model: "m".into(),
                },
                case_key: "a".into(),
                repeat: 0,
            },
            status: CellStatus::Complete,
            origin: Some(Origin::Live),
            template_hash: String::new(),
            request_hash: String::new(),
            cache_key: String::new(),
            tokens_in_estimated: 0,
            completion: Some(Completion {
                status: ResponseStatus::Complete,
                text: "good day".into(),
                ..Completion::default()
            }),
            cost: Cost::default(),
            attempts: 1,
            problem: None,
            passed,
            turns: Vec::new(),
            diverged: None,
            escalated_to: None,
            summary: None,
        }
    }

    #[test]
    fn an_answer_waits_for_its_questions_and_for_the_grade_that_a_crash_came_before() {
        let (case, graded) = (case(), answered(Some(true)));
        let mut book = OpinionBook::default();
        assert!(is_unheard(&graded, &case, &book));
        let asked = inquiries(&case.assertions[0], graded.completion.as_ref().unwrap()).unwrap();
        book.put(asked[0].key.clone(), Said::Reply(Box::default()));
        assert!(!is_unheard(&graded, &case, &book));
        // Another cell with the same answer asked; this one's grade was never written.
        assert!(is_unheard(&answered(None), &case, &book));
        let unasked = Case {
            assertions: Vec::new(),
            ..case
        };
        assert!(!is_unheard(&answered(None), &unasked, &book));
        let cut = Cell {
            status: CellStatus::Truncated,
            ..answered(None)
        };
        assert!(!is_unheard(&cut, &unasked, &book));
    }
}
