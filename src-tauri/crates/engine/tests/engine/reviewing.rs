//! Reviews of comparisons whose answers were crafted.

use crate::stage::{Said, Stage, plan};
use plumbline_engine::api::{BlindChoice, BlindJudgement, CompareFilter, Side};
use plumbline_model::{Choice, Code, ReviewDecision, ReviewSubject, ReviewWord, RubricCheck};
use std::collections::BTreeSet;

const CASES: [&str; 12] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "same",
];

/// A run of two versions in which all but one answer are other ones.
fn staged() -> (Stage, [Side; 2]) {
    let stage = Stage::new();
    stage.dataset("all", &CASES);
    let said = |version: &'static str, case: &'static str, text: &'static str| Said {
        version,
        case,
        text,
        tokens_out: 10,
        latency_ms: 100.0,
    };
    let mut all = Vec::new();
    for case in CASES {
        all.push(said("1.0.0", case, "the old answer"));
        let new = if case == "same" {
            "the old answer"
        } else {
            "the new answer"
        };
        all.push(said("1.1.0", case, new));
    }
    stage.record(&all);
    let plan = plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded");
    let started = stage.engine.replay_start(&plan).unwrap();
    stage.engine.job_wait(started.job_id).unwrap();
    let side = |column| Side {
        run_id: started.run_id,
        column: Some(column),
    };
    (stage, [side(0), side(1)])
}

fn pair(sides: &[Side; 2], case: &str) -> ReviewSubject {
    ReviewSubject::Pair {
        a: sides[0].to_string(),
        b: sides[1].to_string(),
        case_key: case.to_owned(),
    }
}

fn decision(decision: ReviewDecision) -> ReviewWord {
    ReviewWord::Decision { decision, cases: 0 }
}

/// Judges every pair as somebody does who always likes the new answer.
fn judge_all(stage: &Stage, [a, b]: &[Side; 2], reviewer: &str) -> (usize, usize) {
    let (mut left, mut judged) = (0, 0);
    while let Some(next) = stage
        .engine
        .review_blind_next(a, b, Some(reviewer))
        .unwrap()
    {
        assert_eq!((next.judged, next.total), (judged as u64, 11));
        let shown = serde_json::to_string(&next).unwrap();
        for word in ["1.0.0", "1.1.0", "gpt", "label@"] {
            assert!(!shown.contains(word), "a blind pair tells {word}: {shown}");
        }
        let new_is_left = next.left == "the new answer";
        left += usize::from(new_is_left);
        let judgement = BlindJudgement {
            ticket: next.ticket,
            choice: match new_is_left {
                true => BlindChoice::Left,
                false => BlindChoice::Right,
            },
            note: String::new(),
            checks: Vec::new(),
        };
        let line = stage
            .engine
            .review_blind_judge(a, b, &judgement, Some(reviewer))
            .unwrap();
        assert_eq!(
            line.word,
            ReviewWord::Judgement {
                choice: Choice::Better,
                blind: true
            }
        );
        judged += 1;
    }
    (left, judged)
}

#[test]
fn blind_pairs_come_in_random_order_and_are_counted_for_the_side_that_they_hid() {
    let (stage, sides) = staged();
    let (mut left, mut judged) = (0, 0);
    for reviewer in ["ada", "bob", "eve"] {
        let (l, j) = judge_all(&stage, &sides, reviewer);
        assert_eq!(j, 11, "every moved case once, and not the same one");
        (left, judged) = (left + l, judged + j);
    }
    assert!(
        (5..=28).contains(&left),
        "the new answer stood left {left} times of {judged}"
    );
    let summary = stage.engine.review_summary(&sides[0], &sides[1]).unwrap();
    assert_eq!((summary.wins.better, summary.wins.worse), (33, 0));
    let low = summary.wins.ci_low.unwrap();
    assert!(low > 0.85 && low < 1.0, "{low}");
    assert_eq!(summary.reviewers.len(), 3);
    assert_eq!(summary.agreement.pairs, 11);
    assert_eq!(
        summary.agreement.kappa, None,
        "kappa is of two reviewers, not of three"
    );
}

