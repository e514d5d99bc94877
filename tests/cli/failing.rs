//! Servers that refuse, break off or talk nonsense: what is tried again, and what is never taken for an answer.

use crate::model_server::{ModelServer, Reply, echo};
use crate::raw_server::{Break, RawServer, nobody};
use crate::stage::{Stage, count, counts};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_truncated_stream_is_never_graded_cached_or_taken_for_a_pass() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(|seen| match seen.question.as_str() {
        "number 2" if seen.time < 3 => Reply::Cut("answer to number 2".to_owned()),
        _ => echo(seen),
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    counts(
        &run,
        &[
            ("live", 1),
            ("truncated", 1),
            ("graded", 1),
            ("failed", 0),
            ("requests_sent", 2),
        ],
    );
    assert_eq!(
        status,
        Some(3),
        "the connection failed, so the run is no pass"
    );
    let second = stage.json(&stage.replay(&server.base_url, &[]));
    counts(
        &second,
        &[("cached", 1), ("truncated", 1), ("requests_sent", 1)],
    );
    let third = stage.json(&stage.replay(&server.base_url, &[]));
    counts(&third, &[("cached", 1), ("live", 1), ("truncated", 0)]);
    assert_eq!(server.times()["number 2"], 3);
}

#[test]
fn a_stream_cut_inside_a_chunk_is_truncated_too() {
    let stage = Stage::with_cases(1);
    let server = RawServer::start(Break::HalfAChunk);
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    counts(
        &run,
        &[
            ("truncated", 1),
            ("live", 0),
            ("graded", 0),
            ("requests_sent", 1),
        ],
    );
    assert_eq!((status, server.requests()), (Some(3), 1));
    assert!(
        run["cost_usd"].is_null(),
        "nobody said what it cost: {run:#}"
    );
}

#[test]
fn a_server_error_is_tried_three_times_and_then_failed() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(|seen| match seen.question.as_str() {
        "number 1" => Reply::Refuse(
            500,
            Vec::new(),
            "{\"error\":{\"message\":\"out of luck\"}}".to_owned(),
        ),
        _ => echo(seen),
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(status, Some(3), "{run:#}");
    counts(&run, &[("live", 1), ("failed", 1), ("requests_sent", 4)]);
    assert_eq!(server.times()["number 1"], 3);
    assert!(
        run["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("out of luck"),
        "{run:#}"
    );
    let keys: BTreeSet<String> = server
        .seen()
        .into_iter()
        .map(|seen| seen.idempotency_key)
        .collect();
    assert_eq!(keys.len(), 4, "each attempt has its own key");
}

#[test]
fn a_refusal_that_waiting_does_not_mend_is_sent_once() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|_| {
        Reply::Refuse(
            401,
            Vec::new(),
            "{\"error\":{\"message\":\"no\"}}".to_owned(),
        )
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!((status, server.requests()), (Some(3), 1));
    counts(&run, &[("failed", 1), ("requests_sent", 1)]);
}

#[test]
fn a_full_server_is_given_the_time_it_asks_for() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|seen| match seen.time {
        1 => Reply::Refuse(429, vec![("retry-after", "1".to_owned())], "{}".to_owned()),
        _ => echo(seen),
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(status, Some(0), "{run:#}");
    counts(&run, &[("live", 1), ("requests_sent", 2), ("failed", 0)]);
    assert!(
        run["wall_ms"].as_f64().unwrap() >= 1_000.0,
        "the second was waited for"
    );
}

#[test]
fn a_server_that_is_not_there_says_so_and_what_to_do() {
    let (stage, address) = (Stage::with_cases(1), nobody());
    let ran = stage.run(&stage.replay(&address, &[]));
    ran.refused(3, &[]);
    let said = ran.out + &ran.err;
    assert!(
        said.contains(address.trim_end_matches("/v1")),
        "where: {said}"
    );
    assert!(
        said.contains("Is the server running"),
        "what to do next: {said}"
    );
}

#[test]
fn a_call_whose_fate_is_unknown_is_not_sent_again_without_consent() {
    for how in [Break::Silence, Break::HalfAHead] {
        let (stage, server) = (Stage::with_cases(2), RawServer::start(how));
        let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
        assert_eq!(status, Some(3), "{how:?}: {run:#}");
        counts(&run, &[("unknown", 2), ("failed", 0), ("requests_sent", 2)]);
        let (status, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
        assert_eq!(status, Some(3));
        counts(&resumed, &[("unknown", 2), ("requests_sent", 2)]);
        assert_eq!(server.requests(), 2, "{how:?}: nothing more was sent");
        let (_, consented) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
        counts(&consented, &[("unknown", 2), ("requests_sent", 4)]);
        assert_eq!(server.requests(), 4, "{how:?}");
    }
}

#[test]
fn a_page_of_a_web_server_is_a_failure_and_never_an_answer() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|_| {
        let page = "<html>Welcome to the hotel's wireless network</html>".to_owned();
        Reply::Refuse(200, vec![("content-type", "text/html".to_owned())], page)
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(status, Some(3), "{run:#}");
    counts(&run, &[("live", 0), ("failed", 1), ("graded", 0)]);
    assert_eq!(run["possible_usd"], "0", "a page bills nobody: {run:#}");
}

#[test]
fn an_answer_that_cannot_be_read_may_have_been_paid_and_is_not_sent_again_unasked() {
    for body in [
        "<html>Welcome to the hotel's wireless network</html>",
        "{\"choices\": []}",
        "",
    ] {
        let stage = Stage::with_cases(1);
        let server = ModelServer::start(move |_| {
            Reply::Refuse(
                200,
                vec![("content-type", "application/json".to_owned())],
                body.to_owned(),
            )
        });
        let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
        assert_eq!(status, Some(3), "{body:?}: {run:#}");
        counts(&run, &[("live", 0), ("unknown", 1), ("graded", 0)]);
        assert_ne!(run["possible_usd"], "0", "{body:?}: {run:#}");
        stage.run_json(&["replay", "--resume", "latest"]);
        assert_eq!(server.requests(), 1, "{body:?}");
        stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
        assert_eq!(server.requests(), 2, "{body:?}");
    }
}

#[test]
fn without_retries_every_call_is_sent_once() {
    let stage = Stage::with_cases(3);
    let server = ModelServer::start(|_| Reply::Refuse(503, Vec::new(), "{}".to_owned()));
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &["--no-retries"]));
    assert_eq!(status, Some(3), "{run:#}");
    counts(&run, &[("failed", 3), ("requests_sent", 3)]);
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_server_that_is_down_for_a_while_is_left_alone_and_then_asked_for_the_rest() {
    let stage = Stage::with_cases(40);
    let down = Arc::new(AtomicUsize::new(0));
    let times = Arc::clone(&down);
    let server = ModelServer::start(move |seen| {
        if times.fetch_add(1, Ordering::SeqCst) < 12 {
            return Reply::Refuse(503, Vec::new(), "{}".to_owned());
        }
        echo(seen)
    });
    let args = stage.replay(&server.base_url, &["--no-retries", "--concurrency", "2"]);
    let (status, run) = stage.run_json(&args);
    assert_eq!(
        (status, &run["status"]),
        (Some(3), &"finished".into()),
        "{run:#}"
    );
    counts(&run, &[("failed", 12), ("live", 28), ("requests_sent", 40)]);
    let waited = run["wall_ms"].as_f64().unwrap();
    assert!(
        waited >= 1_000.0,
        "the breaker was open for a second: {waited} ms"
    );
    let rest = stage.json(&["replay", "--resume", "latest"]);
    counts(&rest, &[("live", 40), ("failed", 0)]);
}

#[test]
fn a_call_waits_as_long_as_it_was_told_and_no_longer() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|seen| {
        Reply::Late(
            Duration::from_secs(20),
            format!("answer to {}", seen.question),
        )
    });
    let begun = Instant::now();
    let args = stage.replay(
        &server.base_url,
        &["--first-token-timeout", "0.4", "--no-retries"],
    );
    let (status, run) = stage.run_json(&args);
    assert_eq!(status, Some(3), "{run:#}");
    assert_eq!(count(&run, "unknown"), 1, "it was sent: {run:#}");
    assert!(begun.elapsed() < Duration::from_secs(15));
    let refused = stage.run(&stage.replay(&server.base_url, &["--idle-timeout", "0"]));
    assert!(
        refused.err.contains("--idle-timeout 0 is no time to wait"),
        "{}",
        refused.err
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_cut_answer_is_asked_for_again_with_consent_alone() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(|seen| match seen.question.as_str() {
        "number 2" if seen.time < 2 => Reply::Cut("answer to number 2".to_owned()),
        _ => echo(seen),
    });
    let (_, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    counts(&run, &[("live", 1), ("truncated", 1)]);
    let (_, same) = stage.run_json(&["replay", "--resume", "latest"]);
    counts(&same, &[("live", 1), ("truncated", 1)]);
    assert_eq!(server.requests(), 2);
    let (status, again) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!(status, Some(0), "{again:#}");
    counts(&again, &[("live", 2), ("truncated", 0)]);
    assert_eq!(server.requests(), 3);
    assert_eq!(stage.json(&["doctor"])["ok"], true);
}
