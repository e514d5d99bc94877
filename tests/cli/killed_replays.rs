//! Replays killed at any moment, again and again: nothing that was answered is lost or paid twice, and a resume ends
//! with every case answered.

#![cfg(unix)]

use crate::model_server::{ModelServer, Reply};
use crate::stage::{Stage, count};
use std::time::Duration;

/// Workspaces that are disturbed side by side, and how often each.
const WORKSPACES: u64 = 40;
const AT_ONCE: usize = 20;
const KILLS: usize = 5;
const CASES: usize = 70;
const CONCURRENCY: usize = 4;

/// A small generator (xorshift), so that a failure can be repeated from its seed.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Kills one run again and again, and gives how many of the kills hit it at work.
fn disturbed(seed: u64) -> usize {
    let stage = Stage::with_cases(CASES);
    let server = ModelServer::start(|seen| {
        Reply::Late(
            Duration::from_millis(2),
            format!("answer to {}", seen.question),
        )
    });
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ (seed << 32);
    let (mut hits, mut answered) = (0, 0);
    let begin = stage.replay(&server.base_url, &["--concurrency", "4", "--no-retries"]);
    for kill in 0..KILLS {
        let resume = vec!["replay", "--resume", "latest"];
        let begun = server.requests();
        let program = stage.start(if kill == 0 { &begin } else { &resume });
        let wanted = begun + 1 + (next(&mut state) % 12) as usize;
        let mut program = program;
        while server.requests() < wanted && !program.has_ended() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(next(&mut state) % 6_000));
        hits += usize::from(!program.has_ended());
        program.kill();
        let doctor = stage.json(&["doctor"]);
        assert_eq!(
            doctor["ok"], true,
            "workspace {seed}, kill {kill}: {doctor:#}"
        );
        let live = count(
            &stage.json(&["run", "show", "latest"])["row"]["totals"],
            "live",
        );
        assert!(
            live >= answered,
            "workspace {seed}, kill {kill}: an answer was lost"
        );
        answered = live;
    }
    let (_, rest) = stage.run_json(&["replay", "--resume", "latest"]);
    let (live, unknown) = (count(&rest, "live"), count(&rest, "unknown"));
    assert_eq!(live + unknown, CASES as u64, "workspace {seed}: {rest:#}");
    assert!(
        unknown as usize <= KILLS * CONCURRENCY,
        "workspace {seed}: {unknown} unknown"
    );
    assert!(
        server.times().values().all(|times| *times == 1),
        "workspace {seed}: something was sent twice without consent: {:?}",
        server.times()
    );
    let (status, whole) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!(
        (status, count(&whole, "live")),
        (Some(0), CASES as u64),
        "workspace {seed}: {whole:#}"
    );
    let again = server.times().values().filter(|times| **times > 1).count() as u64;
    assert!(
        again <= unknown,
        "workspace {seed}: more was sent again than was unknown"
    );
    assert_eq!(stage.json(&["doctor"])["ok"], true);
    hits
}

#[test]
fn two_hundred_kills_of_replays_lose_no_answer_and_pay_none_twice() {
    // Each resume waits for the dead process' silence, so many wait together.
    let hits: usize = (0..WORKSPACES)
        .collect::<Vec<_>>()
        .chunks(AT_ONCE)
        .map(|some| {
            std::thread::scope(|scope| {
                let running: Vec<_> = some
                    .iter()
                    .map(|seed| scope.spawn(move || disturbed(*seed)))
                    .collect();
                running
                    .into_iter()
                    .map(|done| done.join().unwrap())
                    .sum::<usize>()
            })
        })
        .sum();
    let kills = WORKSPACES as usize * KILLS;
    assert!(
        hits > kills / 2,
        "only {hits} of {kills} kills hit a run at work"
    );
}
