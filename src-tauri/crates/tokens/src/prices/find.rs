//! Finding the entry of a model. The order, first hit wins:
//!
//! 1. A named provider that the table knows (by id, by our aliases for the names that traces use, or by
//!    the provider's own rule): that provider's models in table order, then those of the providers whose
//!    models it sells (`azure` sells `openai`'s). A model it does not list stays unpriced.
//! 2. No provider, or one the table does not know: a `provider:` or `provider/` prefix of the model's
//!    name is taken as the provider.
//! 3. Otherwise the first provider, in table order, whose rule claims the model's name: its maker.
//!
//! Resellers are never guessed, and a server on one's own machine has no list price.

use super::table::{Model, PriceTable, Provider};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Names of providers in traces (OpenTelemetry GenAI, gateways) that the table calls otherwise.
const ALIASES: &[(&str, &str)] = &[
    ("azure.ai.openai", "azure"),
    ("azure.ai.inference", "azure"),
    ("az.ai.openai", "azure"),
    ("az.ai.inference", "azure"),
    ("azure_openai", "azure"),
    ("azure-openai", "azure"),
    ("azure_ai", "azure"),
    ("openai_responses", "openai"),
    ("gemini", "google"),
    ("bedrock", "aws"),
    ("fireworks_ai", "fireworks"),
    ("together_ai", "together"),
    ("togetherai", "together"),
    ("x_ai", "x-ai"),
    ("moonshot", "moonshotai"),
    ("zhipu", "zhipuai"),
];

/// Servers that run on the user's own machine.
const SELF_HOSTED: &[&str] = &[
    "local",
    "localhost",
    "ollama",
    "llama.cpp",
    "llamacpp",
    "llama_cpp",
    "vllm",
    "lmstudio",
    "lm_studio",
    "sglang",
    "tgi",
];

/// Longest name looked up, in bytes; anything longer is no model.
const MAX_NAME_BYTES: usize = 512;
/// Names remembered before the memory starts anew.
const MAX_REMEMBERED: usize = 4_096;

/// An entry: who sells, and what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'t> {
    pub(super) provider: &'t Provider,
    pub(super) model: &'t Model,
    /// The seller does not list the model itself: the prices are its maker's.
    pub(super) is_resold: bool,
}

/// Where an entry stands: the seller, the lister (another one for a resold model), and the model.
type Place = (usize, usize, usize);

/// A provider, if named, and a model.
type Asked = (Option<String>, String);

/// Remembers look-ups, since the calls of a trace repeat a few names many times.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<Asked, Option<Place>>>);

impl PriceTable {
    /// The entry of a model, by the order that this module states.
    pub(super) fn find(&self, provider: Option<&str>, model: &str) -> Option<Found<'_>> {
        if model.len() > MAX_NAME_BYTES || provider.is_some_and(|p| p.len() > MAX_NAME_BYTES) {
            return None;
        }
        let key = (provider.map(str::to_owned), model.to_owned());
        let mut memory = self.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match memory.get(&key) {
            Some(place) => *place,
            None => {
                let place = self.look_up(provider, model);
                if memory.len() >= MAX_REMEMBERED {
                    memory.clear();
                }
                memory.insert(key, place);
                place
            }
        };
        let (seller, lister, model) = place?;
        Some(Found {
            provider: self.providers.get(seller)?,
            model: self.providers.get(lister)?.models.get(model)?,
            is_resold: seller != lister,
        })
    }

    fn look_up(&self, provider: Option<&str>, model: &str) -> Option<Place> {
        let model = model.trim().to_lowercase();
        let named = provider
            .map(|name| name.trim().to_lowercase())
            .filter(|name| !name.is_empty());
        if let Some(name) = &named {
            if SELF_HOSTED.contains(&name.as_str()) {
                return None;
            }
            if let Some(seller) = self.provider_called(name) {
                return self.model_of(seller, &model).or_else(|| {
                    // Gateways write the provider twice: `openai` and `openai/gpt-4o`.
                    let (prefix, rest) = split_prefix(&model)?;
                    let same = self.provider_called(prefix) == Some(seller);
                    same.then(|| self.model_of(seller, rest)).flatten()
                });
            }
        }
        self.by_prefix(&model).or_else(|| {
            let maker = self.providers.iter().position(|provider| {
                provider
                    .model_match
                    .as_ref()
                    .is_some_and(|rule| rule.accepts(&model))
            })?;
            self.model_of(maker, &model)
        })
    }

    fn by_prefix(&self, model: &str) -> Option<Place> {
        let (prefix, rest) = split_prefix(model)?;
        if SELF_HOSTED.contains(&prefix) {
            return None;
        }
        self.model_of(self.provider_called(prefix)?, rest)
    }

    fn provider_called(&self, name: &str) -> Option<usize> {
        let name = ALIASES
            .iter()
            .find(|(alias, _)| *alias == name)
            .map_or(name, |(_, id)| id);
        self.providers
            .iter()
            .position(|provider| provider.id == name)
            .or_else(|| {
                self.providers.iter().position(|provider| {
                    provider
                        .provider_match
                        .as_ref()
                        .is_some_and(|rule| rule.accepts(name))
                })
            })
    }

    /// As written, then with a compact date (`-20251211`) spelt as the table spells it (`-2025-12-11`).
    fn model_of(&self, seller: usize, model: &str) -> Option<Place> {
        self.model_named(seller, model)
            .or_else(|| self.model_named(seller, &spell_out_date(model)?))
    }

    fn model_named(&self, seller: usize, model: &str) -> Option<Place> {
        let listed = |lister: usize| {
            let models = &self.providers.get(lister)?.models;
            let at = models
                .iter()
                .position(|entry| entry.matches.accepts(model))?;
            Some((seller, lister, at))
        };
        listed(seller).or_else(|| {
            // One step only, as in genai-prices: what a reseller resells is not followed.
            let fallback = &self.providers.get(seller)?.fallback;
            fallback
                .iter()
                .find_map(|id| listed(self.providers.iter().position(|p| p.id == *id)?))
        })
    }
}

