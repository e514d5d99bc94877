//! `plumbline cap` and `plumbline forecast`

use crate::args::{Cap, Forecast};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::ForecastInput;
use plumbline_model::{Payer, Problem, Usd};
use plumbline_report::{clean, figures};
use serde_json::json;

/// An amount as it was typed after `option`.
pub(super) fn amount(option: &str, text: &str) -> Result<Usd, Problem> {
    text.parse()
        .ok()
        .filter(|usd: &Usd| *usd >= Usd::ZERO)
        .ok_or_else(|| {
            Problem::bad_input(format!(
                "`{}` is not an amount in US dollars",
                text.escape_debug()
            ))
            .hint(format!("Write for example {option} 0.50."))
        })
}

pub(super) fn cap(engine: &Engine, args: &Cap, printer: &Printer) -> Result<ExitStatus, Problem> {
    let payer = match (&args.key, &args.tenant) {
        (Some(provider), _) => Payer::Key(provider.to_ascii_lowercase()),
        (None, Some(name)) => Payer::Tenant(name.clone()),
        (None, None) => Payer::All,
    };
    let budget = match (&args.day_usd, args.none) {
        (Some(text), _) => engine.set_day_cap(payer, Some(amount("--day-usd", text)?))?,
        (None, true) => engine.set_day_cap(payer, None)?,
        (None, false) => engine.day_budget()?,
    };
    let payers: Vec<_> = budget
        .payers
        .iter()
        .map(|of| {
            json!({
                "payer": of.payer,
                "cap_day_usd": of.cap_usd,
                "today_at_most_usd": of.at_most_usd,
                "left_today_usd": of.left(),
            })
        })
        .collect();
    let answer = json!({
        "cap_day_usd": budget.cap_usd,
        "today_at_most_usd": budget.at_most_usd,
        "left_today_usd": budget.left(),
        "payers": payers,
    });
    printer.answer(&answer, || {
        let all = bill(budget.at_most_usd, budget.cap_usd, budget.left());
        let mut text = format!("today (UTC): {all}");
        for of in &budget.payers {
            let bill = bill(of.at_most_usd, of.cap_usd, of.left());
            text.push_str(&format!("\n{}: {bill}", clean(&of.payer.to_string())));
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}

fn bill(at_most: Usd, cap: Option<Usd>, left: Option<Usd>) -> String {
    let spent = format!("{} at most", figures::usd(Some(at_most)));
    match cap {
        Some(_) => format!(
            "{spent} of {} a day, {} left",
            figures::usd(cap),
            figures::usd(left)
        ),
        None => format!("{spent}; no cap on a day"),
    }
}

pub(super) fn forecast(
    engine: &Engine,
    args: &Forecast,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let forecast = engine.forecast(&ForecastInput {
        model: args.model.clone(),
        requests_per_day: args.requests_per_day,
        tokens_in: args.tokens_in,
        tokens_out: args.tokens_out,
        context_factor: args.context_factor,
        cache_hit_percent: args.cache_hit_percent,
        retry_percent: args.retry_percent,
    })?;
    printer.answer(&forecast, || {
        let (Some(request), Some(day), Some(month)) =
            (forecast.request_usd, forecast.day_usd, forecast.month_usd)
        else {
            let why = forecast.unknown_because.as_deref();
            return format!("unknown: {}", clean(why.unwrap_or("no price")));
        };
        format!(
            "${day} a day, ${month} in 30 days, ${request} a request\n({} {}, {})",
            forecast.price_table.as_deref().unwrap_or_default(),
            forecast.price_version.as_deref().unwrap_or_default(),
            clean(forecast.price_entry.as_deref().unwrap_or_default()),
        )
    })?;
    Ok(ExitStatus::Pass)
}
