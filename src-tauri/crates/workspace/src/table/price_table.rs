//! Price tables that a person imported. A row never changes, so that a cost can name the table it came from; one at
//! most is in force.

use crate::codec;
use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::row::{count, int};
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::UnixNanos;
use rusqlite::{OptionalExtension, Row, params};

/// A part of migration 5.
pub(crate) const V5: &str = "
CREATE TABLE price_table (
    sha256 TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    as_of TEXT NOT NULL,
    source TEXT NOT NULL,
    models INTEGER NOT NULL,
    imported_ns INTEGER NOT NULL,
    in_force INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX price_table_in_force ON price_table (in_force) WHERE in_force = 1;
";

/// An imported table without its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTableRow {
    /// Of the file's bytes, unpacked; 64 hex digits.
    pub sha256: String,
    /// Such as `genai-prices`.
    pub name: String,
    pub version: String,
    /// The day its prices are of, as `YYYY-MM-DD`.
    pub as_of: String,
    /// Name of the file it was read from.
    pub source: String,
    pub models: u64,
    pub imported_ns: UnixNanos,
}

impl Workspace {
    /// Puts a table in force in place of the one that was. `json` is its text as the program reads it; a table
    /// that is here already keeps its row.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn put_price_table(&self, row: PriceTableRow, json: &str) -> Result<()> {
        let body = codec::pack(json.as_bytes())?;
        self.write(Durability::Normal, move |tx| {
            tx.execute("UPDATE price_table SET in_force = 0", [])?;
            tx.prepare_cached(
                "INSERT INTO price_table (sha256, name, version, as_of, source, models, imported_ns, in_force, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)
                 ON CONFLICT (sha256) DO UPDATE SET in_force = 1",
            )?
            .execute(params![
                row.sha256,
                row.name,
                row.version,
                row.as_of,
                row.source,
                int(row.models),
                row.imported_ns.0,
                body
            ])?;
            tx.announce(Topic::Price, "");
            Ok(())
        })
    }

    /// Takes the imported table out of force, so that the bundled one counts; false when none was.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn reset_price_table(&self) -> Result<bool> {
        self.write(Durability::Normal, |tx| {
            let changed =
                tx.execute("UPDATE price_table SET in_force = 0 WHERE in_force = 1", [])?;
            tx.announce(Topic::Price, "");
            Ok(changed > 0)
        })
    }

    /// The imported table that is in force, and its text.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn price_table_in_force(&self) -> Result<Option<(PriceTableRow, String)>> {
        self.read(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT sha256, name, version, as_of, source, models, imported_ns, body
                     FROM price_table WHERE in_force = 1",
                )?
                .query_row([], |row| Ok((read(row)?, row.get::<_, Vec<u8>>(7)?)))
                .optional()?;
            let Some((row, body)) = found else {
                return Ok(None);
            };
            let json = String::from_utf8(codec::unpack(&body)?)
                .map_err(|_| WorkspaceError::Damaged("a price table is no text".to_owned()))?;
            Ok(Some((row, json)))
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<PriceTableRow> {
    Ok(PriceTableRow {
        sha256: row.get(0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        as_of: row.get(3)?,
        source: row.get(4)?,
        models: count(row.get(5)?),
        imported_ns: UnixNanos(row.get(6)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sha256: &str) -> PriceTableRow {
        PriceTableRow {
            sha256: sha256.to_owned(),
            name: "genai-prices".to_owned(),
            version: format!("2026-11-27 {sha256}"),
            as_of: "2026-11-27".to_owned(),
            source: "data.json".to_owned(),
            models: 2,
            imported_ns: UnixNanos(1),
        }
    }

    #[test]
    fn one_table_is_in_force_and_an_earlier_one_comes_back_as_it_was() {
        let workspace = Workspace::in_memory().unwrap();
        let in_force = || workspace.price_table_in_force().unwrap();
        assert_eq!(in_force(), None);
        workspace.put_price_table(row("a"), "{\"a\":1}").unwrap();
        workspace.put_price_table(row("b"), "{\"b\":2}").unwrap();
        assert_eq!(in_force(), Some((row("b"), "{\"b\":2}".to_owned())));
        let later = PriceTableRow {
            imported_ns: UnixNanos(9),
            ..row("a")
        };
        workspace.put_price_table(later, "{\"a\":1}").unwrap();
        assert_eq!(in_force(), Some((row("a"), "{\"a\":1}".to_owned())));
        assert!(workspace.reset_price_table().unwrap());
        assert!(!workspace.reset_price_table().unwrap());
        assert_eq!(in_force(), None);
    }
}
