//! Reading OTLP/JSON, beside a typed parse of the same bytes that borrows from them.

use crate::Size;
use crate::import::parsed;
use crate::pairs::{Outcome, Row, Title};
use crate::texts::{Corpus, Dice};
use plumbline_ingest::Format;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::hint::black_box;

/// Spans of one export, as a collector's file exporter writes them one a line.
const EXPORT_SPANS: usize = 500;

/// The parse alone, in memory.
pub(crate) fn parse(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let spans = size.choose(5_000, 30_000);
    let title = Title {
        name: "read OTLP JSON".to_owned(),
        unit: "MB/s",
        more_is_better: true,
        reference: "sonic-rs typed".to_owned(),
        counted: format!(
            "{spans} spans of about 2 KB, {EXPORT_SPANS} an export and line, in memory, one thread, other spans \
             each round; ours keeps each raw record, maps its attributes and opens the messages, which are JSON \
             in text; the reference borrows its texts and opens nothing"
        ),
    };
    let make = |round| exports(&corpus, round, spans);
    let row = parsed(title, size, spans, Format::OtlpJson, make, plain_parse)?;
    Ok(vec![row])
}

/// What a program would write that only wants the fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainExport<'a> {
    #[serde(borrow)]
    resource_spans: Vec<PlainGroup<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainGroup<'a> {
    #[serde(borrow)]
    resource: PlainOrigin<'a>,
    #[serde(borrow)]
    scope_spans: Vec<PlainScope<'a>>,
}

#[derive(Deserialize)]
struct PlainOrigin<'a> {
    name: Option<&'a str>,
    #[serde(borrow, default)]
    attributes: Vec<PlainPair<'a>>,
}

#[derive(Deserialize)]
struct PlainScope<'a> {
    #[serde(borrow)]
    scope: PlainOrigin<'a>,
    #[serde(borrow)]
    spans: Vec<PlainSpan<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainSpan<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    parent_span_id: Option<&'a str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    kind: u8,
    start_time_unix_nano: &'a str,
    end_time_unix_nano: &'a str,
    #[serde(borrow)]
    attributes: Vec<PlainPair<'a>>,
    status: PlainStatus,
}

#[derive(Deserialize)]
struct PlainStatus {
    code: u8,
}

#[derive(Deserialize)]
struct PlainPair<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: PlainValue<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainValue<'a> {
    #[serde(borrow)]
    string_value: Option<Cow<'a, str>>,
    int_value: Option<&'a str>,
    double_value: Option<f64>,
    #[serde(borrow)]
    array_value: Option<PlainList<'a>>,
}

#[derive(Deserialize)]
struct PlainList<'a> {
    #[serde(borrow)]
    values: Vec<PlainValue<'a>>,
}

fn plain_parse(text: &str) -> Outcome<u64> {
    let mut spans = 0;
    for line in text.lines() {
        let export: PlainExport<'_> = sonic_rs::from_str(line)?;
        for group in export.resource_spans {
            seen(group.resource);
            for scope in group.scope_spans {
                seen(scope.scope);
                for span in scope.spans {
                    spans += 1;
                    black_box((span.trace_id, span.span_id, span.parent_span_id, span.name));
                    black_box((
                        span.kind,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        span.status.code,
                    ));
                    span.attributes.into_iter().for_each(pair);
                }
            }
        }
    }
    Ok(spans)
}

fn seen(origin: PlainOrigin<'_>) {
    black_box(origin.name);
    origin.attributes.into_iter().for_each(pair);
}

fn pair(pair: PlainPair<'_>) {
    black_box((pair.key, pair.value.string_value, pair.value.int_value));
    black_box(pair.value.double_value);
    black_box(pair.value.array_value.map(|list| list.values.len()));
}

/// Model calls with the attributes of the GenAI conventions, four to a trace.
fn exports(corpus: &Corpus, seed: u64, spans: usize) -> String {
    let mut dice = Dice::new(seed);
    let system = corpus.sentences(&mut dice, 300);
    let mut text = String::with_capacity(spans * 2_200);
    let mut numbers = 0..spans;
    loop {
        let exported: Vec<Value> = numbers
            .by_ref()
            .take(EXPORT_SPANS)
            .map(|at| span(corpus, &mut dice, &system, seed, at))
            .collect();
        if exported.is_empty() {
            return text;
        }
        let resource = [("service.name", "support"), ("host.name", "worker-3")];
        let export = json!({"resourceSpans": [{
            "resource": {"attributes": resource.map(|(key, value)| string(key, value))},
            "scopeSpans": [{
                "scope": {"name": "opentelemetry.instrumentation.openai_v2", "version": "2.1"},
                "spans": exported,
            }],
        }]});
        text.push_str(&export.to_string());
        text.push('\n');
    }
}

fn span(corpus: &Corpus, dice: &mut Dice, system: &str, seed: u64, at: usize) -> Value {
    let start = 1_790_000_000_000_000_000 + at as u64 * 37_000_000;
    let end = start + 200_000_000 + dice.below(3_000_000_000) as u64;
    let asked = corpus.sentences(dice, 300 + at % 128);
    let said = corpus.sentences(dice, 200);
    let message = |role: &str, text: &str| json!({"role": role, "parts": [{"type": "text", "content": text}]});
    let input = json!([message("system", system), message("user", &asked)]).to_string();
    let output = json!([message("assistant", &said)]).to_string();
    let model = dice.pick(&["gpt-4.1-mini", "gpt-4o", "claude-sonnet-4-5"]);
    let model = model.unwrap_or_default();
    json!({
        "traceId": format!("{:032x}", (u128::from(seed) << 64) + (at / 4) as u128 + 1),
        "spanId": format!("{:016x}", dice.next()),
        "name": format!("chat {model}"),
        "kind": 3,
        "startTimeUnixNano": start.to_string(),
        "endTimeUnixNano": end.to_string(),
        "attributes": [
            string("gen_ai.operation.name", "chat"),
            string("gen_ai.provider.name", "openai"),
            string("gen_ai.request.model", model),
            string("gen_ai.response.model", model),
            string("gen_ai.response.id", &format!("chatcmpl-{:x}", dice.next())),
            {"key": "gen_ai.request.temperature", "value": {"doubleValue": 0.2}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": (200 + dice.below(400)).to_string()}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": (20 + dice.below(200)).to_string()}},
            {"key": "gen_ai.response.finish_reasons",
             "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}}},
            string("gen_ai.conversation.id", &format!("session-{}", at / 16)),
            string("gen_ai.input.messages", &input),
            string("gen_ai.output.messages", &output),
        ],
        "status": {"code": 1},
    })
}

fn string(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}
