//! A span's canonical JSON: what is stored of it and what its content hash is made of.
//!
//! Absent fields are left out, so that a field added later does not change old hashes.

use crate::codec;
use crate::error::{Result, WorkspaceError};
use plumbline_model::{Span, Usage};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// Nesting beyond this is kept as text inside the body, so that what was written can be read again.
pub(super) const DEPTH_LIMIT: usize = 96;

/// The span's JSON without its absent fields.
pub(super) fn canonical(span: &Span) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(2_048);
    write_canonical(span, &mut bytes)?;
    Ok(bytes)
}

/// The same in place of what `bytes` held.
pub(super) fn write_canonical(span: &Span, bytes: &mut Vec<u8>) -> Result<()> {
    bytes.clear();
    serde_json::to_writer(&mut *bytes, &Present(span)).map_err(|error| unwritable(&error))?;
    if deeper_than_limit(bytes) {
        // Not by reading `bytes`, which is what would fail.
        let mut fields =
            match serde_json::to_value(Present(span)).map_err(|error| unwritable(&error))? {
                Value::Object(fields) => fields,
                _ => Map::new(),
            };
        for value in fields.values_mut() {
            flatten(value, DEPTH_LIMIT - 1)?;
        }
        bytes.clear();
        serde_json::to_writer(bytes, &fields).map_err(|error| unwritable(&error))?;
    }
    Ok(())
}

fn unwritable(error: &serde_json::Error) -> WorkspaceError {
    WorkspaceError::BadInput(format!("a span is not JSON: {error}"))
}

/// Serialises the fields that are there. Taken apart whole, so that a new field cannot be forgotten.
struct Present<'a>(&'a Span);

impl Serialize for Present<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Span {
            trace_id,
            span_id,
            parent_id,
            request_id,
            kind,
            name,
            start_ns,
            end_ns,
            time_to_first_token_ms,
            status,
            error_type,
            error_message,
            http_status,
            provider,
            model_requested,
            model_returned,
            provider_fingerprint,
            parameters,
            prompt_name,
            prompt_version,
            prompt_hash,
            request_hash,
            prompt_variables,
            usage,
            cost_usd,
            attempt,
            retry_of,
            idempotency_key,
            cache_hit,
            cache_key,
            documents,
            embedding_model,
            embedding_dimensions,
            tool_name,
            tool_version,
            tool_arguments,
            tool_result,
            tools,
            input_messages,
            output_messages,
            finish_reason,
            user_id_hash,
            session_id,
            tenant,
            locale,
            environment,
            tags,
        } = self.0;
        let Usage {
            tokens_in,
            tokens_in_cached,
            tokens_in_cache_write,
            tokens_out,
            tokens_reasoning,
            tokens_unattributed,
            tokens_in_cache_write_1h,
            tokens_in_audio,
            tokens_in_audio_cached,
            tokens_out_audio,
        } = usage;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace_id", trace_id)?;
        map.serialize_entry("span_id", span_id)?;
        some(&mut map, "parent_id", parent_id)?;
        some(&mut map, "request_id", request_id)?;
        map.serialize_entry("kind", kind)?;
        some(&mut map, "name", name)?;
        map.serialize_entry("start_ns", start_ns)?;
        some(&mut map, "end_ns", end_ns)?;
        some(&mut map, "time_to_first_token_ms", time_to_first_token_ms)?;
        map.serialize_entry("status", status)?;
        some(&mut map, "error_type", error_type)?;
        some(&mut map, "error_message", error_message)?;
        some(&mut map, "http_status", http_status)?;
        some(&mut map, "provider", provider)?;
        some(&mut map, "model_requested", model_requested)?;
        some(&mut map, "model_returned", model_returned)?;
        some(&mut map, "provider_fingerprint", provider_fingerprint)?;
        filled(&mut map, "parameters", parameters, parameters.is_empty())?;
        some(&mut map, "prompt_name", prompt_name)?;
        some(&mut map, "prompt_version", prompt_version)?;
        some(&mut map, "prompt_hash", prompt_hash)?;
        some(&mut map, "request_hash", request_hash)?;
        let empty = prompt_variables.is_empty();
        filled(&mut map, "prompt_variables", prompt_variables, empty)?;
        some(&mut map, "tokens_in", tokens_in)?;
        some(&mut map, "tokens_in_cached", tokens_in_cached)?;
        some(&mut map, "tokens_in_cache_write", tokens_in_cache_write)?;
        some(&mut map, "tokens_out", tokens_out)?;
        some(&mut map, "tokens_reasoning", tokens_reasoning)?;
        some(&mut map, "tokens_unattributed", tokens_unattributed)?;
        some(
            &mut map,
            "tokens_in_cache_write_1h",
            tokens_in_cache_write_1h,
        )?;
        some(&mut map, "tokens_in_audio", tokens_in_audio)?;
        some(&mut map, "tokens_in_audio_cached", tokens_in_audio_cached)?;
        some(&mut map, "tokens_out_audio", tokens_out_audio)?;
        some(&mut map, "cost_usd", cost_usd)?;
        some(&mut map, "attempt", attempt)?;
        some(&mut map, "retry_of", retry_of)?;
        some(&mut map, "idempotency_key", idempotency_key)?;
        some(&mut map, "cache_hit", cache_hit)?;
        some(&mut map, "cache_key", cache_key)?;
        filled(&mut map, "documents", documents, documents.is_empty())?;
        some(&mut map, "embedding_model", embedding_model)?;
        some(&mut map, "embedding_dimensions", embedding_dimensions)?;
        some(&mut map, "tool_name", tool_name)?;
        some(&mut map, "tool_version", tool_version)?;
        value(&mut map, "tool_arguments", tool_arguments.as_ref())?;
        value(&mut map, "tool_result", tool_result.as_ref())?;
        filled(&mut map, "tools", tools, tools.is_empty())?;
        let empty = input_messages.is_empty();
        filled(&mut map, "input_messages", input_messages, empty)?;
        let empty = output_messages.is_empty();
        filled(&mut map, "output_messages", output_messages, empty)?;
        some(&mut map, "finish_reason", finish_reason)?;
        some(&mut map, "user_id_hash", user_id_hash)?;
        some(&mut map, "session_id", session_id)?;
        some(&mut map, "tenant", tenant)?;
        some(&mut map, "locale", locale)?;
        some(&mut map, "environment", environment)?;
        filled(&mut map, "tags", tags, tags.is_empty())?;
        map.end()
    }
}

