//! Rows on their way: a thread of their own reads them, and whoever holds the other end reads lines of JSON.

use super::Watch;
use super::json::{Key, object};
use super::open::{Opened, why};
use plumbline_model::{HowJoined, Joined, TableRead};
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Lines are handed over in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;
/// What one row may take along, in bytes of its text and in rows.
const JOINED_BYTES: usize = 32 * 1024 * 1024;
const JOINED_ROWS: usize = 10_000;
/// Rows of a table that is joined by a column without an index, whose places are kept in memory.
const PLACES: usize = 500_000;
/// How long the reading end waits before it asks whether it shall go on.
const PATIENCE: Duration = Duration::from_millis(100);

/// Lines of JSON, one a row: `{"table", "row"}`, or `{"table", "error"}` where reading a table ended early.
pub struct ForeignRows {
    pieces: Option<Receiver<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
    watch: Watch,
    is_cancelled: Box<dyn Fn() -> bool + Send>,
    thread: Option<JoinHandle<()>>,
}

impl ForeignRows {
    pub(super) fn start(opened: Opened, watch: Watch, reads: Vec<TableRead>) -> Self {
        let (sender, pieces) = sync_channel(2);
        let own = watch.clone();
        let thread = std::thread::spawn(move || {
            let mut way = Way {
                conn: &opened.conn,
                watch: own,
                sender,
                piece: Vec::new(),
            };
            for read in &reads {
                if way.table(read).is_err() {
                    return;
                }
            }
            let _ = way.flush();
        });
        Self {
            pieces: Some(pieces),
            piece: Vec::new(),
            at: 0,
            watch,
            is_cancelled: Box::new(|| false),
            thread: Some(thread),
        }
    }

    /// Ends the reading as if the rows had ended, soon after `is_cancelled` says so.
    #[must_use]
    pub fn until(mut self, is_cancelled: impl Fn() -> bool + Send + 'static) -> Self {
        self.is_cancelled = Box::new(is_cancelled);
        self
    }
}

impl Read for ForeignRows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            let Some(pieces) = &self.pieces else {
                return Ok(0);
            };
            match pieces.recv_timeout(PATIENCE) {
                Ok(piece) => (self.piece, self.at) = (piece, 0),
                Err(RecvTimeoutError::Timeout) if (self.is_cancelled)() => self.pieces = None,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.pieces = None;
                    // A thread that died did not say that it was done.
                    if self
                        .thread
                        .take()
                        .is_some_and(|thread| thread.join().is_err())
                    {
                        return Err(io::Error::other(
                            "reading the database stopped unexpectedly",
                        ));
                    }
                }
            }
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl Drop for ForeignRows {
    fn drop(&mut self) {
        self.watch.stop();
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            // Its folder, if it has one, is gone when this returns.
            let _ = thread.join();
        }
    }
}

/// The reading end is gone.
struct Gone;

struct Way<'c> {
    conn: &'c Connection,
    watch: Watch,
    sender: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
}

/// A table that is there, with its columns and what of its joins can be followed.
struct Found {
    read: TableRead,
    sql_columns: String,
    columns: Vec<String>,
    joins: Vec<FoundJoin>,
}

struct FoundJoin {
    join: Joined,
    found: Found,
    /// Where the rows stand, for a column without an index.
    places: Option<HashMap<Key, Vec<i64>>>,
}

