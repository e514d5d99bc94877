//! The cap on money: what the server saw never costs more, the cap is used, and the run goes on with a higher one.

use crate::model_server::{COST_PICO, ModelServer, Reply, echo};
use crate::stage::{Stage, cases, count, prompt};
use serde_json::Value;
use std::time::Duration;

const CASES: usize = 40;
/// Pays for twelve answers; their upper bounds together would be far above it.
const CAP: &str = "0.0003";
const CAP_PICO: u64 = 300_000_000;

fn staged() -> (Stage, ModelServer) {
    let stage = Stage::with_cases(CASES);
    let server = ModelServer::start(|seen| {
        Reply::Late(
            Duration::from_millis(2),
            format!("answer to {}", seen.question),
        )
    });
    (stage, server)
}

#[test]
fn the_server_is_paid_no_more_than_the_cap_and_a_higher_cap_goes_on() {
    let (stage, server) = staged();
    let args = stage.replay(&server.base_url, &["--cap-usd", CAP, "--concurrency", "8"]);
    let (status, run) = stage.run_json(&args);
    assert_eq!(status, Some(1), "{run:#}");
    assert_eq!(run["status"], "capped");
    let sent = server.requests() as u64;
    assert!(
        sent * COST_PICO <= CAP_PICO,
        "{sent} requests cost more than the cap"
    );
    assert!(
        sent * COST_PICO >= CAP_PICO / 2,
        "the run stopped after {sent} answers although money was left for more"
    );
    assert_eq!(
        (count(&run, "live"), count(&run, "pending")),
        (sent, CASES as u64 - sent)
    );

    let (status, same) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!((status, &same["status"]), (Some(1), &"capped".into()));
    assert_eq!(
        count(&same, "live"),
        sent,
        "nothing is lost and nothing more is spent"
    );
    assert_eq!(server.requests() as u64, sent);

    let (status, rest) = stage.run_json(&["replay", "--resume", "latest", "--cap-usd", "1"]);
    assert_eq!(
        (status, &rest["status"]),
        (Some(0), &"finished".into()),
        "{rest:#}"
    );
    assert_eq!(count(&rest, "live"), CASES as u64);
    assert!(
        server.times().values().all(|times| *times == 1),
        "no answer is paid twice"
    );
}

#[test]
fn a_cap_that_pays_for_nothing_sends_nothing() {
    let (stage, server) = staged();
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &["--cap-usd", "0"]));
    assert_eq!((status, &run["status"]), (Some(1), &"capped".into()));
    assert_eq!(
        (count(&run, "pending"), server.requests()),
        (CASES as u64, 0)
    );
}

#[test]
fn a_cap_on_a_model_without_a_price_sends_nothing_and_says_why() {
    let (stage, server) = staged();
    let mut args = stage.replay(&server.base_url, &["--cap-usd", "5"]);
    args[3] = "local:nameless";
    let (status, run) = stage.run_json(&args);
    assert_eq!(status, Some(2), "{run:#}");
    assert_eq!(
        (count(&run, "not_sent"), server.requests()),
        (CASES as u64, 0)
    );
    let why = run["errors"][0]["message"].as_str().unwrap();
    assert!(
        why.contains("cap") && why.contains("local:nameless"),
        "{why}"
    );
}

#[test]
fn what_the_cache_answers_costs_no_part_of_the_cap() {
    let stage = Stage::with_cases(5);
    let server = ModelServer::start(echo);
    stage.json(&stage.replay(&server.base_url, &[]));
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &["--cap-usd", "0"]));
    assert_eq!((status, count(&run, "cached")), (Some(0), 5), "{run:#}");
}

