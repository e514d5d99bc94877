//! A request body that remembers whether it was handed to a connection.
//!
//! Until then a request surely has not arrived; from then on it may have been read, run and billed.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Whether a body left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// All bytes in one frame, with an exact length so that no chunked encoding is needed.
pub(crate) struct WatchedBody {
    bytes: Option<Bytes>,
    sent: Sent,
}

impl WatchedBody {
    pub(crate) fn new(bytes: Vec<u8>) -> (Self, Sent) {
        let sent = Sent::default();
        let body = Self {
            bytes: Some(bytes.into()),
            sent: sent.clone(),
        };
        (body, sent)
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.sent.0.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
