//! Jobs: progress that only grows, one end, and a cancel that keeps what was done.

use crate::stage::{Stage, plan, until};
use axum::Json;
use axum::extract::State;
use axum::routing::post;
use plumbline_engine::api::{JobKind, JobProgress, JobState};
use plumbline_engine::{Engine, ReplayStarted};
use plumbline_model::{Code, RunPlan, RunStatus};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

const SPANS: usize = 20_000;

fn spans(stage: &Stage) -> std::path::PathBuf {
    let lines: String = (0..SPANS)
        .map(|n| {
            format!(
                "{{\"trace_id\":\"t{n}\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":{n}}}\n"
            )
        })
        .collect();
    stage.write("spans.jsonl", &lines)
}

/// Every event of every job, in the order it came.
fn listen(engine: &Engine) -> Arc<Mutex<Vec<JobProgress>>> {
    let heard: Arc<Mutex<Vec<JobProgress>>> = Arc::default();
    let log = Arc::clone(&heard);
    engine.subscribe_jobs(move |job| log.lock().unwrap().push(job.clone()));
    heard
}

fn one_life(events: &[JobProgress], kind: JobKind, end: JobState) {
    assert!(
        events
            .iter()
            .all(|event| event.kind == kind && event.id == events[0].id)
    );
    assert!(
        events.is_sorted_by_key(|event| event.done),
        "progress goes back"
    );
    for event in events {
        assert!(
            event.total.is_none_or(|total| event.done <= total),
            "{event:?}"
        );
    }
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last.state, end, "{last:?}");
    assert!(before.iter().all(|event| event.state == JobState::Running));
}

#[test]
fn an_import_tells_how_far_it_is_and_ends_once() {
    let stage = Stage::new();
    let file = spans(&stage);
    let heard = listen(&stage.engine);
    let job = stage.engine.import_start(vec![file.clone()]).unwrap();
    let ended = stage.engine.job_wait(job).unwrap();
    assert_eq!((ended.state, &ended.problem), (JobState::Finished, &None));
    let events = heard.lock().unwrap().clone();
    one_life(&events, JobKind::Import, JobState::Finished);
    assert!(
        events.len() > 2,
        "an import of this size shows progress: {events:?}"
    );
    assert_eq!(
        events[1].total,
        Some(std::fs::metadata(file).unwrap().len())
    );
    assert_eq!(events[0].label, "spans.jsonl");
    let info = stage.engine.workspace_info().unwrap();
    assert_eq!(info.spans, SPANS as u64);
}

#[test]
fn a_cancelled_import_keeps_what_it_stored_says_so_and_goes_on_when_asked_again() {
    let stage = Stage::new();
    let file = spans(&stage);
    let engine = stage.engine.clone();
    stage.engine.subscribe_jobs(move |job| {
        if job.state == JobState::Running && job.done > 0 {
            engine.job_cancel(job.id).unwrap();
        }
    });
    let job = stage.engine.import_start(vec![file.clone()]).unwrap();
    let ended = stage.engine.job_wait(job).unwrap();
    assert_eq!(ended.state, JobState::Cancelled, "{ended:?}");
    assert_eq!(ended.problem.unwrap().code, Code::Cancelled);
    let half = stage.engine.workspace_info().unwrap().spans;
    assert!(half < SPANS as u64, "it was cancelled on its way");
    let imports = stage.engine.import_list().unwrap();
    assert!(!imports[0].complete, "half a file does not look whole");

    let again = stage.other().import(&[file], None).unwrap();
    let counts = again.files[0].counts;
    assert_eq!(
        (counts.duplicate, counts.stored),
        (half, SPANS as u64 - half)
    );
    assert!(stage.engine.import_list().unwrap()[0].complete);
}

