use crate::page::Page;
use crate::table::compared_page::ComparedFilter;
use crate::table::comparison::{NewComparedCase, NewComparedCell, NewComparison};
use crate::workspace::Workspace;
use plumbline_model::UnixNanos;

/// Cases `c0`…: every third is broken, every fourth flips at the baseline, every fifth was reworded.
fn comparison(key: &str, cases: u64) -> NewComparison {
    let case = |n: u64| {
        let verdict = if n.is_multiple_of(3) {
            "broken"
        } else {
            "same"
        };
        let cell = |verdict: Option<&str>, flips, kinds: &[&str]| {
            Some(NewComparedCell {
                verdict: verdict.map(str::to_owned),
                flips,
                kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                body: format!("{n}"),
            })
        };
        let kinds: &[&str] = if n.is_multiple_of(5) {
            &["wording"]
        } else {
            &[]
        };
        NewComparedCase {
            case_key: format!("c{n}"),
            verdict: verdict.to_owned(),
            cells: vec![
                cell(None, n.is_multiple_of(4), &[]),
                cell(Some(verdict), false, kinds),
                None,
            ],
        }
    };
    NewComparison {
        key: key.to_owned(),
        sides: "a b".to_owned(),
        computed: UnixNanos(1),
        body: "{}".to_owned(),
        cases: (0..cases).map(case).collect(),
    }
}

fn found(workspace: &Workspace, id: i64, filter: &ComparedFilter) -> Vec<u64> {
    let page = Page::first(1_000);
    let (total, rows) = workspace.compared_cases(id, filter, page).unwrap();
    assert_eq!(total, rows.len() as u64);
    assert_eq!(
        workspace.compared_verdicts(id, filter).unwrap().len() as u64,
        total
    );
    for (place, row) in (0..).zip(&rows) {
        let told = workspace.compared_place(id, filter, &row.case_key).unwrap();
        assert_eq!(told, Some(place), "{}", row.case_key);
    }
    rows.into_iter().map(|row| row.position).collect()
}

#[test]
fn every_condition_narrows_and_each_case_knows_its_place() {
    let workspace = Workspace::in_memory().unwrap();
    let id = workspace.keep_comparison(comparison("k", 60)).unwrap();
    let all = ComparedFilter::default();
    assert_eq!(found(&workspace, id, &all).len(), 60);
    let every = |n: u64| (0..60).filter(move |at: &u64| at.is_multiple_of(n));
    for column in [None, Some(1)] {
        let of = |filter: ComparedFilter| ComparedFilter { column, ..filter };
        let broken = of(ComparedFilter {
            verdict: Some("broken".into()),
            ..all.clone()
        });
        assert!(found(&workspace, id, &broken).into_iter().eq(every(3)));
        let but = of(ComparedFilter {
            but: Some("same".into()),
            ..all.clone()
        });
        assert!(found(&workspace, id, &but).into_iter().eq(every(3)));
        let kind = of(ComparedFilter {
            kind: Some("wording".into()),
            ..all.clone()
        });
        assert!(found(&workspace, id, &kind).into_iter().eq(every(5)));
        let flaky = of(ComparedFilter {
            flaky: true,
            ..all.clone()
        });
        assert!(found(&workspace, id, &flaky).into_iter().eq(every(4)));
    }
    let some = ComparedFilter {
        keys: Some(vec!["c6".into(), "c7".into(), "no".into()]),
        ..all.clone()
    };
    assert_eq!(found(&workspace, id, &some), [6, 7]);
    let open = ComparedFilter {
        verdict: Some("broken".into()),
        decided: Some((vec!["c3".into()], vec!["wording".into()])),
        ..all.clone()
    };
    let expected = every(3).filter(|n| *n != 3 && !n.is_multiple_of(5));
    assert!(found(&workspace, id, &open).into_iter().eq(expected));
    assert_eq!(workspace.compared_place(id, &some, "c3").unwrap(), None);
    assert_eq!(workspace.compared_place(id, &all, "no").unwrap(), None);
}

#[test]
fn a_side_without_the_case_has_no_cell() {
    let workspace = Workspace::in_memory().unwrap();
    let id = workspace.keep_comparison(comparison("k", 1)).unwrap();
    let case = workspace.compared_case(id, "c0").unwrap().unwrap();
    let columns: Vec<u32> = case.cells.iter().map(|(column, _)| *column).collect();
    assert_eq!(columns, [0, 1]);
}

#[test]
fn the_newest_of_the_same_sides_takes_the_place_of_older_ones_and_only_a_few_are_kept() {
    let workspace = Workspace::in_memory().unwrap();
    workspace.keep_comparison(comparison("at 1", 3)).unwrap();
    let second = workspace.keep_comparison(comparison("at 2", 3)).unwrap();
    assert_eq!(workspace.comparison("at 1").unwrap(), None);
    let newest = workspace.comparison("at 2").unwrap();
    assert_eq!(newest.as_ref().unwrap().id, second);
    let since = |at| workspace.comparison_since("a b", UnixNanos(at)).unwrap();
    assert_eq!((since(1), since(2)), (newest, None));
    for n in 0..20 {
        let other = NewComparison {
            sides: format!("other {n}"),
            ..comparison(&format!("k{n}"), 2)
        };
        workspace.keep_comparison(other).unwrap();
    }
    assert_eq!(workspace.comparison("at 2").unwrap(), None);
    assert_eq!(workspace.compared_case(second, "c0").unwrap(), None);
    assert!(workspace.comparison("k19").unwrap().is_some());
}
