//! Lists of spans: what narrows them, in which order, and the row that a list shows.

use crate::error::Result;
use crate::money::from_pico;
use crate::page::{Clause, Page};
use crate::row::{Word, count, count_some};
use crate::stored_id::{ReadId, StoredId};
use crate::table::import_file;
use crate::table::word::{Words, is_word};
use crate::workspace::Workspace;
use plumbline_model::{ImportId, SpanKind, SpanStatus, UnixNanos, Usage, Usd};
use rusqlite::{Row, params_from_iter};
use serde::{Deserialize, Serialize};

/// What narrows a list of spans. Every condition that is set must hold; the empty filter accepts all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpanFilter {
    /// Found anywhere in what the span says: names, ids, errors, messages, tools, documents; ignoring case.
    pub text: Option<String>,
    pub kind: Option<SpanKind>,
    pub provider: Option<String>,
    /// The model that answered, or else was asked.
    pub model: Option<String>,
    pub status: Option<SpanStatus>,
    /// Started at or after.
    pub from_ns: Option<UnixNanos>,
    /// Started before.
    pub to_ns: Option<UnixNanos>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub trace_id: Option<String>,
    pub request_id: Option<String>,
    pub session_id: Option<String>,
    pub environment: Option<String>,
    pub import_id: Option<ImportId>,
    pub only_errors: bool,
}

impl SpanFilter {
    /// All conditions but the text, which is searched for: see `Workspace::span_clause`.
    pub(crate) fn columns_clause(&self) -> Clause {
        let mut clause = self.rest_clause();
        clause.and_some("span.start_ns >= ?", self.from_ns.map(|at| at.0));
        clause.and_some("span.start_ns < ?", self.to_ns.map(|at| at.0));
        clause.and_some(
            "span.kind = ?",
            self.kind.map(|kind| kind.word().to_owned()),
        );
        clause.and_some(
            "span.status = ?",
            self.status.map(|status| status.word().to_owned()),
        );
        clause.and_some(is_word!("model"), self.model.clone());
        clause.and_some(is_word!("prompt_name"), self.prompt_name.clone());
        clause.and_some(is_word!("environment"), self.environment.clone());
        if self.only_errors {
            clause.and_fixed("span.status = 'error'");
        }
        clause
    }

    /// The conditions that the columns in memory do not answer.
    pub(crate) fn rest_clause(&self) -> Clause {
        let mut clause = Clause::default();
        clause.and_some(
            "span.trace = (SELECT id FROM trace WHERE trace_id = ?)",
            self.trace_id.as_deref().map(StoredId::from),
        );
        clause.and_some(is_word!("provider"), self.provider.clone());
        clause.and_some(is_word!("prompt_version"), self.prompt_version.clone());
        clause.and_some(
            "span.request_id = ?",
            self.request_id.as_deref().map(StoredId::from),
        );
        clause.and_some(is_word!("session"), self.session_id.clone());
        import_file::spans_of(&mut clause, self.import_id);
        clause
    }
}

/// Order of spans; ties are broken by the order in which they were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanSort {
    #[default]
    Newest,
    Oldest,
    Slowest,
    Costliest,
    MostTokens,
}

impl SpanSort {
    fn order(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY start_ns DESC, id DESC LIMIT ? OFFSET ?",
            Self::Oldest => " ORDER BY start_ns, id LIMIT ? OFFSET ?",
            Self::Slowest => " ORDER BY duration_ns DESC NULLS LAST, id LIMIT ? OFFSET ?",
            Self::Costliest => " ORDER BY cost_pico DESC NULLS LAST, id LIMIT ? OFFSET ?",
            // As reals, since two hostile counts would overflow an integer.
            Self::MostTokens => {
                " ORDER BY coalesce(tokens_in, 0) * 1.0 + coalesce(tokens_out, 0) DESC, id
                  LIMIT ? OFFSET ?"
            }
        }
    }
}

/// One span as a list or a waterfall shows it, without its messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanRow {
    pub trace_id: String,
    pub span_id: String,
    /// 1, or more for other content that came under the same ids.
    pub variant: u64,
    pub parent_id: Option<String>,
    pub kind: SpanKind,
    pub name: Option<String>,
    pub start_ns: UnixNanos,
    pub end_ns: Option<UnixNanos>,
    pub latency_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub status: SpanStatus,
    pub error_type: Option<String>,
    pub http_status: Option<u16>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub usage: Usage,
    /// As the source reports it.
    pub cost_reported_usd: Option<Usd>,
    /// As computed from the price table.
    pub cost_computed_usd: Option<Usd>,
    pub attempt: Option<u32>,
    pub retry_of: Option<String>,
    pub cache_hit: Option<bool>,
    pub finish_reason: Option<String>,
    pub session_id: Option<String>,
    /// How many documents were retrieved.
    pub documents: u64,
}

