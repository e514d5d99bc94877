//! One cell as its drawer shows it: what was sent, what came of it, how it was graded.

use super::view::is_column;
use crate::Engine;
use crate::api::{AttemptRow, CellView};
use plumbline_analysis::grade::{Answer, Grader};
use plumbline_analysis::highlight::{Token, highlight, language_of};
use plumbline_model::{AttemptState, CellId, Completion, NanosText, Origin, Problem, Target};

impl Engine {
    /// One cell with its request, its attempts and how it was graded.
    pub fn cell_open(&self, cell_id: CellId) -> Result<CellView, Problem> {
        let cell = self.inner.workspace.cell(cell_id)?;
        let run = self.inner.workspace.run(cell.run_id)?;
        let column = self
            .run_columns(&run)?
            .into_iter()
            .find(|column| is_column(column, &cell.key));
        let case = self.case(&run.plan.dataset, &cell.key.case_key).ok();
        let sent = match (&column, &case) {
            (Some(column), Some(case)) => column
                .sent(case, cell.summary.as_ref())
                .ok()
                // A dataset that changed since must not show a request that was never sent.
                .filter(|sent| sent.assembled.request_hash == cell.request_hash),
            _ => None,
        };
        let (request, trimmed) = sent
            .map(|sent| (sent.assembled.request, sent.trimmed))
            .unzip();
        let outcomes = match (&cell.completion, &case) {
            (Some(completion), Some(case)) => {
                let column = column.as_ref();
                let opinions = self.opinions_of(run.id)?.about(case, completion);
                let answer = Answer {
                    completion,
                    cost: &cell.cost,
                    origin: cell.origin.unwrap_or(Origin::Recorded),
                    case,
                    output_schema: column.and_then(|column| column.spec.output_schema.as_ref()),
                    opinions: &opinions,
                };
                Grader::default().grade(&answer).outcomes
            }
            _ => Vec::new(),
        };
        let attempts = self
            .inner
            .workspace
            .attempts_of_cell(cell_id)?
            .into_iter()
            .map(|attempt| AttemptRow {
                attempt: attempt.attempt_no,
                purpose: attempt.purpose,
                target: Target {
                    provider: attempt.provider,
                    model: attempt.model,
                },
                state: state_word(attempt.state).to_owned(),
                idempotency_key: attempt.idempotency_key,
                sent: NanosText(attempt.sent_ns),
                answered: attempt.answered_ns.map(NanosText),
                http_status: attempt.http_status,
                error: attempt.error,
                cost_usd: attempt.cost_usd,
            })
            .collect();
        let highlighted = cell.completion.as_ref().map(coloured).unwrap_or_default();
        Ok(CellView {
            cell,
            case,
            request,
            trimmed: trimmed.unwrap_or_default(),
            attempts,
            outcomes,
            highlighted,
        })
    }
}

fn coloured(completion: &Completion) -> Vec<Vec<Token>> {
    match language_of(&completion.text) {
        Some(language) => highlight(&completion.text, language),
        None => Vec::new(),
    }
}

fn state_word(state: AttemptState) -> &'static str {
    match state {
        AttemptState::Sent => "sent",
        AttemptState::Answered => "answered",
        AttemptState::Failed => "failed",
        AttemptState::Unknown => "unknown",
    }
}
