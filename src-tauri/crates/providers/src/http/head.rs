//! What the head of an answer tells: how its body comes, and what the provider calls the request.

use crate::plain_text;
use crate::wire::Framing;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

/// How the body of an answer comes.
pub(super) enum Delivery {
    Stream,
    Json,
    Other(String),
}

/// Headers in which providers name a request, in lower case.
const REQUEST_ID_HEADERS: [&str; 6] = [
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-amzn-requestid",
    "x-goog-request-id",
];

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID_HEADERS
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .find(|id| !id.is_empty())
        .map(plain_text::name)
}

/// How an answer comes, by its content type; without one a stream is assumed, as one was asked for.
pub(super) fn delivery(response: &Response, framing: Framing) -> Delivery {
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    match kind
        .as_deref()
        .map(|kind| kind.split(';').next().unwrap_or("").trim())
    {
        None | Some("") => Delivery::Stream,
        Some(kind) if framing.content_types().contains(&kind) => Delivery::Stream,
        Some(kind) if kind == "application/json" || kind.ends_with("+json") => Delivery::Json,
        Some(other) => Delivery::Other(other.to_owned()),
    }
}
