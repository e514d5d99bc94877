//! Equality of JSON values as JSON Schema means it: 1 is 1.0, and the order of members says nothing.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Doubles below this bound in size are whole or not, exactly.
const WHOLE_BOUND: f64 = 1e38;

pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => order(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// The whole number, exactly, when it is one.
pub(super) fn whole(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(i128::from(number));
    }
    if let Some(number) = number.as_u64() {
        return Some(i128::from(number));
    }
    let real = number.as_f64()?;
    // Within the bound a whole double converts exactly.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and within range"
    )]
    (real.fract() == 0.0 && real.abs() < WHOLE_BOUND).then_some(real as i128)
}

pub(super) fn order(a: &Number, b: &Number) -> Option<Ordering> {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// A length or count that a schema names; one below nothing says nothing.
pub(super) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => {
            let whole = whole(number).filter(|count| *count >= 0)?;
            Some(u64::try_from(whole).unwrap_or(u64::MAX))
        }
        _ => None,
    }
}
