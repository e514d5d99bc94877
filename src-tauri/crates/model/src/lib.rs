//! The words of Plumbline: plain data that every other room speaks.
//!
//! Nothing here reads the clock, the disk or the network, and nothing here depends on another crate of
//! ours. Names follow OpenTelemetry GenAI (span, trace, provider, usage) and evaluation practice
//! (dataset, case, assertion, run). Unknown is `None`, never zero.

mod assertion;
mod column_mapping;
mod conversation;
mod cost;
mod dataset;
mod environment;
mod ids;
mod import;
mod message;
mod money;
mod payer;
mod problem;
mod prompt;
mod request;
mod response;
mod review;
mod run;
mod service_tier;
mod span;
pub mod sse;
mod summary;
mod table_read;
mod time;
mod tool_file;
mod usage;

pub use assertion::{Assertion, AssertionKind, LengthUnit, RougeMeasure, TokenCount};
pub use column_mapping::{ColumnMapping, LatencyUnit, MappedField, PartOf, TimeUnit};
pub use conversation::{Divergence, ToolResult, Turn};
pub use cost::{Cost, CostLine, Origin, PriceSource};
pub use dataset::{Case, Dataset};
pub use environment::{
    ENVIRONMENTS, EnvironmentChange, EnvironmentChangeKind, in_force, release_before,
};
pub use ids::{AttemptId, CellId, ImportId, JobId, RunId};
pub use import::{FieldUnread, ImportFile, LossCounts, QuarantinedRow};
pub use message::{Content, Message, Role, ToolCall};
pub use money::Usd;
pub use payer::{NoPayer, Payer};
pub use problem::{Code, Problem};
pub use prompt::{
    Budget, Escalation, ModelParameters, PromptOrigin, PromptSpec, Section, SectionTrim,
    SummaryPrompt, ToolDefinition, Trim, TrimPolicy, TrimRule, Trimmed, Variable, WhenOver,
};
pub use request::{AssembledRequest, ChatRequest};
pub use response::{Completion, FinishReason, ResponseStatus, TokenAlternative, TokenLogprob};
pub use review::{Choice, ReviewDecision, ReviewLine, ReviewSubject, ReviewWord, RubricCheck};
pub use run::{
    AttemptState, CallWaits, Cell, CellKey, CellStatus, Purpose, Run, RunEstimate, RunPlan,
    RunStatus, RunTotals, Target,
};
pub use service_tier::ServiceTier;
pub use span::{Document, OfferedTool, Span, SpanKind, SpanStatus};
pub use summary::ValueSummary;
pub use table_read::{HowJoined, Joined, TableRead};
pub use time::{NanosText, UnixNanos};
pub use tool_file::{ToolSpec, ToolUse};
pub use usage::{
    AnthropicCounts, BedrockCounts, Counted, GeminiCounts, OllamaCounts, OpenAiCounts, Usage,
    add_known,
};
