//! The cost of one call: overrides first, then the table, else unknown with the reason.
//!
//! All arithmetic is decimal and nothing is rounded. Input, cached input and cache writes are priced
//! apart: the cached counts are parts of the total input and are taken out of it first. A cached part
//! without a price of its own pays the input price, and its line says so in its unit. A missing cached
//! count is taken as none, which can only make the cost too high.

use super::rate::{Period, Rate};
use super::table::PriceTable;
use plumbline_model::{Cost, CostLine, PriceSource, UnixNanos, Usage, Usd};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use ts_rs::TS;

/// A price that the user sets, in US dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct PriceOverride {
    /// Applies to this provider only; absent applies to every one.
    #[serde(default)]
    pub provider: Option<String>,
    /// The model's name, in any case; a `*` at its end stands for any rest.
    pub model: String,
    pub input_usd_per_mtok: Usd,
    pub output_usd_per_mtok: Usd,
    /// Absent: cached input pays the input price.
    #[serde(default)]
    pub input_cached_usd_per_mtok: Option<Usd>,
    /// Where the price comes from, shown beside the cost.
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub note: String,
}

impl PriceOverride {
    fn applies(&self, provider: Option<&str>, model: &str) -> bool {
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        let provider_fits = match &self.provider {
            None => true,
            Some(wanted) => provider.is_some_and(|given| same(wanted, given)),
        };
        let model_fits = match self.model.strip_suffix('*') {
            Some(start) => model
                .trim()
                .to_lowercase()
                .starts_with(&start.trim().to_lowercase()),
            None => same(&self.model, model),
        };
        provider_fits && model_fits
    }

    fn period(&self) -> Period {
        Period::flat(
            self.input_usd_per_mtok,
            self.output_usd_per_mtok,
            self.input_cached_usd_per_mtok,
        )
    }
}

/// Where prices are looked up: the user's overrides, in order, then a table.
#[derive(Debug, Clone)]
pub struct Prices {
    pub overrides: Vec<PriceOverride>,
    pub table: Arc<PriceTable>,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            overrides: Vec::new(),
            table: Arc::clone(PriceTable::bundled()),
        }
    }
}

/// A price list that applies to one call.
struct Listed<'p> {
    period: Held<'p>,
    source: PriceSource,
}

enum Held<'p> {
    Table(&'p Period),
    Override(Box<Period>),
}

impl Listed<'_> {
    fn period(&self) -> &Period {
        match &self.period {
            Held::Table(period) => period,
            Held::Override(period) => period,
        }
    }
}

impl Prices {
    /// The cost of a call that used `usage` at `at`. `usd` is `None`, with a reason, when the model has
    /// no price or a needed count was not reported.
    #[must_use]
    pub fn cost(&self, provider: Option<&str>, model: &str, usage: &Usage, at: UnixNanos) -> Cost {
        let listed = match self.listed(provider, model, at) {
            Ok(listed) => listed,
            Err(reason) => return unknown(None, reason),
        };
        match lines(listed.period(), usage) {
            Ok(lines) => Cost {
                usd: Some(lines.iter().map(|line| line.usd).sum()),
                source: Some(listed.source),
                lines,
                unknown_because: None,
            },
            Err(reason) => unknown(Some(listed.source), reason),
        }
    }

    /// The most a call of `tokens_in` input tokens and at most `max_tokens_out` output tokens can cost by
    /// list price: nothing cached, or all of it written to the cache where that is dearer. `None` when
    /// the model has no price.
    #[must_use]
    pub fn upper_bound(
        &self,
        provider: Option<&str>,
        model: &str,
        tokens_in: u64,
        max_tokens_out: u64,
        at: UnixNanos,
    ) -> Option<Usd> {
        let listed = self.listed(provider, model, at).ok()?;
        let period = listed.period();
        let dearest = |rates: &[&Option<Rate>]| {
            rates
                .iter()
                .filter_map(|rate| Some(rate.as_ref()?.at(tokens_in)))
                .max()
        };
        let input = dearest(&[&period.input, &period.cache_write, &period.cache_read]);
        let output = dearest(&[&period.output, &period.reasoning]);
        let of = |tokens: u64, rate: Option<Usd>| match (tokens, rate) {
            (0, _) => Some(Usd::ZERO),
            (tokens, rate) => price(tokens, rate?),
        };
        let request = period
            .per_thousand_requests
            .as_ref()
            .map_or(Some(Usd::ZERO), |fee| price(1_000, fee.at(tokens_in)));
        Some(of(tokens_in, input)? + of(max_tokens_out, output)? + request?)
    }

