//! The price table: a newer one imported, costs that stay until they are asked for again, and where a sum is from.

use crate::model_server::{ModelServer, Reply, echo};
use crate::stage::Stage;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

/// As genai-prices publishes it: ten times today's price of one model, and an own one.
const NEWER: &str = r#"[{"id":"openai","name":"OpenAI","api_pattern":"x","model_match":{"starts_with":"gpt-"},"models":[
    {"id":"gpt-4.1-mini","match":{"starts_with":"gpt-4.1-mini"},"prices":{"input_mtok":4,"output_mtok":16}}]}]"#;

/// One call: 1,000 tokens in, 100 out.
fn call(span_id: &str, model: &str, tags: &Value) -> String {
    json!({"trace_id": "t-1", "span_id": span_id, "kind": "llm", "start_ns": 1_790_000_000_000_000_000_i64,
        "end_ns": 1_790_000_001_000_000_000_i64, "provider": "openai", "model_requested": model,
        "tokens_in": 1_000, "tokens_out": 100, "tags": tags})
    .to_string()
}

fn tables(of: &Value) -> Vec<&str> {
    let tables = of.as_array().unwrap().iter();
    tables
        .map(|used| used["version"].as_str().unwrap())
        .collect()
}

#[test]
fn an_imported_table_prices_what_comes_and_leaves_what_is_stored() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(echo);
    let run = stage.json(&stage.replay(&server.base_url, &[]));
    let bundled = stage.json(&["price", "table"]);
    assert_eq!(bundled["bundled"], true, "{bundled:#}");
    let bundled = bundled["version"].as_str().unwrap().to_owned();
    assert_eq!(tables(&run["price_sources"]), [bundled.as_str()]);
    stage.write("data.json", NEWER);
    let imported = stage.json(&["price", "import", "data.json", "--as-of", "2026-01-02"]);
    assert_eq!(imported["table"], "genai-prices", "{imported:#}");
    assert_eq!(imported["imported_from"], "data.json");
    let version = imported["version"].as_str().unwrap();
    assert!(version.starts_with("2026-01-02 "), "{version}");
    assert!(imported["age_days"].as_i64().unwrap() > 100);
    let cost = [
        "cost",
        "--model",
        "gpt-4.1-mini",
        "--in",
        "1000000",
        "--out",
        "0",
    ];
    assert_eq!(stage.json(&cost)["cost_usd"], "4");
    let other = [
        "cost",
        "--model",
        "claude-sonnet-4-5",
        "--in",
        "1000",
        "--out",
        "0",
    ];
    assert_eq!(
        stage.json(&other)["price_version"],
        bundled,
        "the table behind it"
    );
    let shown = stage.json(&["run", "show", "latest"]);
    assert_eq!(shown["row"]["totals"]["cost_usd"], run["cost_usd"]);
    assert_eq!(tables(&shown["price_sources"]), [bundled.as_str()]);
    let text = stage.run(&["run", "show", "latest"]).out;
    assert!(
        text.contains(&format!("prices: genai-prices {bundled}")),
        "{text}"
    );

    let dry = stage.json(&["price", "recompute", "--run", "latest", "--dry-run"]);
    assert_eq!(
        (&dry["changed"], &dry["calls"]),
        (&2.into(), &2.into()),
        "{dry:#}"
    );
    let unchanged = stage.json(&["run", "show", "latest"]);
    assert_eq!(unchanged["row"]["totals"]["cost_usd"], run["cost_usd"]);
    let done = stage.json(&["price", "recompute", "--run", "latest"]);
    assert_eq!(
        stage.run(&["doctor"]).status,
        Some(0),
        "a cost computed again is no damage"
    );
    assert_eq!(done["usd_before"], run["cost_usd"], "{done:#}");
    // 2 × (20 × $4 + 5 × $16) / 1,000,000
    assert_eq!(done["usd_after"], "0.00032", "{done:#}");
    assert_eq!(
        (tables(&done["from"]), tables(&done["to"])),
        (vec![bundled.as_str()], vec![version])
    );
    let shown = stage.json(&["run", "show", "latest"]);
    assert_eq!(shown["row"]["totals"]["cost_usd"], "0.00032");
    assert_eq!(tables(&shown["price_sources"]), [version]);
    assert_eq!(
        shown["row"]["totals"]["paid_usd"], run["paid_usd"],
        "the ledger keeps what it booked"
    );

    let reset = stage.json(&["price", "table", "--reset"]);
    assert_eq!(
        (&reset["bundled"], &reset["version"]),
        (&true.into(), &bundled.as_str().into())
    );
    assert_eq!(stage.json(&cost)["cost_usd"], "0.4");
}

