//! Several processes on one workspace, and processes that die: what was acknowledged stands.
//!
//! The children are this test binary again, running one ignored test with the workspace in a variable.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test that calls them"
)]

use plumbline_model::{
    AttemptId, AttemptState, Cell, CellId, CellKey, CellStatus, Completion, Cost, ImportId, Origin,
    ResponseStatus, Run, RunId, RunPlan, RunStatus, Span, SpanKind, Target, UnixNanos, Usage,
};
use plumbline_workspace::{
    AttemptAnswer, CacheEntry, ImportedSpan, NewAttempt, NewImport, NewRun, Owner, Page,
    SpanFilter, SpanSort, Workspace,
};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const BATCH: usize = 50;

fn child(test: &str, workspace: &Path, number: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("WORKSPACE_UNDER_TEST", workspace)
        .env("CHILD_NUMBER", number.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn orders() -> (Workspace, u64) {
    let path = std::env::var_os("WORKSPACE_UNDER_TEST").expect("run as a child of another test");
    let number = std::env::var("CHILD_NUMBER").unwrap().parse().unwrap();
    (Workspace::open(Path::new(&path)).unwrap(), number)
}

fn acknowledge(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nack {what}").unwrap();
    out.flush().unwrap();
}

fn acknowledged(output: impl Read) -> Vec<String> {
    BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("ack ").map(str::to_owned))
        .collect()
}

fn assert_sound(workspace: &Workspace) {
    for check in workspace.doctor().unwrap() {
        assert!(check.ok, "{check:?}");
    }
}

#[test]
fn four_processes_write_two_hundred_times_each_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("w.db");
    // All four open a workspace that is not there yet: making it is a race as well.
    let mut children: Vec<Child> = (0..4)
        .map(|number| child("child_writes_settings", &file, number))
        .collect();
    let mut acks = BTreeSet::new();
    for child in &mut children {
        acks.extend(acknowledged(child.stdout.take().unwrap()));
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(child.wait().unwrap().success(), "{said}");
    }
    assert_eq!(acks.len(), 800);
    let workspace = Workspace::open(&file).unwrap();
    let stored: BTreeSet<String> = workspace.settings().unwrap().into_keys().collect();
    assert_eq!(stored, acks);
    assert_sound(&workspace);
    assert_eq!(
        workspace.changes_since(0).unwrap().changes.len(),
        800,
        "a window in another process can follow every one"
    );
}

#[test]
#[ignore = "a child of four_processes_write_two_hundred_times_each_and_nothing_is_lost"]
fn child_writes_settings() {
    let (workspace, number) = orders();
    for count in 0..200 {
        let name = format!("{number}-{count}");
        workspace.put_setting(&name, Some("x")).unwrap();
        acknowledge(&name);
    }
}

/// Kills a child once it acknowledged some work, and answers all that it acknowledged.
fn kill_after(mut child: Child, acks: usize) -> Vec<String> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut seen = Vec::new();
    let mut line = String::new();
    while seen.len() < acks {
        line.clear();
        if output.read_line(&mut line).unwrap() == 0 {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("the child ended by itself: {said}");
        }
        if let Some(ack) = line.trim_end().strip_prefix("ack ") {
            seen.push(ack.to_owned());
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it managed to say before the signal arrived counts too.
    seen.extend(acknowledged(output));
    seen
}

#[test]
fn an_import_killed_at_any_moment_keeps_whole_batches_and_every_acknowledged_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("w.db");
    let mut acks = Vec::new();
    for round in 0..6_u64 {
        acks.extend(kill_after(
            child("child_imports", &file, round),
            1 + (round as usize * 7) % 13,
        ));
        let workspace = Workspace::open(&file).unwrap();
        assert_sound(&workspace);
        let total = |filter| {
            workspace
                .spans(&filter, SpanSort::Newest, Page::first(1))
                .unwrap()
                .total
        };
        let all = total(SpanFilter::default());
        assert_eq!(all % BATCH as u64, 0, "half a batch is visible");
        for trace_id in &acks {
            let of_trace = SpanFilter {
                trace_id: Some(trace_id.clone()),
                ..SpanFilter::default()
            };
            assert_eq!(
                total(of_trace),
                BATCH as u64,
                "the batch {trace_id} is lost"
            );
        }
        assert!(
            workspace
                .list_imports()
                .unwrap()
                .iter()
                .all(|import| !import.complete),
            "a cut import is not shown as complete"
        );
    }
}

#[test]
#[ignore = "a child of an_import_killed_at_any_moment_keeps_whole_batches_and_every_acknowledged_one"]
fn child_imports() {
    let (workspace, number) = orders();
    let id = ImportId::from_parts(number, [number as u8; 10]);
    workspace
        .begin_import(NewImport {
            id,
            path: "endless.jsonl".into(),
            format: "canonical_jsonl".into(),
            started_ns: UnixNanos(1),
        })
        .unwrap();
    for batch in 0_i64.. {
        let trace_id = format!("{number}-{batch}");
        let spans = (0..BATCH)
            .map(|span| ImportedSpan {
                span: Span::new(&trace_id, span.to_string(), SpanKind::Llm, UnixNanos(batch)),
                raw: b"{}".to_vec(),
                cost: None,
            })
            .collect();
        workspace.append_spans(id, spans).unwrap();
        acknowledge(&trace_id);
    }
}

