//! Datasets and their cases. Storing a dataset replaces the one of that name as a whole, so that no
//! case of an older edition lingers.

use crate::codec;
use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::page::Page;
use crate::row::count;
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{Case, Dataset, UnixNanos};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

pub(crate) const V1: &str = "
CREATE TABLE dataset (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    updated_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE dataset_case (
    dataset INTEGER NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (dataset, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX dataset_case_key ON dataset_case (dataset, key);
";

/// A dataset without its cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSummary {
    pub name: String,
    pub description: String,
    pub cases: u64,
    pub updated_ns: UnixNanos,
}

impl Workspace {
    /// Stores a dataset in place of the one of this name.
    ///
    /// # Errors
    /// `BadInput` when two cases have the same key; nothing is replaced then.
    pub fn put_dataset(&self, dataset: &Dataset, at: UnixNanos) -> Result<()> {
        let mut keys = std::collections::HashSet::new();
        if let Some(twice) = dataset.cases.iter().find(|case| !keys.insert(&case.key)) {
            return Err(WorkspaceError::BadInput(format!(
                "the dataset `{}` has two cases with the key `{}`",
                dataset.name, twice.key
            )));
        }
        let cases = dataset
            .cases
            .iter()
            .map(|case| Ok((case.key.clone(), codec::pack_json(case)?)))
            .collect::<Result<Vec<_>>>()?;
        let (name, description) = (dataset.name.clone(), dataset.description.clone());
        self.write(Durability::Normal, move |tx| {
            tx.prepare_cached("DELETE FROM dataset WHERE name = ?1")?
                .execute([&name])?;
            tx.prepare_cached(
                "INSERT INTO dataset (name, description, updated_ns) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![name, description, at.0])?;
            let id = tx.last_insert_rowid();
            let mut insert = tx.prepare_cached(
                "INSERT INTO dataset_case (dataset, position, key, body) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (position, (key, body)) in cases.iter().enumerate() {
                insert.execute(params![id, position as i64, key, body])?;
            }
            tx.announce(Topic::Dataset, name);
            Ok(())
        })
    }

    /// Adds a case to a dataset, which is made where there is none. Where another case has its key, a number is put behind
    /// it; a case that is there already is not added again. Returns the key.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn add_case(&self, dataset: &str, case: &Case, at: UnixNanos) -> Result<String> {
        let name = dataset.to_owned();
        let case = case.clone();
        self.write(Durability::Full, move |tx| {
            tx.prepare_cached(
                "INSERT INTO dataset (name, description, updated_ns) VALUES (?1, '', ?2)
                 ON CONFLICT (name) DO UPDATE SET updated_ns = excluded.updated_ns",
            )?
            .execute(params![name, at.0])?;
            let id: i64 = tx
                .prepare_cached("SELECT id FROM dataset WHERE name = ?1")?
                .query_row([&name], |row| row.get(0))?;
            let mut named = case.clone();
            for number in 2_u64.. {
                let body = codec::pack_json(&named)?;
                let there: Option<Vec<u8>> = tx
                    .prepare_cached("SELECT body FROM dataset_case WHERE dataset = ?1 AND key = ?2")?
                    .query_row(params![id, named.key], |row| row.get(0))
                    .optional()?;
                match there {
                    None => {
                        tx.prepare_cached(
                            "INSERT INTO dataset_case (dataset, position, key, body)
                             VALUES (?1, (SELECT coalesce(max(position) + 1, 0) FROM dataset_case WHERE dataset = ?1),
                                ?2, ?3)",
                        )?
                        .execute(params![id, named.key, body])?;
                        break;
                    }
                    Some(there) if there == body => break,
                    Some(_) => named.key = format!("{}-{number}", case.key),
                }
            }
            tx.announce(Topic::Dataset, name);
            Ok(named.key)
        })
    }

    /// Removes a dataset; false when there was none.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn delete_dataset(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(Durability::Normal, move |tx| {
            let gone = tx
                .prepare_cached("DELETE FROM dataset WHERE name = ?1")?
                .execute([&name])?;
            tx.announce(Topic::Dataset, name);
            Ok(gone > 0)
        })
    }

    /// All datasets by name.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn datasets(&self) -> Result<Vec<DatasetSummary>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT name, description, updated_ns,
                        (SELECT count(*) FROM dataset_case WHERE dataset = dataset.id)
                 FROM dataset ORDER BY name",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(DatasetSummary {
                    name: row.get(0)?,
                    description: row.get(1)?,
                    updated_ns: UnixNanos(row.get(2)?),
                    cases: count(row.get(3)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A dataset with all its cases.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub fn dataset(&self, name: &str) -> Result<Dataset> {
        self.read(|conn| {
            let id = find(conn, name)?;
            let description = conn
                .prepare_cached("SELECT description FROM dataset WHERE id = ?1")?
                .query_row([id], |row| row.get(0))?;
            Ok(Dataset {
                name: name.to_owned(),
                description,
                cases: cases(conn, id, -1, 0)?,
            })
        })
    }

    /// Part of a dataset's cases, in their order.
    ///
    /// # Errors
    /// `NotFound` when there is no dataset of this name.
    pub fn dataset_cases(&self, name: &str, page: Page) -> Result<Vec<Case>> {
        self.read(|conn| {
            let limit = i64::try_from(page.limit.min(10_000)).unwrap_or(0);
            let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
            cases(conn, find(conn, name)?, limit, offset)
        })
    }

    /// One case by its key.
    ///
    /// # Errors
    /// `NotFound` when there is no such dataset or case.
    pub fn dataset_case(&self, name: &str, key: &str) -> Result<Case> {
        self.read(|conn| {
            let body: Option<Vec<u8>> = conn
                .prepare_cached("SELECT body FROM dataset_case WHERE dataset = ?1 AND key = ?2")?
                .query_row(params![find(conn, name)?, key], |row| row.get(0))
                .optional()?;
            match body {
                Some(body) => codec::unpack_json(&body),
                None => Err(WorkspaceError::NotFound(format!(
                    "the case `{key}` of the dataset `{name}`"
                ))),
            }
        })
    }
}

