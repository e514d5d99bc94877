//! The price table: what it holds, and what makes one unusable.
//!
//! A table is refused whole when any entry is wrong: half a table would make other costs silently change.

use super::clause::{Clause, ClauseText, MAX_PATTERNS};
use super::find::{Found, Memory};
use super::genai;
use super::rate::{Day, Period};
use crate::TokensError;
use plumbline_model::{PriceSource, ServiceTier, UnixNanos};
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

/// Longest name or version shown.
const MAX_NAME_CHARS: usize = 200;

const BUNDLED: &str = include_str!("../../prices/genai-prices.json");

/// A table that was read from a file, and its text in the form in which it is kept.
#[derive(Debug)]
pub struct TableFile {
    pub json: String,
    pub table: PriceTable,
}

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
    /// Partial prices of service tiers.
    pub(super) variants: Vec<Variant>,
}

/// What a model costs in a service tier, where that differs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    pub(super) tier: ServiceTier,
    pub(super) prices: Period,
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
    #[serde(default)]
    variants: Vec<Variant>,
}

impl PriceTable {
    /// Largest table accepted, in bytes.
    pub const MAX_BYTES: usize = 16 << 20;

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
        let (bytes, most) = (json.len(), Self::MAX_BYTES);
        if bytes > most {
            let reason = format!("it has {bytes} bytes, more than {most}");
            return Err(TokensError::UnreadableTable(reason));
        }
        let text: TableText =
            serde_json::from_str(json).map_err(|e| TokensError::UnreadableTable(e.to_string()))?;
        let patterns = json.matches("\"regex\"").count();
        if patterns > MAX_PATTERNS {
            let reason = format!("it has {patterns} patterns, more than {MAX_PATTERNS}");
            return Err(TokensError::UnreadableTable(reason));
        }
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

    /// Reads a table that somebody else made: the data of genai-prices, or a table as [`PriceTable::parse`] reads
    /// it. `version` and `as_of` are what the file itself does not say.
    ///
    /// # Errors
    /// Those of [`PriceTable::parse`]; a table without any price; more patterns than a table needs.
    pub fn read_file(json: &str, version: &str, as_of: &str) -> Result<TableFile, TokensError> {
        let (bytes, most) = (json.len(), Self::MAX_BYTES);
        if bytes > most {
            let reason = format!("it has {bytes} bytes, more than {most}");
            return Err(TokensError::UnreadableTable(reason));
        }
        let json = match genai::is_genai(json) {
            false => json.to_owned(),
            true => serde_json::json!({
                "name": "genai-prices",
                "version": version,
                "license": "MIT",
                "copyright": "Copyright (c) Pydantic Services Inc.",
                "retrieved": as_of,
                "providers": genai::providers(json)?,
            })
            .to_string(),
        };
        let table = Self::parse(&json)?;
        match table.unfit() {
            None => Ok(TableFile { json, table }),
            Some(reason) => Err(TokensError::UnreadableTable(reason)),
        }
    }

