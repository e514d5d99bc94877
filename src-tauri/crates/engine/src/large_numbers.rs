//! Whole numbers that a page cannot hold: a JavaScript number is exact only up to 2^53, so those beyond it
//! go out as text, digit by digit.

use plumbline_model::Span;
use serde_json::Value;

/// The largest whole number that every smaller one of is exact in a JavaScript number.
const EXACT: u64 = (1 << 53) - 1;

/// Puts text in place of large whole numbers wherever a span holds free values.
pub(crate) fn as_text(span: &mut Span) {
    let calls = span
        .input_messages
        .iter_mut()
        .chain(&mut span.output_messages)
        .flat_map(|message| &mut message.tool_calls)
        .map(|call| &mut call.arguments);
    let mut open: Vec<&mut Value> = span
        .parameters
        .values_mut()
        .chain(span.prompt_variables.values_mut())
        .chain(&mut span.tool_arguments)
        .chain(&mut span.tool_result)
        .chain(calls)
        .collect();
    // A stack of its own: the depth is the source's choice.
    while let Some(value) = open.pop() {
        match value {
            Value::Array(list) => open.extend(list),
            Value::Object(fields) => open.extend(fields.values_mut()),
            Value::Number(number) => {
                let whole = number.as_u64().or(number.as_i64().map(i64::unsigned_abs));
                if whole.is_some_and(|whole| whole > EXACT) {
                    *value = Value::String(number.to_string());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{SpanKind, UnixNanos};
    use serde_json::json;

    #[test]
    fn numbers_beyond_two_to_the_53_become_text_and_others_stay() {
        let mut span = Span::new("t", "s", SpanKind::Tool, UnixNanos(1));
        span.tool_arguments = Some(json!({
            "order": 9_007_199_254_740_993_u64, "small": 9_007_199_254_740_991_u64,
            "list": [-9_007_199_254_740_993_i64, 1.5, {"deep": u64::MAX}], "text": "9007199254740993",
        }));
        as_text(&mut span);
        assert_eq!(
            span.tool_arguments,
            Some(json!({
                "order": "9007199254740993", "small": 9_007_199_254_740_991_u64,
                "list": ["-9007199254740993", 1.5, {"deep": "18446744073709551615"}],
                "text": "9007199254740993",
            }))
        );
    }
}
