//! One logged exchange with a model's API: `{request, response, …}` with whatever else a logger writes beside it.
//!
//! Request and response are bodies, or HTTP messages that hold a `body` as JSON or as its text. Times are ISO
//! text, or numbers of seconds or milliseconds since 1970, told apart by their size. Durations are read only
//! where the name says milliseconds. Headers hold keys, so nothing of them is kept but the request's id.

use crate::attributes::{Attributes, Unread, as_text, note};
use crate::content::opened;
use crate::delivery::Delivery;
use crate::identity::{derived_id, user_id_hash};
use crate::instant::{epoch_millis, epoch_seconds, iso};
use crate::{anthropic_body, openai_body};
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos};
use serde_json::{Map, Value};
use std::ops::ControlFlow;

/// Where no body and no logger gives a time: the span says so in a tag and starts at 1970-01-01.
const NO_TIME: UnixNanos = UnixNanos(0);
/// A number below this counts seconds (until the year 5138), one above it milliseconds (since 1973).
const SECONDS_END: f64 = 1e11;

const STARTS: [&str; 9] = [
    "start_time",
    "started_at",
    "startTime",
    "requested_at",
    "timestamp",
    "created_at",
    "createdAt",
    "time",
    "ts",
];
const ENDS: [&str; 5] = [
    "end_time",
    "ended_at",
    "endTime",
    "finished_at",
    "completed_at",
];
const DURATIONS: [&str; 4] = [
    "duration_ms",
    "latency_ms",
    "elapsed_ms",
    "response_time_ms",
];

/// Whose bodies an exchange holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
}

impl Dialect {
    /// Told by the response, else by the path; otherwise the log's own.
    fn of(sent: &Half, came: &Half, usual: Self) -> Self {
        if anthropic_body::is_response(&came.body) {
            return Self::Anthropic;
        }
        if ["choices", "output", "data", "object"]
            .iter()
            .any(|name| came.body.contains_key(*name))
        {
            return Self::OpenAi;
        }
        match sent.path.as_deref() {
            Some(path) if path.contains("/v1/messages") => Self::Anthropic,
            Some(path) if path.contains("/completions") || path.contains("/responses") => {
                Self::OpenAi
            }
            _ => usual,
        }
    }
}

/// Hands on what was made of a record, with its unread fields, or quarantines it.
pub(crate) fn deliver(
    delivery: &mut Delivery<'_>,
    at: &str,
    raw: &[u8],
    understood: Result<(Span, Unread), String>,
) -> ControlFlow<()> {
    match understood {
        Ok((span, unread)) => {
            for (name, value) in &unread {
                delivery.loss().note(name, value);
            }
            delivery.span(span, raw.to_vec())
        }
        Err(reason) => delivery.quarantine(at, reason, raw),
    }
}

/// True for an object that this reads.
pub(crate) fn is_exchange(object: &Map<String, Value>) -> bool {
    object.contains_key("request") && object.contains_key("response")
}

/// The span of one exchange; `raw` gives an id where none is written.
///
/// # Errors
/// Neither request nor response is there.
pub(crate) fn span(
    object: Map<String, Value>,
    raw: &[u8],
    usual: Dialect,
) -> Result<(Span, Unread), String> {
    let fields = Attributes::of_object(object);
    let mut unread = Unread::new();
    let sent = half(&fields, "request", &mut unread);
    let came = half(&fields, "response", &mut unread);
    if sent.body.is_empty() && came.body.is_empty() {
        return Err("neither `request` nor `response` holds a JSON object".to_owned());
    }
    let id = came.body.get("id").and_then(as_text);
    let id = id.or(fields.text(&["id"]));
    let kind = openai_body::kind_of_path(sent.path.as_deref().unwrap_or_default());
    let started = STARTS
        .iter()
        .find_map(|name| fields.take(name).and_then(moment));
    let started = started.or(openai_body::created(&came.body));
    let mut span = begun(id, kind, started, raw);
    if let Some(trace) = fields.text(&["trace_id"]).filter(|id| !id.is_empty()) {
        span.trace_id = trace;
    }
    let (request, response): (Mapper, Mapper) = match Dialect::of(&sent, &came, usual) {
        Dialect::OpenAi => (openai_body::request, openai_body::response),
        Dialect::Anthropic => (anthropic_body::request, anthropic_body::response),
    };
    let told = came.body.get("request_id").and_then(as_text);
    if !sent.body.is_empty() {
        unread.extend(request("request.", sent.body, &mut span));
    }
    if !came.body.is_empty() {
        unread.extend(response("response.", came.body, &mut span));
    }
    span.request_id = came.request_id.or(told).or(fields.text(&["request_id"]));
    http(
        came.status
            .or(fields.count(&["status_code", "http_status"])),
        &mut span,
    );
    if let Some(error) = fields.take("error") {
        openai_body::failed(error, &mut span);
    }
    end(&fields, started.is_some(), &mut span);
    around(&fields, &mut span);
    note(&mut unread, "", &fields);
    Ok((span, unread))
}

