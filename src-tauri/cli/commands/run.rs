//! `plumbline run …`

use super::checks;
use super::cost::price_line;
use super::replay::columns;
use crate::args::Run;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_model::Problem;
use plumbline_report::{Column, Table, figures, summary};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

pub(super) fn run(engine: &Engine, args: &Run, printer: &Printer) -> Result<ExitStatus, Problem> {
    match args {
        Run::List => list(engine, printer),
        Run::Show { run } => {
            let view = engine.run_open(engine.run_id(run)?)?;
            printer.answer(&view, || {
                let totals = summary::run_totals(&view.row.totals, None, printer.style());
                format!(
                    "run {} ({})\n{totals}\n{}{}",
                    view.row.id,
                    view.row.status.as_str(),
                    columns(&view, printer),
                    price_line(&view.price_sources)
                )
            })?;
            Ok(ExitStatus::Pass)
        }
        Run::Checks { run, all, limit } => {
            let checks = engine.run_checks(engine.run_id(run)?, *all, *limit)?;
            checks::answer(&checks, printer)
        }
        Run::Record { run, recorder, out } => record(engine, run, recorder, out, printer),
    }
}

fn list(engine: &Engine, printer: &Printer) -> Result<ExitStatus, Problem> {
    let runs = engine.run_list()?;
    printer.answer(&json!({ "runs": runs }), || {
        let mut table = Table::new([
            Column::words("run"),
            Column::words("status"),
            Column::words("prompts"),
            Column::words("models"),
            Column::words("dataset"),
            Column::numbers("cells"),
            Column::numbers("cost"),
            Column::numbers("p50"),
        ]);
        for run in &runs {
            let models: Vec<String> = run.plan.targets.iter().map(ToString::to_string).collect();
            table.row([
                run.id.to_string(),
                run.status.as_str().to_owned(),
                run.plan.prompts.join(" "),
                models.join(" "),
                run.plan.dataset.clone(),
                figures::count(run.totals.cells),
                figures::usd(run.totals.cost_usd),
                figures::duration(run.p50_ms),
            ]);
        }
        table.render(printer.room(), printer.style())
    })?;
    Ok(ExitStatus::Pass)
}

fn record(
    engine: &Engine,
    run: &str,
    recorder: &str,
    out: &Path,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let failed = |error: std::io::Error| {
        Problem::bad_input(format!("cannot write {}: {error}", out.display()))
            .hint("Choose a file in a folder that can be written.")
    };
    let mut file = BufWriter::new(File::create(out).map_err(failed)?);
    let written = engine.record_run(engine.run_id(run)?, recorder, &mut file)?;
    file.flush().map_err(failed)?;
    printer.answer(&json!({ "recordings": written, "file": out }), || {
        format!("{written} recordings in {}", out.display())
    })?;
    Ok(ExitStatus::Pass)
}
