//! The cap on money: what the server saw never costs more, the cap is used, and the run goes on with a higher one.

use crate::model_server::{COST_PICO, ModelServer, Reply, echo};
use crate::stage::{Stage, count};
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
