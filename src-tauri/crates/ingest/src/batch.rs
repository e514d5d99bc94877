//! Inputs of a batch that wait for their outputs, joined by `custom_id`.
//!
//! Outputs come in any order. A joined call is handed on as one value that holds both lines under two names of
//! ours, so that its raw record can be read again. Inputs without output are unfinished calls.

use crate::attributes::{Attributes, Unread};
use crate::delivery::Delivery;
use crate::exchange::deliver;
use plumbline_model::Span;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

/// How many bytes of inputs wait for their outputs, a little more than a batch may have. Beyond that the oldest
/// go on as unfinished.
const WAITING_BYTES: usize = 256 * 1024 * 1024;

/// What a format knows of its batches.
pub(crate) struct Batch {
    /// The names under which a joined record holds input and output.
    pub(crate) names: [&'static str; 2],
    /// One call from its input, its output (either may be empty), and its raw record.
    pub(crate) span: Joining,
}

pub(crate) type Understood = Result<(Span, Unread), String>;
type Joining = fn(Map<String, Value>, Map<String, Value>, &[u8]) -> Understood;

impl Batch {
    /// True for the raw record of a joined call.
    pub(crate) fn is_joined(&self, object: &Map<String, Value>) -> bool {
        self.names.iter().all(|name| object.contains_key(*name))
    }

    /// The call that a joined record holds.
    pub(crate) fn joined(&self, object: Map<String, Value>, raw: &[u8]) -> Understood {
        let both = Attributes::of_object(object);
        let [input, output] = self.names.map(|name| member(&both, name));
        (self.span)(input?, output?, raw)
    }
}

/// A member that is an object or absent.
pub(crate) fn member(fields: &Attributes, name: &str) -> Result<Map<String, Value>, String> {
    match fields.take(name) {
        Some(Value::Object(object)) => Ok(object.clone()),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(format!("`{name}` is not an object")),
    }
}

struct Waiting {
    custom_id: String,
    at: String,
    raw: Vec<u8>,
}

/// Inputs whose output has not been seen, in their order.
pub(crate) struct Inputs<'b> {
    batch: &'b Batch,
    number: u64,
    waiting: BTreeMap<u64, Waiting>,
    by_id: HashMap<String, u64>,
    bytes: usize,
}

impl<'b> Inputs<'b> {
    pub(crate) fn of(batch: &'b Batch) -> Self {
        Self {
            batch,
            number: 0,
            waiting: BTreeMap::new(),
            by_id: HashMap::new(),
            bytes: 0,
        }
    }

    /// Keeps an input. Of two with one name, an output belongs to the later one.
    pub(crate) fn add(
        &mut self,
        delivery: &mut Delivery<'_>,
        custom_id: String,
        at: &str,
        raw: &[u8],
    ) -> ControlFlow<()> {
        if let Some(earlier) = self.take(&custom_id) {
            self.unfinished(delivery, &earlier)?;
        }
        self.number += 1;
        self.bytes += raw.len();
        self.by_id.insert(custom_id.clone(), self.number);
        let (at, raw) = (at.to_owned(), raw.to_vec());
        let waiting = Waiting { custom_id, at, raw };
        self.waiting.insert(self.number, waiting);
        while self.bytes > WAITING_BYTES
            && let Some((_, oldest)) = self.waiting.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(oldest.raw.len());
            self.by_id.remove(&oldest.custom_id);
            self.unfinished(delivery, &oldest)?;
        }
        ControlFlow::Continue(())
    }

    /// Hands on an output, with its input where that waits.
    pub(crate) fn output(
        &mut self,
        delivery: &mut Delivery<'_>,
        custom_id: &str,
        at: &str,
        output: Map<String, Value>,
        raw: &[u8],
    ) -> ControlFlow<()> {
        let Some(input) = self.take(custom_id) else {
            let understood = (self.batch.span)(Map::new(), output, raw);
            return deliver(delivery, at, raw, understood);
        };
        let [first, second] = self.batch.names;
        let parts = [
            format!("{{\"{first}\":").as_bytes(),
            &input.raw,
            format!(",\"{second}\":").as_bytes(),
            raw,
            b"}",
        ]
        .concat();
        let asked = serde_json::from_slice(&input.raw).unwrap_or_default();
        let understood = (self.batch.span)(asked, output, &parts);
        deliver(delivery, at, &parts, understood)
    }

    /// Hands on what still waits, unless the sink has had enough.
    pub(crate) fn finish(self, delivery: &mut Delivery<'_>) {
        if delivery.stopped() {
            return;
        }
        for waiting in self.waiting.values() {
            if self.unfinished(delivery, waiting).is_break() {
                return;
            }
        }
    }

    fn take(&mut self, custom_id: &str) -> Option<Waiting> {
        let number = self.by_id.remove(custom_id)?;
        let waiting = self.waiting.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(waiting.raw.len());
        Some(waiting)
    }

    fn unfinished(&self, delivery: &mut Delivery<'_>, input: &Waiting) -> ControlFlow<()> {
        let asked = serde_json::from_slice(&input.raw).unwrap_or_default();
        let understood = (self.batch.span)(asked, Map::new(), &input.raw);
        deliver(delivery, &input.at, &input.raw, understood)
    }
}
