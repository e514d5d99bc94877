//! Real public files, where a checkout has them beside the repository. None of them is part of it.

use crate::inspect::read_eval;
use crate::support::{Reading, read_all, root};
use plumbline_ingest::{Format, to_otlp};
use plumbline_model::{Span, SpanKind, UnixNanos, add_known};
use std::path::PathBuf;

pub(crate) fn sample_bytes(name: &str) -> Option<Vec<u8>> {
    let path: PathBuf = root().join("../shared/samples").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("skipped: the sample {name} is not here");
    }
    bytes
}

pub(crate) fn sample(name: &str) -> Option<Reading> {
    Some(read_all(&sample_bytes(name)?, None).unwrap())
}

fn tokens(spans: &[&Span]) -> (Option<u64>, Option<u64>) {
    let sum = |count: fn(&Span) -> Option<u64>| {
        spans.iter().map(|span| count(span)).fold(None, add_known)
    };
    (
        sum(|span| span.usage.tokens_in),
        sum(|span| span.usage.tokens_out),
    )
}

#[test]
fn the_azure_request_log_is_read_to_the_last_row() {
    let Some(reading) = sample("request_traces/AzureLLMInferenceTrace_code.csv") else {
        return;
    };
    assert_eq!(reading.report.format, Format::RequestCsv);
    assert_eq!(
        (reading.report.read, reading.report.quarantined),
        (8_819, 0)
    );
    let first = reading.spans()[0];
    assert_eq!(first.start_ns, UnixNanos(1_700_158_623_979_960_000));
    assert_eq!(
        (first.usage.tokens_in, first.usage.tokens_out),
        (Some(4_808), Some(10))
    );
    assert_eq!(first.end_ns, None, "the log has no latency");
    let ids: std::collections::HashSet<&str> = reading
        .spans()
        .iter()
        .map(|span| span.span_id.as_str())
        .collect();
    assert_eq!(ids.len(), 8_819);
}

#[test]
fn the_example_of_the_protocol_is_read() {
    let Some(reading) = sample("otlp_json/trace.json") else {
        return;
    };
    let span = reading.spans()[0];
    assert_eq!(span.trace_id, "5b8efff798038103d269b633813fc60c");
    assert_eq!(span.parent_id.as_deref(), Some("eee19b7ec3c1b173"));
    assert_eq!(span.latency_ms(), Some(1_000.0));
    assert_eq!(
        span.kind,
        SpanKind::Chain,
        "a span of no known kind groups others"
    );
    assert_eq!(span.tags["service.name"], "my.service");
    assert_eq!(
        reading.report.fields_unread["my.span.attr"].example,
        "some value"
    );
}

#[test]
fn real_frameworks_are_read_without_loss_of_spans() {
    // File, spans, model calls, tokens in and out over model calls.
    for (name, spans, calls, sums) in [
        ("agno-2025-06-11", 4, 2, (None, None)),
        ("claude-agent-2025-12-22", 7, 4, (None, None)),
        ("crewai-2025-07-11", 5, 1, (Some(190), Some(164))),
        ("google-adk-2025-08-28", 5, 2, (Some(67), Some(9))),
        ("openai-agents-2025-09-30", 5, 2, (Some(140), Some(44))),
        (
            "pydantic-ai-tools-2025-12-04",
            11,
            4,
            (Some(1_315), Some(209)),
        ),
    ] {
        let Some(reading) = sample(&format!("otlp_derived/{name}.otlp.json")) else {
            continue;
        };
        assert_eq!(reading.quarantined().len(), 0, "{name}");
        assert_eq!(reading.spans().len(), spans, "{name}");
        let model_calls: Vec<&Span> = reading
            .spans()
            .into_iter()
            .filter(|span| span.is_model_call())
            .collect();
        assert_eq!(model_calls.len(), calls, "{name}");
        assert_eq!(tokens(&model_calls), sums, "{name}");
        let owned: Vec<Span> = reading.spans().into_iter().cloned().collect();
        let again = read_all(to_otlp(&owned).to_string().as_bytes(), None).unwrap();
        assert_eq!(
            again.spans(),
            reading.spans(),
            "{name} survives our own export"
        );
    }
}

#[test]
fn roll_ups_of_agents_stay_on_their_spans_and_out_of_the_sums() {
    let Some(reading) = sample("otlp_derived/pydantic-ai-tools-2025-12-04.otlp.json") else {
        return;
    };
    assert_eq!(tokens(&reading.spans()), (Some(2_630), Some(418)));
}

#[test]
fn the_mooncake_trace_adds_up() {
    let Some(reading) = sample("request_traces/synthetic_trace.jsonl") else {
        return;
    };
    assert_eq!(reading.report.format, Format::MooncakeJsonl);
    assert_eq!(
        (reading.report.read, reading.report.quarantined),
        (3_993, 0)
    );
    let (tokens_in, tokens_out) = tokens(&reading.spans());
    assert_eq!((tokens_in, tokens_out), (Some(61_194_628), Some(595_432)));
}

/// What the public files are that no format is: of each, the ending and why.
const NO_TRACES: [(&str, &str); 4] = [
    ("PROVENANCE.md", "says where the samples come from"),
    (".chatml.json", "messages alone, without a call or a time"),
    ("otel_genai_schemas/", "JSON schemas of attributes"),
    (
        "usage_bodies/",
        "a table of response bodies, read by tests of their own",
    ),
];

#[test]
fn every_public_file_is_read_or_known_to_be_no_trace() {
    let folder = root().join("../shared/samples");
    if !folder.exists() {
        println!("skipped: the public samples are not here");
        return;
    }
    let (mut read, mut folders) = (0, vec![folder.clone()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let outcome = if name.ends_with(".eval") {
                Some(read_eval(bytes))
            } else {
                read_all(&bytes, None).ok()
            };
            let is_trace = !NO_TRACES.iter().any(|(part, _)| name.contains(part));
            match outcome {
                Some(reading) if is_trace => {
                    // Log records that speak of no call are counted as unread.
                    let says = reading.items.len() + reading.report.fields_unread.len();
                    assert!(says > 0, "{name} gives nothing");
                    assert_eq!(reading.quarantined().len(), 0, "{name}");
                    read += 1;
                }
                None => assert!(!is_trace, "{name} is not read"),
                Some(reading) => panic!("{name} is read as {:?}", reading.report.format),
            }
        }
    }
    assert!(read > 100, "{read} public files were read");
}