impl Way<'_> {
    fn table(&mut self, read: &TableRead) -> Result<(), Gone> {
        self.watch.begin_row();
        let mut notes = Vec::new();
        let told = match self.find(read, &mut notes) {
            Ok(Some(found)) => {
                for (table, note) in notes {
                    self.line(&json!({ "table": table, "error": note }))?;
                }
                self.rows(&found)?
            }
            // An older version of the program had no such table.
            Ok(None) => None,
            Err(error) => Some(why(&error)),
        };
        match told {
            Some(error) => self.line(&json!({ "table": read.table, "error": error })),
            None => Ok(()),
        }
    }

    /// Sends every row; answers with why it ended early.
    fn rows(&mut self, found: &Found) -> Result<Option<String>, Gone> {
        let sql = format!(
            "SELECT {} FROM main.{}",
            found.sql_columns,
            quoted(found.read.table)
        );
        let conn = self.conn;
        let mut statement = match conn.prepare(&sql) {
            Ok(statement) => statement,
            Err(error) => return Ok(Some(why(&error))),
        };
        let mut rows = match statement.query([]) {
            Ok(rows) => rows,
            Err(error) => return Ok(Some(why(&error))),
        };
        loop {
            self.watch.begin_row();
            let read = match rows.next() {
                Ok(Some(row)) => object(row, &found.columns),
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(why(&error))),
            };
            let (mut row, mut trouble) = match read {
                Ok(read) => read,
                Err(error) => return Ok(Some(why(&error))),
            };
            let mut room = Room {
                bytes: JOINED_BYTES,
                rows: JOINED_ROWS,
            };
            if let Err(error) = join(conn, found, &mut row, &mut room) {
                trouble = Some(error);
            }
            let mut line = json!({ "table": found.read.table, "row": row });
            if let Some(trouble) = trouble {
                line["error"] = trouble.into();
            }
            self.line(&line)?;
        }
    }

    fn line(&mut self, line: &Value) -> Result<(), Gone> {
        self.piece.extend_from_slice(line.to_string().as_bytes());
        self.piece.push(b'\n');
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Gone> {
        let piece = std::mem::take(&mut self.piece);
        if piece.is_empty() {
            return Ok(());
        }
        self.sender.send(piece).map_err(|_| Gone)
    }

    fn find(
        &self,
        read: &TableRead,
        notes: &mut Vec<(&'static str, String)>,
    ) -> rusqlite::Result<Option<Found>> {
        let conn = self.conn;
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
            let Some(found) = self.find(&join.read, notes)? else {
                continue;
            };
            if !found.columns.iter().any(|name| name == join.theirs) {
                continue;
            }
            let places = if join.how == HowJoined::Many && !is_indexed(conn, join)? {
                self.watch.begin_row();
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
}

fn is_indexed(conn: &Connection, join: &Joined) -> rusqlite::Result<bool> {
    let count: i64 = conn.query_row(
        "SELECT count(*) FROM pragma_index_list(?1, 'main') AS list, pragma_index_info(list.name, 'main') AS info
         WHERE list.partial = 0 AND info.seqno = 0 AND info.name = ?2",
        params![join.read.table, join.theirs],
        |row| row.get(0),
    )?;
    Ok(count > 0)
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

/// What is left of what one row may take along.
struct Room {
    bytes: usize,
    rows: usize,
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

fn join(
    conn: &Connection,
    found: &Found,
    row: &mut Map<String, Value>,
    room: &mut Room,
) -> Result<(), String> {
    for FoundJoin {
        join: how,
        found: theirs,
        places,
    } in &found.joins
    {
        let Some(key) = row.get(how.own).and_then(Key::of) else {
            continue;
        };
        let value = match how.how {
            HowJoined::One => match get(conn, theirs, how.theirs, &key, room)?
                .into_iter()
                .next()
            {
                Some(one) => one.into(),
                None => continue,
            },
            HowJoined::Many => {
                let list = match places {
                    None => get(conn, theirs, how.theirs, &key, room)?,
                    Some(places) => {
                        let mut list = Vec::new();
                        for place in places.get(&key).into_iter().flatten() {
                            let place = Key::Integer(*place);
                            list.extend(get(conn, theirs, "rowid", &place, room)?);
                        }
                        list
                    }
                };
                Value::Array(list.into_iter().map(Value::Object).collect())
            }
            HowJoined::Up { parent } => {
                let mut list = Vec::new();
                let mut next = Some(key);
                while let Some(key) = next {
                    let Some(one) = get(conn, theirs, how.theirs, &key, room)?
                        .into_iter()
                        .next()
                    else {
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
    let told = |error: rusqlite::Error| format!("{}: {}", found.read.table, why(&error));
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

/// A name as SQL takes it, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
