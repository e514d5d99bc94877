//! Imports killed at any moment: the workspace stays sound, and a later import of the same file ends where an
//! undisturbed one ends.

#![cfg(unix)]

use crate::stage::{Stage, count};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Workspaces that are disturbed side by side, and how often each.
const WORKSPACES: u32 = 10;
const KILLS: u32 = 20;
const SPANS: usize = 6_000;

/// Calls of several traces, some twice, some with another content under the same ids, some lines broken.
fn lines() -> String {
    (0..SPANS)
        .map(|n| match n % 500 {
            499 => "{\"trace_id\": \"cut".to_owned() + "\n",
            498 => line(n - 1, 0),
            497 => line(n, 0) + &line(n, 1),
            _ => line(n, 0),
        })
        .collect()
}

fn line(n: usize, variant: usize) -> String {
    let span = json!({
        "trace_id": format!("trace-{}", n / 7),
        "span_id": format!("span-{n}"),
        "kind": "llm",
        "provider": "openai",
        "model_requested": "gpt-4.1-mini",
        "start_ns": 1_700_000_000_000_000_000_i64 + n as i64 * 1_000_000,
        "end_ns": 1_700_000_000_500_000_000_i64 + n as i64 * 1_000_000,
        "input": [{"role": "user", "parts": [{"type": "text", "text": format!("question {n} {}", "word ".repeat(60))}]}],
        "output": [{"role": "assistant", "parts": [{"type": "text", "text": format!("answer {n} {variant}")}]}],
        "tokens_in": n,
        "tokens_out": variant + 3,
    });
    format!("{span}\n")
}

/// Everything a reader sees: all spans, and the sums the lists and the statistics show.
fn content(stage: &Stage) -> [String; 3] {
    let mut spans: Vec<String> = stage
        .run(&["trace", "export"])
        .out
        .lines()
        .map(str::to_owned)
        .collect();
    spans.sort();
    [
        spans.join("\n"),
        stage
            .json(&["trace", "list", "--limit", "1000", "--sort", "oldest"])
            .to_string(),
        stage.json(&["stats", "--by", "model,day"]).to_string(),
    ]
}

/// A small generator (xorshift), so that a failure can be repeated from its seed.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Gives how many of the kills hit an import at work.
fn disturbed(seed: u32, whole: Duration, file: &str, undisturbed: &[String; 3]) -> u32 {
    let mut hits = 0;
    let stage = Stage::new();
    stage.write("in.jsonl", file);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ (u64::from(seed) << 32);
    for kill in 0..KILLS {
        let mut program = stage.start(&["import", "in.jsonl", "--json"]);
        std::thread::sleep(whole.mul_f64((next(&mut state) % 1_000) as f64 / 1_000.0));
        let had_ended = program.has_ended();
        hits += u32::from(!had_ended);
        program.kill();
        let doctor = stage.json(&["doctor"]);
        assert_eq!(
            doctor["ok"], true,
            "workspace {seed}, kill {kill}, ended {had_ended}: {doctor:#}"
        );
    }
    let (status, again) = stage.run_json(&["import", "in.jsonl"]);
    assert_eq!(status, Some(0), "{again:#}");
    let report = &again["files"][0];
    let sum: u64 = ["stored", "duplicate", "quarantined"]
        .iter()
        .map(|name| count(report, name))
        .sum();
    assert_eq!(count(report, "read"), sum, "{report:#}");
    assert_eq!(stage.json(&["doctor"])["ok"], true);
    for (found, expected) in content(&stage).iter().zip(undisturbed) {
        assert!(
            found == expected,
            "workspace {seed} differs from one that was left alone"
        );
    }
    hits
}

#[test]
fn two_hundred_kills_lose_nothing_and_a_later_import_ends_at_the_same_content() {
    let file = lines();
    let stage = Stage::new();
    stage.write("in.jsonl", &file);
    let started = Instant::now();
    let first = stage.json(&["import", "in.jsonl"]);
    let whole = started.elapsed();
    assert!(
        count(&first["files"][0], "stored") > SPANS as u64 - 100,
        "{first:#}"
    );
    let undisturbed = content(&stage);
    let hits = AtomicU32::new(0);
    for pair in (0..WORKSPACES).collect::<Vec<_>>().chunks(2) {
        std::thread::scope(|scope| {
            for seed in pair {
                let (file, undisturbed, hits) = (&file, &undisturbed, &hits);
                scope.spawn(move || {
                    hits.fetch_add(
                        disturbed(*seed, whole, file, undisturbed),
                        Ordering::Relaxed,
                    );
                });
            }
        });
    }
    let hits = hits.into_inner();
    assert!(
        hits > WORKSPACES * KILLS / 3,
        "only {hits} kills hit an import at work"
    );
}
