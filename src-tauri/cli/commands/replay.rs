//! `plumbline replay`

use super::cost::price_line;
use super::money::amount;
use super::{follow, wait};
use crate::args::{Replay, Waits};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::api::{Estimate, EstimateColumn, GridFilter, PriorFrom, RunView};
use plumbline_engine::{Engine, ReplayStarted, parse_target};
use plumbline_model::{CallWaits, CellStatus, Code, Problem, RunPlan, RunStatus, Usd};
use plumbline_report::{Column, Paint, Table, clean, figures, summary};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// The JSON answer. `live`, `cached` and `recorded` count complete answers.
#[derive(Serialize)]
struct Answer<'a> {
    run_id: String,
    status: RunStatus,
    #[serde(flatten)]
    totals: &'a plumbline_model::RunTotals,
    wall_ms: f64,
    columns: &'a [plumbline_engine::api::RunColumn],
    errors: &'a [plumbline_engine::api::ErrorCount],
    price_sources: &'a [plumbline_engine::api::PriceTableUsed],
}

pub(super) fn replay(
    engine: &Engine,
    args: &Replay,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let started_at = Instant::now();
    follow(engine, printer);
    let started = match &args.resume {
        Some(run) => {
            let run = engine.run_id(run)?;
            match cap(args)? {
                Some(cap) => engine.replay_resume_capped(run, args.resend_unknown, cap)?,
                None => engine.replay_resume(run, args.resend_unknown)?,
            }
        }
        None => {
            let plan = plan(engine, args)?;
            if args.estimate {
                return estimate(&engine.replay_estimate(&plan)?, printer);
            }
            engine.replay_start(&plan)?
        }
    };
    finish(engine, started, started_at, printer)
}

fn finish(
    engine: &Engine,
    started: ReplayStarted,
    started_at: Instant,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let ended = wait(engine, started.job_id);
    let view = engine.run_open(started.run_id)?;
    let wall_ms = started_at.elapsed().as_secs_f64() * 1e3;
    let answer = Answer {
        run_id: started.run_id.to_string(),
        status: view.row.status,
        totals: &view.row.totals,
        wall_ms,
        columns: &view.columns,
        errors: &view.errors,
        price_sources: &view.price_sources,
    };
    match ended {
        Err(problem) if problem.code != Code::Cancelled => return Err(problem),
        _ => printer.answer(&answer, || text(&view, wall_ms, printer))?,
    }
    let because = view.row.ended_because.as_deref().map(clean);
    match (view.row.status, because) {
        (RunStatus::Capped, Some(because)) => printer.note(&because),
        (RunStatus::Capped, None) => printer
            .note("the cap was reached; `plumbline replay --resume RUN --cap-usd USD` goes on"),
        (RunStatus::Interrupted, Some(because)) => printer.note(&format!(
            "{because}; `plumbline replay --resume RUN` goes on when it is back"
        )),
        _ => {}
    }
    if let Some(hint) = next_step(engine, &view)? {
        printer.note(&hint);
    }
    Ok(status(&view))
}

/// What to do about the first cell without an answer.
fn next_step(engine: &Engine, view: &RunView) -> Result<Option<String>, Problem> {
    let totals = &view.row.totals;
    let status = match (totals.failed, totals.unknown) {
        (0, 0) => return Ok(None),
        (0, _) => CellStatus::Unknown,
        _ => CellStatus::Failed,
    };
    let filter = GridFilter {
        status: Some(status),
        ..GridFilter::default()
    };
    let grid = engine.run_grid(view.row.id, &filter, 0, 1)?;
    let mut cells = grid.rows.into_iter().flat_map(|row| row.cells).flatten();
    let Some(cell) = cells.find(|cell| cell.status == status) else {
        return Ok(None);
    };
    Ok(engine.cell_open(cell.id)?.cell.problem.and_then(|p| p.hint))
}

