//! Somebody else's request passed on to one fixed upstream, and the answer back: body bytes as they come, unread.
//!
//! Nothing is unpacked, kept, retried or followed. Only what belongs to one connection stays behind (RFC 9110,
//! 7.6.1). Keys in the caller's headers go to the upstream that the person chose, and nowhere else.

use crate::http::{Timeouts, builder, innermost};
use crate::web_origin::WebOrigin;
use crate::{ProviderError, default_base_url};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{CONNECTION, EXPECT, HOST, HeaderMap, HeaderName};
use reqwest::{Client, Method, Request, StatusCode, Url};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Headers of one connection. `Expect` is among them, since whoever passes a body on answers it.
const OF_A_CONNECTION: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The one place where requests go.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Without a trailing slash.
    base: String,
    base_path: String,
    origin: WebOrigin,
    client: Client,
}

/// The upstream's answer, its body still on the way.
pub struct Passed {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: PassedBody,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {at}: {why}")]
pub struct NotPassed {
    at: String,
    why: String,
}

impl Upstream {
    /// A vendor's own address, or another that the person typed: `https`, or `http` on this machine.
    ///
    /// # Errors
    /// `Setting` for an address that cannot be used.
    pub fn new(vendor: &str, base_url: Option<&str>) -> Result<Self, ProviderError> {
        // A vendor's base URL may end in a version, which callers write into their paths themselves.
        let home = default_base_url(vendor).map(|url| url.trim_end_matches("/v1"));
        let base_url = base_url
            .or(home)
            .ok_or_else(|| ProviderError::setting(format!("`{vendor}` has no address")))?;
        let (base, origin) = WebOrigin::parse_base(base_url)?;
        if base.query().is_some() {
            return Err(ProviderError::setting(format!(
                "the address of {origin} has a query, where only scheme, host, port and path are used"
            )));
        }
        if !origin.may_carry_a_key() {
            return Err(ProviderError::setting(format!(
                "{origin} is neither https nor on this machine, and keys would travel there unencrypted"
            )));
        }
        let timeouts = Timeouts::default();
        let client = builder(&origin, &timeouts).build().map_err(|error| {
            ProviderError::setting(format!("cannot set up TLS: {}", innermost(&error)))
        })?;
        Ok(Self {
            base: base.as_str().trim_end_matches('/').to_owned(),
            base_path: base.path().trim_end_matches('/').to_owned(),
            origin,
            client,
        })
    }

    /// The address of a path at this upstream; `None` for one that would lead away from it.
    #[must_use]
    pub fn address(&self, path_and_query: &str) -> Option<String> {
        if !path_and_query.starts_with('/') {
            return None;
        }
        let url = Url::parse(&format!("{}{path_and_query}", self.base)).ok()?;
        let stays = WebOrigin::of(&url).is_ok_and(|origin| origin == self.origin)
            && url
                .path()
                .strip_prefix(self.base_path.as_str())?
                .starts_with('/');
        stays.then(|| url.into())
    }

    /// Sends a request to an [`Upstream::address`] of this upstream.
    ///
    /// # Errors
    /// The address is no such one, or there is no answer.
    pub async fn pass<B>(
        &self,
        method: Method,
        address: &str,
        mut headers: HeaderMap,
        body: B,
    ) -> Result<Passed, NotPassed>
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let failed = |why: String| NotPassed {
            at: self.origin.to_string(),
            why,
        };
        let url = Url::parse(address)
            .ok()
            .filter(|url| WebOrigin::of(url).is_ok_and(|origin| origin == self.origin))
            .ok_or_else(|| failed("the address leads elsewhere".to_owned()))?;
        leave_behind(&mut headers);
        headers.remove(HOST);
        headers.remove(EXPECT);
        let is_empty = body.is_end_stream();
        let mut request = Request::new(method, url);
        *request.headers_mut() = headers;
        if !is_empty {
            *request.body_mut() = Some(reqwest::Body::wrap(body));
        }
        let response = self
            .client
            .execute(request)
            .await
            .map_err(|error| failed(innermost(&error)))?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        leave_behind(&mut headers);
        let body = reqwest::Body::from(response);
        Ok(Passed {
            status,
            headers,
            body: PassedBody(body),
        })
    }
}

/// Removes the headers of a connection, and those that `Connection` names.
fn leave_behind(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in OF_A_CONNECTION {
        headers.remove(name);
    }
}

/// Chunks as they come.
pub struct PassedBody(reqwest::Body);

impl Body for PassedBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0)
            .poll_frame(context)
            .map_err(|error| innermost(&error).into())
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_lead_away() {
        let bare = Upstream::new("openai", Some("http://127.0.0.1:9/")).unwrap();
        let address = |path: &str| bare.address(path).unwrap();
        assert_eq!(address("/v1/x?a=%20&b"), "http://127.0.0.1:9/v1/x?a=%20&b");
        for path in [
            "//evil.example/v1",
            "/@evil.example/",
            "/\\evil.example/",
            "/http://169.254.169.254/latest",
            "/v1/../../../etc",
            "/%2e%2e/x",
            "/:80@evil.example",
            "/#@evil.example",
        ] {
            let found = address(path);
            assert!(found.starts_with("http://127.0.0.1:9/"), "{path}: {found}");
        }
        for path in [
            "",
            "@evil.example",
            ".evil.example/",
            ":80/",
            "evil.example",
        ] {
            assert_eq!(bare.address(path), None, "{path}");
        }
        let below = Upstream::new("openai", Some("https://gateway.example/team/a")).unwrap();
        assert!(below.address("/v1/models").is_some());
        for path in ["/../b/v1", "/%2e%2e/b", "/../../", "/..%2fb/../../b"] {
            assert_eq!(below.address(path), None, "{path}");
        }
    }

    #[test]
    fn upstreams_are_the_vendors_or_what_a_key_may_travel_to() {
        let home = |vendor: &str| {
            Upstream::new(vendor, None)
                .unwrap()
                .address("/v1/x")
                .unwrap()
        };
        assert_eq!(home("openai"), "https://api.openai.com/v1/x");
        assert_eq!(home("anthropic"), "https://api.anthropic.com/v1/x");
        for url in [
            "http://example.test",
            "http://169.254.169.254",
            "ftp://127.0.0.1",
            "https://a:b@example.test",
            "https://example.test/?api-version=1",
        ] {
            assert!(Upstream::new("openai", Some(url)).is_err(), "{url}");
        }
        assert!(Upstream::new("other", None).is_err());
    }

    #[test]
    fn what_belongs_to_a_connection_stays_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Secret-Hop"),
            ("x-secret-hop", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "x"),
            ("authorization", "Bearer sk"),
            ("content-length", "2"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        leave_behind(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["authorization", "content-length"]);
    }
}
