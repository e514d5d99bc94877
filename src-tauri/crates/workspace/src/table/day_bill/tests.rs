//! What a cap on a day promises, for all and for each payer.

use super::*;
use crate::testing::*;
use crate::{AttemptAnswer, AttemptEnd, NewAttempt};
use plumbline_model::{AttemptState, Cell};

fn sent_on(cell: &Cell, number: u8, day: i64) -> NewAttempt {
    NewAttempt {
        sent_ns: UnixNanos(day * DAY_NS + i64::from(number)),
        ..attempt(cell, number, 1)
    }
}

/// What all requests of the fifth day cost at most.
fn fifth_day(workspace: &Workspace) -> Usd {
    let read = workspace.read(|conn| at_most(conn, 5, &Payer::All));
    from_pico(read.unwrap())
}

fn answer(workspace: &Workspace, cell: &Cell, number: u8, cost: Option<&str>) {
    workspace
        .attempt_answered(AttemptAnswer {
            id: attempt_id(number),
            answered_ns: UnixNanos(9 * DAY_NS),
            http_status: Some(200),
            cost_usd: cost.map(usd),
            cell: answered(cell, cost),
            cache: None,
        })
        .unwrap();
}

#[test]
fn a_day_pays_up_to_its_cap_and_what_is_unsure_stays_on_its_bill() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 6);
    workspace
        .set_day_cap(Payer::All, Some(usd("0.025")))
        .unwrap();
    let send = |number: u8, day| {
        workspace.attempt_sent(sent_on(&cells[usize::from(number) - 1], number, day))
    };
    send(1, 5).unwrap();
    send(2, 5).unwrap();
    let refused = send(3, 5).unwrap_err();
    assert!(
        matches!(&refused, WorkspaceError::DayCap { spent, .. } if *spent == usd("0.02")),
        "{refused}"
    );
    send(4, 6).unwrap();
    answer(&workspace, &cells[0], 1, Some("0.004"));
    send(3, 5).unwrap();
    assert_eq!(fifth_day(&workspace), usd("0.024"));
    workspace
        .attempt_ended(AttemptEnd {
            id: attempt_id(3),
            state: AttemptState::Failed,
            ended_ns: UnixNanos(9 * DAY_NS),
            http_status: Some(500),
            error: "no".into(),
            cell: None,
        })
        .unwrap();
    assert_eq!(fifth_day(&workspace), usd("0.014"));
    // Nobody says what the second one cost: all that was reserved for it stays on the bill.
    answer(&workspace, &cells[1], 2, None);
    send(5, 5).unwrap();
    assert!(send(6, 5).is_err());
    assert_eq!(fifth_day(&workspace), usd("0.024"));
    let spend = workspace.spend_of_run(run_id(1)).unwrap();
    assert_eq!(
        (spend.paid_usd, spend.unmeasured_usd, spend.unpriced_calls),
        (usd("0.004"), usd("0.01"), 0)
    );
}

#[test]
fn a_key_and_a_tenant_have_caps_and_bills_of_their_own() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 5);
    let key = Payer::Key(cells[0].key.target.provider.clone());
    let acme = Payer::Tenant("acme".into());
    let send = |number: u8, tenant: Option<&str>| {
        workspace.attempt_sent(NewAttempt {
            tenant: tenant.map(str::to_owned),
            ..sent_on(&cells[usize::from(number) - 1], number, 5)
        })
    };
    let refused = |sent: Result<crate::Admitted>| match sent {
        Err(WorkspaceError::DayCap { payer, .. }) => payer,
        other => panic!("{other:?}"),
    };
    workspace
        .set_day_cap(acme.clone(), Some(usd("0.015")))
        .unwrap();
    send(1, Some("acme")).unwrap();
    assert_eq!(refused(send(2, Some("acme"))), acme);
    send(2, Some("other")).unwrap();
    send(3, None).unwrap();
    workspace
        .set_day_cap(key.clone(), Some(usd("0.035")))
        .unwrap();
    assert_eq!(refused(send(4, None)), key);
    answer(&workspace, &cells[0], 1, Some("0.002"));
    send(4, Some("acme")).unwrap();
    let bills: Vec<(String, Usd)> = workspace
        .day_bills(UnixNanos(5 * DAY_NS))
        .unwrap()
        .into_iter()
        .map(|bill| (bill.payer.to_string(), bill.at_most_usd))
        .collect();
    let wanted = [
        ("all", "0.032"),
        (&*key.to_string(), "0.032"),
        ("tenant:acme", "0.012"),
        ("tenant:other", "0.01"),
    ];
    assert_eq!(bills, wanted.map(|(name, sum)| (name.to_owned(), usd(sum))));
    let other_day = workspace.day_bills(UnixNanos(6 * DAY_NS)).unwrap();
    assert!(other_day.iter().all(|bill| bill.at_most_usd == Usd::ZERO));
    assert_eq!(other_day.len(), 2, "those who have caps: {other_day:?}");
    let days = workspace.doctor().unwrap();
    assert!(days.iter().all(|check| check.ok), "{days:?}");
}