#[test]
fn a_ticket_of_other_sides_or_of_another_reviewer_is_refused() {
    let (stage, [a, b]) = staged();
    let next = stage
        .engine
        .review_blind_next(&a, &b, Some("ada"))
        .unwrap()
        .unwrap();
    let judgement = BlindJudgement {
        ticket: next.ticket,
        choice: BlindChoice::Tie,
        note: "as good".into(),
        checks: vec![RubricCheck {
            item: "is polite".into(),
            met: true,
        }],
    };
    let judge = |a, b, who| stage.engine.review_blind_judge(a, b, &judgement, Some(who));
    assert_eq!(judge(&a, &b, "bob").unwrap_err().code, Code::NotFound);
    assert_eq!(judge(&b, &a, "ada").unwrap_err().code, Code::NotFound);
    judge(&a, &b, "ada").unwrap();
    let said = stage
        .engine
        .review_lines(&pair(&[a, b], &next.case_key))
        .unwrap();
    let kinds: Vec<&str> = said.iter().map(|line| line.word.kind()).collect();
    assert_eq!(kinds, ["judgement", "note", "checks"]);
}

#[test]
fn reviewers_who_disagree_are_told_by_kappa_and_alpha() {
    let (stage, sides) = staged();
    let say = |who: &str, case: &str, choice| {
        let word = ReviewWord::Judgement {
            choice,
            blind: false,
        };
        stage
            .engine
            .review_add(pair(&sides, case), word, Some(who))
            .unwrap();
    };
    for (number, case) in CASES.iter().take(10).enumerate() {
        let first = if number < 5 {
            Choice::Better
        } else {
            Choice::Worse
        };
        say("ada", case, first);
        // Half of the time the same.
        let second = if number % 2 == 0 { first } else { Choice::Tie };
        say("bob", case, second);
    }
    say("bob", "a", Choice::Skip);
    let summary = stage.engine.review_summary(&sides[0], &sides[1]).unwrap();
    assert_eq!(summary.agreement.pairs, 9, "who skipped did not judge");
    let (kappa, alpha) = (
        summary.agreement.kappa.unwrap(),
        summary.agreement.alpha.unwrap(),
    );
    assert!(kappa > 0.0 && kappa < 0.6, "{kappa}");
    assert!((alpha - kappa).abs() < 0.2, "{alpha} and {kappa}");
    let bob = &summary.reviewers[1];
    assert_eq!((bob.reviewer.as_str(), bob.skipped), ("bob", 1));
}

#[test]
fn a_decision_about_a_kind_is_about_its_cases_until_one_is_decided_for_itself() {
    let (stage, sides) = staged();
    let engine = &stage.engine;
    let [a, b] = &sides;
    let kind = engine.compare_open(&sides).unwrap().pairs[0].groups[0].clone();
    let group = ReviewSubject::Group {
        a: a.to_string(),
        b: b.to_string(),
        kind: kind.kind.clone(),
    };
    let line = engine
        .review_add(group.clone(), decision(ReviewDecision::Accept), Some("ada"))
        .unwrap();
    assert_eq!(
        line.word,
        ReviewWord::Decision {
            decision: ReviewDecision::Accept,
            cases: kind.count
        },
        "how many it is about is counted, not believed"
    );
    let counts = || {
        let summary = engine.review_summary(a, b).unwrap();
        (summary.accepted, summary.rejected, summary.undecided)
    };
    assert_eq!(counts(), (11, 0, 0));
    engine
        .review_add(pair(&sides, "c"), decision(ReviewDecision::Reject), None)
        .unwrap();
    assert_eq!(counts(), (10, 1, 0));
    engine
        .review_add(group, decision(ReviewDecision::Open), None)
        .unwrap();
    assert_eq!(counts(), (0, 1, 10));
    let undecided = CompareFilter {
        undecided: true,
        ..CompareFilter::default()
    };
    let open = engine.compare_rows(&sides, &undecided, 0, 100).unwrap();
    assert_eq!(open.total, 10);
    assert!(open.rows.iter().all(|row| row.case_key != "c"));
}

