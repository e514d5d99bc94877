//! Connections for reading: as many as there are readers at once, a few kept for the next ones.
//!
//! The lock guards only the shelf of idle connections and is never held during a query, so a slow page
//! does not hold up a fast one.

use crate::connection::open_reader;
use crate::error::Result;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const IDLE_KEPT: usize = 4;

pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs `query` on a connection of its own. One that panics is not put back.
    pub(crate) fn with<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let shelved = self.shelf().pop();
        let conn = match shelved {
            Some(conn) => conn,
            None => open_reader(&self.path)?,
        };
        let answer = query(&conn);
        let mut shelf = self.shelf();
        if shelf.len() < IDLE_KEPT {
            shelf.push(conn);
        }
        answer
    }

    /// Closes what is idle, so that the writer closes last and folds the WAL back.
    pub(crate) fn close(&self) {
        self.shelf().clear();
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
