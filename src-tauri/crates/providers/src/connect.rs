//! From a provider's name to something that answers: the table of wire formats.
//!
//! A new wire format is one file and one line in the table.

use crate::http::HttpProvider;
use crate::web_origin::WebOrigin;
use crate::wire::WireFormat;
use crate::{
    ApiKey, Provider, ProviderError, Timeouts, anthropic_messages, gemini, ollama, openai_chat,
    openai_responses,
};
use std::sync::Arc;

/// A provider with a home of its own.
struct Known {
    provider: &'static str,
    base_url: &'static str,
    /// `None` for a server that needs no key.
    key_variable: Option<&'static str>,
    /// Makes the wire format; told whether the call goes to the vendor's own origin.
    wire: fn(at_home: bool) -> Box<dyn WireFormat>,
}

const KNOWN: &[Known] = &[
    Known {
        provider: "openai",
        base_url: "https://api.openai.com/v1",
        key_variable: Some("OPENAI_API_KEY"),
        wire: openai_chat::format,
    },
    Known {
        provider: "openai_responses",
        base_url: "https://api.openai.com/v1",
        key_variable: Some("OPENAI_API_KEY"),
        wire: |_| openai_responses::format(),
    },
    Known {
        provider: "anthropic",
        base_url: "https://api.anthropic.com",
        key_variable: Some("ANTHROPIC_API_KEY"),
        wire: anthropic_messages::format,
    },
    Known {
        provider: "gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        key_variable: Some("GEMINI_API_KEY"),
        wire: |_| gemini::format(),
    },
    Known {
        provider: "ollama",
        base_url: "http://127.0.0.1:11434",
        key_variable: None,
        wire: |_| ollama::format(),
    },
];

/// How to reach a provider.
#[derive(Debug, Clone, Default)]
pub struct ProviderSettings {
    /// `openai`, `openai_responses`, `anthropic`, `gemini`, `ollama`, or any other name for an OpenAI-compatible server, which needs a base URL.
    pub provider: String,
    /// Replaces the vendor's own. Set by the person, never by anything imported.
    pub base_url: Option<String>,
    /// Must be bound to the origin of the base URL.
    pub api_key: Option<ApiKey>,
    pub timeouts: Timeouts,
}

/// The base URL a provider has when none is given.
#[must_use]
pub fn default_base_url(provider: &str) -> Option<&'static str> {
    known(provider).map(|known| known.base_url)
}

/// The environment variable whose key belongs to this origin.
pub(crate) fn key_variable_of(origin: &WebOrigin) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|known| is_home(known, origin))
        .and_then(|known| known.key_variable)
}

/// True for a provider that is reached at its own base URL without any key.
pub(crate) fn is_keyless(provider: &str) -> bool {
    known(provider).is_some_and(|known| known.key_variable.is_none())
}

/// Prepares a provider: one HTTP client with its own connections. Nothing is sent yet, so keep and share it.
///
/// # Errors
/// When the base URL is missing or unusable, the key is missing or bound to another origin, or TLS cannot
/// be set up.
pub fn connect(settings: &ProviderSettings) -> Result<Arc<dyn Provider>, ProviderError> {
    let name = settings.provider.as_str();
    if name == "recorded" {
        return Err(ProviderError::setting(
            "provider `recorded` answers from recordings and has no server",
        ));
    }
    let known = known(name);
    let base_url = settings
        .base_url
        .as_deref()
        .or(known.map(|known| known.base_url))
        .ok_or_else(|| {
            ProviderError::setting(format!(
                "provider `{name}` needs a base URL, such as http://127.0.0.1:8000/v1"
            ))
        })?;
    let (base, origin) = WebOrigin::parse_base(base_url)?;
    let variable = key_variable_of(&origin);
    if let (Some(variable), None) = (variable, &settings.api_key) {
        return Err(ProviderError::MissingKey {
            at: origin.to_string(),
            variable: variable.to_owned(),
        });
    }
    let wire = known.map_or(openai_chat::format as fn(bool) -> _, |known| known.wire);
    let provider = HttpProvider::new(
        name,
        wire(variable.is_some()),
        &base,
        origin,
        settings.api_key.clone(),
        settings.timeouts,
    )?;
    Ok(Arc::new(provider))
}

fn known(provider: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.provider == provider)
}

fn is_home(known: &Known, origin: &WebOrigin) -> bool {
    WebOrigin::parse_base(known.base_url).is_ok_and(|(_, home)| home == *origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(provider: &str, base_url: Option<&str>, key_for: Option<&str>) -> ProviderSettings {
        ProviderSettings {
            provider: provider.to_owned(),
            base_url: base_url.map(str::to_owned),
            api_key: key_for.map(|url| ApiKey::for_origin(url, "sk-canary").unwrap()),
            timeouts: Timeouts::default(),
        }
    }

    fn refused(settings: &ProviderSettings) -> ProviderError {
        match connect(settings) {
            Ok(provider) => panic!("{} was accepted", provider.name()),
            Err(error) => error,
        }
    }

    #[test]
    fn vendors_have_a_home_and_others_need_a_base_url() {
        let home = Some("https://api.openai.com");
        assert_eq!(
            connect(&settings("openai", None, home)).unwrap().name(),
            "openai"
        );
        assert_eq!(
            connect(&settings("ollama", None, None)).unwrap().name(),
            "ollama"
        );
        let local = settings("vllm", Some("http://127.0.0.1:8000/v1"), None);
        assert_eq!(connect(&local).unwrap().name(), "vllm");
        for provider in ["vllm", "recorded", ""] {
            let error = refused(&settings(provider, None, None));
            assert!(matches!(error, ProviderError::Setting { .. }), "{error}");
        }
    }

    #[test]
    fn a_vendor_without_its_key_is_refused_before_anything_is_sent() {
        for (provider, variable) in [
            ("openai", "OPENAI_API_KEY"),
            ("openai_responses", "OPENAI_API_KEY"),
            ("anthropic", "ANTHROPIC_API_KEY"),
            ("gemini", "GEMINI_API_KEY"),
        ] {
            let error = refused(&settings(provider, None, None));
            assert!(error.to_string().contains(variable), "{error}");
        }
    }

    #[test]
    fn a_key_of_another_origin_is_refused_for_every_provider() {
        for provider in [
            "openai",
            "openai_responses",
            "anthropic",
            "gemini",
            "ollama",
            "vllm",
        ] {
            let error = refused(&settings(
                provider,
                Some("https://evil.test/v1"),
                Some("https://api.openai.com"),
            ));
            assert!(
                matches!(error, ProviderError::KeyElsewhere { .. }),
                "{error}"
            );
        }
    }
}
