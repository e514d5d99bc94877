//! The course of one call: send, wait for the head, read the body, decide whether the answer is whole.

use super::head::{Delivery, delivery, request_id};
use super::{HttpProvider, innermost, milliseconds};
use crate::retry::retry_after;
use crate::watched_body::Sent;
use crate::wire::{Answer, End, Fragment, WireError};
use crate::{Call, Phase, ProviderError, StreamEvent, plain_text};
use plumbline_model::Completion;
use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;
use std::future::Future;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Most bytes of an answer.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes that are read of an error answer, and for how long.
const MAX_ERROR_BYTES: usize = 64 * 1024;
const ERROR_BODY_WAIT: Duration = Duration::from_secs(5);
/// How long the end of a body is waited for after its terminal event, so that the connection can be reused.
const DRAIN_WAIT: Duration = Duration::from_millis(100);

/// The clock of one call.
struct Waits<'a> {
    provider: &'a HttpProvider,
    cancel: &'a CancellationToken,
    sent: Sent,
    started: Instant,
    /// When the last piece came; `None` before the first.
    last_piece: Option<Instant>,
}

/// Why a body stopped coming.
enum Stopped {
    Orderly,
    /// The connection broke.
    Broken(String),
    /// A limit was reached.
    Late(Phase),
}

impl HttpProvider {
    pub(super) async fn exchange(
        &self,
        call: &Call,
        events: &(dyn Fn(StreamEvent) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Completion, ProviderError> {
        if cancel.is_cancelled() {
            return Err(ProviderError::Cancelled { sent: false });
        }
        let (request, sent) = self.request(call)?;
        let mut waits = Waits {
            provider: self,
            cancel,
            sent: sent.clone(),
            started: Instant::now(),
            last_piece: None,
        };
        let response = match waits.bounded(self.client.execute(request)).await? {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.broken(&error, &sent)),
            Err(phase) => return Err(waits.late(phase)),
        };
        if !response.status().is_success() {
            return Err(self.refusal(response, &mut waits).await?);
        }
        let answer = self.wire.answer(call);
        let request_id = request_id(response.headers());
        let completion = match delivery(&response, self.wire.framing()) {
            Delivery::Stream => self.read_stream(response, answer, events, waits).await,
            Delivery::Json => self.read_json(response, answer, events, waits).await,
            Delivery::Other(kind) => Err(self.foreign(&format!(
                "HTTP {} with content type `{kind}`, neither JSON nor the stream that was asked for",
                response.status().as_u16()
            ))),
        }?;
        Ok(Completion {
            request_id,
            ..completion
        })
    }

    async fn read_stream(
        &self,
        mut response: Response,
        mut answer: Box<dyn Answer>,
        events: &(dyn Fn(StreamEvent) + Send + Sync),
        mut waits: Waits<'_>,
    ) -> Result<Completion, ProviderError> {
        let mut first_token: Option<Instant> = None;
        let mut out = |fragment: Fragment<'_>| {
            if first_token.is_none() {
                first_token = Some(Instant::now());
                events(StreamEvent::FirstToken);
            }
            if let Fragment::Text(text) = fragment {
                events(StreamEvent::Text(text.to_owned()));
            }
        };
        let mut received = 0_usize;
        let stopped = loop {
            let chunk = match waits.next(&mut response).await? {
                Ok(chunk) => chunk,
                Err(stopped) => break stopped,
            };
            received = received.saturating_add(chunk.len());
            if received > MAX_BODY_BYTES {
                return Err(self.malformed("it is larger than 64 MB"));
            }
            match answer.feed(&chunk, &mut out) {
                Ok(false) => {}
                Ok(true) => {
                    let ended = Instant::now();
                    drain(response).await;
                    let times = (waits.started, first_token, ended);
                    return Ok(timed(answer.finish(End::Orderly), times));
                }
                Err(WireError::Malformed(message)) => return Err(self.malformed(&message)),
                Err(WireError::Reported { code, message }) => {
                    if first_token.is_none() {
                        return Err(self.reported(StatusCode::OK, code, &message));
                    }
                    break Stopped::Broken(message);
                }
            }
        };
        let ended = Instant::now();
        let end = match stopped {
            Stopped::Orderly if !answer.heard() => {
                return Err(self.malformed("the stream held not one event of an answer"));
            }
            Stopped::Orderly => End::Orderly,
            // Half an answer is worth keeping; without any, nobody knows what became of the call.
            Stopped::Broken(message) if !answer.heard() => {
                return Err(ProviderError::Ambiguous {
                    at: self.at.clone(),
                    message: self.clean(&message),
                });
            }
            Stopped::Late(phase) if !answer.heard() => return Err(waits.late(phase)),
            Stopped::Broken(message) => {
                tracing::debug!(at = self.at, reason = self.clean(&message), "stream cut");
                End::Cut
            }
            Stopped::Late(phase) => {
                tracing::debug!(at = self.at, reason = %phase, "stream cut");
                End::Cut
            }
        };
        Ok(timed(
            answer.finish(end),
            (waits.started, first_token, ended),
        ))
    }

