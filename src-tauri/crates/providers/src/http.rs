//! One call over HTTP, whatever the wire format: sending, waiting, reading, and telling failures apart.
//!
//! Redirects are never followed, nothing is retried, no cookie is kept, and every wait is bounded and can be
//! cancelled. The client and its open connections live as long as the provider: share it.

mod exchange;
mod head;

use crate::provider::Answering;
use crate::watched_body::{Sent, WatchedBody};
use crate::web_origin::WebOrigin;
use crate::wire::{Unsigned, WireFormat};
use crate::{ApiKey, Call, Provider, ProviderError, StreamEvent, plain_text};
use plumbline_model::{Completion, ResponseStatus};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, Request, Url, redirect};
use std::error::Error;
use std::sync::Once;
use std::time::{Duration, SystemTime};
use tokio_util::sync::CancellationToken;

/// How long each wait may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name lookup, TCP and TLS together.
    pub connect: Duration,
    /// From sending to the first byte of the answer's body.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// The whole call.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(600),
        }
    }
}

/// Common local servers close an idle connection after 5 s; reusing one at that moment would make a call
/// ambiguous, so ours are dropped before.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// A provider reached over HTTP.
pub(crate) struct HttpProvider {
    name: String,
    wire: Box<dyn WireFormat>,
    /// Without a trailing slash and without a query, which is the wire format's to place.
    base_url: String,
    origin: WebOrigin,
    /// The origin as it is shown.
    at: String,
    key: Option<ApiKey>,
    client: Client,
    timeouts: Timeouts,
}

impl HttpProvider {
    pub(crate) fn new(
        name: &str,
        wire: Box<dyn WireFormat>,
        base: &Url,
        origin: WebOrigin,
        key: Option<ApiKey>,
        timeouts: Timeouts,
    ) -> Result<Self, ProviderError> {
        if let Some(key) = &key {
            key.secret_for(base)?;
        }
        let mut bare = base.clone();
        bare.set_query(None);
        Ok(Self {
            name: name.to_owned(),
            wire,
            base_url: bare.as_str().trim_end_matches('/').to_owned(),
            at: origin.to_string(),
            client: client(&origin, &timeouts)?,
            origin,
            key,
            timeouts,
        })
    }

    /// The request, and whether its body has left.
    fn request(&self, call: &Call) -> Result<(Request, Sent), ProviderError> {
        let body = self.wire.body(call)?;
        self.post(&self.wire.path(call)?, body, &call.idempotency_key)
    }

