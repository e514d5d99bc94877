//! Tool calls of a replayed conversation, answered from a recording while name and arguments match.

use plumbline_model::{Completion, Content, Divergence, Message, Role, ToolCall, ToolResult, Turn};
use serde_json::Value;

/// Two models that never stop calling are stopped here.
const MAX_TURNS: usize = 32;

/// The tools' messages for the calls of an answer.
///
/// The n-th call of a tool with the same arguments gets the n-th recorded result, and the last one again when it is
/// called more often than it was.
///
/// # Errors
/// The first call that the recording does not answer.
pub(super) fn answer_calls(
    calls: &[ToolCall],
    recorded: &[ToolResult],
    before: &[Turn],
) -> Result<Vec<Message>, Divergence> {
    let turn = before.len() as u32 + 1;
    let mut made: Vec<&ToolCall> = before
        .iter()
        .flat_map(|turn| &turn.completion.tool_calls)
        .collect();
    let mut messages = Vec::with_capacity(calls.len());
    for call in calls {
        let diverged = |because: String, recorded_arguments: Option<Value>| Divergence {
            turn,
            tool: call.name.clone(),
            arguments: call.arguments.clone(),
            because,
            recorded_arguments,
        };
        if before.len() >= MAX_TURNS {
            let because = format!("the conversation did not end in {MAX_TURNS} turns");
            return Err(diverged(because, None));
        }
        let same = |other: &ToolCall| is_same(other, &call.name, &call.arguments);
        let earlier = made.iter().filter(|made| same(made)).count();
        let answers: Vec<&ToolResult> = recorded
            .iter()
            .filter(|result| is_same(call, &result.name, &result.arguments))
            .collect();
        let Some(answer) = answers.get(earlier).or(answers.last()) else {
            // Of several recorded calls, the one it stands in the place of.
            let of_tool: Vec<&ToolResult> = recorded
                .iter()
                .filter(|result| result.name == call.name)
                .collect();
            let calls_of_tool = made.iter().filter(|made| made.name == call.name).count();
            let nearest = of_tool.get(calls_of_tool).or(of_tool.last());
            let because = match nearest {
                Some(_) => format!("`{}` was recorded with other arguments", call.name),
                None => format!("no call of `{}` was recorded", call.name),
            };
            return Err(diverged(
                because,
                nearest.map(|near| near.arguments.clone()),
            ));
        };
        made.push(call);
        messages.push(Message {
            tool_call_id: Some(call.id.clone()),
            // Traces name the call and not the tool, so that a recorded request is found; without an id it takes the name.
            name: call.id.is_empty().then(|| call.name.clone()),
            content: Content::Text(answer.result.clone()),
            ..Message::text(Role::Tool, "")
        });
    }
    Ok(messages)
}

/// The answer of a conversation: its last words, with the calls, the tokens and the time of all turns.
pub(super) fn whole_conversation(turns: &[Turn], last: Completion) -> Completion {
    let Some(first) = turns.first() else {
        return last;
    };
    let mut whole = last;
    whole.time_to_first_token_ms = first.completion.time_to_first_token_ms;
    let mut calls: Vec<ToolCall> = Vec::new();
    for turn in turns {
        whole.usage = whole.usage.plus(&turn.completion.usage);
        whole.latency_ms = whole
            .latency_ms
            .zip(turn.completion.latency_ms)
            .map(|(left, right)| left + right);
        calls.extend(turn.completion.tool_calls.iter().cloned());
    }
    calls.append(&mut whole.tool_calls);
    whole.tool_calls = calls;
    whole
}

/// The answers of a conversation as each was paid: those of the turns, and the last one without what they took.
pub(super) fn by_turn(turns: &[Turn], whole: &Completion) -> impl Iterator<Item = Completion> {
    let usage = turns
        .iter()
        .fold(whole.usage, |rest, turn| rest.minus(&turn.completion.usage));
    let last = Completion {
        usage,
        ..whole.clone()
    };
    turns
        .iter()
        .map(|turn| turn.completion.clone())
        .chain([last])
}

/// Whether a call is one of this tool with these arguments; the order of members does not count, and a whole number
/// is the same with and without a fraction of zero.
fn is_same(call: &ToolCall, name: &str, arguments: &Value) -> bool {
    call.name == name && is_equal(&call.arguments, arguments)
}

