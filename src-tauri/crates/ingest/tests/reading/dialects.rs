//! Names that the fixtures do not use: other dialects, older versions, and figures that need judgement.

use crate::support::read_all;
use plumbline_model::{Content, Message, Role, Span, SpanKind, SpanStatus};
use serde_json::{Value, json};

fn any(value: &Value) -> Value {
    match value {
        Value::String(text) => json!({ "stringValue": text }),
        Value::Bool(flag) => json!({ "boolValue": flag }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        number => json!({ "intValue": number.to_string() }),
    }
}

fn attributes(object: &Value) -> Vec<Value> {
    let object = object.as_object().unwrap();
    object
        .iter()
        .map(|(key, value)| json!({"key": key, "value": any(value)}))
        .collect()
}

/// Reads one span with these attributes, other fields and events.
fn span_with(own: &Value, fields: &Value, events: &[(&str, Value)]) -> (Span, Vec<String>) {
    let mut span = json!({"traceId": "t", "spanId": "s", "startTimeUnixNano": "1000000000"});
    span["attributes"] = attributes(own).into();
    span["events"] = events
        .iter()
        .map(|(name, own)| json!({"name": name, "attributes": attributes(own)}))
        .collect();
    span.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let export = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
    let reading = read_all(export.to_string().as_bytes(), None).unwrap();
    assert_eq!(
        reading.quarantined().len(),
        0,
        "{:?}",
        reading.quarantined()
    );
    let unread = reading.report.fields_unread.keys().cloned().collect();
    (reading.spans()[0].clone(), unread)
}

fn span(own: &Value) -> (Span, Vec<String>) {
    span_with(own, &json!({}), &[])
}

#[test]
fn kinds_come_from_the_first_dialect_that_knows() {
    for (own, kind) in [
        (
            json!({"gen_ai.operation.name": "generate_content"}),
            SpanKind::Llm,
        ),
        (
            json!({"gen_ai.operation.name": "embeddings"}),
            SpanKind::Embedding,
        ),
        (
            json!({"gen_ai.operation.name": "create_agent"}),
            SpanKind::Agent,
        ),
        (
            json!({"gen_ai.operation.name": "invoke_workflow"}),
            SpanKind::Chain,
        ),
        (
            json!({"gen_ai.operation.name": "new_word", "gen_ai.request.model": "m"}),
            SpanKind::Llm,
        ),
        (
            json!({"gen_ai.request.model": "m", "gen_ai.agent.name": "a"}),
            SpanKind::Llm,
        ),
        (json!({"gen_ai.agent.name": "a"}), SpanKind::Agent),
        (json!({"gen_ai.tool.name": "f"}), SpanKind::Tool),
        (
            json!({"openinference.span.kind": "retriever"}),
            SpanKind::Retrieval,
        ),
        (
            json!({"openinference.span.kind": "EVALUATOR"}),
            SpanKind::Chain,
        ),
        (
            json!({"openinference.span.kind": "GUARDRAIL"}),
            SpanKind::Guardrail,
        ),
        (json!({"traceloop.span.kind": "task"}), SpanKind::Chain),
        (json!({"llm.request.type": "rerank"}), SpanKind::Rerank),
        (
            json!({"db.system": "chroma", "db.vector.query.top_k": 3}),
            SpanKind::Retrieval,
        ),
        (json!({"http.method": "GET"}), SpanKind::Chain),
    ] {
        assert_eq!(span(&own).0.kind, kind, "{own}");
    }
}

#[test]
fn openllmetry_speaks_through_indexed_names() {
    let (span, unread) = span(&json!({
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "weather?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "tool_calls",
        "gen_ai.completion.0.tool_calls.0.id": "c1",
        "gen_ai.completion.0.tool_calls.0.name": "weather",
        "gen_ai.completion.0.tool_calls.0.arguments": "{\"city\":\"Graz\"}",
        "llm.request.functions.0.name": "weather",
        "llm.request.functions.0.parameters": "{\"type\":\"object\"}",
        "gen_ai.usage.prompt_tokens": 9,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.completion_tokens": 4,
        "llm.usage.total_tokens": 13,
        "gen_ai.usage.cache_read_input_tokens": 0,
        "llm.is_streaming": true,
        "traceloop.association.properties.session_id": "s9",
        "traceloop.association.properties.plan": "pro",
        "traceloop.prompt.key": "weather",
        "traceloop.prompt.version": 4,
        "traceloop.prompt.version_hash": "abc"
    }));
    assert_eq!(unread, Vec::<String>::new());
    assert_eq!(span.provider.as_deref(), Some("openai"));
    assert_eq!(span.input_messages, [Message::text(Role::User, "weather?")]);
    assert_eq!(
        span.output_messages[0].tool_calls[0].arguments,
        json!({"city": "Graz"})
    );
    assert_eq!(span.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(span.tools[0].schema, json!({"type": "object"}));
    assert_eq!(
        span.usage.tokens_in,
        Some(9),
        "old and new names are one figure"
    );
    assert_eq!(span.usage.tokens_out, Some(4));
    assert_eq!(
        span.usage.tokens_in_cached,
        Some(0),
        "a measured zero stays"
    );
    assert_eq!(
        span.usage.tokens_reasoning, None,
        "an absent count is unknown"
    );
    assert_eq!(span.session_id.as_deref(), Some("s9"));
    assert_eq!(span.tags["plan"], "pro");
    assert_eq!(span.prompt_name.as_deref(), Some("weather"));
    assert_eq!(span.prompt_version.as_deref(), Some("4"));
    assert_eq!(span.prompt_hash.as_deref(), Some("abc"));
}

#[test]
fn a_total_tells_what_stands_beside_and_keeps_what_nothing_explains() {
    let counts = |attributes: Value| {
        let (span, unread) = span(&attributes);
        assert_eq!(unread, Vec::<String>::new());
        let usage = span.usage;
        (usage.tokens_in, usage.tokens_out, usage.tokens_unattributed)
    };
    let vertex = counts(
        json!({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 845, "gen_ai.usage.total_tokens": 2023}),
    );
    assert_eq!(vertex, (Some(5), Some(845), Some(1_173)));
    let beside = counts(
        json!({"openinference.span.kind": "LLM", "llm.token_count.prompt": 13,
        "llm.token_count.completion": 10, "llm.token_count.total": 84,
        "llm.token_count.completion_details.reasoning": 61}),
    );
    assert_eq!(beside, (Some(13), Some(71), None));
    let part = counts(json!({"ai.operationId": "ai.generateText.doGenerate",
        "ai.usage.inputTokens": 209, "ai.usage.outputTokens": 206,
        "ai.usage.reasoningTokens": 131, "ai.usage.totalTokens": 832}));
    assert_eq!(
        part,
        (Some(209), Some(206), Some(417)),
        "more than the reasoning"
    );
    let sum = counts(
        json!({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 4, "gen_ai.usage.total_tokens": 9}),
    );
    assert_eq!(sum, (Some(5), Some(4), None));
}

#[test]
fn a_vector_search_finds_documents_in_events() {
    let found = |id: &str, score: f64| json!({"db.query.result.id": id, "db.query.result.score": score, "db.query.result.document": "text"});
    let events = [
        ("db.query.result", found("a", 0.9)),
        ("db.query.result", found("b", 0.5)),
    ];
    let (span, _) = span_with(&json!({"db.system": "chroma"}), &json!({}), &events);
    assert_eq!(span.kind, SpanKind::Retrieval);
    let ids: Vec<&str> = span
        .documents
        .iter()
        .map(|document| document.id.as_str())
        .collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(span.documents[1].score, Some(0.5));
}

#[test]
fn messages_that_came_as_events_are_put_together() {
    let events = [
        ("gen_ai.system.message", json!({"content": "Be brief."})),
        (
            "gen_ai.user.message",
            json!({"content": "{\"not\": \"opened\"}"}),
        ),
        ("gen_ai.tool.message", json!({"content": "12", "id": "c1"})),
        (
            "gen_ai.choice",
            json!({"index": 0, "finish_reason": "stop", "message": "{\"role\":\"assistant\",\"content\":\"ok\"}"}),
        ),
    ];
    let (span, unread) = span_with(
        &json!({"gen_ai.operation.name": "chat"}),
        &json!({}),
        &events,
    );
    assert_eq!(unread, Vec::<String>::new());
    let roles: Vec<Role> = span
        .input_messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Tool]);
    assert_eq!(
        span.input_messages[1].content,
        Content::Text("{\"not\": \"opened\"}".into())
    );
    assert_eq!(span.input_messages[2].tool_call_id.as_deref(), Some("c1"));
    assert_eq!(span.output_messages, [Message::text(Role::Assistant, "ok")]);
    assert_eq!(span.finish_reason.as_deref(), Some("stop"));
}

