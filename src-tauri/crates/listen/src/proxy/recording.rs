//! The copy of one exchange while it passes: what was sent, what came, and when.
//!
//! It is handed over when it is dropped, so an exchange that either side cuts off is recorded as far as it came.

use super::{Recorded, Recorder};
use crate::room::{Room, Taken};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use plumbline_ingest::HttpExchange;
use plumbline_model::UnixNanos;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Bytes of a body that are copied; a longer one is recorded as cut.
const COPY_BYTES: usize = 20 * 1024 * 1024;
/// Room is taken in steps of this size.
const STEP: usize = 64 * 1024;

/// A body's copy.
struct Copy {
    bytes: Vec<u8>,
    taken: Taken,
    /// There was no room for all of it that the limit allows.
    is_lost: bool,
}

impl Copy {
    fn add(&mut self, chunk: &[u8]) {
        let chunk = &chunk[..chunk.len().min(COPY_BYTES - self.bytes.len())];
        let length = self.bytes.len() + chunk.len();
        if self.is_lost || chunk.is_empty() {
            return;
        }
        if length > self.taken.bytes() && !self.taken.grow_to(length.next_multiple_of(STEP)) {
            self.is_lost = true;
            self.bytes = Vec::new();
            return;
        }
        self.bytes.extend_from_slice(chunk);
    }
}

/// An exchange that is under way.
pub(super) struct Recording {
    recorder: Arc<dyn Recorder>,
    vendor: &'static str,
    exchange: HttpExchange,
    started: Instant,
    sent: Arc<Mutex<Copy>>,
    came: Copy,
}

impl Recording {
    pub(super) fn begin(
        recorder: Arc<dyn Recorder>,
        room: &Room,
        vendor: &'static str,
        method: &str,
        address: &str,
        request_headers: Vec<(String, String)>,
    ) -> Self {
        let copy = || Copy {
            bytes: Vec::new(),
            taken: room.part(),
            is_lost: false,
        };
        Self {
            recorder,
            vendor,
            exchange: HttpExchange {
                method: method.to_owned(),
                url: address.to_owned(),
                request_headers,
                started_at: now(),
                error: Some("the caller hung up before an answer came".to_owned()),
                ..HttpExchange::default()
            },
            started: Instant::now(),
            sent: Arc::new(Mutex::new(copy())),
            came: copy(),
        }
    }

    /// The caller's body, copied as it passes, in two hands: what an upstream leaves can still be read.
    pub(super) fn request_body<B>(&self, body: B) -> (Sent<B>, Sent<B>) {
        let body = Arc::new(Mutex::new(body));
        let sent = || Sent {
            body: Arc::clone(&body),
            copy: Arc::clone(&self.sent),
        };
        (sent(), sent())
    }

    /// The upstream's head came.
    pub(super) fn answered(&mut self, status: u16, headers: Vec<(String, String)>) {
        self.exchange.status = Some(status);
        self.exchange.response_headers = headers;
        self.exchange.error = None;
    }

    /// No answer came.
    pub(super) fn failed(&mut self, why: &str) {
        self.exchange.error = Some(why.to_owned());
    }

    /// A chunk of the answer passes.
    pub(super) fn came(&mut self, chunk: &[u8]) {
        let after = self.started.elapsed();
        self.exchange.time_to_first_byte.get_or_insert(after);
        self.came.add(chunk);
    }

    /// The answer ended, whole or not.
    pub(super) fn ended(&mut self) {
        self.exchange.duration.get_or_insert(self.started.elapsed());
    }

    /// The answer broke off. A stream and a JSON text show that themselves; what has no end of its own does not.
    pub(super) fn cut(&mut self, why: &str) {
        self.ended();
        if self.came.bytes.is_empty() {
            self.exchange.error = Some(why.to_owned());
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.ended();
        // The request's body may still be held by its connection.
        let mut sent = lock(&self.sent);
        if sent.is_lost || self.came.is_lost {
            self.recorder.lost();
            return;
        }
        self.exchange.request_body = std::mem::take(&mut sent.bytes);
        self.exchange.response_body = std::mem::take(&mut self.came.bytes);
        // What comes after this is not recorded, and the room of both bodies goes on as one.
        sent.is_lost = true;
        let mut taken = sent.taken.take_all();
        taken.join(self.came.taken.take_all());
        self.recorder.record(Recorded {
            vendor: self.vendor,
            exchange: std::mem::take(&mut self.exchange),
            _room: taken,
        });
    }
}

fn now() -> Option<UnixNanos> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok().map(UnixNanos)
}

/// A request's body that leaves a copy behind.
pub(super) struct Sent<B> {
    body: Arc<Mutex<B>>,
    copy: Arc<Mutex<Copy>>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Sent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut *lock(&self.body)).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            lock(&self.copy).add(data);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.body).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.body).size_hint()
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