#[test]
fn answers_that_do_not_tell_their_cost_stay_on_the_bill_of_the_cap() {
    let stage = Stage::with_cases(CASES);
    let server = ModelServer::start(|seen| Reply::Cut(format!("answer to {}", seen.question)));
    let args = stage.replay(&server.base_url, &["--cap-usd", CAP]);
    let (_, run) = stage.run_json(&args);
    let sent = server.requests();
    assert_eq!(run["status"], "capped", "{run:#}");
    assert!((1..CASES).contains(&sent), "{sent} requests");
    assert_eq!(run["paid_usd"], "0", "{run:#}");
    let possible: f64 = run["possible_usd"].as_str().unwrap().parse().unwrap();
    assert!(
        possible > 0.0 && possible <= CAP.parse().unwrap(),
        "{run:#}"
    );
    let (_, again) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(again["status"], "capped", "{again:#}");
    assert_eq!(
        server.requests(),
        sent,
        "what may have been paid pays for nothing more"
    );
}

#[test]
fn a_day_is_capped_for_all_runs_together_and_each_says_why_it_stopped() {
    let (stage, server) = staged();
    let (status, cap) = stage.run_json(&["cap", "--day-usd", CAP]);
    assert_eq!((status, &cap["cap_day_usd"]), (Some(0), &CAP.into()));
    let whole = stage.replay(&server.base_url, &["--concurrency", "8"]);
    let (status, first) = stage.run_json(&whole);
    assert_eq!(
        (status, &first["status"]),
        (Some(1), &"capped".into()),
        "{first:#}"
    );
    let sent = server.requests() as u64;
    assert!(
        sent * COST_PICO <= CAP_PICO,
        "{sent} requests cost more than the day's cap"
    );
    assert!(
        sent * COST_PICO >= CAP_PICO / 2,
        "money was left after {sent} answers"
    );
    let other = stage.replay(&server.base_url, &["--no-cache", "--concurrency", "2"]);
    let (_, second) = stage.run_json(&other);
    assert_eq!(second["status"], "capped", "{second:#}");
    let after = server.requests() as u64;
    assert!(
        after * COST_PICO <= CAP_PICO,
        "the second run has the same day"
    );
    let said = stage.run(&["replay", "--resume", "latest"]);
    assert!(said.err.contains("a day (UTC) is reached"), "{}", said.err);
    stage.json(&["cap", "--none"]);
    let (status, rest) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        (status, &rest["status"]),
        (Some(0), &"finished".into()),
        "{rest:#}"
    );
}

#[test]
fn a_tenant_is_capped_apart_from_the_others_and_each_bill_is_told() {
    let (stage, server) = staged();
    stage.json(&["cap", "--day-usd", CAP, "--tenant", "acme"]);
    let acme = stage.replay(&server.base_url, &["--tenant", "acme", "--no-cache"]);
    let (status, first) = stage.run_json(&acme);
    assert_eq!(
        (status, &first["status"]),
        (Some(1), &"capped".into()),
        "{first:#}"
    );
    let why = because(&stage);
    assert!(why.contains("for the tenant acme"), "{why}");
    let sent = server.requests() as u64;
    assert!((1..=CAP_PICO / COST_PICO).contains(&sent), "{sent}");

    let other = stage.replay(&server.base_url, &["--tenant", "other", "--no-cache"]);
    let (status, second) = stage.run_json(&other);
    assert_eq!(status, Some(0), "{second:#}");
    let bills = stage.json(&["cap"]);
    let bill = |payer: &str| {
        let payers = bills["payers"].as_array().unwrap();
        payers.iter().find(|of| of["payer"] == payer).cloned()
    };
    let acme = bill("tenant:acme").unwrap();
    assert_eq!(acme["cap_day_usd"], CAP);
    let amount = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let parts = amount(&acme["today_at_most_usd"])
        + amount(&bill("tenant:other").unwrap()["today_at_most_usd"]);
    let all = amount(&bills["today_at_most_usd"]);
    assert!((parts - all).abs() < 1e-9, "{bills:#}");
    let key = bill("key:openai").unwrap();
    assert_eq!(key["today_at_most_usd"], bills["today_at_most_usd"]);

    stage.json(&["cap", "--day-usd", "0", "--key", "openai"]);
    let (_, third) = stage.run_json(&stage.replay(&server.base_url, &["--no-cache"]));
    assert_eq!(third["status"], "capped", "{third:#}");
    let why = because(&stage);
    assert!(why.contains("for the key of openai"), "{why}");
}

