//! One HTTP exchange with a model's API, as a proxy or a recorder saw it, as a span.
//!
//! Whose call it is, is told by the shape of the bodies, so every compatible server is read. Secrets do not pass:
//! headers are kept by an allow-list, addresses without their keys. A stream is put together; one that was cut
//! is truncated and says so in the tag `stream`. Time to first byte stands in for time to first token where the
//! answer is a stream, and nowhere else.

use crate::attributes::{Unread, as_text};
use crate::exchange::{begun, http};
use crate::http_coding::decode;
use crate::http_headers::{allowed, safe_url, value};
use crate::http_stream::{assemble, is_stream};
use crate::identity::derived_id;
use crate::openai_body::kind_of_path;
use crate::text::shorten;
use crate::{anthropic_body, openai_body};
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Characters of an error that is no JSON.
const ERROR_CHARS: usize = 500;

/// Ends of paths where a model is called even if the body does not name one (Azure names it in the path).
const CALLS: [&str; 6] = [
    "/chat/completions",
    "/completions",
    "/complete",
    "/responses",
    "/embeddings",
    "/messages",
];
/// Paths that take the body of a call and call no text model.
const NO_CALLS: [&str; 6] = [
    "/count_tokens",
    "/input_tokens",
    "/tokenize",
    "/images/",
    "/audio/",
    "/videos",
];

/// One exchange. Bodies are as they went over the wire; names of headers may have any case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HttpExchange {
    pub method: String,
    /// The whole address, or its path.
    pub url: String,
    pub request_headers: Vec<(String, String)>,
    pub request_body: Vec<u8>,
    /// `None` where no response came.
    pub status: Option<u16>,
    pub response_headers: Vec<(String, String)>,
    pub response_body: Vec<u8>,
    /// When the request was sent; `None` where the recorder does not say.
    pub started_at: Option<UnixNanos>,
    /// From the start to the first byte of the response.
    pub time_to_first_byte: Option<Duration>,
    /// From the start to the end of the response.
    pub duration: Option<Duration>,
    /// Why the transport failed, before or within the response.
    pub error: Option<String>,
}

/// What an exchange turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpOutcome {
    ModelCall {
        span: Box<Span>,
        /// The exchange as JSON, without secrets; a stream as the body it amounts to.
        raw: Vec<u8>,
        /// Fields of the bodies that nobody read, by name.
        fields_unread: Vec<(String, Value)>,
    },
    /// Something else: another method, another path, no body of a model's API.
    NotModelCall,
    /// A call of a model whose bodies cannot be read.
    Unreadable { reason: String, raw: Vec<u8> },
}

/// An exchange read, with the number of secrets that were left out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpReading {
    pub outcome: HttpOutcome,
    pub secrets_removed: u64,
}

/// Reads one exchange. Nothing of it can make this fail; what is not understood says so in the outcome.
#[must_use]
pub fn read_http(exchange: &HttpExchange) -> HttpReading {
    read_as(exchange, None)
}

