//! GenAI events as OTLP log records, written by the official SDK: with their span in the source, and without.

use crate::fixtures::snapshot;
use crate::samples::sample;
use crate::support::{Reading, fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Role, Span, SpanKind, UnixNanos};

fn said(span: &Span) -> Vec<(Role, String)> {
    let all = span.input_messages.iter().chain(&span.output_messages);
    all.map(|message| (message.role, message.content.text().to_string()))
        .collect()
}

fn span<'r>(reading: &'r Reading, id: &str) -> &'r Span {
    let spans = reading.spans();
    let mut found = spans.into_iter().filter(|span| span.span_id == id);
    let span = found.next().unwrap();
    assert_eq!(found.next(), None, "one span for one id");
    span
}

const TALK: [(Role, &str); 5] = [
    (Role::System, "You sell bicycles."),
    (Role::User, "Is the blue one in stock?"),
    (Role::Assistant, ""),
    (Role::Tool, "3"),
    (Role::Assistant, "Yes, three."),
];

#[test]
fn records_without_their_span_become_one() {
    let reading = read_all(&fixture("otlp_protobuf/genai-logs.pb"), None).unwrap();
    assert_eq!(reading.report.format, Format::OtlpProtobuf);
    assert_eq!((reading.spans().len(), reading.quarantined().len()), (2, 1));
    let call = span(&reading, "aaaabbbbccccdddd");
    assert_eq!(call.trace_id, "11112222333344445555666677778888");
    assert_eq!((call.kind, call.end_ns), (SpanKind::Llm, None));
    assert_eq!(call.start_ns, UnixNanos(1_767_226_800_000_000_000));
    assert_eq!(said(call), TALK.map(|(role, text)| (role, text.to_owned())));
    assert_eq!(call.input_messages[2].tool_calls[0].name, "stock");
    assert_eq!(
        call.input_messages[3].tool_call_id.as_deref(),
        Some("call_1")
    );
    assert_eq!(call.finish_reason.as_deref(), Some("stop"));
    assert_eq!(
        (call.provider.as_deref(), call.usage.tokens_in),
        (Some("openai"), None)
    );
    assert_eq!(call.tags["service.name"], "bike-shop");
    assert_eq!(call.tags["plumbline.assembled.from"], "log records");
    let whole = span(&reading, "aaaabbbbccccddee");
    assert_eq!(whole.model_requested.as_deref(), Some("claude-haiku-4-5"));
    assert_eq!(
        (whole.usage.tokens_in, whole.usage.tokens_out),
        (Some(12), Some(4))
    );
    assert_eq!(said(whole)[1], (Role::Assistant, "Sold out.".to_owned()));
    assert_eq!(
        reading.report.fields_unread["(log records)"].example,
        "checkout.done"
    );
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_span_in_the_source_takes_its_records() {
    let text = fixture("otlp_json/genai-logs.jsonl");
    let reading = read_all(&text, None).unwrap();
    assert_eq!(reading.report.format, Format::OtlpJson);
    assert_eq!((reading.spans().len(), reading.quarantined().len()), (2, 1));
    let call = span(&reading, "aaaabbbbccccdddd");
    assert_eq!(said(call), TALK.map(|(role, text)| (role, text.to_owned())));
    assert_eq!(call.latency_ms(), Some(906.0));
    assert_eq!(call.usage.tokens_in, Some(25));
    assert_eq!(call.name.as_deref(), Some("chat gpt-4o-mini"));
    assert!(!call.tags.contains_key("plumbline.assembled.from"));

    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    lines.truncate(2);
    lines.reverse();
    let turned = read_all(&lines.join(&b'\n'), None).unwrap();
    assert_eq!(turned.spans().len(), 2);
    assert_eq!(span(&turned, &call.span_id), call, "whatever the order");
}

#[test]
fn names_may_stand_in_an_attribute_and_content_in_a_plain_body() {
    let text = r#"{"resource_logs":[{"scope_logs":[{"log_records":[
        {"trace_id":"11112222333344445555666677778888","span_id":"aaaabbbbccccdddd","observed_time_unix_nano":"7",
         "body":{"stringValue":"Hi"},"attributes":[{"key":"event.name","value":{"stringValue":"gen_ai.user.message"}}]},
        9]}]}]}"#;
    let reading = read_all(text.as_bytes(), None).unwrap();
    assert_eq!((reading.spans().len(), reading.quarantined().len()), (1, 1));
    assert_eq!(said(reading.spans()[0]), [(Role::User, "Hi".to_owned())]);
    assert_eq!(reading.spans()[0].start_ns, UnixNanos(7));
}

#[test]
fn log_records_of_other_kinds_are_counted() {
    for name in ["events", "logs"] {
        let Some(reading) = sample(&format!("otlp_json/{name}.json")) else {
            return;
        };
        assert_eq!(
            (
                reading.report.read,
                reading.report.fields_unread["(log records)"].count
            ),
            (0, 1)
        );
    }
}
