//! One request: checked from the outside in; an export is read, handed to the sink and answered, all else is the
//! proxy's.

use crate::answer::{self, Answer};
use crate::body::{self, Packing};
use crate::front;
use crate::messages;
use crate::proxy::{self, Proxy, Way};
use crate::refusal::Refusal;
use crate::server::Shared;
use crate::sink::{Batch, Encoding, Refused, Signal, Sink};
use crate::traffic::Traffic;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderMap, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};

pub(crate) async fn receive<S: Sink>(request: Request<Incoming>, shared: &Shared<S>) -> Answer {
    let (head, mut body) = request.into_parts();
    let answered = match way(&head, shared) {
        Ok(Some((proxy, way))) => {
            return proxy::pass(proxy, way, head, body, &shared.limits, &shared.traffic).await;
        }
        Ok(None) => store(&head, &mut body, shared).await,
        Err(refusal) => Err(refusal),
    };
    match answered {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal, &head.headers, &mut body, &shared.traffic).await,
    }
}

/// Answers a request that is not answered as asked, and sees to it that its sender hears that.
pub(crate) async fn refuse(
    refusal: &Refusal,
    headers: &HeaderMap,
    body: &mut Incoming,
    traffic: &Traffic,
) -> Answer {
    traffic.refuse();
    // Who waits for leave to send the body needs none to hear this.
    if !refusal.hang_up && !headers.contains_key(EXPECT) {
        body::drain(body).await;
    }
    let encoding = encoding(headers).unwrap_or(Encoding::Json);
    answer::refused(refusal, encoding)
}

/// The proxy and the way through it, for what is no export; `None` where there is no proxy.
fn way<'s, S>(
    head: &Parts,
    shared: &'s Shared<S>,
) -> Result<Option<(&'s Proxy, Way<'s>)>, Refusal> {
    front::check(head, shared.port)?;
    match &shared.proxy {
        Some(proxy) if !EXPORTS.contains(&head.uri.path()) => {
            Ok(Some((proxy, proxy::admit(proxy, head)?)))
        }
        _ => Ok(None),
    }
}

async fn store<S: Sink>(
    head: &Parts,
    body: &mut Incoming,
    shared: &Shared<S>,
) -> Result<Answer, Refusal> {
    let signal = signal(head.uri.path())?;
    if head.method != Method::POST {
        return Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "an export is sent with POST",
        ));
    }
    let encoding = encoding(&head.headers).ok_or_else(|| {
        unsupported("the content type must be application/json or application/x-protobuf")
    })?;
    let packing = packing(&head.headers)
        .ok_or_else(|| unsupported("the content encoding must be gzip, once, or none"))?;
    let (bytes, room) = body::read(body, packing, &shared.limits, &shared.traffic.room).await?;
    let batch = Batch {
        signal,
        encoding,
        body: bytes,
        _room: room,
    };
    match shared.sink.submit(batch).await {
        Ok(accepted) => Ok(answer::ok(
            encoding,
            messages::accepted(signal, encoding, &accepted),
        )),
        Err(refused) => {
            let (status, why) = match refused {
                Refused::Malformed(why) => (StatusCode::BAD_REQUEST, why),
                Refused::Busy(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
                Refused::Failed(why) => (StatusCode::INTERNAL_SERVER_ERROR, why),
            };
            Err(Refusal::new(status, why))
        }
    }
}

/// The paths of OTLP, whether taken in or not.
const EXPORTS: [&str; 3] = ["/v1/traces", "/v1/logs", "/v1/metrics"];

fn signal(path: &str) -> Result<Signal, Refusal> {
    match path {
        "/v1/traces" => Ok(Signal::Traces),
        "/v1/logs" => Ok(Signal::Logs),
        "/v1/metrics" => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "metrics are not taken in; export traces to /v1/traces and logs to /v1/logs",
        )),
        _ => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "there are /v1/traces and /v1/logs",
        )),
    }
}

fn unsupported(why: &str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why)
}

/// The value of a header that stands once; an empty text where it is absent, `None` where it is unclear.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut all = headers.get_all(name).iter();
    let Some(value) = all.next() else {
        return Some("");
    };
    let value = value.to_str().ok()?;
    all.next().is_none().then_some(value)
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let value = single(headers, CONTENT_TYPE)?;
    let kind = value.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Some(Encoding::Json)
    } else if kind.eq_ignore_ascii_case("application/x-protobuf") {
        Some(Encoding::Protobuf)
    } else {
        None
    }
}

fn packing(headers: &HeaderMap) -> Option<Packing> {
    let coding = single(headers, CONTENT_ENCODING)?.trim();
    if coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
        Some(Packing::Plain)
    } else if coding.eq_ignore_ascii_case("gzip") {
        Some(Packing::Gzip)
    } else {
        None
    }
}
