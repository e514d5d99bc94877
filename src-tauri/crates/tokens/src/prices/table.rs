//! The price table: what it holds, and what makes one unusable.
//!
//! A table is refused whole when any entry is wrong: half a table would make other costs silently change.

use super::clause::{Clause, ClauseText};
use super::find::{Found, Memory};
use super::rate::Period;
use crate::TokensError;
use plumbline_model::PriceSource;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

/// Largest table accepted, in bytes.
const MAX_BYTES: usize = 16 << 20;

const BUNDLED: &str = include_str!("../../prices/genai-prices.json");

/// A dated table of list prices.
#[derive(Debug)]
pub struct PriceTable {
    name: String,
    version: String,
    license: String,
    copyright: String,
    retrieved: String,
    pub(super) providers: Vec<Provider>,
    pub(super) memory: Memory,
}

#[derive(Debug)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) model_match: Option<Clause>,
    pub(super) provider_match: Option<Clause>,
    /// Providers whose models this one sells too, by id.
    pub(super) fallback: Vec<String>,
    pub(super) models: Vec<Model>,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) id: String,
    pub(super) matches: Clause,
    pub(super) prices: Vec<Period>,
}

#[derive(Deserialize)]
struct TableText {
    name: String,
    version: String,
    license: String,
    copyright: String,
    retrieved: String,
    providers: Vec<ProviderText>,
}

#[derive(Deserialize)]
struct ProviderText {
    id: String,
    model_match: Option<ClauseText>,
    provider_match: Option<ClauseText>,
    #[serde(default)]
    fallback: Vec<String>,
    models: Vec<ModelText>,
}

#[derive(Deserialize)]
struct ModelText {
    id: String,
    #[serde(rename = "match")]
    matches: ClauseText,
    prices: Vec<Period>,
}

impl PriceTable {
    /// The table that travels with the program.
    #[must_use]
    pub fn bundled() -> &'static Arc<Self> {
        static TABLE: LazyLock<Arc<PriceTable>> = LazyLock::new(|| {
            // A test proves that the bundled table parses; without it every cost would be unknown.
            Arc::new(PriceTable::parse(BUNDLED).unwrap_or_else(|_| PriceTable::empty()))
        });
        &TABLE
    }

    /// Reads a table made by `cargo xtask prices`.
    ///
    /// # Errors
    /// When the text is not such a table, or any entry has a negative price, descending tiers, or a
    /// match that cannot be used.
    pub fn parse(json: &str) -> Result<Self, TokensError> {
        if json.len() > MAX_BYTES {
            let reason = format!("it has {} bytes, more than {MAX_BYTES}", json.len());
            return Err(TokensError::UnreadableTable(reason));
        }
        let text: TableText =
            serde_json::from_str(json).map_err(|e| TokensError::UnreadableTable(e.to_string()))?;
        let providers = text
            .providers
            .into_iter()
            .map(prepare_provider)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: text.name,
            version: text.version,
            license: text.license,
            copyright: text.copyright,
            retrieved: text.retrieved,
            providers,
            memory: Memory::default(),
        })
    }

    fn empty() -> Self {
        Self {
            name: "none".to_owned(),
            version: "0".to_owned(),
            license: String::new(),
            copyright: String::new(),
            retrieved: String::new(),
            providers: Vec::new(),
            memory: Memory::default(),
        }
    }

    /// Its name, such as `genai-prices`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of its source.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The day it was retrieved, as `YYYY-MM-DD`.
    #[must_use]
    pub fn retrieved(&self) -> &str {
        &self.retrieved
    }

    /// Licence and copyright line of its source.
    #[must_use]
    pub fn notice(&self) -> String {
        format!("{}, {}", self.license, self.copyright)
    }

    /// How many models it prices.
    #[must_use]
    pub fn model_count(&self) -> usize {
        self.providers
            .iter()
            .map(|provider| provider.models.len())
            .sum()
    }

    pub(super) fn source(&self, found: &Found<'_>) -> PriceSource {
        PriceSource {
            table: self.name.clone(),
            version: self.version.clone(),
            entry: format!("{}/{}", found.provider.id, found.model.id),
        }
    }
}

fn prepare_provider(text: ProviderText) -> Result<Provider, TokensError> {
    let id = text.id;
    let clause = |clause: Option<ClauseText>| {
        clause
            .map(|clause| Clause::prepare(clause, &id))
            .transpose()
    };
    let (model_match, provider_match) = (clause(text.model_match)?, clause(text.provider_match)?);
    let models = text
        .models
        .into_iter()
        .map(|model| prepare_model(&id, model))
        .collect::<Result<_, _>>()?;
    Ok(Provider {
        id,
        model_match,
        provider_match,
        fallback: text.fallback,
        models,
    })
}

fn prepare_model(provider: &str, text: ModelText) -> Result<Model, TokensError> {
    let entry = format!("{provider}/{}", text.id);
    let fault = text
        .prices
        .iter()
        .flat_map(Period::rates)
        .find_map(|rate| rate.fault());
    if let Some(reason) = fault {
        return Err(TokensError::RefusedEntry {
            entry,
            reason: reason.to_owned(),
        });
    }
    Ok(Model {
        matches: Clause::prepare(text.matches, &entry)?,
        id: text.id,
        prices: text.prices,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(model: &str) -> String {
        format!(
            r#"{{"name":"t","version":"1","license":"MIT","copyright":"c","retrieved":"2026-01-01",
                "providers":[{{"id":"p","models":[{model}]}}]}}"#
        )
    }

    #[test]
    fn the_bundled_table_is_whole_and_carries_its_notice() {
        let parsed = PriceTable::parse(BUNDLED).unwrap();
        assert!(parsed.model_count() > 1_000, "{}", parsed.model_count());
        assert_eq!(parsed.name(), "genai-prices");
        assert!(
            parsed.notice().starts_with("MIT, Copyright"),
            "{}",
            parsed.notice()
        );
        assert!(parsed.retrieved().starts_with("20"));
        assert_eq!(PriceTable::bundled().model_count(), parsed.model_count());
    }

    #[test]
    fn a_table_with_a_price_that_cannot_be_true_is_refused_by_name() {
        for prices in [
            r#"{"input":"-1"}"#,
            r#"{"output":{"base":"1","tiers":[[10,"-0.5"]]}}"#,
            r#"{"input":{"base":"1","tiers":[[20,"2"],[10,"3"]]}}"#,
        ] {
            let model = format!(r#"{{"id":"m","match":{{"equals":"m"}},"prices":[{prices}]}}"#);
            let error = PriceTable::parse(&table(&model)).unwrap_err();
            assert!(error.to_string().contains("p/m"), "{error}");
        }
    }

    #[test]
    fn what_is_not_a_table_is_refused() {
        for text in ["", "[]", "{}", r#"{"name":"t"}"#, &"[".repeat(100_000)] {
            assert!(PriceTable::parse(text).is_err());
        }
        let unknown = r#"{"id":"m","match":{"resembles":"m"},"prices":[]}"#;
        assert!(PriceTable::parse(&table(unknown)).is_err());
    }
}