#[test]
fn costs_of_imported_calls_are_computed_again_on_request_only() {
    let stage = Stage::new();
    let calls = [
        call("a", "gpt-4.1-mini", &json!({})),
        call("b", "gpt-4.1-mini", &json!({"batch": "true"})),
        call("c", "gpt-4.1", &json!({})),
    ];
    stage.write("calls.jsonl", calls.join("\n"));
    stage.json(&["import", "calls.jsonl"]);
    let cost_of = |span: &str| stage.json(&["trace", "show", "t-1", span])["cost"].clone();
    assert_eq!(cost_of("a")["usd"], "0.00056", "{:#}", cost_of("a"));
    let batch = cost_of("b");
    assert_eq!(batch["usd"], "0.00028", "half, and it says so: {batch:#}");
    assert_eq!(batch["lines"][0]["unit"], "input_batch");
    stage.write("data.json", NEWER);
    stage.json(&["price", "import", "data.json"]);
    assert_eq!(cost_of("a")["usd"], "0.00056", "stored figures stay");
    let before = stage.json(&["stats", "--by", "model"]);
    let dry = stage.json(&["price", "recompute", "--traces", "--dry-run"]);
    assert_eq!(stage.json(&["stats", "--by", "model"]), before);
    let model = ["price", "recompute", "--traces", "--model", "gpt-4.1-mini"];
    let done = stage.json(&model);
    assert_eq!(
        (&done["calls"], &done["changed"]),
        (&2.into(), &2.into()),
        "{done:#}"
    );
    assert_eq!(dry["changed"], done["changed"], "{dry:#}");
    assert_eq!(done["usd_before"], "0.00084");
    // 1,000 × $4 + 100 × $16; a batch is half of it by the vendor's rule.
    assert_eq!(done["usd_after"], "0.0084", "{done:#}");
    assert_eq!(cost_of("a")["usd"], "0.0056");
    assert_eq!(cost_of("b")["usd"], "0.0028");
    let again = stage.json(&model);
    assert_eq!(again["changed"], 0, "{again:#}");
    let stats = stage.json(&["stats", "--by", "model"]);
    let sources = stats["price_sources"].as_array().unwrap();
    assert!(sources.len() >= 2, "two tables now: {stats:#}");
    let text = stage.run(&["stats", "--by", "model"]).out;
    assert!(text.contains("prices: genai-prices "), "{text}");
}

