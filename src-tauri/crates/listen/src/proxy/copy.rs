//! The answer's body on its way to the caller, each chunk noted as it passes.

use super::recording::Recording;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use plumbline_providers::PassedBody;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct Copied {
    body: PassedBody,
    /// Taken at the end, so that what was recorded does not wait for the connection.
    recording: Option<Recording>,
    /// Bytes that are still to come, where the head told how many there are.
    left: Option<u64>,
}

impl Copied {
    pub(super) fn new(body: PassedBody, recording: Recording, length: Option<u64>) -> Self {
        let mut copied = Self {
            body,
            recording: Some(recording),
            left: length,
        };
        copied.end_if_whole();
        copied
    }

    /// A body with a length is not asked again once all of it has passed.
    fn end_if_whole(&mut self) {
        if self.left == Some(0) || self.body.is_end_stream() {
            self.recording = None;
        }
    }
}

impl Body for Copied {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    if let Some(recording) = &mut this.recording {
                        recording.came(data);
                    }
                    this.left = this.left.map(|left| left.saturating_sub(data.len() as u64));
                }
                this.end_if_whole();
            }
            Poll::Ready(Some(Err(error))) => {
                if let Some(mut recording) = this.recording.take() {
                    recording.cut(&error.to_string());
                }
            }
            Poll::Ready(None) => this.recording = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
