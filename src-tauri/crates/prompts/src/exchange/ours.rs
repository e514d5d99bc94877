//! The prompt file that we write beside a foreign prompt, where its format keeps the words of others.
//!
//! It counts as long as what it says is what stands there; once somebody changed the prompt there, that counts.

use super::text::version_of_file;
use super::{ForeignVersion, Loss};
use crate::parse;
use plumbline_model::PromptSpec;
use serde_json::{Value, json};

/// The member that holds it.
pub(super) const KEY: &str = "plumbline";

pub(super) fn member(text: &str) -> Value {
    json!({ "file": text })
}

/// The version that the member holds, if writing it again gives what stands `there`; else why it does not count.
pub(super) fn read(
    member: &Value,
    place: &str,
    there: &Value,
    written: impl Fn(&PromptSpec) -> Value,
) -> Result<ForeignVersion, Loss> {
    let dropped = |what: String| Err(Loss::dropped(place, what));
    let Some(text) = member.get("file").and_then(Value::as_str) else {
        return dropped("it holds no prompt file".to_owned());
    };
    match parse(text) {
        Ok(spec) if is_same(&written(&spec), there) => Ok(version_of_file(spec, text)),
        Ok(_) => dropped(
            "the prompt was changed there after this file was written beside it: what stands there counts, and what only the file says is gone"
                .to_owned(),
        ),
        Err(error) => dropped(format!("its prompt file cannot be read: {error}")),
    }
}

/// Whether two values are the same, whole numbers being numbers, and what is null not being there.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (Some(x), Some(y)) = (a.as_f64(), b.as_f64()) else {
                return a == b;
            };
            // A number that went through another writer may come back as its neighbour.
            a == b || (!(a.is_u64() && b.is_u64()) && (x - y).abs() <= f64::EPSILON * x.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let here = |value: &&Value| !value.is_null();
            let count = a.values().filter(here).count();
            count == b.values().filter(here).count()
                && a.iter()
                    .filter(|(_, value)| !value.is_null())
                    .all(|(key, value)| b.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written_and_others_are_not() {
        assert!(is_same(&json!({"a": 1.0, "b": null}), &json!({"a": 1})));
        assert!(is_same(&json!([0.1 + 0.2]), &json!([0.3])));
        for (a, b) in [
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!(1), json!(2)),
            (json!(0.2), json!(0.20001)),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992_u64),
            ),
            (json!([1]), json!([1, 2])),
            (json!("1"), json!(1)),
        ] {
            assert!(!is_same(&a, &b), "{a} {b}");
        }
    }
}
