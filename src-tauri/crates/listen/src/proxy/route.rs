//! Which upstream a path means, and whether the caller knows the token.

use crate::refusal::Refusal;
use hyper::header::HeaderMap;
use hyper::{StatusCode, Uri};
use std::fmt;
use subtle::ConstantTimeEq;

/// The header that may carry the token where the path does not.
pub(crate) const TOKEN_HEADER: &str = "x-plumbline-token";

/// The secret of one run.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Text that fits into a path: hex digits of at least 128 random bits.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// True for the same secret; how long it takes says nothing of where another differs.
    fn is(&self, given: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(given.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) vendor: String,
    /// What follows the vendor, as it was written.
    pub(crate) path_and_query: String,
}

/// Reads `/<token>/<vendor>/…`, or `/<vendor>/…` with the token in its header.
pub(crate) fn find(uri: &Uri, headers: &HeaderMap, token: &Token) -> Result<Route, Refusal> {
    let whole = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let (first, behind) = segment(whole);
    let rest = if token.is(first) {
        behind
    } else if single(headers).is_some_and(|given| token.is(given)) {
        whole
    } else {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "the proxy needs the token of this run, in the path or in the header x-plumbline-token",
        ));
    };
    let (vendor, behind) = segment(rest);
    Ok(Route {
        vendor: vendor.to_owned(),
        path_and_query: if behind.starts_with('/') {
            behind.to_owned()
        } else {
            format!("/{behind}")
        },
    })
}

/// The first segment of a path, and what follows from its slash or question mark on.
fn segment(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_at(path.find(['/', '?']).unwrap_or(path.len()))
}

fn single(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(TOKEN_HEADER).iter();
    let value = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str, header: Option<&str>) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(TOKEN_HEADER, value.parse().unwrap());
        }
        let token = Token::new("5ec".to_owned());
        find(&path.parse().unwrap(), &headers, &token)
            .ok()
            .map(|route| (route.vendor, route.path_and_query))
    }

    #[test]
    fn the_token_stands_in_the_path_or_in_the_header() {
        let to = |vendor: &str, path: &str| Some((vendor.to_owned(), path.to_owned()));
        assert_eq!(
            route("/5ec/openai/v1/x?a=/b", None),
            to("openai", "/v1/x?a=/b")
        );
        assert_eq!(route("/openai/v1/x", Some("5ec")), to("openai", "/v1/x"));
        assert_eq!(route("/5ec/openai", None), to("openai", "/"));
        assert_eq!(route("/5ec/openai?q=1", None), to("openai", "/?q=1"));
        for path in [
            "/",
            "/openai/v1",
            "/5ed/openai/v1",
            "/5ec5/openai",
            "/5e/openai",
            "//5ec/openai",
            "/5%65c/openai",
            "/?5ec",
        ] {
            assert_eq!(route(path, None), None, "{path}");
        }
        assert_eq!(route("/openai/v1", Some("")), None);
        assert!(!Token::new(String::new()).is(""), "no token opens nothing");
        assert_eq!(format!("{:?}", Token::new("5ec".to_owned())), "Token(…)");
    }
}
