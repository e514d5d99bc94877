//! The recording proxy: calls of models go through to a fixed upstream, and a copy of each becomes a span.
//!
//! It spends the caller's money, so it answers only who knows the token of this run. What passes is not touched:
//! chunks go on as they come, in both directions. The copy is bounded, and whatever becomes of it, the call goes on.
//! Only a call that names its prompt is read first, and may be cut or refused by the budget of that prompt.

mod copy;
mod guard;
mod late_error;
mod recording;
mod route;

use crate::answer::{self, Answer};
use crate::body;
use crate::limits::Limits;
use crate::receiver::refuse;
use crate::refusal::Refusal;
use crate::room::Taken;
use crate::traffic::Traffic;
use bytes::Bytes;
use copy::Copied;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use late_error::LateError;
use plumbline_ingest::HttpExchange;
use plumbline_providers::Upstream;
use recording::Recording;
use std::error::Error;
use std::sync::Arc;

pub use guard::{BUDGET_HEADER, Guard, Judged, NamedCall, PROMPT_HEADER};
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
    /// Asked about calls that name their prompt.
    pub guard: Arc<dyn Guard>,
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
    mut body: Incoming,
    limits: &Limits,
    traffic: &Traffic,
) -> Answer {
    let mut headers = head.headers;
    headers.remove(HeaderName::from_static(route::TOKEN_HEADER));
    let recorded_headers = to_record(&headers);
    let begin = || {
        Recording::begin(
            Arc::clone(&proxy.recorder),
            &traffic.copies,
            way.vendor,
            head.method.as_str(),
            &way.address,
            recorded_headers,
        )
    };
    let prompt = match guard::named(&mut headers) {
        Ok(Some(prompt)) => prompt,
        Ok(None) => return send(&way, head.method.clone(), headers, body, begin(), None).await,
        Err(refusal) => return refuse(&refusal, &headers, &mut body, traffic).await,
    };
    let call = NamedCall {
        vendor: way.vendor,
        prompt,
        method: head.method.to_string(),
        address: way.address.clone(),
        body: Vec::new(),
    };
    let guarded = guard::guard(proxy, call, &mut headers, &mut body, limits, &traffic.room).await;
    let guarded = match guarded {
        Ok(guarded) => guarded,
        Err(refusal) => return refuse(&refusal, &headers, &mut body, traffic).await,
    };
    let body = Full::new(Bytes::from(guarded.body));
    if let Some(why) = guarded.refused {
        let mut recording = begin();
        let (_, mut sent) = recording.request_body(body);
        recording.failed(&why);
        body::drain(&mut sent).await;
        return answer::over_budget(&why);
    }
    let method = head.method.clone();
    send(&way, method, headers, body, begin(), guarded.done).await
}

/// Sends a body to the upstream, whole or as it comes.
async fn send<B>(
    way: &Way<'_>,
    method: Method,
    headers: HeaderMap,
    body: B,
    mut recording: Recording,
    done: Option<String>,
) -> Answer
where
    B: Body<Data = Bytes> + Send + Sync + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (body, mut left) = recording.request_body(body);
    match way.upstream.pass(method, &way.address, headers, body).await {
        Ok(passed) => {
            let mut headers = to_caller(passed.headers);
            if let Some(done) = done.and_then(|done| HeaderValue::try_from(done).ok()) {
                headers.insert(guard::BUDGET_HEADER, done);
            }
            recording.answered(passed.status.as_u16(), to_record(&headers));
            let mut answer = Response::new(());
            *answer.status_mut() = passed.status;
            *answer.headers_mut() = headers;
            let length = passed.body.size_hint().exact();
            let body = Copied::new(passed.body, recording, length);
            answer.map(|()| answer::streamed(LateError::new(body)))
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
        .filter(|name| {
            // What was done for a budget is ours alone to say.
            name.as_str().starts_with("access-control-") || name.as_str() == guard::BUDGET_HEADER
        })
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
