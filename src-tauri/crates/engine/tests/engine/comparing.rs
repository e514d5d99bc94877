//! Comparisons of answers that were crafted, so that every number is known beforehand.

use crate::stage::{Said, Stage, plan};
use plumbline_analysis::align::RowVerdict;
use plumbline_engine::api::{CompareFilter, Side};
use plumbline_model::{Code, RunId, RunPlan};

fn said(version: &'static str, case: &'static str, text: &'static str) -> Said {
    Said {
        version,
        case,
        text,
        tokens_out: 10,
        latency_ms: 100.0,
    }
}

fn run(stage: &Stage, plan: &RunPlan) -> RunId {
    let started = stage.engine.replay_start(plan).unwrap();
    let job = stage.engine.job_wait(started.job_id).unwrap();
    assert_eq!(job.problem, None);
    started.run_id
}

fn side(run_id: RunId, column: u32) -> Side {
    Side {
        run_id,
        column: Some(column),
    }
}

#[test]
fn every_row_falls_into_one_count_and_the_sums_are_those_of_the_answers() {
    let stage = Stage::new();
    stage.dataset("all", &["same", "changed", "fixed", "broken", "silent"]);
    stage.record(&[
        said("1.0.0", "same", "label same"),
        said("1.1.0", "same", "label same"),
        said("1.0.0", "changed", "label changed, I think"),
        said("1.1.0", "changed", "label changed"),
        said("1.0.0", "fixed", "no idea"),
        said("1.1.0", "fixed", "label fixed"),
        said("1.0.0", "broken", "label broken"),
        Said {
            latency_ms: 500.0,
            tokens_out: 30,
            ..said("1.1.0", "broken", "no idea")
        },
        said("1.0.0", "silent", "label silent"),
    ]);
    let run = run(
        &stage,
        &plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded"),
    );
    let sides = [side(run, 0), side(run, 1)];
    let opened = stage.engine.compare_open(&sides).unwrap();
    let (a, b, view) = opened.first_pair().unwrap();
    let counts = (
        view.matched,
        view.same,
        view.changed,
        view.fixed,
        view.broken,
    );
    assert_eq!(counts, (4, 1, 1, 1, 1));
    assert_eq!((view.only_a, view.only_b, view.not_comparable), (0, 0, 1));
    assert_eq!((a.answered, a.passed, a.graded), (5, 4, 5));
    assert_eq!((b.answered, b.passed, b.graded), (4, 3, 4));
    assert_eq!((a.tokens_in, a.tokens_out), (Some(500), Some(50)));
    assert_eq!((b.tokens_in, b.tokens_out), (Some(400), Some(60)));
    // $0.40 and $1.60 per million tokens.
    assert_eq!(a.cost_usd.unwrap().to_string(), "0.00028");
    assert_eq!(b.cost_usd.unwrap().to_string(), "0.000256");
    assert_eq!((b.p50_ms, b.p95_ms), (Some(100.0), Some(500.0)));
    let moved = view
        .tests
        .iter()
        .find(|test| test.metric == "answers_moved")
        .unwrap();
    assert_eq!((moved.estimate, moved.n), (0.75, 4), "three of four");
    let passes = view
        .tests
        .iter()
        .find(|test| test.metric == "pass_rate")
        .unwrap();
    assert_eq!(
        (passes.estimate, passes.p_value),
        (0.0, Some(1.0)),
        "one better, one worse"
    );
    let prompt_diff = view.prompt_diff.as_ref().unwrap();
    assert!(!prompt_diff.equal, "the prompts differ in a line");

    let page = stage
        .engine
        .compare_rows(&sides, &CompareFilter::default(), 0, 100)
        .unwrap();
    let mut rows: Vec<(&str, RowVerdict)> = page
        .rows
        .iter()
        .map(|row| (row.case_key.as_str(), row.verdict))
        .collect();
    rows.sort_unstable_by_key(|row| row.0);
    assert_eq!(
        rows,
        [
            ("broken", RowVerdict::Broken),
            ("changed", RowVerdict::Changed),
            ("fixed", RowVerdict::Fixed),
            ("silent", RowVerdict::NotComparable),
        ],
        "the same are not shown unless asked for"
    );
    let filter = |filter: CompareFilter| {
        stage
            .engine
            .compare_rows(&sides, &filter, 0, 100)
            .unwrap()
            .total
    };
    assert_eq!(
        filter(CompareFilter {
            include_same: true,
            ..CompareFilter::default()
        }),
        5
    );
    assert_eq!(
        filter(CompareFilter {
            text: "I THINK".to_owned(),
            ..CompareFilter::default()
        }),
        1
    );
    let only_broken = CompareFilter {
        verdict: Some(RowVerdict::Broken),
        ..CompareFilter::default()
    };
    assert_eq!(filter(only_broken), 1);

    let pair = stage
        .engine
        .compare_pair(&sides, 1, "changed", None)
        .unwrap();
    assert!(!pair.diff.unwrap().equal);
    assert!(pair.request_diff.is_some(), "the system message differs");
    let missing = stage
        .engine
        .compare_pair(&sides, 1, "nobody", None)
        .unwrap_err();
    assert_eq!(missing.code, Code::NotFound);
}

