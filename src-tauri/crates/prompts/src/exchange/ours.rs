//! The prompt file that we write beside a foreign prompt, where its format keeps the words of others.
//!
//! While what it says is what stands there, it is the prompt, byte for byte. Once somebody changed the prompt there, what
//! was changed counts, and all that was not, or that the format cannot show, is as our file says.

use super::build::Build;
use super::text::version_of_file;
use super::{ForeignVersion, Loss, merge};
use crate::parse;
use plumbline_model::{PromptOrigin, PromptSpec};
use serde_json::{Map, Value, json};

/// The member that holds it.
pub(super) const KEY: &str = "plumbline";

pub(super) fn member(text: &str) -> Value {
    json!({ "file": text })
}

/// What stands in a foreign file beside our copy.
pub(super) struct Beside<'p> {
    /// Our copy, or what is in its place.
    pub(super) copy: Option<Value>,
    /// Where it stands.
    pub(super) place: &'p str,
    /// What stands there without the copy.
    pub(super) there: Map<String, Value>,
}

/// What became of the copy.
pub(super) enum Found {
    /// What its format makes of it still stands there.
    Whole(Box<ForeignVersion>),
    /// It was changed there.
    Edited(Copied),
    /// There is none that can be read.
    None,
}

/// What a copy says that is not what stands there any more.
pub(super) struct Copied {
    pub(super) name: String,
    /// Where the copy came from.
    pub(super) origin: Option<PromptOrigin>,
}

/// Holds the copy against what stands there, by what its format makes of it (`written`). Unless it is whole, `build` gets
/// what `read` makes of that, with what only the copy says. The error says why it can be no prompt.
pub(super) fn read(
    build: &mut Build,
    beside: Beside<'_>,
    written: impl Fn(&PromptSpec) -> Map<String, Value>,
    read: impl Fn(&mut Build, Map<String, Value>) -> Result<(), String>,
) -> Result<Found, String> {
    let Beside { copy, place, there } = beside;
    let Some(copy) = copy.filter(|copy| !copy.is_null()) else {
        read(build, there)?;
        return Ok(Found::None);
    };
    let text = copy.get("file").and_then(Value::as_str);
    let parsed = text.map_or_else(
        || Err("it holds no prompt file".to_owned()),
        |text| match parse(text) {
            Ok(spec) => Ok((text, spec)),
            Err(error) => Err(format!("its prompt file cannot be read: {error}")),
        },
    );
    let (text, spec) = match parsed {
        Ok(parsed) => parsed,
        Err(what) => {
            build.losses.push(Loss::dropped(place, what));
            read(build, there)?;
            return Ok(Found::None);
        }
    };
    let shown = written(&spec);
    if is_same(&json!(shown), &json!(there)) {
        return Ok(Found::Whole(Box::new(version_of_file(spec, text))));
    }
    let what = "the prompt was changed there after this file was written beside it: what was changed counts, all else is as this file says";
    build.losses.push(Loss::changed(place, what));
    read(build, there)?;
    let mut was = Build::new(&spec.name);
    // Of a copy that can be no prompt there counts what was read of it before that was seen.
    let _ = read(&mut was, shown);
    // What our own writing loses is in the copy.
    build.losses.retain(|loss| !was.losses.contains(loss));
    let now = std::mem::replace(&mut build.spec, PromptSpec::unnamed());
    let copied = Copied {
        name: spec.name.clone(),
        origin: spec.origin.clone(),
    };
    build.was = Some(text.to_owned());
    build.spec = merge::merged(now, &was.spec, spec);
    Ok(Found::Edited(copied))
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
            (json!({"a": {"b": 1}}), json!({"a": {"c": 1}})),
        ] {
            assert!(!is_same(&a, &b), "{a} {b}");
        }
    }
}
