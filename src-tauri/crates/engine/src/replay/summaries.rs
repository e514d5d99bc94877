//! Summaries that a plan needs, as far as they are known before anything is sent.

use super::column::Column;
use super::plan::{FittedBy, Matrix, Planned, PlannedRequest};
use super::way_out::{LaidOut, Ready, Wanted};
use crate::Engine;
use plumbline_model::{Completion, Problem, ResponseStatus, RunPlan, Target, UnixNanos, Usd};
use plumbline_tokens::prices::{LargestCall, Prices};
use plumbline_tokens::{RequestCounter, tokens_in_at_most};
use plumbline_workspace::{OpinionKey, Said};
use std::collections::HashMap;

/// Tokens another model may count for one token of a text: another vocabulary, and JSON's escapes around it.
pub(super) const RECOUNTED_PER_TOKEN: u64 = 4;

/// A summary that a request waits for.
#[derive(Debug, Clone)]
pub(crate) struct PlannedSummary {
    /// Whom it is asked of, and what.
    pub(crate) key: OpinionKey,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out_max: u64,
    /// `None` where nobody can say how much it takes in.
    pub(crate) largest: Option<LargestCall>,
    /// Hash of the request with it, where nothing is paid for it: an earlier run did, or it is recorded.
    pub(crate) ready_hash: Option<String>,
}

impl PlannedSummary {
    pub(super) fn of(wanted: &Wanted<'_>) -> Self {
        let target = &wanted.summariser.column.target;
        let question = &wanted.question;
        let parameters = &question.request.parameters;
        let tokens_out_max = parameters
            .max_tokens
            .map_or(wanted.tokens_allowed, u64::from);
        let tokens_in = tokens_in_at_most(&target.model, question);
        Self {
            key: wanted.key(),
            tokens_in: question.tokens_in_estimated,
            tokens_out_max,
            largest: tokens_in.map(|most| LargestCall::of(parameters, most, tokens_out_max)),
            ready_hash: None,
        }
    }

    /// The most that asking for it may cost.
    pub(super) fn cost_at_most(&self, prices: &Prices, at: UnixNanos) -> Option<Usd> {
        let Target { provider, model } = &self.key.target;
        prices.upper_bound(Some(provider), model, &self.largest?, at)
    }
}

impl Wanted<'_> {
    pub(super) fn key(&self) -> OpinionKey {
        OpinionKey {
            target: self.summariser.column.target.clone(),
            request_hash: self.question.request_hash.clone(),
        }
    }
}

impl Engine {
    /// Puts the summaries in that are known, so that the cells they stand in are estimated as they will be sent.
    pub(super) fn put_known_summaries(
        &self,
        plan: &RunPlan,
        matrix: &mut Matrix,
    ) -> Result<(), Problem> {
        let mut known: HashMap<OpinionKey, Option<String>> = HashMap::new();
        let Matrix {
            columns,
            cases,
            cells,
        } = matrix;
        for planned in cells {
            let Some(key) = planned.summary_key() else {
                continue;
            };
            let text = match known.get(key) {
                Some(text) => text.clone(),
                None => {
                    let text = self.known_summary(plan, key)?;
                    known.entry(key.clone()).or_insert(text).clone()
                }
            };
            let Some(text) = text else {
                continue;
            };
            let (column, case) = (&columns[planned.column], &cases[planned.case]);
            let mut counter = RequestCounter::new(column.encoding);
            if let Ok(LaidOut::Wants(wanted)) = column.lay_out(case, &mut counter) {
                let ready =
                    column.with_summary(case, &wanted.variable, wanted.tokens_before, &text);
                planned.know(column, ready);
            }
        }
        Ok(())
    }

    fn known_summary(&self, plan: &RunPlan, key: &OpinionKey) -> Result<Option<String>, Problem> {
        let workspace = &self.inner.workspace;
        if key.target.provider == super::RECORDED {
            let found = workspace.find_recording(&key.target.model, &key.request_hash, 0)?;
            return Ok(found.and_then(|recorded| summary_text(&recorded.completion)));
        }
        if !plan.use_cache {
            return Ok(None);
        }
        let found = workspace.earlier_opinion(key)?;
        Ok(found.and_then(|opinion| match opinion.said {
            Said::Reply(completion) => summary_text(&completion),
            _ => None,
        }))
    }
}

/// What a model wrote as a summary, if it is one.
pub(super) fn summary_text(completion: &Completion) -> Option<String> {
    let text = completion.text.trim();
    let is_whole = completion.status == ResponseStatus::Complete;
    (is_whole && !text.is_empty()).then(|| text.to_owned())
}

impl Planned {
    fn summary_key(&self) -> Option<&OpinionKey> {
        match &self.request {
            Ok(PlannedRequest {
                fitted: FittedBy::Summary(summary),
                ..
            }) => Some(&summary.key),
            _ => None,
        }
    }

    /// Takes over what a known summary makes of it.
    fn know(&mut self, column: &Column, ready: Result<Ready<'_>, Problem>) {
        let assembled = match ready {
            Ok(ready) => ready.assembled,
            Err(problem) => {
                self.request = Err(problem);
                return;
            }
        };
        let Ok(request) = &mut self.request else {
            return;
        };
        request.cache_key = column.cache_key(&assembled.request_hash, self.repeat);
        request.tokens_in = assembled.tokens_in_estimated;
        request.tokens_in_at_most = tokens_in_at_most(&column.target.model, &assembled);
        if let FittedBy::Summary(summary) = &mut request.fitted {
            summary.ready_hash = Some(assembled.request_hash);
        }
    }
}
