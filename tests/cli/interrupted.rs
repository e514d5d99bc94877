//! Runs that are cut off, by a crash or by a person: nothing that was answered is paid twice.

#![cfg(unix)]

use crate::model_server::{ModelServer, Reply, echo};
use crate::stage::{Ran, Running, Stage, cases, count, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const CASES: usize = 24;
const CONCURRENCY: u64 = 4;

fn staged() -> Stage {
    Stage::with_cases(CASES)
}

/// Kills the program when the server has seen `requests`, resumes, and checks what each answer cost.
fn killed_at(requests: usize) {
    let stage = staged();
    let server = ModelServer::start(|seen| {
        Reply::Late(
            Duration::from_millis(10),
            format!("answer to {}", seen.question),
        )
    });
    let program = stage.start(&stage.replay(&server.base_url, &["--concurrency", "4"]));
    server.wait_for(requests);
    program.kill();

    let before = stage.json(&["run", "show", "latest"]);
    let answered = count(&before["row"]["totals"], "live");
    let (_, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
    let (live, unknown) = (count(&resumed, "live"), count(&resumed, "unknown"));
    assert_eq!(
        live + unknown,
        CASES as u64,
        "killed at {requests}: {resumed:#}"
    );
    assert!(live >= answered, "an answer was lost");
    assert!(unknown <= CONCURRENCY, "{unknown} calls were on their way");
    for (question, times) in server.times() {
        assert_eq!(
            times, 1,
            "killed at {requests}: {question} was sent {times} times"
        );
    }

    let (status, consented) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!((status, count(&consented, "live")), (Some(0), CASES as u64));
    let twice = server.times().values().filter(|times| **times == 2).count();
    assert!(
        twice as u64 <= unknown,
        "only what was unknown is sent again"
    );
    let keys: BTreeSet<String> = server
        .seen()
        .into_iter()
        .map(|seen| seen.idempotency_key)
        .collect();
    assert_eq!(
        keys.len(),
        server.requests(),
        "no idempotency key is used twice"
    );
    assert_eq!(stage.json(&["doctor"])["ok"], true);
}

#[test]
fn a_crash_at_any_point_pays_nothing_twice() {
    // Each waits for the dead process' silence, so they wait together.
    std::thread::scope(|scope| {
        for requests in [1, 2, 9, 17, CASES - 1] {
            scope.spawn(move || killed_at(requests));
        }
    });
}

/// Starts a run whose first two answers come and whose others are held, and stops it by Ctrl-C.
fn stopped(stage: &Stage, server: &ModelServer, more: &[&str], seen: usize) -> Ran {
    let program = stage.start(&stage.replay(&server.base_url, more));
    server.wait_for(seen);
    interrupted(program)
}

fn interrupted(program: Running) -> Ran {
    signalled(program, "INT")
}

fn signalled(program: Running, signal: &str) -> Ran {
    let asked = Instant::now();
    program.signal(signal);
    let ran = program.end();
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "it took {:?} to stop",
        asked.elapsed()
    );
    assert_eq!(ran.status, Some(130), "{ran:#?}");
    ran
}

fn two_then_hold() -> ModelServer {
    ModelServer::start(|seen| match seen.question.as_str() {
        "number 1" | "number 2" => echo(seen),
        _ => Reply::Hold(format!("answer to {}", seen.question)),
    })
}

#[test]
fn ctrl_c_stops_soon_keeps_what_was_answered_and_the_run_goes_on() {
    let (stage, server) = (staged(), two_then_hold());
    let ran = stopped(&stage, &server, &["--concurrency", "1", "--json"], 3);
    let run = ran.object();
    assert_eq!(run["status"], "cancelled");
    assert_eq!(
        (count(&run, "live"), count(&run, "unknown")),
        (2, 1),
        "{run:#}"
    );
    server.release();
    let (status, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        (status, count(&resumed, "live")),
        (Some(3), CASES as u64 - 1),
        "{resumed:#}"
    );
    let (status, whole) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!((status, count(&whole, "live")), (Some(0), CASES as u64));
    assert_eq!(server.requests(), CASES + 1);
}

#[test]
fn a_terminated_run_keeps_its_answers_too() {
    let (stage, server) = (staged(), two_then_hold());
    let args = stage.replay(&server.base_url, &["--concurrency", "1", "--json"]);
    let program = stage.start(&args);
    server.wait_for(3);
    let run = signalled(program, "TERM").object();
    assert_eq!(run["status"], "cancelled", "{run:#}");
    assert_eq!(
        (count(&run, "live"), count(&run, "unknown")),
        (2, 1),
        "{run:#}"
    );
}

#[test]
fn ctrl_c_while_a_provider_is_left_alone_stops_too() {
    let stage = Stage::with_cases(40);
    let server = ModelServer::start(|_| Reply::Refuse(503, Vec::new(), "{}".to_owned()));
    let args = ["--no-retries", "--concurrency", "2", "--json"];
    // The breaker opens after ten failures; the eleventh or twelfth is the first trial, and the next comes later.
    let run = stopped(&stage, &server, &args, 12).object();
    assert_eq!(run["status"], "cancelled", "{run:#}");
    assert_eq!(count(&run, "requests_sent"), server.requests() as u64);
    assert!(count(&run, "pending") > 20, "{run:#}");
}

#[test]
fn ctrl_c_with_every_cell_on_its_way_is_a_cancelled_run_too() {
    let stage = Stage::with_cases(3);
    let server = ModelServer::start(|seen| Reply::Hold(seen.question.clone()));
    let run = stopped(&stage, &server, &["--json"], 3).object();
    assert_eq!(run["status"], "cancelled", "{run:#}");
    assert_eq!(count(&run, "unknown"), 3);
}

#[test]
fn ctrl_c_while_a_retry_waits_leaves_the_cell_for_later() {
    let stage = Stage::with_cases(1);
    let server = ModelServer::start(|seen| match seen.time {
        1 => Reply::Refuse(503, vec![("retry-after", "50".to_owned())], "{}".to_owned()),
        _ => echo(seen),
    });
    let program = stage.start(&stage.replay(&server.base_url, &["--json"]));
    server.wait_for(1);
    // That the server has answered does not say that the program has read it.
    until("the refusal to stand in the ledger", || {
        let attempts = stage.cells().into_iter().flat_map(|cell| cell.attempts);
        attempts.map(|attempt| attempt.state).eq(["failed"])
    });
    let run = interrupted(program).object();
    assert_eq!(
        (&run["status"], count(&run, "pending")),
        (&json!("cancelled"), 1),
        "{run:#}"
    );
    let (status, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        (status, count(&resumed, "live"), server.requests()),
        (Some(0), 1, 2)
    );
}

#[test]
fn a_case_that_changed_meanwhile_is_not_sent_as_if_it_were_the_old_one() {
    let (stage, server) = (staged(), two_then_hold());
    stopped(&stage, &server, &["--concurrency", "1"], 3);
    let changed = cases(CASES)
        .replace(
            "{\"question\":\"number 7\"}",
            "{\"question\":\"something else\"}",
        )
        .lines()
        .filter(|line| !line.contains("\"q-9\""))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    assert_ne!(changed.matches("something else").count(), 0);
    stage.write("cases.jsonl", changed);
    stage.json(&["dataset", "add", "cases.jsonl"]);
    server.release();
    let (status, run) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!(status, Some(2), "{run:#}");
    assert_eq!(
        (count(&run, "not_sent"), count(&run, "live")),
        (2, CASES as u64 - 2)
    );
    let errors = run["errors"].to_string();
    assert!(
        errors.contains("changed") && errors.contains("q-9"),
        "{errors}"
    );
    let asked = server.times();
    assert!(
        !asked.contains_key("something else") && !asked.contains_key("number 9"),
        "{asked:?}"
    );
}

#[test]
fn a_run_that_is_being_worked_on_cannot_be_resumed_beside_it() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(|seen| Reply::Hold(format!("answer to {}", seen.question)));
    let program = stage.start(&stage.replay(&server.base_url, &["--json"]));
    server.wait_for(2);
    stage
        .run(&["replay", "--resume", "latest"])
        .refused(2, &["another process"]);
    server.release();
    let ran = program.end();
    assert_eq!(
        ran.status,
        Some(0),
        "the first one is not disturbed: {ran:#?}"
    );
    assert_eq!((count(&ran.object(), "live"), server.requests()), (2, 2));
}

