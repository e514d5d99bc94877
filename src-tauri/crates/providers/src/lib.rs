//! HTTP to language models: one file per wire format behind one trait, and a provider that answers from recordings.
//!
//! This crate decides what goes over the wire, when an answer is whole, and whether a failure may have
//! been paid for. It does not keep a ledger, does not sleep between tries and knows no prices: the caller
//! runs the retry loop with the verdicts of [`retry`].

pub mod adaptive_limit;
mod anthropic_messages;
mod azure_openai;
mod bedrock;
pub mod breaker;
mod connect;
mod embeddings;
mod error;
mod extras;
mod gemini;
mod http;
mod key;
pub mod key_store;
mod logprobs;
mod ndjson;
mod ollama;
mod openai_chat;
mod openai_responses;
mod parts;
mod passthrough;
mod plain_text;
mod portability;
mod provider;
mod recorded;
pub mod retry;
#[cfg(test)]
mod stream_check;
mod strict_schema;
mod tool_fragments;
mod watched_body;
mod web_origin;
mod wire;

pub use connect::{ProviderSettings, connect, connect_embeddings, default_base_url};
pub use embeddings::{Embedding, Embeddings, Embeds};
pub use error::{Phase, ProviderError};
pub use http::Timeouts;
pub use key::{ANY_KEY_VARIABLE, ApiKey, KEY_ORIGIN_VARIABLE, keys_from_env};
pub use passthrough::{NotPassed, Passed, PassedBody, Upstream};
pub use portability::portability;
pub use provider::{Answering, Call, Provider, StreamEvent};
pub use recorded::{
    RecordedProvider, Recording, RecordingError, RecordingSource, Recordings, read_recordings,
    write_recording,
};
