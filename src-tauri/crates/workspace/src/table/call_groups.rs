//! Model calls grouped, with exact sums and the latencies themselves.
//!
//! Percentiles are not computed here: a caller gets the numbers and picks. All of it is answered from
//! one index that holds the needed columns, without touching the rows.

use crate::error::Result;
use crate::money::from_halves;
use crate::row::{Word, count_some};
use crate::table::call_stats::CallFilter;
use crate::table::span_page::end_of;
use crate::table::word::Words;
use crate::workspace::Workspace;
use plumbline_model::{SpanStatus, UnixNanos, Usd, add_known};
use rusqlite::{Row, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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
