//! The cost of one call: overrides first, then the table, else unknown with the reason.
//!
//! All arithmetic is decimal and nothing is rounded. What a call's tokens make of a price list is `bill.rs`.

use super::bill::{lines, price};
use super::rate::{Period, Rate, Unit};
use super::rules::Rules;
use super::table::PriceTable;
use super::tariff::Tariff;
use plumbline_model::{
    Completion, Cost, ModelParameters, PriceSource, ServiceTier, Span, UnixNanos, Usage, Usd,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use ts_rs::TS;

/// A price that the user sets, in US dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
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
    /// Absent: what is written to the cache pays the input price.
    #[serde(default)]
    pub input_cache_write_usd_per_mtok: Option<Usd>,
    /// What is kept for an hour. Absent: its cost is unknown.
    #[serde(default)]
    pub input_cache_write_1h_usd_per_mtok: Option<Usd>,
    /// Absent: audio pays the input price.
    #[serde(default)]
    pub input_audio_usd_per_mtok: Option<Usd>,
    /// Absent: audio pays the output price.
    #[serde(default)]
    pub output_audio_usd_per_mtok: Option<Usd>,
    /// Absent: a batch's cost is unknown. Cached input of a batch pays this one too.
    #[serde(default)]
    pub batch_input_usd_per_mtok: Option<Usd>,
    /// Absent: a batch's cost is unknown.
    #[serde(default)]
    pub batch_output_usd_per_mtok: Option<Usd>,
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

    fn standard(&self) -> Period {
        Period {
            input: Some(Rate::Flat(self.input_usd_per_mtok)),
            output: Some(Rate::Flat(self.output_usd_per_mtok)),
            cache_read: self.input_cached_usd_per_mtok.map(Rate::Flat),
            cache_write: self.input_cache_write_usd_per_mtok.map(Rate::Flat),
            cache_write_1h: self.input_cache_write_1h_usd_per_mtok.map(Rate::Flat),
            input_audio: self.input_audio_usd_per_mtok.map(Rate::Flat),
            output_audio: self.output_audio_usd_per_mtok.map(Rate::Flat),
            ..Period::default()
        }
    }

    fn batch(&self) -> Option<Period> {
        let input = Some(Rate::Flat(self.batch_input_usd_per_mtok?));
        let output = Some(Rate::Flat(self.batch_output_usd_per_mtok?));
        Some(Period {
            cache_read: input.clone(),
            cache_write: input.clone(),
            input_audio: input.clone(),
            output_audio: output.clone(),
            input,
            output,
            ..Period::default()
        })
    }
}

/// Where prices are looked up: the user's overrides, in order, then the table in force, then the one behind it.
#[derive(Debug, Clone)]
pub struct Prices {
    pub overrides: Vec<PriceOverride>,
    pub table: Arc<PriceTable>,
    /// For models that the table in force does not know.
    pub behind: Option<Arc<PriceTable>>,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            overrides: Vec::new(),
            table: Arc::clone(PriceTable::bundled()),
            behind: None,
        }
    }
}

/// A call that was not sent yet, at its largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LargestCall {
    pub tokens_in: u64,
    pub max_tokens_out: u64,
    /// The tier that it asks for.
    pub tier: ServiceTier,
    /// It asks the provider to keep its input for an hour.
    pub caches_for_an_hour: bool,
}

impl LargestCall {
    /// Of a request with such parameters: they may ask for a tier or for an hour of caching.
    #[must_use]
    pub fn of(parameters: &ModelParameters, tokens_in: u64, max_tokens_out: u64) -> Self {
        let extra = &parameters.extra;
        let tier = extra.get("service_tier").and_then(Value::as_str);
        let ttl = extra.get("cache_control").and_then(|how| how.get("ttl"));
        Self {
            tokens_in,
            max_tokens_out,
            tier: tier.map_or(ServiceTier::Standard, ServiceTier::named),
            caches_for_an_hour: ttl.and_then(Value::as_str) == Some("1h"),
        }
    }
}

/// A price list that applies to one call.
struct Listed<'p> {
    tariff: Tariff<'p>,
    per_thousand_requests: Option<&'p Rate>,
    source: PriceSource,
}

impl Prices {
    /// The cost of a call that used `usage` at `at`, served as usual. `usd` is `None`, with a reason, when the
    /// model has no price or a needed count was not reported.
    #[must_use]
    pub fn cost(&self, provider: Option<&str>, model: &str, usage: &Usage, at: UnixNanos) -> Cost {
        self.cost_in_tier(provider, model, ServiceTier::Standard, usage, at)
    }

    /// The cost of an imported model call, in the tier that it was served in.
    #[must_use]
    pub fn cost_of_span(&self, span: &Span) -> Cost {
        let model = span.model().unwrap_or_default();
        let tier = span.service_tier();
        self.cost_in_tier(
            span.provider.as_deref(),
            model,
            tier,
            &span.usage,
            span.start_ns,
        )
    }

    /// As [`Prices::cost`], in a service tier. A tier without a price of its own is unknown, not standard.
    #[must_use]
    pub fn cost_in_tier(
        &self,
        provider: Option<&str>,
        model: &str,
        tier: ServiceTier,
        usage: &Usage,
        at: UnixNanos,
    ) -> Cost {
        let listed = match self.listed(provider, model, tier, at) {
            Ok(listed) => listed,
            Err((source, reason)) => return unknown(source, reason),
        };
        match lines(&listed.tariff, listed.per_thousand_requests, usage) {
            Ok(bill) => Cost {
                usd: Some(bill.lines.iter().map(|line| line.usd).sum()),
                source: Some(match bill.by_rule {
                    true => by_rule(listed.source),
                    false => listed.source,
                }),
                lines: bill.lines,
                unknown_because: None,
            },
            Err(reason) => unknown(Some(listed.source), reason),
        }
    }

