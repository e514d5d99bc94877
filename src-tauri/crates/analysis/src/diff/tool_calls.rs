//! Tool calls of two answers: which were made again, with which arguments, and which came or went.
//!
//! Calls of one name are paired by their arguments: the same ones first, then those most alike, else in their order.

use super::json::{JsonChange, diff_json, json_equal};
use plumbline_model::ToolCall;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};

/// More calls than this are paired in their order.
const ALIKE_LIMIT: usize = 64;

/// A call on one side or on both.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCallPair<'c> {
    pub name: &'c str,
    pub a: Option<&'c Value>,
    pub b: Option<&'c Value>,
    /// Argument by argument; empty where both are the same or one is missing.
    pub changes: Vec<JsonChange>,
}

/// The calls of both sides in pairs: in the order of the new side, then those that only the old side made.
#[must_use]
pub fn diff_tool_calls<'c>(a: &'c [ToolCall], b: &'c [ToolCall]) -> Vec<ToolCallPair<'c>> {
    let mut partner: Vec<Option<usize>> = vec![None; b.len()];
    let mut taken = vec![false; a.len()];
    let mut pair = |accepts: &dyn Fn(&ToolCall, &ToolCall) -> bool| {
        for (at_b, call) in b.iter().enumerate() {
            if partner.get(at_b).copied().flatten().is_some() {
                continue;
            }
            let found = a.iter().enumerate().find(|(at_a, old)| {
                taken.get(*at_a) == Some(&false) && old.name == call.name && accepts(old, call)
            });
            if let (Some((at_a, _)), Some(place)) = (found, partner.get_mut(at_b)) {
                *place = Some(at_a);
                if let Some(taken) = taken.get_mut(at_a) {
                    *taken = true;
                }
            }
        }
    };
    if a.len().max(b.len()) <= ALIKE_LIMIT {
        pair(&|old, new| json_equal(&old.arguments, &new.arguments));
        pair(&|old, new| shares_a_value(&old.arguments, &new.arguments));
    }
    in_order(a, b, &mut taken, &mut partner);
    let mut pairs: Vec<ToolCallPair<'c>> = b
        .iter()
        .zip(&partner)
        .map(|(new, old)| {
            let old = old.and_then(|at| a.get(at)).map(|old| &old.arguments);
            ToolCallPair {
                name: &new.name,
                a: old,
                b: Some(&new.arguments),
                changes: old.map_or_else(Vec::new, |old| diff_json(old, &new.arguments)),
            }
        })
        .collect();
    pairs.extend(
        a.iter()
            .zip(&taken)
            .filter(|(_, taken)| !**taken)
            .map(|(old, _)| ToolCallPair {
                name: &old.name,
                a: Some(&old.arguments),
                b: None,
                changes: Vec::new(),
            }),
    );
    pairs
}

/// Pairs what is left of each name in its order.
fn in_order<'c>(
    a: &'c [ToolCall],
    b: &[ToolCall],
    taken: &mut [bool],
    partner: &mut [Option<usize>],
) {
    let mut left: HashMap<&'c str, VecDeque<usize>> = HashMap::new();
    for (at, (old, taken)) in a.iter().zip(taken.iter()).enumerate() {
        if !taken {
            left.entry(&old.name).or_default().push_back(at);
        }
    }
    for (new, place) in b.iter().zip(partner).filter(|(_, place)| place.is_none()) {
        *place = left
            .get_mut(new.name.as_str())
            .and_then(VecDeque::pop_front);
        if let Some(taken) = place.and_then(|at| taken.get_mut(at)) {
            *taken = true;
        }
    }
}

/// Whether an argument has the same value in both.
fn shares_a_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .any(|(name, value)| b.get(name).is_some_and(|other| json_equal(value, other))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(name: &str, arguments: Value) -> ToolCall {
        ToolCall {
            id: String::new(),
            name: name.into(),
            arguments,
        }
    }

    #[test]
    fn calls_are_paired_by_name_and_arguments_not_by_place() {
        let a = [
            call("search", json!({"q": "refund", "top": 3})),
            call("search", json!({"q": "invoice", "top": 3})),
            call("close", json!({})),
        ];
        let b = [
            call("search", json!({"q": "invoice", "top": 5})),
            call("search", json!({"q": "refund", "top": 3})),
            call("mail", json!({"to": "x"})),
        ];
        let pairs = diff_tool_calls(&a, &b);
        let told: Vec<_> = pairs
            .iter()
            .map(|pair| {
                (
                    pair.name,
                    pair.a.is_some(),
                    pair.b.is_some(),
                    pair.changes.len(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("search", true, true, 1),
                ("search", true, true, 0),
                ("mail", false, true, 0),
                ("close", true, false, 0),
            ]
        );
        assert_eq!(pairs[0].changes[0].path, "$.top");
    }

    #[test]
    fn a_flood_of_calls_is_paired_in_order() {
        let many: Vec<ToolCall> = (0..5_000).map(|n| call("f", json!({"n": n}))).collect();
        assert_eq!(diff_tool_calls(&many, &many[1..]).len(), 5_000);
    }
}
