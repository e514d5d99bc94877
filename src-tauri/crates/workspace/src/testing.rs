//! Small honest examples for the tests of this crate.

use crate::{ImportedSpan, NewAttempt, NewImport, NewRun, Owner, RunPrompt, Workspace};
use plumbline_model::*;

pub(crate) fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

pub(crate) fn run_id(number: u8) -> RunId {
    RunId::from_parts(1_700_000_000_000 + u64::from(number), [number; 10])
}

pub(crate) fn cell_id(number: u8) -> CellId {
    CellId::from_parts(1_700_000_000_000, [number; 10])
}

pub(crate) fn attempt_id(number: u8) -> AttemptId {
    AttemptId::from_parts(1_700_000_000_000, [number; 10])
}

/// An open import of its own.
pub(crate) fn begin(workspace: &Workspace, number: u8) -> ImportId {
    let id = ImportId::from_parts(1_700_000_000_000 + u64::from(number), [number; 10]);
    workspace
        .begin_import(NewImport {
            id,
            path: format!("traces-{number}.jsonl"),
            format: "canonical_jsonl".into(),
            started_ns: UnixNanos(1),
        })
        .unwrap();
    id
}

/// A model call of 100 ms.
pub(crate) fn call(trace: &str, span: &str, start_ns: i64) -> Span {
    let mut call = Span::new(trace, span, SpanKind::Llm, UnixNanos(start_ns));
    call.end_ns = Some(UnixNanos(start_ns + 100_000_000));
    call.status = SpanStatus::Ok;
    call.provider = Some("openai".into());
    call.model_requested = Some("gpt-4.1-mini".into());
    call.usage = Usage::of(100, 20);
    call.input_messages = vec![Message::text(Role::User, "Where is my parcel?")];
    call
}

pub(crate) fn imported(span: Span) -> ImportedSpan {
    let raw = serde_json::to_vec(&span).unwrap();
    ImportedSpan {
        span,
        raw,
        cost: None,
    }
}

pub(crate) fn completion(text: &str) -> Completion {
    Completion {
        status: ResponseStatus::Complete,
        text: text.into(),
        finish_reason: Some(FinishReason::Stop),
        usage: Usage::of(10, 5),
        latency_ms: Some(120.0),
        ..Completion::default()
    }
}

pub(crate) fn target() -> Target {
    Target {
        provider: "openai".into(),
        model: "gpt-4.1-mini".into(),
    }
}

pub(crate) fn pending(run: u8, number: u8) -> Cell {
    Cell {
        id: cell_id(number),
        run_id: run_id(run),
        key: CellKey {
            prompt_name: "triage".into(),
            prompt_version: "1.0.0".into(),
            target: target(),
            case_key: format!("case-{number}"),
            repeat: 0,
        },
        status: CellStatus::Pending,
        origin: None,
        template_hash: "t".repeat(64),
        request_hash: "r".repeat(64),
        cache_key: format!("key-{number}"),
        tokens_in_estimated: 10,
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

/// The same cell, answered by a provider.
pub(crate) fn answered(cell: &Cell, cost: Option<&str>) -> Cell {
    Cell {
        status: CellStatus::Complete,
        origin: Some(Origin::Live),
        completion: Some(completion("billing")),
        cost: Cost {
            usd: cost.map(usd),
            ..Cost::default()
        },
        passed: Some(true),
        ..cell.clone()
    }
}

/// A running run with this many pending cells, numbered from 1.
pub(crate) fn start_run(workspace: &Workspace, run: u8, cells: u8) -> Vec<Cell> {
    let cells: Vec<Cell> = (1..=cells).map(|number| pending(run, number)).collect();
    workspace
        .create_run(
            NewRun {
                run: Run {
                    id: run_id(run),
                    plan: RunPlan {
                        prompts: vec!["triage@1.0.0".into()],
                        targets: vec![target()],
                        dataset: "tickets".into(),
                        repeats: 1,
                        concurrency: 2,
                        base_url: None,
                        base_urls: Default::default(),
                        cap_usd: Some(usd("1.50")),
                        tenant: None,
                        waits: Default::default(),
                        use_cache: true,
                        retries: true,
                    },
                    status: RunStatus::Running,
                    started_ns: UnixNanos(1_000),
                    ended_ns: None,
                    estimate: None,
                    ended_because: None,
                },
                owner: Owner {
                    pid: 4_242,
                    heartbeat_ns: UnixNanos(1_000),
                },
                prompts: vec![RunPrompt {
                    name: "triage".into(),
                    version: "1.0.0".into(),
                    template_hash: "t".repeat(64),
                    text: String::new(),
                }],
            },
            cells.clone(),
        )
        .unwrap();
    cells
}

pub(crate) fn attempt(cell: &Cell, number: u8, attempt_no: u32) -> NewAttempt {
    NewAttempt {
        id: attempt_id(number),
        cell_id: cell.id,
        purpose: Purpose::Answer,
        target: cell.key.target.clone(),
        tenant: None,
        attempt_no,
        idempotency_key: format!("idem-{number}"),
        request_hash: cell.request_hash.clone(),
        cache_key: None,
        sent_ns: UnixNanos(2_000 + i64::from(number)),
        reserved_usd: Some(usd("0.01")),
    }
}
