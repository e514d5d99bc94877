//! Results of the commands as tables for a terminal.

use crate::figures::{UNKNOWN, count, duration, known_count, percent, usd};
use crate::markdown::number;
use crate::table::{Column, Table};
use crate::terminal::{Paint, Style, one_line, shorten};
use plumbline_analysis::align::Comparison;
use plumbline_analysis::stats::StatTest;
use plumbline_analysis::verdict::verdict;
use plumbline_model::{ImportFile, RunTotals, Usd};
use std::fmt::Write as _;

/// Quarantined rows shown for each file; all of them stand in the workspace.
const QUARANTINE_SHOWN: usize = 5;
const UNREAD_SHOWN: usize = 12;

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
    rows.push(("requests sent", count(totals.requests_sent)));
    rows.push(("tokens in", known_count(totals.tokens_in)));
    rows.push(("tokens out", known_count(totals.tokens_out)));
    rows.push(("cost", usd(totals.cost_usd)));
    if totals.unpriced_cells > 0 {
        rows.push(("  answers of unknown cost", count(totals.unpriced_cells)));
    }
    if wall_ms.is_some() {
        rows.push(("took", duration(wall_ms)));
    }
    figures(rows, style)
}

/// What an import understood and what it did not, file by file.
#[must_use]
pub fn import_report(files: &[ImportFile], room: Option<usize>, style: Style) -> String {
    let mut table = Table::new([
        Column::words("file"),
        Column::words("format"),
        Column::numbers("read"),
        Column::numbers("stored"),
        Column::numbers("duplicate"),
        Column::numbers("quarantined"),
        Column::numbers("model calls"),
    ]);
    for file in files {
        let quarantined = if file.counts.quarantined > 0 {
            Paint::Warn
        } else {
            Paint::Plain
        };
        table.painted_row([
            (file.path.clone(), Paint::Plain),
            (file.format.clone(), Paint::Dim),
            (count(file.counts.read), Paint::Plain),
            (count(file.counts.stored), Paint::Plain),
            (count(file.counts.duplicate), Paint::Plain),
            (count(file.counts.quarantined), quarantined),
            (count(file.model_calls), Paint::Plain),
        ]);
    }
    let mut out = table.render(room, style);
    for file in files {
        losses(&mut out, file, style);
    }
    out
}

fn losses(out: &mut String, file: &ImportFile, style: Style) {
    if !file.quarantine.is_empty() {
        let _ = writeln!(out, "\nquarantined in {}:", one_line(&file.path));
        for row in file.quarantine.iter().take(QUARANTINE_SHOWN) {
            let _ = writeln!(
                out,
                "  {}: {}",
                style.paint(Paint::Strong, &one_line(&row.at)),
                one_line(&row.reason)
            );
        }
        let more = file
            .counts
            .quarantined
            .saturating_sub(QUARANTINE_SHOWN as u64);
        if more > 0 {
            let _ = writeln!(out, "  and {} more, kept in the workspace", count(more));
        }
    }
    if !file.fields_unread.is_empty() {
        let _ = writeln!(
            out,
            "\nfields of {} that only the raw record keeps:",
            one_line(&file.path)
        );
        let mut table = Table::new([
            Column::words("field"),
            Column::numbers("spans"),
            Column::words("example"),
        ]);
        let mut fields: Vec<_> = file.fields_unread.iter().collect();
        fields.sort_by_key(|(name, field)| (std::cmp::Reverse(field.count), *name));
        for (name, field) in fields.iter().take(UNREAD_SHOWN) {
            let example = shorten(&one_line(&field.example), 40).into_owned();
            table.row([(*name).clone(), count(field.count), example]);
        }
        out.push_str(&table.render(None, style));
        if fields.len() > UNREAD_SHOWN {
            let _ = writeln!(out, "and {} more fields", fields.len() - UNREAD_SHOWN);
        }
    }
    match &file.redacted {
        None => {
            let notice = format!(
                "\nredaction was switched off for {}: secrets are stored as they came",
                one_line(&file.path)
            );
            let _ = writeln!(out, "{}", style.paint(Paint::Warn, &notice));
        }
        Some(kinds) if !kinds.is_empty() => {
            let kinds: Vec<String> = kinds
                .iter()
                .map(|(kind, n)| format!("{} {}", one_line(kind), count(*n)))
                .collect();
            let _ = writeln!(
                out,
                "\nredacted in {}: {}",
                one_line(&file.path),
                kinds.join(", ")
            );
        }
        Some(_) => {}
    }
    if !file.completeness.is_empty() && file.model_calls > 0 {
        let shares: Vec<String> = file
            .completeness
            .iter()
            .map(|(field, share)| format!("{} {}", one_line(field), percent(Some(*share))))
            .collect();
        let _ = writeln!(out, "\nmodel calls that carry: {}", shares.join(", "));
    }
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
            let example = group
                .examples
                .first()
                .map(|key| key.case_key.clone())
                .unwrap_or_default();
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
        Column::numbers("n"),
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
        let p = test.p_value.map(|p| format!("{p:.3}")).unwrap_or_default();
        table.row([
            test.metric.clone(),
            figure(test.estimate),
            interval,
            p,
            count(test.n),
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
    use crate::terminal::oracle;
    use plumbline_model::{FieldUnread, LossCounts, QuarantinedRow};

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
        cost                              unknown
          answers of unknown cost               3
        took                           1 min 21 s
        "#);
    }

    #[test]
    fn an_import_tells_its_losses() {
        let file = ImportFile {
            path: "calls\u{1b}[2J.jsonl".into(),
            format: "canonical_jsonl".into(),
            counts: LossCounts {
                read: 10,
                stored: 8,
                duplicate: 1,
                quarantined: 1,
            },
            quarantine: vec![QuarantinedRow {
                at: "line 7".into(),
                reason: "`start_ns` is missing".into(),
                raw: String::new(),
            }],
            model_calls: 6,
            fields_unread: [(
                "vendor.score".to_owned(),
                FieldUnread {
                    count: 8,
                    example: "0.5".into(),
                },
            )]
            .into(),
            completeness: [("tokens_in".to_owned(), 0.5), ("model".to_owned(), 1.0)].into(),
            redacted: Some([("email".to_owned(), 3), ("openai_key".to_owned(), 1_200)].into()),
            ..ImportFile::default()
        };
        let text = import_report(&[file], None, Style::default());
        assert_eq!(oracle::forbidden(&text, false), Vec::<String>::new());
        insta::assert_snapshot!(text, @r#"
        file                  format           read  stored  duplicate  quarantined  model calls
        calls\u{1b}[2J.jsonl  canonical_jsonl    10       8          1            1            6

        quarantined in calls\u{1b}[2J.jsonl:
          line 7: `start_ns` is missing

        fields of calls\u{1b}[2J.jsonl that only the raw record keeps:
        field         spans  example
        vendor.score      8  0.5

        model calls that carry: model 100 %, tokens_in 50 %
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