fn run_id() -> RunId {
    RunId::from_parts(1, [0; 10])
}

fn cell(number: u16) -> Cell {
    let [high, low] = number.to_be_bytes();
    Cell {
        id: CellId::from_parts(1, [high, low, 0, 0, 0, 0, 0, 0, high, low]),
        run_id: run_id(),
        key: CellKey {
            prompt_name: "triage".into(),
            prompt_version: "1.0.0".into(),
            target: Target {
                provider: "openai".into(),
                model: "m".into(),
            },
            case_key: number.to_string(),
            repeat: 0,
        },
        status: CellStatus::Pending,
        origin: None,
        template_hash: String::new(),
        request_hash: number.to_string(),
        cache_key: number.to_string(),
        tokens_in_estimated: 1,
        completion: None,
        cost: Cost::default(),
        attempts: 0,
        problem: None,
        passed: None,
        turns: Vec::new(),
        diverged: None,
        escalated_to: None,
        summary: None,
    }
}

#[test]
fn a_paid_replay_killed_at_any_moment_books_every_answer_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("w.db");
    let workspace = Workspace::open(&file).unwrap();
    workspace
        .create_run(
            NewRun {
                run: Run {
                    id: run_id(),
                    plan: RunPlan {
                        prompts: Vec::new(),
                        targets: Vec::new(),
                        dataset: String::new(),
                        repeats: 1,
                        concurrency: 1,
                        base_url: None,
                        base_urls: Default::default(),
                        cap_usd: None,
                        tenant: None,
                        waits: Default::default(),
                        use_cache: true,
                        retries: true,
                    },
                    status: RunStatus::Running,
                    started_ns: UnixNanos(1),
                    ended_ns: None,
                    estimate: None,
                    ended_because: None,
                },
                owner: Owner {
                    pid: 1,
                    heartbeat_ns: UnixNanos(1),
                },
                prompts: Vec::new(),
            },
            (0..2_000).map(cell),
        )
        .unwrap();
    let mut acks = BTreeSet::new();
    for round in 0..5_u64 {
        let paid = kill_after(child("child_replays", &file, round), 1 + round as usize * 5);
        for case in paid {
            assert!(acks.insert(case.clone()), "case {case} was paid twice");
        }
        let in_flight = workspace.mark_in_flight_unknown(run_id()).unwrap();
        assert!(
            in_flight <= 1,
            "one call at a time was on its way, not {in_flight}"
        );
    }
    assert_sound(&workspace);
    let attempts = workspace.attempts(run_id()).unwrap();
    let answered = attempts
        .iter()
        .filter(|attempt| attempt.state == AttemptState::Answered)
        .count();
    // A call may be booked and its process killed before it could say so; never the other way round.
    assert!(answered >= acks.len() && answered <= acks.len() + 5);
    let cells = workspace.all_cells(run_id()).unwrap();
    for cell in &cells {
        let paid = acks.contains(&cell.key.case_key);
        assert!(!paid || cell.status == CellStatus::Complete);
        let cached = workspace.cached_answer(&cell.cache_key).unwrap();
        assert_eq!(
            cached, cell.completion,
            "an answer, its cell and its cache entry are one"
        );
    }
    let totals = workspace.run_totals(run_id()).unwrap();
    assert_eq!(totals.live as usize, answered);
    assert_eq!(
        totals.cost_usd,
        Some(workspace.spend_of_run(run_id()).unwrap().paid_usd)
    );
}

#[test]
#[ignore = "a child of a_paid_replay_killed_at_any_moment_books_every_answer_once"]
fn child_replays() {
    let (workspace, round) = orders();
    for mut cell in workspace.pending_cells(run_id()).unwrap() {
        let number: u16 = cell.key.case_key.parse().unwrap();
        let [high, low] = number.to_be_bytes();
        let id = AttemptId::from_parts(round, [high, low, 0, 0, 0, 0, 0, 0, high, low]);
        workspace
            .attempt_sent(NewAttempt {
                id,
                cell_id: cell.id,
                purpose: plumbline_model::Purpose::Answer,
                target: cell.key.target.clone(),
                tenant: None,
                attempt_no: 1,
                idempotency_key: cell.key.case_key.clone(),
                request_hash: cell.request_hash.clone(),
                cache_key: None,
                sent_ns: UnixNanos(2),
                reserved_usd: Some("0.01".parse().unwrap()),
            })
            .unwrap();
        let completion = Completion {
            status: ResponseStatus::Complete,
            text: "x".repeat(usize::from(number)),
            usage: Usage::of(1, 1),
            ..Completion::default()
        };
        let cost = Some("0.0003".parse().unwrap());
        cell.status = CellStatus::Complete;
        cell.origin = Some(Origin::Live);
        cell.completion = Some(completion.clone());
        cell.cost.usd = cost;
        let case = cell.key.case_key.clone();
        let cache = CacheEntry::new(
            cell.cache_key.clone(),
            &cell.key.target,
            cell.request_hash.clone(),
            0,
            &completion,
            UnixNanos(3),
        )
        .unwrap();
        workspace
            .attempt_answered(AttemptAnswer {
                id,
                answered_ns: UnixNanos(3),
                http_status: Some(200),
                cost_usd: cost,
                cell,
                cache: Some(cache),
            })
            .unwrap();
        acknowledge(&case);
    }
    panic!("the child was to be killed before it was done");
}
