//! Two processes on one workspace: what one writes, the other hears of.

use crate::stage::{Said, Stage, plan};
use plumbline_engine::Engine;

fn heard(engine: &Engine, since: u64) -> Vec<(String, String)> {
    let batch = engine.changes_since(since).unwrap();
    assert!(!batch.gap);
    batch
        .changes
        .into_iter()
        .map(|change| (change.topic, change.id))
        .collect()
}

#[test]
fn a_window_hears_what_the_command_line_writes() {
    let stage = Stage::new();
    let window = stage.other();
    let mut seq = window.changes_since(0).unwrap().seq;
    assert_eq!(heard(&window, seq), [], "nothing happened yet");

    stage.dataset("cases", &["x"]);
    assert_eq!(
        heard(&window, seq),
        [("dataset".to_owned(), "cases".to_owned())]
    );
    seq = window.changes_since(seq).unwrap().seq;

    let file = stage.write(
        "a.jsonl",
        "{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1}\n",
    );
    stage.engine.import(&[file], None).unwrap();
    let topics: Vec<String> = heard(&window, seq)
        .into_iter()
        .map(|change| change.0)
        .collect();
    assert!(
        topics.contains(&"import".to_owned()) && topics.contains(&"span".to_owned()),
        "{topics:?}"
    );
    assert_eq!(window.workspace_info().unwrap().spans, 1);
    seq = window.changes_since(seq).unwrap().seq;

    stage.record(&[Said {
        version: "1.0.0",
        case: "x",
        text: "label x",
        tokens_out: 1,
        latency_ms: 1.0,
    }]);
    let started = stage
        .engine
        .replay_start(&plan(&["label@1.0.0"], "cases", "recorded"))
        .unwrap();
    stage.engine.job_wait(started.job_id).unwrap();
    let run = started.run_id.to_string();
    for topic in ["run", "cell"] {
        assert!(
            heard(&window, seq).contains(&(topic.to_owned(), run.clone())),
            "{topic}"
        );
    }
    assert_eq!(window.run_list().unwrap()[0].totals.recorded, 1);
    seq = window.changes_since(seq).unwrap().seq;
    assert_eq!(heard(&window, seq), [], "and then silence");
}

#[test]
fn a_price_that_another_process_sets_counts_here_too() {
    let stage = Stage::new();
    let other = stage.other();
    let usage = plumbline_model::Usage::of(1_000_000, 0);
    for engine in [&stage.engine, &other] {
        assert_eq!(engine.cost_of("local:tiny", &usage).usd, None);
    }
    let price = serde_json::json!({
        "model": "tiny", "input_usd_per_mtok": "3", "output_usd_per_mtok": "4", "source": "a test", "note": "",
    });
    let seq = stage.engine.changes_since(0).unwrap().seq;
    other
        .set_price(&serde_json::from_value(price).unwrap())
        .unwrap();
    // A window asks what changed all the time; that is when it hears of the price.
    let heard = heard(&stage.engine, seq);
    assert!(heard.iter().any(|change| change.0 == "price"), "{heard:?}");
    for engine in [&other, &stage.engine] {
        let cost = engine.cost_of("local:tiny", &usage).usd.unwrap();
        assert_eq!(cost.to_string(), "3");
    }
}