#[test]
fn cases_that_only_one_run_has_are_told_apart() {
    let stage = Stage::new();
    stage.dataset("first", &["x", "y"]);
    stage.dataset("second", &["y", "z", "w"]);
    stage.record(&["x", "y", "z", "w"].map(|case| said("1.0.0", case, "the same to all")));
    let first = run(&stage, &plan(&["label@1.0.0"], "first", "recorded"));
    let second = run(&stage, &plan(&["label@1.0.0"], "second", "recorded"));
    let alone = |run_id| Side {
        run_id,
        column: None,
    };
    let opened = stage
        .engine
        .compare_open(&[alone(first), alone(second)])
        .unwrap();
    let (_, _, view) = opened.first_pair().unwrap();
    assert_eq!(
        (view.matched, view.same, view.only_a, view.only_b),
        (1, 1, 1, 2)
    );
    assert!(view.prompt_diff.is_none());
}

#[test]
fn a_side_that_does_not_say_which_column_is_asked_to() {
    let stage = Stage::new();
    stage.dataset("all", &["x"]);
    stage.record(&[said("1.0.0", "x", "label x"), said("1.1.0", "x", "label x")]);
    let run_id = run(
        &stage,
        &plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded"),
    );
    let engine = &stage.engine;
    let problem = engine
        .compare_open(&[
            side(run_id, 0),
            Side {
                run_id,
                column: None,
            },
        ])
        .unwrap_err();
    assert_eq!(problem.code, Code::BadInput);
    assert!(problem.hint.unwrap().contains(".0"));
    let problem = engine
        .compare_open(&[side(run_id, 0), side(run_id, 2)])
        .unwrap_err();
    assert_eq!(problem.code, Code::NotFound);
    assert_eq!(engine.side("latest.1").unwrap(), side(run_id, 1));
    assert_eq!(
        engine.side(&format!("{run_id}.0")).unwrap(),
        side(run_id, 0)
    );
    for text in ["", "latest.", "latest.x", "latest.-1", ".0", "0190.0"] {
        assert_eq!(
            engine.side(text).unwrap_err().code,
            Code::BadInput,
            "{text:?}"
        );
    }
}

#[test]
fn a_comparison_is_made_again_after_its_run_went_on() {
    let stage = Stage::new();
    stage.dataset("all", &["x", "y"]);
    stage.record(&[said("1.0.0", "x", "label x"), said("1.1.0", "x", "label x")]);
    let run_id = run(
        &stage,
        &plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded"),
    );
    let sides = [side(run_id, 0), side(run_id, 1)];
    // Both keep what they saw; the second one is another process.
    let other = stage.other();
    for engine in [&stage.engine, &other] {
        assert_eq!(engine.compare_open(&sides).unwrap().pairs[0].matched, 1);
    }
    stage.record(&[said("1.0.0", "y", "label y"), said("1.1.0", "y", "no")]);
    let resumed = stage.engine.replay_resume(run_id, false).unwrap();
    stage.engine.job_wait(resumed.job_id).unwrap();
    for engine in [&stage.engine, &other] {
        let view = &engine.compare_open(&sides).unwrap().pairs[0];
        assert_eq!(
            (view.matched, view.broken),
            (2, 1),
            "the answers that came since count"
        );
    }
}

