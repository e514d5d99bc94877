//! One result: what was asked, what the provider answered, and how the answer was judged.

use super::Ids;
use crate::attributes::Attributes;
use crate::content::{opened, said};
use crate::delivery::Delivery;
use crate::identity::derived_id;
use crate::instant::epoch_millis;
use plumbline_model::{Counted, Role, Span, SpanKind, SpanStatus, UnixNanos, Usage};
use serde_json::{Map, Value};
use std::ops::ControlFlow;

/// What the results of one file share.
#[derive(Default)]
pub(super) struct Eval {
    pub(super) id: Option<String>,
    pub(super) start: Option<UnixNanos>,
}

/// The failure that is no judgement: the provider gave no answer.
const FAILED: u64 = 2;

/// What stands between provider and model: `openai:chat:gpt-4.1`.
const MODES: [&str; 10] = [
    "chat",
    "completion",
    "completions",
    "messages",
    "responses",
    "embedding",
    "embeddings",
    "assistant",
    "image",
    "realtime",
];

pub(super) fn deliver(
    delivery: &mut Delivery<'_>,
    ids: &mut Ids,
    eval: &Eval,
    at: &str,
    object: Map<String, Value>,
    raw: Vec<u8>,
) -> ControlFlow<()> {
    if !["response", "prompt", "provider", "vars"]
        .iter()
        .any(|name| object.contains_key(*name))
    {
        return delivery.quarantine(at, "this is no result of an eval", &raw);
    }
    let id = id(ids, eval, &object);
    let fields = Attributes::of_object(object);
    let (span, nested) = span(eval, id, &fields);
    for (prefix, part) in [("", &fields)].into_iter().chain(nested_parts(&nested)) {
        for (name, value) in part.unread().filter(|(_, value)| is_something(value)) {
            delivery.loss().note(&format!("{prefix}{name}"), value);
        }
    }
    delivery.span(span, raw)
}

/// The result's own id, else one from its content and the number of its repetition.
fn id(ids: &mut Ids, eval: &Eval, object: &Map<String, Value>) -> String {
    if let Some(Value::String(id)) = object.get("id")
        && !id.is_empty()
    {
        return id.clone();
    }
    let text = Value::Object(object.clone()).to_string();
    let eval = eval.id.as_deref().unwrap_or_default();
    let parts = [eval.as_bytes(), text.as_bytes()];
    let first = derived_id("promptfoo", &parts, 8);
    match ids.nth(&first) {
        1 => first,
        nth => derived_id(
            "promptfoo repetition",
            &[first.as_bytes(), &nth.to_be_bytes()],
            8,
        ),
    }
}

struct Nested {
    response: Attributes,
    grading: Attributes,
    test: Attributes,
}

