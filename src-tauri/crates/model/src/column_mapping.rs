//! What the columns of somebody's own table mean: the mapping that a person saves and imports with.

use crate::SpanKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// What a column says of a span. The words are those of the canonical JSONL where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MappedField {
    /// When the step began; read by `time_unit`.
    Start,
    /// When it ended; read by `time_unit`.
    End,
    /// How long it took; read by `latency_unit`.
    Latency,
    /// How long its first token took; read by `latency_unit`.
    TimeToFirstToken,
    TraceId,
    SpanId,
    ParentId,
    RequestId,
    /// The kind by its word; an unknown word leaves the mapping's own kind.
    Kind,
    Name,
    /// The model that was asked for.
    Model,
    ModelReturned,
    Provider,
    /// Text, a message, or a list of messages as JSON.
    Input,
    /// As `input`, said by the model.
    Output,
    TokensIn,
    TokensInCached,
    TokensInCacheWrite,
    TokensOut,
    TokensReasoning,
    /// US dollars, with or without a dollar sign.
    CostUsd,
    /// A word such as `ok` or `failed`, a boolean that says whether it went well, or an HTTP status.
    Status,
    /// What went wrong; a text makes the step a failure.
    ErrorMessage,
    ErrorType,
    /// Kept as a hash only.
    UserId,
    SessionId,
    PromptName,
    PromptVersion,
    Environment,
    CacheHit,
}

/// How points in time are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TimeUnit {
    /// ISO 8601; without a zone it is UTC.
    #[default]
    Iso,
    /// Seconds since 1970.
    S,
    /// Milliseconds since 1970.
    Ms,
    /// Microseconds since 1970.
    Us,
    /// Nanoseconds since 1970.
    Ns,
}

/// How durations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LatencyUnit {
    S,
    #[default]
    Ms,
    Us,
    Ns,
}

/// Where a part of a token count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PartOf {
    /// The total includes it, as OpenAI counts.
    #[default]
    Inside,
    /// The total leaves it out, as Anthropic counts cached input.
    Beside,
}

/// Which columns mean what. A column of JSONL may be a path, such as `usage.prompt_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct ColumnMapping {
    pub time_unit: TimeUnit,
    pub latency_unit: LatencyUnit,
    /// What each row is, unless a column says so.
    pub kind: SpanKind,
    /// Where cached input stands in relation to `tokens_in`.
    pub cached_tokens: PartOf,
    /// Where reasoning stands in relation to `tokens_out`.
    pub reasoning_tokens: PartOf,
    /// Field to column.
    pub columns: BTreeMap<MappedField, String>,
    /// Tag to column.
    pub tags: BTreeMap<String, String>,
}

impl Default for ColumnMapping {
    fn default() -> Self {
        Self {
            time_unit: TimeUnit::default(),
            latency_unit: LatencyUnit::default(),
            kind: SpanKind::Llm,
            cached_tokens: PartOf::default(),
            reasoning_tokens: PartOf::default(),
            columns: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }
}

impl ColumnMapping {
    /// The column that says this.
    #[must_use]
    pub fn column(&self, field: MappedField) -> Option<&str> {
        self.columns.get(&field).map(String::as_str)
    }

    /// Why nothing could be imported with it, as a sentence; `None` when it is fit.
    #[must_use]
    pub fn unfit(&self) -> Option<String> {
        let has = |field| self.columns.contains_key(&field);
        if self.columns.is_empty() {
            return Some("the mapping names no column".to_owned());
        }
        if self
            .columns
            .values()
            .chain(self.tags.values())
            .any(|column| column.trim().is_empty())
        {
            return Some("the mapping names a column without a name".to_owned());
        }
        if has(MappedField::Latency) && !has(MappedField::Start) && !has(MappedField::End) {
            return Some("`latency` needs a `start` or an `end` to count from".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_reads_back_and_refuses_words_it_does_not_know() {
        let text = r#"{"time_unit":"us","columns":{"start":"at","tokens_in":"usage.in"},"tags":{"team":"Team"}}"#;
        let mapping: ColumnMapping = serde_json::from_str(text).unwrap();
        assert_eq!(mapping.kind, SpanKind::Llm);
        assert_eq!(mapping.column(MappedField::TokensIn), Some("usage.in"));
        assert_eq!(mapping.unfit(), None);
        let again = serde_json::to_string(&mapping).unwrap();
        assert_eq!(
            serde_json::from_str::<ColumnMapping>(&again).unwrap(),
            mapping
        );
        for wrong in [
            r#"{"columns":{"tokens":"n"}}"#,
            r#"{"time_unit":"minutes"}"#,
            r#"{"colums":{}}"#,
        ] {
            assert!(
                serde_json::from_str::<ColumnMapping>(wrong).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_cannot_work_is_said_before_a_file_is_read() {
        assert!(ColumnMapping::default().unfit().is_some());
        let latency = ColumnMapping {
            columns: BTreeMap::from([(MappedField::Latency, "ms".to_owned())]),
            ..ColumnMapping::default()
        };
        assert!(latency.unfit().unwrap().contains("`latency`"));
    }
}
