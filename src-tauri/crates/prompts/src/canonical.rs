//! Canonical JSON (RFC 8785): one text for one value, so that equal values have equal hashes.
//!
//! The RFC writes every number as a double. Whole numbers that a double cannot hold would then collide
//! with their neighbours, so they are refused here and written as text by the hashes.

use crate::PromptError;
use serde_json::{Map, Number, Value};

/// Largest whole number that every JSON reader keeps exactly (RFC 7493).
const MAX_EXACT: u64 = (1 << 53) - 1;

/// The canonical text of a value.
///
/// # Errors
/// [`PromptError::NotCanonical`] when it holds a whole number beyond ±(2^53 − 1).
pub fn canonical_json(value: &Value) -> Result<String, PromptError> {
    if let Some(number) = first_inexact(value) {
        let reason = format!("{number} is beyond the whole numbers that JSON readers keep exactly");
        return Err(PromptError::NotCanonical(reason));
    }
    serde_json_canonicalizer::to_string(value).map_err(|e| PromptError::NotCanonical(e.to_string()))
}

/// The same value with every whole number beyond ±(2^53 − 1) written as decimal text.
pub(crate) fn exact(value: Value) -> Value {
    match value {
        Value::Number(number) if is_inexact(&number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(members) => {
            let members: Map<String, Value> = members
                .into_iter()
                .map(|(key, value)| (key, exact(value)))
                .collect();
            Value::Object(members)
        }
        other => other,
    }
}

fn is_inexact(number: &Number) -> bool {
    number
        .as_u64()
        .or_else(|| number.as_i64().map(i64::unsigned_abs))
        .is_some_and(|n| n > MAX_EXACT)
}

fn first_inexact(value: &Value) -> Option<&Number> {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Number(number) if is_inexact(number) => return Some(number),
            Value::Array(items) => rest.extend(items),
            Value::Object(members) => rest.extend(members.values()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_example_of_the_rfc_comes_out_byte_for_byte() {
        let value: Value = serde_json::from_str(
            r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
                "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
        )
        .unwrap();
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical_json(&value).unwrap(), expected);
    }

    #[test]
    fn equal_numbers_have_one_form_and_inexact_ones_are_refused() {
        assert_eq!(
            canonical_json(&json!([1.0, 1, -0.0, 1e2])).unwrap(),
            "[1,1,0,100]"
        );
        for number in [
            json!(u64::MAX),
            json!(i64::MIN),
            json!(9_007_199_254_740_993_u64),
        ] {
            assert!(
                canonical_json(&json!({"a": [number.clone()]})).is_err(),
                "{number}"
            );
            assert_eq!(exact(number.clone()), Value::String(number.to_string()));
        }
    }

    proptest! {
        #[test]
        fn the_canonical_text_reads_back_as_itself(keys in proptest::collection::btree_map("\\PC{0,4}", "\\PC{0,8}", 0..8)) {
            let value = json!(keys);
            let text = canonical_json(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