#[test]
fn a_job_that_cannot_start_ends_as_failed_with_its_problem() {
    let stage = Stage::new();
    let job = stage
        .engine
        .import_start(vec![stage.path("nowhere.jsonl")])
        .unwrap();
    let ended = stage.engine.job_wait(job).unwrap();
    assert_eq!(ended.state, JobState::Failed);
    assert_eq!(ended.problem.unwrap().code, Code::NotFound);
    let unknown: plumbline_model::JobId = "0190f3c2-0000-7000-8000-000000000000".parse().unwrap();
    assert_eq!(
        stage.engine.job_wait(unknown).unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(
        stage.engine.job_cancel(unknown).unwrap_err().code,
        Code::NotFound
    );
}

/// A server whose answers wait for the gate, except the first `at_once`.
struct Gated {
    base_url: String,
    asked: Arc<AtomicUsize>,
    gate: watch::Sender<bool>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone)]
struct Answers {
    asked: Arc<AtomicUsize>,
    at_once: usize,
    gate: watch::Receiver<bool>,
}

impl Gated {
    fn start(at_once: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (gate, closed) = watch::channel(false);
        let asked = Arc::default();
        let answers = Answers {
            asked: Arc::clone(&asked),
            at_once,
            gate: closed,
        };
        let app = axum::Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(answers);
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            base_url,
            asked,
            gate,
            _runtime: runtime,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(State(answers): State<Answers>) -> Json<Value> {
    let mine = answers.asked.fetch_add(1, Ordering::SeqCst);
    if mine >= answers.at_once {
        let mut gate = answers.gate.clone();
        gate.wait_for(|open| *open).await.unwrap();
    }
    Json(json!({
        "id": "x", "model": "gpt-4.1-mini",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "label" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 1 },
    }))
}

const KEYS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn live_plan(server: &Gated) -> RunPlan {
    RunPlan {
        base_url: Some(server.base_url.clone()),
        ..plan(&["label@1.0.0"], "cases", "openai")
    }
}

fn staged(at_once: usize) -> (Stage, Gated) {
    let stage = Stage::new();
    stage.dataset("cases", &KEYS);
    (stage, Gated::start(at_once))
}

#[test]
fn a_replay_counts_cells_and_names_its_run() {
    let (stage, server) = staged(usize::MAX);
    let heard = listen(&stage.engine);
    let started = stage.engine.replay_start(&live_plan(&server)).unwrap();
    let ended = stage.engine.job_wait(started.job_id).unwrap();
    one_life(&heard.lock().unwrap(), JobKind::Replay, JobState::Finished);
    assert_eq!(
        (ended.done, ended.total, ended.unit.as_str()),
        (8, Some(8), "cells")
    );
    assert_eq!(ended.result_id, Some(started.run_id.to_string()));
    let view = stage.engine.run_open(started.run_id).unwrap();
    assert_eq!(
        (view.row.status, view.row.totals.live),
        (RunStatus::Finished, 8)
    );
}

#[test]
fn a_cancelled_replay_keeps_its_answers_and_goes_on() {
    let (stage, server) = staged(3);
    let started = stage.engine.replay_start(&live_plan(&server)).unwrap();
    until("the held calls", || server.asked() == 5);
    let resumed_beside = stage.engine.replay_resume(started.run_id, false);
    assert_eq!(
        resumed_beside.unwrap_err().code,
        Code::Conflict,
        "it is being worked on here"
    );
    stage.engine.job_cancel(started.job_id).unwrap();
    let ended = stage.engine.job_wait(started.job_id).unwrap();
    assert_eq!(ended.state, JobState::Cancelled);
    let view = stage.engine.run_open(started.run_id).unwrap();
    assert_eq!(view.row.status, RunStatus::Cancelled);
    let totals = &view.row.totals;
    assert_eq!((totals.live, totals.unknown, totals.pending), (3, 2, 3));

    server.gate.send(true).unwrap();
    let view = finish(
        &stage.engine,
        stage.engine.replay_resume(started.run_id, true).unwrap(),
    );
    assert_eq!(
        (view.row.status, view.row.totals.live),
        (RunStatus::Finished, 8)
    );
    assert_eq!(
        server.asked(),
        10,
        "the two unknown ones were sent again, with consent"
    );
}

#[test]
fn a_cancel_with_every_cell_on_its_way_is_no_finished_run() {
    let (stage, server) = staged(0);
    let plan = RunPlan {
        concurrency: 8,
        ..live_plan(&server)
    };
    let started = stage.engine.replay_start(&plan).unwrap();
    until("every call", || server.asked() == 8);
    stage.engine.job_cancel(started.job_id).unwrap();
    let ended = stage.engine.job_wait(started.job_id).unwrap();
    assert_eq!(ended.state, JobState::Cancelled, "{ended:?}");
    let view = stage.engine.run_open(started.run_id).unwrap();
    assert_eq!(
        (view.row.status, view.row.totals.unknown),
        (RunStatus::Cancelled, 8)
    );
}

#[test]
fn looking_at_the_runs_while_one_starts_does_not_take_it_for_dead() {
    let (stage, server) = staged(usize::MAX);
    let looking = Arc::new(AtomicBool::new(true));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (engine, looking) = (stage.engine.clone(), Arc::clone(&looking));
            scope.spawn(move || {
                while looking.load(Ordering::SeqCst) {
                    engine.run_list().unwrap();
                }
            });
        }
        for _ in 0..5 {
            let started = stage.engine.replay_start(&live_plan(&server)).unwrap();
            let ended = stage.engine.job_wait(started.job_id).unwrap();
            let view = stage.engine.run_open(started.run_id).unwrap();
            let seen = (ended.state, view.row.status, view.row.totals.live);
            // The lookers must end before a failed check ends this thread.
            if seen != (JobState::Finished, RunStatus::Finished, 8) {
                looking.store(false, Ordering::SeqCst);
            }
            assert_eq!(seen, (JobState::Finished, RunStatus::Finished, 8));
        }
        looking.store(false, Ordering::SeqCst);
    });
}