/// A run that was cut short, or of which nothing was answered, is no pass.
fn status(view: &RunView) -> ExitStatus {
    let totals = &view.row.totals;
    match view.row.status {
        RunStatus::Cancelled => ExitStatus::Cancelled,
        RunStatus::Interrupted => ExitStatus::Provider,
        _ if totals.failed + totals.unknown + totals.truncated > 0 => ExitStatus::Provider,
        RunStatus::Capped => ExitStatus::Findings,
        _ if totals.not_sent > 0 => ExitStatus::BadInput,
        _ => ExitStatus::Pass,
    }
}

fn text(view: &RunView, wall_ms: f64, printer: &Printer) -> String {
    let style = printer.style();
    let mut text = format!("run {} ({})\n", view.row.id, view.row.status.as_str());
    text.push_str(&summary::run_totals(&view.row.totals, Some(wall_ms), style));
    text.push('\n');
    text.push_str(&columns(view, printer));
    for error in &view.errors {
        let line = format!("{}×  {}", error.count, error.message);
        text.push_str(&style.paint(Paint::Bad, &line));
        text.push('\n');
    }
    text.push_str(&price_line(&view.price_sources));
    if view.columns.len() > 1 {
        text.push_str(&format!(
            "\ncompare: plumbline compare {0}.0 {0}.1\n",
            view.row.id
        ));
    }
    text
}

/// The columns of a run as a table.
pub(super) fn columns(view: &RunView, printer: &Printer) -> String {
    let mut table = Table::new([
        Column::numbers("column"),
        Column::words("prompt"),
        Column::words("model"),
        Column::numbers("passed"),
        Column::numbers("tokens in"),
        Column::numbers("tokens out"),
        Column::numbers("cost"),
        Column::numbers("p50"),
        Column::numbers("p95"),
    ]);
    for column in &view.columns {
        table.row([
            column.index.to_string(),
            format!("{}@{}", column.prompt_name, column.prompt_version),
            column.target.to_string(),
            format!("{} of {}", column.totals.passed, column.totals.graded),
            figures::known_count(column.totals.tokens_in),
            figures::known_count(column.totals.tokens_out),
            figures::usd(column.totals.cost_usd),
            figures::duration(column.p50_ms),
            figures::duration(column.p95_ms),
        ]);
    }
    table.render(printer.room(), printer.style())
}

fn estimate(estimate: &Estimate, printer: &Printer) -> Result<ExitStatus, Problem> {
    printer.answer(estimate, || {
        let mut text = format!(
            "{} cells: {} live, {} cached, {} recorded, {} blocked\n\
             live calls: {} tokens in, at most {} out\n\
             cost: {} expected, {} to {} if answers are short or long, {} at most (estimated, {} {})\n",
            figures::count(estimate.cells),
            figures::count(estimate.live),
            figures::count(estimate.cached),
            figures::count(estimate.recorded),
            figures::count(estimate.blocked),
            figures::count(estimate.tokens_in),
            figures::count(estimate.tokens_out_max),
            figures::usd(estimate.cost_expected_usd),
            figures::usd(estimate.cost_low_usd),
            figures::usd(estimate.cost_high_usd),
            figures::usd(estimate.cost_upper_usd),
            estimate.price_table,
            estimate.price_version,
        );
        if estimate.opinions > 0 {
            text.push_str(&format!(
                "judges and embeddings: at most {} questions, in the cost above\n",
                figures::count(estimate.opinions)
            ));
        }
        text.push_str(&made_to_fit(estimate));
        for column in &estimate.columns {
            text.push_str(&rests_on(column));
        }
        for target in &estimate.unpriced {
            text.push_str(&format!(
                "no price is known for {}\n",
                clean(&target.to_string())
            ));
        }
        let told = estimate.blocked_reasons.iter().chain(&estimate.problems);
        for line in told.chain(&estimate.warnings) {
            text.push_str(&format!("{}\n", clean(line)));
        }
        text
    })?;
    Ok(if estimate.problems.is_empty() {
        ExitStatus::Pass
    } else {
        ExitStatus::Findings
    })
}

/// What is done to cells that are over the budget of their prompt.
fn made_to_fit(estimate: &Estimate) -> String {
    let told = [
        (estimate.trimmed, "are cut to fit their budget".to_owned()),
        (estimate.escalated, "go to a larger model".to_owned()),
        (
            estimate.summarised,
            format!("have a value summarised, by {} calls", estimate.summaries),
        ),
    ];
    told.iter()
        .filter(|(cells, _)| *cells > 0)
        .map(|(cells, what)| format!("{} cells {what}\n", figures::count(*cells)))
        .collect()
}

