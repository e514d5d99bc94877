//! The fields of the canonical span: one typed assignment each, straight from the wire.
//!
//! Also used for the `plumbline.*` attributes of OTLP, which carry the same fields by the same names.

use super::parts;
use super::said::Said;
use plumbline_model::{Role, Span, SpanKind, UnixNanos, Usd};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Every field in the order in which it is written.
#[rustfmt::skip]
pub(super) const NAMES: [&str; 56] = [
    "trace_id", "span_id", "parent_id", "request_id", "kind", "name", "start_ns", "end_ns",
    "time_to_first_token_ms", "status", "error_type", "error_message", "http_status", "provider",
    "model_requested", "model_returned", "provider_fingerprint", "parameters", "prompt_name",
    "prompt_version", "prompt_hash", "request_hash", "prompt_variables", "tokens_in",
    "tokens_in_cached",
    "tokens_in_cache_write", "tokens_out", "tokens_reasoning", "tokens_unattributed",
    "tokens_in_cache_write_1h", "tokens_in_audio", "tokens_in_audio_cached", "tokens_out_audio", "cost_usd", "attempt",
    "retry_of", "idempotency_key", "cache_hit", "cache_key", "documents", "embedding_model",
    "embedding_dimensions", "tool_name", "tool_version", "tool_arguments", "tool_result", "tools",
    "input_messages", "output_messages", "finish_reason", "user_id_hash", "session_id", "tenant",
    "locale", "environment", "tags",
];

/// The fields whose values are structures of any shape.
pub(crate) const STRUCTURED: [&str; 9] = [
    "parameters",
    "prompt_variables",
    "documents",
    "tool_arguments",
    "tool_result",
    "tools",
    "input_messages",
    "output_messages",
    "tags",
];

/// A span in the making, or a span to be corrected.
pub(crate) struct Draft {
    span: Span,
    kind: Option<SpanKind>,
    start_ns: Option<UnixNanos>,
    unread: Vec<(String, Value)>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            span: Span::new("", "", SpanKind::Chain, UnixNanos(0)),
            kind: None,
            start_ns: None,
            unread: Vec::new(),
        }
    }
}

impl From<Span> for Draft {
    fn from(span: Span) -> Self {
        Self {
            kind: Some(span.kind),
            start_ns: Some(span.start_ns),
            span,
            unread: Vec::new(),
        }
    }
}

impl Draft {
    /// The span and the fields nobody reads.
    ///
    /// # Errors
    /// A required field is missing; the message names it.
    pub(crate) fn finish(self) -> Result<(Span, Vec<(String, Value)>), String> {
        let mut span = self.span;
        let missing = |name: &str| format!("missing field `{name}`");
        if span.trace_id.is_empty() {
            return Err(missing("trace_id"));
        }
        if span.span_id.is_empty() {
            return Err(missing("span_id"));
        }
        span.kind = self.kind.ok_or_else(|| missing("kind"))?;
        span.start_ns = self.start_ns.ok_or_else(|| missing("start_ns"))?;
        Ok((span, self.unread))
    }

    /// Assigns fields from values that are already in memory.
    ///
    /// # Errors
    /// A value has the wrong type; the message names its field.
    pub(crate) fn correct(&mut self, fields: Map<String, Value>) -> Result<(), String> {
        self.deserialize(Value::Object(fields))
            .map_err(|error| error.to_string())
    }

