//! What of a cell stands in no column: its answer, the lines of its cost, its problem, its turns.
//!
//! A body is one line of JSON; where there is an answer, a line break and the answer follow, packed as the response
//! cache holds it, so that it is packed once for both. Bodies of before version 6 are one packed JSON.

use crate::codec;
use crate::error::Result;
use plumbline_model::{Cell, Completion, Cost, Divergence, Problem, Target, Turn, ValueSummary};
use serde::{Deserialize, Serialize};

/// Everything in a body but the answer.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Outcome {
    pub(super) cost: Cost,
    pub(super) problem: Option<Problem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) turns: Vec<Turn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diverged: Option<Divergence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) escalated_to: Option<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<ValueSummary>,
}

/// The same of a cell that is about to be stored.
#[derive(Serialize)]
struct OutcomeOf<'c> {
    cost: &'c Cost,
    problem: &'c Option<Problem>,
    #[serde(skip_serializing_if = "is_empty")]
    turns: &'c [Turn],
    #[serde(skip_serializing_if = "is_none")]
    diverged: &'c Option<Divergence>,
    #[serde(skip_serializing_if = "is_none")]
    escalated_to: &'c Option<Target>,
    #[serde(skip_serializing_if = "is_none")]
    summary: &'c Option<ValueSummary>,
}

/// A body of before version 6.
#[derive(Deserialize)]
struct Older {
    completion: Option<Completion>,
    #[serde(flatten)]
    outcome: Outcome,
}

/// A body that was read, its answer still packed.
pub(super) struct Body {
    pub(super) outcome: Outcome,
    answer: Answer,
}

enum Answer {
    None,
    Packed(Vec<u8>),
    Read(Box<Completion>),
}

fn is_empty(turns: &&[Turn]) -> bool {
    turns.is_empty()
}

fn is_none<T>(some: &&Option<T>) -> bool {
    some.is_none()
}

/// The body of a cell.
pub(crate) fn pack(cell: &Cell) -> Result<Vec<u8>> {
    let answer = cell.completion.as_ref().map(codec::pack_json).transpose()?;
    pack_beside(cell, answer.as_deref())
}

/// The body of a cell whose answer is packed already.
pub(crate) fn pack_beside(cell: &Cell, answer: Option<&[u8]>) -> Result<Vec<u8>> {
    written(
        &OutcomeOf {
            cost: &cell.cost,
            problem: &cell.problem,
            turns: &cell.turns,
            diverged: &cell.diverged,
            escalated_to: &cell.escalated_to,
            summary: &cell.summary,
        },
        answer,
    )
}

fn written(outcome: &impl Serialize, answer: Option<&[u8]>) -> Result<Vec<u8>> {
    let mut body = codec::json(outcome)?.into_bytes();
    codec::refuse_oversized(&body)?;
    if let Some(answer) = answer {
        body.reserve_exact(answer.len() + 1);
        body.push(b'\n');
        body.extend_from_slice(answer);
    }
    Ok(body)
}

impl Body {
    pub(super) fn read(stored: &[u8]) -> Result<Self> {
        if stored.first() != Some(&b'{') {
            let older: Older = codec::unpack_json(stored)?;
            return Ok(Self {
                outcome: older.outcome,
                answer: older
                    .completion
                    .map_or(Answer::None, |answer| Answer::Read(Box::new(answer))),
            });
        }
        // JSON writes a line break inside a text as an escape.
        let (line, answer) = match stored.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&stored[..end], Answer::Packed(stored[end + 1..].to_vec())),
            None => (stored, Answer::None),
        };
        Ok(Self {
            outcome: codec::from_json(line)?,
            answer,
        })
    }

    /// The answer, if there is one.
    pub(super) fn completion(&self) -> Result<Option<Completion>> {
        match &self.answer {
            Answer::None => Ok(None),
            Answer::Packed(packed) => Ok(Some(codec::unpack_json(packed)?)),
            Answer::Read(completion) => Ok(Some((**completion).clone())),
        }
    }

    /// The same body with what was changed of it.
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        match &self.answer {
            Answer::None => written(&self.outcome, None),
            Answer::Packed(packed) => written(&self.outcome, Some(packed)),
            Answer::Read(completion) => {
                written(&self.outcome, Some(&codec::pack_json(&**completion)?))
            }
        }
    }

    /// The body of a conversation that stopped, open again: what was paid for stays.
    pub(super) fn reopened(self) -> Result<Vec<u8>> {
        written(
            &Outcome {
                problem: None,
                diverged: None,
                ..self.outcome
            },
            None,
        )
    }
}

/// The body of a cell that nothing happened to.
pub(crate) fn untouched() -> Result<Vec<u8>> {
    written(&Outcome::default(), None)
}

/// The cost in a body.
pub(super) fn cost(stored: &[u8]) -> Result<Cost> {
    Ok(Body::read(stored)?.outcome.cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WorkspaceError;
    use crate::testing::*;
    use plumbline_model::{Origin, Usage};

    fn round(cell: &Cell) -> (Outcome, Option<Completion>) {
        let body = Body::read(&pack(cell).unwrap()).unwrap();
        let completion = body.completion().unwrap();
        (body.outcome, completion)
    }

    fn some_cell() -> Cell {
        let workspace = crate::Workspace::in_memory().unwrap();
        start_run(&workspace, 1, 1)[0].clone()
    }

    #[test]
    fn a_body_gives_back_what_was_put_in() {
        let mut cell = answered(&some_cell(), Some("0.1"));
        if let Some(completion) = &mut cell.completion {
            completion.text = "two\nlines {\"a\": 1}\n".into();
        }
        cell.problem = Some(Problem::bad_input("one\ntwo"));
        cell.escalated_to = Some(target());
        cell.summary = Some(ValueSummary {
            variable: "ticket".into(),
            prompt: "shorten@1.0.0".into(),
            target: target(),
            text: "two\nlines".into(),
            tokens_before: 900,
            origin: Origin::Live,
            usage: Usage::of(900, 40),
            cost: Cost::default(),
        });
        let (outcome, completion) = round(&cell);
        assert_eq!(completion, cell.completion);
        assert_eq!(
            (&outcome.escalated_to, &outcome.summary),
            (&cell.escalated_to, &cell.summary)
        );
        assert_eq!((outcome.cost, outcome.problem), (cell.cost, cell.problem));
        assert!(round(&some_cell()).1.is_none());
    }

    #[test]
    fn a_body_of_before_version_6_reads_and_is_written_anew() {
        let cell = answered(&some_cell(), Some("0.1"));
        let older = codec::pack_json(&serde_json::json!({
            "completion": cell.completion,
            "cost": cell.cost,
            "problem": null,
        }))
        .unwrap();
        let body = Body::read(&older).unwrap();
        assert_eq!(body.completion().unwrap(), cell.completion);
        let newer = Body::read(&body.write().unwrap()).unwrap();
        assert_eq!(newer.completion().unwrap(), cell.completion);
        assert_eq!(newer.outcome.cost, cell.cost);
    }

    #[test]
    fn a_damaged_body_is_an_error() {
        for body in [&b"{\"cost\""[..], b"{}\nnot zstd", b"", b"\x28\xb5\x2f\xfd"] {
            let read = Body::read(body).and_then(|body| body.completion());
            assert!(matches!(read, Err(WorkspaceError::Damaged(_))), "{body:?}");
        }
    }
}