#[test]
fn labels_filter_notes_stay_and_what_cannot_be_said_is_refused() {
    let (stage, sides) = staged();
    let engine = &stage.engine;
    let shown = engine.compare_pair(&sides, 1, "d", None).unwrap();
    let cell = ReviewSubject::Cell {
        cell: shown.b.unwrap().id,
    };
    let label = |labels: &[&str]| {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        engine.review_add(cell.clone(), ReviewWord::Labels { labels }, None)
    };
    label(&["tone", " tone ", "wrong"]).unwrap();
    let labelled = |label: &str| {
        let filter = CompareFilter {
            label: Some(label.to_owned()),
            ..CompareFilter::default()
        };
        let page = engine.compare_rows(&sides, &filter, 0, 10).unwrap();
        page.rows
            .into_iter()
            .map(|row| (row.case_key, row.labels))
            .collect::<Vec<_>>()
    };
    let both = vec!["tone".to_owned(), "wrong".to_owned()];
    assert_eq!(labelled("tone"), [("d".to_owned(), both)]);
    label(&["wrong"]).unwrap();
    assert!(labelled("tone").is_empty());
    let summary = engine.review_summary(&sides[0], &sides[1]).unwrap();
    assert_eq!(summary.labels.len(), 1);

    let refused = |about: ReviewSubject, word: ReviewWord| {
        engine.review_add(about, word, None).unwrap_err().code
    };
    let judged = ReviewWord::Judgement {
        choice: Choice::Tie,
        blind: false,
    };
    assert_eq!(refused(cell.clone(), judged.clone()), Code::BadInput);
    assert_eq!(refused(pair(&sides, "nobody"), judged), Code::NotFound);
    let long = ReviewWord::Note {
        text: "x".repeat(20_001),
    };
    assert_eq!(refused(cell.clone(), long), Code::BadInput);
    let control = ReviewWord::Labels {
        labels: vec!["a\u{1b}[31m".into()],
    };
    assert_eq!(refused(cell, control), Code::BadInput);
    let forged = ReviewWord::SignOff {
        approved: true,
        run_hash_a: "0".repeat(64),
        run_hash_b: "0".repeat(64),
        verdict: "fine".into(),
        text: String::new(),
    };
    let whole = ReviewSubject::Sides {
        a: sides[0].to_string(),
        b: sides[1].to_string(),
    };
    assert_eq!(refused(whole.clone(), forged), Code::BadInput);
    let all = decision(ReviewDecision::Accept);
    assert_eq!(
        refused(whole, all),
        Code::BadInput,
        "nobody accepts what they did not look at"
    );
    let span = ReviewSubject::Span {
        trace: "t".repeat(600),
        span: "s".into(),
    };
    let note = ReviewWord::Note { text: "x".into() };
    assert_eq!(refused(span, note), Code::BadInput);
}

#[test]
fn a_sign_off_names_both_runs_as_they_were_and_is_not_current_when_one_changed() {
    let stage = Stage::new();
    stage.dataset("all", &["x", "y"]);
    let said = |version: &'static str, case: &'static str, text: &'static str| Said {
        version,
        case,
        text,
        tokens_out: 10,
        latency_ms: 100.0,
    };
    stage.record(&[said("1.0.0", "x", "label x"), said("1.1.0", "x", "label x")]);
    let plan = plan(&["label@1.0.0", "label@1.1.0"], "all", "recorded");
    let started = stage.engine.replay_start(&plan).unwrap();
    stage.engine.job_wait(started.job_id).unwrap();
    let side = |column| Side {
        run_id: started.run_id,
        column: Some(column),
    };
    let (a, b) = (side(0), side(1));
    let engine = &stage.engine;
    engine
        .review_sign_off(&a, &b, true, "ship it", Some("ada"))
        .unwrap();
    let sign_off = || engine.review_summary(&a, &b).unwrap().sign_offs.remove(0);
    assert!(sign_off().is_current);
    let ReviewWord::SignOff {
        approved,
        run_hash_a,
        verdict,
        ..
    } = sign_off().line.word
    else {
        panic!("no sign-off")
    };
    assert!(
        approved && verdict.contains("0 of 1 answers moved"),
        "{verdict}"
    );
    let view = engine.compare_open(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(run_hash_a, view.sides[0].run_hash);

    stage.record(&[said("1.0.0", "y", "label y"), said("1.1.0", "y", "no")]);
    let resumed = engine.replay_resume(started.run_id, false).unwrap();
    engine.job_wait(resumed.job_id).unwrap();
    assert!(!sign_off().is_current, "an answer came since");
}

#[test]
fn an_answer_that_was_looked_at_becomes_a_case_with_what_is_right() {
    let (stage, sides) = staged();
    let engine = &stage.engine;
    let cell = engine
        .compare_pair(&sides, 1, "e", None)
        .unwrap()
        .b
        .unwrap()
        .id;
    let key = engine
        .review_to_case(cell, "golden", Some("the right answer"))
        .unwrap();
    assert_eq!(key, "e");
    let again = |expected: &str| {
        engine
            .review_to_case(cell, "golden", Some(expected))
            .unwrap()
    };
    assert_eq!(again("the right answer"), "e", "it is there already");
    assert_eq!(again("another answer"), "e-2");
    let cases = engine.dataset_cases("golden", 0, 10, "").unwrap().cases;
    let keys: BTreeSet<&str> = cases.iter().map(|case| case.key.as_str()).collect();
    assert_eq!(keys, BTreeSet::from(["e", "e-2"]));
    let told = serde_json::to_string(&cases[0].assertions).unwrap();
    assert!(told.contains("the right answer"), "{told}");
    assert!(engine.review_to_case(cell, " ", None).is_err());
}