#[test]
fn a_file_that_is_no_price_table_is_refused_and_the_one_in_force_stays() {
    let stage = Stage::new();
    let before = stage.json(&["price", "table"]);
    let negative = NEWER.replace(":16", ":-16");
    let bomb = {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..64 {
            packed.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        packed.finish().unwrap()
    };
    for (name, content, words) in [
        ("no.json", b"not json".to_vec(), "price table"),
        ("empty.json", b"[]".to_vec(), "no model"),
        ("negative.json", negative.into_bytes(), "negative"),
        ("binary.json", vec![0xff, 0xfe, 0x00], "UTF-8"),
        ("bomb.json.gz", bomb, "more than"),
        ("cut.json.gz", vec![0x1f, 0x8b, 0x08], "cannot be read"),
    ] {
        stage.write(name, content);
        stage.run(&["price", "import", name]).refused(2, &[words]);
    }
    stage
        .run(&["price", "import", "missing.json"])
        .refused(2, &["missing.json"]);
    stage
        .run(&["price", "import", "."])
        .refused(2, &["no file"]);
    let good = stage.write("data.json", NEWER);
    let good = good.to_str().unwrap();
    stage
        .run(&["price", "import", good, "--as-of", "yesterday"])
        .refused(2, &["yesterday"]);
    assert_eq!(stage.json(&["price", "table"]), before);
}

#[test]
fn a_packed_table_is_the_same_table() {
    let stage = Stage::new();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(NEWER.as_bytes()).unwrap();
    stage.write("data.json.gz", packed.finish().unwrap());
    stage.write("data.json", NEWER);
    let plain = stage.json(&["price", "import", "data.json", "--as-of", "2026-01-02"]);
    let unpacked = stage.json(&["price", "import", "data.json.gz", "--as-of", "2026-01-02"]);
    assert_eq!(
        (&plain["version"], &plain["models"]),
        (&unpacked["version"], &1.into())
    );
}

#[test]
fn parts_of_a_call_are_priced_by_their_own_units() {
    let stage = Stage::new();
    let cost = |args: &[&str]| {
        let mut all = vec![
            "cost",
            "--model",
            "claude-sonnet-4-5",
            "--in",
            "10000",
            "--out",
            "1000",
        ];
        all.extend(args);
        stage.json(&all)
    };
    let units = |cost: &Value| -> Vec<String> {
        let lines = cost["lines"].as_array().unwrap().iter();
        lines
            .map(|line| line["unit"].as_str().unwrap().to_owned())
            .collect()
    };
    let hour = cost(&["--cache-write", "8000", "--cache-write-1h", "6000"]);
    assert_eq!(
        units(&hour),
        [
            "input",
            "input_cache_write",
            "input_cache_write_1h",
            "output"
        ]
    );
    // 2,000 × $3 + 2,000 × $3.75 + 6,000 × $6 + 1,000 × $15
    assert_eq!(hour["cost_usd"], "0.0645", "{hour:#}");
    let batch = cost(&["--batch"]);
    assert_eq!(units(&batch), ["input_batch", "output_batch"]);
    assert_eq!(batch["cost_usd"], "0.0225", "{batch:#}");
    let set = [
        "price",
        "set",
        "claude-sonnet-4-5",
        "--in",
        "1",
        "--out",
        "2",
    ];
    stage.json(&set);
    let silent = cost(&["--batch"]);
    assert!(silent["cost_usd"].is_null(), "{silent:#}");
    let mut with_batch = set.to_vec();
    with_batch.extend([
        "--batch-in",
        "0.5",
        "--batch-out",
        "1",
        "--cache-write-1h",
        "3",
    ]);
    stage.json(&with_batch);
    assert_eq!(cost(&["--batch"])["cost_usd"], "0.006");
    let listed = stage.run(&["price", "list"]).out;
    assert!(
        listed.contains("for an hour 3, batch in 0.5, batch out 1"),
        "{listed}"
    );
    let hour = cost(&["--cache-write", "10000", "--cache-write-1h", "10000"]);
    assert_eq!(hour["cost_usd"], "0.032", "{hour:#}");
    stage
        .run(&[
            "price",
            "set",
            "m",
            "--in",
            "1",
            "--out",
            "2",
            "--batch-in",
            "1",
        ])
        .refused(2, &[]);
}

#[test]
fn a_run_that_is_still_going_is_not_computed_again() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|_| Reply::Hold("late".into()));
    let mut running = stage.start(&stage.replay(&server.base_url, &[]));
    while server.requests() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    stage
        .run(&["price", "recompute", "--run", "latest"])
        .refused(2, &["still going"]);
    running.child().kill().unwrap();
}

#[test]
fn a_forecast_names_its_price_table() {
    let stage = Stage::new();
    let forecast = stage.json(&[
        "forecast",
        "--model",
        "openai:gpt-4.1-mini",
        "--requests-per-day",
        "10",
        "--in",
        "100",
        "--out",
        "10",
    ]);
    let version = forecast["price_version"].as_str().unwrap();
    assert_eq!(tables(&forecast["price_sources"]), [version]);
}
