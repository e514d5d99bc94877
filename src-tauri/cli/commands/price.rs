//! `plumbline price`

use super::cost::price_tables;
use super::money::amount;
use crate::args::{MoreUnits, Price, Recompute};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::api::{CallsOf, PriceTableUsed, PriceTableView};
use plumbline_engine::{Engine, PriceOverride};
use plumbline_model::{Problem, Usd};
use plumbline_report::{Column, Table, clean, figures};
use serde_json::json;

pub(super) fn run(engine: &Engine, args: &Price, printer: &Printer) -> Result<ExitStatus, Problem> {
    match args {
        Price::List => list(engine, printer)?,
        Price::Set {
            model,
            provider,
            input,
            output,
            cached,
            more,
            source,
        } => {
            let price = PriceOverride {
                provider: provider.clone(),
                model: model.clone(),
                input_usd_per_mtok: amount("--in", input)?,
                output_usd_per_mtok: amount("--out", output)?,
                input_cached_usd_per_mtok: some("--cached", cached.as_deref())?,
                source: source.clone(),
                ..more_units(more)?
            };
            engine.set_price(&price)?;
            printer.answer(&price, || {
                format!(
                    "the price of {} is set; costs of earlier calls stay as they are",
                    clean(model)
                )
            })?;
        }
        Price::Remove { model, provider } => {
            engine.remove_price(provider.as_deref(), model)?;
            printer.answer(&json!({ "removed": model }), || {
                format!("the price of {} is removed", clean(model))
            })?;
        }
        Price::Import { file, as_of } => {
            let view = engine.import_price_table(file, as_of.as_deref())?;
            printer.answer(&view, || {
                format!(
                    "{}\ncosts of earlier calls stay as they are; `plumbline price recompute` computes them again",
                    told(&view)
                )
            })?;
        }
        Price::Table { reset } => {
            if *reset {
                engine.reset_price_table()?;
            }
            let view = engine.price_table_view()?;
            printer.answer(&view, || told(&view))?;
        }
        Price::Recompute(args) => recompute(engine, args, printer)?,
    }
    Ok(ExitStatus::Pass)
}

fn some(option: &str, text: Option<&str>) -> Result<Option<Usd>, Problem> {
    text.map(|text| amount(option, text)).transpose()
}

/// A price with nothing but these units.
fn more_units(more: &MoreUnits) -> Result<PriceOverride, Problem> {
    Ok(PriceOverride {
        input_cache_write_usd_per_mtok: some("--cache-write", more.cache_write.as_deref())?,
        input_cache_write_1h_usd_per_mtok: some(
            "--cache-write-1h",
            more.cache_write_1h.as_deref(),
        )?,
        input_audio_usd_per_mtok: some("--audio-in", more.audio_in.as_deref())?,
        output_audio_usd_per_mtok: some("--audio-out", more.audio_out.as_deref())?,
        batch_input_usd_per_mtok: some("--batch-in", more.batch_in.as_deref())?,
        batch_output_usd_per_mtok: some("--batch-out", more.batch_out.as_deref())?,
        ..PriceOverride::default()
    })
}

/// The units that most prices leave out, those that are set.
fn more_text(price: &PriceOverride) -> String {
    let units = [
        ("cache write", price.input_cache_write_usd_per_mtok),
        ("for an hour", price.input_cache_write_1h_usd_per_mtok),
        ("audio in", price.input_audio_usd_per_mtok),
        ("audio out", price.output_audio_usd_per_mtok),
        ("batch in", price.batch_input_usd_per_mtok),
        ("batch out", price.batch_output_usd_per_mtok),
    ];
    let set = units
        .into_iter()
        .filter_map(|(unit, usd)| Some(format!("{unit} {}", usd?)));
    set.collect::<Vec<_>>().join(", ")
}

/// A table in a line or two.
fn told(view: &PriceTableView) -> String {
    let age = match view.age_days {
        Some(0) => "today's".to_owned(),
        Some(1) => "a day old".to_owned(),
        Some(days) => format!("{days} days old"),
        None => "of unknown age".to_owned(),
    };
    let from = match &view.imported_from {
        None => "bundled".to_owned(),
        Some(file) => format!("imported from {}", clean(file)),
    };
    let table = format!(
        "{} {}: {} models, prices of {} ({age}), {from}",
        clean(&view.table),
        clean(&view.version),
        figures::count(view.models),
        clean(&view.as_of),
    );
    match &view.behind {
        None => table,
        Some(behind) => format!(
            "{table}\nmodels that it does not know: {} {}",
            behind.table, behind.version
        ),
    }
}

fn recompute(engine: &Engine, args: &Recompute, printer: &Printer) -> Result<(), Problem> {
    let done = match &args.run {
        Some(run) => engine.recompute_run(engine.run_id(run)?, args.dry_run)?,
        None => {
            let filter = CallsOf {
                model: args.model.clone(),
                provider: args.provider.clone(),
                prompt_name: args.prompt.clone(),
                environment: args.environment.clone(),
            };
            engine.recompute_traces(&filter, args.dry_run)?
        }
    };
    printer.answer(&done, || {
        let sum = |usd: Option<Usd>, unknown: u64| match unknown {
            0 => figures::usd(usd),
            unknown => format!(
                "{} and {} unknown",
                figures::usd(usd),
                figures::count(unknown)
            ),
        };
        let tables = |used: &[PriceTableUsed]| match used {
            [] => "no table".to_owned(),
            used => price_tables(used),
        };
        let verb = if done.dry_run {
            "would change"
        } else {
            "changed"
        };
        format!(
            "{} of {} costs {verb}\nbefore: {} ({})\nnow:    {} ({})",
            figures::count(done.changed),
            figures::count(done.calls),
            sum(done.usd_before, done.unknown_before),
            tables(&done.from),
            sum(done.usd_after, done.unknown_after),
            tables(&done.to),
        )
    })
}

fn list(engine: &Engine, printer: &Printer) -> Result<(), Problem> {
    let prices = engine.price_overrides()?;
    let (table, version) = engine.price_table();
    let answer = json!({ "prices": prices, "price_table": table, "price_version": version });
    printer.answer(&answer, || {
        let mut rows = Table::new([
            Column::words("model"),
            Column::words("provider"),
            Column::numbers("in"),
            Column::numbers("cached"),
            Column::numbers("out"),
            Column::words("more"),
            Column::words("source"),
        ]);
        for price in &prices {
            let cached = price.input_cached_usd_per_mtok;
            rows.row([
                clean(&price.model).into_owned(),
                clean(price.provider.as_deref().unwrap_or("any")).into_owned(),
                price.input_usd_per_mtok.to_string(),
                cached.map_or_else(|| "as input".to_owned(), |usd| usd.to_string()),
                price.output_usd_per_mtok.to_string(),
                more_text(price),
                clean(&price.source).into_owned(),
            ]);
        }
        let own = match prices.is_empty() {
            true => "no price of your own is set\n".to_owned(),
            false => format!(
                "US dollars per million tokens\n{}",
                rows.render(printer.room(), printer.style())
            ),
        };
        format!("{own}all other models: {table} {version}")
    })
}
