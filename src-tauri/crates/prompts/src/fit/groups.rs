//! Which items of a list stand or fall together: a message that calls tools, and the results of its calls.
//!
//! A provider refuses a result without its call and a call without its result. Both spellings are known: `tool_calls`
//! with `tool_call_id`, and parts of type `tool_use` with `tool_result`.

use serde_json::Value;
use std::collections::HashMap;

/// For each item the index of the first item of its group.
pub(super) fn leaders(items: &[Value]) -> Vec<usize> {
    let mut leaders: Vec<usize> = (0..items.len()).collect();
    // An id may come back later in a conversation: a result belongs to the last call of its id before it.
    let mut called: HashMap<&str, usize> = HashMap::new();
    let mut last_caller = None;
    for (at, item) in items.iter().enumerate() {
        let mut known = false;
        for id in answered(item) {
            if let Some(caller) = called.get(id) {
                join(&mut leaders, *caller, at);
                known = true;
            }
        }
        // A result that names no call is of the call before it.
        if let Some(caller) = last_caller.filter(|_| is_result(item) && !known) {
            join(&mut leaders, caller, at);
        }
        let mut calls = false;
        for id in calls_of(item) {
            calls = true;
            if let Some(id) = id {
                called.insert(id, at);
            }
        }
        if calls {
            last_caller = Some(at);
        } else if !is_result(item) {
            last_caller = None;
        }
    }
    (0..items.len()).map(|at| find(&mut leaders, at)).collect()
}

fn is_result(item: &Value) -> bool {
    item.get("role").and_then(Value::as_str) == Some("tool") || answered(item).next().is_some()
}

/// Ids of the calls whose results an item holds.
fn answered(item: &Value) -> impl Iterator<Item = &str> {
    let own = item.get("tool_call_id").into_iter();
    let parts = parts(item, "tool_result").filter_map(|part| part.get("tool_use_id"));
    own.chain(parts).filter_map(Value::as_str)
}

/// The calls of an item, each with its id where it has one.
fn calls_of(item: &Value) -> impl Iterator<Item = Option<&str>> {
    let calls = item.get("tool_calls").and_then(Value::as_array);
    let calls = calls.into_iter().flatten();
    calls
        .chain(parts(item, "tool_use"))
        .map(|call| call.get("id").and_then(Value::as_str))
}

fn parts<'i>(item: &'i Value, kind: &'static str) -> impl Iterator<Item = &'i Value> {
    let parts = item.get("content").and_then(Value::as_array);
    let is_of = move |part: &&Value| part.get("type").and_then(Value::as_str) == Some(kind);
    parts.into_iter().flatten().filter(is_of)
}

/// Puts both into the group that begins first.
fn join(leaders: &mut [usize], one: usize, other: usize) {
    let (one, other) = (find(leaders, one), find(leaders, other));
    if let Some(leader) = leaders.get_mut(one.max(other)) {
        *leader = one.min(other);
    }
}

fn find(leaders: &mut [usize], mut at: usize) -> usize {
    while let Some(leader) = leaders.get(at).copied().filter(|leader| *leader != at) {
        // Each way is halved as it is gone, so that long chains stay short.
        let next = leaders.get(leader).copied().unwrap_or(leader);
        if let Some(place) = leaders.get_mut(at) {
            *place = next;
        }
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(items: &Value) -> Vec<usize> {
        leaders(items.as_array().unwrap())
    }

    #[test]
    fn a_call_and_its_results_are_one_group() {
        let items = json!([
            {"role": "user", "content": "hi"},
            {"role": "assistant", "tool_calls": [{"id": "a"}, {"id": "b"}]},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "assistant", "content": "done"},
        ]);
        assert_eq!(of(&items), [0, 1, 1, 1, 4]);
    }

    #[test]
    fn an_id_that_comes_back_belongs_to_the_last_call_of_it() {
        let call = json!({"role": "assistant", "tool_calls": [{"id": "call_1"}]});
        let result = json!({"role": "tool", "tool_call_id": "call_1"});
        let items = json!([call, result, {"role": "user"}, call, result]);
        assert_eq!(of(&items), [0, 0, 2, 3, 3]);
    }

    #[test]
    fn results_in_parts_and_results_without_ids_are_kept_with_their_call() {
        let items = json!([
            {"role": "assistant", "content": [{"type": "text"}, {"type": "tool_use", "id": "x"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x"}]},
            {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]},
            {"role": "tool", "content": "no id"},
            {"role": "user", "content": "next"},
            {"role": "tool", "content": "of nothing"},
        ]);
        assert_eq!(of(&items), [0, 0, 2, 2, 4, 5]);
    }

    #[test]
    fn items_that_are_no_messages_stand_alone() {
        assert_eq!(
            of(&json!([1, null, "x", {"score": 1}, []])),
            [0, 1, 2, 3, 4]
        );
        assert_eq!(of(&json!([])), Vec::<usize>::new());
    }
}