fn split_prefix(model: &str) -> Option<(&str, &str)> {
    let at = model.find([':', '/'])?;
    Some((&model[..at], &model[at + 1..]))
}

fn spell_out_date(model: &str) -> Option<String> {
    let at = model
        .match_indices("-20")
        .map(|(at, _)| at + 1)
        .find(|&at| {
            let date = model.as_bytes().get(at..at + 8);
            let ends = matches!(model.as_bytes().get(at + 8), None | Some(b'-' | b':'));
            ends && date.is_some_and(|date| {
                let digits = date.iter().all(u8::is_ascii_digit);
                digits
                    && (b"01".as_slice()..=b"12").contains(&&date[4..6])
                    && (b"01".as_slice()..=b"31").contains(&&date[6..8])
            })
        })?;
    let (year, month, day) = (
        &model[at..at + 4],
        &model[at + 4..at + 6],
        &model[at + 6..at + 8],
    );
    Some(format!(
        "{}{year}-{month}-{day}{}",
        &model[..at],
        &model[at + 8..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(provider: Option<&str>, model: &str) -> Option<String> {
        let table = PriceTable::bundled();
        table
            .find(provider, model)
            .map(|found| table.source(&found).entry)
    }

    #[test]
    fn the_same_model_is_found_under_the_names_that_traces_use() {
        for (provider, model) in [
            (Some("openai"), "gpt-4o-mini"),
            (Some(" OpenAI "), "GPT-4o-mini-2024-07-18"),
            (None, "gpt-4o-mini"),
            (None, "openai:gpt-4o-mini"),
            (None, "openai/gpt-4o-mini"),
            (Some("openai"), "openai/gpt-4o-mini"),
            (Some("some-gateway"), "gpt-4o-mini"),
        ] {
            let found = entry(provider, model);
            assert_eq!(
                found.as_deref(),
                Some("openai/gpt-4o-mini"),
                "{provider:?} {model}"
            );
        }
    }

    #[test]
    fn each_wire_format_of_a_vendor_has_the_vendors_prices() {
        for (provider, model, found) in [
            ("openai_responses", "gpt-4o-mini", "openai/gpt-4o-mini"),
            ("gemini", "gemini-2.5-flash", "google/gemini-2.5-flash"),
        ] {
            assert_eq!(entry(Some(provider), model).as_deref(), Some(found));
        }
    }

    #[test]
    fn a_reseller_is_charged_as_itself() {
        for provider in ["azure", "azure.ai.openai", "azure_openai"] {
            let found = entry(Some(provider), "gpt-4o-mini").unwrap();
            assert!(found.starts_with("azure/"), "{provider}: {found}");
        }
        assert!(
            entry(
                Some("aws.bedrock"),
                "anthropic.claude-3-haiku-20240307-v1:0"
            )
            .unwrap()
            .starts_with("aws/")
        );
    }

    #[test]
    fn what_is_not_listed_is_not_guessed() {
        for (provider, model) in [
            (None, "llama-3.3-70b"),
            (Some("ollama"), "gpt-4o"),
            (None, "ollama/gpt-4o"),
            (Some("openai"), "claude-sonnet-4-5"),
            (Some("openai"), ""),
            (None, "::"),
            (None, "é:ü/中"),
        ] {
            assert_eq!(entry(provider, model), None, "{provider:?} {model}");
        }
        assert_eq!(entry(None, &"gpt-".repeat(10_000)), None);
    }

    #[test]
    fn a_compact_date_is_spelt_out_only_when_it_is_one() {
        assert_eq!(
            spell_out_date("gpt-5.2-20251211").as_deref(),
            Some("gpt-5.2-2025-12-11")
        );
        assert_eq!(
            spell_out_date("a-20251211:free").as_deref(),
            Some("a-2025-12-11:free")
        );
        for name in [
            "gpt-5.2-20251311",
            "x-20259",
            "x-2025121a",
            "x-202512111",
            "-20",
        ] {
            assert_eq!(spell_out_date(name), None, "{name}");
        }
    }
}
