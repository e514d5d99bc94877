//! What we write reads back as it was: any span, in both formats that we write.

use crate::support::{FIXTURES, fixture, read_all};
use plumbline_ingest::{Format, to_canonical_line, to_otlp};
use plumbline_model::{
    Content, Document, Message, OfferedTool, Role, Span, SpanKind, SpanStatus, ToolCall, UnixNanos,
    Usage, Usd,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,8}",
        "[^\0]{0,12}",
        Just("{\"looks\":\"like JSON\"}".to_owned()),
        Just("[1]".to_owned()),
        Just("null".to_owned()),
        Just("OpenAI".to_owned()),
        Just("anthropic".to_owned()),
        Just("17".to_owned()),
    ]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{32}",
        "[0-9A-F]{16}",
        "[^\0]{1,10}",
        Just("0".to_owned())
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12_f64).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A present value: `None` and null are one thing in a file.
fn present() -> impl Strategy<Value = Value> {
    value().prop_filter("null is absent", |value| !value.is_null())
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        text(),
        select(vec!["temperature", "max_tokens", "model", "stop_sequences"])
            .prop_map(str::to_owned)
    ];
    prop::collection::btree_map(name, value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn message() -> impl Strategy<Value = Message> {
    let call = (text(), text(), value()).prop_map(|(id, name, arguments)| ToolCall {
        id,
        name,
        arguments,
    });
    let content = prop_oneof![
        text().prop_map(Content::Text),
        prop::collection::vec(value(), 0..3).prop_map(Content::Parts),
        Just(Content::Parts(vec![
            json!({"type": "text", "content": "a"})
        ])),
    ];
    (
        select(vec![Role::System, Role::User, Role::Assistant, Role::Tool]),
        content,
        prop::collection::vec(call, 0..2),
        of(text()),
        of(text()),
    )
        .prop_map(|(role, content, tool_calls, tool_call_id, name)| Message {
            role,
            content,
            tool_calls,
            tool_call_id,
            name,
        })
}

fn score() -> impl Strategy<Value = Option<f64>> {
    of(-1e6..1e6_f64)
}

prop_compose! {
    fn head()(
        trace_id in id(), span_id in id(),
        parent_id in of(id()),
        kind in select(vec![SpanKind::Llm, SpanKind::Tool, SpanKind::Retrieval, SpanKind::Embedding,
            SpanKind::Rerank, SpanKind::Chain, SpanKind::Agent, SpanKind::Guardrail]),
        status in select(vec![SpanStatus::Ok, SpanStatus::Error, SpanStatus::Cancelled,
            SpanStatus::Truncated, SpanStatus::Unset]),
        start in any::<i64>(), end in of(any::<i64>()),
        first in of(0.0..1e9_f64),
        texts in prop::collection::vec(of(text()), 12),
    ) -> Span {
        let mut span = Span::new(trace_id, span_id, kind, UnixNanos(start));
        span.parent_id = parent_id;
        span.status = status;
        span.end_ns = end.map(UnixNanos);
        span.time_to_first_token_ms = first;
        let mut texts = texts.into_iter();
        for field in [
            &mut span.request_id, &mut span.name, &mut span.error_type, &mut span.error_message,
            &mut span.provider, &mut span.model_requested, &mut span.model_returned,
            &mut span.provider_fingerprint, &mut span.prompt_name, &mut span.prompt_version,
            &mut span.prompt_hash, &mut span.request_hash,
        ] {
            *field = texts.next().flatten();
        }
        span
    }
}

prop_compose! {
    fn span()(
        mut span in head(),
        http_status in of(any::<u16>()), attempt in of(any::<u32>()), dimensions in of(any::<u32>()),
        cache_hit in of(any::<bool>()),
        counts in prop::collection::vec(of(any::<u64>()), 10),
        cost in of((any::<i64>(), 0_u32..12)),
        texts in prop::collection::vec(of(text()), 12),
        (parameters, variables, arguments, result) in
            (object(), object(), of(present()), of(present())),
        documents in prop::collection::vec((text(), score(), of(text()), of(text())), 0..3),
        tools in prop::collection::vec((text(), of(text()), of(text()), value()), 0..3),
        input in prop::collection::vec(message(), 0..3),
        output in prop::collection::vec(message(), 0..3),
        tags in prop::collection::btree_map(
            prop_oneof![text(), Just("service.name".to_owned())], text(), 0..3),
    ) -> Span {
        span.http_status = http_status;
        span.attempt = attempt;
        span.embedding_dimensions = dimensions;
        span.cache_hit = cache_hit;
        span.usage = Usage {
            tokens_in: counts[0],
            tokens_in_cached: counts[1],
            tokens_in_cache_write: counts[2],
            tokens_out: counts[3],
            tokens_reasoning: counts[4],
            tokens_unattributed: counts[5],
            tokens_in_cache_write_1h: counts[6],
            tokens_in_audio: counts[7],
            tokens_in_audio_cached: counts[8],
            tokens_out_audio: counts[9],
        };
        span.cost_usd = cost.map(|(digits, scale)| {
            format!("{digits}e-{scale}").parse::<Usd>().unwrap()
        });
        let mut texts = texts.into_iter();
        for field in [
            &mut span.retry_of, &mut span.idempotency_key, &mut span.cache_key,
            &mut span.embedding_model, &mut span.tool_name, &mut span.tool_version,
            &mut span.finish_reason, &mut span.user_id_hash, &mut span.session_id,
            &mut span.tenant, &mut span.locale, &mut span.environment,
        ] {
            *field = texts.next().flatten();
        }
        span.parameters = parameters;
        span.prompt_variables = variables;
        span.tool_arguments = arguments;
        span.tool_result = result;
        span.documents = documents
            .into_iter()
            .map(|(id, score, source, content)| Document { id, score, source, content })
            .collect();
        span.tools = tools
            .into_iter()
            .map(|(name, version, description, schema)| OfferedTool {
                name,
                version,
                description,
                schema,
            })
            .collect();
        span.input_messages = input;
        span.output_messages = output;
        span.tags = tags;
        span
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_span_survives_the_canonical_line(span in span()) {
        let line = to_canonical_line(&span);
        prop_assert!(!line.contains('\n'), "one span is one line");
        let reading = read_all(line.as_bytes(), Some(Format::CanonicalJsonl)).unwrap();
        prop_assert_eq!(reading.quarantined(), Vec::<&plumbline_model::QuarantinedRow>::new());
        prop_assert_eq!(reading.spans(), [&span]);
        prop_assert!(reading.report.fields_unread.is_empty());
    }

    #[test]
    fn any_spans_survive_otlp(spans in prop::collection::vec(span(), 0..4)) {
        let text = to_otlp(&spans).to_string();
        let reading = read_all(text.as_bytes(), Some(Format::OtlpJson)).unwrap();
        prop_assert_eq!(reading.quarantined(), Vec::<&plumbline_model::QuarantinedRow>::new());
        prop_assert_eq!(reading.spans(), spans.iter().collect::<Vec<_>>());
    }
}

#[test]
fn fixtures_exported_as_otlp_import_as_the_same_spans() {
    for name in FIXTURES {
        let reading = read_all(&fixture(name), None).unwrap();
        let spans: Vec<Span> = reading.spans().into_iter().cloned().collect();
        let export = to_otlp(&spans).to_string();
        let again = read_all(export.as_bytes(), None).unwrap();
        assert_eq!(again.spans(), spans.iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(again.report.fields_unread, BTreeMap::new(), "{name}");
    }
}

#[test]
fn an_export_speaks_the_standard_names_and_carries_only_the_rest_as_its_own() {
    let reading = read_all(&fixture("otlp_json/support-agent.json"), None).unwrap();
    let spans: Vec<Span> = reading.spans().into_iter().cloned().collect();
    let export = to_otlp(&spans);
    assert_eq!(export["resourceSpans"].as_array().unwrap().len(), 1);
    let call = &export["resourceSpans"][0]["scopeSpans"][0]["spans"][2];
    let attribute = |name: &str| {
        let list = call["attributes"].as_array().unwrap();
        list.iter()
            .find(|entry| entry["key"] == name)
            .map(|entry| &entry["value"])
    };
    assert_eq!(
        attribute("gen_ai.provider.name"),
        Some(&json!({"stringValue": "openai"}))
    );
    assert_eq!(
        attribute("gen_ai.usage.input_tokens"),
        Some(&json!({"intValue": "702"})),
        "64-bit integers are text in OTLP/JSON"
    );
    let own: Vec<&str> = call["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["key"].as_str()?.strip_prefix("plumbline."))
        .collect();
    assert_eq!(own, ["cache_hit", "prompt.version", "tags", "user_id_hash"]);
}

/// Protobuf leaves zeros out, so what came through a collector lacks them.
#[test]
fn a_start_at_zero_survives_an_encoding_without_zeros() {
    let mut span = Span::new("t", "s", SpanKind::Llm, UnixNanos(0));
    span.name = Some("chat".to_owned());
    let mut export = to_otlp(std::slice::from_ref(&span));
    let wire = &mut export["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    wire.as_object_mut()
        .unwrap()
        .remove("startTimeUnixNano")
        .unwrap();
    let reading = read_all(export.to_string().as_bytes(), None).unwrap();
    assert_eq!(
        reading.quarantined(),
        Vec::<&plumbline_model::QuarantinedRow>::new()
    );
    assert_eq!(reading.spans(), [&span]);
}