/// Why the latest run ended before its end.
fn because(stage: &Stage) -> String {
    let run = stage.json(&["run", "show", "latest"]);
    run["row"]["ended_because"].as_str().unwrap().to_owned()
}

#[test]
fn a_prompts_own_limit_on_the_cost_of_a_call_is_kept() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(echo);
    let text = prompt("1.1.0", "Answer in one word.");
    let limited = |usd: &str| {
        text.replace(
            "  max_tokens_out: 50\n",
            &format!("  max_tokens_out: 50\n  max_cost_usd: \"{usd}\"\n"),
        )
    };
    let run = |usd: &str| {
        stage.write("prompts/answer/prompt.md", limited(usd));
        let mut args = stage.replay(&server.base_url, &[]);
        args[1] = "answer";
        stage.run_json(&args)
    };
    let (status, refused) = run("0.000001");
    assert_eq!(status, Some(2), "{refused:#}");
    assert_eq!((count(&refused, "not_sent"), server.requests()), (2, 0));
    let why = refused["errors"][0]["message"].as_str().unwrap();
    assert!(why.contains("US dollars"), "{why}");
    let (status, answered) = run("0.01");
    assert_eq!(
        (status, count(&answered, "live")),
        (Some(0), 2),
        "{answered:#}"
    );
}

#[test]
fn what_was_paid_and_what_the_cache_saved_are_told_apart() {
    let stage = Stage::with_cases(5);
    let server = ModelServer::start(echo);
    let first = stage.json(&stage.replay(&server.base_url, &[]));
    assert_eq!(
        (&first["paid_usd"], &first["saved_usd"]),
        (&"0.00008".into(), &Value::Null)
    );
    stage.write("cases.jsonl", cases(8));
    let second = stage.json(&stage.replay(&server.base_url, &[]));
    assert_eq!(
        second["cost_usd"], "0.000128",
        "what all answers are worth: {second:#}"
    );
    assert_eq!(
        (
            &second["paid_usd"],
            &second["saved_usd"],
            &second["possible_usd"]
        ),
        (&"0.000048".into(), &"0.00008".into(), &"0".into())
    );
    let cache = stage.json(&["cache", "show"]);
    assert_eq!(
        (
            &cache["entries"],
            &cache["calls_saved"],
            &cache["saved_usd"]
        ),
        (&8.into(), &5.into(), &"0.00008".into())
    );
    assert_eq!(
        stage.run(&["cache", "purge"]).status,
        Some(2),
        "nothing says what to drop"
    );
    let purged = stage.json(&["cache", "purge", "--prompt", "answer"]);
    assert_eq!(purged["purged"], 8);
    let third = stage.json(&stage.replay(&server.base_url, &[]));
    assert_eq!((count(&third, "live"), count(&third, "cached")), (8, 0));
}

#[test]
fn a_days_cap_on_a_model_without_a_price_sends_nothing_and_says_why() {
    let (stage, server) = staged();
    stage.json(&["cap", "--day-usd", "5"]);
    let mut args = stage.replay(&server.base_url, &[]);
    args[3] = "local:nameless";
    let (status, run) = stage.run_json(&args);
    assert_eq!(
        (status, &run["status"]),
        (Some(2), &"finished".into()),
        "{run:#}"
    );
    assert_eq!(
        (count(&run, "not_sent"), server.requests()),
        (CASES as u64, 0)
    );
    let why = run["errors"][0]["message"].as_str().unwrap();
    assert!(why.contains("a day cannot be kept"), "{why}");
}
