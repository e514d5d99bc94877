//! `plumbline price`

use super::money::amount;
use crate::args::Price;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{Engine, PriceOverride};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean};
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
            source,
        } => {
            let cached = cached.as_deref().map(|text| amount("--cached", text));
            let price = PriceOverride {
                provider: provider.clone(),
                model: model.clone(),
                input_usd_per_mtok: amount("--in", input)?,
                output_usd_per_mtok: amount("--out", output)?,
                input_cached_usd_per_mtok: cached.transpose()?,
                source: source.clone(),
                note: String::new(),
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
    }
    Ok(ExitStatus::Pass)
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
