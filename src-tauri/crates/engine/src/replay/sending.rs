//! What is sent for a cell: laid out again, past the summary that it may need.

use super::cell::Asked;
use super::column::Column;
use super::opinions::{Asks, Inquiry};
use super::queue::Known;
use super::summaries::summary_text;
use super::way_out::{LaidOut, Ready, Wanted};
use crate::clock;
use plumbline_model::{Cell, ChatRequest, Code, Problem, ValueSummary};
use plumbline_tokens::{RequestCounter, tokens_in_at_most};
use plumbline_workspace::Said;

/// The request of a cell, and whom it is for.
pub(super) struct Sending<'r> {
    /// The cell's own column, or the one that it escalates to.
    pub(super) column: &'r Column,
    pub(super) request: ChatRequest,
    pub(super) known: Known,
}

/// Whether a cell can be sent.
pub(super) enum Prepared<'r> {
    Yes(Sending<'r>),
    /// It never can, as things are.
    No(Problem),
    /// A cancel or a cap came before its summary.
    LeftOver,
}

impl<'r> Asked<'r> {
    /// Lays out the request of a cell; the cell names it from now on. An error means that the workspace could not be
    /// written.
    pub(super) async fn prepare(
        &self,
        cell: &mut Cell,
        planned: Option<Known>,
    ) -> Result<Prepared<'r>, Problem> {
        let column = self.column;
        // The plan was made of the very case.
        if let (Some(known), false) = (planned, column.is_made_to_fit()) {
            return Ok(match column.request(self.case) {
                Ok(request) => Prepared::Yes(Sending {
                    column,
                    request,
                    known,
                }),
                Err(problem) => Prepared::No(problem),
            });
        }
        let mut counter = RequestCounter::new(column.encoding);
        let ready = match column.lay_out(self.case, &mut counter) {
            Ok(LaidOut::Ready(ready)) if ready.assembled.request_hash == cell.request_hash => {
                *ready
            }
            Ok(LaidOut::Ready(_)) => return Ok(Prepared::No(changed())),
            Ok(LaidOut::Wants(wanted)) => match self.summarised(cell, &wanted).await? {
                Ok(ready) => ready,
                Err(not_sent) => return Ok(not_sent),
            },
            Err(problem) => return Ok(Prepared::No(problem)),
        };
        let Ready {
            column, assembled, ..
        } = ready;
        if !std::ptr::eq(column, self.column) {
            cell.escalated_to = Some(column.target.clone());
        }
        let tokens_in_at_most = tokens_in_at_most(&column.target.model, &assembled);
        Ok(Prepared::Yes(Sending {
            column,
            request: assembled.request,
            known: Known {
                tokens_in_at_most,
                was_cached: planned.is_none_or(|known| known.was_cached) || cell.summary.is_some(),
            },
        }))
    }

    /// Asks for the summary that a request waits for, and puts it in.
    async fn summarised(
        &self,
        cell: &mut Cell,
        wanted: &Wanted<'r>,
    ) -> Result<Result<Ready<'r>, Prepared<'r>>, Problem> {
        let inquiry = Inquiry {
            key: wanted.key(),
            asks: Asks::Summary {
                request: wanted.question.request.clone(),
                budget: wanted.summariser.column.spec.budget.clone(),
            },
        };
        let key = inquiry.key.clone();
        let Some(origin) = self.hear_one(cell, inquiry).await? else {
            return Ok(Err(Prepared::LeftOver));
        };
        let said = self.run.hearing.book(|book| book.get(&key).cloned());
        let reply = match said {
            Some(Said::Reply(reply)) => reply,
            Some(Said::Nothing { because }) => {
                return Ok(Err(Prepared::No(no_summary(wanted, &because))));
            }
            _ => return Ok(Err(Prepared::No(no_summary(wanted, "nothing was heard")))),
        };
        let Some(text) = summary_text(&reply) else {
            return Ok(Err(Prepared::No(no_summary(wanted, "it is empty"))));
        };
        let ready =
            match self
                .column
                .with_summary(self.case, &wanted.variable, wanted.tokens_before, &text)
            {
                Ok(ready) => ready,
                Err(problem) => {
                    let by = &wanted.summariser.prompt;
                    let message = format!("with the summary that {by} wrote, {}", problem.message);
                    return Ok(Err(Prepared::No(Problem { message, ..problem })));
                }
            };
        let hash = &ready.assembled.request_hash;
        // Until it was sent once it was named by what it would be with nothing cut.
        if ![&wanted.whole.request_hash, hash].contains(&&cell.request_hash) {
            return Ok(Err(Prepared::No(changed())));
        }
        cell.cache_key = self.column.cache_key(hash, cell.key.repeat);
        cell.request_hash = hash.clone();
        cell.tokens_in_estimated = ready.assembled.tokens_in_estimated;
        cell.summary = Some(ValueSummary {
            variable: wanted.variable.clone(),
            prompt: wanted.summariser.prompt.clone(),
            cost: self.cost_of(&key.target, &reply, clock::now()),
            target: key.target,
            tokens_before: wanted.tokens_before,
            origin,
            usage: reply.usage,
            text,
        });
        Ok(Ok(ready))
    }
}

fn changed() -> Problem {
    Problem::new(Code::Conflict, "the case changed since the run was started")
        .hint("Start a new run over the dataset as it is now.")
}

fn no_summary(wanted: &Wanted<'_>, because: &str) -> Problem {
    Problem::bad_input(format!(
        "the request is over the prompt's budget, and {} wrote no summary of `{}`: {because}",
        wanted.summariser.prompt, wanted.variable
    ))
    .hint("Resume the run to ask again, or let the variable be trimmed.")
}