    fn listed(
        &self,
        provider: Option<&str>,
        model: &str,
        at: UnixNanos,
    ) -> Result<Listed<'_>, String> {
        if let Some(own) = self
            .overrides
            .iter()
            .find(|own| own.applies(provider, model))
        {
            let period = own.period();
            if let Some(fault) = period.rates().find_map(Rate::fault) {
                return Err(format!(
                    "Your own price for `{}` is not usable: {fault}.",
                    shorten(&own.model)
                ));
            }
            let seller = own.provider.as_deref().unwrap_or("*");
            return Ok(Listed {
                period: Held::Override(Box::new(period)),
                source: PriceSource {
                    table: if own.source.is_empty() {
                        "override".to_owned()
                    } else {
                        own.source.clone()
                    },
                    version: "override".to_owned(),
                    entry: format!("{seller}/{}", own.model),
                },
            });
        }
        let table = &self.table;
        let found = table.find(provider, model).ok_or_else(|| {
            let seller =
                provider.map_or_else(String::new, |p| format!(" of provider `{}`", shorten(p)));
            let (name, version) = (table.name(), table.version());
            format!(
                "No price for model `{}`{seller} in {name} {version} or in your overrides.",
                shorten(model)
            )
        })?;
        // Later entries take precedence; when none holds yet, the first is the best known.
        let prices = &found.model.prices;
        let period = prices
            .iter()
            .rev()
            .find(|period| period.holds(at))
            .or(prices.first());
        let source = table.source(&found);
        match period {
            Some(period) => Ok(Listed {
                period: Held::Table(period),
                source,
            }),
            None => Err(format!(
                "{} lists `{}` without a price.",
                source.table, source.entry
            )),
        }
    }
}

fn unknown(source: Option<PriceSource>, reason: String) -> Cost {
    Cost {
        usd: None,
        source,
        lines: Vec::new(),
        unknown_because: Some(reason),
    }
}

fn shorten(name: &str) -> String {
    name.chars().take(120).collect()
}

fn lines(period: &Period, usage: &Usage) -> Result<Vec<CostLine>, String> {
    if usage.is_unreported() {
        return Err("The usage was not reported.".to_owned());
    }
    let tokens_in = usage
        .tokens_in
        .ok_or("The input tokens were not reported.")?;
    let tokens_out = match (usage.tokens_out, &period.output) {
        (Some(tokens), _) => tokens,
        // Embeddings and rerankers have no output to report.
        (None, None) if period.input.is_some() => 0,
        (None, _) => return Err("The output tokens were not reported.".to_owned()),
    };
    let cached = usage.tokens_in_cached.unwrap_or(0);
    let written = usage.tokens_in_cache_write.unwrap_or(0);
    let plain = cached
        .checked_add(written)
        .and_then(|parts| tokens_in.checked_sub(parts))
        .ok_or_else(|| {
            format!("The cached input ({cached} read, {written} written) exceeds the total input of {tokens_in}.")
        })?;
    // Reasoning is apart only where it has a price of its own.
    let reasoning = match &period.reasoning {
        Some(_) => usage.tokens_reasoning.unwrap_or(0).min(tokens_out),
        None => 0,
    };

    let mut bill = Bill {
        tokens_in,
        lines: Vec::new(),
    };
    bill.add("input", plain, period.input.as_ref())?;
    match &period.cache_read {
        Some(rate) => bill.add("input_cached", cached, Some(rate))?,
        None => bill.add("input_cached_at_input_price", cached, period.input.as_ref())?,
    }
    match &period.cache_write {
        Some(rate) => bill.add("input_cache_write", written, Some(rate))?,
        None => bill.add(
            "input_cache_write_at_input_price",
            written,
            period.input.as_ref(),
        )?,
    }
    bill.add("output", tokens_out - reasoning, period.output.as_ref())?;
    bill.add("output_reasoning", reasoning, period.reasoning.as_ref())?;
    if let Some(fee) = &period.per_thousand_requests {
        // One call is one request; a line counts per million, so a thousand times the table's figure.
        let usd_per_million = Usd(fee.at(tokens_in).0.saturating_mul(Decimal::ONE_THOUSAND));
        bill.add("request", 1, Some(&Rate::Flat(usd_per_million)))?;
    }
    if bill.lines.is_empty() && period.rates().next().is_none() {
        return Err("The table lists the model without a token price.".to_owned());
    }
    Ok(bill.lines)
}

struct Bill {
    /// Total input of the request, which decides the tier of every rate.
    tokens_in: u64,
    lines: Vec<CostLine>,
}

impl Bill {
    fn add(&mut self, unit: &str, tokens: u64, rate: Option<&Rate>) -> Result<(), String> {
        if tokens == 0 {
            return Ok(());
        }
        let rate = rate.ok_or_else(|| format!("The table has no {unit} price for the model."))?;
        let usd_per_mtok = rate.at(self.tokens_in);
        let usd = price(tokens, usd_per_mtok).ok_or_else(|| {
            format!("The cost of {tokens} tokens is beyond what can be represented.")
        })?;
        self.lines.push(CostLine {
            unit: unit.to_owned(),
            tokens,
            usd_per_mtok,
            usd,
        });
        Ok(())
    }
}

/// `tokens` at a rate per million; `None` when the product has more than 28 digits.
fn price(tokens: u64, usd_per_mtok: Usd) -> Option<Usd> {
    let per_token = usd_per_mtok.0.checked_mul(Decimal::new(1, 6))?;
    Decimal::from(tokens)
        .checked_mul(per_token)
        .map(|usd| Usd(usd.normalize()))
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
