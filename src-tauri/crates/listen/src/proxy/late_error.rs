//! A body whose error waits until what came before it is written.
//!
//! A connection takes frames as long as some are ready and writes them when none is; at an error it is closed with what
//! it has not written. An answer that breaks off right behind its first bytes would lose them.

use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct LateError<B: Body> {
    body: B,
    /// Something was given since the connection had time to write; the head of the answer at first.
    is_unwritten: bool,
    error: Option<B::Error>,
}

impl<B: Body> LateError<B> {
    pub(super) fn new(body: B) -> Self {
        Self {
            body,
            is_unwritten: true,
            error: None,
        }
    }
}

impl<B: Body<Error: Unpin> + Unpin> Body for LateError<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        if let Some(error) = this.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Err(error))) if this.is_unwritten => {
                this.is_unwritten = false;
                this.error = Some(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            polled => {
                this.is_unwritten = matches!(polled, Poll::Ready(Some(Ok(_))));
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.error.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    /// Frames and errors that are all ready at once.
    struct Ready(Vec<Result<&'static str, &'static str>>);

    impl Body for Ready {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
            let next = self.0.pop();
            Poll::Ready(next.map(|next| next.map(|text| Frame::data(Bytes::from(text)))))
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn polled(frames: &[Result<&'static str, &'static str>]) -> (Vec<String>, usize) {
        let mut body = LateError::new(Ready(frames.iter().rev().copied().collect()));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut told = Vec::new();
        for _ in 0..=frames.len() + 1 {
            let polled = Pin::new(&mut body).poll_frame(&mut Context::from_waker(&waker));
            told.push(match polled {
                Poll::Pending => "waits".to_owned(),
                Poll::Ready(None) => "ends".to_owned(),
                Poll::Ready(Some(Err(error))) => format!("breaks: {error}"),
                Poll::Ready(Some(Ok(frame))) => {
                    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
                }
            });
        }
        (told, woken.0.load(Ordering::SeqCst))
    }

    #[test]
    fn there_is_time_to_write_between_the_last_bytes_and_an_error() {
        let (told, woken) = polled(&[Ok("one"), Ok("two"), Err("cut")]);
        assert_eq!(told, ["one", "two", "waits", "breaks: cut", "ends"]);
        assert_eq!(woken, 1, "it is asked again at once");
        let (told, _) = polled(&[Err("cut")]);
        assert_eq!(
            told,
            ["waits", "breaks: cut", "ends"],
            "the head is written"
        );
    }

    #[test]
    fn an_answer_that_ends_well_never_waits() {
        let (told, woken) = polled(&[Ok("one")]);
        assert_eq!(
            (told.as_slice(), woken),
            (["one", "ends", "ends"].map(String::from).as_slice(), 0)
        );
    }
}
