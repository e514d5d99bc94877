//! Logs of Inspect, the evaluation framework of the UK AI Security Institute: `.json`, and `.eval` in that form.
//!
//! A sample in one epoch is a trace: a root with its scores, the spans or steps of its solvers, its model calls
//! and its tools. A log is walked member by member and its samples one by one, so a log of any size takes the
//! memory of one sample. What a log says as a whole (task, model, run) is written before its samples.
//! Source: UKGovernmentBEIS/inspect_ai, `log/_log.py` (EvalLog, EvalSample), `event/*.py`, `log/_condense.py`.

mod calls;
mod eval_file;
mod refs;
mod sample;
mod tree;

pub use eval_file::{EvalLog, ZIP_MAGIC};

use crate::IngestError;
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::delivery::Delivery;
use crate::head::Head;
use crate::instant::iso;
use crate::json_bytes::{Halt, JsonBytes, pass};
use crate::lines::LINE_BYTES;
use crate::text::unfit;
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::io::BufRead;
use std::ops::ControlFlow;

/// Recognised by the keys that every log begins with.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        ["version", "status", "eval"]
            .iter()
            .all(|key| keys.contains(key))
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut json = JsonBytes::new(source);
    match walk(&mut json, delivery) {
        Err(Halt::Io(error)) => {
            let at = format!("byte {}", json.offset);
            Err(IngestError::unreadable(source_name, at, error))
        }
        // `walk` turns every break into a quarantined row.
        Ok(()) | Err(Halt::Stopped | Halt::Broken { .. }) => Ok(()),
    }
}

/// What the samples of one log share.
#[derive(Default)]
struct Log {
    status: Option<String>,
    /// `eval_id`, or `run_id` in logs that are older than it.
    run: Option<String>,
    task: Option<String>,
    model: Option<String>,
    created: Option<UnixNanos>,
    tags: Vec<String>,
    usage: Option<Value>,
    samples: u64,
}

/// One log, or several one after another.
fn walk(json: &mut JsonBytes<'_>, delivery: &mut Delivery<'_>) -> Result<(), Halt> {
    json.skip_mark()?;
    while json.next_solid()?.is_some() {
        let line = json.line;
        let mut log = Log::default();
        let passed = one(json, &mut log, delivery);
        if let Err(Halt::Broken { offset, reason }) = passed {
            let at = match log.samples {
                0 => format!("line {line}"),
                samples => format!("line {line}, after {samples} samples"),
            };
            pass(delivery.quarantine(at, format!("{reason}, at byte {offset}"), b""))?;
            if !json.resync(false)? {
                return Ok(());
            }
        } else {
            passed?;
        }
    }
    Ok(())
}

fn one(json: &mut JsonBytes<'_>, log: &mut Log, delivery: &mut Delivery<'_>) -> Result<(), Halt> {
    json.expect(b'{')?;
    let mut first = true;
    let mut raw = Vec::new();
    while let Some(name) = json.next_member(&mut first)? {
        if name == "samples" && json.next_solid()? == Some(b'[') {
            json.expect(b'[')?;
            let mut first = true;
            while json.next_element(&mut first)? {
                let whole = json.capture(&mut raw, LINE_BYTES)?;
                let index = log.samples;
                log.samples += 1;
                pass(one_sample(log, index, &raw, whole, delivery))?;
            }
            continue;
        }
        let whole = json.capture(&mut raw, LINE_BYTES)?;
        match parsed(&raw, whole) {
            Ok(value) => log.member(&name, value, delivery),
            Err(why) => pass(delivery.quarantine(format!("`{name}`"), why, &raw))?,
        }
    }
    if let (0, Some(usage)) = (log.samples, log.usage.take()) {
        delivery
            .loss()
            .note("stats.model_usage (a log without samples)", &usage);
    }
    Ok(())
}

