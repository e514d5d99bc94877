//! `plumbline dataset …`

use crate::args::Dataset;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{DatasetRow, TraceFilter};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, figures};
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
            limit,
        } => {
            let filter = TraceFilter {
                prompt_name: prompt.clone(),
                ..TraceFilter::default()
            };
            let made = engine.dataset_from_traces(name, &filter, u64::from(*limit))?;
            printer.answer(&made, || {
                format!(
                    "{}{} calls carry no variables and were left out\n",
                    table(std::slice::from_ref(&made.dataset), printer),
                    made.without_variables
                )
            })?;
        }
    }
    Ok(ExitStatus::Pass)
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