    /// Why a table that is well formed is none to compute with.
    fn unfit(&self) -> Option<String> {
        let is_name = |name: &str| {
            (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.contains(char::is_control)
        };
        let mut ids = self.providers.iter().flat_map(|provider| {
            std::iter::once(&provider.id).chain(provider.models.iter().map(|model| &model.id))
        });
        if !is_name(&self.name) || !is_name(&self.version) {
            return Some("it has no name or no version that can be shown".to_owned());
        }
        if let Err(reason) = Day::try_from(self.retrieved.clone()) {
            return Some(format!("of the day it was retrieved: {reason}"));
        }
        if let Some(id) = ids.find(|id| !is_name(id)) {
            let start: String = id.chars().take(40).collect();
            return Some(format!("`{}` is no name", start.escape_debug()));
        }
        (self.model_count() == 0).then(|| "it prices no model".to_owned())
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

    /// Whole days from the day it was retrieved to `now`; `None` where it names no day.
    #[must_use]
    pub fn age_days(&self, now: UnixNanos) -> Option<i64> {
        let day = Day::try_from(self.retrieved.clone()).ok()?;
        Some(now.0.div_euclid(86_400_000_000_000) - day.0)
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

    /// The models it prices, by provider.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.providers.iter().flat_map(|provider| {
            let models = provider.models.iter();
            models.map(|model| (provider.id.as_str(), model.id.as_str()))
        })
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
        .chain(text.variants.iter().map(|variant| &variant.prices))
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
        variants: text.variants,
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

    const GENAI: &str = r#"[{"id":"acme","name":"Acme","api_pattern":"x","model_match":{"regex":"^(?!old)a-"},
        "extractors":[{"root":"usage"}],"models":[
        {"id":"a-1","match":{"equals":"a-1"},"context_window":9,
         "prices":[{"prices":{"input_mtok":0.075,"output_mtok":{"base":1,"tiers":[{"start":200000,"price":2.5}]},"web_searches_kcount":10}},
                   {"constraint":{"start_date":"2026-03-13"},"prices":{"input_mtok":0.05,"output_mtok":1}}],
         "price_variants":[{"when":{"processing":"batch"},"prices":{"input_mtok":0.03}},
                           {"when":{"route":"eu"},"prices":{"input_mtok":9}}]},
        {"id":"night","match":{"equals":"night"},
         "prices":[{"prices":{"input_mtok":2,"output_mtok":2}},
                   {"constraint":{"start_time":"00:00:00Z","end_time":"23:59:59Z"},"prices":{"input_mtok":1,"output_mtok":1}}]}]}]"#;

    #[test]
    fn the_data_of_genai_prices_is_read_as_it_is_published() {
        use crate::prices::Prices;
        use plumbline_model::{UnixNanos, Usage};
        let file = PriceTable::read_file(GENAI, "2026-11-27 abc", "2026-11-27").unwrap();
        assert_eq!(file.table.model_count(), 2);
        let kept = PriceTable::parse(&file.json).unwrap();
        let prices = Prices {
            table: Arc::new(kept),
            ..Prices::default()
        };
        let (early, late) = (
            UnixNanos(1_700_000_000_000_000_000),
            UnixNanos(1_790_000_000_000_000_000),
        );
        let usd = |model: &str, tier, at| {
            let usage = Usage::of(1_000_000, 0);
            let cost = prices.cost_in_tier(None, model, tier, &usage, at);
            cost.usd.unwrap().to_string()
        };
        assert_eq!(usd("a-1", ServiceTier::Standard, early), "0.075");
        assert_eq!(usd("a-1", ServiceTier::Standard, late), "0.05");
        assert_eq!(usd("a-1", ServiceTier::Batch, late), "0.03");
        assert_eq!(usd("acme:night", ServiceTier::Standard, late), "1");
        let source = prices.cost(None, "a-1", &Usage::of(1, 0), late).source;
        assert_eq!(source.unwrap().version, "2026-11-27 abc");
    }

    #[test]
    fn a_hostile_file_is_refused_and_named() {
        let model = |prices: &str| {
            format!(
                r#"[{{"id":"p","models":[{{"id":"m","match":{{"equals":"m"}},"prices":{prices}}}]}}]"#
            )
        };
        for text in [
            "[]".to_owned(),
            r#"[{"id":"p","models":[]}]"#.to_owned(),
            model(r#"{"input_mtok":-1}"#),
            model(r#"{"input_mtok":"free"}"#),
            model(r#"{"input_mtok":1e400}"#),
            model(r#"[{"constraint":{"start_date":"soon"},"prices":{"input_mtok":1}}]"#),
            model(r#"[{"constraint":{"weekday":"mon"},"prices":{"input_mtok":1}}]"#),
            r#"[{"id":"p","models":[{"id":"m","match":{"regex":"(a{1000}){1000}"},"prices":{}}]}]"#
                .to_owned(),
            "[".repeat(200_000),
            format!("[{}", " ".repeat(PriceTable::MAX_BYTES)),
            format!(
                r#"[{{"id":"p","models":[{{"id":"m","match":{{"or":[{}]}},"prices":{{"input_mtok":1}}}}]}}]"#,
                vec![r#"{"regex":"a"}"#; MAX_PATTERNS + 1].join(",")
            ),
        ] {
            let start: String = text.chars().take(80).collect();
            assert!(
                PriceTable::read_file(&text, "1", "2026-01-01").is_err(),
                "{start}"
            );
        }
    }
}