/// Reads an exchange whose response, where it is given, was put together before.
fn read_as(exchange: &HttpExchange, came: Option<Came>) -> HttpReading {
    let (url, in_url) = safe_url(&exchange.url);
    let (sent_headers, in_request) = allowed(&exchange.request_headers);
    let (came_headers, in_response) = allowed(&exchange.response_headers);
    let mut raw = json!({
        "method": exchange.method,
        "url": url,
        "request_headers": sent_headers,
        "status": exchange.status,
        "response_headers": came_headers,
        "started_at_ns": exchange.started_at.map(|at| at.0),
        "time_to_first_byte_ns": exchange.time_to_first_byte.and_then(nanos),
        "duration_ns": exchange.duration.and_then(nanos),
        "error": exchange.error,
    });
    HttpReading {
        outcome: outcome(exchange, &url, &mut raw, came),
        secrets_removed: in_url + in_request + in_response,
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn nanos(duration: Duration) -> Option<i64> {
    i64::try_from(duration.as_nanos()).ok()
}

fn outcome(exchange: &HttpExchange, url: &str, raw: &mut Value, came: Option<Came>) -> HttpOutcome {
    let path = path_of(url);
    if !exchange.method.eq_ignore_ascii_case("POST")
        || NO_CALLS.iter().any(|part| path.contains(part))
    {
        return HttpOutcome::NotModelCall;
    }
    let is_known_path = CALLS
        .iter()
        .any(|end| path.trim_end_matches('/').ends_with(end));
    let sent = match decode(
        &exchange.request_body,
        value(&exchange.request_headers, "content-encoding"),
    ) {
        Ok(plain) => serde_json::from_slice(&plain.bytes).map_err(|error| error.to_string()),
        Err(reason) => Err(reason),
    };
    let (sent, sent_trouble) = match sent {
        Ok(Value::Object(sent)) => (sent, None),
        Ok(_) => (Map::new(), Some("it is no object".to_owned())),
        Err(reason) => (Map::new(), Some(reason)),
    };
    let came = came.unwrap_or_else(|| Came::of(exchange));
    if !is_known_path && !is_call(&sent) && !is_answer(&came.body) {
        return HttpOutcome::NotModelCall;
    }
    if sent.is_empty() && came.body.is_empty() {
        let reason = match (came.trouble, sent_trouble) {
            (Some(reason), _) => format!("the response cannot be read: {reason}"),
            (None, Some(reason)) => format!("the request body cannot be read: {reason}"),
            (None, None) => "neither the request nor the response holds a body".to_owned(),
        };
        return HttpOutcome::Unreadable {
            reason,
            raw: raw.to_string().into_bytes(),
        };
    }
    raw["request_body"] = Value::Object(sent.clone());
    raw["response_body"] = match &came.text {
        Some(text) => Value::String(text.clone()),
        None => Value::Object(came.body.clone()),
    };
    if let Some(events) = came.events {
        raw["stream_events"] = events.into();
    }
    if came.is_cut {
        raw["is_cut"] = true.into();
    }
    let raw = raw.to_string().into_bytes();
    let (span, fields_unread) = span(exchange, url, sent, came, &raw);
    HttpOutcome::ModelCall {
        span: Box::new(span),
        raw,
        fields_unread,
    }
}

fn path_of(url: &str) -> &str {
    let place = url.split('?').next().unwrap_or_default();
    match place.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => place,
    }
}

/// The request of a call: a model and something to say to it.
fn is_call(body: &Map<String, Value>) -> bool {
    body.get("model").is_some_and(Value::is_string)
        && ["messages", "input", "prompt"]
            .iter()
            .any(|name| body.contains_key(*name))
}

fn is_answer(body: &Map<String, Value>) -> bool {
    let object = body
        .get("object")
        .and_then(Value::as_str)
        .unwrap_or_default();
    body.get("type").and_then(Value::as_str) == Some("message") && anthropic_body::is_response(body)
        || body.get("choices").is_some_and(Value::is_array)
        || object == "response"
}

/// The response as far as it could be read.
#[derive(Default)]
struct Came {
    body: Map<String, Value>,
    /// What is no JSON object, as text.
    text: Option<String>,
    events: Option<u64>,
    is_cut: bool,
    trouble: Option<String>,
}

impl Came {
    fn of(exchange: &HttpExchange) -> Self {
        let coding = value(&exchange.response_headers, "content-encoding");
        let plain = match decode(&exchange.response_body, coding) {
            Ok(plain) => plain,
            Err(reason) => {
                return Self {
                    trouble: Some(reason),
                    ..Self::default()
                };
            }
        };
        let mut came = Self {
            is_cut: plain.cut.is_some(),
            trouble: plain.cut,
            ..Self::default()
        };
        let kind = value(&exchange.response_headers, "content-type");
        if is_stream(&plain.bytes, kind) {
            let whole = assemble(&plain.bytes);
            came.is_cut |= !whole.is_complete || whole.broken > 0;
            came.events = Some(whole.events);
            came.body = whole.body;
            return came;
        }
        match serde_json::from_slice(&plain.bytes) {
            Ok(Value::Object(body)) => came.body = body,
            _ if plain.bytes.is_empty() => {}
            Ok(other) => came.text = Some(other.to_string()),
            Err(error) => {
                let text = String::from_utf8_lossy(&plain.bytes).replace('\0', "\u{fffd}");
                came.text = Some(text);
                came.trouble.get_or_insert_with(|| error.to_string());
                // JSON that ends too early is a body that was cut.
                came.is_cut |= error.is_eof();
            }
        }
        came
    }
}

fn span(
    exchange: &HttpExchange,
    url: &str,
    sent: Map<String, Value>,
    came: Came,
    raw: &[u8],
) -> (Span, Unread) {
    let path = path_of(url);
    let headers = &exchange.response_headers;
    let request_id = ["request-id", "x-request-id", "apim-request-id"]
        .iter()
        .find_map(|name| value(headers, name))
        .map(str::to_owned);
    let told = came.body.get("request_id").and_then(as_text);
    let id = came.body.get("id").and_then(as_text).or(request_id.clone());
    let id = id.unwrap_or_else(|| derived_id("http", &[raw], 8));
    let started = exchange.started_at.or(openai_body::created(&came.body));
    let mut span = begun(Some(id), kind_of_path(path), started, raw);
    let is_anthropic = anthropic_body::is_response(&came.body)
        || path.ends_with("/complete")
        || (path.ends_with("/messages") && !came.body.contains_key("choices"));
    let mut unread = Unread::new();
    let mut answer = came.body;
    if answer.get("error").is_some_and(Value::is_string) {
        // Some servers write `{"error": "…"}`; the mappers read that as it is.
    } else if !answer.contains_key("error")
        && exchange.status >= Some(400)
        && let Some(message) = ["message", "detail"]
            .iter()
            .find_map(|name| answer.remove(*name))
    {
        // Compatible servers that write the error without its envelope.
        let kind = answer.remove("type").unwrap_or_default();
        let message = as_text(&message).unwrap_or_else(|| message.to_string());
        answer.insert(
            "error".to_owned(),
            json!({"type": kind, "message": message}),
        );
    }
    let is_answered = !answer.is_empty();
    if is_anthropic {
        unread.extend(anthropic_body::request("request.", sent, &mut span));
        if is_answered {
            unread.extend(anthropic_body::response("response.", answer, &mut span));
        }
    } else {
        unread.extend(openai_body::request("request.", sent, &mut span));
        if is_answered {
            unread.extend(openai_body::response("response.", answer, &mut span));
        }
    }
    span.request_id = request_id.or(told);
    span.provider = span.provider.take().or_else(|| provider(url));
    span.model_requested = span.model_requested.take().or_else(|| deployment(path));
    if came.is_cut && span.status != SpanStatus::Error {
        span.status = SpanStatus::Truncated;
    }
    if came.is_cut {
        let tag = if came.events.is_some() {
            "stream"
        } else {
            "body"
        };
        span.tags.insert(tag.to_owned(), "cut".to_owned());
    }
    http(exchange.status.map(u64::from), &mut span);
    if let Some(text) = came.text.filter(|_| span.status == SpanStatus::Error) {
        span.error_message
            .get_or_insert_with(|| shorten(&text, ERROR_CHARS).into_owned());
    }
    if let Some(error) = &exchange.error {
        span.status = SpanStatus::Error;
        span.error_type
            .get_or_insert_with(|| "transport".to_owned());
        span.error_message.get_or_insert_with(|| error.clone());
    }
    for name in ["retry-after", "openai-processing-ms"] {
        if let Some(value) = value(headers, name) {
            span.tags.insert(name.to_owned(), value.to_owned());
        }
    }
    times(exchange, came.events.is_some(), &mut span);
    (span, unread)
}

fn times(exchange: &HttpExchange, is_streamed: bool, span: &mut Span) {
    let took = exchange.duration.and_then(nanos);
    let end = exchange
        .started_at
        .zip(took)
        .and_then(|(start, took)| start.0.checked_add(took));
    span.end_ns = end.map(UnixNanos).or(span.end_ns);
    if is_streamed && span.kind == SpanKind::Llm {
        span.time_to_first_token_ms = exchange.time_to_first_byte.map(millis);
    }
}

/// The provider whose host this is, as OpenTelemetry names it.
fn provider(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', ':', '?']).next()?.to_ascii_lowercase();
    [
        ("api.openai.com", "openai"),
        (".openai.azure.com", "azure.ai.openai"),
        ("api.anthropic.com", "anthropic"),
        ("api.mistral.ai", "mistral_ai"),
        ("api.deepseek.com", "deepseek"),
        ("api.groq.com", "groq"),
        ("api.x.ai", "x_ai"),
        ("api.perplexity.ai", "perplexity"),
        ("openrouter.ai", "openrouter"),
    ]
    .iter()
    .find(|(end, _)| {
        if end.starts_with('.') {
            host.ends_with(end)
        } else {
            host == *end
        }
    })
    .map(|(_, name)| (*name).to_owned())
}

/// The deployment that a path of Azure names.
fn deployment(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/deployments/")?;
    rest.split('/')
        .next()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

pub(crate) mod kept;
#[cfg(test)]
mod tests;