type Mapper = fn(&str, Map<String, Value>, &mut Span) -> Unread;

/// A span with its start, its ids, and a tag where the start is not known.
pub(crate) fn begun(
    id: Option<String>,
    kind: SpanKind,
    started: Option<UnixNanos>,
    raw: &[u8],
) -> Span {
    // Some servers write an empty id, which is none.
    let id = id.filter(|id| !id.is_empty());
    let id = id.unwrap_or_else(|| derived_id("exchange", &[raw], 8));
    let mut span = Span::new(id.clone(), id, kind, started.unwrap_or(NO_TIME));
    if started.is_none() {
        span.tags
            .insert("start_time".to_owned(), "unknown".to_owned());
    }
    span
}

/// Sets the status code, which makes a failure of 400 and above.
pub(crate) fn http(status: Option<u64>, span: &mut Span) {
    span.http_status = status.and_then(|status| u16::try_from(status).ok());
    if span.http_status >= Some(400) {
        span.status = SpanStatus::Error;
    }
}

#[derive(Default)]
struct Half {
    body: Map<String, Value>,
    path: Option<String>,
    status: Option<u64>,
    request_id: Option<String>,
}

/// A body as it is, or the body of an HTTP message.
fn half(fields: &Attributes, name: &str, unread: &mut Unread) -> Half {
    let Some(Value::Object(mut object)) = fields.take(name).cloned().map(opened) else {
        return Half::default();
    };
    let body = match object.remove("body") {
        None => {
            return Half {
                body: object,
                ..Half::default()
            };
        }
        Some(body) => opened(body),
    };
    let message = Attributes::of_object(object);
    let headers = message.nested("headers");
    let id = ["request-id", "x-request-id"];
    let request_id = headers
        .under("")
        .find(|(name, _)| id.iter().any(|id| name.eq_ignore_ascii_case(id)))
        .and_then(|(_, value)| as_text(value));
    let half = Half {
        body: match body {
            Value::Object(body) => body,
            _ => Map::new(),
        },
        path: message.text(&["url", "uri", "path"]),
        status: message.count(&["status_code", "status"]),
        request_id: message.text(&["request_id"]).or(request_id),
    };
    message.understood(&["method"]);
    note(unread, &format!("{name}."), &message);
    half
}

fn end(fields: &Attributes, is_started: bool, span: &mut Span) {
    let ended = ENDS
        .iter()
        .find_map(|name| fields.take(name).and_then(moment));
    let took = DURATIONS
        .iter()
        .find_map(|name| fields.take(name).and_then(epoch_millis));
    let after = took
        .filter(|took| is_started && took.0 >= 0)
        .and_then(|took| span.start_ns.0.checked_add(took.0))
        .map(UnixNanos);
    span.end_ns = ended.or(after).or(span.end_ns);
}

fn around(fields: &Attributes, span: &mut Span) {
    if let Some(user) = fields.text(&["user_id", "user"]) {
        span.user_id_hash = Some(user_id_hash(&user));
    }
    let session = fields.text(&["session_id", "conversation_id"]);
    span.session_id = session.or(span.session_id.take());
    let environment = fields.text(&["environment", "env"]);
    span.environment = environment.or(span.environment.take());
    span.provider = fields.text(&["provider"]).or(span.provider.take());
}

fn moment(value: &Value) -> Option<UnixNanos> {
    let number = match value {
        Value::String(text) => match iso(text.trim()) {
            Some(at) => return Some(at),
            None => text.trim().parse().ok(),
        },
        other => other.as_f64(),
    };
    if number? < SECONDS_END {
        epoch_seconds(value)
    } else {
        epoch_millis(value)
    }
}
