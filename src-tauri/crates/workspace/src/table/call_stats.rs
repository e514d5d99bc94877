//! Model calls for statistics: what narrows them, one row each, and what they cost by a newer price table.

use crate::door::Durability;
use crate::error::Result;
use crate::money::{from_pico, to_pico};
use crate::page::Clause;
use crate::row::Word;
use crate::stored_id::ReadId;
use crate::table::change::Topic;
use crate::table::span_page::{end_of, read_usage};
use crate::table::word::{WordNumbers, Words, is_word};
use crate::table::{import_file, trace};
use crate::workspace::Workspace;
use plumbline_model::{Cost, ImportId, SpanStatus, UnixNanos, Usage, Usd};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Holds every column that groups and sums need, so that a scan reads no row.
pub(crate) const V2: &str = "
CREATE INDEX span_call ON span (model, start_ns, provider, prompt_name, prompt_version, environment,
    status, latency_ms, tokens_in, tokens_in_cached, tokens_out, cost_pico, import_id, kind)
    WHERE kind = 'llm';
";

/// Without the import, whose id was a third of the index: who asks by import reads that import's rows.
pub(crate) const V3: &str = "
CREATE INDEX span_call ON span (model, start_ns, provider, prompt_name, prompt_version, environment,
    status, duration_ns, tokens_in, tokens_in_cached, tokens_out, cost_pico)
    WHERE kind = 'llm';
";

/// What narrows the calls. Every condition that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallFilter {
    /// Started at or after.
    pub from_ns: Option<UnixNanos>,
    /// Started before.
    pub to_ns: Option<UnixNanos>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub environment: Option<String>,
    pub import_id: Option<ImportId>,
}

impl CallFilter {
    pub(super) fn clause(&self) -> Clause {
        let mut clause = Clause::default();
        clause.and_fixed("kind = 'llm'");
        clause.and_some(is_word!("model"), self.model.clone());
        clause.and_some("start_ns >= ?", self.from_ns.map(|at| at.0));
        clause.and_some("start_ns < ?", self.to_ns.map(|at| at.0));
        clause.and_some(is_word!("provider"), self.provider.clone());
        clause.and_some(is_word!("prompt_name"), self.prompt_name.clone());
        clause.and_some(is_word!("prompt_version"), self.prompt_version.clone());
        clause.and_some(is_word!("environment"), self.environment.clone());
        import_file::spans_of(&mut clause, self.import_id);
        clause
    }
}

/// One model call with what statistics and pricing need.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCall {
    /// The row, for [`Workspace::put_computed_costs`].
    pub row: i64,
    pub trace_id: String,
    pub span_id: String,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub start_ns: UnixNanos,
    pub latency_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub status: SpanStatus,
    pub error_type: Option<String>,
    pub http_status: Option<u16>,
    pub usage: Usage,
    pub cost_reported_usd: Option<Usd>,
    pub cost_computed_usd: Option<Usd>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub prompt_hash: Option<String>,
    pub request_hash: Option<String>,
    pub cache_hit: Option<bool>,
    pub session_id: Option<String>,
}

impl Workspace {
    /// Hands every call to `each`, oldest first, until it breaks.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn model_calls(
        &self,
        filter: &CallFilter,
        each: &mut dyn FnMut(ModelCall) -> ControlFlow<()>,
    ) -> Result<()> {
        let clause = filter.clause();
        self.read(|conn| {
            let mut statement = conn.prepare(&clause.statement(
                "SELECT id, (SELECT trace_id FROM trace WHERE trace.id = span.trace), span_id, provider, model,
                        start_ns, duration_ns, ttft_ms, status, error_type, http_status, tokens_in,
                        tokens_in_cached, tokens_in_cache_write, tokens_out, tokens_reasoning,
                        tokens_unattributed, iif(reported, cost_pico, NULL), iif(reported, computed_pico, cost_pico), prompt_name,
                        prompt_version, prompt_hash, request_hash, cache_hit, session
                 FROM span",
                " ORDER BY start_ns, id",
            ))?;
            let mut rows = statement.query(params_from_iter(clause.values()))?;
            let mut words = Words::new(conn);
            while let Some(row) = rows.next()? {
                if each(read_call(row, &mut words)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Replaces the computed cost of calls, as after a new price table or an override.
    /// Costs that the source reported stay preferred.
    ///
    /// # Errors
    /// Those of writing the file; rows that are gone are passed over.
    pub fn put_computed_costs(&self, costs: Vec<(i64, Cost)>) -> Result<()> {
        self.write(Durability::Normal, move |tx| {
            let mut words = WordNumbers::default();
            for (row, cost) in &costs {
                let found: Option<(i64, bool, Option<i64>)> = tx
                    .prepare_cached(
                        "SELECT trace, reported, cost_pico FROM span WHERE id = ?1 AND kind = 'llm'",
                    )?
                    .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()?;
                let Some((trace, reported, before)) = found else {
                    continue;
                };
                let computed = cost.usd.and_then(to_pico);
                let source = words.of_price_source(tx, cost.source.as_ref())?;
                let column = match reported {
                    true => "UPDATE span SET computed_pico = ?2, price_source = ?3 WHERE id = ?1",
                    false => "UPDATE span SET cost_pico = ?2, price_source = ?3 WHERE id = ?1",
                };
                tx.prepare_cached(column)?
                    .execute(params![row, computed, source])?;
                if !reported {
                    trace::replace_cost(tx, trace, before, computed)?;
                }
            }
            tx.announce(Topic::Price, "");
            Ok(())
        })
    }
}

fn read_call(row: &Row<'_>, words: &mut Words<'_>) -> Result<ModelCall> {
    let money = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(from_pico));
    let start_ns = UnixNanos(row.get(5)?);
    Ok(ModelCall {
        row: row.get(0)?,
        trace_id: row.get::<_, ReadId>(1)?.0,
        span_id: row.get::<_, ReadId>(2)?.0,
        provider: words.text(row, 3)?,
        model: words.text(row, 4)?,
        start_ns,
        latency_ms: end_of(start_ns, row.get(6)?).map(|end| end.ms_since(start_ns)),
        ttft_ms: row.get(7)?,
        status: SpanStatus::read(&row.get::<_, String>(8)?)?,
        error_type: words.text(row, 9)?,
        http_status: row.get(10)?,
        usage: read_usage(row, 11)?,
        cost_reported_usd: money(17)?,
        cost_computed_usd: money(18)?,
        prompt_name: words.text(row, 19)?,
        prompt_version: words.text(row, 20)?,
        prompt_hash: words.text(row, 21)?,
        request_hash: row.get::<_, Option<ReadId>>(22)?.map(|hash| hash.0),
        cache_hit: row.get(23)?,
        session_id: words.text(row, 24)?,
    })
}
