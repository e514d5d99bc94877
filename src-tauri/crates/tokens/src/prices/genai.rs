//! The JSON of genai-prices (`data.json`, slim or full), turned into the form that [`PriceTable::parse`] reads.
//!
//! What the file says of models without a token price, of images, searches and pages is passed over, as when the
//! bundled table is made. Numbers are taken as they are written: the shortest decimal of each.
//! Source: pydantic/genai-prices, `data.schema.json`.

use crate::TokensError;
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

/// Units of the file by their names here.
const UNITS: [(&str, &str); 10] = [
    ("input_mtok", "input"),
    ("output_mtok", "output"),
    ("cache_read_mtok", "cache_read"),
    ("cache_write_mtok", "cache_write"),
    ("cache_write_1h_mtok", "cache_write_1h"),
    ("input_audio_mtok", "input_audio"),
    ("cache_audio_read_mtok", "cache_audio_read"),
    ("output_audio_mtok", "output_audio"),
    ("output_reasoning_mtok", "reasoning"),
    ("requests_kcount", "per_thousand_requests"),
];

/// What a variant is of, and the service tier that this is.
const TIERS: [(&str, &str, &str); 5] = [
    ("processing", "batch", "batch"),
    ("service_tier", "flex", "flex"),
    ("service_tier", "priority", "priority"),
    ("service_tier", "fast", "fast"),
    ("speed", "fast", "fast"),
];

#[derive(Deserialize)]
struct Provider {
    id: String,
    model_match: Option<Value>,
    provider_match: Option<Value>,
    #[serde(default)]
    fallback_model_providers: Option<Vec<String>>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(rename = "match")]
    matches: Value,
    prices: Prices,
    #[serde(default)]
    price_variants: Option<Vec<Variant>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prices {
    Dated(Vec<Dated>),
    Always(Map<String, Value>),
}

#[derive(Deserialize)]
struct Dated {
    constraint: Option<Constraint>,
    prices: Map<String, Value>,
}

