//! LangSmith runs: run objects (a list, one a line, or a page `{runs, cursors}` of the API) and the `{post, patch}`
//! batches that its SDKs send. Runs that an export nests under `child_runs` are runs of their own.
//!
//! A batch says a run twice: `post` when it begins, `patch` when it ends, perhaps in a later batch. Both are put
//! together before the run is handed on; what ended nowhere is an unfinished span. Times are ISO text (Python)
//! or epoch milliseconds (JavaScript). JavaScript patches name no id: it is the end of `dotted_order`.
//! Source: langchain-ai/langsmith-sdk, `schemas.py` (`RunBase`, `Run`) and the batch endpoints of both SDKs.

mod langchain;
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
        let page = has("runs") && has("cursors");
        run || batch || page
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut begun = Begun::default();
    json_values::each(
        source,
        source_name,
        delivery,
        &mut |delivery, found| match found.value {
            Value::Object(object) if object.contains_key("run_type") => {
                begun.run(delivery, found.at, object)
            }
            Value::Object(mut page) if page.contains_key("runs") => {
                let Some(Value::Array(list)) = page.remove("runs") else {
                    return delivery.quarantine(found.at, "`runs` is not a list", found.raw);
                };
                for (index, value) in list.into_iter().enumerate() {
                    let at = format!("{} runs[{index}]", found.at);
                    match value {
                        Value::Object(object) => begun.run(delivery, &at, object)?,
                        other => {
                            let raw = other.to_string();
                            delivery.quarantine(at, NO_RUN, raw.as_bytes())?;
                        }
                    }
                }
                ControlFlow::Continue(())
            }
            Value::Object(mut batch)
                if batch.contains_key("post") || batch.contains_key("patch") =>
            {
                for (key, is_post) in [("post", true), ("patch", false)] {
                    let list = match batch.remove(key) {
                        Some(Value::Array(list)) => list,
                        None | Some(Value::Null) => continue,
                        Some(other) => {
                            let at = format!("{} {key}", found.at);
                            let raw = other.to_string();
                            let reason = format!("`{key}` is not a list of runs");
                            delivery.quarantine(at, reason, raw.as_bytes())?;
                            continue;
                        }
                    };
                    for (index, value) in list.into_iter().enumerate() {
                        let at = format!("{} {key}[{index}]", found.at);
                        let object = match value {
                            Value::Object(object) => object,
                            other => {
                                let raw = other.to_string();
                                delivery.quarantine(at, NO_RUN, raw.as_bytes())?;
                                continue;
                            }
                        };
                        if is_post {
                            begun.post(delivery, &at, object)?;
                        } else {
                            begun.patch(delivery, &at, object)?;
                        }
                    }
                }
                for (name, value) in &batch {
                    delivery.loss().note(&format!("batch.{name}"), value);
                }
                ControlFlow::Continue(())
            }
            _ => delivery.quarantine(found.at, "this is no run and no batch of runs", found.raw),
        },
    )?;
    if !delivery.stopped() {
        // A sink that stops here has stopped the reading; there is nothing left to read.
        let _ = begun.finish(delivery);
    }
    Ok(())
}

const NO_RUN: &str = "expected a run as an object";

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
    /// A run as the API gives it, with the runs that are nested in it.
    fn run(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: &str,
        run: Map<String, Value>,
    ) -> ControlFlow<()> {
        let mut open = vec![(at.to_owned(), run)];
        while let Some((at, mut run)) = open.pop() {
            match run.remove("child_runs") {
                Some(Value::Array(children)) => {
                    for (index, child) in children.into_iter().enumerate().rev() {
                        let at = format!("{at} child_runs[{index}]");
                        match child {
                            Value::Object(child) => open.push((at, child)),
                            other => {
                                delivery.quarantine(at, NO_RUN, other.to_string().as_bytes())?;
                            }
                        }
                    }
                }
                None | Some(Value::Null) => {}
                Some(other) => {
                    let reason = "`child_runs` is not a list of runs";
                    delivery.quarantine(&*at, reason, other.to_string().as_bytes())?;
                }
            }
            match run.get("end_time") {
                Some(end) if !end.is_null() => run::deliver(delivery, &at, run)?,
                // It may end in a line that follows.
                _ => {
                    run.retain(|_, value| !value.is_null());
                    self.post(delivery, &at, run)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

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
