//! Money before it is spent: prices of one's own, forecasts, and estimates that learn from earlier calls.

use crate::model_server::{ModelServer, Reply, TOKENS_IN, TOKENS_OUT, echo};
use crate::stage::{Stage, cases, prompt};

#[test]
fn a_price_of_ones_own_goes_first_and_changes_no_earlier_cost() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(echo);
    let before = stage.json(&stage.replay(&server.base_url, &[]));
    let set = [
        "price",
        "set",
        "gpt-4.1-mini",
        "--in",
        "1",
        "--out",
        "2",
        "--source",
        "contract",
    ];
    let (status, price) = stage.run_json(&set);
    assert_eq!((status, &price["source"]), (Some(0), &"contract".into()));
    let cost = stage.json(&[
        "cost",
        "--model",
        "gpt-4.1-mini",
        "--in",
        "1000000",
        "--out",
        "0",
    ]);
    assert_eq!(
        (&cost["cost_usd"], &cost["price_table"]),
        (&"1".into(), &"contract".into())
    );
    let run = before["run_id"].as_str().unwrap();
    let shown = stage.json(&["run", "show", run]);
    assert_eq!(
        shown["row"]["totals"]["cost_usd"], before["cost_usd"],
        "{shown:#}"
    );
    let listed = stage.json(&["price", "list"]);
    assert_eq!(listed["prices"].as_array().unwrap().len(), 1);
    assert_eq!(
        stage.run(&["price", "remove", "gpt-4.1-mini"]).status,
        Some(0)
    );
    stage
        .run(&["price", "remove", "gpt-4.1-mini"])
        .refused(2, &["gpt-4.1-mini", "price list"]);
    stage
        .run(&["price", "set", "m", "--in", "-1", "--out", "2"])
        .refused(2, &[]);
}

#[test]
fn a_forecast_is_the_plain_formula_to_the_last_digit() {
    let stage = Stage::new();
    let plain = [
        "forecast",
        "--model",
        "openai:gpt-4.1-mini",
        "--requests-per-day",
        "120000",
        "--in",
        "1830",
        "--out",
        "212",
    ];
    let forecast = stage.json(&plain);
    assert_eq!(forecast["day_usd"], "128.544", "{forecast:#}");
    assert_eq!(forecast["month_usd"], "3856.32", "{forecast:#}");
    assert!(forecast["price_version"].is_string(), "{forecast:#}");
    let mut unpriced = plain;
    unpriced[2] = "nobody:nameless";
    let unknown = stage.json(&unpriced);
    assert!(unknown["day_usd"].is_null() && unknown["unknown_because"].is_string());
}

#[test]
fn an_estimate_learns_from_earlier_calls_and_the_run_keeps_it() {
    let stage = Stage::with_cases(10);
    let server = ModelServer::start(|seen| Reply::Answer(format!("answer to {}", seen.question)));
    let estimate = |stage: &Stage| {
        let mut args = stage.replay(&server.base_url, &["--estimate", "--no-cache"]);
        args.push("--cap-usd");
        args.push("1");
        stage.json(&args)
    };
    let unknown = estimate(&stage);
    assert_eq!(
        unknown["columns"][0]["output"]["from"], "limit",
        "{unknown:#}"
    );
    assert!(unknown["columns"][0]["count_error"].is_null());
    let run = stage.json(&stage.replay(&server.base_url, &[]));
    stage.write("cases.jsonl", cases(12));
    let known = estimate(&stage);
    let column = &known["columns"][0];
    assert_eq!(column["output"]["from"], "prompt", "{known:#}");
    assert_eq!(column["output"]["tokens_out_p90"], TOKENS_OUT, "{known:#}");
    assert_eq!(column["count_error"]["calls"], 10, "{known:#}");
    assert_eq!(
        known["tokens_in_expected"],
        12 * TOKENS_IN,
        "as the server measures it: {known:#}"
    );
    assert_eq!(
        known["cost_expected_usd"], "0.000192",
        "what twelve calls cost: {known:#}"
    );
    assert_eq!(known["cost_low_usd"], known["cost_high_usd"], "{known:#}");
    let upper: f64 = known["cost_upper_usd"].as_str().unwrap().parse().unwrap();
    assert!(upper > 0.000_192, "{known:#}");
    let shown = stage.json(&["run", "show", run["run_id"].as_str().unwrap()]);
    assert_eq!(shown["row"]["estimate"]["calls"], 10, "{shown:#}");
}

#[test]
fn an_estimate_names_what_a_provider_has_no_word_for() {
    let stage = Stage::with_cases(2);
    let text =
        prompt("1.1.0", "Answer.").replace("  temperature: 0\n", "  temperature: 0\n  seed: 7\n");
    stage.write("prompts/answer/prompt.md", text);
    let server = ModelServer::start(echo);
    let estimate = |model| {
        let mut args = stage.replay(&server.base_url, &["--estimate"]);
        args[1] = "answer";
        args[3] = model;
        stage.run_json(&args)
    };
    let (status, told) = estimate("anthropic:claude-haiku-4-5");
    assert_eq!(status, Some(1), "{told:#}");
    let problems = told["problems"].to_string();
    assert!(
        problems.contains("`seed`") && problems.contains("anthropic"),
        "{problems}"
    );
    let (status, told) = estimate("openai:gpt-4.1-mini");
    assert_eq!(
        (status, told["problems"].to_string().as_str()),
        (Some(0), "[]")
    );
    assert_eq!(server.requests(), 0, "an estimate sends nothing");
}

#[test]
fn a_cap_below_the_most_a_run_can_cost_is_a_warning_and_no_obstacle() {
    let stage = Stage::with_cases(5);
    let server = ModelServer::start(echo);
    stage.json(&["cap", "--day-usd", "0.0001"]);
    let args = stage.replay(&server.base_url, &["--estimate", "--cap-usd", "0.0001"]);
    let (status, told) = stage.run_json(&args);
    assert_eq!(
        (status, told["problems"].to_string().as_str()),
        (Some(0), "[]")
    );
    let warnings = told["warnings"].to_string();
    assert!(
        warnings.contains("the cap of $0.0001") && warnings.contains("today's cap leaves"),
        "{warnings}"
    );
}
