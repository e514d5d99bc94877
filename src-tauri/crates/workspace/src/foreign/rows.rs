//! Rows on their way: a thread of their own reads them, and whoever holds the other end reads lines of JSON.

use super::find::{Found, find, quoted};
use super::join::{Room, join};
use super::json::object;
use super::open::Opened;
use super::{Watch, reason};
use plumbline_model::TableRead;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Lines are handed over in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;
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

impl Way<'_> {
    fn table(&mut self, read: &TableRead) -> Result<(), Gone> {
        self.watch.begin_row();
        let mut notes = Vec::new();
        let told = match find(self.conn, &self.watch, read, &mut notes) {
            Ok(Some(found)) => {
                for (table, note) in notes {
                    self.line(&json!({ "table": table, "error": note }))?;
                }
                self.rows(&found)?
            }
            // An older version of the program had no such table.
            Ok(None) => None,
            Err(error) => Some(reason(&error)),
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
            Err(error) => return Ok(Some(reason(&error))),
        };
        let mut rows = match statement.query([]) {
            Ok(rows) => rows,
            Err(error) => return Ok(Some(reason(&error))),
        };
        loop {
            self.watch.begin_row();
            let read = match rows.next() {
                Ok(Some(row)) => object(row, &found.columns),
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(reason(&error))),
            };
            let (mut row, mut trouble) = match read {
                Ok(read) => read,
                Err(error) => return Ok(Some(reason(&error))),
            };
            if let Err(error) = join(conn, found, &mut row, &mut Room::default()) {
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
}