/// What the figures of a column rest on.
fn rests_on(column: &EstimateColumn) -> String {
    let output = &column.output;
    let length = match output.from {
        PriorFrom::Prompt => format!("{} earlier calls of this prompt", output.calls),
        PriorFrom::Model => format!("{} earlier calls of this model", output.calls),
        PriorFrom::Limit => "no earlier call, only the limit".to_owned(),
    };
    let counted = match &column.count_error {
        Some(error) => format!(
            "input is measured {:.2} times as counted, within {:.0} % in nine of {} calls",
            error.ratio,
            error.error_p90 * 100.0,
            error.calls
        ),
        None => "how far counted input is from measured is not known yet".to_owned(),
    };
    let said = format!(
        "{}@{} on {}: answers of {} to {} tokens by {length}; {counted}",
        column.prompt_name,
        column.prompt_version,
        column.target,
        output.tokens_out_p10,
        output.tokens_out_p90,
    );
    format!("{}\n", clean(&said))
}

fn plan(engine: &Engine, args: &Replay) -> Result<RunPlan, Problem> {
    let dataset = args.dataset.as_deref().unwrap_or_default();
    let (base_url, base_urls) = base_urls(&args.base_url)?;
    Ok(RunPlan {
        prompts: args.versions.clone(),
        targets: args
            .models
            .iter()
            .map(|model| parse_target(model))
            .collect::<Result<_, _>>()?,
        dataset: dataset_name(engine, dataset)?,
        repeats: args.repeat,
        concurrency: args.concurrency,
        base_url,
        base_urls,
        cap_usd: cap(args)?,
        tenant: args.tenant.clone(),
        waits: waits(&args.waits)?,
        use_cache: !args.no_cache,
        retries: !args.no_retries,
    })
}

/// The address for every provider, and those that are for one alone.
fn base_urls(given: &[String]) -> Result<(Option<String>, BTreeMap<String, String>), Problem> {
    let mut for_all = None;
    let mut by_provider = BTreeMap::new();
    for text in given {
        let named = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty() && !name.contains([':', '/', '?']));
        let taken = match named {
            Some((name, url)) => by_provider.insert(name.to_ascii_lowercase(), url.to_owned()),
            None => for_all.replace(text.clone()),
        };
        if taken.is_some() {
            return Err(Problem::bad_input("--base-url names an address twice")
                .hint("Give one address for all, and one for each provider that has its own."));
        }
    }
    Ok((for_all, by_provider))
}

fn waits(args: &Waits) -> Result<CallWaits, Problem> {
    let ms = |option: &str, seconds: Option<f64>| {
        let Some(seconds) = seconds else {
            return Ok(None);
        };
        let ms = (seconds * 1e3).round();
        if ms >= 1.0 && ms < u64::MAX as f64 {
            return Ok(Some(ms as u64));
        }
        Err(
            Problem::bad_input(format!("{option} {seconds} is no time to wait"))
                .hint(format!("Write a number of seconds, such as {option} 30.")),
        )
    };
    Ok(CallWaits {
        connect_ms: ms("--connect-timeout", args.connect_timeout)?,
        first_token_ms: ms("--first-token-timeout", args.first_token_timeout)?,
        idle_ms: ms("--idle-timeout", args.idle_timeout)?,
        total_ms: ms("--timeout", args.timeout)?,
    })
}

fn cap(args: &Replay) -> Result<Option<Usd>, Problem> {
    let cap = args.cap_usd.as_deref();
    cap.map(|text| amount("--cap-usd", text)).transpose()
}

/// A dataset of the workspace by its name, else a file, which is read into the workspace.
fn dataset_name(engine: &Engine, dataset: &str) -> Result<String, Problem> {
    if engine.dataset_list()?.iter().any(|row| row.name == dataset) {
        return Ok(dataset.to_owned());
    }
    Ok(engine.dataset_add(Path::new(dataset))?.name)
}
