//! `plumbline recording …`

use crate::args::Recording;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{RecordedModel, TraceFilter};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, figures};
use serde_json::json;
use std::fs::File;
use std::io::BufReader;

pub(super) fn run(
    engine: &Engine,
    args: &Recording,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    match args {
        Recording::List => {
            let models = engine.recorded_models()?;
            printer.answer(&json!({ "models": models }), || table(&models, printer))?;
        }
        Recording::Add { file } => {
            let lines = File::open(file).map_err(|error| {
                Problem::not_found(format!("cannot open {}: {error}", file.display()))
                    .hint("Name a file that `plumbline run record` wrote.")
            })?;
            let source = file.display().to_string();
            let added = engine.add_recordings(BufReader::new(lines), &source)?;
            printer.answer(&json!({ "added": added }), || {
                format!("{} answers are recorded\n", figures::count(added))
            })?;
        }
        Recording::FromTraces { limit } => {
            let made = engine.recordings_from_traces(&TraceFilter::default(), (*limit).into())?;
            printer.answer(&made, || {
                format!(
                    "{} answers of {} model calls are recorded; the others hold no whole answer or no messages\n",
                    figures::count(made.recorded),
                    figures::count(made.model_calls)
                )
            })?;
        }
    }
    Ok(ExitStatus::Pass)
}

fn table(rows: &[RecordedModel], printer: &Printer) -> String {
    let mut table = Table::new([
        Column::words("provider"),
        Column::words("model"),
        Column::numbers("recordings"),
    ]);
    for row in rows {
        table.row([&row.provider, &row.model, &figures::count(row.recordings)]);
    }
    table.render(printer.room(), printer.style())
}
