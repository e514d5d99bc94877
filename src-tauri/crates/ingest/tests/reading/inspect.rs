//! Inspect logs: both forms of one eval, references, broken members, and real logs of three years.

use crate::fixtures::snapshot;
use crate::samples::{sample, sample_bytes};
use crate::support::{Reading, fixture, read_all};
use plumbline_ingest::{ArchiveLimits, EvalLog, Format, Zip, ZipSource, open_zip};
use plumbline_model::{Span, SpanKind, SpanStatus, add_known};
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;

fn eval_log(eval: Vec<u8>) -> Result<EvalLog<ZipSource<Cursor<Vec<u8>>>>, String> {
    match open_zip(Cursor::new(eval), &ArchiveLimits::default())? {
        Zip::Log(log) => Ok(log),
        Zip::Members(_) => Err("is no log".to_owned()),
    }
}

fn text_of(eval: Vec<u8>) -> String {
    let mut text = String::new();
    let mut log = eval_log(eval).unwrap();
    log.read_to_string(&mut text).unwrap();
    text
}

pub(crate) fn read_eval(eval: Vec<u8>) -> Reading {
    read_all(text_of(eval).as_bytes(), Some(Format::Inspect)).unwrap()
}

fn calls(reading: &Reading) -> Vec<&Span> {
    let spans = reading.spans().into_iter();
    spans.filter(|span| span.is_model_call()).collect()
}

/// Traces, model calls, tools, tokens in and out.
fn sums(reading: &Reading) -> (usize, usize, usize, Option<u64>, Option<u64>) {
    let count = |fits: fn(&Span) -> bool| reading.spans().iter().filter(|span| fits(span)).count();
    let sum = |part: fn(&Span) -> Option<u64>| {
        calls(reading)
            .iter()
            .map(|span| part(span))
            .fold(None, add_known)
    };
    (
        count(|span| span.parent_id.is_none()),
        count(Span::is_model_call),
        count(|span| span.kind == SpanKind::Tool),
        sum(|span| span.usage.tokens_in),
        sum(|span| span.usage.tokens_out),
    )
}

fn every_parent_is_there(reading: &Reading) {
    let spans = reading.spans();
    let ids: std::collections::HashSet<(&str, &str)> = spans
        .iter()
        .map(|span| (span.trace_id.as_str(), span.span_id.as_str()))
        .collect();
    assert_eq!(ids.len(), spans.len(), "ids are unique within their trace");
    for span in spans {
        if let Some(parent) = &span.parent_id {
            assert!(
                ids.contains(&(span.trace_id.as_str(), parent.as_str())),
                "{span:?}"
            );
        }
    }
}

#[test]
fn a_json_log() {
    let reading = read_all(&fixture("inspect/bike-parts.json"), None).unwrap();
    assert_eq!(reading.report.format, Format::Inspect);
    // Summed by a Python script: input 40+60+30, of the cache 20 read and 5 written; output 9+8+25.
    assert_eq!(sums(&reading), (3, 3, 1, Some(155), Some(42)));
    let spans = calls(&reading);
    assert_eq!(spans[1].usage.tokens_in, Some(85), "the cache stood beside");
    assert_eq!(spans[1].usage.tokens_in_cached, Some(20));
    assert_eq!(spans[1].usage.tokens_in_cache_write, Some(5));
    assert_eq!(spans[1].input_messages.len(), 4, "from the pool");
    assert_eq!(spans[1].input_messages[2].tool_calls[0].name, "stock");
    assert_eq!(
        spans[1].input_messages[2].tool_calls[0].arguments,
        json!({"part": "saddle"})
    );
    assert_eq!(spans[2].usage.tokens_reasoning, Some(18));
    assert_eq!(
        spans[2].usage.tokens_out,
        Some(25),
        "reasoning is inside, says the total"
    );
    let asked = spans[2].input_messages[1].content.text();
    assert!(
        asked.starts_with("How many spokes?") && asked.len() > 180,
        "an attachment: {asked}"
    );
    assert_eq!(spans[0].provider.as_deref(), Some("mockllm"));
    assert_eq!(spans[0].parameters["seed"], 7);
    assert_eq!(spans[0].tools[0].name, "stock");
    let roots: Vec<&Span> = reading
        .spans()
        .into_iter()
        .filter(|s| s.parent_id.is_none())
        .collect();
    let failed = roots
        .iter()
        .find(|root| root.tags["sample_id"] == "falls")
        .unwrap();
    assert_eq!(failed.status, SpanStatus::Error);
    assert_eq!(failed.error_type.as_deref(), Some("RuntimeError"));
    let right = roots
        .iter()
        .find(|root| root.tags["sample_id"] == "saddle")
        .unwrap();
    assert_eq!(
        (
            right.tags["score.includes"].as_str(),
            right.tags["epoch"].as_str()
        ),
        ("C", "1")
    );
    every_parent_is_there(&reading);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn an_eval_file_is_the_same_log() {
    let reading = read_eval(fixture("inspect/bike-parts.eval"));
    assert_eq!(sums(&reading), (3, 3, 1, Some(155), Some(42)));
    assert_eq!(reading.report.quarantined, 0);
    every_parent_is_there(&reading);
    let json = read_all(&fixture("inspect/bike-parts.json"), None).unwrap();
    let names = |reading: &Reading| {
        let mut names: Vec<_> = reading
            .spans()
            .iter()
            .map(|span| span.name.clone())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&reading), names(&json));
    assert_eq!(
        text_of(fixture("inspect/bike-parts.eval")),
        text_of(fixture("inspect/bike-parts.eval")),
        "the same file gives the same text"
    );
}

