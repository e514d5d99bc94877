//! Keys, each bound to the origin it was given for.
//!
//! The only way to read a secret is to show the URL it is about to travel to. Nothing here prints,
//! serialises or stores a key, and its memory is wiped when it goes.

use crate::ProviderError;
use crate::azure_openai::{ENDPOINT_VARIABLE, KEY_VARIABLE};
use crate::bedrock::credentials;
use crate::connect::{AZURE, BEDROCK, default_base_url, is_keyless, key_variable_of};
use crate::web_origin::WebOrigin;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// The variable that holds the key for a base URL of the person's own.
pub const ANY_KEY_VARIABLE: &str = "PLUMBLINE_API_KEY";

/// The variable that says which server that key belongs to, as a URL. Where it is set, the key goes to no
/// other origin, whatever base URL is asked for.
pub const KEY_ORIGIN_VARIABLE: &str = "PLUMBLINE_API_KEY_ORIGIN";

/// A secret and the one origin (scheme, host, port) it may be sent to.
#[derive(Clone)]
pub struct ApiKey {
    origin: WebOrigin,
    secret: SecretString,
    /// Set where the secret signs requests instead of travelling with them.
    account: Option<AwsAccount>,
}

/// What stands beside a secret access key of AWS.
#[derive(Clone)]
pub(crate) struct AwsAccount {
    pub(crate) access_key_id: String,
    pub(crate) session_token: Option<SecretString>,
    /// Such as `eu-west-1`.
    pub(crate) region: String,
}

impl ApiKey {
    /// Binds a key to the origin of `url`; any path of the URL is ignored.
    ///
    /// # Errors
    /// When the URL cannot be read, is neither `https` nor on this machine, or when the key is empty or
    /// holds characters that no header can carry.
    pub fn for_origin(url: &str, secret: &str) -> Result<Self, ProviderError> {
        Self::of_secret(url, &SecretString::from(secret))
    }

    /// As [`ApiKey::for_origin`], of a secret that is wiped already.
    pub(crate) fn of_secret(url: &str, secret: &SecretString) -> Result<Self, ProviderError> {
        let (_, origin) = WebOrigin::parse_base(url)?;
        let secret = secret.expose_secret().trim();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ProviderError::setting(format!(
                "the key for {origin} is empty or holds spaces, line ends or letters outside ASCII"
            )));
        }
        if !origin.may_carry_a_key() {
            return Err(ProviderError::setting(format!(
                "a key is not sent to {origin}: only https, or http on this machine"
            )));
        }
        Ok(Self {
            origin,
            secret: SecretString::from(secret),
            account: None,
        })
    }

    /// Binds a secret access key of AWS and its account to the origin of `url`.
    pub(crate) fn for_aws(
        url: &str,
        secret: &str,
        account: AwsAccount,
    ) -> Result<Self, ProviderError> {
        Ok(Self {
            account: Some(account),
            ..Self::for_origin(url, secret)?
        })
    }

    /// The account whose requests the secret signs.
    pub(crate) fn account(&self) -> Option<&AwsAccount> {
        self.account.as_ref()
    }

    /// The secret, for a request to `url` and for nothing else.
    pub(crate) fn secret_for(&self, url: &Url) -> Result<&str, ProviderError> {
        let target = WebOrigin::of(url)?;
        if target == self.origin {
            Ok(self.secret.expose_secret())
        } else {
            Err(ProviderError::KeyElsewhere {
                bound_to: self.origin.to_string(),
                asked_for: target.to_string(),
            })
        }
    }

    /// The origin as a base URL.
    pub(crate) fn home(&self) -> String {
        self.origin.to_string()
    }

    /// The text with every occurrence of the key replaced.
    pub(crate) fn redact(&self, text: &str) -> String {
        let text = text.replace(self.secret.expose_secret(), "[key]");
        let token = self.account.as_ref().and_then(|a| a.session_token.as_ref());
        match token.map(|token| token.expose_secret()) {
            Some(token) if !token.is_empty() => text.replace(token, "[key]"),
            _ => text,
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey([key for {}])", self.origin)
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[key for {}]", self.origin)
    }
}

