//! What belongs to a row, put into its object.

use super::find::{Found, FoundJoin, quoted};
use super::json::{Key, object};
use super::reason;
use plumbline_model::HowJoined;
use rusqlite::Connection;
use serde_json::{Map, Value};

/// What one row may take along, in bytes of its text and in rows.
const JOINED_BYTES: usize = 32 * 1024 * 1024;
const JOINED_ROWS: usize = 10_000;

/// What is left of what one row may take along.
pub(super) struct Room {
    bytes: usize,
    rows: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: JOINED_BYTES,
            rows: JOINED_ROWS,
        }
    }
}

impl Room {
    fn take(&mut self, row: &Map<String, Value>) -> Result<(), String> {
        let bytes: usize = row
            .values()
            .map(|value| value.as_str().map_or(16, str::len))
            .sum();
        match (self.bytes.checked_sub(bytes), self.rows.checked_sub(1)) {
            (Some(bytes), Some(rows)) => {
                (self.bytes, self.rows) = (bytes, rows);
                Ok(())
            }
            _ => Err("more rows of other tables belong to this row than can be read".to_owned()),
        }
    }
}

/// Adds the rows of other tables that belong to `row`.
///
/// # Errors
/// They cannot be read, or there are more than one row may take along; a sentence either way.
pub(super) fn join(
    conn: &Connection,
    found: &Found,
    row: &mut Map<String, Value>,
    room: &mut Room,
) -> Result<(), String> {
    for joined in &found.joins {
        let how = joined.join;
        let Some(key) = row.get(how.own).and_then(Key::of) else {
            continue;
        };
        let value = match how.how {
            HowJoined::One => match with(conn, joined, &key, room)?.into_iter().next() {
                Some(one) => one.into(),
                None => continue,
            },
            HowJoined::Many => {
                let list = with(conn, joined, &key, room)?;
                Value::Array(list.into_iter().map(Value::Object).collect())
            }
            HowJoined::Up { parent } => {
                let mut list = Vec::new();
                let mut next = Some(key);
                while let Some(key) = next {
                    let Some(one) = with(conn, joined, &key, room)?.into_iter().next() else {
                        break;
                    };
                    next = one.get(parent).and_then(Key::of);
                    list.push(Value::Object(one));
                }
                Value::Array(list)
            }
        };
        row.insert(how.name.to_owned(), value);
    }
    Ok(())
}

/// The rows with this key, by an index or by the places that were noted.
fn with(
    conn: &Connection,
    joined: &FoundJoin,
    key: &Key,
    room: &mut Room,
) -> Result<Vec<Map<String, Value>>, String> {
    let Some(places) = &joined.places else {
        return get(conn, &joined.found, joined.join.theirs, key, room);
    };
    let mut list = Vec::new();
    for place in places.get(key).into_iter().flatten() {
        let place = Key::Integer(*place);
        list.extend(get(conn, &joined.found, "rowid", &place, room)?);
    }
    Ok(list)
}

/// The rows of a table with this key, each with what it takes along itself.
fn get(
    conn: &Connection,
    found: &Found,
    column: &str,
    key: &Key,
    room: &mut Room,
) -> Result<Vec<Map<String, Value>>, String> {
    let sql = format!(
        "SELECT {} FROM main.{} WHERE {} = ?1",
        found.sql_columns,
        quoted(found.read.table),
        if column == "rowid" {
            "rowid".to_owned()
        } else {
            quoted(column)
        }
    );
    let told = |error: rusqlite::Error| format!("{}: {}", found.read.table, reason(&error));
    let mut statement = conn.prepare_cached(&sql).map_err(told)?;
    let mut rows = statement.query([key]).map_err(told)?;
    let mut list = Vec::new();
    while let Some(row) = rows.next().map_err(told)? {
        let (mut row, trouble) = object(row, &found.columns).map_err(told)?;
        room.take(&row)?;
        if let Some(trouble) = trouble {
            return Err(format!("{}: {trouble}", found.read.table));
        }
        join(conn, found, &mut row, room)?;
        list.push(row);
    }
    Ok(list)
}
