//! Messages straight from the wire.
//!
//! Nearly every message is a role and a text. Those are read without a value in between; whatever else a message is
//! or has becomes a value and is read as everywhere else.

use super::fields::Key;
use crate::messages::{from_item, from_json, role};
use plumbline_model::{Message, Role};
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Reads what stands under `input_messages` or `output_messages`; who says no role is the speaker.
pub(super) struct Said(pub(super) Role);

impl<'de> DeserializeSeed<'de> for Said {
    type Value = Vec<Message>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Message>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Said {
    type Value = Vec<Message>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Message>, A::Error> {
        let mut messages = Vec::new();
        while let Some(item) = list.next_element_seed(Item(self.0))? {
            messages.push(match item {
                Read::Message(message) => message,
                Read::Value(value) => {
                    from_item(value, messages.len(), self.0).map_err(A::Error::custom)?
                }
            });
        }
        Ok(messages)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Message>, A::Error> {
        match Item(self.0).visit_map(map)? {
            Read::Message(message) => Ok(vec![message]),
            Read::Value(value) => from_json(value, self.0).map_err(A::Error::custom),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<Message>, E> {
        Ok(vec![Message::text(self.0, text)])
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<Message>, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Vec<Message>, E> {
        from_json(value.into(), self.0).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Vec<Message>, E> {
        from_json(value.into(), self.0).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Vec<Message>, E> {
        from_json(value.into(), self.0).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Vec<Message>, E> {
        from_json(value.into(), self.0).map_err(E::custom)
    }
}

/// One element of a list.
struct Item(Role);

enum Read {
    Message(Message),
    Value(Value),
}

impl<'de> DeserializeSeed<'de> for Item {
    type Value = Read;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let (mut who, mut content) = (None, None);
        let mut rest = Map::new();
        while let Some(Key(name)) = map.next_key()? {
            match &*name {
                // Of a field that stands twice the later counts, as in a map.
                "role" => who = Some(map.next_value()?),
                "content" => content = Some(map.next_value()?),
                _ => drop(rest.insert(name.into_owned(), map.next_value()?)),
            }
        }
        match (who, content) {
            (Some(Value::String(word)), Some(Value::String(text))) if rest.is_empty() => {
                let (role, name) = role(&word);
                let mut message = Message::text(role, text);
                message.name = name;
                Ok(Read::Message(message))
            }
            (who, content) => {
                let fields = [("role", who), ("content", content)];
                let fields = fields
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)));
                rest.extend(fields.map(|(name, value)| (name.to_owned(), value)));
                Ok(Read::Value(Value::Object(rest)))
            }
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Read, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Read::Value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read, E> {
        Ok(Read::Message(Message::text(self.0, text)))
    }

    fn visit_unit<E: Error>(self) -> Result<Read, E> {
        Ok(Read::Value(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Read, E> {
        Ok(Read::Value(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Read, E> {
        Ok(Read::Value(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Read, E> {
        Ok(Read::Value(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Read, E> {
        Ok(Read::Value(value.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn straight(text: &str) -> Result<Vec<Message>, String> {
        let mut reader = serde_json::Deserializer::from_str(text);
        Said(Role::User).deserialize(&mut reader).map_err(|error| {
            let error = error.to_string();
            error
                .split(" at line")
                .next()
                .unwrap_or_default()
                .to_owned()
        })
    }

    fn by_value(text: &str) -> Result<Vec<Message>, String> {
        from_json(serde_json::from_str(text).unwrap(), Role::User)
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "user|assistant|tool|Judge|a text \"with\" marks".prop_map(Value::from),
        ];
        let name = "role|content|name|parts|tool_calls|tool_call_id|other";
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(name, inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn they_are_what_a_value_in_between_makes_of_them(value in any_json()) {
            let text = value.to_string();
            prop_assert_eq!(straight(&text), by_value(&text), "{}", text);
        }
    }

    #[test]
    fn of_a_field_that_stands_twice_the_later_counts() {
        let twice = r#"[{"role":"user","content":"a","role":"assistant","content":"b"}]"#;
        assert_eq!(straight(twice), by_value(twice));
        assert_eq!(
            straight(twice).unwrap(),
            [Message::text(Role::Assistant, "b")]
        );
    }
}
