//! Results of the commands as tables for a terminal.

mod import;

pub use import::import_report;

use crate::figures::{UNKNOWN, count, duration, known_count, percent, usd};
use crate::markdown::{number, p_value};
use crate::table::{Column, Table};
use crate::terminal::{Paint, Style};
use plumbline_analysis::align::Comparison;
use plumbline_analysis::stats::StatTest;
use plumbline_analysis::verdict::verdict;
use plumbline_model::{RunTotals, Usd};

/// Label and figure, line by line.
fn figures<'r>(rows: impl IntoIterator<Item = (&'r str, String)>, style: Style) -> String {
    let mut table = Table::new([Column::words(""), Column::numbers("")]);
    for (label, figure) in rows {
        let paint = if figure == UNKNOWN {
            Paint::Dim
        } else {
            Paint::Plain
        };
        table.painted_row([(label, Paint::Plain), (figure.as_str(), paint)]);
    }
    table.render(None, style)
}

/// What a run came to.
#[must_use]
pub fn run_totals(totals: &RunTotals, wall_ms: Option<f64>, style: Style) -> String {
    let mut rows = vec![("answers", count(totals.cells))];
    // Only what happened: a table of zeros hides the one figure that matters.
    let parts = [
        ("  live", totals.live),
        ("  cached", totals.cached),
        ("  recorded", totals.recorded),
        ("  failed", totals.failed),
        ("  unknown: sent, no answer seen", totals.unknown),
        ("  truncated", totals.truncated),
        ("  not sent", totals.not_sent),
        ("  pending", totals.pending),
    ];
    rows.extend(
        parts
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(label, n)| (label, count(n))),
    );
    if totals.graded > 0 {
        rows.push((
            "passed",
            format!("{} of {}", count(totals.passed), count(totals.graded)),
        ));
    }
    if totals.diverged > 0 {
        rows.push(("diverged from their recording", count(totals.diverged)));
    }
    rows.push(("requests sent", count(totals.requests_sent)));
    rows.push(("tokens in", known_count(totals.tokens_in)));
    rows.push(("tokens out", known_count(totals.tokens_out)));
    rows.push(("cost of all answers", usd(totals.cost_usd)));
    if totals.unpriced_cells > 0 {
        rows.push(("  answers of unknown cost", count(totals.unpriced_cells)));
    }
    let money = [
        ("  paid", totals.paid_usd),
        ("  perhaps paid besides", totals.possible_usd),
        ("  saved by the cache", totals.saved_usd),
    ];
    let told = money
        .into_iter()
        .filter(|(_, amount)| amount.is_some_and(|amount| amount > Usd::ZERO));
    rows.extend(told.map(|(label, amount)| (label, usd(amount))));
    if wall_ms.is_some() {
        rows.push(("took", duration(wall_ms)));
    }
    figures(rows, style)
}

/// A comparison: the sentence, the counts, the kinds of change, the tests.
#[must_use]
pub fn comparison(comparison: &Comparison, room: Option<usize>, style: Style) -> String {
    let mut out = format!("{}\n\n", style.paint(Paint::Strong, &verdict(comparison)));
    let parts = [
        ("matched", comparison.matched),
        ("  same", comparison.same),
        ("  changed", comparison.changed),
        ("  fixed", comparison.fixed),
        ("  broken", comparison.broken),
        ("only in A", comparison.only_a),
        ("only in B", comparison.only_b),
        ("not comparable", comparison.not_comparable),
    ];
    out.push_str(&figures(parts.map(|(label, n)| (label, count(n))), style));
    if !comparison.groups.is_empty() {
        let mut table = Table::new([
            Column::words("kind of change"),
            Column::numbers("answers"),
            Column::numbers("fixed"),
            Column::numbers("broken"),
            Column::words("example"),
        ]);
        for group in &comparison.groups {
            let example = group.examples.first().cloned().unwrap_or_default();
            table.row([
                group.kind.to_string(),
                count(group.count),
                count(group.fixed),
                count(group.broken),
                example,
            ]);
        }
        out.push('\n');
        out.push_str(&table.render(room, style));
    }
    if !comparison.tests.is_empty() {
        out.push('\n');
        out.push_str(&tests(&comparison.tests, room, style));
    }
    out
}

