//! Which tables of a plan are there, with which columns, and how rows of other tables are found.

use super::Watch;
use super::json::Key;
use plumbline_model::{Joined, TableRead};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// Rows of a table that is joined by a column without an index, whose places are kept in memory.
const PLACES: usize = 500_000;

/// A table that is there, with its columns and what of its joins can be followed.
pub(super) struct Found {
    pub(super) read: TableRead,
    /// Its columns as SQL names them.
    pub(super) sql_columns: String,
    pub(super) columns: Vec<String>,
    pub(super) joins: Vec<FoundJoin>,
}

/// Rows of another table, as they are found.
pub(super) struct FoundJoin {
    pub(super) join: Joined,
    pub(super) found: Found,
    /// Where the rows stand, for a column without an index.
    pub(super) places: Option<HashMap<Key, Vec<i64>>>,
}

/// Looks for a table and what can be joined to it; `None` when it is not there. What was cut short is noted.
///
/// # Errors
/// SQLite's, on a damaged schema.
pub(super) fn find(
    conn: &Connection,
    watch: &Watch,
    read: &TableRead,
    notes: &mut Vec<(&'static str, String)>,
) -> rusqlite::Result<Option<Found>> {
    let is_table: bool = conn.query_row(
            "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = ?1",
            [read.table],
            |row| row.get::<_, i64>(0),
        )? > 0;
    if !is_table {
        return Ok(None);
    }
    // Generated columns are somebody else's expressions and stay where they are.
    let columns: Vec<String> = conn
        .prepare("SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0")?
        .query_map([read.table], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if columns.is_empty() {
        return Ok(None);
    }
    let mut joins = Vec::new();
    for join in read.joined {
        if !columns.iter().any(|name| name == join.own) {
            continue;
        }
        let Some(found) = find(conn, watch, &join.read, notes)? else {
            continue;
        };
        if !found.columns.iter().any(|name| name == join.theirs) {
            continue;
        }
        let places = if !is_indexed(conn, join)? {
            watch.begin_row();
            let (places, all) = places(conn, join)?;
            if !all {
                notes.push((
                    join.read.table,
                    format!("only the first {PLACES} rows of this table were looked at"),
                ));
            }
            Some(places)
        } else {
            None
        };
        joins.push(FoundJoin {
            join: *join,
            found,
            places,
        });
    }
    let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    Ok(Some(Found {
        read: *read,
        sql_columns: names.join(", "),
        columns,
        joins,
    }))
}

/// True when a row of this key is found without looking at all of them.
fn is_indexed(conn: &Connection, join: &Joined) -> rusqlite::Result<bool> {
    let is_any = |sql: &str| {
        let count = conn.query_row(sql, params![join.read.table, join.theirs], |row| {
            row.get::<_, i64>(0)
        });
        count.map(|count| count > 0)
    };
    let by_index = is_any(
        "SELECT count(*) FROM pragma_index_list(?1, 'main') AS list, pragma_index_info(list.name, 'main') AS info
         WHERE list.partial = 0 AND info.seqno = 0 AND info.name = ?2",
    )?;
    // An integer key is the row's own place and has no index.
    Ok(by_index
        || is_any(
            "SELECT count(*) FROM pragma_table_xinfo(?1, 'main')
             WHERE name = ?2 AND pk = 1 AND type = 'INTEGER' COLLATE NOCASE",
        )?)
}

/// The rowids of each key, and whether these are all.
fn places(conn: &Connection, join: &Joined) -> rusqlite::Result<(HashMap<Key, Vec<i64>>, bool)> {
    let mut statement = conn.prepare(&format!(
        "SELECT {}, rowid FROM main.{} LIMIT ?1",
        quoted(join.theirs),
        quoted(join.read.table)
    ))?;
    let mut rows = statement.query([PLACES as i64 + 1])?;
    let mut places: HashMap<Key, Vec<i64>> = HashMap::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if count > PLACES {
            return Ok((places, false));
        }
        if let Some(key) = Key::of_column(row.get_ref(0)?) {
            places.entry(key).or_default().push(row.get(1)?);
        }
    }
    Ok((places, true))
}

/// A name as SQL takes it, whatever it holds.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