#[test]
fn up_to_six_sides_stand_beside_a_baseline_and_a_case_shows_all_of_them() {
    let stage = Stage::new();
    stage.dataset("all", &["x", "y", "z"]);
    stage.record(&[
        said("1.0.0", "x", "label x"),
        said("1.0.0", "y", "label y"),
        said("1.0.0", "z", "label z"),
        said("1.1.0", "x", "label x"),
        said("1.1.0", "y", "no idea"),
        said("1.1.0", "z", "label z, surely"),
    ]);
    let run_id = run(
        &stage,
        &plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded"),
    );
    let again = run(&stage, &plan(&["label@1.0.0"], "all", "recorded"));
    let sides = [side(run_id, 0), side(run_id, 1), side(again, 0)];
    let engine = &stage.engine;
    let view = engine.compare_open(&sides).unwrap();
    assert_eq!((view.sides.len(), view.pairs.len()), (3, 2));
    assert_eq!((view.pairs[0].broken, view.pairs[1].same), (1, 3));
    assert_eq!(
        view.sides[0].run_hash.len(),
        64,
        "what a sign-off names is a SHA-256"
    );
    let rows = |filter: CompareFilter| engine.compare_rows(&sides, &filter, 0, 10).unwrap();
    let moved = rows(CompareFilter::default());
    let told: Vec<_> = moved
        .rows
        .iter()
        .map(|row| {
            let verdicts: Vec<_> = row
                .cells
                .iter()
                .map(|cell| cell.as_ref().and_then(|cell| cell.verdict))
                .collect();
            (row.case_key.as_str(), row.verdict, verdicts)
        })
        .collect();
    let (same, broken) = (Some(RowVerdict::Same), Some(RowVerdict::Broken));
    assert_eq!(
        told,
        [
            ("y", RowVerdict::Broken, vec![None, broken, same]),
            (
                "z",
                RowVerdict::Changed,
                vec![None, Some(RowVerdict::Changed), same]
            ),
        ]
    );
    let of_third = CompareFilter {
        column: Some(2),
        ..CompareFilter::default()
    };
    assert_eq!(rows(of_third.clone()).total, 0, "nothing moved there");
    let filter = CompareFilter::default();
    assert_eq!(engine.compare_place(&sides, &filter, "z").unwrap(), Some(1));
    assert_eq!(engine.compare_place(&sides, &filter, "x").unwrap(), None);
    let map = engine.compare_map(&sides, &filter, 1).unwrap();
    assert_eq!((map.total, map.stretches), (2, vec![RowVerdict::Broken]));
    assert_eq!(engine.compare_map(&sides, &of_third, 9).unwrap().total, 0);
    let pair = engine.compare_pair(&sides, 2, "y", None).unwrap();
    assert!(pair.diff.unwrap().identical);
    for (sides, why) in [
        (vec![side(run_id, 0)], "one side is none"),
        (vec![side(run_id, 0); 7], "seven are too many"),
    ] {
        assert_eq!(
            engine.compare_open(&sides).unwrap_err().code,
            Code::BadInput,
            "{why}"
        );
    }
    let none = engine.compare_pair(&sides, 3, "y", None).unwrap_err();
    assert_eq!(none.code, Code::BadInput);
}

#[test]
fn a_kept_comparison_is_the_one_that_is_computed() {
    let stage = Stage::new();
    stage.dataset("all", &["x"]);
    stage.record(&[
        said("1.0.0", "x", "label x"),
        said("1.1.0", "x", "label x!"),
    ]);
    let run_id = run(
        &stage,
        &plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded"),
    );
    let sides = [side(run_id, 0), side(run_id, 1)];
    let first = stage.engine.compare_open(&sides).unwrap();
    assert_eq!(stage.engine.compare_open(&sides).unwrap(), first);
    assert_eq!(stage.other().compare_open(&sides).unwrap(), first);
    let fresh = stage.engine.comparison(&sides[0], &sides[1]).unwrap();
    assert_eq!(fresh.tests, first.pairs[0].tests);
    assert_eq!(fresh.rows.len() as u64, first.pairs[0].matched);
}