    fn assign<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let span = &mut self.span;
        match name {
            "trace_id" => span.trace_id = next::<String, _>(name, map)?.unwrap_or_default(),
            "span_id" => span.span_id = next::<String, _>(name, map)?.unwrap_or_default(),
            "parent_id" => {
                span.parent_id = next::<String, _>(name, map)?.filter(|id| !id.is_empty());
            }
            "request_id" => span.request_id = next(name, map)?,
            "kind" => self.kind = next(name, map)?,
            "name" => span.name = next(name, map)?,
            "start_ns" => self.start_ns = next(name, map)?,
            "end_ns" => span.end_ns = next(name, map)?,
            "time_to_first_token_ms" => span.time_to_first_token_ms = next(name, map)?,
            "status" => span.status = next(name, map)?.unwrap_or_default(),
            "error_type" => span.error_type = next(name, map)?,
            "error_message" => span.error_message = next(name, map)?,
            "http_status" => span.http_status = next(name, map)?,
            "provider" => span.provider = next(name, map)?,
            "model_requested" => span.model_requested = next(name, map)?,
            "model_returned" => span.model_returned = next(name, map)?,
            "provider_fingerprint" => span.provider_fingerprint = next(name, map)?,
            "parameters" => span.parameters = next(name, map)?.unwrap_or_default(),
            "prompt_name" => span.prompt_name = next(name, map)?,
            "prompt_version" => span.prompt_version = next(name, map)?,
            "prompt_hash" => span.prompt_hash = next(name, map)?,
            "request_hash" => span.request_hash = next(name, map)?,
            "prompt_variables" => span.prompt_variables = next(name, map)?.unwrap_or_default(),
            "tokens_in" => span.usage.tokens_in = next(name, map)?,
            "tokens_in_cached" => span.usage.tokens_in_cached = next(name, map)?,
            "tokens_in_cache_write" => span.usage.tokens_in_cache_write = next(name, map)?,
            "tokens_out" => span.usage.tokens_out = next(name, map)?,
            "tokens_reasoning" => span.usage.tokens_reasoning = next(name, map)?,
            "tokens_unattributed" => span.usage.tokens_unattributed = next(name, map)?,
            "tokens_in_cache_write_1h" => span.usage.tokens_in_cache_write_1h = next(name, map)?,
            "tokens_in_audio" => span.usage.tokens_in_audio = next(name, map)?,
            "tokens_in_audio_cached" => span.usage.tokens_in_audio_cached = next(name, map)?,
            "tokens_out_audio" => span.usage.tokens_out_audio = next(name, map)?,
            "cost_usd" => {
                span.cost_usd = match next::<String, _>(name, map)? {
                    Some(text) => Some(text.parse::<Usd>().map_err(|error| at(name, error))?),
                    None => None,
                };
            }
            "attempt" => span.attempt = next(name, map)?,
            "retry_of" => span.retry_of = next(name, map)?,
            "idempotency_key" => span.idempotency_key = next(name, map)?,
            "cache_hit" => span.cache_hit = next(name, map)?,
            "cache_key" => span.cache_key = next(name, map)?,
            "documents" => {
                let value = next(name, map)?.unwrap_or_default();
                span.documents =
                    parts::documents(value, &mut self.unread).map_err(|why| at(name, why))?;
            }
            "embedding_model" => span.embedding_model = next(name, map)?,
            "embedding_dimensions" => span.embedding_dimensions = next(name, map)?,
            "tool_name" => span.tool_name = next(name, map)?,
            "tool_version" => span.tool_version = next(name, map)?,
            "tool_arguments" => span.tool_arguments = next(name, map)?,
            "tool_result" => span.tool_result = next(name, map)?,
            "tools" => {
                let value = next(name, map)?.unwrap_or_default();
                span.tools = parts::tools(value, &mut self.unread).map_err(|why| at(name, why))?;
            }
            "input_messages" => {
                let said = map.next_value_seed(Said(Role::User));
                span.input_messages = said.map_err(|error| at(name, error))?;
            }
            "output_messages" => {
                let said = map.next_value_seed(Said(Role::Assistant));
                span.output_messages = said.map_err(|error| at(name, error))?;
            }
            "finish_reason" => span.finish_reason = next(name, map)?,
            "user_id_hash" => span.user_id_hash = next(name, map)?,
            "session_id" => span.session_id = next(name, map)?,
            "tenant" => span.tenant = next(name, map)?,
            "locale" => span.locale = next(name, map)?,
            "environment" => span.environment = next(name, map)?,
            "tags" => {
                span.tags = next::<BTreeMap<String, String>, _>(name, map)?.unwrap_or_default();
            }
            unknown => {
                // As a value, not skipped: reading it bounds its depth, skipping would not.
                let value = map.next_value().map_err(|error| at(unknown, error))?;
                self.unread.push((unknown.to_owned(), value));
            }
        }
        Ok(())
    }
}

fn next<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    name: &str,
    map: &mut A,
) -> Result<Option<T>, A::Error> {
    map.next_value().map_err(|error| at(name, error))
}

fn at<E: Error>(name: &str, error: impl fmt::Display) -> E {
    E::custom(format!("`{name}`: {error}"))
}

impl<'de> DeserializeSeed<'de> for &mut Draft {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Draft {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span as an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(name)) = map.next_key()? {
            self.assign(&name, &mut map)?;
        }
        Ok(())
    }
}

/// A key, borrowed from the line unless it holds escapes.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E: Error>(self, text: String) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
