//! A row as a JSON object. Blobs are named by their size; text that is not UTF-8 is said to be none.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::{Map, Number, Value, json};

/// The row's members, and what is wrong with it.
pub(super) fn object(
    row: &Row<'_>,
    columns: &[String],
) -> rusqlite::Result<(Map<String, Value>, Option<String>)> {
    let mut object = Map::new();
    let mut trouble = None;
    for (index, name) in columns.iter().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Null => continue,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => match Number::from_f64(number) {
                Some(number) => number.into(),
                None => number.to_string().into(),
            },
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text.into(),
                Err(_) => {
                    trouble = Some(format!("`{name}` is not UTF-8"));
                    String::from_utf8_lossy(bytes).into()
                }
            },
            ValueRef::Blob(bytes) => json!({ "blob_bytes": bytes.len() }),
        };
        object.insert(name.clone(), value);
    }
    Ok((object, trouble))
}

/// A value as one can compare it: what two columns hold when they are joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Integer(i64),
    Text(String),
}

impl Key {
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_i64().map(Self::Integer),
            Value::String(text) => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    pub(super) fn of_column(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(number) => Some(Self::Integer(number)),
            ValueRef::Text(bytes) => Some(Self::Text(std::str::from_utf8(bytes).ok()?.to_owned())),
            _ => None,
        }
    }
}

impl rusqlite::ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        })
    }
}