fn tests(tests: &[StatTest], room: Option<usize>, style: Style) -> String {
    let mut table = Table::new([
        Column::words("metric"),
        Column::numbers("B − A"),
        Column::numbers("95 % interval"),
        Column::numbers("p"),
        Column::numbers("p (Holm)"),
        Column::numbers("n"),
        Column::numbers("n would show"),
        Column::words("method"),
    ]);
    for test in tests {
        let share = matches!(test.metric.as_str(), "answers_moved" | "pass_rate");
        let figure = |value: f64| {
            if share {
                percent(Some(value))
            } else {
                number(value)
            }
        };
        let interval = match (test.ci_low, test.ci_high) {
            (Some(low), Some(high)) => format!("{} to {}", figure(low), figure(high)),
            _ => String::new(),
        };
        let p = |p: Option<f64>| p.map(p_value).unwrap_or_default();
        table.row([
            test.metric.clone(),
            figure(test.estimate),
            interval,
            p(test.p_value),
            p(test.p_adjusted),
            count(test.n),
            test.smallest_shown.map(figure).unwrap_or_default(),
            test.method.clone(),
        ]);
    }
    table.render(room, style)
}

/// What the demo shows, in the names of the CLI's JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoFigures {
    pub cases: u64,
    pub answers_moved: u64,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
}

/// The demo's figures. Its answers are recordings, and the table says so.
#[must_use]
pub fn demo(figures_of: &DemoFigures, style: Style) -> String {
    figures(
        [
            ("cases", count(figures_of.cases)),
            ("answers moved", count(figures_of.answers_moved)),
            ("tokens in, recorded", known_count(figures_of.tokens_in)),
            ("tokens out, recorded", known_count(figures_of.tokens_out)),
            ("cost", usd(figures_of.cost_usd)),
            ("latency p50, recorded", duration(figures_of.p50_ms)),
            ("latency p95, recorded", duration(figures_of.p95_ms)),
        ],
        style,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lists_what_happened_and_says_unknown_for_what_nobody_measured() {
        let totals = RunTotals {
            cells: 1_240,
            live: 1_200,
            failed: 40,
            requests_sent: 1_251,
            tokens_in: Some(1_234_567),
            passed: 1_100,
            graded: 1_200,
            unpriced_cells: 3,
            paid_usd: "0.0125".parse().ok(),
            possible_usd: Some(Usd::ZERO),
            ..RunTotals::default()
        };
        insta::assert_snapshot!(run_totals(&totals, Some(81_234.0), Style::default()), @r#"
        answers                             1 240
          live                              1 200
          failed                               40
        passed                     1 100 of 1 200
        requests sent                       1 251
        tokens in                       1 234 567
        tokens out                        unknown
        cost of all answers               unknown
          answers of unknown cost               3
          paid                            $0.0125
        took                           1 min 21 s
        "#);
    }

    #[test]
    fn a_comparison_starts_with_its_sentence() {
        let text = comparison(
            &Comparison {
                only_a: 2,
                ..Comparison::default()
            },
            Some(80),
            Style::default(),
        );
        insta::assert_snapshot!(text, @r#"
        No answers could be compared; 2 only in A.

        matched         0
          same          0
          changed       0
          fixed         0
          broken        0
        only in A       2
        only in B       0
        not comparable  0
        "#);
    }

    #[test]
    fn the_demo_says_that_its_figures_are_recorded() {
        let text = demo(
            &DemoFigures {
                cases: 200,
                answers_moved: 31,
                tokens_in: Some(48_210),
                tokens_out: None,
                cost_usd: None,
                p50_ms: Some(412.0),
                p95_ms: Some(1_530.0),
            },
            Style::default(),
        );
        insta::assert_snapshot!(text, @r#"
        cases                      200
        answers moved               31
        tokens in, recorded     48 210
        tokens out, recorded   unknown
        cost                   unknown
        latency p50, recorded   412 ms
        latency p95, recorded   1.53 s
        "#);
    }
}