fn find(conn: &Connection, name: &str) -> Result<i64> {
    conn.prepare_cached("SELECT id FROM dataset WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?
        .ok_or_else(|| WorkspaceError::NotFound(format!("the dataset `{name}`")))
}

fn cases(conn: &Connection, dataset: i64, limit: i64, offset: i64) -> Result<Vec<Case>> {
    let mut statement = conn.prepare_cached(
        "SELECT body FROM dataset_case WHERE dataset = ?1 ORDER BY position LIMIT ?2 OFFSET ?3",
    )?;
    let mut rows = statement.query([dataset, limit, offset])?;
    let mut cases = Vec::new();
    while let Some(row) = rows.next()? {
        cases.push(codec::unpack_json(&row.get::<_, Vec<u8>>(0)?)?);
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(keys: &[&str]) -> Dataset {
        Dataset {
            name: "tickets".into(),
            description: "d".into(),
            cases: keys
                .iter()
                .map(|key| Case {
                    key: (*key).into(),
                    variables: Default::default(),
                    assertions: Vec::new(),
                    tags: Default::default(),
                    request: None,
                    tool_results: Vec::new(),
                    source: None,
                })
                .collect(),
        }
    }

    #[test]
    fn storing_again_replaces_the_whole_and_a_doubled_key_replaces_nothing() {
        let workspace = Workspace::in_memory().unwrap();
        workspace
            .put_dataset(&dataset(&["b", "a", "c"]), UnixNanos(1))
            .unwrap();
        workspace
            .put_dataset(&dataset(&["b", "a"]), UnixNanos(2))
            .unwrap();
        let doubled = workspace.put_dataset(&dataset(&["x", "x"]), UnixNanos(3));
        assert!(matches!(doubled, Err(WorkspaceError::BadInput(_))));
        assert_eq!(workspace.dataset("tickets").unwrap(), dataset(&["b", "a"]));
        assert_eq!(workspace.datasets().unwrap()[0].cases, 2);
        let page = Page {
            offset: 1,
            limit: 5,
        };
        assert_eq!(
            workspace.dataset_cases("tickets", page).unwrap()[0].key,
            "a"
        );
        assert_eq!(workspace.dataset_case("tickets", "b").unwrap().key, "b");
        assert!(workspace.dataset_case("tickets", "c").is_err());
        assert!(workspace.delete_dataset("tickets").unwrap());
        assert!(workspace.dataset("tickets").is_err());
    }
}
