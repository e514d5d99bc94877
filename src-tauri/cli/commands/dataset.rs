//! `plumbline dataset …`

use crate::args::Dataset;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{AsSent, DatasetFromSpans, DatasetRow, TraceFilter};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean, figures};
use serde_json::json;

pub(super) fn run(
    engine: &Engine,
    args: &Dataset,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    match args {
        Dataset::List => {
            let datasets = engine.dataset_list()?;
            printer.answer(&json!({ "datasets": datasets }), || {
                table(&datasets, printer)
            })?;
        }
        Dataset::Add { file } => {
            let row = engine.dataset_add(file)?;
            printer.answer(&row, || table(std::slice::from_ref(&row), printer))?;
        }
        Dataset::FromTraces {
            name,
            prompt,
            as_sent,
            conversations,
            span,
            limit,
        } => {
            let filter = TraceFilter {
                prompt_name: prompt.clone(),
                ..TraceFilter::default()
            };
            let limit = u64::from(*limit);
            let made = if *as_sent || *conversations || !span.is_empty() {
                let how = AsSent {
                    spans: span.clone(),
                    conversations: *conversations,
                    limit,
                };
                engine.dataset_as_sent(name, &filter, &how)?
            } else {
                engine.dataset_from_traces(name, &filter, limit)?
            };
            printer.answer(&made, || made_text(&made, printer))?;
        }
    }
    Ok(ExitStatus::Pass)
}

/// The new dataset, and what of the calls did not come along.
fn made_text(made: &DatasetFromSpans, printer: &Printer) -> String {
    let mut text = table(std::slice::from_ref(&made.dataset), printer);
    let mut line = |count: u64, what: &str| {
        if count > 0 {
            text.push_str(&format!("{} {what}\n", figures::count(count)));
        }
    };
    line(
        made.without_variables,
        "calls carry no variables and were left out",
    );
    line(
        made.without_messages,
        "calls carry no messages and were left out",
    );
    line(made.recorded, "answers are recorded");
    if !made.left_out.is_empty() {
        let names = made.left_out.join(", ");
        text.push_str(&format!(
            "parameters that are not sent again: {}\n",
            clean(&names)
        ));
    }
    text
}

fn table(rows: &[DatasetRow], printer: &Printer) -> String {
    let mut table = Table::new([
        Column::words("dataset"),
        Column::numbers("cases"),
        Column::words("variables"),
        Column::words("description"),
    ]);
    for row in rows {
        let variables = row.variables.join(", ");
        table.row([
            &row.name,
            &figures::count(row.cases),
            &variables,
            &row.description,
        ]);
    }
    table.render(printer.room(), printer.style())
}