#[test]
fn anthropic_figures_are_made_inclusive_only_when_they_cannot_be() {
    let usage = |provider: &str, input: u64, cached: u64| {
        let (span, _) = span(&json!({
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": "m",
            "gen_ai.usage.input_tokens": input,
            "gen_ai.usage.cache_read.input_tokens": cached,
            "gen_ai.usage.cache_creation.input_tokens": 10
        }));
        span.usage.tokens_in
    };
    assert_eq!(
        usage("anthropic", 18, 300),
        Some(328),
        "a part larger than its whole lies beside it"
    );
    assert_eq!(
        usage("anthropic", 400, 300),
        Some(400),
        "the convention says inclusive"
    );
    assert_eq!(
        usage("openai", 18, 300),
        Some(18),
        "what is wrong elsewhere is not ours to mend"
    );
}

#[test]
fn errors_come_from_status_type_and_exception() {
    let exception =
        json!({"exception.type": "asyncio.exceptions.CancelledError", "exception.message": "gone"});
    let (span, _) = span_with(
        &json!({}),
        &json!({"status": {"code": 2}}),
        &[("exception", exception)],
    );
    assert_eq!(span.status, SpanStatus::Cancelled);
    assert_eq!(span.error_message.as_deref(), Some("gone"));
    let (span, _) = span_with(&json!({"error.type": "timeout"}), &json!({}), &[]);
    assert_eq!(
        span.status,
        SpanStatus::Error,
        "an error type without a status is an error"
    );
    let fields = json!({"status": {"code": "STATUS_CODE_OK"}, "end_time_unix_nano": 2_000_000_000});
    let (span, _) = span_with(&json!({}), &fields, &[]);
    assert_eq!(span.status, SpanStatus::Ok);
    assert_eq!(
        span.latency_ms(),
        Some(1_000.0),
        "snake_case and plain numbers are tolerated"
    );
}

