//! Summaries that a plan needs, as far as they are known before anything is sent.

use super::column::Column;
use super::plan::{FittedBy, Matrix, Planned, PlannedRequest};
use super::way_out::{LaidOut, Ready, Wanted};
use crate::Engine;
use plumbline_model::{Completion, Problem, ResponseStatus, RunPlan};
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
    pub(crate) tokens_in_at_most: Option<u64>,
    pub(crate) tokens_out_max: u64,
    /// Hash of the request with it, where nothing is paid for it: an earlier run did, or it is recorded.
    pub(crate) ready_hash: Option<String>,
}

impl PlannedSummary {
    pub(super) fn of(wanted: &Wanted<'_>) -> Self {
        let target = &wanted.summariser.column.target;
        let question = &wanted.question;
        let limit = question.request.parameters.max_tokens;
        Self {
            key: wanted.key(),
            tokens_in: question.tokens_in_estimated,
            tokens_in_at_most: tokens_in_at_most(&target.model, question),
            tokens_out_max: limit.map_or(wanted.tokens_allowed, u64::from),
            ready_hash: None,
        }
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