    /// One call that is answered with one JSON document: its bytes.
    pub(crate) async fn json_answer(
        &self,
        path: &str,
        body: Vec<u8>,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, ProviderError> {
        if cancel.is_cancelled() {
            return Err(ProviderError::Cancelled { sent: false });
        }
        let (request, sent) = self.post(path, body, "")?;
        let mut waits = Waits {
            provider: self,
            cancel,
            sent: sent.clone(),
            started: Instant::now(),
            last_piece: None,
        };
        let mut response = match waits.bounded(self.client.execute(request)).await? {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.broken(&error, &sent)),
            Err(phase) => return Err(waits.late(phase)),
        };
        if !response.status().is_success() {
            return Err(self.refusal(response, &mut waits).await?);
        }
        self.read_body(&mut response, &mut waits).await
    }

    /// What went wrong inside an answer of status 200.
    pub(crate) fn unreadable(&self, error: WireError) -> ProviderError {
        match error {
            WireError::Malformed(message) => self.malformed(&message),
            WireError::Reported { code, message } => self.reported(StatusCode::OK, code, &message),
        }
    }

    /// A whole body, which must end in order.
    async fn read_body(
        &self,
        response: &mut Response,
        waits: &mut Waits<'_>,
    ) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        loop {
            match waits.next(response).await? {
                Ok(chunk) if body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES => {
                    return Err(self.malformed("it is larger than 64 MB"));
                }
                Ok(chunk) => body.extend_from_slice(&chunk),
                Err(Stopped::Orderly) => return Ok(body),
                Err(Stopped::Broken(message)) => {
                    return Err(ProviderError::Ambiguous {
                        at: self.at.clone(),
                        message: self.clean(&message),
                    });
                }
                Err(Stopped::Late(phase)) => return Err(waits.late(phase)),
            }
        }
    }

    async fn read_json(
        &self,
        mut response: Response,
        mut answer: Box<dyn Answer>,
        events: &(dyn Fn(StreamEvent) + Send + Sync),
        mut waits: Waits<'_>,
    ) -> Result<Completion, ProviderError> {
        let body = self.read_body(&mut response, &mut waits).await?;
        let ended = Instant::now();
        let mut out = |fragment: Fragment<'_>| {
            if let Fragment::Text(text) = fragment {
                events(StreamEvent::Text(text.to_owned()));
            }
        };
        match answer.whole(&body, &mut out) {
            Ok(()) => Ok(timed(
                answer.finish(End::Orderly),
                (waits.started, None, ended),
            )),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// Turns an answer with an error status into words.
    async fn refusal(
        &self,
        mut response: Response,
        waits: &mut Waits<'_>,
    ) -> Result<ProviderError, ProviderError> {
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        let wait = retry_after(
            header("retry-after-ms"),
            header(RETRY_AFTER.as_str()),
            SystemTime::now(),
        );
        if status.is_redirection() {
            let target = header(LOCATION.as_str()).unwrap_or_default();
            return Ok(self.reported(status, None, &redirect_text(target)));
        }
        let mut body = Vec::new();
        let deadline = after(Instant::now(), ERROR_BODY_WAIT);
        // The status already says no: a slow or broken error body only costs its text.
        while body.len() < MAX_ERROR_BYTES {
            match tokio::time::timeout_at(deadline, waits.next(&mut response)).await {
                Ok(next) => match next? {
                    Ok(chunk) => body.extend_from_slice(&chunk),
                    Err(_) => break,
                },
                Err(_) => break,
            }
        }
        body.truncate(MAX_ERROR_BYTES);
        let text = String::from_utf8_lossy(&body);
        let (code, message) = match serde_json::from_str::<Value>(&text) {
            Ok(value) => plain_text::of_error(&value),
            Err(_) => (None, None),
        };
        let message = message.unwrap_or_else(|| match text.trim_start().as_bytes() {
            [] => status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_owned(),
            [b'<', ..] => "an HTML page instead of a reason".to_owned(),
            _ => text.into_owned(),
        });
        let mut refusal = self.reported(status, code, &message);
        if let ProviderError::Refused { retry_after, .. } = &mut refusal {
            *retry_after = wait;
        }
        Ok(refusal)
    }

    fn reported(&self, status: StatusCode, code: Option<String>, message: &str) -> ProviderError {
        ProviderError::Refused {
            at: self.at.clone(),
            http_status: status.as_u16(),
            code: code.map(|code| plain_text::name(&self.clean(&code))),
            message: self.clean(message),
            retry_after: None,
        }
    }
}

