//! A comparison as Markdown, for a pull request.
//!
//! Everything that comes from data stands in code spans or is escaped: no HTML, link, mention or table cell of
//! it takes effect.

use crate::figures::percent;
use crate::terminal::one_line;
use plumbline_analysis::align::{ComparedRow, Comparison, RowVerdict};
use plumbline_analysis::stats::StatTest;
use plumbline_analysis::verdict::verdict;
use std::fmt::Write as _;

/// Rows listed one by one at most; the counts tell of the rest.
const ROWS: usize = 50;
const GROUPS: usize = 20;

/// The comparison of two sides as a Markdown section.
#[must_use]
pub fn comparison(comparison: &Comparison, name_a: &str, name_b: &str) -> String {
    let mut out = format!(
        "### {} → {}\n\n**{}**\n",
        code(name_a),
        code(name_b),
        verdict(comparison)
    );
    let c = comparison;
    let _ = write!(
        out,
        "\n| matched | same | changed | fixed | broken | only A | only B | not comparable |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|\n\
         | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        c.matched, c.same, c.changed, c.fixed, c.broken, c.only_a, c.only_b, c.not_comparable
    );
    if !c.groups.is_empty() {
        out.push_str(
            "\n| kind of change | answers | fixed | broken | example |\n|---|---:|---:|---:|---|\n",
        );
        for group in c.groups.iter().take(GROUPS) {
            let example = group
                .examples
                .first()
                .map(|key| cell(key))
                .unwrap_or_default();
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {example} |",
                cell(&group.kind.to_string()),
                group.count,
                group.fixed,
                group.broken
            );
        }
    }
    if !c.tests.is_empty() {
        out.push_str("\n| metric | difference | 95 % interval | p | p (Holm) | n | n would show | method |\n|---|---:|---|---:|---:|---:|---:|---|\n");
        for test in &c.tests {
            let _ = writeln!(out, "{}", test_row(test));
        }
    }
    rows(&mut out, "Broken", c, RowVerdict::Broken);
    rows(&mut out, "Fixed", c, RowVerdict::Fixed);
    rows(&mut out, "Not comparable", c, RowVerdict::NotComparable);
    out
}

fn test_row(test: &StatTest) -> String {
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
    format!(
        "| {} | {} | {interval} | {} | {} | {} | {} | {} |",
        cell(&test.metric),
        figure(test.estimate),
        p(test.p_value),
        p(test.p_adjusted),
        test.n,
        test.smallest_shown.map(figure).unwrap_or_default(),
        cell(&test.method)
    )
}

/// Three decimals; what is less than they can say is not called nothing.
pub(crate) fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "< 0.001".to_owned(),
        false => format!("{p:.3}"),
    }
}

/// Three significant digits, without an exponent where that stays short.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.1}")
    } else if size >= 1e-6 {
        let decimals = (2.0 - size.log10().floor()) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.2e}")
    }
}

fn rows(out: &mut String, title: &str, comparison: &Comparison, verdict: RowVerdict) {
    let found: Vec<&ComparedRow> = comparison
        .rows
        .iter()
        .filter(|row| row.verdict == verdict)
        .collect();
    if found.is_empty() {
        return;
    }
    let _ = write!(out, "\n{title} ({}):\n\n", found.len());
    for row in found.iter().take(ROWS) {
        let _ = write!(out, "- {}", code(&row.case_key));
        let kinds: Vec<String> = row
            .kinds
            .iter()
            .map(|kind| code(&kind.to_string()))
            .collect();
        if !kinds.is_empty() {
            let _ = write!(out, ": {}", kinds.join(", "));
        }
        if let Some(reason) = &row.reason {
            let _ = write!(out, ": {}", escape(reason));
        }
        out.push('\n');
    }
    if found.len() > ROWS {
        let _ = writeln!(out, "- and {} more", found.len() - ROWS);
    }
}

