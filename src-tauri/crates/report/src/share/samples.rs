//! A small comparison with one case of each fate, for the tests of all formats.

use super::{
    SharedCell, SharedColumn, SharedCount, SharedGroup, SharedHead, SharedRow, SharedSignoff,
    SharedTest,
};
use plumbline_analysis::align::RowVerdict;
use plumbline_analysis::diff::diff_outputs;
use plumbline_model::{CellStatus, Origin};

pub(super) fn head() -> SharedHead {
    let column = |name: &str, version: &str, passed: u64, p50_ms: Option<f64>| SharedColumn {
        name: name.to_owned(),
        prompt: Some("triage".to_owned()),
        version: Some(version.to_owned()),
        model: Some("claude-sonnet-4-5".to_owned()),
        template_hash: Some("4f1c9a27be03".to_owned()),
        run_id: Some("0198f1c2-7a3b-7c11-9f42-0d1e5a6b7c8d".to_owned()),
        run_hash: Some("9e7702d4c1aa".to_owned()),
        answered: Some(8),
        passed: Some(passed),
        graded: Some(8),
        tokens_in: Some(3_412),
        tokens_out: Some(260),
        cost_usd: "0.014136".parse().ok(),
        p50_ms,
        p95_ms: p50_ms.map(|ms| ms * 2.4),
    };
    let test = |metric: &str, method: &str, estimate: f64, p: f64, more: Option<u64>| SharedTest {
        column: None,
        metric: metric.to_owned(),
        method: method.to_owned(),
        estimate: Some(estimate),
        ci_low: Some(estimate - estimate.abs() * 1.4),
        ci_high: Some(estimate + estimate.abs() * 1.4),
        p_value: Some(p),
        p_adjusted: Some((p * 3.0).min(1.0)),
        n: 7,
        smallest_shown: Some(estimate.abs() * 3.0),
        more_needed: more,
    };
    let group = |kind: &str, count: u64, broken: u64, examples: &[&str]| SharedGroup {
        column: None,
        kind: kind.to_owned(),
        count,
        fixed: 0,
        broken,
        examples: examples.iter().map(|key| (*key).to_owned()).collect(),
        accepted: (kind == "wording").then(|| "mo, 2026-03-02: tone only".to_owned()),
    };
    let count = |what: &str, count: u64| SharedCount {
        column: None,
        what: what.to_owned(),
        count,
    };
    SharedHead {
        title: "Triage: 1.2.0 against the working copy".to_owned(),
        verdict:
            "5 of 7 answers moved (71 %, 95 % interval 36–92 %); 1 fixed, 1 broken: not more than \
                  chance (p = 1.00)."
                .to_owned(),
        columns: vec![
            column("triage@1.2.0", "1.2.0", 6, Some(840.0)),
            column("triage@working", "working", 6, None),
        ],
        counts: vec![
            count("matched", 7),
            count("same", 2),
            count("changed", 2),
            count("fixed", 1),
            count("broken", 1),
            count("only in baseline", 1),
            count("not comparable", 1),
        ],
        groups: vec![
            group(
                "json_field:$.label",
                2,
                1,
                &["refund/late", "billing/double"],
            ),
            group("wording", 2, 0, &["greeting"]),
        ],
        tests: vec![
            test("pass_rate", "mcnemar_exact", 0.02, 1.0, Some(412)),
            test("latency_ms", "bootstrap_sign_flip", -120.0, 0.0004, None),
            test("cost_usd", "bootstrap_sign_flip", 0.000_12, 0.21, Some(90)),
        ],
        signoffs: vec![SharedSignoff {
            by: "mo".to_owned(),
            when_utc: "2026-03-02T09:14:00Z".to_owned(),
            decision: "accepted".to_owned(),
            note: Some("Late refunds go to a person now.".to_owned()),
        }],
        written_utc: "2026-03-02T09:15:31Z".to_owned(),
    }
}

pub(super) fn cell(text: &str, passed: bool) -> SharedCell {
    SharedCell {
        text: Some(text.to_owned()),
        origin: Some(Origin::Recorded),
        passed: Some(passed),
        score: Some(if passed { 1.0 } else { 0.25 }),
        latency_ms: Some(812.5),
        tokens_in: Some(431),
        tokens_out: Some(28),
        cost_usd: "0.001713".parse().ok(),
        distinct: Some(1),
        repeats: Some(3),
        ..SharedCell::default()
    }
}

/// A case whose candidate answers `after` where the baseline answered `before`.
pub(super) fn pair(
    key: &str,
    before: &str,
    after: &str,
    verdict: RowVerdict,
    kinds: &[&str],
) -> SharedRow {
    use plumbline_analysis::align::RowVerdict::{Broken, Fixed};
    let mut new = cell(after, verdict != Broken);
    new.verdict = Some(verdict);
    new.kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    if before != after {
        new.diff = Some(diff_outputs(before, after));
    }
    SharedRow {
        case_key: key.to_owned(),
        variables: vec![
            (
                "ticket".to_owned(),
                format!("Ticket {key}:\nwhere is my money?"),
            ),
            ("tone".to_owned(), "calm".to_owned()),
        ],
        expected: Some("{\"label\":\"refund\"}".to_owned()),
        cells: vec![Some(cell(before, verdict != Fixed)), Some(new)],
    }
}

pub(super) fn rows() -> Vec<SharedRow> {
    use plumbline_analysis::align::RowVerdict::{
        Broken, Changed, Fixed, NotComparable, OnlyA, OnlyB, Same,
    };
    let label = "json_field:$.label";
    let refund = "{\"label\":\"refund\",\"confidence\":0.9}";
    let mut broken = pair(
        "refund/late",
        refund,
        "{\"label\":\"billing\",\"confidence\":0.9,\"why\":\"late\"}",
        Broken,
        &[label],
    );
    let mut failed = pair("refund/long", refund, "", NotComparable, &[]);
    let mut only_a = pair("refund/old", refund, "", OnlyA, &[]);
    let mut only_b = pair("refund/new", "", refund, OnlyB, &[]);
    if let [_, Some(cell)] = broken.cells.as_mut_slice() {
        cell.reason = Some("label is \"billing\", expected \"refund\" & nothing <else>".to_owned());
        cell.distinct = Some(2);
        cell.labels = vec!["regression".to_owned()];
        cell.notes = vec!["seen since Monday".to_owned()];
        cell.tool_calls_json = Some("[{\"name\":\"lookup\",\"arguments\":{\"id\":7}}]".to_owned());
    }
    if let [_, Some(cell)] = failed.cells.as_mut_slice() {
        *cell = SharedCell {
            status: CellStatus::Failed,
            verdict: Some(NotComparable),
            reason: Some("the provider answered 529".to_owned()),
            ..SharedCell::default()
        };
    }
    only_a.cells[1] = None;
    only_b.cells[0] = None;
    vec![
        broken,
        pair(
            "billing/double",
            "{\"label\":\"other\"}",
            refund,
            Fixed,
            &[label],
        ),
        pair(
            "greeting",
            "Hello,\nwe have your ticket.\nA person answers within a day.\n",
            "Hello there,\nwe have your ticket.\nSomebody answers\u{202e} within a day. \n",
            Changed,
            &["wording"],
        ),
        pair("=cmd|' /C calc'!A0", refund, refund, Same, &[]),
        failed,
        only_a,
        only_b,
    ]
}