#[test]
fn a_process_that_slept_while_its_run_was_taken_over_does_not_disturb_it() {
    let (stage, server) = (staged(), two_then_hold());
    let program = stage.start(&stage.replay(&server.base_url, &["--concurrency", "1", "--json"]));
    server.wait_for(3);
    program.signal("STOP");
    // The sleeper is alive, so only its silence shows that nobody works on the run.
    let second = stage.start(&["replay", "--resume", "latest", "--json"]);
    server.wait_for(4);
    program.signal("CONT");
    let first = program.end();
    assert_ne!(first.status, Some(0), "it lost its run: {first:#?}");
    server.release();
    let ran = second.end();
    let run = ran.object();
    assert_eq!(run["status"], "finished", "{run:#}");
    assert_eq!(
        (count(&run, "live"), count(&run, "unknown")),
        (CASES as u64 - 1, 1)
    );
    let times = server.times();
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[test]
fn the_ledger_of_a_running_program_can_be_read_by_another() {
    let stage = Stage::with_cases(3);
    let server = two_then_hold();
    let program = stage.start(&stage.replay(&server.base_url, &["--concurrency", "1"]));
    server.wait_for(3);
    until("two answers to be stored", || {
        count(
            &stage.json(&["run", "show", "latest"])["row"]["totals"],
            "live",
        ) == 2
    });
    let list: Value = stage.json(&["run", "list"]);
    assert_eq!(list["runs"][0]["status"], "running");
    program.kill();
}
