//! What changed, in order: how a window follows a command line that writes in another process.
//!
//! One row per thing and transaction. The newest ten thousand are kept; who slept longer reloads.

use crate::door::Durability;
use crate::error::Result;
use crate::row::Word;
use crate::workspace::Workspace;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(crate) const V1: &str = "
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    id TEXT NOT NULL
) STRICT;
";

/// How many changes stay readable.
pub const CHANGES_KEPT: i64 = 10_000;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// An import began, grew or ended; the id is the import's.
    Import,
    /// Spans arrived; the id is that of their import.
    Span,
    /// A release of a prompt; the id is the prompt's name.
    Prompt,
    /// A dataset; the id is its name.
    Dataset,
    /// A run; the id is the run's.
    Run,
    /// Cells of a run; the id is the run's.
    Cell,
    /// Prices, or costs computed from them.
    Price,
    /// A setting; the id is its name.
    Setting,
    /// A review; the id is both sides, or empty.
    Review,
}

impl Word for Topic {
    const ALL: &'static [Self] = &[
        Self::Import,
        Self::Span,
        Self::Prompt,
        Self::Dataset,
        Self::Run,
        Self::Cell,
        Self::Price,
        Self::Setting,
        Self::Review,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Span => "span",
            Self::Prompt => "prompt",
            Self::Dataset => "dataset",
            Self::Run => "run",
            Self::Cell => "cell",
            Self::Price => "price",
            Self::Setting => "setting",
            Self::Review => "review",
        }
    }
}

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    pub topic: Topic,
    pub id: String,
}

/// What changed since a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Each thing once, in no particular order.
    pub changes: Vec<Change>,
    /// Where to go on from.
    pub latest_seq: i64,
    /// True when older changes were already dropped: everything shown should be read again.
    pub gap: bool,
}

/// Writes the changes of one transaction.
pub(crate) fn record(tx: &Connection, changes: &BTreeSet<(Topic, String)>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached("INSERT INTO change (topic, id) VALUES (?1, ?2)")?;
    for (topic, id) in changes {
        insert.execute([topic.word(), id])?;
        if *topic == Topic::Cell {
            tx.prepare_cached("UPDATE run SET revision = revision + 1 WHERE id = ?1")?
                .execute([id])?;
        }
    }
    tx.prepare_cached("DELETE FROM change WHERE seq <= ?1")?
        .execute([tx.last_insert_rowid() - CHANGES_KEPT])?;
    Ok(())
}

impl Topic {
    /// The word used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.word()
    }
}

impl Workspace {
    /// Tells followers that something beside the workspace changed, such as a prompt file.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn announce(&self, topic: Topic, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(Durability::Normal, move |tx| {
            tx.announce(topic, id);
            Ok(())
        })
    }

    /// What changed after `seq`; 0 asks from the start. Cheap when nothing did.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn changes_since(&self, seq: i64) -> Result<Changes> {
        self.read(|conn| {
            let (oldest, latest): (Option<i64>, Option<i64>) = conn
                .prepare_cached("SELECT min(seq), max(seq) FROM change")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (oldest, latest) = (oldest.unwrap_or(1), latest.unwrap_or(0));
            let mut changes = BTreeSet::new();
            if latest > seq {
                let mut statement =
                    conn.prepare_cached("SELECT DISTINCT topic, id FROM change WHERE seq > ?1")?;
                let mut rows = statement.query([seq])?;
                while let Some(row) = rows.next()? {
                    changes.insert(Change {
                        topic: Topic::read(&row.get::<_, String>(0)?)?,
                        id: row.get(1)?,
                    });
                }
            }
            Ok(Changes {
                changes: changes.into_iter().collect(),
                latest_seq: latest,
                gap: seq.saturating_add(1) < oldest || seq > latest,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Durability, WorkspaceError};

    #[test]
    fn a_follower_sees_each_thing_once_and_then_silence() {
        let workspace = Workspace::in_memory().unwrap();
        workspace
            .write(Durability::Normal, |tx| {
                tx.announce(Topic::Run, "r");
                tx.announce(Topic::Run, "r");
                tx.announce(Topic::Cell, "r");
                Ok(())
            })
            .unwrap();
        let first = workspace.changes_since(0).unwrap();
        assert_eq!(first.changes.len(), 2, "one row per thing and transaction");
        assert_eq!(first.latest_seq, 2);
        let then = workspace.changes_since(first.latest_seq).unwrap();
        assert!(then.changes.is_empty() && !then.gap);
    }

    #[test]
    fn a_write_that_failed_announces_nothing() {
        let workspace = Workspace::in_memory().unwrap();
        let failed = workspace.write(Durability::Normal, |tx| {
            tx.announce(Topic::Run, "r");
            Err::<(), _>(WorkspaceError::BadInput("no".into()))
        });
        assert!(failed.is_err());
        assert_eq!(workspace.changes_since(0).unwrap().latest_seq, 0);
    }

    #[test]
    fn a_follower_that_slept_too_long_is_told_to_reload() {
        let workspace = Workspace::in_memory().unwrap();
        workspace
            .write(Durability::Normal, |tx| {
                for number in 0..(CHANGES_KEPT + 50) {
                    tx.announce(Topic::Cell, number.to_string());
                }
                Ok(())
            })
            .unwrap();
        let late = workspace.changes_since(10).unwrap();
        assert!(late.gap, "changes 11 to 50 are gone");
        assert_eq!(late.changes.len() as i64, CHANGES_KEPT);
        assert!(!workspace.changes_since(60).unwrap().gap);
        assert!(
            workspace.changes_since(i64::MAX).unwrap().gap,
            "a point this file never reached belongs to another file"
        );
    }
}
