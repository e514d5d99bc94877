//! Model calls for statistics: one row each, or grouped with exact sums and the latencies themselves.
//!
//! Percentiles are not computed here: a caller gets the numbers and picks. All of it is answered from
//! one index that holds the needed columns, without touching the rows.

use crate::door::Durability;
use crate::error::Result;
use crate::money::{from_halves, from_pico, to_pico};
use crate::page::Clause;
use crate::row::{Word, count_some};
use crate::stored_id::ReadId;
use crate::table::change::Topic;
use crate::table::span_page::{end_of, read_usage};
use crate::table::word::{WordNumbers, Words, is_word};
use crate::table::{import_file, trace};
use crate::workspace::Workspace;
use plumbline_model::{Cost, ImportId, SpanStatus, UnixNanos, Usage, Usd, add_known};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
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
    fn clause(&self) -> Clause {
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

/// What calls are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKey {
    Model,
    Provider,
    /// The UTC day of the start, as `2025-01-31`.
    Day,
    PromptName,
    PromptVersion,
    Environment,
    Status,
}

/// Sums of one group. Token sums and cost are `None` when no call of the group reports them.
#[derive(Debug, Clone, PartialEq)]
pub struct CallGroup {
    /// One value per key that was asked for; `None` where the calls have none.
    pub keys: Vec<Option<String>>,
    pub calls: u64,
    pub errors: u64,
    pub tokens_in: Option<u64>,
    pub tokens_in_cached: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    /// Calls without a known cost; above zero, `cost_usd` is a lower bound.
    pub unpriced_calls: u64,
    /// Latencies of the finished calls, unordered.
    pub latencies_ms: Vec<f64>,
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
    /// Calls grouped by the keys, ordered by them. No keys give one group over everything.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn call_groups(&self, filter: &CallFilter, keys: &[GroupKey]) -> Result<Vec<CallGroup>> {
        let clause = filter.clause();
        self.read(|conn| {
            let mut statement = conn.prepare(&clause.statement(GROUPED, ""))?;
            let mut rows = statement.query(params_from_iter(clause.values()))?;
            // Grouped by numbers; each group's words are looked up once, at the end.
            let mut groups: HashMap<Vec<Option<i64>>, Sums> = HashMap::new();
            let mut key = Vec::with_capacity(keys.len());
            while let Some(row) = rows.next()? {
                key.clear();
                for &part in keys {
                    key.push(number_of(row, part)?);
                }
                match groups.get_mut(key.as_slice()) {
                    Some(group) => group.add(row)?,
                    None => groups.entry(key.clone()).or_default().add(row)?,
                }
            }
            let mut words = Words::new(conn);
            let mut groups = groups
                .into_iter()
                .map(|(numbers, sums)| {
                    let named = keys.iter().zip(numbers);
                    let named = named.map(|(&key, number)| said(key, number, &mut words));
                    Ok(sums.into_group(named.collect::<Result<_>>()?))
                })
                .collect::<Result<Vec<_>>>()?;
            groups.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
            Ok(groups)
        })
    }

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

/// What groups are made of, in the order in which `Sums` reads it.
pub(crate) const GROUPED: &str =
    "SELECT model, start_ns, provider, prompt_name, prompt_version, environment, status,
            duration_ns, tokens_in, tokens_in_cached, tokens_out, cost_pico
     FROM span";

const DAY_NS: i64 = 86_400_000_000_000;

/// A number that stands for what a row has under a key; `said` tells what it is.
fn number_of(row: &Row<'_>, key: GroupKey) -> Result<Option<i64>> {
    let column = match key {
        GroupKey::Day => return Ok(Some(row.get::<_, i64>(1)?.div_euclid(DAY_NS))),
        GroupKey::Status => {
            let status = row.get_ref(6)?.as_str().unwrap_or_default();
            let at = SpanStatus::ALL.iter().position(|one| one.word() == status);
            return Ok(at.map(|at| at as i64));
        }
        GroupKey::Model => 0,
        GroupKey::Provider => 2,
        GroupKey::PromptName => 3,
        GroupKey::PromptVersion => 4,
        GroupKey::Environment => 5,
    };
    Ok(row.get(column)?)
}

fn said(key: GroupKey, number: Option<i64>, words: &mut Words<'_>) -> Result<Option<String>> {
    let Some(number) = number else {
        return Ok(None);
    };
    Ok(match key {
        GroupKey::Day => Some(UnixNanos(number.saturating_mul(DAY_NS)).utc_day()),
        GroupKey::Status => usize::try_from(number)
            .ok()
            .and_then(|at| SpanStatus::ALL.get(at))
            .map(|status| status.word().to_owned()),
        _ => Some(words.word(number)?.as_ref().to_owned()),
    })
}

#[derive(Default)]
struct Sums {
    calls: u64,
    errors: u64,
    tokens: [Option<u64>; 3],
    cost: Option<(i64, i64)>,
    unpriced_calls: u64,
    latencies_ms: Vec<f64>,
}

impl Sums {
    fn add(&mut self, row: &Row<'_>) -> Result<()> {
        self.calls += 1;
        self.errors += u64::from(row.get_ref(6)?.as_bytes().ok() == Some(b"error"));
        let start_ns = UnixNanos(row.get(1)?);
        if let Some(end) = end_of(start_ns, row.get(7)?) {
            self.latencies_ms.push(end.ms_since(start_ns));
        }
        for (index, sum) in self.tokens.iter_mut().enumerate() {
            *sum = add_known(*sum, count_some(row.get(8 + index)?));
        }
        match row.get::<_, Option<i64>>(11)? {
            Some(pico) => {
                let (thousandths, rest) = self.cost.unwrap_or_default();
                self.cost = Some((
                    thousandths + pico / 1_000_000_000,
                    rest + pico % 1_000_000_000,
                ));
            }
            None => self.unpriced_calls += 1,
        }
        Ok(())
    }

    fn into_group(self, keys: Vec<Option<String>>) -> CallGroup {
        let [tokens_in, tokens_in_cached, tokens_out] = self.tokens;
        let (thousandths, rest) = self.cost.unzip();
        CallGroup {
            keys,
            calls: self.calls,
            errors: self.errors,
            tokens_in,
            tokens_in_cached,
            tokens_out,
            cost_usd: from_halves(thousandths, rest),
            unpriced_calls: self.unpriced_calls,
            latencies_ms: self.latencies_ms,
        }
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
