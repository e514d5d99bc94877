//! What vendors say of their prices in a sentence, where the table has no figure: `prices/vendor-rules.json`.
//!
//! Each rule has its source, and the file the day on which they were looked up. A cost that needed one says so.

use super::rate::Unit;
use plumbline_model::{ServiceTier, Usd};
use serde::Deserialize;
use std::sync::LazyLock;

const RULES: &str = include_str!("../../prices/vendor-rules.json");

/// The rules and their day.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Rules {
    /// `YYYY-MM-DD`.
    pub(super) as_of: String,
    rules: Vec<Rule>,
}

/// The price of a unit as a multiple of another price of the same model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    seller: String,
    #[serde(default)]
    tier: ServiceTier,
    units: Vec<Unit>,
    pub(super) times: Usd,
    /// Absent: of the unit's own standard price.
    #[serde(default)]
    pub(super) of: Option<Unit>,
    /// Where the vendor says it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "stated for the reader of the file")
    )]
    source: String,
}

impl Rules {
    /// Those that travel with the program.
    pub(super) fn bundled() -> &'static Self {
        // A test proves that the file parses; without it there are no rules.
        static PARSED: LazyLock<Rules> =
            LazyLock::new(|| serde_json::from_str(RULES).unwrap_or_default());
        &PARSED
    }

    /// What this seller says of a tier.
    pub(super) fn of(&self, seller: &str, tier: ServiceTier) -> Vec<&Rule> {
        self.rules
            .iter()
            .filter(|rule| rule.seller == seller && rule.tier == tier)
            .collect()
    }
}

impl Rule {
    pub(super) fn prices(&self, unit: Unit) -> bool {
        self.units.contains(&unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_dated_and_names_its_source() {
        let rules: Rules = serde_json::from_str(RULES).unwrap();
        assert!(rules.as_of.starts_with("20") && rules.as_of.len() == 10);
        assert!(rules.rules.len() >= 4);
        for rule in &rules.rules {
            assert!(rule.source.starts_with("https://"), "{rule:?}");
            assert!(rule.times > Usd::ZERO && !rule.units.is_empty(), "{rule:?}");
        }
    }
}