    /// The cost of an answer, in the tier that it says it was served in.
    #[must_use]
    pub fn cost_of_answer(
        &self,
        provider: Option<&str>,
        model: &str,
        answer: &Completion,
        at: UnixNanos,
    ) -> Cost {
        self.cost_in_tier(provider, model, answer.service_tier(), &answer.usage, at)
    }

    /// The most a call can cost by list price: nothing cached, or all of it written to the cache where that is
    /// dearer; in the tier that it asks for, or in the standard one where that is dearer. `None` when the model has
    /// no price.
    #[must_use]
    pub fn upper_bound(
        &self,
        provider: Option<&str>,
        model: &str,
        call: &LargestCall,
        at: UnixNanos,
    ) -> Option<Usd> {
        let in_tier = |tier| self.bound_in_tier(provider, model, tier, call, at);
        let standard = in_tier(ServiceTier::Standard)?;
        match call.tier {
            ServiceTier::Standard => Some(standard),
            tier => Some(in_tier(tier)?.max(standard)),
        }
    }

    fn bound_in_tier(
        &self,
        provider: Option<&str>,
        model: &str,
        tier: ServiceTier,
        call: &LargestCall,
        at: UnixNanos,
    ) -> Option<Usd> {
        let listed = self.listed(provider, model, tier, at).ok()?;
        let dearest = |units: &[Unit]| listed.tariff.dearest(units, call.tokens_in);
        let mut input = dearest(&[Unit::Input, Unit::CacheWrite, Unit::CacheRead]);
        if call.caches_for_an_hour {
            input = input.max(Some(dearest(&[Unit::CacheWriteHour])?));
        }
        let output = dearest(&[Unit::Output, Unit::Reasoning]);
        let of = |tokens: u64, rate: Option<Usd>| match (tokens, rate) {
            (0, _) => Some(Usd::ZERO),
            (tokens, rate) => price(tokens, rate?),
        };
        let request = listed
            .per_thousand_requests
            .map_or(Some(Usd::ZERO), |fee| price(1_000, fee.at(call.tokens_in)));
        Some(of(call.tokens_in, input)? + of(call.max_tokens_out, output)? + request?)
    }

    fn listed(
        &self,
        provider: Option<&str>,
        model: &str,
        tier: ServiceTier,
        at: UnixNanos,
    ) -> Result<Listed<'_>, (Option<PriceSource>, String)> {
        if let Some(own) = self
            .overrides
            .iter()
            .find(|own| own.applies(provider, model))
        {
            return own_price(own, tier);
        }
        let Some((table, found)) = self
            .tables()
            .find_map(|table| Some((table, table.find(provider, model)?)))
        else {
            let seller =
                provider.map_or_else(String::new, |p| format!(" of provider `{}`", shorten(p)));
            let (name, version) = (self.table.name(), self.table.version());
            let reason = format!(
                "No price for model `{}`{seller} in {name} {version} or in your overrides.",
                shorten(model)
            );
            return Err((None, reason));
        };
        // Later entries take precedence; when none holds yet, the first is the best known.
        let prices = &found.model.prices;
        let period = prices
            .iter()
            .rev()
            .find(|period| period.holds(at))
            .or(prices.first());
        let source = table.source(&found);
        let Some(period) = period else {
            let reason = format!("{} lists `{}` without a price.", source.table, source.entry);
            return Err((Some(source), reason));
        };
        // A reseller's tiers are its own: what the maker charges in one says nothing of them.
        let variants = match found.is_resold {
            true => &[][..],
            false => &found.model.variants,
        };
        match Tariff::of(&found.provider.id, period, variants, tier, at) {
            Some(tariff) => Ok(Listed {
                tariff,
                per_thousand_requests: period.per_thousand_requests.as_ref(),
                source,
            }),
            None => {
                let reason = format!(
                    "{} {} has no {} price for `{}`.",
                    source.table,
                    source.version,
                    tier.as_str(),
                    source.entry
                );
                Err((Some(source), reason))
            }
        }
    }

    /// The table in force, then the one behind it.
    fn tables(&self) -> impl Iterator<Item = &Arc<PriceTable>> {
        std::iter::once(&self.table).chain(&self.behind)
    }
}

/// The user's own price, or why it cannot be used.
fn own_price<'p>(
    own: &PriceOverride,
    tier: ServiceTier,
) -> Result<Listed<'p>, (Option<PriceSource>, String)> {
    let (standard, batch) = (own.standard(), own.batch());
    let fault = standard
        .rates()
        .chain(batch.iter().flat_map(Period::rates))
        .find_map(Rate::fault);
    if let Some(fault) = fault {
        let reason = format!(
            "Your own price for `{}` is not usable: {fault}.",
            shorten(&own.model)
        );
        return Err((None, reason));
    }
    let seller = own.provider.as_deref().unwrap_or("*");
    let source = PriceSource {
        table: match own.source.is_empty() {
            true => "override".to_owned(),
            false => own.source.clone(),
        },
        version: "override".to_owned(),
        entry: format!("{seller}/{}", own.model),
    };
    match Tariff::own(standard, batch, tier) {
        Some(tariff) => Ok(Listed {
            tariff,
            per_thousand_requests: None,
            source,
        }),
        None => {
            let reason = format!(
                "Your own price for `{}` says nothing of {} calls.",
                shorten(&own.model),
                tier.as_str()
            );
            Err((Some(source), reason))
        }
    }
}

/// Says that a rule of the vendor was needed, and of which day.
fn by_rule(source: PriceSource) -> PriceSource {
    PriceSource {
        version: format!("{} + rules of {}", source.version, Rules::bundled().as_of),
        ..source
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

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
