//! The ledger's promises: booked once, counted exactly, unknown when unseen.

use super::*;
use crate::testing::*;
use crate::{CachePurge, CellFilter, Owner, Page, Spend};
use plumbline_model::{CellStatus, ResponseStatus, RunStatus};

fn answer(cell: &Cell, number: u8, cost: Option<&str>) -> AttemptAnswer {
    AttemptAnswer {
        id: attempt_id(number),
        answered_ns: UnixNanos(3_000),
        http_status: Some(200),
        cost_usd: cost.map(usd),
        cell: answered(cell, cost),
        cache: Some(
            CacheEntry::new(
                cell.cache_key.clone(),
                &target(),
                cell.request_hash.clone(),
                0,
                &completion("billing"),
                UnixNanos(3_000),
            )
            .unwrap(),
        ),
    }
}

#[test]
fn an_answer_its_cell_and_its_cache_entry_stand_together() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 3);
    workspace.attempt_sent(attempt(&cells[0], 1, 1)).unwrap();
    let in_flight = workspace.spend_of_run(run_id(1)).unwrap();
    assert_eq!(
        (in_flight.in_flight_usd, in_flight.paid_usd),
        (usd("0.01"), Usd::ZERO)
    );

    workspace
        .attempt_answered(answer(&cells[0], 1, Some("0.0003")))
        .unwrap();
    let cell = workspace.cell(cells[0].id).unwrap();
    assert_eq!(
        cell,
        Cell {
            attempts: 1,
            ..answered(&cells[0], Some("0.0003"))
        }
    );
    assert_eq!(
        workspace.cached_answer("key-1").unwrap(),
        Some(completion("billing"))
    );
    let spend = workspace.spend_of_run(run_id(1)).unwrap();
    assert_eq!(
        (spend.paid_usd, spend.in_flight_usd),
        (usd("0.0003"), Usd::ZERO)
    );
    assert_eq!(workspace.spend_since(UnixNanos(0)).unwrap(), spend);
    assert_eq!(
        workspace.spend_since(UnixNanos(5_000)).unwrap(),
        Spend::default()
    );

    let twice = workspace.attempt_answered(answer(&cells[0], 1, Some("0.0003")));
    assert!(
        matches!(twice, Err(WorkspaceError::Conflict(_))),
        "an answer is booked once"
    );
    assert_eq!(
        workspace.attempts(run_id(1)).unwrap()[0].model,
        "gpt-4.1-mini"
    );
    assert!(workspace.doctor().unwrap().iter().all(|check| check.ok));
}

#[test]
fn an_answer_for_another_cell_is_refused_and_nothing_of_it_is_kept() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 2);
    workspace.attempt_sent(attempt(&cells[0], 1, 1)).unwrap();
    let wrong = workspace.attempt_answered(answer(&cells[1], 1, Some("1")));
    assert!(matches!(wrong, Err(WorkspaceError::BadInput(_))));
    assert_eq!(workspace.cached_answer("key-2").unwrap(), None);
    assert_eq!(
        workspace.cell(cells[1].id).unwrap().status,
        CellStatus::Pending
    );
}

#[test]
fn a_request_is_not_sent_while_an_earlier_one_is_on_its_way() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 1);
    workspace.attempt_sent(attempt(&cells[0], 1, 1)).unwrap();
    let second = workspace.attempt_sent(attempt(&cells[0], 2, 2));
    assert!(matches!(second, Err(WorkspaceError::Conflict(_))));
    let end = AttemptEnd {
        id: attempt_id(1),
        state: AttemptState::Failed,
        ended_ns: UnixNanos(3_000),
        http_status: Some(429),
        error: "too many requests".into(),
        cell: None,
    };
    workspace.attempt_ended(end.clone()).unwrap();
    assert!(workspace.attempt_ended(end).is_err(), "closed once");
    workspace.attempt_sent(attempt(&cells[0], 2, 2)).unwrap();
    assert_eq!(workspace.cell(cells[0].id).unwrap().attempts, 2);
    let spend = workspace.spend_of_run(run_id(1)).unwrap();
    assert_eq!(spend.at_most(), usd("0.01"), "what failed reserves nothing");
}

#[test]
fn what_a_dead_process_had_on_its_way_is_unknown_until_somebody_consents() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 3);
    workspace.attempt_sent(attempt(&cells[0], 1, 1)).unwrap();
    workspace
        .attempt_answered(answer(&cells[0], 1, None))
        .unwrap();
    workspace.attempt_sent(attempt(&cells[1], 2, 1)).unwrap();
    assert_eq!(workspace.mark_in_flight_unknown(run_id(1)).unwrap(), 1);
    assert_eq!(workspace.mark_in_flight_unknown(run_id(1)).unwrap(), 0);

    let pending = workspace.pending_cells(run_id(1)).unwrap();
    assert_eq!(
        pending,
        [cells[2].clone()],
        "only what was never sent is sent"
    );
    let totals = workspace.run_totals(run_id(1)).unwrap();
    assert_eq!(
        (totals.unknown, totals.live, totals.requests_sent),
        (1, 1, 2)
    );
    assert_eq!(
        totals.cost_usd, None,
        "one answer without a price is unknown, not zero"
    );
    assert_eq!(totals.unpriced_cells, 1);
    let spend = workspace.spend_of_run(run_id(1)).unwrap();
    assert_eq!(
        (
            spend.unknown_usd,
            spend.unmeasured_usd,
            spend.unpriced_calls
        ),
        (usd("0.01"), usd("0.01"), 0)
    );

    let reopened = workspace
        .reopen_cells(run_id(1), &[CellStatus::Unknown])
        .unwrap();
    assert_eq!(reopened, 1);
    workspace.attempt_sent(attempt(&cells[1], 3, 2)).unwrap();
    assert!(
        workspace
            .reopen_cells(run_id(1), &[CellStatus::Complete])
            .is_err()
    );
}

