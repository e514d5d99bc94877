//! Results of promptfoo evals: the whole output file (`{evalId, results: {version, timestamp, results}}`), the
//! summary inside it, or one result a line.
//!
//! Each result is one call of the provider under test. Only the eval as a whole has a time, so all its calls begin
//! then; lines have none, so theirs begin at 1970-01-01. `latencyMs` is in milliseconds, `cost` in US dollars. What
//! graded the answer is not this call: its tokens are not counted. A result from promptfoo's cache repeats the
//! tokens, the cost and sometimes the latency of the call that once was made, so none of the three is read.
//! Source: promptfoo/promptfoo, `src/types/index.ts` (OutputFile, EvaluateResult); no real file was at hand.

mod result;

use crate::IngestError;
use crate::attributes::as_text;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::instant::{iso, iso_or_millis};
use crate::json_values;
use plumbline_model::UnixNanos;
use result::Eval;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::BufRead;
use std::ops::ControlFlow;

/// Recognised by the keys of an output file, of a summary or of a result.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let all = |wanted: &[&str]| wanted.iter().all(|key| keys.contains(key));
        all(&["evalId", "results"])
            || all(&["results", "shareableUrl"])
            || all(&["version", "timestamp", "results"])
            || all(&["promptIdx", "testIdx"])
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut ids = Ids::default();
    json_values::each(
        source,
        source_name,
        delivery,
        &mut |delivery, found| match found.value {
            Value::Object(mut object) => match object.remove("results") {
                Some(Value::Object(summary)) => {
                    let at = format!("{} results.results", found.at);
                    output(delivery, &mut ids, &at, found.raw, &object, summary)
                }
                Some(list @ Value::Array(_)) => {
                    let at = format!("{} results", found.at);
                    object.insert("results".to_owned(), list);
                    output(delivery, &mut ids, &at, found.raw, &Map::new(), object)
                }
                Some(_) => delivery.quarantine(found.at, "`results` holds no results", found.raw),
                None => {
                    let eval = Eval::default();
                    let raw = found.raw.to_vec();
                    result::deliver(delivery, &mut ids, &eval, found.at, object, raw)
                }
            },
            _ => delivery.quarantine(found.at, "expected an object", found.raw),
        },
    )
}

/// One output file: what stands around the summary, and the summary.
fn output(
    delivery: &mut Delivery<'_>,
    ids: &mut Ids,
    at: &str,
    raw: &[u8],
    around: &Map<String, Value>,
    mut summary: Map<String, Value>,
) -> ControlFlow<()> {
    let Some(Value::Array(list)) = summary.remove("results") else {
        return delivery.quarantine(at, "the eval has no list of results", raw);
    };
    let eval = Eval {
        id: around.get("evalId").and_then(as_text),
        start: start(around, &summary),
    };
    for (name, value) in around.iter().chain(&summary) {
        if !UNDERSTOOD.contains(&name.as_str()) && !value.is_null() {
            delivery.loss().note(name, value);
        }
    }
    for (index, value) in list.into_iter().enumerate() {
        let at = format!("{at}[{index}]");
        match value {
            Value::Object(object) => {
                let raw = alone(&eval, &object).to_string().into_bytes();
                result::deliver(delivery, ids, &eval, &at, object, raw)?;
            }
            other => {
                delivery.quarantine(at, "expected a result", other.to_string().as_bytes())?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// Read above, or sums over the results.
const UNDERSTOOD: [&str; 6] = [
    "evalId",
    "version",
    "timestamp",
    "stats",
    "createdAt",
    "table",
];

fn start(around: &Map<String, Value>, summary: &Map<String, Value>) -> Option<UnixNanos> {
    let own = summary.get("timestamp").or(around.get("createdAt"));
    own.and_then(iso_or_millis).or_else(|| {
        // `eval-abc-2026-03-02T10:00:00`
        let id = around.get("evalId")?.as_str()?;
        iso(id.get(id.len().checked_sub(19)?..)?)
    })
}

/// The result as an output file of its own, so that its raw record can be read again.
fn alone(eval: &Eval, object: &Map<String, Value>) -> Value {
    let mut summary = json!({"version": 3, "results": [object]});
    if let Some(start) = eval.start {
        summary["timestamp"] = millis(start);
    }
    json!({"evalId": eval.id, "results": summary})
}

/// Milliseconds as decimal text, exact to the nanosecond.
fn millis(at: UnixNanos) -> Value {
    let sign = if at.0 < 0 { "-" } else { "" };
    let (whole, rest) = (
        at.0.unsigned_abs() / 1_000_000,
        at.0.unsigned_abs() % 1_000_000,
    );
    Value::from(format!("{sign}{whole}.{rest:06}"))
}

/// How often each result without an id was seen: equal results are repetitions, not one result.
#[derive(Default)]
struct Ids {
    seen: HashMap<String, u64>,
}

impl Ids {
    /// Counts this one in.
    fn nth(&mut self, id: &str) -> u64 {
        let count = self.seen.entry(id.to_owned()).or_insert(0);
        *count += 1;
        *count
    }
}
