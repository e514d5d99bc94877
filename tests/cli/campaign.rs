//! Ten thousand calls of which three in ten go wrong: the ledger and the server agree on every one of them.

use crate::model_server::{COST_PICO, ModelServer, Reply};
use crate::stage::{Stage, count};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const CALLS: u64 = 10_000;
/// Retries that were allowed before any request was counted.
const ALLOWANCE: u64 = 10;

#[derive(Default)]
struct Served {
    whole: AtomicU64,
    cut: AtomicU64,
    garbled: AtomicU64,
    refused: AtomicU64,
    keys: Mutex<BTreeSet<String>>,
}

#[test]
fn the_ledger_equals_the_servers_own_count_and_retries_stay_in_their_budget() {
    let stage = Stage::with_cases(CALLS as usize);
    let served = Arc::new(Served::default());
    let counts = Arc::clone(&served);
    let server = ModelServer::start(move |seen| {
        assert!(
            counts
                .keys
                .lock()
                .unwrap()
                .insert(seen.idempotency_key.clone()),
            "every attempt has a key of its own"
        );
        let add = |counter: &AtomicU64| counter.fetch_add(1, Ordering::SeqCst);
        // Spread over the calls and their attempts alike, the same in every run of the test.
        let number: usize = seen.question.trim_start_matches("number ").parse().unwrap();
        match (number * 37 + seen.time * 11) % 100 {
            0..10 => {
                add(&counts.refused);
                Reply::Refuse(503, Vec::new(), "{}".to_owned())
            }
            10..15 => {
                add(&counts.refused);
                Reply::Refuse(429, vec![("retry-after", "0".to_owned())], "{}".to_owned())
            }
            15..22 => {
                add(&counts.cut);
                Reply::Cut(format!("answer to {}", seen.question))
            }
            22..30 => {
                add(&counts.garbled);
                let json = vec![("content-type", "application/json".to_owned())];
                Reply::Refuse(200, json, "{\"choices\": [{".to_owned())
            }
            _ => {
                add(&counts.whole);
                Reply::Answer(format!("answer to {}", seen.question))
            }
        }
    });
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &["--concurrency", "32"]));
    assert_eq!(
        (status, &run["status"]),
        (Some(3), &"finished".into()),
        "{run:#}"
    );
    let requests = server.requests() as u64;
    assert_eq!(
        count(&run, "requests_sent"),
        requests,
        "every request is in the ledger"
    );
    assert!(
        requests <= CALLS + CALLS / 10 + ALLOWANCE,
        "{requests} requests for {CALLS} calls"
    );
    assert!(requests > CALLS, "refusals were tried again");
    let of = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
    for (name, counter) in [
        ("live", &served.whole),
        ("truncated", &served.cut),
        ("unknown", &served.garbled),
    ] {
        assert_eq!(count(&run, name), of(counter), "{name}: {run:#}");
    }
    assert_eq!(
        count(&run, "failed"),
        CALLS - of(&served.whole) - of(&served.cut) - of(&served.garbled)
    );
    let paid: f64 = run["paid_usd"].as_str().unwrap().parse().unwrap();
    let billed = of(&served.whole) as f64 * COST_PICO as f64 / 1e12;
    assert!((paid - billed).abs() < 1e-9, "{paid} paid, {billed} billed");
    let possible: f64 = run["possible_usd"].as_str().unwrap().parse().unwrap();
    assert!(possible > 0.0, "what was cut or garbled may have been paid");
}