fn finish(engine: &Engine, started: ReplayStarted) -> plumbline_engine::api::RunView {
    let ended = engine.job_wait(started.job_id).unwrap();
    assert_eq!(ended.state, JobState::Finished, "{ended:?}");
    engine.run_open(started.run_id).unwrap()
}

#[test]
fn a_plan_that_makes_no_sense_is_refused_and_leaves_no_run() {
    let stage = Stage::new();
    stage.dataset("cases", &["a"]);
    let good = plan(&["label@1.0.0"], "cases", "recorded");
    let no = |plan: RunPlan| stage.engine.replay_start(&plan).unwrap_err().code;
    assert_eq!(
        no(RunPlan {
            prompts: Vec::new(),
            ..good.clone()
        }),
        Code::BadInput
    );
    assert_eq!(
        no(RunPlan {
            targets: Vec::new(),
            ..good.clone()
        }),
        Code::BadInput
    );
    assert_eq!(
        no(RunPlan {
            repeats: 0,
            ..good.clone()
        }),
        Code::BadInput
    );
    assert_eq!(
        no(RunPlan {
            concurrency: 0,
            ..good.clone()
        }),
        Code::BadInput
    );
    assert_eq!(
        no(RunPlan {
            dataset: "nothing".to_owned(),
            ..good.clone()
        }),
        Code::NotFound
    );
    assert_eq!(
        no(RunPlan {
            prompts: vec!["label@9.0.0".to_owned()],
            ..good.clone()
        }),
        Code::NotFound
    );
    let twice = vec!["label@1.0.0".to_owned(), "label@1.0.0".to_owned()];
    assert_eq!(
        no(RunPlan {
            prompts: twice,
            ..good
        }),
        Code::BadInput
    );
    assert!(stage.engine.run_list().unwrap().is_empty());
}
