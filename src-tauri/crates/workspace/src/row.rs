//! Values on their way in and out of columns.

use crate::error::{Result, WorkspaceError};
use plumbline_model::{
    AttemptState, CellStatus, EnvironmentChangeKind, Origin, Purpose, RunStatus, SpanKind,
    SpanStatus,
};
use std::str::FromStr;

/// A count as SQLite's integer. Counts beyond 2^63 are not counts of anything.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An optional count.
pub(crate) fn int_some(count: Option<u64>) -> Option<i64> {
    count.map(int)
}

/// A stored count; a negative one can only come from a damaged file and reads as zero.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// An optional stored count.
pub(crate) fn count_some(value: Option<i64>) -> Option<u64> {
    value.map(count)
}

/// Reads an id of ours.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| WorkspaceError::Damaged(format!("`{text}` is not an id")))
}

/// A closed set of words, as a column stores it.
pub(crate) trait Word: Copy + 'static {
    const ALL: &'static [Self];
    fn word(self) -> &'static str;

    fn read(text: &str) -> Result<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.word() == text)
            .ok_or_else(|| WorkspaceError::Damaged(format!("`{text}` is not a word of its column")))
    }
}

macro_rules! word {
    ($type:ty, $($variant:ident),+) => {
        impl Word for $type {
            const ALL: &'static [Self] = &[$(<$type>::$variant),+];
            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}

word!(EnvironmentChangeKind, Promote, Rollback);
word!(
    SpanKind, Llm, Tool, Retrieval, Embedding, Rerank, Chain, Agent, Guardrail
);
word!(SpanStatus, Ok, Error, Cancelled, Truncated, Unset);
word!(
    CellStatus, Pending, Complete, Truncated, Failed, Unknown, NotSent
);
word!(Purpose, Answer, Judge, Embedding, Summary);
word!(Origin, Live, Cached, Recorded, Estimated);
word!(RunStatus, Running, Finished, Cancelled, Interrupted, Capped);

impl Word for AttemptState {
    const ALL: &'static [Self] = &[Self::Sent, Self::Answered, Self::Failed, Self::Unknown];
    fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}