impl Waits<'_> {
    /// Runs a step until it is done, late (the phase that ran out) or cancelled (an error).
    async fn bounded<T>(
        &self,
        step: impl Future<Output = T>,
    ) -> Result<Result<T, Phase>, ProviderError> {
        let (deadline, phase) = self.deadline();
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(ProviderError::Cancelled { sent: self.sent.get() }),
            done = tokio::time::timeout_at(deadline, step) => Ok(done.map_err(|_| phase)),
        }
    }

    /// The next piece of the body.
    async fn next(
        &mut self,
        response: &mut Response,
    ) -> Result<Result<bytes::Bytes, Stopped>, ProviderError> {
        let next = match self.bounded(response.chunk()).await? {
            Ok(Ok(Some(chunk))) => {
                self.last_piece = Some(Instant::now());
                Ok(chunk)
            }
            Ok(Ok(None)) => Err(Stopped::Orderly),
            Ok(Err(error)) => Err(Stopped::Broken(innermost(&error))),
            Err(phase) => Err(Stopped::Late(phase)),
        };
        Ok(next)
    }

    fn deadline(&self) -> (Instant, Phase) {
        let limits = &self.provider.timeouts;
        let next = match self.last_piece {
            None => (after(self.started, limits.first_byte), Phase::FirstByte),
            Some(last) => (after(last, limits.idle), Phase::Idle),
        };
        let total = (after(self.started, limits.total), Phase::Total);
        if total.0 < next.0 { total } else { next }
    }

    fn late(&self, phase: Phase) -> ProviderError {
        let limits = &self.provider.timeouts;
        let sent = self.sent.get();
        let limit = match phase {
            Phase::Connect => limits.connect,
            Phase::FirstByte => limits.first_byte,
            Phase::Idle => limits.idle,
            Phase::Total => limits.total,
        };
        ProviderError::Timeout {
            at: self.provider.at.clone(),
            phase: if sent { phase } else { Phase::Connect },
            after_ms: milliseconds(limit),
            sent,
        }
    }
}

/// Names where a redirect leads, without its query: that may hold what it was sent.
fn redirect_text(target: &str) -> String {
    let place = match Url::parse(target) {
        Ok(url) => url.origin().ascii_serialization(),
        Err(_) => "another path of the same server".to_owned(),
    };
    format!("a redirect to {place}; redirects are not followed")
}

/// Reads the few bytes after the terminal event. Nothing in them can change the answer.
async fn drain(mut response: Response) {
    let deadline = after(Instant::now(), DRAIN_WAIT);
    let mut left = MAX_ERROR_BYTES;
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(deadline, response.chunk()).await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

/// Adds the times: started, first token, end.
fn timed(
    completion: Completion,
    (started, first_token, ended): (Instant, Option<Instant>, Instant),
) -> Completion {
    let since_start = |at: Instant| at.duration_since(started).as_secs_f64() * 1e3;
    Completion {
        time_to_first_token_ms: first_token.map(since_start),
        latency_ms: Some(since_start(ended)),
        ..completion
    }
}

/// A point in time, also where a limit is practically endless.
fn after(at: Instant, wait: Duration) -> Instant {
    const A_YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    at.checked_add(wait.min(A_YEAR)).unwrap_or(at)
}
