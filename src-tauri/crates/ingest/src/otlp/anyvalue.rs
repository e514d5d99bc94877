//! OTLP's AnyValue and KeyValue as plain JSON values.
//!
//! 64-bit integers come as text or as numbers and are exact either way; a number that does not fit is
//! refused, never rounded. Source: opentelemetry-proto `common.proto` and its JSON mapping.

use crate::canonical::Key;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};
use std::fmt;

/// One attribute as it stands on the wire.
#[derive(Deserialize)]
pub(crate) struct KeyValue {
    #[serde(default)]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: AnyValue,
}

/// A value of any type, already as JSON. Bytes stay base64 text; an empty value is null.
#[derive(Default)]
pub(crate) struct AnyValue(pub(crate) Value);

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Union).map(AnyValue)
    }
}

/// The union object; bare JSON values are tolerated, since some producers write them.
struct Union;

impl<'de> Visitor<'de> for Union {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute value such as {\"stringValue\": …}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut value = Value::Null;
        while let Some(Key(key)) = map.next_key()? {
            let next: Value = match &*key {
                "stringValue" | "string_value" | "bytesValue" | "bytes_value" => {
                    map.next_value::<Option<String>>()?.into()
                }
                "boolValue" | "bool_value" => map.next_value::<Option<bool>>()?.into(),
                "intValue" | "int_value" => map.next_value_seed(Integer)?,
                "doubleValue" | "double_value" => map.next_value_seed(Double)?,
                "arrayValue" | "array_value" => match map.next_value::<Option<ArrayValue>>()? {
                    Some(array) => array.values.into_iter().map(|value| value.0).collect(),
                    None => Value::Null,
                },
                "kvlistValue" | "kvlist_value" => match map.next_value::<Option<KeyValueList>>()? {
                    Some(list) => Value::Object(object(list.values)),
                    None => Value::Null,
                },
                _ => {
                    map.next_value::<Value>()?;
                    continue;
                }
            };
            // Some producers write all members of the union and leave all but one null.
            if !next.is_null() {
                value = next;
            }
        }
        Ok(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(AnyValue(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ArrayValue {
    values: Vec<AnyValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyValueList {
    values: Vec<KeyValue>,
}

/// Attributes as one object; of two equal keys the last counts.
pub(crate) fn object(list: Vec<KeyValue>) -> Map<String, Value> {
    list.into_iter()
        .map(|KeyValue { key, value }| (key, value.0))
        .collect()
}

struct Integer;

impl<'de> DeserializeSeed<'de> for Integer {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Integer {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a 64-bit integer as text or number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let text = text.trim();
        text.parse::<i64>()
            .map(Value::from)
            // Beyond int64 by the letter of OTLP, but counts are unsigned in the products that write them.
            .or_else(|_| text.parse::<u64>().map(Value::from))
            .map_err(|_| E::custom(format!("`{text}` is not a 64-bit integer")))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

struct Double;

impl<'de> DeserializeSeed<'de> for Double {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Double {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    /// `"NaN"` and `"Infinity"`, which JSON numbers cannot say, stay text.
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => self.visit_f64(value),
            _ => Ok(text.into()),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// A JSON value as AnyValue: 64-bit integers as text, as OTLP/JSON wants them.
pub(crate) fn to_any(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(flag) => json!({ "boolValue": flag }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(values) => {
            let values: Vec<Value> = values.iter().map(to_any).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Value::Object(fields) => {
            let values: Vec<Value> = fields
                .iter()
                .map(|(key, value)| json!({ "key": key, "value": to_any(value) }))
                .collect();
            json!({ "kvlistValue": { "values": values } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str::<AnyValue>(text).map(|value| value.0)
    }

    #[test]
    fn integers_are_exact_as_text_and_as_number() {
        let big = 9_007_199_254_740_993_i64;
        assert_eq!(
            read(r#"{"intValue":"9007199254740993"}"#).unwrap(),
            json!(big)
        );
        assert_eq!(
            read(r#"{"intValue":9007199254740993}"#).unwrap(),
            json!(big)
        );
        assert!(
            read(r#"{"intValue":18446744073709551616}"#).is_err(),
            "2^64 must not be rounded"
        );
        assert!(read(r#"{"intValue":"1.5"}"#).is_err());
    }

    #[test]
    fn a_double_stays_a_double_and_nan_stays_a_word() {
        assert_eq!(read(r#"{"doubleValue":1}"#).unwrap(), json!(1.0));
        assert_eq!(read(r#"{"doubleValue":"NaN"}"#).unwrap(), json!("NaN"));
    }

    #[test]
    fn every_json_value_survives_the_way_out_and_in() {
        let value =
            json!({"a": [1, 2.5, null, true, "x", [], {}], "b": {"c": u64::MAX, "d": i64::MIN}});
        assert_eq!(read(&to_any(&value).to_string()).unwrap(), value);
    }

    #[test]
    fn nesting_without_end_is_an_error() {
        let deep = r#"{"arrayValue":{"values":["#.repeat(50_000);
        assert!(read(&deep).is_err());
    }
}
