//! The tables of the head.

use super::escape::Page;
use crate::figures::{UNKNOWN, count, duration, known_count, percent, usd};
use crate::markdown::number;
use crate::share::{SharedGroup, SharedHead, SharedSignoff, SharedTest};
use std::io::{self, Write};

/// Bytes of a name shown in a table.
const NAME: usize = 120;
/// Rows of one table shown at most; the rest is counted.
const ROWS: usize = 500;
const EXAMPLES: usize = 5;

pub(super) fn columns(page: &mut Page<impl Write>, head: &SharedHead) -> io::Result<()> {
    page.raw(
        "<section>\n<h2>Runs</h2>\n<table>\n<thead><tr><th>run</th><th>prompt</th><th>model</th>\
         <th class=\"n\">answered</th><th class=\"n\">passed</th><th class=\"n\">tokens in</th>\
         <th class=\"n\">tokens out</th><th class=\"n\">cost</th><th class=\"n\">p50</th>\
         <th class=\"n\">p95</th><th>hashes</th></tr></thead>\n<tbody>\n",
    )?;
    for (at, column) in head.columns.iter().enumerate() {
        page.raw("<tr><th scope=\"row\">")?;
        page.line(&column.name, NAME)?;
        page.raw(if at == 0 {
            " <small>baseline</small></th><td>"
        } else {
            "</th><td>"
        })?;
        optional(page, column.prompt.as_deref())?;
        if let Some(version) = &column.version {
            page.raw(" <small>")?;
            page.line(version, NAME)?;
            page.raw("</small>")?;
        }
        page.raw("</td><td>")?;
        optional(page, column.model.as_deref())?;
        page.raw("</td>")?;
        figure(page, &known_count(column.answered))?;
        let passed = match (column.passed, column.graded) {
            (Some(passed), Some(graded)) => format!("{} of {}", count(passed), count(graded)),
            (passed, _) => known_count(passed),
        };
        figure(page, &passed)?;
        figure(page, &known_count(column.tokens_in))?;
        figure(page, &known_count(column.tokens_out))?;
        figure(page, &usd(column.cost_usd))?;
        figure(page, &duration(column.p50_ms))?;
        figure(page, &duration(column.p95_ms))?;
        page.raw("<td class=\"hash\">")?;
        for (what, hash) in [
            ("template ", &column.template_hash),
            ("run ", &column.run_hash),
            ("id ", &column.run_id),
        ] {
            if let Some(hash) = hash {
                page.raw("<div><small>")?;
                page.raw(what)?;
                page.raw("</small><code>")?;
                page.line(hash, NAME)?;
                page.raw("</code></div>")?;
            }
        }
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody>\n</table>\n</section>\n")
}

/// One row per column, one table column per thing counted, both in order of first appearance.
pub(super) fn counts(page: &mut Page<impl Write>, head: &SharedHead) -> io::Result<()> {
    if head.counts.is_empty() {
        return Ok(());
    }
    let mut whats: Vec<&str> = Vec::new();
    let mut columns: Vec<Option<&str>> = Vec::new();
    for count in head.counts.iter().take(ROWS) {
        if !whats.contains(&count.what.as_str()) {
            whats.push(&count.what);
        }
        if !columns.contains(&count.column.as_deref()) {
            columns.push(count.column.as_deref());
        }
    }
    let named = columns.iter().any(Option::is_some);
    page.raw("<section>\n<h2>Counts</h2>\n<table>\n<thead><tr>")?;
    page.raw(if named { "<th>run</th>" } else { "" })?;
    for what in &whats {
        page.raw("<th class=\"n\">")?;
        page.line(what, NAME)?;
        page.raw("</th>")?;
    }
    page.raw("</tr></thead>\n<tbody>\n")?;
    for column in columns {
        page.raw("<tr>")?;
        if named {
            page.raw("<th scope=\"row\">")?;
            page.line(column.unwrap_or("all"), NAME)?;
            page.raw("</th>")?;
        }
        for what in &whats {
            let found = head
                .counts
                .iter()
                .find(|count| count.what == *what && count.column.as_deref() == column);
            figure(
                page,
                &found.map_or_else(String::new, |found| count(found.count)),
            )?;
        }
        page.raw("</tr>\n")?;
    }
    page.raw("</tbody>\n</table>\n")?;
    more(page, head.counts.len())?;
    page.raw("</section>\n")
}

pub(super) fn tests(page: &mut Page<impl Write>, tests: &[SharedTest]) -> io::Result<()> {
    if tests.is_empty() {
        return Ok(());
    }
    page.raw("<section>\n<h2>Tests</h2>\n<table>\n<thead><tr><th>metric</th>")?;
    let named = tests.iter().any(|test| test.column.is_some());
    page.raw(if named { "<th>run</th>" } else { "" })?;
    page.raw(
        "<th class=\"n\">difference</th><th class=\"n\">95 % interval</th><th class=\"n\">p</th>\
         <th class=\"n\">p adjusted</th><th class=\"n\">n</th><th class=\"n\">smallest shown</th>\
         <th class=\"n\">more needed</th><th>method</th></tr></thead>\n<tbody>\n",
    )?;
    for test in tests.iter().take(ROWS) {
        let measure = |value: Option<f64>| measure(&test.metric, value);
        let interval = match (test.ci_low, test.ci_high) {
            (Some(low), Some(high)) => format!("{} to {}", measure(Some(low)), measure(Some(high))),
            _ => UNKNOWN.to_owned(),
        };
        page.raw("<tr><th scope=\"row\">")?;
        page.line(&test.metric, NAME)?;
        page.raw("</th>")?;
        run(page, named, test.column.as_deref())?;
        for shown in [
            measure(test.estimate),
            interval,
            chance(test.p_value),
            chance(test.p_adjusted),
            count(test.n),
            measure(test.smallest_shown),
            known_count(test.more_needed),
        ] {
            figure(page, &shown)?;
        }
        page.raw("<td>")?;
        page.line(&test.method, NAME)?;
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody>\n</table>\n")?;
    more(page, tests.len())?;
    page.raw("</section>\n")
}

/// A figure of a test in its metric's unit.
fn measure(metric: &str, value: Option<f64>) -> String {
    match value.filter(|value| value.is_finite()) {
        None => UNKNOWN.to_owned(),
        share if matches!(metric, "answers_moved" | "pass_rate") => percent(share),
        ms if metric.ends_with("_ms") => duration(ms),
        Some(value) => number(value),
    }
}

fn chance(p: Option<f64>) -> String {
    match p.filter(|p| p.is_finite()) {
        None => UNKNOWN.to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

pub(super) fn groups(page: &mut Page<impl Write>, groups: &[SharedGroup]) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    page.raw("<section>\n<h2>Kinds of change</h2>\n<table>\n<thead><tr><th>kind</th>")?;
    let named = groups.iter().any(|group| group.column.is_some());
    page.raw(if named { "<th>run</th>" } else { "" })?;
    page.raw(
        "<th class=\"n\">cases</th><th class=\"n\">fixed</th><th class=\"n\">broken</th>\
         <th>examples</th><th>accepted</th></tr></thead>\n<tbody>\n",
    )?;
    for group in groups.iter().take(ROWS) {
        page.raw("<tr><th scope=\"row\"><code>")?;
        page.line(&group.kind, NAME)?;
        page.raw("</code></th>")?;
        run(page, named, group.column.as_deref())?;
        for shown in [group.count, group.fixed, group.broken] {
            figure(page, &count(shown))?;
        }
        page.raw("<td>")?;
        for (at, example) in group.examples.iter().take(EXAMPLES).enumerate() {
            page.raw(if at == 0 { "<code>" } else { ", <code>" })?;
            page.line(example, NAME)?;
            page.raw("</code>")?;
        }
        page.raw("</td><td>")?;
        match &group.accepted {
            Some(accepted) => page.line(accepted, 400)?,
            None => page.raw("no")?,
        }
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody>\n</table>\n")?;
    more(page, groups.len())?;
    page.raw("</section>\n")
}

pub(super) fn signoffs(page: &mut Page<impl Write>, signoffs: &[SharedSignoff]) -> io::Result<()> {
    page.raw("<section>\n<h2>Sign-offs</h2>\n")?;
    if signoffs.is_empty() {
        return page.raw("<p>None.</p>\n</section>\n");
    }
    page.raw(
        "<table>\n<thead><tr><th>by</th><th>when</th><th>decision</th><th>note</th></tr></thead>\n<tbody>\n",
    )?;
    for signoff in signoffs.iter().take(ROWS) {
        page.raw("<tr><th scope=\"row\">")?;
        page.line(&signoff.by, NAME)?;
        page.raw("</th><td>")?;
        page.line(&signoff.when_utc, 40)?;
        page.raw("</td><td>")?;
        page.line(&signoff.decision, NAME)?;
        page.raw("</td><td>")?;
        page.line(signoff.note.as_deref().unwrap_or(""), 2_000)?;
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody>\n</table>\n")?;
    more(page, signoffs.len())?;
    page.raw("</section>\n")
}

fn more(page: &mut Page<impl Write>, all: usize) -> io::Result<()> {
    if all > ROWS {
        page.raw("<p>")?;
        page.number(all - ROWS)?;
        page.raw(" more are not shown.</p>\n")?;
    }
    Ok(())
}

/// The column that a line is about; nothing where no line names one.
fn run(page: &mut Page<impl Write>, named: bool, column: Option<&str>) -> io::Result<()> {
    if named {
        page.raw("<td>")?;
        page.line(column.unwrap_or(""), NAME)?;
        page.raw("</td>")?;
    }
    Ok(())
}

fn optional(page: &mut Page<impl Write>, data: Option<&str>) -> io::Result<()> {
    match data {
        Some(data) => page.line(data, NAME),
        None => page.raw("<small>unknown</small>"),
    }
}

fn figure(page: &mut Page<impl Write>, shown: &str) -> io::Result<()> {
    page.raw(if shown == UNKNOWN {
        "<td class=\"n u\">"
    } else {
        "<td class=\"n\">"
    })?;
    page.figure(shown)?;
    page.raw("</td>")
}
