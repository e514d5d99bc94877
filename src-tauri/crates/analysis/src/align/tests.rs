use super::*;
use plumbline_model::{CellStatus, Origin};
use proptest::prelude::*;

fn cell<'c>(case: &'c str, text: &'c str, passed: Option<bool>) -> CellView<'c> {
    CellView {
        case_key: case,
        repeat: 0,
        status: CellStatus::Complete,
        text,
        tool_calls: &[],
        passed,
        latency_ms: Some(10.0),
        tokens_out: Some(1),
        cost_usd: None,
        origin: Some(Origin::Live),
    }
}

type Drawn = (String, String, Option<bool>);

fn side(cells: &[Drawn]) -> Vec<CellView<'_>> {
    cells
        .iter()
        .map(|(key, text, passed)| cell(key, text, *passed))
        .collect()
}

fn verdicts(comparison: &Comparison) -> Vec<(&str, RowVerdict)> {
    comparison
        .rows
        .iter()
        .map(|row| (row.case_key.as_str(), row.verdict))
        .collect()
}

#[test]
fn each_case_gets_its_verdict() {
    let a = [
        cell("same", "x", None),
        cell("changed", "x", Some(true)),
        cell("fixed", "x", Some(false)),
        cell("broken", "x", Some(true)),
        cell("gone", "x", None),
    ];
    let b = [
        cell("new", "x", None),
        cell("broken", "y", Some(false)),
        cell("fixed", "y", Some(true)),
        cell("changed", "y", Some(true)),
        cell("same", "x", None),
    ];
    let out = compare(&a, &b);
    assert_eq!(
        verdicts(&out),
        [
            ("same", RowVerdict::Same),
            ("changed", RowVerdict::Changed),
            ("fixed", RowVerdict::Fixed),
            ("broken", RowVerdict::Broken),
            ("gone", RowVerdict::OnlyA),
            ("new", RowVerdict::OnlyB),
        ]
    );
    assert_eq!((out.matched, out.moved, out.graded), (4, 3, 3));
    assert_eq!(
        (out.groups[0].kind.to_string().as_str(), out.groups[0].count),
        ("label", 3)
    );
    assert_eq!((out.groups[0].fixed, out.groups[0].broken), (1, 1));
}

#[test]
fn an_answer_that_is_not_whole_is_not_compared_and_says_which() {
    let mut cut = cell("c", "x", None);
    cut.status = CellStatus::Truncated;
    let mut unsent = cell("c", "", None);
    unsent.status = CellStatus::NotSent;
    let out = compare(&[cut], &[unsent]);
    assert_eq!((out.not_comparable, out.matched), (1, 0));
    assert_eq!(
        out.rows[0].reason.as_deref(),
        Some("A is truncated, B is not sent")
    );
}

#[test]
fn two_answers_under_one_key_are_not_guessed_apart() {
    let out = compare(
        &[cell("c", "x", None), cell("c", "y", None)],
        &[cell("c", "x", None)],
    );
    assert_eq!(verdicts(&out), [("c", RowVerdict::NotComparable)]);
}

#[test]
fn cached_latency_is_never_counted() {
    let mut cached = cell("c", "x", None);
    cached.origin = Some(Origin::Cached);
    let out = compare(&[cell("c", "x", None)], &[cached]);
    let metrics: Vec<&str> = out.tests.iter().map(|test| test.metric.as_str()).collect();
    assert_eq!(metrics, ["answers_moved", "tokens_out"]);
}

#[test]
fn json_written_differently_is_changed_by_formatting() {
    let out = compare(
        &[cell("c", "{\"a\":1}", None)],
        &[cell("c", "{ \"a\": 1 }", None)],
    );
    assert_eq!(
        (out.changed, out.groups[0].kind.clone()),
        (1, ChangeKind::Formatting)
    );
}

proptest! {
    #[test]
    fn the_counts_add_up_and_every_key_is_one_row(
        a in prop::collection::vec(("[a-k]", "[xy]", any::<Option<bool>>()), 0..20),
        b in prop::collection::vec(("[a-k]", "[xy]", any::<Option<bool>>()), 0..20),
    ) {
        let (a, b) = (side(&a), side(&b));
        let out = compare(&a, &b);
        let keys: std::collections::BTreeSet<&str> = a.iter().chain(&b).map(|cell| cell.case_key).collect();
        prop_assert_eq!(out.rows.len(), keys.len());
        prop_assert_eq!(out.matched, out.same + out.changed + out.fixed + out.broken);
        prop_assert_eq!(
            out.matched + out.only_a + out.only_b + out.not_comparable,
            out.rows.len() as u64
        );
        let back = compare(&b, &a);
        prop_assert_eq!((out.fixed, out.same, out.only_a), (back.broken, back.same, back.only_b));
    }
}