fn one_sample(
    log: &Log,
    index: u64,
    raw: &[u8],
    whole: bool,
    delivery: &mut Delivery<'_>,
) -> ControlFlow<()> {
    let at = format!("samples[{index}]");
    match parsed(raw, whole) {
        Ok(Value::Object(mut object)) => {
            if let Some(Value::String(member)) = object.remove(eval_file::UNREADABLE) {
                let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
                return delivery.quarantine(member, text("reason"), text("raw").as_bytes());
            }
            sample::deliver(log, &at, object, delivery)
        }
        Ok(_) => delivery.quarantine(at, "expected a sample", raw),
        Err(why) => delivery.quarantine(at, why, raw),
    }
}

impl Log {
    fn member(&mut self, name: &str, value: Value, delivery: &mut Delivery<'_>) {
        match (name, value) {
            ("status", value) => self.status = as_text(&value),
            ("eval", Value::Object(eval)) => self.eval(eval, delivery),
            ("stats", Value::Object(mut stats)) => {
                let usage = stats.remove("model_usage");
                self.usage = usage.filter(|usage| usage.as_object().is_some_and(|u| !u.is_empty()));
            }
            ("error", value @ Value::Object(_)) => delivery.loss().note("error", &value),
            ("tags", Value::Array(tags)) => self.tags.extend(tags.iter().filter_map(as_text)),
            // Read, written anew for each sample, or the same for all: metrics over samples are not kept.
            ("version" | "plan" | "results" | "reductions" | "location" | "invalidated", _) => {}
            (_, value) => {
                let mut unread = Unread::new();
                let object = Map::from_iter([(name.to_owned(), value)]);
                note(&mut unread, "", &Attributes::of_object(object));
                for (name, value) in &unread {
                    delivery.loss().note(name, value);
                }
            }
        }
    }

    fn eval(&mut self, eval: Map<String, Value>, delivery: &mut Delivery<'_>) {
        let fields = Attributes::of_object(eval);
        self.run = fields.text(&["eval_id", "run_id"]);
        self.task = fields.text(&["task"]);
        self.model = fields.text(&["model"]);
        self.created = fields.text(&["created"]).and_then(|text| iso(&text));
        self.tags.extend(fields.texts(&["tags"]));
        fields.understood(&["task_id", "task_version", "task_display_name"]);
        let mut unread = Unread::new();
        note(&mut unread, "eval.", &fields);
        for (name, value) in &unread {
            delivery.loss().note(name, value);
        }
    }
}

/// A JSON value, with the bare `NaN` and `Infinity` that Python writes read as null.
fn parsed(raw: &[u8], whole: bool) -> Result<Value, String> {
    if !whole {
        return Err("the value is longer than 64 MiB".to_owned());
    }
    if let Some(why) = unfit(raw) {
        return Err(why);
    }
    serde_json::from_slice(raw).or_else(|error| match without_nan(raw) {
        Cow::Borrowed(_) => Err(error.to_string()),
        Cow::Owned(text) => serde_json::from_slice(&text).map_err(|_| error.to_string()),
    })
}

/// The text with `null` in place of `NaN`, `Infinity` and `-Infinity` outside of texts.
fn without_nan(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Vec::new();
    let (mut copied, mut at, mut in_text) = (0, 0, false);
    while let Some(byte) = raw.get(at) {
        match byte {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'N' | b'I' | b'-' if !in_text => {
                let words: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
                if let Some(word) = words.iter().find(|word| raw[at..].starts_with(word)) {
                    text.extend_from_slice(&raw[copied..at]);
                    text.extend_from_slice(b"null");
                    at += word.len();
                    copied = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    text.extend_from_slice(&raw[copied..]);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_null_outside_of_texts_only() {
        let value = parsed(
            br#"{"a":NaN,"b":[-Infinity,Infinity,-1],"c":"NaN \" NaN"}"#,
            true,
        );
        let wanted = serde_json::json!({"a": null, "b": [null, null, -1], "c": "NaN \" NaN"});
        assert_eq!(value, Ok(wanted));
        assert!(parsed(b"{\"a\":Nothing}", true).is_err());
    }
}
