//! JSON in which every object says each member once: of two with one name, readers disagree which one counts.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The documents of a text, one after another.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Strict>()
        .map(|document| document.map(|strict| strict.0))
        .collect()
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Strict)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = members.next_entry::<String, Strict>()? {
            let shown: String = key.chars().take(60).collect();
            // Elsewhere this name means what an object is, not what it holds.
            if key == "__proto__" {
                return Err(A::Error::custom("a member must not be called `__proto__`"));
            }
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom(format!(
                    "member {shown:?} stands twice in one object"
                )));
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_member_that_stands_twice_is_named_with_its_line() {
        let text = "{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}";
        let error = documents(text).unwrap_err().to_string();
        assert!(error.contains("\"c\" stands twice"), "{error}");
        assert!(error.contains("line 2"), "{error}");
        assert!(documents("{\"a\": {\"__proto__\": {}}}").is_err());
        assert_eq!(
            documents("{\"a\": [1, -1, 1.5, null, true, \"x\"]} 2").unwrap(),
            [json!({"a": [1, -1, 1.5, null, true, "x"]}), json!(2)]
        );
    }

    proptest! {
        #[test]
        fn any_other_text_is_read_as_everybody_reads_it(text in "[\\[\\]{}\"a:,0-9. etrun-]{0,40}") {
            let plain: Result<Vec<Value>, _> =
                serde_json::Deserializer::from_str(&text).into_iter().collect();
            if let Ok(strict) = documents(&text) {
                prop_assert_eq!(strict, plain.unwrap());
            }
        }
    }
}