fn repeats<'c>(case: &'c str, answers: &[(&'c str, Option<bool>)]) -> Vec<CellView<'c>> {
    answers
        .iter()
        .zip(0..)
        .map(|((text, passed), repeat)| CellView {
            repeat,
            ..cell(case, text, *passed)
        })
        .collect()
}

#[test]
fn repeats_are_one_row_with_their_different_answers_counted() {
    let a = repeats("c", &[("x", None), ("y", None), ("y", None)]);
    let b = repeats("c", &[("y", None), ("z", None), ("z", None)]);
    let out = compare(&a, &b);
    assert_eq!(out.rows.len(), 1);
    let side = out.rows[0].a.as_ref().unwrap();
    let told: Vec<(u32, u32)> = side.outputs.iter().map(|o| (o.repeat, o.count)).collect();
    assert_eq!(told, [(1, 2), (0, 1)]);
    assert_eq!((out.changed, out.moved), (1, 1));
}

#[test]
fn answers_that_the_old_side_gave_too_are_noise_and_have_not_moved() {
    let a = repeats("c", &[("x", None), ("y", None)]);
    let b = repeats("c", &[("y", None), ("y", None)]);
    let out = compare(&a, &b);
    assert_eq!(out.rows[0].kinds, [ChangeKind::Noise]);
    assert_eq!((out.changed, out.moved), (1, 0));
    let out = compare(&a, &repeats("c", &[("y", None), ("x", None)]));
    assert_eq!((out.same, out.rows[0].verdict), (1, RowVerdict::Same));
}

#[test]
fn a_case_that_flips_at_the_baseline_is_not_broken_and_one_that_begins_to_flip_is() {
    let flips = [("x", Some(true)), ("y", Some(false))];
    let fails = [("y", Some(false)), ("y", Some(false))];
    let passes = [("x", Some(true)), ("x", Some(true))];
    let out = compare(&repeats("c", &flips), &repeats("c", &fails));
    assert_eq!((out.broken, out.flaky_a, out.flaky_b), (0, 1, 0));
    assert!(out.rows[0].is_flaky());
    let steadiness = out.flakiness.unwrap();
    assert_eq!(steadiness.cases[0].flip_rate_a, Some(1.0));
    assert_eq!(steadiness.cases[0].flip_rate_b, Some(0.0));
    let out = compare(&repeats("c", &passes), &repeats("c", &flips));
    assert_eq!((out.broken, out.flaky_a, out.flaky_b), (1, 0, 1));
    let out = compare(&repeats("c", &fails), &repeats("c", &flips));
    assert_eq!((out.fixed, out.changed), (0, 1));
    let once = compare(&[cell("c", "x", None)], &[cell("c", "y", None)]);
    assert_eq!(once.flakiness, None);
}

#[test]
fn a_repeat_that_broke_off_is_left_out_and_told() {
    let mut a = repeats("c", &[("x", None), ("x", None)]);
    a[1].status = CellStatus::Truncated;
    let out = compare(&a, &repeats("c", &[("x", None), ("x", None)]));
    assert_eq!(out.same, 1);
    assert_eq!(
        out.rows[0].reason.as_deref(),
        Some("A is truncated in 1 of 2 repeats")
    );
}

#[test]
fn an_edit_that_several_cases_share_is_a_kind_of_its_own_and_one_of_a_single_case_is_not() {
    let answers: Vec<(String, String, String)> = (0..40)
        .map(|n| {
            let rest = format!("Your order {n}{n} is on its way to you");
            let goodbye = if n < 37 { "Best wishes" } else { "Yours" };
            (
                n.to_string(),
                format!("{rest}. Kind regards, the team"),
                format!("{rest}. {goodbye}, the team"),
            )
        })
        .collect();
    let a: Vec<_> = answers.iter().map(|(k, a, _)| cell(k, a, None)).collect();
    let b: Vec<_> = answers.iter().map(|(k, _, b)| cell(k, b, None)).collect();
    let told: Vec<(String, u64)> = compare(&a, &b)
        .groups
        .iter()
        .map(|group| (group.kind.to_string(), group.count))
        .collect();
    assert_eq!(
        told,
        [
            ("wording".to_owned(), 40),
            ("edit:\"Kind regards\" → \"Best wishes\"".to_owned(), 37),
            ("edit:\"Kind regards\" → \"Yours\"".to_owned(), 3),
        ]
    );
    let out = compare(&a[..1], &b[..1]);
    assert_eq!(out.rows[0].kinds, [ChangeKind::Wording]);
}
