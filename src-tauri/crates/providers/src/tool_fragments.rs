//! Tool calls that arrive in pieces, put together by their index.
//!
//! Indexes come from the wire and are only ever keys of a bounded map, never positions in an array.

use plumbline_model::ToolCall;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most tool calls of one answer.
const MAX_CALLS: usize = 1_000;

#[derive(Debug, Default)]
struct Pieces {
    id: String,
    name: String,
    arguments: String,
}

/// The tool calls of one answer so far.
#[derive(Debug, Default)]
pub(crate) struct ToolFragments(BTreeMap<u64, Pieces>);

/// An answer with more than [`MAX_CALLS`] tool calls.
#[derive(Debug)]
pub(crate) struct TooManyCalls;

impl ToolFragments {
    /// Adds a piece. Id and name are set by the first piece that has them; arguments are appended.
    ///
    /// Without an index, a piece with an id starts a new call and any other continues the last one.
    pub(crate) fn add(
        &mut self,
        index: Option<u64>,
        id: &str,
        name: &str,
        arguments: &str,
    ) -> Result<(), TooManyCalls> {
        let last = self.0.last_key_value().map(|(index, _)| *index);
        let index = index.unwrap_or(match last {
            Some(last) if id.is_empty() => last,
            Some(last) => last.saturating_add(1),
            None => 0,
        });
        if self.0.len() >= MAX_CALLS && !self.0.contains_key(&index) {
            return Err(TooManyCalls);
        }
        let pieces = self.0.entry(index).or_default();
        if pieces.id.is_empty() {
            pieces.id.push_str(id);
        }
        if pieces.name.is_empty() {
            pieces.name.push_str(name);
        }
        pieces.arguments.push_str(arguments);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when a call with this index has begun.
    pub(crate) fn has(&self, index: u64) -> bool {
        self.0.contains_key(&index)
    }

    /// The calls in index order. Arguments that are not JSON stay text; none at all is the empty object.
    pub(crate) fn into_calls(self) -> Vec<ToolCall> {
        self.0
            .into_values()
            .map(|pieces| ToolCall {
                id: pieces.id,
                name: pieces.name,
                arguments: parse_arguments(pieces.arguments),
            })
            .collect()
    }
}

fn parse_arguments(text: String) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pieces_are_put_together_by_index_in_index_order() {
        let mut fragments = ToolFragments::default();
        fragments.add(Some(1), "b", "second", "{\"x\"").unwrap();
        fragments.add(Some(0), "a", "first", "").unwrap();
        fragments.add(Some(1), "", "second", ":1}").unwrap();
        let calls = fragments.into_calls();
        assert_eq!(calls.len(), 2);
        assert_eq!(
            (calls[0].id.as_str(), &calls[0].arguments),
            ("a", &json!({}))
        );
        assert_eq!(
            (calls[1].name.as_str(), &calls[1].arguments),
            ("second", &json!({"x": 1}))
        );
    }

    #[test]
    fn servers_that_leave_the_index_out_are_understood() {
        let mut fragments = ToolFragments::default();
        fragments.add(None, "a", "f", "{}").unwrap();
        fragments.add(None, "b", "g", "{\"y\":").unwrap();
        fragments.add(None, "", "", "2}").unwrap();
        let calls = fragments.into_calls();
        assert_eq!(calls[1].arguments, json!({"y": 2}));
    }

    #[test]
    fn hostile_indexes_and_arguments_are_bounded_and_kept_as_text() {
        let mut fragments = ToolFragments::default();
        fragments
            .add(Some(u64::MAX), "a", "f", &"[".repeat(100_000))
            .unwrap();
        fragments.add(None, "b", "f", "1e999").unwrap();
        for index in 0..999 {
            fragments.add(Some(index), "", "", "").unwrap();
        }
        assert!(fragments.add(Some(5_000), "", "", "").is_err());
        let calls = fragments.into_calls();
        assert_eq!(calls.len(), 1_000);
        assert!(
            calls.last().unwrap().arguments.is_string(),
            "too deep to be JSON"
        );
    }
}
