//! What of an HTTP exchange's address and headers may be kept. Headers pass by an allow-list; secrets are counted.

use serde_json::{Map, Value};

/// Headers that are kept; those that begin with a name ending in `-` pass whatever follows.
const ALLOWED: [&str; 19] = [
    "accept",
    "anthropic-beta",
    "anthropic-processing-ms",
    "anthropic-ratelimit-",
    "anthropic-version",
    "apim-request-id",
    "cf-ray",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "openai-beta",
    "openai-processing-ms",
    "openai-version",
    "request-id",
    "retry-after",
    "user-agent",
    "x-ratelimit-",
    "x-request-id",
];
/// Parts of names that hold secrets, in headers and in queries.
const SECRETS: [&str; 11] = [
    "authorization",
    "api-key",
    "apikey",
    "api_key",
    "cookie",
    "credential",
    "password",
    "secret",
    "signature",
    "token",
    "auth",
];

/// Stands where a secret was.
const REMOVED: &str = "[removed]";

fn is_secret(name: &str) -> bool {
    name == "key" || name == "sig" || SECRETS.iter().any(|part| name.contains(part))
}

/// True for a header, named in lower case, whose value may be kept.
pub(crate) fn is_allowed(name: &str) -> bool {
    ALLOWED
        .iter()
        .any(|allowed| match allowed.strip_suffix('-') {
            Some(_) => name.starts_with(allowed),
            None => name == *allowed,
        })
}

/// The headers that may be kept, with names in lower case, and how many secrets were left out.
pub(crate) fn allowed(headers: &[(String, String)]) -> (Map<String, Value>, u64) {
    let (mut kept, mut secrets) = (Map::new(), 0);
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if is_allowed(&name) {
            kept.insert(name, Value::String(value.clone()));
        } else if is_secret(&name) {
            secrets += 1;
        }
    }
    (kept, secrets)
}

/// The value of a header, whatever the case of its name.
pub(crate) fn value<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let found = headers
        .iter()
        .find(|(held, _)| held.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// The address without user, fragment and the secrets of its query, and how many secrets those were.
pub(crate) fn safe_url(url: &str) -> (String, u64) {
    let mut secrets = 0;
    let url = url.split('#').next().unwrap_or_default();
    let (place, query) = match url.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (url, None),
    };
    let mut safe = String::with_capacity(url.len());
    match place.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            secrets += u64::from(host.len() != authority.len());
            safe.extend([scheme, "://", host, path]);
        }
        None => safe.push_str(place),
    }
    for (index, pair) in query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .enumerate()
    {
        safe.push(if index == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, _)) if is_secret(&name.to_ascii_lowercase()) => {
                secrets += 1;
                safe.extend([name, "=", REMOVED]);
            }
            _ => safe.push_str(pair),
        }
    }
    (safe, secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_headers_pass_and_secrets_are_counted() {
        let headers = [
            ("Authorization", "Bearer s"),
            ("X-API-Key", "s"),
            ("api-key", "s"),
            ("Set-Cookie", "s"),
            ("x-goog-api-key", "s"),
            ("OpenAI-Organization", "acme"),
            ("X-Request-Id", "r"),
            ("x-ratelimit-remaining-tokens", "9"),
            ("x-ratelimitless", "no"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (kept, secrets) = allowed(&headers);
        let names: Vec<_> = kept.keys().map(String::as_str).collect();
        assert_eq!(names, ["x-ratelimit-remaining-tokens", "x-request-id"]);
        assert_eq!(secrets, 5);
    }

    #[test]
    fn an_address_loses_its_secrets_and_keeps_the_rest() {
        for (url, safe, secrets) in [
            (
                "https://u:p@h.test/v1?key=s&alt=sse&api_key=s#t",
                "https://h.test/v1?key=[removed]&alt=sse&api_key=[removed]",
                3,
            ),
            ("https://h.test/a@b", "https://h.test/a@b", 0),
            ("/v1/messages?beta=true", "/v1/messages?beta=true", 0),
            ("", "", 0),
        ] {
            assert_eq!(safe_url(url), (safe.to_owned(), secrets));
        }
    }
}
