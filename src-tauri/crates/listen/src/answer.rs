//! Answers as HTTP.

use crate::messages;
use crate::refusal::Refusal;
use crate::sink::Encoding;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::json;
use std::error::Error;

pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;
pub(crate) type Answer = Response<AnswerBody>;

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

/// A body that comes in pieces.
pub(crate) fn streamed<B>(body: B) -> AnswerBody
where
    B: Body<Data = Bytes, Error = Box<dyn Error + Send + Sync>> + Send + 'static,
{
    body.boxed_unsync()
}

/// The upstream of the proxy gave no answer; in the shape in which clients of models look for a message.
pub(crate) fn no_upstream(why: &str) -> Answer {
    let error = json!({"type": "error", "error": {"type": "upstream", "message": why}});
    answer(
        StatusCode::BAD_GATEWAY,
        Encoding::Json,
        error.to_string().into_bytes(),
    )
}

/// A call that its prompt's budget keeps from being sent, in the same shape. Clients do not send a 400 again.
pub(crate) fn over_budget(why: &str) -> Answer {
    let error = json!({"type": "error", "error": {"type": "invalid_request_error", "code": "over_budget", "message": why}});
    answer(
        StatusCode::BAD_REQUEST,
        Encoding::Json,
        error.to_string().into_bytes(),
    )
}

fn whole(body: Vec<u8>) -> AnswerBody {
    Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn answer(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Answer {
    let kind = match encoding {
        Encoding::Json => "application/json",
        Encoding::Protobuf => "application/x-protobuf",
    };
    let mut answer = Response::new(whole(body));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