fn is_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let exact = [left, right].iter().all(|number| !number.is_f64());
            left == right || (!exact && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| {
                    right.get(name).is_some_and(|other| is_equal(value, other))
                })
        }
        // No arguments are written as nothing, as null and as an empty object.
        (Value::Null, Value::Object(fields)) | (Value::Object(fields), Value::Null) => {
            fields.is_empty()
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::Usage;
    use serde_json::json;

    fn call(name: &str, arguments: Value) -> ToolCall {
        ToolCall {
            id: format!("id-{name}"),
            name: name.into(),
            arguments,
        }
    }

    fn recorded(name: &str, arguments: Value, result: &str) -> ToolResult {
        ToolResult {
            name: name.into(),
            arguments,
            result: result.into(),
        }
    }

    fn texts(messages: &[Message]) -> Vec<String> {
        messages
            .iter()
            .map(|message| message.content.text())
            .collect()
    }

    #[test]
    fn a_call_is_answered_by_name_and_arguments_whatever_their_order() {
        let tools = [
            recorded("find", json!({"a": 1, "b": [2.0]}), "one"),
            recorded("now", Value::Null, "noon"),
        ];
        let calls = [
            call("find", json!({"b": [2], "a": 1.0})),
            call("now", json!({})),
        ];
        let messages = answer_calls(&calls, &tools, &[]).unwrap();
        assert_eq!(texts(&messages), ["one", "noon"]);
        assert_eq!(messages[0].tool_call_id.as_deref(), Some("id-find"));
    }

    #[test]
    fn the_same_call_again_gets_the_next_result_and_then_the_last() {
        let tools = [
            recorded("poll", json!({}), "waiting"),
            recorded("poll", json!({}), "done"),
        ];
        let poll = call("poll", json!({}));
        let mut before = Vec::new();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let results = answer_calls(std::slice::from_ref(&poll), &tools, &before).unwrap();
            seen.extend(texts(&results));
            before.push(Turn {
                completion: Completion {
                    tool_calls: vec![poll.clone()],
                    ..Completion::default()
                },
                results,
            });
        }
        assert_eq!(seen, ["waiting", "done", "done"]);
        let twice = answer_calls(&[poll.clone(), poll], &tools, &[]).unwrap();
        assert_eq!(texts(&twice), ["waiting", "done"], "within one turn too");
    }

    #[test]
    fn a_conversation_takes_what_all_its_turns_took() {
        let turn = |text: &str, calls: Vec<ToolCall>| Completion {
            text: text.into(),
            tool_calls: calls,
            usage: Usage::of(10, 2),
            latency_ms: Some(5.0),
            time_to_first_token_ms: Some(1.0),
            ..Completion::default()
        };
        let before = [Turn {
            completion: turn("", vec![call("find", json!({}))]),
            results: Vec::new(),
        }];
        let whole = whole_conversation(&before, turn("found", Vec::new()));
        assert_eq!((whole.text.as_str(), whole.tool_calls.len()), ("found", 1));
        assert_eq!(
            (whole.usage, whole.latency_ms),
            (Usage::of(20, 4), Some(10.0))
        );
        let parts: Vec<Usage> = by_turn(&before, &whole)
            .map(|answer| answer.usage)
            .collect();
        assert_eq!(parts, [Usage::of(10, 2), Usage::of(10, 2)]);
        let silent = Completion {
            latency_ms: None,
            ..turn("", Vec::new())
        };
        assert_eq!(
            whole_conversation(&before, silent).latency_ms,
            None,
            "unknown is not zero"
        );
    }

    #[test]
    fn what_was_not_recorded_is_where_it_diverged() {
        let tools = [recorded("find", json!({"id": 7}), "seven")];
        let other = answer_calls(&[call("find", json!({"id": 8}))], &tools, &[]).unwrap_err();
        assert_eq!(
            (other.turn, other.recorded_arguments),
            (1, Some(json!({"id": 7})))
        );
        let unknown = answer_calls(&[call("drop", json!({}))], &tools, &[]).unwrap_err();
        assert!(unknown.because.contains("no call of `drop`"), "{unknown:?}");
        let text = answer_calls(&[call("find", json!("{\"id\": 7"))], &tools, &[]).unwrap_err();
        assert_eq!(
            text.arguments,
            json!("{\"id\": 7"),
            "broken JSON matches nothing"
        );
    }

    #[test]
    fn large_numbers_are_not_taken_for_their_neighbours() {
        let tools = [recorded(
            "find",
            json!({"id": 9_007_199_254_740_993_i64}),
            "x",
        )];
        assert!(
            answer_calls(
                &[call("find", json!({"id": 9_007_199_254_740_992_i64}))],
                &tools,
                &[]
            )
            .is_err()
        );
    }
}
