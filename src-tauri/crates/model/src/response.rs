//! A model's answer.

use crate::{ToolCall, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It reached the output limit.
    Length,
    /// It wants tools to run.
    ToolCalls,
    /// A filter cut it.
    ContentFilter,
    /// A word of the provider's own.
    Other(String),
}

/// Whether the answer is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ResponseStatus {
    /// The terminal event arrived.
    Complete,
    /// The stream ended without it: never graded, never cached as complete.
    #[default]
    Truncated,
}

/// A token and the natural logarithm of the probability the model gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TokenAlternative {
    pub token: String,
    pub logprob: f64,
}

/// One token of an answer's text, with the likeliest tokens in its place where they were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TokenLogprob {
    pub token: String,
    pub logprob: f64,
    /// At most 20; the token itself may be among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TokenAlternative>,
}

/// One answer with what was measured on the way. By default nothing was heard, and so it is truncated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Completion {
    pub status: ResponseStatus,
    pub text: String,
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    pub finish_reason: Option<FinishReason>,
    pub usage: Usage,
    pub model_returned: Option<String>,
    pub provider_fingerprint: Option<String>,
    /// The provider's id of this response.
    pub response_id: Option<String>,
    /// The provider's id of the HTTP request, from a header of its answer; its support asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Of the first 4,096 tokens, where they were asked for and the provider gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logprobs: Vec<TokenLogprob>,
    /// Top-level members of the provider's answer that nothing here names, as they came; at most 64 KiB of JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extras: Option<Value>,
    /// What the answer held beyond those two bounds, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// From sending the request to the first token; `None` when not streamed or not known.
    pub time_to_first_token_ms: Option<f64>,
    /// From sending the request to the terminal event.
    pub latency_ms: Option<f64>,
}