/// Data as a code span in a table, where a bar would end the cell.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Data as a code span: nothing in it is markup or a mention. Not for tables, where `|` ends the cell.
#[must_use]
pub fn code(text: &str) -> String {
    let text = one_line(text);
    let text = if text.is_empty() {
        "(empty)".to_owned()
    } else {
        text
    };
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // A backtick at either end would join the fence.
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Data as plain words: every character that Markdown or HTML could act on is escaped.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_ascii_punctuation() && !matches!(c, ',' | ';' | '/' | '%') => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_analysis::align::{CellView, compare};
    use plumbline_model::{CellStatus, Origin};
    use proptest::prelude::*;

    fn answer<'c>(case: &'c str, text: &'c str, passed: bool) -> CellView<'c> {
        CellView {
            case_key: case,
            repeat: 0,
            status: CellStatus::Complete,
            text,
            tool_calls: &[],
            passed: Some(passed),
            latency_ms: None,
            tokens_out: None,
            cost_usd: None,
            origin: Some(Origin::Recorded),
        }
    }

    #[test]
    fn a_comparison_reads_as_verdict_counts_kinds_and_rows() {
        let a = [
            answer("a|b", "billing", true),
            answer("c", "x", true),
            answer("d", "n", false),
        ];
        let b = [
            answer("a|b", "other", false),
            answer("c", "x", true),
            answer("d", "y", true),
        ];
        insta::assert_snapshot!(comparison(&compare(&a, &b), "triage@1.0.0", "triage@working"), @r#"
        ### `triage@1.0.0` → `triage@working`

        **2 of 3 answers moved (67 %, 95 % interval 21–94 %); 1 fixed, 1 broken: not more than chance (p = 1.00).**

        | matched | same | changed | fixed | broken | only A | only B | not comparable |
        |---:|---:|---:|---:|---:|---:|---:|---:|
        | 3 | 1 | 0 | 1 | 1 | 0 | 0 | 0 |

        | kind of change | answers | fixed | broken | example |
        |---|---:|---:|---:|---|
        | `label` | 2 | 1 | 1 | `a\|b` |

        | metric | difference | 95 % interval | p | p (Holm) | n | n would show | method |
        |---|---:|---|---:|---:|---:|---:|---|
        | `answers_moved` | 67 % | 21 % to 94 % |  |  | 3 |  | `wilson` |
        | `pass_rate` | 0 % | -78 % to 78 % | 1.000 | 1.000 | 3 |  | `mcnemar_exact` |

        Broken (1):

        - `a|b`: `label`

        Fixed (1):

        - `d`: `label`
        "#);
    }

    #[test]
    fn code_spans_cannot_be_left() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("x | @team\n<b>"), "`x | @team <b>`");
        assert_eq!(code(""), "`(empty)`");
        assert_eq!(
            escape("<img src=x> [a](b) @x *b*"),
            "&lt;img src\\=x&gt; \\[a\\]\\(b\\) \\@x \\*b\\*"
        );
    }

    #[test]
    fn numbers_keep_three_digits() {
        let told: Vec<String> = [0.0, 1234.5, 12.34, 0.012345, -0.5, 1e-9]
            .iter()
            .map(|value| number(*value))
            .collect();
        assert_eq!(told, ["0", "1234", "12.3", "0.0123", "-0.500", "1.00e-9"]);
    }

    proptest! {
        #[test]
        fn a_hostile_case_key_stays_in_its_cell(key in "[`|<>\n@\\[\\]()!*a]{1,16}") {
            let text = comparison(&compare(&[answer(&key, "x", true)], &[answer(&key, "y", false)]), &key, &key);
            let plain = comparison(&compare(&[answer("k", "x", true)], &[answer("k", "y", false)]), "k", "k");
            prop_assert_eq!(text.lines().count(), plain.lines().count());
            let borders = |line: &str| {
                if line.starts_with('|') { line.replace("\\|", "").matches('|').count() } else { 0 }
            };
            for (hostile, tame) in text.lines().zip(plain.lines()) {
                prop_assert_eq!(borders(hostile), borders(tame));
            }
        }
    }
}
