//! Calls that say which prompt made them are held against its budget before they go on.
//!
//! Such a call is read whole first; one that names no prompt passes as it comes.

use super::Proxy;
use crate::body::{self, Packing};
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::room::{Room, Taken};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName};
use std::sync::Arc;

/// The header in which a call names its prompt, as `name@version`. It never reaches the upstream.
pub const PROMPT_HEADER: &str = "x-plumbline-prompt";
/// The header of an answer that says what was done for the call to keep its budget.
pub const BUDGET_HEADER: &str = "x-plumbline-budget";

/// Holds calls against the budgets of their prompts.
pub trait Guard: Send + Sync + 'static {
    /// Decides about one call. It may block.
    fn judge(&self, call: &NamedCall) -> Judged;
}

/// A call that names its prompt, not sent yet.
#[derive(Debug)]
pub struct NamedCall {
    /// The upstream's name in the path, such as `openai`.
    pub vendor: &'static str,
    /// As `name@version`, or a name alone.
    pub prompt: String,
    pub method: String,
    /// The whole address at the upstream.
    pub address: String,
    /// As it was sent, unpacked.
    pub body: Vec<u8>,
}

/// What becomes of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Judged {
    /// It goes on as it is.
    Send,
    /// It goes on with another body.
    SendInstead {
        body: Vec<u8>,
        /// What was done to it, in one line.
        done: String,
    },
    /// It does not go on.
    Refuse(String),
}

/// A call that was judged, its room still taken.
pub(super) struct Guarded {
    pub(super) body: Vec<u8>,
    pub(super) done: Option<String>,
    pub(super) refused: Option<String>,
    pub(super) _room: Taken,
}

/// Takes the prompt's name out of a call's headers.
pub(super) fn named(headers: &mut HeaderMap) -> Result<Option<String>, Refusal> {
    let name = HeaderName::from_static(PROMPT_HEADER);
    let mut all = headers.get_all(&name).iter();
    let prompt = match (all.next(), all.next()) {
        (None, _) => return Ok(None),
        (Some(one), None) => one.to_str().ok().map(str::trim).map(str::to_owned),
        (Some(_), Some(_)) => None,
    };
    headers.remove(&name);
    match prompt.filter(|prompt| !prompt.is_empty()) {
        Some(prompt) => Ok(Some(prompt)),
        None => Err(bad(format!(
            "{PROMPT_HEADER} names one prompt, as name@version"
        ))),
    }
}

/// Reads a call to its end and asks the guard about it. What it was packed in is gone from its headers.
pub(super) async fn guard(
    proxy: &Proxy,
    mut call: NamedCall,
    headers: &mut HeaderMap,
    body: &mut Incoming,
    limits: &Limits,
    room: &Room,
) -> Result<Guarded, Refusal> {
    let packing = match headers.get(CONTENT_ENCODING).map(|how| how.to_str()) {
        None | Some(Ok("identity")) => Packing::Plain,
        Some(Ok("gzip")) => Packing::Gzip,
        Some(_) => {
            return Err(bad(
                "a call that names its prompt is sent plain or with gzip".to_owned(),
            ));
        }
    };
    let (bytes, taken) = body::read(body, packing, limits, room).await?;
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    call.body = bytes;
    let guard = Arc::clone(&proxy.guard);
    let judged = tokio::task::spawn_blocking(move || (guard.judge(&call), call.body)).await;
    let (judged, sent) = judged.map_err(|_| {
        let why = "the call could not be held against the budget of its prompt";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    })?;
    let (body, done, refused) = match judged {
        Judged::Send => (sent, None, None),
        Judged::SendInstead { body, done } => (body, Some(done), None),
        Judged::Refuse(why) => (sent, None, Some(why)),
    };
    Ok(Guarded {
        body,
        done,
        refused,
        _room: taken,
    })
}

fn bad(why: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, why)
}
