//! Answers as HTTP.

use crate::messages;
use crate::refusal::Refusal;
use crate::sink::Encoding;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

pub(crate) type Answer = Response<Full<Bytes>>;

/// Seconds after which a client may try again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

pub(crate) fn ok(encoding: Encoding, body: Vec<u8>) -> Answer {
    answer(StatusCode::OK, encoding, body)
}

/// A refusal as `google.rpc.Status`.
pub(crate) fn refused(refusal: &Refusal, encoding: Encoding) -> Answer {
    let body = messages::status(encoding, refusal.rpc_code(), &refusal.message);
    let mut answer = answer(refusal.status, encoding, body);
    let headers = answer.headers_mut();
    match refusal.status {
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, RETRY_AFTER_S);
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    if refusal.hang_up {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

fn answer(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Answer {
    let kind = match encoding {
        Encoding::Json => "application/json",
        Encoding::Protobuf => "application/x-protobuf",
    };
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
