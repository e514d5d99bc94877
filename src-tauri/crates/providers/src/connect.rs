//! From a provider's name to something that answers: the table of wire formats.
//!
//! A new wire format is one file and one line in the table.

use crate::bedrock::credentials;
use crate::embeddings::{Embeds, HttpEmbeddings, Spelling};
use crate::http::HttpProvider;
use crate::web_origin::WebOrigin;
use crate::wire::WireFormat;
use crate::{
    ApiKey, Provider, ProviderError, Timeouts, anthropic_messages, azure_openai, bedrock, gemini,
    ollama, openai_chat, openai_responses,
};
use reqwest::Url;
use std::sync::Arc;

/// A provider with a home of its own.
struct Known {
    provider: &'static str,
    /// `None` for a vendor that gives every customer an address.
    base_url: Option<&'static str>,
    /// `None` for a server that needs no key.
    key_variable: Option<&'static str>,
    wire: fn(&Place<'_>) -> Box<dyn WireFormat>,
}

/// Where the calls go.
struct Place<'a> {
    base: &'a Url,
    /// Whether that is the vendor's own origin.
    at_home: bool,
}

pub(crate) const AZURE: &str = "azure_openai";

pub(crate) const BEDROCK: &str = "bedrock";

const KNOWN: &[Known] = &[
    Known {
        provider: "openai",
        base_url: Some("https://api.openai.com/v1"),
        key_variable: Some("OPENAI_API_KEY"),
        wire: |place| openai_chat::format(place.at_home),
    },
    Known {
        provider: "openai_responses",
        base_url: Some("https://api.openai.com/v1"),
        key_variable: Some("OPENAI_API_KEY"),
        wire: |_| openai_responses::format(),
    },
    Known {
        provider: "anthropic",
        base_url: Some("https://api.anthropic.com"),
        key_variable: Some("ANTHROPIC_API_KEY"),
        wire: |_| anthropic_messages::format(),
    },
    Known {
        provider: "gemini",
        base_url: Some("https://generativelanguage.googleapis.com/v1beta"),
        key_variable: Some("GEMINI_API_KEY"),
        wire: |_| gemini::format(),
    },
    Known {
        provider: AZURE,
        base_url: None,
        key_variable: Some(azure_openai::KEY_VARIABLE),
        wire: |place| azure_openai::format(place.base),
    },
    Known {
        provider: BEDROCK,
        base_url: None,
        key_variable: Some(credentials::SECRET_VARIABLE),
        wire: |_| bedrock::format(),
    },
    Known {
        provider: "ollama",
        base_url: Some("http://127.0.0.1:11434"),
        key_variable: None,
        wire: |_| ollama::format(),
    },
];

/// How to reach a provider.
#[derive(Debug, Clone, Default)]
pub struct ProviderSettings {
    /// `openai`, `openai_responses`, `anthropic`, `gemini`, `azure_openai`, `bedrock`, `ollama`, or any other name for an OpenAI-compatible server, which needs a base URL.
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
    known(provider).and_then(|known| known.base_url)
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
    Ok(Arc::new(prepare(settings)?))
}

/// Prepares a provider of embeddings, under the same conditions as [`connect`].
///
/// # Errors
/// Those of [`connect`], and for a vendor whose embeddings are not spoken.
pub fn connect_embeddings(settings: &ProviderSettings) -> Result<Arc<dyn Embeds>, ProviderError> {
    let spelling = match settings.provider.as_str() {
        "gemini" => Spelling::Gemini,
        "ollama" => Spelling::Ollama,
        name @ ("anthropic" | AZURE | BEDROCK) => {
            return Err(ProviderError::unsupported(format!(
                "Plumbline knows no embeddings of provider `{name}`; use `openai`, `gemini`, `ollama` or a compatible server"
            )));
        }
        _ => Spelling::OpenAi,
    };
    let http = prepare(settings)?;
    Ok(Arc::new(HttpEmbeddings { http, spelling }))
}

