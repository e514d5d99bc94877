//! The recording proxy: calls of models go through to a fixed upstream, and a copy of each becomes a span.
//!
//! It spends the caller's money, so it answers only who knows the token of this run. What passes is not touched:
//! chunks go on as they come, in both directions. The copy is bounded, and whatever becomes of it, the call goes on.

mod copy;
mod recording;
mod route;

use crate::answer::{self, Answer};
use crate::body;
use crate::refusal::Refusal;
use crate::room::{Room, Taken};
use copy::Copied;
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use plumbline_ingest::HttpExchange;
use plumbline_providers::Upstream;
use recording::Recording;
use std::sync::Arc;

pub use route::Token;

/// Takes the copies of what passed.
pub trait Recorder: Send + Sync + 'static {
    /// Takes one exchange. It must not wait: what it has no place for, it counts and drops.
    fn record(&self, recorded: Recorded);

    /// One exchange could not be copied, since too much waits to be stored.
    fn lost(&self);
}

/// One exchange that passed, without keys and cookies.
#[derive(Debug)]
pub struct Recorded {
    /// The upstream's name in the path, such as `openai`.
    pub vendor: &'static str,
    pub exchange: HttpExchange,
    /// Given back once it is stored.
    pub(crate) _room: Taken,
}

/// What the proxy needs.
pub struct Proxy {
    pub token: Token,
    /// By the name that stands in the path.
    pub upstreams: Vec<(&'static str, Upstream)>,
    pub recorder: Arc<dyn Recorder>,
}

/// Headers that never reach the recorder.
const SECRETS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "cookie",
    "set-cookie",
    route::TOKEN_HEADER,
];

/// A request that may pass.
pub(crate) struct Way<'p> {
    vendor: &'static str,
    upstream: &'p Upstream,
    address: String,
}

/// Finds the way of a request that has gone through the door already.
pub(crate) fn admit<'p>(proxy: &'p Proxy, head: &Parts) -> Result<Way<'p>, Refusal> {
    let route = route::find(&head.uri, &head.headers, &proxy.token)?;
    if [Method::CONNECT, Method::TRACE].contains(&head.method) {
        let why = "this method is not passed on";
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, why));
    }
    let found = proxy
        .upstreams
        .iter()
        .find(|(name, _)| *name == route.vendor);
    let Some((vendor, upstream)) = found else {
        let names: Vec<&str> = proxy.upstreams.iter().map(|(name, _)| *name).collect();
        let why = format!("the upstreams are {}", names.join(" and "));
        return Err(Refusal::new(StatusCode::NOT_FOUND, why));
    };
    match upstream.address(&route.path_and_query) {
        Some(address) => Ok(Way {
            vendor,
            upstream,
            address,
        }),
        None => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "the path leads away from the upstream",
        )),
    }
}

/// Passes a request on.
pub(crate) async fn pass(
    proxy: &Proxy,
    way: Way<'_>,
    head: Parts,
    body: Incoming,
    room: &Room,
) -> Answer {
    let mut headers = head.headers;
    headers.remove(HeaderName::from_static(route::TOKEN_HEADER));
    let mut recording = Recording::begin(
        Arc::clone(&proxy.recorder),
        room,
        way.vendor,
        head.method.as_str(),
        &way.address,
        to_record(&headers),
    );
    let (body, mut left) = recording.request_body(body);
    let passed = way.upstream.pass(head.method, &way.address, headers, body);
    match passed.await {
        Ok(passed) => {
            recording.answered(passed.status.as_u16(), to_record(&passed.headers));
            let mut answer = Response::new(());
            *answer.status_mut() = passed.status;
            *answer.headers_mut() = to_caller(passed.headers);
            let length = passed.body.size_hint().exact();
            let body = Copied::new(passed.body, recording, length);
            answer.map(|()| answer::streamed(body))
        }
        Err(error) => {
            let why = error.to_string();
            recording.failed(&why);
            // Read to its end, so that the caller hears the answer and the recording knows what was asked.
            body::drain(&mut left).await;
            answer::no_upstream(&why)
        }
    }
}

/// What a caller sees of the upstream's headers: all but leave for other origins to read, which nobody has here.
fn to_caller(mut headers: HeaderMap) -> HeaderMap {
    let leave: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in leave {
        headers.remove(name);
    }
    headers
}

fn to_record(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !SECRETS.contains(&name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}