fn some<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    field: &Option<T>,
) -> std::result::Result<(), M::Error> {
    match field {
        Some(field) => map.serialize_entry(name, field),
        None => Ok(()),
    }
}

/// A JSON null reads as absent.
fn value<M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    field: Option<&Value>,
) -> std::result::Result<(), M::Error> {
    match field {
        Some(Value::Null) | None => Ok(()),
        Some(field) => map.serialize_entry(name, field),
    }
}

fn filled<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    field: &T,
    empty: bool,
) -> std::result::Result<(), M::Error> {
    if empty {
        Ok(())
    } else {
        map.serialize_entry(name, field)
    }
}

/// Few brackets cannot nest deep: most bodies are judged by counting them.
fn deeper_than_limit(json: &[u8]) -> bool {
    let enough = memchr::memchr2_iter(b'{', b'[', json).nth(DEPTH_LIMIT);
    enough.is_some() && depth(json) > DEPTH_LIMIT
}

/// The deepest nesting of JSON text, found without recursion.
pub(super) fn depth(json: &[u8]) -> usize {
    let (mut now, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !in_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Replaces what nests deeper than `left` levels by its own JSON text.
fn flatten(value: &mut Value, left: usize) -> Result<()> {
    match value {
        Value::Array(_) | Value::Object(_) if left == 0 => {
            *value = Value::String(codec::json(value)?);
        }
        Value::Array(items) => {
            for item in items {
                flatten(item, left - 1)?;
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                flatten(field, left - 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Workspace;
    use crate::testing::*;

    #[test]
    fn nesting_too_deep_to_read_again_is_kept_as_text() {
        let workspace = Workspace::in_memory().unwrap();
        let mut deep = Value::from("bottom");
        for _ in 0..126 {
            deep = Value::Array(vec![deep]);
        }
        let mut span = call("t", "s", 1);
        span.tool_arguments = Some(Value::Object(Map::from_iter([("a".to_owned(), deep)])));
        let import = begin(&workspace, 1);
        workspace
            .append_spans(import, vec![imported(span)])
            .unwrap();
        let read = workspace.span("t", "s", 1).unwrap().span;
        let text = serde_json::to_string(&read.tool_arguments).unwrap();
        assert!(text.contains("bottom") && depth(text.as_bytes()) < DEPTH_LIMIT);
        assert_eq!(
            depth(br#"{"a":"[[[\"[["}"#),
            1,
            "brackets in texts do not nest"
        );
    }

    #[test]
    fn canonical_json_is_the_span_without_its_nulls() {
        let mut full = call("t", "s", 1);
        let line = r#"{"trace_id":"t","span_id":"s","kind":"tool","start_ns":1}"#;
        let bare: Span = serde_json::from_str(line).unwrap();
        let mut value = serde_json::to_value(&full).unwrap();
        for (name, field) in value.as_object_mut().unwrap() {
            if field.is_null() {
                let text = Value::from("x");
                for guess in [text, Value::from(7), Value::from(true)] {
                    let mut tried = serde_json::to_value(&full).unwrap();
                    tried[name.as_str()] = guess;
                    if let Ok(span) = serde_json::from_value(tried) {
                        full = span;
                        break;
                    }
                }
            }
        }
        full.tool_arguments = Some(serde_json::json!({"a": null}));
        full.tool_result = Some(Value::Null);
        full.tags.insert("team".into(), "billing".into());
        full.parameters.insert("seed".into(), Value::from(u64::MAX));
        full.documents.push(plumbline_model::Document::default());
        for span in [full, bare] {
            let mut wanted = serde_json::to_value(&span).unwrap();
            wanted
                .as_object_mut()
                .unwrap()
                .retain(|_, field| !field.is_null());
            let found: Value = serde_json::from_slice(&canonical(&span).unwrap()).unwrap();
            assert_eq!(found, wanted);
        }
    }
}
