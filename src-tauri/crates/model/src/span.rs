//! The canonical span: one step of one user request, whatever product recorded it.
//!
//! Field names are those of the canonical JSONL, so a span serialises to one line of that format.

use crate::{Message, UnixNanos, Usage, Usd};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use ts_rs::TS;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SpanKind {
    /// One call of a language model. Totals count these and nothing else.
    Llm,
    /// A tool that ran.
    Tool,
    /// A search for documents.
    Retrieval,
    /// Text turned into a vector.
    Embedding,
    /// Documents put in a new order.
    Rerank,
    /// A step that groups others.
    Chain,
    /// An agent's turn.
    Agent,
    /// A check of input or output.
    Guardrail,
}

impl SpanKind {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Tool => "tool",
            Self::Retrieval => "retrieval",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
            Self::Chain => "chain",
            Self::Agent => "agent",
            Self::Guardrail => "guardrail",
        }
    }
}

/// How a step ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS,
)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SpanStatus {
    /// It did what it was asked.
    Ok,
    /// It failed.
    Error,
    /// Somebody stopped it.
    Cancelled,
    /// Its stream ended without the terminal event, or its output was cut.
    Truncated,
    /// The source does not say.
    #[default]
    Unset,
}

impl SpanStatus {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Truncated => "truncated",
            Self::Unset => "unset",
        }
    }
}

/// One retrieved document, in rank order within its span.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Document {
    /// The document's id as text, whatever type the source used.
    pub id: String,
    /// The retriever's score; its scale is the retriever's own.
    pub score: Option<f64>,
    /// Where the document comes from.
    pub source: Option<String>,
    /// The text that was retrieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// A tool definition that was offered to the model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct OfferedTool {
    /// The tool's name.
    pub name: String,
    /// The tool's version, where the source has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the model was told it is for, where the source has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    pub schema: Value,
}

/// One step of one user request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Span {
    pub trace_id: String,
    pub span_id: String,
    /// `None` for a root.
    #[serde(default)]
    pub parent_id: Option<String>,
    /// Correlation id shared by all steps of one user request.
    #[serde(default)]
    pub request_id: Option<String>,
    pub kind: SpanKind,
    #[serde(default)]
    pub name: Option<String>,
    #[ts(type = "string")]
    pub start_ns: UnixNanos,
    /// `None` while unfinished.
    #[serde(default)]
    #[ts(type = "string | null")]
    pub end_ns: Option<UnixNanos>,
    #[serde(default)]
    pub time_to_first_token_ms: Option<f64>,
    #[serde(default)]
    pub status: SpanStatus,
    #[serde(default)]
    pub error_type: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub http_status: Option<u16>,
    #[serde(default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub model_requested: Option<String>,
    #[serde(default)]
    pub model_returned: Option<String>,
    #[serde(default)]
    pub provider_fingerprint: Option<String>,
    /// Temperature, max_tokens, seed, … as they were sent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[ts(type = "Record<string, unknown>")]
    pub parameters: Map<String, Value>,
    #[serde(default)]
    pub prompt_name: Option<String>,
    #[serde(default)]
    pub prompt_version: Option<String>,
    /// Template hash.
    #[serde(default)]
    pub prompt_hash: Option<String>,
    /// Assembled-request hash.
    #[serde(default)]
    pub request_hash: Option<String>,
    /// Values the template was filled with, where the source records them; a replay takes its case from them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[ts(type = "Record<string, unknown>")]
    pub prompt_variables: Map<String, Value>,
    #[serde(flatten)]
    pub usage: Usage,
    /// Cost as reported by the source.
    #[serde(default)]
    pub cost_usd: Option<Usd>,
    /// 1 for the first try.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// `span_id` of the earlier try.
    #[serde(default)]
    pub retry_of: Option<String>,
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// The application's or gateway's response cache; not the provider's prompt cache.
    #[serde(default)]
    pub cache_hit: Option<bool>,
    #[serde(default)]
    pub cache_key: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    #[serde(default)]
    pub embedding_model: Option<String>,
    #[serde(default)]
    pub embedding_dimensions: Option<u32>,
    #[serde(default)]
    pub tool_name: Option<String>,
    #[serde(default)]
    pub tool_version: Option<String>,
    #[serde(default)]
    pub tool_arguments: Option<Value>,
    #[serde(default)]
    pub tool_result: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<OfferedTool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_messages: Vec<Message>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_messages: Vec<Message>,
    #[serde(default)]
    pub finish_reason: Option<String>,
    #[serde(default)]
    pub user_id_hash: Option<String>,
    #[serde(default)]
    pub session_id: Option<String>,
    #[serde(default)]
    pub tenant: Option<String>,
    #[serde(default)]
    pub locale: Option<String>,
    #[serde(default)]
    pub environment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Span {
    /// A span with only what every span must have.
    #[must_use]
    pub fn new(
        trace_id: impl Into<String>,
        span_id: impl Into<String>,
        kind: SpanKind,
        start_ns: UnixNanos,
    ) -> Self {
        Self {
            trace_id: trace_id.into(),
            span_id: span_id.into(),
            parent_id: None,
            request_id: None,
            kind,
            name: None,
            start_ns,
            end_ns: None,
            time_to_first_token_ms: None,
            status: SpanStatus::Unset,
            error_type: None,
            error_message: None,
            http_status: None,
            provider: None,
            model_requested: None,
            model_returned: None,
            provider_fingerprint: None,
            parameters: Map::new(),
            prompt_name: None,
            prompt_version: None,
            prompt_hash: None,
            request_hash: None,
            prompt_variables: Map::new(),
            usage: Usage::default(),
            cost_usd: None,
            attempt: None,
            retry_of: None,
            idempotency_key: None,
            cache_hit: None,
            cache_key: None,
            documents: Vec::new(),
            embedding_model: None,
            embedding_dimensions: None,
            tool_name: None,
            tool_version: None,
            tool_arguments: None,
            tool_result: None,
            tools: Vec::new(),
            input_messages: Vec::new(),
            output_messages: Vec::new(),
            finish_reason: None,
            user_id_hash: None,
            session_id: None,
            tenant: None,
            locale: None,
            environment: None,
            tags: BTreeMap::new(),
        }
    }

    /// Milliseconds from start to end; `None` while unfinished.
    #[must_use]
    pub fn latency_ms(&self) -> Option<f64> {
        self.end_ns.map(|end| end.ms_since(self.start_ns))
    }

    /// The model that answered where the source says so, else the one that was asked for.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model_returned
            .as_deref()
            .or(self.model_requested.as_deref())
    }

    /// True for a call of a language model: the only spans whose tokens and cost are summed.
    #[must_use]
    pub fn is_model_call(&self) -> bool {
        self.kind == SpanKind::Llm
    }
}