#[test]
fn writes_of_one_group_share_a_cap_and_one_that_fails_charges_nobody() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 6);
    workspace
        .set_day_cap(Payer::All, Some(usd("0.035")))
        .unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let blocker = workspace.door().submit(Durability::Full, move |_| {
        let _ = released.recv();
        Ok(())
    });
    let waiting: Vec<_> = (1..=6)
        .map(|number: u8| {
            let (told, answer) = std::sync::mpsc::channel();
            let mut attempt = sent_on(&cells[usize::from(number) - 1], number, 5);
            if number == 2 {
                // Of the first one's cell, whose attempt of this number is on its way already.
                attempt.cell_id = cells[0].id;
            }
            let reply = move |outcome| drop(told.send(outcome));
            workspace.attempt_sent_then(attempt, Box::new(reply));
            answer
        })
        .collect();
    release.send(()).unwrap();
    blocker.recv().unwrap().unwrap();
    let outcomes: Vec<_> = waiting
        .iter()
        .map(|answer| answer.recv().unwrap())
        .collect();
    let kept: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(
        kept,
        [true, false, true, true, false, false],
        "{outcomes:?}"
    );
    assert!(matches!(outcomes[1], Err(WorkspaceError::Conflict(_))));
    assert_eq!(fifth_day(&workspace), usd("0.03"));
}

#[test]
fn a_day_that_was_told_too_little_is_found() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 1);
    workspace.attempt_sent(sent_on(&cells[0], 1, 5)).unwrap();
    let days = || {
        let checks = workspace.doctor().unwrap();
        checks
            .into_iter()
            .find(|check| check.name == "days")
            .unwrap()
    };
    assert!(days().ok);
    workspace
        .write(crate::Durability::Normal, |tx| {
            tx.execute("UPDATE day_bill SET at_most_pico = 0", [])?;
            Ok(())
        })
        .unwrap();
    assert!(!days().ok);
}

#[test]
fn a_call_without_a_bound_is_not_sent_under_a_cap_and_a_broken_cap_is_no_free_pass() {
    let workspace = Workspace::in_memory().unwrap();
    let cells = start_run(&workspace, 1, 2);
    let unbounded = |number: u8| NewAttempt {
        reserved_usd: None,
        ..sent_on(&cells[usize::from(number) - 1], number, 5)
    };
    workspace.set_day_cap(Payer::All, Some(usd("100"))).unwrap();
    let refused = workspace.attempt_sent(unbounded(1)).unwrap_err();
    assert!(
        matches!(refused, WorkspaceError::NoBound { .. }),
        "{refused}"
    );
    workspace.set_day_cap(Payer::All, None).unwrap();
    workspace.attempt_sent(unbounded(1)).unwrap();
    workspace
        .write(Durability::Normal, |tx| {
            Ok(tx.execute("INSERT INTO day_cap VALUES ('all', 'a lot')", [])?)
        })
        .unwrap();
    let refused = workspace.attempt_sent(unbounded(2)).unwrap_err();
    assert!(matches!(refused, WorkspaceError::Damaged(_)), "{refused}");
    assert!(workspace.set_day_cap(Payer::All, Some(usd("-1"))).is_err());
}