fn nested_parts(nested: &Nested) -> [(&'static str, &Attributes); 3] {
    [
        ("response.", &nested.response),
        ("gradingResult.", &nested.grading),
        ("testCase.", &nested.test),
    ]
}

fn span(eval: &Eval, id: String, fields: &Attributes) -> (Span, Nested) {
    let nested = Nested {
        response: fields.nested("response"),
        grading: fields.nested("gradingResult"),
        test: fields.nested("testCase"),
    };
    let start = eval.start.unwrap_or(UnixNanos(0));
    let mut span = Span::new(id.clone(), id, SpanKind::Llm, start);
    span.session_id = eval.id.clone().or(fields.text(&["evaluationId"]));
    span.request_id = fields.text(&["traceId"]);
    provider(fields, &mut span);
    status(fields, &nested.response, &mut span);
    span.cache_hit = nested.response.flag(&["cached"]);
    measures(fields, &nested.response, &mut span);
    asked(fields, &nested.test, &mut span);
    answered(&nested.response, &mut span);
    judged(fields, &nested.grading, &mut span);
    fields.understood(&["id", "evaluationId"]);
    (span, nested)
}

fn provider(fields: &Attributes, span: &mut Span) {
    let parts = fields.nested("provider");
    let Some(id) = parts.text(&["id"]).or(fields.text(&["provider"])) else {
        return;
    };
    if let Some(label) = parts.text(&["label"]).filter(|label| *label != id) {
        span.tags.insert("provider_label".to_owned(), label);
    }
    let is_script = [
        "file",
        "exec",
        "python",
        "javascript",
        "package",
        "golang",
        "ruby",
    ];
    match id.split_once(':') {
        // A script or an address is no provider that a price could be found for.
        Some((scheme, rest)) if rest.starts_with("//") || is_script.contains(&scheme) => {}
        Some((name, rest)) => {
            let (mode, model) = match rest.split_once(':') {
                Some((mode, model)) if MODES.contains(&mode) => (mode, model),
                _ => ("", rest),
            };
            if mode.starts_with("embedding") {
                span.kind = SpanKind::Embedding;
                span.embedding_model = Some(model.to_owned());
            }
            span.provider = Some(name.to_owned());
            span.model_requested = Some(model.to_owned());
        }
        None => span.provider = Some(id.clone()),
    }
    span.tags.insert("provider_id".to_owned(), id);
}

fn status(fields: &Attributes, response: &Attributes, span: &mut Span) {
    let failed = fields.count(&["failureReason"]) == Some(FAILED);
    let own = response.text(&["error"]);
    // What a failed assertion says stands here as well, and is no error of the call.
    let told = fields.text(&["error"]);
    if failed || own.is_some() {
        span.status = SpanStatus::Error;
        span.error_message = own.or(told);
    } else if response
        .take("output")
        .is_some_and(|output| !output.is_null())
    {
        span.status = SpanStatus::Ok;
    }
}

/// Tokens, cost and latency of this call; a cached result repeats another one's.
fn measures(fields: &Attributes, response: &Attributes, span: &mut Span) {
    let own = usage(response);
    let all = usage(fields);
    let cost = response.text(&["cost"]);
    // Where the provider named no cost, the result says zero.
    let all_cost = fields.text(&["cost"]).filter(|cost| cost != "0");
    let latency = fields.take("latencyMs").and_then(epoch_millis);
    let latency = latency.or(response.take("latencyMs").and_then(epoch_millis));
    response.understood(&["latencyMs"]);
    if span.cache_hit == Some(true) {
        return;
    }
    span.usage = if own.is_unreported() { all } else { own };
    span.cost_usd = cost.or(all_cost).and_then(|text| text.parse().ok());
    let end = latency.filter(|latency| latency.0 >= 0);
    let end = end.and_then(|latency| span.start_ns.0.checked_add(latency.0));
    span.end_ns = end.map(UnixNanos);
}

fn usage(part: &Attributes) -> Usage {
    let given = part.nested("tokenUsage");
    let details = given.nested("completionDetails");
    let counted = Counted {
        input: given.count(&["prompt"]),
        output: given.count(&["completion"]),
        total: given.count(&["total"]),
        read: details.count(&["cacheReadInputTokens"]),
        written: details.count(&["cacheCreationInputTokens"]),
        reasoning: details.count(&["reasoning"]),
    };
    let nothing = [counted.input, counted.output]
        .iter()
        .all(|count| count.unwrap_or(0) == 0);
    if nothing {
        // Results are filled up with zeros where nothing was measured.
        return Usage::default();
    }
    counted.usage(false)
}

fn asked(fields: &Attributes, test: &Attributes, span: &mut Span) {
    let prompt = fields.nested("prompt");
    let raw = prompt.take("raw").cloned().unwrap_or_default();
    let raw = if raw.is_null() {
        fields.take("prompt").cloned().unwrap_or_default()
    } else {
        raw
    };
    let label = prompt.text(&["label"]);
    // Without a label of its own a prompt is labelled with its text.
    span.prompt_name =
        label.filter(|label| Some(label.as_str()) != raw.as_str() && !label.contains('\n'));
    if !raw.is_object() {
        span.input_messages = said(opened(raw), Role::User);
    }
    if let Some(Value::Object(vars)) = fields.json(&["vars"]) {
        span.prompt_variables = vars;
    }
    span.name = test
        .text(&["description"])
        .or(fields.text(&["description"]));
    test.understood(&["vars"]);
    for (name, tag) in [
        ("promptId", "prompt_id"),
        ("promptIdx", "prompt_index"),
        ("testIdx", "test_index"),
    ] {
        if let Some(text) = fields.text(&[name]) {
            span.tags.insert(tag.to_owned(), text);
        }
    }
}

fn answered(response: &Attributes, span: &mut Span) {
    let raw = opened(response.take("raw").cloned().unwrap_or_default());
    let model = raw.get("model").and_then(Value::as_str);
    span.model_returned = model.map(str::to_owned);
    span.finish_reason = response.text(&["finishReason"]);
    let output = response.take("output").cloned().unwrap_or_default();
    if span.kind == SpanKind::Llm {
        span.output_messages = said(output, Role::Assistant);
    }
}

fn judged(fields: &Attributes, grading: &Attributes, span: &mut Span) {
    grading.understood(&["pass", "score"]);
    for (name, tag) in [("success", "eval_success"), ("score", "eval_score")] {
        if let Some(text) = fields.text(&[name]) {
            span.tags.insert(tag.to_owned(), text);
        }
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}
