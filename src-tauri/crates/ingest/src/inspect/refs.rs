//! What a log writes once and refers to: attachments, and the pools of messages of newer logs.
//!
//! A text `attachment://HASH` (`tc://HASH` in logs of 2024) stands for a long text of the sample. A model event's
//! `input_refs` are ranges `[start, end)` into the pool of the sample. What is put in is bounded for each event,
//! for a small log can refer to a large text any number of times.

use crate::lines::LINE_BYTES;
use serde_json::{Map, Value};

const PROTOCOLS: [&str; 2] = ["attachment://", "tc://"];
/// Messages of one model event.
const MESSAGES: usize = 20_000;

/// Texts and messages of one sample.
#[derive(Default)]
pub(super) struct Refs {
    attachments: Map<String, Value>,
    messages: Vec<Value>,
}

/// What came of putting in: false when something did not fit or was not there.
pub(super) type Complete = bool;

impl Refs {
    /// Takes the pools out of a sample.
    pub(super) fn take(sample: &mut Map<String, Value>) -> Self {
        let mut refs = Self::default();
        if let Some(Value::Object(attachments)) = sample.remove("attachments") {
            refs.attachments = attachments;
        }
        if let Some(Value::Object(content)) = sample
            .get_mut("transcript")
            .and_then(|transcript| transcript.get_mut("content"))
            .map(Value::take)
        {
            refs.attachments.extend(content);
        }
        // Raw calls are not read, so neither is their pool.
        if let Some(Value::Object(mut data)) = sample.remove("events_data")
            && let Some(Value::Array(messages)) = data.remove("messages")
        {
            refs.messages = messages;
        } else if let Some(Value::Array(messages)) = sample.remove("message_pool") {
            refs.messages = messages;
        }
        refs
    }

    /// The messages that a model event refers to, with attachments still to be put in.
    pub(super) fn messages(&self, ranges: &Value, into: &mut Vec<Value>) -> Complete {
        let mut complete = true;
        let mut room = LINE_BYTES;
        for range in ranges.as_array().into_iter().flatten() {
            let bound = |at: usize| usize::try_from(range.get(at)?.as_u64()?).ok();
            let (start, end) = (bound(0).unwrap_or(0), bound(1).unwrap_or(0));
            let Some(found) = self.messages.get(start..end) else {
                complete = false;
                continue;
            };
            for message in found {
                let size = size_of(message);
                if into.len() >= MESSAGES || size > room {
                    return false;
                }
                room -= size;
                into.push(message.clone());
            }
        }
        complete
    }

    /// Puts the texts of attachments in place of references to them, wherever they stand in `value`.
    pub(super) fn resolve(&self, value: &mut Value, room: &mut usize) -> Complete {
        match value {
            Value::String(text) => {
                let Some(hash) = PROTOCOLS.iter().find_map(|start| text.strip_prefix(start)) else {
                    return true;
                };
                match self.attachments.get(hash) {
                    Some(Value::String(found)) if found.len() <= *room => {
                        *room -= found.len();
                        text.clone_from(found);
                        true
                    }
                    _ => false,
                }
            }
            // The parser bounds the depth of a value.
            Value::Array(list) => {
                let mut complete = true;
                for item in list {
                    complete &= self.resolve(item, room);
                }
                complete
            }
            Value::Object(object) => {
                let mut complete = true;
                for item in object.values_mut() {
                    complete &= self.resolve(item, room);
                }
                complete
            }
            _ => true,
        }
    }
}

/// The bytes of text in a value, about.
fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size_of).sum::<usize>() + 8,
        Value::Object(object) => {
            let members = object.iter();
            members
                .map(|(name, value)| name.len() + size_of(value))
                .sum()
        }
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refs(sample: Value) -> Refs {
        let Value::Object(mut sample) = sample else {
            panic!("a sample is an object");
        };
        Refs::take(&mut sample)
    }

    #[test]
    fn both_protocols_are_put_in_and_what_is_missing_stays() {
        let refs =
            refs(json!({"attachments": {"a": "long"}, "transcript": {"content": {"b": "old"}}}));
        let mut value =
            json!(["attachment://a", {"x": "tc://b"}, "see attachment://a", "attachment://c"]);
        let mut room = 100;
        assert!(!refs.resolve(&mut value, &mut room), "`c` is not there");
        assert_eq!(
            value,
            json!(["long", {"x": "old"}, "see attachment://a", "attachment://c"])
        );
        assert_eq!(room, 93);
        room = 3;
        let mut value = json!("attachment://a");
        assert!(!refs.resolve(&mut value, &mut room));
    }

    #[test]
    fn ranges_outside_of_the_pool_and_without_end_are_no_harm() {
        let refs = refs(json!({"events_data": {"messages": [1, 2, 3], "calls": []}}));
        let mut found = Vec::new();
        assert!(refs.messages(&json!([[0, 1], [2, 3]]), &mut found));
        assert_eq!(found, [json!(1), json!(3)]);
        for ranges in [
            json!([[2, 1]]),
            json!([[0, 4]]),
            json!([[0, u64::MAX]]),
            json!([5]),
        ] {
            assert!(
                !refs.messages(&ranges, &mut Vec::new()) || ranges == json!([5]),
                "{ranges}"
            );
        }
        let many = Value::Array(vec![json!([0, 3]); 100_000]);
        let mut found = Vec::new();
        assert!(!refs.messages(&many, &mut found));
        assert_eq!(found.len(), MESSAGES);
    }
}
