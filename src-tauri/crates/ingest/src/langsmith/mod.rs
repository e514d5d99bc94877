//! LangSmith runs: run objects (an API list or one a line) and the `{post, patch}` batches that its SDKs send.
//!
//! A batch says a run twice: `post` when it begins, `patch` when it ends, perhaps in a later batch. Both are put
//! together before the run is handed on; what ended nowhere is an unfinished span. Times are ISO text (Python)
//! or epoch milliseconds (JavaScript). JavaScript patches name no id: it is the end of `dotted_order`.
//! Source: langchain-ai/langsmith-sdk, `schemas.py` (`RunBase`, `Run`) and the batch endpoints of both SDKs.

mod messages;
mod run;

use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::json_values;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::ops::ControlFlow;

/// How many bytes of begun runs wait for their end; beyond that the oldest go on as unfinished.
const WAITING_BYTES: usize = 64 * 1024 * 1024;

/// Recognised by the keys of a run or of a batch.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let has = |key| keys.contains(key);
        let run =
            has("run_type") && (has("dotted_order") || has("parent_run_id") || has("trace_id"));
        let batch = (has("post") || has("patch")) && keys.len() <= 2;
        run || batch
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut begun = Begun::default();
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        match found.value {
            Value::Object(mut object) if object.contains_key("run_type") => {
                match object.get("end_time") {
                    Some(end) if !end.is_null() => run::deliver(delivery, found.at, object),
                    // It may end in a line that follows.
                    _ => {
                        object.retain(|_, value| !value.is_null());
                        begun.post(delivery, found.at, object)
                    }
                }
            }
            Value::Object(mut batch)
                if batch.contains_key("post") || batch.contains_key("patch") =>
            {
                for (key, is_post) in [("post", true), ("patch", false)] {
                    let list = match batch.remove(key) {
                        Some(Value::Array(list)) => list,
                        _ => continue,
                    };
                    for (index, value) in list.into_iter().enumerate() {
                        let at = format!("{} {key}[{index}]", found.at);
                        let Value::Object(object) = value else {
                            delivery.quarantine(at, "expected a run as an object", found.raw)?;
                            continue;
                        };
                        if is_post {
                            begun.post(delivery, &at, object)?;
                        } else {
                            begun.patch(delivery, &at, object)?;
                        }
                    }
                }
                ControlFlow::Continue(())
            }
            _ => delivery.quarantine(found.at, "this is no run and no batch of runs", found.raw),
        }
    })?;
    if !delivery.stopped() {
        // A sink that stops here has stopped the reading; there is nothing left to read.
        let _ = begun.finish(delivery);
    }
    Ok(())
}

struct Waiting {
    at: String,
    run: Map<String, Value>,
    bytes: usize,
}

/// Runs whose end has not been seen, in the order in which they began.
#[derive(Default)]
struct Begun {
    number: u64,
    runs: BTreeMap<u64, Waiting>,
    by_id: HashMap<String, u64>,
    bytes: usize,
}

impl Begun {
    fn post(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: &str,
        run: Map<String, Value>,
    ) -> ControlFlow<()> {
        let Some(id) = id_of(&run) else {
            let raw = Value::Object(run).to_string();
            return delivery.quarantine(at, "the run has no `id`", raw.as_bytes());
        };
        if self.by_id.contains_key(&id) {
            // Begun twice: the later record stands for itself.
            return run::deliver(delivery, at, run);
        }
        let bytes = Value::Object(run.clone()).to_string().len();
        self.number += 1;
        self.bytes += bytes;
        self.by_id.insert(id, self.number);
        let at = at.to_owned();
        self.runs.insert(self.number, Waiting { at, run, bytes });
        while self.bytes > WAITING_BYTES
            && let Some((_, oldest)) = self.runs.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
            if let Some(id) = id_of(&oldest.run) {
                self.by_id.remove(&id);
            }
            run::deliver(delivery, &oldest.at, oldest.run)?;
        }
        ControlFlow::Continue(())
    }

    fn patch(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: &str,
        patch: Map<String, Value>,
    ) -> ControlFlow<()> {
        let number = id_of(&patch).and_then(|id| self.by_id.remove(&id));
        let Some(waiting) = number.and_then(|number| self.runs.remove(&number)) else {
            let raw = Value::Object(patch).to_string();
            let reason = "the end of a run whose beginning is not in this file";
            return delivery.quarantine(at, reason, raw.as_bytes());
        };
        self.bytes = self.bytes.saturating_sub(waiting.bytes);
        let mut run = waiting.run;
        for (name, value) in patch {
            if !value.is_null() {
                run.insert(name, value);
            }
        }
        run::deliver(delivery, &waiting.at, run)
    }

    fn finish(self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        for waiting in self.runs.into_values() {
            run::deliver(delivery, &waiting.at, waiting.run)?;
        }
        ControlFlow::Continue(())
    }
}

/// `id`, or the UUID that `dotted_order` ends with.
fn id_of(run: &Map<String, Value>) -> Option<String> {
    if let Some(Value::String(id)) = run.get("id")
        && !id.is_empty()
    {
        return Some(id.clone());
    }
    let order = run.get("dotted_order")?.as_str()?;
    last_id(order)
}

/// The id at the end of one segment of `dotted_order`, `20241011T205820695375Z<uuid>`.
fn last_id(order: &str) -> Option<String> {
    let start = order.len().checked_sub(36)?;
    order.get(start..).map(str::to_owned)
}