/// Finds the key for a provider in the environment, which `lookup` reads.
///
/// A vendor's variable (`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`) is used for that vendor's own origin only,
/// whatever name the provider was given. For any other base URL the person sets `PLUMBLINE_API_KEY`;
/// without it the call goes out without a key. `PLUMBLINE_API_KEY_ORIGIN` binds that key to one server.
/// `AZURE_OPENAI_API_KEY` belongs to the resource that `AZURE_OPENAI_ENDPOINT` names, and is used for no other;
/// AWS credentials belong to Bedrock's own endpoints.
/// `None` means no key was found.
///
/// # Errors
/// When the base URL or the key cannot be used, or the key would travel unencrypted to another machine.
pub fn keys_from_env(
    provider: &str,
    base_url: Option<&str>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ApiKey>, ProviderError> {
    if provider == BEDROCK {
        return credentials::key_from_env(base_url, lookup);
    }
    // A key for a server of one's own is not meant for a server that nobody named.
    if base_url.is_none() && is_keyless(provider) {
        return Ok(None);
    }
    let resource = resource_of(provider, lookup);
    let Some(base_url) = base_url
        .or_else(|| default_base_url(provider))
        .or(resource.as_deref())
    else {
        return Ok(None);
    };
    let (_, origin) = WebOrigin::parse_base(base_url)?;
    let variable = match &resource {
        Some(resource) if WebOrigin::parse_base(resource)?.1 == origin => KEY_VARIABLE,
        _ => key_variable_of(&origin).unwrap_or(ANY_KEY_VARIABLE),
    };
    if variable == ANY_KEY_VARIABLE {
        return any_key(base_url, &origin, lookup);
    }
    lookup(variable)
        .filter(|secret| !secret.trim().is_empty())
        .map(|secret| ApiKey::for_origin(base_url, &secret))
        .transpose()
}

/// The origin that a call of this provider goes to, where a key of its own can be kept; `None` for Bedrock,
/// and where no address is known.
pub(crate) fn home_of_key(
    provider: &str,
    base_url: Option<&str>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<WebOrigin>, ProviderError> {
    if provider == BEDROCK {
        return Ok(None);
    }
    let resource = resource_of(provider, lookup);
    let base_url = base_url
        .or_else(|| default_base_url(provider))
        .or(resource.as_deref());
    let parsed = base_url.map(WebOrigin::parse_base).transpose()?;
    Ok(parsed.map(|(_, origin)| origin))
}

/// The address of Azure's resource, as the environment names it.
fn resource_of(provider: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    lookup(ENDPOINT_VARIABLE).filter(|_| provider == AZURE)
}

/// The key of a server of one's own, unless it is bound to another.
pub(crate) fn any_key(
    base_url: &str,
    origin: &WebOrigin,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ApiKey>, ProviderError> {
    if let Some(home) = lookup(KEY_ORIGIN_VARIABLE)
        && WebOrigin::parse_base(&home)?.1 != *origin
    {
        return Ok(None);
    }
    lookup(ANY_KEY_VARIABLE)
        .filter(|secret| !secret.trim().is_empty())
        .map(|secret| ApiKey::for_origin(base_url, &secret))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "sk-canary-0123456789";

    fn found(provider: &str, base_url: Option<&str>) -> Result<Option<String>, ProviderError> {
        let lookup = |name: &str| match name {
            "OPENAI_API_KEY" => Some("sk-openai".to_owned()),
            "ANTHROPIC_API_KEY" => Some("sk-anthropic\n".to_owned()),
            ANY_KEY_VARIABLE => Some("sk-own".to_owned()),
            _ => None,
        };
        Ok(keys_from_env(provider, base_url, &lookup)?
            .map(|key| key.secret.expose_secret().to_owned()))
    }

    #[test]
    fn a_vendors_variable_reaches_that_vendors_origin_only() {
        for (provider, base_url, expected) in [
            ("openai", None, Some("sk-openai")),
            (
                "openai",
                Some("https://api.openai.com/v1/"),
                Some("sk-openai"),
            ),
            (
                "proxy",
                Some("https://api.openai.com/v1"),
                Some("sk-openai"),
            ),
            ("anthropic", None, Some("sk-anthropic")),
            (
                "openai",
                Some("https://api.openai.com.evil.test/v1"),
                Some("sk-own"),
            ),
            (
                "openai",
                Some("https://api.openai.com:8443/v1"),
                Some("sk-own"),
            ),
            (
                "anthropic",
                Some("https://api.openai.com"),
                Some("sk-openai"),
            ),
            ("openai", Some("http://127.0.0.1:8000/v1"), Some("sk-own")),
            ("recorded", None, None),
            ("gemini", None, None),
            ("ollama", None, None),
            ("ollama", Some("http://127.0.0.1:11434"), Some("sk-own")),
        ] {
            assert_eq!(
                found(provider, base_url).unwrap().as_deref(),
                expected,
                "{provider} at {base_url:?}"
            );
        }
    }

    #[test]
    fn azures_key_reaches_the_resource_of_its_endpoint_only() {
        let lookup = |name: &str| match name {
            KEY_VARIABLE => Some("az-own".to_owned()),
            ENDPOINT_VARIABLE => Some("https://r.openai.azure.com/".to_owned()),
            _ => None,
        };
        let found = |provider, base_url| {
            let key = keys_from_env(provider, base_url, &lookup).unwrap();
            key.map(|key| {
                let secret = key.secret.expose_secret().to_owned();
                (secret, key.origin.to_string())
            })
        };
        let own = Some(("az-own".to_owned(), "https://r.openai.azure.com".to_owned()));
        assert_eq!(found(AZURE, None), own);
        let versioned = "https://r.openai.azure.com/openai?api-version=2024-10-21";
        assert_eq!(found(AZURE, Some(versioned)), own);
        for other in ["https://evil.openai.azure.com", "https://evil.test"] {
            assert_eq!(found(AZURE, Some(other)), None, "{other}");
        }
        assert_eq!(found("vllm", Some("https://r.openai.azure.com")), None);
        assert_eq!(found("openai", None), None);
    }

    #[test]
    fn a_key_with_an_origin_of_its_own_reaches_no_other_base_url() {
        let lookup = |name: &str| match name {
            ANY_KEY_VARIABLE => Some("sk-own".to_owned()),
            KEY_ORIGIN_VARIABLE => Some("http://127.0.0.1:8000".to_owned()),
            _ => None,
        };
        let found = |base_url| keys_from_env("local", Some(base_url), &lookup).unwrap();
        assert!(found("http://127.0.0.1:8000/v1").is_some());
        assert!(found("http://127.0.0.1:8001/v1").is_none());
        assert!(found("https://evil.test/v1").is_none());
    }

    #[test]
    fn a_key_does_not_travel_unencrypted_to_another_machine() {
        let error = found("vllm", Some("http://192.168.1.5:8000/v1")).unwrap_err();
        assert!(
            error.to_string().contains("http://192.168.1.5:8000"),
            "{error}"
        );
        assert!(!error.to_string().contains("sk-own"), "{error}");
    }

    #[test]
    fn an_unset_or_blank_variable_is_no_key() {
        for value in [None, Some(String::new()), Some(" \n".to_owned())] {
            let key = keys_from_env("openai", None, &|_| value.clone()).unwrap();
            assert!(key.is_none());
        }
    }

    #[test]
    fn printing_a_key_shows_its_origin_and_not_itself() {
        let key = ApiKey::for_origin("https://api.openai.com/v1", SECRET).unwrap();
        for shown in [format!("{key:?}"), format!("{key:#?}"), key.to_string()] {
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains("https://api.openai.com"), "{shown}");
        }
    }

    #[test]
    fn the_secret_is_given_out_for_its_own_origin_alone() {
        let key = ApiKey::for_origin("https://api.openai.com/v1", SECRET).unwrap();
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(
            key.secret_for(&url("https://api.openai.com/v1/x")).unwrap(),
            SECRET
        );
        for other in [
            "http://api.openai.com/v1",
            "https://api.openai.com:444/v1",
            "https://evil.test/?https://api.openai.com",
            "https://api.openai.com@evil.test/v1",
        ] {
            let error = key.secret_for(&url(other)).unwrap_err();
            assert!(
                matches!(error, ProviderError::KeyElsewhere { .. }),
                "{other}"
            );
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn a_key_that_could_smuggle_a_header_is_refused_without_being_repeated() {
        for secret in [
            "",
            "  ",
            "sk-canary\r\nHost: evil",
            "sk-canary é",
            "sk canary",
        ] {
            let error = ApiKey::for_origin("https://example.test", secret).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