#[derive(Deserialize)]
struct Variant {
    when: Map<String, Value>,
    constraint: Option<Constraint>,
    prices: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Constraint {
    From {
        start_date: String,
    },
    Daily {
        start_time: String,
        end_time: String,
    },
}

#[derive(Deserialize)]
struct Tiered {
    base: Number,
    tiers: Vec<Tier>,
}

#[derive(Deserialize)]
struct Tier {
    start: u64,
    price: Number,
}

/// True for a list of providers, which no other table is.
pub(super) fn is_genai(json: &str) -> bool {
    json.trim_start().starts_with('[')
}

/// The providers in our form.
pub(super) fn providers(json: &str) -> Result<Value, TokensError> {
    let providers: Vec<Provider> =
        serde_json::from_str(json).map_err(|e| TokensError::UnreadableTable(e.to_string()))?;
    providers
        .into_iter()
        .map(provider)
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn provider(provider: Provider) -> Result<Value, TokensError> {
    let id = &provider.id;
    let mut models = Vec::with_capacity(provider.models.len());
    for model in provider.models {
        models.push(priced(id, model)?);
    }
    let rule = |rule: Option<Value>| rule.map(|rule| clause(rule, 0)).unwrap_or_default();
    Ok(json!({
        "id": id,
        "model_match": rule(provider.model_match),
        "provider_match": rule(provider.provider_match),
        "fallback": provider.fallback_model_providers.unwrap_or_default(),
        "models": models,
    }))
}

fn priced(provider: &str, model: Model) -> Result<Value, TokensError> {
    let entry = format!("{provider}/{}", model.id);
    let refuse = |reason: String| TokensError::RefusedEntry {
        entry: entry.clone(),
        reason,
    };
    let prices = match model.prices {
        Prices::Always(prices) => vec![period(&prices, None).map_err(refuse)?],
        Prices::Dated(dated) => dated
            .iter()
            .map(|dated| period(&dated.prices, dated.constraint.as_ref()))
            .collect::<Result<_, _>>()
            .map_err(refuse)?,
    };
    let mut variants = Vec::new();
    for variant in model.price_variants.unwrap_or_default() {
        if let Some(tier) = tier(&variant.when) {
            let prices = period(&variant.prices, variant.constraint.as_ref()).map_err(refuse)?;
            variants.push(json!({ "tier": tier, "prices": prices }));
        }
    }
    Ok(json!({
        "id": model.id,
        "match": clause(model.matches, 0),
        "prices": prices,
        "variants": variants,
    }))
}

/// The service tier of a variant; routes and kinds of searches are none.
fn tier(when: &Map<String, Value>) -> Option<&'static str> {
    let (name, word) = when.iter().next().filter(|_| when.len() == 1)?;
    TIERS
        .iter()
        .find(|(key, value, _)| key == name && word.as_str() == Some(value))
        .map(|(_, _, tier)| *tier)
}

fn period(
    prices: &Map<String, Value>,
    constraint: Option<&Constraint>,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for (name, unit) in UNITS {
        if let Some(price) = prices.get(name).filter(|price| !price.is_null()) {
            out.insert(
                unit.to_owned(),
                rate(price).ok_or_else(|| format!("its `{name}` is no price"))?,
            );
        }
    }
    match constraint {
        None => {}
        Some(Constraint::From { start_date }) => {
            out.insert("from".to_owned(), start_date.clone().into());
        }
        Some(Constraint::Daily {
            start_time,
            end_time,
        }) => {
            // Times of day are in UTC, said or unsaid.
            let utc = |time: &str| {
                let time = time.strip_suffix('Z').or(time.strip_suffix("+00:00"));
                time.map(str::to_owned)
            };
            let times = [start_time, end_time].map(|time| utc(time).unwrap_or(time.clone()));
            out.insert("daily".to_owned(), json!(times));
        }
    }
    Ok(out)
}

fn rate(price: &Value) -> Option<Value> {
    // A number's text is its shortest decimal; a binary fraction never comes near the price.
    if let Value::Number(number) = price {
        return Some(number.to_string().into());
    }
    let tiered: Tiered = serde_json::from_value(price.clone()).ok()?;
    let mut tiers: Vec<(u64, String)> = tiered
        .tiers
        .iter()
        .map(|tier| (tier.start, tier.price.to_string()))
        .collect();
    tiers.sort();
    Some(json!({ "base": tiered.base.to_string(), "tiers": tiers }))
}

/// A match clause, with patterns for a linear engine. What is no clause is left for the reader to refuse.
fn clause(clause: Value, depth: usize) -> Value {
    let Value::Object(fields) = clause else {
        return clause;
    };
    // Deeper than any clause the reader takes.
    if depth > 16 {
        return Value::Object(fields);
    }
    let mut out = Map::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("or" | "and", Value::Array(inner)) => {
                let inner = inner.into_iter().map(|one| self::clause(one, depth + 1));
                out.insert(name, inner.collect());
            }
            ("regex", Value::String(text)) => match pattern(&text, 0) {
                Value::Object(fields) => out.extend(fields),
                _ => {
                    out.insert(name, text.into());
                }
            },
            (_, value) => {
                out.insert(name, value);
            }
        }
    }
    Value::Object(out)
}

/// A leading negative look-ahead becomes a `not`.
fn pattern(text: &str, depth: usize) -> Value {
    let Some(rest) = text.strip_prefix("^(?!").filter(|_| depth < 8) else {
        return json!({ "regex": text });
    };
    let Some(end) = closing(rest) else {
        return json!({ "regex": text });
    };
    let not = json!({ "not": pattern(&format!("^(?:{})", &rest[..end]), depth + 1) });
    match &rest[end + 1..] {
        "" => not,
        after => json!({ "and": [not, pattern(&format!("^(?:{after})"), depth + 1)] }),
    }
}

/// Where the group ends that is open at the start of `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_ahead_becomes_a_clause_and_other_patterns_stay() {
        assert_eq!(
            pattern("^(?!(?:a|b\\)))c", 0),
            json!({"and": [{"not": {"regex": "^(?:(?:a|b\\)))"}}, {"regex": "^(?:c)"}]})
        );
        assert_eq!(pattern("^(?!x)", 0), json!({"not": {"regex": "^(?:x)"}}));
        assert_eq!(pattern("^x", 0), json!({"regex": "^x"}));
        assert_eq!(pattern("^(?!x", 0), json!({"regex": "^(?!x"}));
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (written, text) in [
            ("0.075", "0.075"),
            ("3", "3"),
            ("1e-7", "1e-7"),
            ("0.1", "0.1"),
        ] {
            let number: Value = serde_json::from_str(written).unwrap();
            assert_eq!(rate(&number).unwrap(), text);
        }
        assert_eq!(rate(&json!("3")), None);
        assert_eq!(rate(&json!({"base": 1})), None);
    }
}
