//! Datasets and recordings made of what was sent in production: the same requests to another model, and the answers
//! they had.

use crate::api::{AsSent, DatasetFromSpans, RecordedModel, RecordingsFromTraces, TraceFilter};
use crate::sent::{answer_of, begins_conversation, request_of, tool_results};
use crate::{Engine, clock};
use plumbline_model::{Case, Dataset, Problem, Span, ToolResult};
use plumbline_prompts::request_hash;
use plumbline_workspace::{Page, RecordedCompletion};
use std::collections::{BTreeMap, BTreeSet};

/// Spans of one trace that are looked through for tools.
const SPANS_OF_TRACE: u64 = 10_000;

impl Engine {
    /// Makes cases of imported model calls as they were sent, for the prompt `@recorded`, and keeps their answers as
    /// recordings. A request that was sent twice is one case.
    ///
    /// # Errors
    /// `BadInput` without a name, or when no call holds its messages; `NotFound` for a span that is not there.
    pub fn dataset_as_sent(
        &self,
        name: &str,
        filter: &TraceFilter,
        how: &AsSent,
    ) -> Result<DatasetFromSpans, Problem> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Problem::bad_input("the dataset needs a name")
                .hint("Name it after where its cases come from, such as `last-week`."));
        }
        let calls = self.calls_to_send(filter, how)?;
        let mut made = Made::default();
        let mut tools: BTreeMap<String, Vec<ToolResult>> = BTreeMap::new();
        for span in &calls {
            if how.conversations && !begins_conversation(span) {
                continue;
            }
            let results = if how.conversations {
                if !tools.contains_key(&span.trace_id) {
                    let page = Page::first(SPANS_OF_TRACE);
                    let trace = self.inner.workspace.trace_spans(&span.trace_id, page)?;
                    tools.insert(span.trace_id.clone(), tool_results(&trace));
                }
                tools[&span.trace_id].clone()
            } else {
                Vec::new()
            };
            made.take(span, results);
        }
        if made.cases.is_empty() {
            return Err(Problem::bad_input(format!(
                "none of the {} model calls holds the messages that were sent",
                calls.len()
            ))
            .hint("Record message content where the calls are made; the loss report of the import says what was there."));
        }
        let recorded = self.keep_answers(&calls)?;
        let dataset = Dataset {
            name: name.to_owned(),
            description: format!("{} requests as they were sent", made.cases.len()),
            cases: made.cases,
        };
        self.inner.workspace.put_dataset(&dataset, clock::now())?;
        Ok(DatasetFromSpans {
            taken: dataset.cases.len() as u64,
            without_variables: 0,
            without_messages: made.without_messages,
            recorded,
            left_out: made.left_out.into_iter().collect(),
            dataset: self.dataset_row(name)?,
        })
    }

    /// Keeps the answers of imported model calls as recordings, which replays answer from.
    pub fn recordings_from_traces(
        &self,
        filter: &TraceFilter,
        limit: u64,
    ) -> Result<RecordingsFromTraces, Problem> {
        let calls = self.model_calls(filter, limit)?;
        let recorded = self.keep_answers(&calls)?;
        Ok(RecordingsFromTraces {
            model_calls: calls.len() as u64,
            recorded,
        })
    }

    /// Models with recorded answers, most first.
    pub fn recorded_models(&self) -> Result<Vec<RecordedModel>, Problem> {
        let models = self.inner.workspace.recorded_models()?;
        Ok(models
            .into_iter()
            .map(|(provider, model, recordings)| RecordedModel {
                provider,
                model,
                recordings,
            })
            .collect())
    }

    fn calls_to_send(&self, filter: &TraceFilter, how: &AsSent) -> Result<Vec<Span>, Problem> {
        if how.spans.is_empty() {
            return self.model_calls(filter, how.limit);
        }
        let mut calls = Vec::new();
        for place in &how.spans {
            let Some((trace_id, span_id)) = place.rsplit_once('/') else {
                return Err(
                    Problem::bad_input(format!("`{}` is no span", place.escape_debug()))
                        .hint("Write it as trace id, a slash, span id."),
                );
            };
            calls.push(self.inner.workspace.span(trace_id, span_id, 1)?.span);
        }
        Ok(calls)
    }

    /// Stores every whole answer; the n-th answer to one request of one model is its n-th repeat.
    fn keep_answers(&self, calls: &[Span]) -> Result<u64, Problem> {
        let mut repeats: BTreeMap<(String, String), u32> = BTreeMap::new();
        let mut recordings = Vec::new();
        for span in calls {
            let (Some(sent), Some(completion)) = (request_of(span), answer_of(span)) else {
                continue;
            };
            let Some(model) = span
                .model_requested
                .as_ref()
                .or(span.model_returned.as_ref())
            else {
                continue;
            };
            // Who sent it may have hashed it, over more than the source tells.
            let mut hashes = BTreeSet::from([request_hash(&sent.request)]);
            hashes.extend(span.request_hash.clone());
            for request_hash in hashes {
                let repeat = repeats
                    .entry((model.clone(), request_hash.clone()))
                    .or_default();
                recordings.push(RecordedCompletion {
                    provider: span.provider.clone().unwrap_or_default(),
                    model: model.clone(),
                    request_hash,
                    repeat: *repeat,
                    completion: completion.clone(),
                    recorded_on: span.start_ns.utc_day(),
                    source: format!("{}/{}", span.trace_id, span.span_id),
                });
                *repeat += 1;
            }
        }
        let recorded = recordings.len() as u64;
        self.inner.workspace.put_recordings(recordings)?;
        Ok(recorded)
    }
}

#[derive(Default)]
struct Made {
    cases: Vec<Case>,
    without_messages: u64,
    left_out: BTreeSet<String>,
    hashes: BTreeSet<String>,
    keys: BTreeSet<String>,
}

impl Made {
    fn take(&mut self, span: &Span, tool_results: Vec<ToolResult>) {
        let Some(sent) = request_of(span) else {
            self.without_messages += 1;
            return;
        };
        self.left_out.extend(sent.left_out);
        if !self.hashes.insert(request_hash(&sent.request)) {
            return;
        }
        let place = format!("{}/{}", span.trace_id, span.span_id);
        let named = span.request_id.clone().filter(|id| !self.keys.contains(id));
        let key = named.unwrap_or_else(|| place.clone());
        if !self.keys.insert(key.clone()) {
            return;
        }
        self.cases.push(Case {
            key,
            variables: span.prompt_variables.clone(),
            assertions: Vec::new(),
            tags: BTreeMap::new(),
            request: Some(sent.request),
            tool_results,
            source: Some(place),
        });
    }
}