#[test]
fn totals_count_each_cell_once_and_sum_money_exactly() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 60);
    let changed: Vec<Cell> = cells[..40]
        .iter()
        .enumerate()
        .map(|(number, cell)| {
            let mut cell = answered(cell, Some("0.10"));
            cell.origin = Some(
                [
                    plumbline_model::Origin::Cached,
                    plumbline_model::Origin::Recorded,
                ][number % 2],
            );
            cell.passed = (number % 4 != 0).then_some(number % 4 == 1);
            cell
        })
        .chain(cells[40..45].iter().map(|cell| Cell {
            status: CellStatus::NotSent,
            ..cell.clone()
        }))
        .collect();
    workspace.update_cells(&changed).unwrap();
    let totals = workspace.run_totals(run_id(1)).unwrap();
    assert_eq!((totals.cells, totals.pending), (60, 15));
    assert_eq!(
        (totals.cached, totals.recorded, totals.not_sent),
        (20, 20, 5)
    );
    assert_eq!((totals.passed, totals.graded), (10, 30));
    assert_eq!(totals.cost_usd, Some(usd("4")), "forty times ten cents");
    assert_eq!(
        (totals.tokens_in, totals.tokens_out),
        (Some(400), Some(200))
    );

    let passed = CellFilter {
        passed: Some(true),
        case_text: Some("case-".into()),
        ..CellFilter::default()
    };
    let page = workspace.cells(run_id(1), &passed, Page::first(3)).unwrap();
    assert_eq!((page.total, page.cells.len()), (10, 3));
    assert_eq!(workspace.all_cells(run_id(1)).unwrap().len(), 60);
    assert_eq!(workspace.list_runs().unwrap()[0].totals, totals);
}

#[test]
fn a_run_whose_owner_died_is_interrupted_and_can_be_taken_over() {
    let workspace = Workspace::in_memory().unwrap();
    start_run(&workspace, 1, 1);
    let mine = Owner {
        pid: 7,
        heartbeat_ns: UnixNanos(9_000),
    };
    let early = workspace.take_over_run(run_id(1), mine);
    assert!(
        matches!(early, Err(WorkspaceError::Conflict(_))),
        "it is being worked on"
    );
    assert!(
        workspace
            .interrupt_stale_runs(|_| true, UnixNanos(5))
            .unwrap()
            .is_empty()
    );

    // It signs while somebody asks whether it is alive: the verdict comes too late.
    let signed = workspace.interrupt_stale_runs(
        |owner| {
            let now = Owner {
                heartbeat_ns: UnixNanos(2_000),
                ..*owner
            };
            workspace.heartbeat(run_id(1), now).unwrap();
            false
        },
        UnixNanos(5),
    );
    assert!(signed.unwrap().is_empty());

    let dead = workspace
        .interrupt_stale_runs(|owner| owner.pid != 4_242, UnixNanos(5))
        .unwrap();
    assert_eq!(dead, [run_id(1)]);
    assert_eq!(
        workspace.run(run_id(1)).unwrap().status,
        RunStatus::Interrupted
    );
    let resumed = workspace.take_over_run(run_id(1), mine).unwrap();
    assert_eq!(
        (resumed.status, resumed.ended_ns),
        (RunStatus::Running, None)
    );
    let old = Owner {
        pid: 4_242,
        heartbeat_ns: UnixNanos(9_999),
    };
    assert!(
        workspace.heartbeat(run_id(1), old).is_err(),
        "the old owner must stop"
    );
    workspace
        .set_run_status(run_id(1), RunStatus::Finished, Some(UnixNanos(10_000)))
        .unwrap();
    assert!(workspace.run(run_id(9)).is_err());
}

#[test]
fn a_truncated_answer_cannot_become_a_cache_entry() {
    let mut cut = completion("bill");
    cut.status = ResponseStatus::Truncated;
    let entry = CacheEntry::new("k".into(), &target(), "r".into(), 0, &cut, UnixNanos(1));
    assert!(entry.is_err());
}

#[test]
fn the_cache_is_purged_by_model_and_age() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 2);
    for (number, cell) in (1..).zip(&cells) {
        workspace.attempt_sent(attempt(cell, number, 1)).unwrap();
        workspace
            .attempt_answered(answer(cell, number, Some("0.1")))
            .unwrap();
    }
    let stats = workspace.cache_stats().unwrap();
    assert_eq!(
        (stats.entries, stats.newest_ns),
        (2, Some(UnixNanos(3_000)))
    );
    let purge = |model: &str, before| CachePurge {
        model: Some(model.into()),
        before_ns: Some(UnixNanos(before)),
        ..CachePurge::default()
    };
    assert_eq!(
        workspace.purge_cache(purge("gpt-4.1-mini", 3_000)).unwrap(),
        0
    );
    assert_eq!(workspace.purge_cache(purge("other", 4_000)).unwrap(), 0);
    assert_eq!(
        workspace.purge_cache(purge("gpt-4.1-mini", 3_001)).unwrap(),
        2
    );
    assert_eq!(workspace.cache_stats().unwrap().entries, 0);
}
