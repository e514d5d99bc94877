//! JSON and YAML of strangers as plain values: bounded, and with each member once, since readers disagree which of two
//! with one name counts.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// Values of one file; a list of millions of nothing would fill the memory.
const MAX_VALUES: usize = 2_000_000;
/// Elsewhere this name means what an object is, not what it holds.
const FORBIDDEN_KEY: &str = "__proto__";

/// The JSON documents of a text: one, or one after another.
pub(super) fn json(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let left = Cell::new(MAX_VALUES);
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut documents = Vec::new();
    while reader.end().is_err() {
        documents.push(Strict(&left).deserialize(&mut reader)?);
    }
    // Words that run into each other, such as `truenull`, are only told by the reader of streams.
    for document in serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>() {
        document?;
    }
    Ok(documents)
}

/// One YAML document.
pub(super) fn yaml(text: &str) -> Result<Value, String> {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_depth = 64;
    budget.max_nodes = 200_000;
    budget.max_events = 800_000;
    budget.max_aliases = 100;
    budget.max_anchors = 100;
    budget.max_documents = 1;
    budget.max_total_scalar_bytes = super::MAX_FOREIGN_BYTES;
    let options = serde_saphyr::options! {
        budget: Some(budget),
        strict_booleans: true,
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::Reject,
    };
    let value: Value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("it is not valid YAML: {error}"))?;
    if has_forbidden_key(&value) {
        return Err(forbidden());
    }
    Ok(value)
}

fn forbidden() -> String {
    format!("a member must not be called `{FORBIDDEN_KEY}`")
}

fn has_forbidden_key(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_forbidden_key),
        Value::Object(members) => {
            members.contains_key(FORBIDDEN_KEY) || members.values().any(has_forbidden_key)
        }
        _ => false,
    }
}

#[derive(Clone, Copy)]
struct Strict<'n>(&'n Cell<usize>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.0.get();
        if left == 0 {
            return Err(D::Error::custom(format!(
                "it has more than {MAX_VALUES} values"
            )));
        }
        self.0.set(left - 1);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let shown: String = key.chars().take(60).collect();
            if key == FORBIDDEN_KEY {
                return Err(A::Error::custom(forbidden()));
            }
            let value = members.next_value_seed(self)?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom(format!(
                    "member {shown:?} stands twice in one object"
                )));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn documents_stand_alone_or_one_after_another() {
        let read = json("{\"a\": [1, -1, 1.5, null, true, \"\\ud83d\\ude00\"]}\n{} 2\n").unwrap();
        assert_eq!(
            read,
            [
                json!({"a": [1, -1, 1.5, null, true, "😀"]}),
                json!({}),
                json!(2)
            ]
        );
        assert_eq!(json("").unwrap(), [] as [Value; 0]);
    }

    #[test]
    fn a_member_that_stands_twice_is_named_with_its_line() {
        let text = "{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}";
        let error = json(text).unwrap_err().to_string();
        assert!(error.contains("\"c\" stands twice"), "{error}");
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn what_could_mean_two_things_or_fill_the_memory_is_refused() {
        for (text, reason) in [
            ("{\"a\": 1, \"a\": 2}".to_owned(), "stands twice"),
            ("{\"a\": {\"__proto__\": {}}}".to_owned(), "__proto__"),
            ("{\"a\": \"\\ud83d\"}".to_owned(), "escape"),
            ("[".repeat(100_000), "recursion limit"),
            (format!("[{}1]", "1,".repeat(MAX_VALUES)), "values"),
            ("{\"a\": }".to_owned(), "expected value"),
        ] {
            let error = json(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(yaml("a: 1\na: 2").is_err());
        assert!(yaml("a: {__proto__: 1}").is_err());
        assert!(yaml(&"[".repeat(10_000)).is_err());
        assert!(yaml("a: \"\\ud83d\"").is_err());
        assert!(yaml("a: .nan").is_err());
        // Each name stands for ten of the one before: ten thousand millions of values.
        let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..10 {
            let before = format!("*a{},", n - 1).repeat(10);
            laughs.push_str(&format!("a{n}: &a{n} [{before}]\n"));
        }
        assert!(yaml(&laughs).is_err());
    }

    proptest! {
        #[test]
        fn any_other_text_is_read_as_everybody_reads_it(text in "[\\[\\]{}\"a:,0-9. etrun-]{0,40}") {
            let plain: Result<Vec<Value>, _> =
                serde_json::Deserializer::from_str(&text).into_iter().collect();
            if let Ok(strict) = json(&text) {
                prop_assert_eq!(strict, plain.unwrap());
            }
        }
    }
}