fn prepare(settings: &ProviderSettings) -> Result<HttpProvider, ProviderError> {
    let name = settings.provider.as_str();
    if name == "recorded" {
        return Err(ProviderError::setting(
            "provider `recorded` answers from recordings and has no server",
        ));
    }
    let known = known(name);
    // A vendor that gives every customer an address is reached where its key belongs.
    let home_of_key = || {
        let key = settings.api_key.as_ref().filter(|_| known.is_some())?;
        Some(key.home())
    };
    let base_url = settings
        .base_url
        .clone()
        .or_else(|| default_base_url(name).map(str::to_owned))
        .or_else(home_of_key)
        .ok_or_else(|| needs_base_url(name))?;
    let (base, origin) = WebOrigin::parse_base(&base_url)?;
    let is_azure = known.is_some_and(|known| known.provider == AZURE);
    if base.query().is_some() && !is_azure {
        return Err(ProviderError::setting(format!(
            "the base URL for {origin} has an `api-version`, which only provider `{AZURE}` takes"
        )));
    }
    let variable = key_variable_of(&origin);
    // A vendor without one home is asked for its key wherever it is reached, but not on this machine.
    let needed = variable.or_else(|| {
        let roaming = known.filter(|known| known.base_url.is_none() && !origin.is_loopback())?;
        roaming.key_variable
    });
    if let (Some(variable), None) = (needed, &settings.api_key) {
        return Err(ProviderError::MissingKey {
            at: origin.to_string(),
            variable: variable.to_owned(),
        });
    }
    HttpProvider::new(
        name,
        format_for(name, &base, &origin),
        &base,
        origin,
        settings.api_key.clone(),
        settings.timeouts,
    )
}

/// The wire format that a provider speaks at a base URL.
pub(crate) fn format_for(provider: &str, base: &Url, origin: &WebOrigin) -> Box<dyn WireFormat> {
    let place = Place {
        base,
        at_home: key_variable_of(origin).is_some(),
    };
    match known(provider) {
        Some(known) => (known.wire)(&place),
        None => openai_chat::format(place.at_home),
    }
}

/// The names of all providers with a format of their own.
#[cfg(test)]
pub(crate) fn providers() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.provider)
}

fn needs_base_url(name: &str) -> ProviderError {
    ProviderError::setting(if name == AZURE {
        format!(
            "provider `{AZURE}` needs the address of a resource: set {} or give a base URL, such as https://name.openai.azure.com",
            azure_openai::ENDPOINT_VARIABLE
        )
    } else if name == BEDROCK {
        format!(
            "provider `{BEDROCK}` needs AWS credentials and a region: set {} and the key's variables, or give a base URL, such as https://bedrock-runtime.eu-west-1.amazonaws.com",
            credentials::REGION_VARIABLE
        )
    } else {
        format!("provider `{name}` needs a base URL, such as http://127.0.0.1:8000/v1")
    })
}

fn known(provider: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.provider == provider)
}

fn is_home(known: &Known, origin: &WebOrigin) -> bool {
    known.base_url.is_some_and(|base_url| {
        WebOrigin::parse_base(base_url).is_ok_and(|(_, home)| home == *origin)
    })
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
    fn azure_is_reached_where_its_key_belongs_and_takes_a_version() {
        let home = "https://r.openai.azure.com";
        assert!(connect(&settings(AZURE, None, Some(home))).is_ok());
        let versioned = format!("{home}/?api-version=2024-10-21");
        assert!(connect(&settings(AZURE, Some(&versioned), Some(home))).is_ok());
        let error = refused(&settings(AZURE, Some(home), None));
        assert!(
            error.to_string().contains(azure_openai::KEY_VARIABLE),
            "{error}"
        );
        let error = refused(&settings(AZURE, None, None));
        assert!(
            error.to_string().contains(azure_openai::ENDPOINT_VARIABLE),
            "{error}"
        );
        let error = refused(&settings("vllm", Some(&versioned), Some(home)));
        assert!(error.to_string().contains("api-version"), "{error}");
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
            "azure_openai",
            "bedrock",
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
