//! The one trait behind which every provider stands, and the words it is spoken to in.
//!
//! It knows nothing of HTTP: a recording answers through it as a live server does.

use crate::ProviderError;
use plumbline_model::{ChatRequest, Completion};
use std::future::Future;
use std::pin::Pin;
use tokio_util::sync::CancellationToken;

/// One call: which model, what is asked, and the names the caller knows it by.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The model as the provider names it.
    pub model: String,
    pub request: ChatRequest,
    /// SHA-256 of the request, 64 hex digits; recordings are found by it.
    pub request_hash: String,
    /// Sent as `Idempotency-Key` where it is not empty. No provider promises to honour it.
    pub idempotency_key: String,
    /// 0 for the first repeat.
    pub repeat: u32,
}

/// What is seen of an answer while it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// The first text or tool-call fragment of a streamed answer is here.
    FirstToken,
    /// More text. The concatenation of all of these is the completion's text.
    Text(String),
}

/// The future of one call.
pub type Answering<'a> =
    Pin<Box<dyn Future<Output = Result<Completion, ProviderError>> + Send + 'a>>;

/// Something that answers chat requests.
pub trait Provider: Send + Sync {
    /// Sends one call, once: never a retry inside. Every wait ends when `cancel` is cancelled.
    ///
    /// A stream that ends without its terminal event is `Ok` with status `Truncated`, whatever ended it;
    /// one that ends before its first event is an error.
    /// `latency_ms` runs from just before sending to the terminal event.
    ///
    /// # Errors
    /// [`ProviderError`]; its `ambiguous()` says whether the call may have been paid for.
    fn chat<'a>(
        &'a self,
        call: &'a Call,
        events: &'a (dyn Fn(StreamEvent) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> Answering<'a>;

    /// The provider's name as the person wrote it, such as `openai`.
    fn name(&self) -> &str;
}