#[test]
fn the_values_a_template_was_filled_with_are_read_from_every_dialect() {
    for name in [
        "plumbline.prompt.variables",
        "llm.prompt_template.variables",
        "traceloop.prompt.template_variables",
    ] {
        let (span, unread) = span(&json!({ name: "{\"message\": \"Where is it?\", \"n\": 2}" }));
        assert_eq!(span.prompt_variables["message"], "Where is it?", "{name}");
        assert_eq!(span.prompt_variables["n"], 2, "{name}");
        assert!(unread.is_empty(), "{name} is read, so it is no loss");
    }
    let (span, _) = span(&json!({ "plumbline.prompt.variables": "not JSON" }));
    assert!(
        span.prompt_variables.is_empty(),
        "text that is no object fills nothing"
    );
}

#[test]
fn our_own_attributes_win_and_are_checked() {
    let (span, unread) = span(&json!({
        "gen_ai.operation.name": "chat",
        "plumbline.kind": "rerank",
        "plumbline.prompt.name": "p",
        "plumbline.prompt.version": "2.0.0",
        "plumbline.prompt.hash": "h",
        "plumbline.request.hash": "r",
        "gen_ai.prompt.name": "other",
        "plumbline.cache_hit": true,
        "plumbline.tags": "{\"a\":\"b\"}",
        "plumbline.nonsense": 1
    }));
    assert_eq!(span.kind, SpanKind::Rerank);
    assert_eq!(span.prompt_name.as_deref(), Some("p"));
    assert_eq!(span.prompt_version.as_deref(), Some("2.0.0"));
    assert_eq!(span.prompt_hash.as_deref(), Some("h"));
    assert_eq!(span.request_hash.as_deref(), Some("r"));
    assert_eq!(span.cache_hit, Some(true));
    assert_eq!(span.tags["a"], "b");
    assert_eq!(unread, ["plumbline.nonsense"]);

    let text = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"t","spanId":"s","startTimeUnixNano":1,
        "attributes":[{"key":"plumbline.cache_hit","value":{"stringValue":"maybe"}}]}]}]}]}"#;
    let reading = read_all(text.as_bytes(), None).unwrap();
    let reason = &reading.quarantined()[0].reason;
    assert!(reason.contains("plumbline.cache_hit"), "{reason}");
}

