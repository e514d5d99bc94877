//! Opening a workspace and the two ways in: `read` beside others, `write` through the door.

use crate::connection::{is_memory, open_writer};
use crate::door::{Door, Durability, Reply, Tx};
use crate::error::{Result, WorkspaceError};
use crate::file_mode::{make_private_file, make_private_parent};
use crate::migration::migrate;
use crate::readers::Readers;
use crate::recognise::recognise;
use crate::table::span_columns::Columns;
use crate::table::span_search::Searches;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

/// An open workspace. Clones share the same connections; the last one to go closes the file.
#[derive(Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    readers: Readers,
    searches: Searches,
    columns: Columns,
    door: Door,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Fields drop later, the door's thread with its connection last.
        self.readers.close();
    }
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace")
            .field("path", &self.inner.path)
            .finish_non_exhaustive()
    }
}

/// Where the workspace stands when nobody names one: `plumbline/workspace.db` in the platform's data folder.
///
/// # Errors
/// `CannotOpen` when the platform names no home.
pub fn default_path() -> Result<PathBuf> {
    directories::BaseDirs::new()
        .map(|dirs| dirs.data_dir().join("plumbline").join("workspace.db"))
        .ok_or_else(|| {
            WorkspaceError::cannot_open(
                Path::new("workspace.db"),
                "this system names no home folder; pass --workspace FILE",
            )
        })
}

impl Workspace {
    /// Opens the file, making it and its folder when they are missing, and migrating it when it is older.
    ///
    /// # Errors
    /// `NotAWorkspace` and `NewerWorkspace` leave the file as it was; `Busy` when another process keeps
    /// the lock; `CannotOpen` for paths and permissions.
    pub fn open(path: &Path) -> Result<Self> {
        make_private_parent(path)?;
        make_private_file(path)?;
        // An absolute path keeps meaning the same file when the process changes its folder.
        let path = path
            .canonicalize()
            .map_err(|error| WorkspaceError::cannot_open(path, error))?;
        recognise(&path)?;
        Self::start(path)
    }

    /// Opens the workspace at [`default_path`].
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_default() -> Result<Self> {
        Self::open(&default_path()?)
    }

    /// A workspace without a file, gone with its last clone. For tests and trials.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn in_memory() -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("file:/plumbline-{}-{number}?vfs=memdb", std::process::id());
        Self::start(PathBuf::from(name))
    }

    fn start(path: PathBuf) -> Result<Self> {
        let mut conn = open_writer(&path)?;
        migrate(&mut conn, &path).map_err(|error| error.at(&path))?;
        let door = Door::open(path.clone(), conn)?;
        let readers = Readers::new(path.clone());
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                readers,
                searches: Searches::default(),
                columns: Columns::default(),
                door,
            }),
        })
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// True when there is no file.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        is_memory(&self.inner.path)
    }

    pub(crate) fn searches(&self) -> &Searches {
        &self.inner.searches
    }

    pub(crate) fn column_store(&self) -> &Columns {
        &self.inner.columns
    }

    #[cfg(test)]
    pub(crate) fn door(&self) -> &Door {
        &self.inner.door
    }

    /// Runs a write through the door and waits for its commit.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.door.write(durability, work)
    }

    /// Hands a write in without waiting for its commit.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Receiver<Result<T>> {
        self.inner.door.submit(durability, work)
    }

    /// Hands a write in; `reply` is told after the commit, on the writer's thread, so it must not take long.
    pub(crate) fn submit_then<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        let path = self.path().to_owned();
        let reply = move |outcome: Result<T>| reply(outcome.map_err(|error| error.at(&path)));
        self.inner
            .door
            .submit_then(durability, work, Box::new(reply));
    }

    /// Runs one query, which is a snapshot by itself.
    pub(crate) fn read_once<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.inner
            .readers
            .with(query)
            .map_err(|error| error.at(&self.inner.path))
    }

    /// Runs queries on one snapshot, beside writers and other readers.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.inner
            .readers
            .with(|conn| {
                let snapshot = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)?;
                query(&snapshot)
            })
            .map_err(|error| error.at(&self.inner.path))
    }
}