    /// A request to a path below the base URL, authorised and not yet sent.
    fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        idempotency_key: &str,
    ) -> Result<(Request, Sent), ProviderError> {
        let target = format!("{}{path}", self.base_url);
        let url = Url::parse(&target)
            .map_err(|error| ProviderError::setting(format!("the call's URL: {error}")))?;
        // A path comes from a wire format and may hold a model's name: it must not lead elsewhere.
        if WebOrigin::of(&url)? != self.origin {
            return Err(ProviderError::unsupported(format!(
                "the model's name would lead the call away from {}",
                self.at
            )));
        }
        let secret = match &self.key {
            Some(key) => Some(key.secret_for(&url)?),
            None => None,
        };
        let mut request = Request::new(Method::POST, url);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accepted = self.wire.framing().content_types().first();
        headers.insert(
            ACCEPT,
            header_value(&format!("{}, application/json", accepted.unwrap_or(&"*/*")))?,
        );
        for (name, value) in self.wire.headers() {
            headers.insert(name, header_value(&value)?);
        }
        if !idempotency_key.is_empty() {
            let value = HeaderValue::from_str(idempotency_key).map_err(|_| {
                ProviderError::unsupported("the idempotency key does not fit into a header")
            })?;
            headers.insert(HeaderName::from_static("idempotency-key"), value);
        }
        if let Some(secret) = secret {
            self.authorize(&mut request, &body, secret)?;
        }
        let (body, sent) = WatchedBody::new(body);
        *request.body_mut() = Some(reqwest::Body::wrap(body));
        Ok((request, sent))
    }

    /// Puts the key into its header, or the signature made with it.
    fn authorize(
        &self,
        request: &mut Request,
        body: &[u8],
        secret: &str,
    ) -> Result<(), ProviderError> {
        let Some(account) = self.key.as_ref().and_then(ApiKey::account) else {
            let (name, prefix) = self.wire.key_header();
            let value = secret_value(prefix, secret)?;
            request.headers_mut().insert(name, value);
            return Ok(());
        };
        let unsigned = Unsigned {
            url: request.url(),
            headers: request.headers(),
            body,
            at: SystemTime::now(),
        };
        for (name, value) in self.wire.sign(&unsigned, secret, account)? {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                ProviderError::setting("a header of the signature cannot be written")
            })?;
            request
                .headers_mut()
                .insert(name, secret_value("", &value)?);
        }
        Ok(())
    }

    /// Text of the provider, fit to show.
    fn clean(&self, text: &str) -> String {
        plain_text::for_people(text, self.key.as_ref())
    }

    fn malformed(&self, message: &str) -> ProviderError {
        ProviderError::Malformed {
            at: self.at.clone(),
            message: self.clean(message),
            is_answer: true,
        }
    }

    /// What came with a success and is no model's answer at all, such as the page of a web server.
    fn foreign(&self, message: &str) -> ProviderError {
        ProviderError::Malformed {
            at: self.at.clone(),
            message: self.clean(message),
            is_answer: false,
        }
    }

    /// Tells a failed request that surely did not arrive from one that may have.
    fn broken(&self, error: &reqwest::Error, sent: &Sent) -> ProviderError {
        let message = self.clean(&innermost(error));
        let at = self.at.clone();
        let arrived = sent.get() && !error.is_connect();
        match (arrived, error.is_timeout()) {
            (true, _) => ProviderError::Ambiguous { at, message },
            (false, true) => ProviderError::Timeout {
                at,
                phase: crate::Phase::Connect,
                after_ms: milliseconds(self.timeouts.connect),
                sent: false,
            },
            (false, false) => ProviderError::Connect { at, message },
        }
    }
}

impl Provider for HttpProvider {
    fn chat<'a>(
        &'a self,
        call: &'a Call,
        events: &'a (dyn Fn(StreamEvent) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> Answering<'a> {
        Box::pin(async move {
            let outcome = self.exchange(call, events, cancel).await;
            log(&self.at, &outcome);
            outcome
        })
    }

    fn name(&self) -> &str {
        &self.name
    }
}

fn log(at: &str, outcome: &Result<Completion, ProviderError>) {
    match outcome {
        Ok(answer) => tracing::debug!(
            at,
            latency_ms = answer.latency_ms,
            truncated = answer.status == ResponseStatus::Truncated,
            "answered"
        ),
        Err(error) => tracing::debug!(at, %error, "no completion"),
    }
}

fn header_value(text: &str) -> Result<HeaderValue, ProviderError> {
    HeaderValue::from_str(text)
        .map_err(|_| ProviderError::setting("a header of the wire format cannot be written"))
}

fn secret_value(prefix: &str, secret: &str) -> Result<HeaderValue, ProviderError> {
    let mut value = HeaderValue::from_str(&format!("{prefix}{secret}"))
        .map_err(|_| ProviderError::setting("the key does not fit into a header"))?;
    // Hides it from debug output and keeps it out of HTTP/2 header tables.
    value.set_sensitive(true);
    Ok(value)
}

fn client(origin: &WebOrigin, timeouts: &Timeouts) -> Result<Client, ProviderError> {
    builder(origin, timeouts)
        .user_agent(concat!("plumbline/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| {
            ProviderError::setting(format!("cannot set up TLS: {}", innermost(&error)))
        })
}

/// A client that follows nothing, retries nothing and keeps nothing.
pub(crate) fn builder(origin: &WebOrigin, timeouts: &Timeouts) -> ClientBuilder {
    static CRYPTO: Once = Once::new();
    // A second installation fails, and that is fine: whoever came first chose a provider.
    CRYPTO.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .pool_idle_timeout(POOL_IDLE)
        .https_only(origin.is_secure());
    if origin.is_loopback() {
        builder = builder.no_proxy();
    }
    if !origin.is_secure() {
        // No TLS is spoken, so the system's certificates need not be loaded, nor exist.
        builder = builder.tls_certs_only([]);
    }
    builder
}

/// The cause at the bottom, which says most: `Connection refused (os error 111)`.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
