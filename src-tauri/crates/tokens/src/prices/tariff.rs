//! The rates that apply to one call: standard prices, those of its service tier, and what the vendor's rules add.

use super::rate::{Period, Rate, Unit};
use super::rules::{Rule, Rules};
use super::table::Variant;
use plumbline_model::{ServiceTier, UnixNanos, Usd};
use std::borrow::Cow;

/// Where a rate was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Standard,
    /// In the table, for the tier of the call.
    Tier,
    /// By a rule of the vendor.
    Rule,
}

/// A rate and where it was found.
pub(super) type Offer<'p> = (Cow<'p, Rate>, Found);

pub(super) struct Tariff<'p> {
    standard: Cow<'p, Period>,
    pub(super) tier: ServiceTier,
    /// Prices of the tier, the first that has a unit's counts.
    variants: Vec<Cow<'p, Period>>,
    /// What the seller says of standard prices, and of the tier where the table has none.
    rules: Vec<&'static Rule>,
    tier_rules: Vec<&'static Rule>,
}

impl<'p> Tariff<'p> {
    /// `None` when nobody knows the prices of the tier: they are surely not the standard ones.
    pub(super) fn of(
        seller: &str,
        standard: &'p Period,
        variants: &'p [Variant],
        tier: ServiceTier,
        at: UnixNanos,
    ) -> Option<Self> {
        let variants: Vec<_> = variants
            .iter()
            .filter(|variant| variant.tier == tier && variant.prices.holds(at))
            .map(|variant| Cow::Borrowed(&variant.prices))
            .collect();
        let rules = Rules::bundled();
        let tier_rules = match tier {
            ServiceTier::Standard => Vec::new(),
            _ if !variants.is_empty() => Vec::new(),
            _ => rules.of(seller, tier),
        };
        let is_known =
            tier == ServiceTier::Standard || !variants.is_empty() || !tier_rules.is_empty();
        is_known.then(|| Self {
            standard: Cow::Borrowed(standard),
            tier,
            variants,
            rules: rules.of(seller, ServiceTier::Standard),
            tier_rules,
        })
    }

    /// Prices of a person's own, which no vendor's rule touches; `None` where they do not tell the tier's.
    pub(super) fn own(standard: Period, batch: Option<Period>, tier: ServiceTier) -> Option<Self> {
        let variants = match tier {
            ServiceTier::Standard => Vec::new(),
            ServiceTier::Batch => vec![Cow::Owned(batch?)],
            _ => return None,
        };
        Some(Self {
            standard: Cow::Owned(standard),
            tier,
            variants,
            rules: Vec::new(),
            tier_rules: Vec::new(),
        })
    }

    /// What a unit costs. A tier's prices are partial where they stand in the table: what they leave out costs as ever.
    pub(super) fn rate(&self, unit: Unit) -> Option<Offer<'_>> {
        if self.tier_rules.is_empty() {
            let of_tier = self.variants.iter().find_map(|prices| prices.rate(unit));
            return of_tier
                .map(|rate| (Cow::Borrowed(rate), Found::Tier))
                .or_else(|| self.standard_rate(unit));
        }
        let rule = self.tier_rules.iter().find(|rule| rule.prices(unit))?;
        let (rate, _) = self.standard_rate(rule.of.unwrap_or(unit))?;
        Some((Cow::Owned(rate.times(rule.times)?), Found::Rule))
    }

    fn standard_rate(&self, unit: Unit) -> Option<Offer<'_>> {
        if let Some(rate) = self.standard.rate(unit) {
            return Some((Cow::Borrowed(rate), Found::Standard));
        }
        let rule = self.rules.iter().find(|rule| rule.prices(unit))?;
        let rate = self.standard.rate(rule.of?)?;
        Some((Cow::Owned(rate.times(rule.times)?), Found::Rule))
    }

    /// True where a unit without a price has none: a rule says what it speaks of and nothing else.
    pub(super) fn is_by_rule_only(&self) -> bool {
        !self.tier_rules.is_empty()
    }

    /// The dearest of these units for a request of `tokens_in`.
    pub(super) fn dearest(&self, units: &[Unit], tokens_in: u64) -> Option<Usd> {
        units
            .iter()
            .filter_map(|unit| Some(self.rate(*unit)?.0.at(tokens_in)))
            .max()
    }

    /// True when no unit at all has a price.
    pub(super) fn is_empty(&self) -> bool {
        self.standard.rates().next().is_none() && self.variants.is_empty()
    }
}
