//! One row becomes one span.

use crate::attributes::{as_count, as_text};
use crate::content::{opened, said};
use crate::delivery::Delivery;
use crate::identity::{derived_id, user_id_hash};
use crate::instant::{epoch_micros, epoch_millis, epoch_nanos, epoch_seconds, iso};
use plumbline_model::{
    ColumnMapping, LatencyUnit, MappedField as Field, PartOf, Role, Span, SpanKind, SpanStatus,
    TimeUnit, UnixNanos, Usage, add_known,
};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Where a table has no times: the span says so in a tag and starts at 1970-01-01.
const NO_TIME: UnixNanos = UnixNanos(0);

pub(super) fn deliver(
    mapping: &ColumnMapping,
    delivery: &mut Delivery<'_>,
    at: &str,
    row: Map<String, Value>,
) -> ControlFlow<()> {
    let raw = Value::Object(row.clone()).to_string().into_bytes();
    let cells = Cells {
        mapping,
        row,
        unread: RefCell::default(),
    };
    match cells.span(at, &raw) {
        Ok(span) => {
            for (name, value) in cells.unread.borrow().iter() {
                delivery.loss().note(name, value);
            }
            cells.note_unmapped(&mut |name, value| delivery.loss().note(name, value));
            delivery.span(span, raw)
        }
        Err(reason) => delivery.quarantine(at, reason, &raw),
    }
}

struct Cells<'m> {
    mapping: &'m ColumnMapping,
    row: Map<String, Value>,
    /// Cells that are not what their column should be.
    unread: RefCell<Vec<(String, Value)>>,
}

