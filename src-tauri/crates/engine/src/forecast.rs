//! The cost of a volume of calls: requests a day × what one costs.

use crate::Engine;
use crate::api::{Forecast, ForecastInput, PriceTableUsed};
use plumbline_model::{Problem, Usage, Usd};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

/// Days of the month that is shown.
const MONTH_DAYS: i64 = 30;

impl Engine {
    /// What a volume would cost at today's list price.
    pub fn forecast(&self, input: &ForecastInput) -> Result<Forecast, Problem> {
        let context = factor("context factor", input.context_factor, 1_000.0)?;
        let hits = factor("cache hit rate", input.cache_hit_percent, 100.0)?;
        let retries = factor("retry rate", input.retry_percent, 1_000.0)?;
        let tokens_in = tokens(Decimal::from(input.tokens_in) * context)?;
        let cached = tokens(Decimal::from(tokens_in) * hits / Decimal::ONE_HUNDRED)?;
        let usage = Usage {
            tokens_in_cached: Some(cached).filter(|cached| *cached > 0),
            ..Usage::of(tokens_in, input.tokens_out)
        };
        let cost = self.cost_of(&input.model, &usage);
        let requests =
            Decimal::from(input.requests_per_day) * (Decimal::ONE + retries / Decimal::ONE_HUNDRED);
        let over = |days: i64| {
            let usd = cost.usd?.0.checked_mul(requests)?;
            Some(Usd(usd.checked_mul(Decimal::from(days))?.normalize()))
        };
        let source = cost.source.as_ref();
        Ok(Forecast {
            request_usd: cost.usd,
            day_usd: over(1),
            month_usd: over(MONTH_DAYS),
            price_table: source.map(|source| source.table.clone()),
            price_version: source.map(|source| source.version.clone()),
            price_sources: source
                .cloned()
                .map(PriceTableUsed::from)
                .into_iter()
                .collect(),
            price_entry: source.map(|source| source.entry.clone()),
            unknown_because: cost.unknown_because,
        })
    }
}

fn factor(name: &str, value: f64, most: f64) -> Result<Decimal, Problem> {
    Decimal::from_f64(value)
        .filter(|_| (0.0..=most).contains(&value))
        .ok_or_else(|| {
            Problem::bad_input(format!("the {name} is {value}"))
                .hint(format!("Give a number from 0 to {most}."))
        })
}

/// Whole tokens, the nearest.
fn tokens(amount: Decimal) -> Result<u64, Problem> {
    u64::try_from(amount.round())
        .map_err(|_| Problem::bad_input("more tokens than any request can have"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    fn input() -> ForecastInput {
        ForecastInput {
            model: "openai:gpt-4.1-mini".to_owned(),
            requests_per_day: 120_000,
            tokens_in: 1_830,
            tokens_out: 212,
            context_factor: 1.0,
            cache_hit_percent: 0.0,
            retry_percent: 0.0,
        }
    }

    fn day(change: impl FnOnce(&mut ForecastInput)) -> Usd {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(EngineOptions {
            workspace: Some(folder.path().join("w.db")),
            ..EngineOptions::default()
        })
        .unwrap();
        let mut input = input();
        change(&mut input);
        engine.forecast(&input).unwrap().day_usd.unwrap()
    }

    #[test]
    fn the_plain_formula_comes_out_exactly() {
        // 120,000 × (1,830 × $0.40 + 212 × $1.60) / 1,000,000
        assert_eq!(day(|_| {}), "128.544".parse().unwrap());
    }

    #[test]
    fn context_cache_and_retries_change_it_by_their_shares() {
        assert_eq!(
            day(|input| input.context_factor = 2.0),
            "216.384".parse().unwrap()
        );
        // Half of the input at $0.10.
        assert_eq!(
            day(|input| input.cache_hit_percent = 50.0),
            "95.604".parse().unwrap()
        );
        assert_eq!(
            day(|input| input.retry_percent = 10.0),
            "141.3984".parse().unwrap()
        );
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for change in [-1.0, f64::NAN, f64::INFINITY, 101.0] {
            let folder = tempfile::tempdir().unwrap();
            let engine = Engine::open(EngineOptions {
                workspace: Some(folder.path().join("w.db")),
                ..EngineOptions::default()
            })
            .unwrap();
            let mut input = input();
            input.cache_hit_percent = change;
            assert!(engine.forecast(&input).is_err(), "{change}");
        }
    }
}
