//! The types that a schema allows, as a set. A number is an integer or a fraction.

use serde_json::{Map, Value};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const OBJECT: Self = Self(4);
    pub(super) const ARRAY: Self = Self(8);
    pub(super) const STRING: Self = Self(16);
    pub(super) const INTEGER: Self = Self(32);
    pub(super) const FRACTION: Self = Self(64);
    pub(super) const NUMBER: Self = Self(96);
    pub(super) const ALL: Self = Self(127);

    /// One set for each type that has words of its own.
    pub(super) const EACH: [Self; 6] = [
        Self::STRING,
        Self::NUMBER,
        Self::BOOLEAN,
        Self::ARRAY,
        Self::OBJECT,
        Self::NULL,
    ];

    /// What `type` and `nullable` of a schema allow; a `type` that is no text and no list says nothing.
    pub(super) fn of_schema(schema: &Map<String, Value>) -> Self {
        let named = match schema.get("type") {
            Some(Value::String(name)) => Self::of_name(name),
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Self::NONE, |all, name| all.or(Self::of_name(name))),
            _ => return Self::ALL,
        };
        match schema.get("nullable") {
            Some(Value::Bool(true)) => named.or(Self::NULL),
            _ => named,
        }
    }

    /// Whether `type` names what is no type: such a schema is not one.
    pub(super) fn has_unknown_name(schema: &Map<String, Value>) -> bool {
        let unknown = |name: &Value| {
            let name = name.as_str();
            name.is_none_or(|name| Self::of_name(name).is_none())
        };
        match schema.get("type") {
            Some(Value::Array(names)) => names.iter().any(unknown),
            Some(name @ Value::String(_)) => unknown(name),
            _ => false,
        }
    }

    fn of_name(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "object" => Self::OBJECT,
            "array" => Self::ARRAY,
            "string" => Self::STRING,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            _ => Self::NONE,
        }
    }

    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Object(_) => Self::OBJECT,
            Value::Array(_) => Self::ARRAY,
            Value::String(_) => Self::STRING,
            Value::Number(number) => match number.as_f64() {
                Some(real) if real.fract() != 0.0 => Self::FRACTION,
                _ => Self::INTEGER,
            },
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Self) -> bool {
        !self.both(other).is_none()
    }

    /// The names, as a schema writes them.
    pub(super) fn names(self) -> Vec<&'static str> {
        if self == Self::ALL {
            return vec!["any value"];
        }
        let number = match (self.has(Self::INTEGER), self.has(Self::FRACTION)) {
            (true, false) => "integer",
            _ => "number",
        };
        let named = [
            (Self::STRING, "string"),
            (Self::NUMBER, number),
            (Self::BOOLEAN, "boolean"),
            (Self::ARRAY, "array"),
            (Self::OBJECT, "object"),
            (Self::NULL, "null"),
        ];
        let held = named.iter().filter(|(types, _)| self.has(*types));
        held.map(|(_, name)| *name).collect()
    }
}
