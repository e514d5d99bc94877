//! The spans of one trace as its waterfall needs them: columns only, no stored body is read.

use crate::error::Result;
use crate::money::from_pico;
use crate::row::{Word, count, int};
use crate::stored_id::{ReadId, StoredId};
use crate::table::span_page::{end_of, read_usage};
use crate::table::word::Words;
use crate::workspace::Workspace;
use plumbline_model::{SpanKind, SpanStatus, UnixNanos, Usage, Usd};
use rusqlite::{Row, params};

/// One span of a waterfall, without its content.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceHead {
    pub span_id: String,
    /// 1, or more for other content that came under the same ids.
    pub variant: u64,
    pub parent_id: Option<String>,
    pub kind: SpanKind,
    pub status: SpanStatus,
    pub name: Option<String>,
    pub tool_name: Option<String>,
    pub provider: Option<String>,
    /// The model that answered, or else was asked.
    pub model: Option<String>,
    pub start_ns: UnixNanos,
    /// `None` while unfinished.
    pub end_ns: Option<UnixNanos>,
    pub ttft_ms: Option<f64>,
    pub error_type: Option<String>,
    pub usage: Usage,
    /// As the source reports it, else as computed.
    pub cost_usd: Option<Usd>,
}

pub(crate) const HEADS: &str =
    "SELECT span_id, variant, parent_id, kind, status, name, tool_name, provider, model,
            start_ns, duration_ns, ttft_ms, error_type, cost_pico, tokens_in,
            tokens_in_cached, tokens_in_cache_write, tokens_out, tokens_reasoning,
            tokens_unattributed
     FROM span WHERE trace = (SELECT id FROM trace WHERE trace_id = ?1) ORDER BY start_ns, id LIMIT ?2";

impl Workspace {
    /// The first `limit` spans of a trace in order of start; an unknown trace has none.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn trace_heads(&self, trace_id: &str, limit: u64) -> Result<Vec<TraceHead>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(HEADS)?;
            let mut rows = statement.query(params![StoredId::from(trace_id), int(limit)])?;
            let mut words = Words::new(conn);
            let mut heads = Vec::new();
            while let Some(row) = rows.next()? {
                heads.push(read(row, &mut words)?);
            }
            Ok(heads)
        })
    }
}

fn read(row: &Row<'_>, words: &mut Words<'_>) -> Result<TraceHead> {
    let start_ns = UnixNanos(row.get(9)?);
    Ok(TraceHead {
        span_id: row.get::<_, ReadId>(0)?.0,
        variant: count(row.get(1)?),
        parent_id: row.get::<_, Option<ReadId>>(2)?.map(|id| id.0),
        kind: SpanKind::read(&row.get::<_, String>(3)?)?,
        status: SpanStatus::read(&row.get::<_, String>(4)?)?,
        name: words.text(row, 5)?,
        tool_name: words.text(row, 6)?,
        provider: words.text(row, 7)?,
        model: words.text(row, 8)?,
        start_ns,
        end_ns: end_of(start_ns, row.get(10)?),
        ttft_ms: row.get(11)?,
        error_type: words.text(row, 12)?,
        cost_usd: row.get::<_, Option<i64>>(13)?.map(from_pico),
        usage: read_usage(row, 14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn spans_come_in_order_of_start_with_their_variants() {
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        let mut spans: Vec<_> = (0..300)
            .rev()
            .map(|at| call("t", &at.to_string(), at))
            .collect();
        let mut other = call("t", "7", 7);
        other.name = Some("other content".to_owned());
        spans.push(other);
        workspace
            .append_spans(import, spans.into_iter().map(imported).collect())
            .unwrap();
        let heads = workspace.trace_heads("t", 100_000).unwrap();
        assert_eq!(heads.len(), 301);
        assert!(heads.is_sorted_by_key(|head| head.start_ns));
        let sevens: Vec<u64> = heads
            .iter()
            .filter(|head| head.span_id == "7")
            .map(|head| head.variant)
            .collect();
        assert_eq!(sevens, [1, 2]);
        assert_eq!(workspace.trace_heads("t", 3).unwrap().len(), 3);
        assert!(workspace.trace_heads("other", 3).unwrap().is_empty());
    }
}