impl Cells<'_> {
    fn span(&self, at: &str, raw: &[u8]) -> Result<Span, String> {
        let (start, end) = self.times()?;
        let id = |bytes| derived_id("mapped", &[at.as_bytes(), raw], bytes);
        let span_id = self.text(Field::SpanId).unwrap_or_else(|| id(8));
        let trace_id = self.text(Field::TraceId).unwrap_or_else(|| id(16));
        let mut span = Span::new(trace_id, span_id, self.kind(), start.unwrap_or(NO_TIME));
        if start.is_none() {
            span.tags
                .insert("start_time".to_owned(), "unknown".to_owned());
        }
        span.end_ns = end;
        let first = self.read(Field::TimeToFirstToken, "a duration", |v| self.duration(v));
        span.time_to_first_token_ms = first.map(|nanos| nanos.0 as f64 / 1e6);
        span.parent_id = self.text(Field::ParentId);
        span.request_id = self.text(Field::RequestId);
        span.name = self.text(Field::Name);
        span.model_requested = self.text(Field::Model);
        span.model_returned = self.text(Field::ModelReturned);
        span.provider = self.text(Field::Provider);
        span.usage = self.usage();
        span.cost_usd = self.read(Field::CostUsd, "an amount", |value| {
            let text = as_text(value)?;
            let text = text.trim().trim_start_matches('$').trim_end_matches("USD");
            text.trim().parse().ok()
        });
        self.status(&mut span);
        span.user_id_hash = self.text(Field::UserId).as_deref().map(user_id_hash);
        span.session_id = self.text(Field::SessionId);
        span.prompt_name = self.text(Field::PromptName);
        span.prompt_version = self.text(Field::PromptVersion);
        span.environment = self.text(Field::Environment);
        span.cache_hit = self.read(Field::CacheHit, "true or false", flag);
        self.content(&mut span);
        for (tag, column) in &self.mapping.tags {
            if let Some(value) = at_path(&self.row, column).filter(|value| !value.is_null()) {
                let text = as_text(value).unwrap_or_else(|| value.to_string());
                span.tags.insert(tag.clone(), text);
            }
        }
        Ok(span)
    }

    /// The value of a field's column; null and empty text are none.
    fn value(&self, field: Field) -> Option<&Value> {
        let value = at_path(&self.row, self.mapping.column(field)?)?;
        (!value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()))
            .then_some(value)
    }

    fn text(&self, field: Field) -> Option<String> {
        let value = self.value(field)?;
        Some(as_text(value).unwrap_or_else(|| value.to_string()))
    }

    /// What `read` makes of a cell; a cell that it cannot read is noted as not being `what`.
    fn read<T>(&self, field: Field, what: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.value(field)?;
        let understood = read(value);
        if understood.is_none() {
            let column = self.mapping.column(field).unwrap_or_default();
            let name = format!("{column} (not {what})");
            self.unread.borrow_mut().push((name, value.clone()));
        }
        understood
    }

    fn times(&self) -> Result<(Option<UnixNanos>, Option<UnixNanos>), String> {
        let end = self.read(Field::End, "a time", |value| self.instant(value));
        let took = self.read(Field::Latency, "a duration", |value| self.duration(value));
        let started = match (self.value(Field::Start), self.mapping.column(Field::Start)) {
            (Some(value), Some(column)) => Some(self.instant(value).ok_or_else(|| {
                let unit = match self.mapping.time_unit {
                    TimeUnit::Iso => "an ISO 8601 time",
                    TimeUnit::S => "a number of seconds",
                    TimeUnit::Ms => "a number of milliseconds",
                    TimeUnit::Us => "a number of microseconds",
                    TimeUnit::Ns => "a number of nanoseconds",
                };
                let shown = crate::text::shorten(&value.to_string(), 60).into_owned();
                format!("`{column}` is not {unit}: {shown}")
            })?),
            _ => None,
        };
        let before = end
            .zip(took)
            .and_then(|(end, took)| end.0.checked_sub(took.0));
        let start = started.or(before.map(UnixNanos));
        if start.is_none()
            && let Some(column) = self
                .mapping
                .column(Field::Start)
                .or(self.mapping.column(Field::End))
        {
            return Err(format!("`{column}` is empty, and a step needs a start"));
        }
        let after = start
            .zip(took)
            .and_then(|(start, took)| start.0.checked_add(took.0));
        // A row that ended before it began has a clock that was set; its end says nothing.
        let end = end.filter(|end| start.is_none_or(|start| *end >= start));
        Ok((start, end.or(after.map(UnixNanos))))
    }

    fn instant(&self, value: &Value) -> Option<UnixNanos> {
        match self.mapping.time_unit {
            TimeUnit::Iso => value.as_str().and_then(|text| iso(text.trim())),
            TimeUnit::S => epoch_seconds(value),
            TimeUnit::Ms => epoch_millis(value),
            TimeUnit::Us => epoch_micros(value),
            TimeUnit::Ns => epoch_nanos(value),
        }
    }

    fn duration(&self, value: &Value) -> Option<UnixNanos> {
        let nanos = match self.mapping.latency_unit {
            LatencyUnit::S => epoch_seconds(value),
            LatencyUnit::Ms => epoch_millis(value),
            LatencyUnit::Us => epoch_micros(value),
            LatencyUnit::Ns => epoch_nanos(value),
        };
        nanos.filter(|nanos| nanos.0 >= 0)
    }

    fn kind(&self) -> SpanKind {
        let kind = self.read(Field::Kind, "a kind of step", |value| {
            let word = as_text(value)?.to_ascii_lowercase();
            Some(match word.as_str() {
                "llm" | "generation" | "chat" | "completion" | "text_completion" => SpanKind::Llm,
                "tool" | "function" => SpanKind::Tool,
                "retrieval" | "retriever" => SpanKind::Retrieval,
                "embedding" | "embeddings" => SpanKind::Embedding,
                "rerank" | "reranker" => SpanKind::Rerank,
                "chain" | "span" | "task" | "workflow" => SpanKind::Chain,
                "agent" => SpanKind::Agent,
                "guardrail" => SpanKind::Guardrail,
                _ => return None,
            })
        });
        kind.unwrap_or(self.mapping.kind)
    }

    /// Counts in the inclusive convention.
    fn usage(&self) -> Usage {
        let count = |field| {
            self.read(field, "a count", |value| match value {
                // Tables of floats write whole numbers with a point.
                Value::String(text) => as_count(&serde_json::from_str(text.trim()).ok()?),
                other => as_count(other),
            })
        };
        let mut usage = Usage {
            tokens_in: count(Field::TokensIn),
            tokens_in_cached: count(Field::TokensInCached),
            tokens_in_cache_write: count(Field::TokensInCacheWrite),
            tokens_out: count(Field::TokensOut),
            tokens_reasoning: count(Field::TokensReasoning),
            ..Usage::default()
        };
        if self.mapping.cached_tokens == PartOf::Beside && usage.tokens_in.is_some() {
            let cache = add_known(usage.tokens_in_cached, usage.tokens_in_cache_write);
            usage.tokens_in = add_known(usage.tokens_in, cache);
        }
        if self.mapping.reasoning_tokens == PartOf::Beside && usage.tokens_out.is_some() {
            usage.tokens_out = add_known(usage.tokens_out, usage.tokens_reasoning);
        }
        usage
    }

    fn status(&self, span: &mut Span) {
        let told = self.read(Field::Status, "a status", |value| {
            let code = as_count(value).and_then(|code| u16::try_from(code).ok());
            if let Some(code @ 100..=599) = code {
                let status = if code < 400 {
                    SpanStatus::Ok
                } else {
                    SpanStatus::Error
                };
                return Some((status, Some(code)));
            }
            Some((status_word(&as_text(value)?)?, None))
        });
        if let Some((status, code)) = told {
            span.status = status;
            span.http_status = code;
        }
        span.error_type = self.text(Field::ErrorType);
        let message = self.text(Field::ErrorMessage);
        span.error_message = message.filter(|text| {
            let word = text.trim().to_ascii_lowercase();
            !["none", "null", "nan", "false", "0", "[]", "{}"].contains(&word.as_str())
        });
        let failed = span.error_message.is_some() || span.error_type.is_some();
        if failed && !matches!(span.status, SpanStatus::Cancelled | SpanStatus::Truncated) {
            span.status = SpanStatus::Error;
        }
    }

    fn content(&self, span: &mut Span) {
        let [input, output] = [Field::Input, Field::Output]
            .map(|field| self.value(field).cloned().map(opened).unwrap_or_default());
        if span.kind == SpanKind::Tool {
            span.tool_name = span.name.clone();
            span.tool_arguments = Some(input).filter(|value| !value.is_null());
            span.tool_result = Some(output).filter(|value| !value.is_null());
            return;
        }
        span.input_messages = said(input, Role::User);
        span.output_messages = said(output, Role::Assistant);
    }

    /// Hands on what no column of the mapping reads, by its path.
    fn note_unmapped(&self, note: &mut dyn FnMut(&str, &Value)) {
        let mapped = self
            .mapping
            .columns
            .values()
            .chain(self.mapping.tags.values());
        let used: BTreeSet<&str> = mapped.map(String::as_str).collect();
        let is_begun = |path: &str| {
            let prefix = format!("{path}.");
            used.range(prefix.as_str()..)
                .next()
                .is_some_and(|next| next.starts_with(&prefix))
        };
        let mut open: Vec<(String, &Value)> = self
            .row
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect();
        while let Some((path, value)) = open.pop() {
            if used.contains(path.as_str()) || says_nothing(value) {
                continue;
            }
            match value {
                Value::Object(object) if is_begun(&path) => {
                    let members = object.iter();
                    open.extend(members.map(|(name, value)| (format!("{path}.{name}"), value)));
                }
                // The rest of a list that a path looks into is more of the same.
                Value::Array(_) if is_begun(&path) => {}
                _ => note(&path, value),
            }
        }
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn flag(value: &Value) -> Option<bool> {
    let word = as_text(value)?.trim().to_ascii_lowercase();
    match word.as_str() {
        "true" | "t" | "yes" | "y" | "1" | "hit" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "miss" => Some(false),
        _ => None,
    }
}

fn status_word(word: &str) -> Option<SpanStatus> {
    let word = word.trim().to_ascii_lowercase();
    Some(match word.as_str() {
        "ok" | "success" | "successful" | "succeeded" | "complete" | "completed" | "done"
        | "true" | "stop" | "end_turn" => SpanStatus::Ok,
        "error" | "err" | "fail" | "failed" | "failure" | "false" | "exception" | "timeout" => {
            SpanStatus::Error
        }
        "cancelled" | "canceled" | "aborted" | "interrupted" => SpanStatus::Cancelled,
        "truncated" | "incomplete" | "length" | "max_tokens" => SpanStatus::Truncated,
        "unset" | "unknown" | "pending" | "running" => SpanStatus::Unset,
        _ => return None,
    })
}

/// A member by its whole name, else by a path of names and indices with dots between.
pub(super) fn at_path<'r>(row: &'r Map<String, Value>, path: &str) -> Option<&'r Value> {
    if let Some(value) = row.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    let mut value = row.get(first)?;
    for name in rest.split('.') {
        value = match value {
            Value::Object(object) => object.get(name)?,
            Value::Array(list) => list.get(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}