#[test]
fn people_are_hashed_and_never_named() {
    for name in ["user.id", "enduser.id", "gen_ai.user"] {
        let (span, unread) = span(&json!({ name: "ada@example.org" }));
        let hash = span.user_id_hash.clone().unwrap();
        assert!(
            hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()),
            "{hash}"
        );
        let line = plumbline_ingest::to_canonical_line(&span);
        assert!(!line.contains("ada@"), "{line}");
        assert!(
            unread.is_empty(),
            "the report's examples must not name people either"
        );
    }
}

#[test]
fn the_vercel_sdk_names_its_calls_and_the_steps_around_them() {
    let prompt = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather in Oslo?"}]},
        {"role": "assistant", "content": [
            {"type": "tool-call", "toolCallId": "c1", "toolName": "weather", "input": {"city": "Oslo"}}
        ]},
        {"role": "tool", "content": [
            {"type": "tool-result", "toolCallId": "c1", "output": {"type": "json", "value": {"t": 4}}}
        ]}
    ]);
    let (call, unread) = span(&json!({
        "operation.name": "ai.streamText.doStream chat",
        "ai.operationId": "ai.streamText.doStream",
        "ai.model.id": "gpt-4.1-mini",
        "ai.model.provider": "openai.responses",
        "ai.prompt.messages": prompt.to_string(),
        "ai.response.text": "Four degrees.",
        "ai.response.model": "gpt-4.1-mini-2025-04-14",
        "ai.response.id": "resp_1",
        "ai.response.finishReason": "stop",
        "ai.response.msToFirstChunk": 312.5,
        "ai.usage.inputTokens": 120,
        "ai.usage.promptTokens": 120,
        "ai.usage.cachedInputTokens": 64,
        "ai.usage.outputTokens": 5,
        "ai.usage.totalTokens": 125,
        "ai.settings.maxRetries": 2,
        "ai.telemetry.functionId": "chat",
        "ai.telemetry.metadata.sessionId": "s-9",
        "ai.telemetry.metadata.plan": "pro",
        "gen_ai.request.model": "gpt-4.1-mini"
    }));
    assert_eq!(unread, Vec::<String>::new());
    assert_eq!(call.kind, SpanKind::Llm);
    assert_eq!(call.provider.as_deref(), Some("openai"));
    assert_eq!(
        call.model_returned.as_deref(),
        Some("gpt-4.1-mini-2025-04-14")
    );
    assert_eq!(
        call.usage.tokens_in,
        Some(120),
        "two names of one count are not added"
    );
    assert_eq!(call.usage.tokens_in_cached, Some(64));
    assert_eq!(call.time_to_first_token_ms, Some(312.5));
    let roles: Vec<Role> = call
        .input_messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(
        roles,
        [Role::System, Role::User, Role::Assistant, Role::Tool]
    );
    assert_eq!(
        call.input_messages[2].tool_calls[0].arguments,
        json!({"city": "Oslo"})
    );
    assert_eq!(
        call.input_messages[3].content,
        Content::Text("{\"t\":4}".into())
    );
    assert_eq!(
        call.output_messages,
        [Message::text(Role::Assistant, "Four degrees.")]
    );
    assert_eq!(
        (call.session_id.as_deref(), &*call.tags["plan"]),
        (Some("s-9"), "pro")
    );

    let (step, _) = span(&json!({
        "ai.operationId": "ai.streamText",
        "ai.model.id": "gpt-4.1-mini",
        "ai.prompt": "{\"system\":\"Be brief.\",\"prompt\":\"Weather?\"}",
        "ai.usage.inputTokens": 120
    }));
    assert_eq!(
        step.kind,
        SpanKind::Chain,
        "the step repeats the usage of its calls"
    );
    assert_eq!(step.input_messages.len(), 2);

    let (tool, _) = span(&json!({
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "weather",
        "ai.toolCall.args": "{\"city\":\"Oslo\"}",
        "ai.toolCall.result": "{\"t\":4}"
    }));
    assert_eq!(
        (tool.kind, tool.tool_result),
        (SpanKind::Tool, Some(json!({"t": 4})))
    );
}