/// Part of a list of spans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanPage {
    pub total: u64,
    pub rows: Vec<SpanRow>,
}

impl Workspace {
    /// Spans that the filter accepts, and how many there are. The count may take longer than the page:
    /// who needs no count asks [`Workspace::span_rows`].
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn spans(&self, filter: &SpanFilter, sort: SpanSort, page: Page) -> Result<SpanPage> {
        let clause = self.span_clause(filter)?;
        let total: i64 = self.read(|conn| {
            Ok(conn
                .prepare(&clause.statement("SELECT count(*) FROM span", ""))?
                .query_row(params_from_iter(clause.values()), |row| row.get(0))?)
        })?;
        Ok(SpanPage {
            total: count(total),
            rows: self.span_rows(filter, sort, page)?,
        })
    }

    /// One page of the spans that the filter accepts.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn span_rows(
        &self,
        filter: &SpanFilter,
        sort: SpanSort,
        page: Page,
    ) -> Result<Vec<SpanRow>> {
        let clause = self.span_clause(filter)?;
        self.read(|conn| {
            let mut statement = conn.prepare(&rows_sql(&clause, sort))?;
            let mut found = statement.query(params_from_iter(clause.values_and_page(page)))?;
            let (mut rows, mut words) = (Vec::new(), Words::new(conn));
            while let Some(row) = found.next()? {
                rows.push(read(row, &mut words)?);
            }
            Ok(rows)
        })
    }
}

pub(crate) fn rows_sql(clause: &Clause, sort: SpanSort) -> String {
    clause.statement(
        "SELECT (SELECT trace_id FROM trace WHERE trace.id = span.trace), span_id, variant, parent_id, kind, name,
                start_ns, duration_ns, ttft_ms, status, error_type, http_status, provider, model, prompt_name,
                prompt_version, tokens_in, tokens_in_cached, tokens_in_cache_write, tokens_out,
                tokens_reasoning, tokens_unattributed, iif(reported, cost_pico, NULL), iif(reported, computed_pico, cost_pico), attempt,
                retry_of, cache_hit, finish_reason, session, documents
         FROM span",
        sort.order(),
    )
}

fn read(row: &Row<'_>, words: &mut Words<'_>) -> Result<SpanRow> {
    let money = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(from_pico));
    let id = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<ReadId>>(at)?.map(|id| id.0));
    let start_ns = UnixNanos(row.get(6)?);
    let end_ns = end_of(start_ns, row.get(7)?);
    Ok(SpanRow {
        trace_id: row.get::<_, ReadId>(0)?.0,
        span_id: row.get::<_, ReadId>(1)?.0,
        variant: count(row.get(2)?),
        parent_id: id(3)?,
        kind: SpanKind::read(&row.get::<_, String>(4)?)?,
        name: words.text(row, 5)?,
        start_ns,
        end_ns,
        latency_ms: end_ns.map(|end| end.ms_since(start_ns)),
        ttft_ms: row.get(8)?,
        status: SpanStatus::read(&row.get::<_, String>(9)?)?,
        error_type: words.text(row, 10)?,
        http_status: row.get(11)?,
        provider: words.text(row, 12)?,
        model: words.text(row, 13)?,
        prompt_name: words.text(row, 14)?,
        prompt_version: words.text(row, 15)?,
        usage: read_usage(row, 16)?,
        cost_reported_usd: money(22)?,
        cost_computed_usd: money(23)?,
        attempt: row.get(24)?,
        retry_of: id(25)?,
        cache_hit: row.get(26)?,
        finish_reason: words.text(row, 27)?,
        session_id: words.text(row, 28)?,
        documents: count(row.get(29)?),
    })
}

/// When a span ended, by the columns that say when it started and how long it took.
pub(crate) fn end_of(start: UnixNanos, duration_ns: Option<i64>) -> Option<UnixNanos> {
    duration_ns.map(|duration| UnixNanos(start.0.wrapping_add(duration)))
}

/// The six token columns, in their order, from `first` on. The finer parts stand in the span's body only.
pub(crate) fn read_usage(row: &Row<'_>, first: usize) -> rusqlite::Result<Usage> {
    Ok(Usage {
        tokens_in: count_some(row.get(first)?),
        tokens_in_cached: count_some(row.get(first + 1)?),
        tokens_in_cache_write: count_some(row.get(first + 2)?),
        tokens_out: count_some(row.get(first + 3)?),
        tokens_reasoning: count_some(row.get(first + 4)?),
        tokens_unattributed: count_some(row.get(first + 5)?),
        ..Usage::default()
    })
}
