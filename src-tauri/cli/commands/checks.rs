//! `plumbline run checks`

use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{CheckRow, RunChecks};
use plumbline_model::{Assertion, Problem};
use plumbline_report::{Column, Table, figures};

/// Characters of an assertion that are shown.
const SHOWN_CHARS: usize = 60;

pub(super) fn answer(checks: &RunChecks, printer: &Printer) -> Result<ExitStatus, Problem> {
    printer.answer(checks, || text(checks, printer))?;
    Ok(if checks.failed > 0 {
        ExitStatus::Findings
    } else {
        ExitStatus::Pass
    })
}

fn text(checks: &RunChecks, printer: &Printer) -> String {
    let counts = format!(
        "{} passed, {} failed, {} could not be made\n",
        figures::count(checks.passed),
        figures::count(checks.failed),
        figures::count(checks.ungraded)
    );
    if checks.rows.is_empty() {
        return counts;
    }
    let mut table = Table::new([
        Column::words("case"),
        Column::numbers("column"),
        Column::words("check"),
        Column::words("result"),
        Column::numbers("score"),
        Column::words("why"),
    ]);
    for row in &checks.rows {
        table.row([
            case(row),
            row.column.to_string(),
            shown(&row.outcome.assertion),
            match row.outcome.passed {
                Some(true) => "passed".to_owned(),
                Some(false) => "failed".to_owned(),
                None => "not made".to_owned(),
            },
            row.outcome.score.map(score).unwrap_or_default(),
            row.outcome.message.clone(),
        ]);
    }
    counts + &table.render(printer.room(), printer.style())
}

fn case(row: &CheckRow) -> String {
    match row.repeat {
        0 => row.case_key.clone(),
        repeat => format!("{} (repeat {})", row.case_key, repeat + 1),
    }
}

/// As it stands in the dataset.
fn shown(assertion: &Assertion) -> String {
    let text = serde_json::to_string(assertion).unwrap_or_default();
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn score(score: f64) -> String {
    let rounded = (score * 10_000.0).round() / 10_000.0;
    rounded.to_string()
}
