//! Scheme, host and port of a URL: the thing a key belongs to.
//!
//! Hosts are compared after URL parsing, so case, default ports and IPv4 spellings do not matter.

use crate::ProviderError;
use reqwest::Url;
use std::fmt;

/// One web origin, such as `https://api.openai.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebOrigin {
    secure: bool,
    /// As the URL parser wrote it: lower case, IPv6 in brackets.
    host: String,
    port: u16,
}

impl WebOrigin {
    /// The origin of an `http` or `https` URL.
    pub(crate) fn of(url: &Url) -> Result<Self, ProviderError> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            other => {
                return Err(ProviderError::setting(format!(
                    "the base URL has scheme `{other}`; only https and http are spoken"
                )));
            }
        };
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) if !host.is_empty() => Ok(Self {
                secure,
                host: host.to_owned(),
                port,
            }),
            _ => Err(ProviderError::setting("the base URL names no host")),
        }
    }

    /// Parses a base URL: no user name, password or fragment, and no query but one `api-version`.
    pub(crate) fn parse_base(text: &str) -> Result<(Url, Self), ProviderError> {
        let url = Url::parse(text.trim()).map_err(|error| {
            // The text itself is not repeated: a mistyped one may hold a password.
            ProviderError::setting(format!("the base URL cannot be read: {error}"))
        })?;
        let origin = Self::of(&url)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProviderError::setting(format!(
                "the base URL for {origin} holds a user name or password; give the key on its own"
            )));
        }
        if !url.query().is_none_or(is_version) || url.fragment().is_some() {
            return Err(ProviderError::setting(format!(
                "the base URL for {origin} has a query or fragment; only scheme, host, port and path are used"
            )));
        }
        Ok((url, origin))
    }

    /// As the URL parser wrote it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// True for this machine itself.
    pub(crate) fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || bare
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// True when a key may travel there: encrypted, or not leaving this machine.
    pub(crate) fn may_carry_a_key(&self) -> bool {
        self.secure || self.is_loopback()
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }
}

/// True for `api-version=` and a word of letters, digits, `-` and `.`, as Azure writes it.
fn is_version(query: &str) -> bool {
    query.strip_prefix("api-version=").is_some_and(|version| {
        !version.is_empty()
            && version
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    })
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default_port) = if self.secure {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default_port {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> WebOrigin {
        WebOrigin::parse_base(text).unwrap().1
    }

    #[test]
    fn spelling_does_not_make_another_origin_but_scheme_host_and_port_do() {
        let home = origin("https://api.openai.com/v1");
        assert_eq!(home, origin("https://API.OPENAI.COM:443/other/path"));
        for other in [
            "http://api.openai.com/v1",
            "https://api.openai.com:8443/v1",
            "https://api.openai.com.evil.test/v1",
            "https://openai.com/v1",
            "https://api.openai.com./v1",
        ] {
            assert_ne!(home, origin(other), "{other}");
        }
        assert_eq!(home.to_string(), "https://api.openai.com");
    }

    #[test]
    fn only_this_machine_may_carry_a_key_unencrypted() {
        for (base, allowed) in [
            ("https://example.test", true),
            ("http://localhost:8000/v1", true),
            ("http://127.0.0.1:8000", true),
            ("http://2130706433", true), // 127.0.0.1 as one number
            ("http://[::1]:8000", true),
            ("http://example.test", false),
            ("http://localhost.evil.test", false),
            ("http://127.0.0.1.evil.test", false),
            ("http://192.168.1.5:11434", false),
            ("http://0.0.0.0:80", false),
        ] {
            assert_eq!(origin(base).may_carry_a_key(), allowed, "{base}");
        }
    }

    #[test]
    fn a_base_url_with_credentials_query_or_another_scheme_is_refused_without_repeating_it() {
        for base in [
            "https://user:hunter2@example.test/v1",
            "https://example.test/v1?key=hunter2",
            "https://example.test/#hunter2",
            "https://example.test/?api-version=1&key=hunter2",
            "https://example.test/?api-version=hunter2%26",
            "file:///etc/hunter2",
            "hunter2",
        ] {
            let error = WebOrigin::parse_base(base).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