#[test]
fn a_zip_as_a_stream_is_refused_with_the_way_out() {
    let refused = read_all(&fixture("inspect/bike-parts.eval"), None)
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("name the file itself"), "{refused}");
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const HEADER: (&str, &[u8]) = (
    "header.json",
    br#"{"version":2,"status":"success","eval":{"task":"t","run_id":"r","model":"p/m"}}"#,
);

fn good(id: &str) -> Vec<u8> {
    json!({"id": id, "epoch": 1, "events": [{"event": "model", "model": "p/m", "timestamp": "2026-03-02T10:00:00Z",
        "input": [], "output": {"usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}}]})
    .to_string()
    .into_bytes()
}

#[test]
fn a_broken_member_costs_itself_alone() {
    let mut eval = zipped(&[
        ("samples/a_epoch_1.json", &good("a")),
        ("samples/crc_epoch_1.json", &good("damaged")),
        (
            "samples/cut_epoch_1.json",
            b"{\"id\":1,\"epoch\":1,\"events\":[{",
        ),
        ("samples/brackets_epoch_1.json", b"{}]}{\"x\":1}"),
        ("samples/utf8_epoch_1.json", b"{\"id\":\"\xff\"}"),
        ("samples/list_epoch_1.json", b"[1]"),
        ("samples/idless_epoch_1.json", b"{}"),
        ("samples/z_epoch_1.json", &good("z")),
        HEADER,
    ]);
    // The checksum of the second member, in the central directory.
    let name = b"samples/crc_epoch_1.json";
    let at = eval
        .windows(name.len())
        .rposition(|window| window == name)
        .unwrap();
    eval[at - 46 + 16] ^= 0xff;
    let reading = read_eval(eval);
    assert_eq!(sums(&reading), (2, 2, 0, Some(6), Some(4)));
    let rows: Vec<(&str, &str)> = reading
        .quarantined()
        .iter()
        .map(|row| (row.at.as_str(), row.reason.as_str()))
        .collect();
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert_eq!(rows[0].0, "samples/crc_epoch_1.json");
    assert!(rows[0].1.contains("damaged"), "{rows:?}");
    assert!(rows[1].1.contains("no JSON"), "{rows:?}");
    assert!(rows[3].1.contains("UTF-8"), "{rows:?}");
}

#[test]
fn a_run_that_crashed_and_a_broken_header_keep_their_samples() {
    let start = (
        "_journal/start.json",
        br#"{"version":2,"eval":{"task":"t","run_id":"r"}}"#.as_slice(),
    );
    let crashed = read_eval(zipped(&[start, ("samples/a_epoch_1.json", &good("a"))]));
    assert_eq!(crashed.spans()[0].tags["log_status"], "started");
    let broken = [
        start,
        ("header.json", b"{"),
        ("samples/a_epoch_1.json", &good("a")),
    ];
    let broken = read_eval(zipped(&broken));
    assert_eq!(broken.quarantined()[0].at, "header.json");
    assert_eq!(broken.spans()[0].tags["task"], "t");
    assert_eq!(broken.spans().len(), 2);
}

#[test]
fn what_is_no_log_or_no_archive_says_so() {
    let why = |bytes| eval_log(bytes).err().unwrap();
    assert!(why(zipped(&[("a.txt", b"x")])).contains("is no log"));
    let mut cut = fixture("inspect/bike-parts.eval");
    cut.truncate(cut.len() / 2);
    assert!(why(cut).contains("cut off or damaged"));
    let entry = (0..100_001).map(|n| format!("samples/{n}_epoch_1.json"));
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in entry {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
    }
    assert!(
        why(writer.finish().unwrap().into_inner())
            .contains("100001 members; the limit for one archive is 100000")
    );
}

#[test]
fn a_bomb_is_one_row_and_never_in_memory() {
    let zeros = vec![b' '; 80 << 20];
    let eval = zipped(&[
        ("samples/bomb_epoch_1.json", &zeros),
        ("samples/a_epoch_1.json", &good("a")),
        HEADER,
    ]);
    assert!(eval.len() < 400_000);
    let reading = read_eval(eval);
    assert!(reading.quarantined()[0].reason.contains("more than 64 MiB"));
    assert_eq!(reading.spans().len(), 2);
}

fn log(sample: &Value) -> Reading {
    let text =
        json!({"version": 2, "status": "success", "eval": {"run_id": "r"}, "samples": [sample]});
    read_all(text.to_string().as_bytes(), None).unwrap()
}

#[test]
fn caches_errors_and_limits_are_kept() {
    let usage = json!({"input_tokens": 10, "output_tokens": 2, "total_tokens": 12, "input_tokens_cache_read": 4});
    let event = |more: Value| -> Value {
        let mut event = json!({"event": "model", "model": "openai/x/y", "timestamp": "2026-03-02T10:00:00Z",
            "completed": "2026-03-02T10:00:02Z", "output": {"usage": usage,
            "choices": [{"message": {"role": "assistant", "content": "a"}, "stop_reason": "max_tokens"}]}});
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    let reading = log(
        &json!({"id": 1, "epoch": 2, "limit": {"type": "token", "limit": 100.0},
        "events": [event(json!({})), event(json!({"cache": "read"})), event(json!({"error": "503", "retries": 2})),
        event(json!({"error": "Cancelled by limit"})), event(json!({"pending": true, "output": {}}))]}),
    );
    let spans = calls(&reading);
    assert_eq!(
        spans[0].usage.tokens_in,
        Some(10),
        "the cache is inside, says the total"
    );
    assert_eq!(
        (spans[0].status, spans[0].latency_ms()),
        (SpanStatus::Truncated, Some(2_000.0))
    );
    assert_eq!(spans[0].provider.as_deref(), Some("openai"));
    assert_eq!(spans[0].model_requested.as_deref(), Some("x/y"));
    assert!(spans[1].usage.is_unreported() && spans[1].cache_hit == Some(true));
    assert_eq!(
        (spans[2].status, spans[2].attempt),
        (SpanStatus::Error, Some(3))
    );
    assert_eq!(spans[3].status, SpanStatus::Cancelled);
    assert_eq!(
        (spans[4].status, spans[4].end_ns),
        (SpanStatus::Unset, None)
    );
    let root = reading.spans()[0];
    assert_eq!(
        (root.status, root.tags["limit"].as_str()),
        (SpanStatus::Truncated, "token")
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_counted() {
    let reading = log(
        &json!({"id": 1, "epoch": 1, "events": [{"event": "model", "model": "m",
        "input": [{"role": "user", "content": "attachment://gone"}], "output": {}}]}),
    );
    let call = calls(&reading)[0];
    assert_eq!(call.input_messages[0].content.text(), "attachment://gone");
    assert!(
        reading
            .report
            .fields_unread
            .keys()
            .any(|name| name.starts_with("references"))
    );
}

#[test]
fn a_cut_log_keeps_the_samples_before_the_cut() {
    let text = String::from_utf8(fixture("inspect/bike-parts.json")).unwrap();
    // Of the last sample, not of the samples' list in the dataset.
    let at = text.find("\"id\": \"wheel\"").unwrap();
    let reading = read_all(&text.as_bytes()[..at], None).unwrap();
    assert_eq!(sums(&reading).0, 2);
    assert!(
        reading
            .quarantined()
            .last()
            .unwrap()
            .reason
            .contains("ends")
    );
}

/// Totals by a Python script of its own over the files: samples, model events, tool events, tokens in and out.
#[test]
fn real_logs_add_up() {
    for (name, wanted) in [
        (
            "2025-05-12T20-28-26-04-00_security-guide.json",
            (3, 6, 0, Some(959), Some(1_033)),
        ),
        ("log_formats.json", (1, 1, 0, Some(66), Some(2))),
        ("log_read_sample.json", (1, 1, 0, Some(66), Some(3))),
        ("log_tool_call_error.json", (1, 0, 0, None, None)),
    ] {
        let Some(reading) = sample(&format!("inspect/{name}")) else {
            continue;
        };
        assert_eq!(reading.report.format, Format::Inspect);
        assert_eq!(
            (sums(&reading), reading.report.quarantined),
            (wanted, 0),
            "{name}"
        );
        every_parent_is_there(&reading);
    }
    for (name, wanted) in [
        ("log_formats.eval", (1, 1, 0, Some(66), Some(2))),
        ("log_read_sample.eval", (1, 1, 0, Some(66), Some(3))),
        ("log_message_deduplication.eval", (1, 6, 5, None, None)),
    ] {
        let Some(bytes) = sample_bytes(&format!("inspect/{name}")) else {
            continue;
        };
        let reading = read_eval(bytes);
        assert_eq!(
            (sums(&reading), reading.report.quarantined),
            (wanted, 0),
            "{name}"
        );
        every_parent_is_there(&reading);
    }
}

#[test]
fn the_pools_of_a_real_log_are_put_back() {
    let Some(bytes) = sample_bytes("inspect/log_message_deduplication.eval") else {
        return;
    };
    let reading = read_eval(bytes);
    let sizes: Vec<usize> = calls(&reading)
        .iter()
        .map(|span| span.input_messages.len())
        .collect();
    assert_eq!(sizes, [1, 3, 5, 7, 9, 11]);
    assert!(
        !reading
            .report
            .fields_unread
            .keys()
            .any(|name| name.starts_with("references"))
    );
}
