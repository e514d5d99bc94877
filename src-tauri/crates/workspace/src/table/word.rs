//! Words that many spans share, such as a model or a session: each stands once, and rows name it by number.
//!
//! A word stays when the last row that names it goes: another import is likely to say it again.

use crate::codec;
use crate::door::Tx;
use crate::error::{Result, WorkspaceError};
use plumbline_model::PriceSource;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) const V3: &str = "
CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;
";

/// The numbers met in one transaction.
#[derive(Default)]
pub(crate) struct WordNumbers {
    words: HashMap<String, i64>,
    price_sources: Vec<(PriceSource, i64)>,
}

impl WordNumbers {
    /// The number of a word, given to it now where it had none.
    pub(crate) fn number(&mut self, tx: &Tx<'_>, word: &str) -> Result<i64> {
        if let Some(number) = self.words.get(word) {
            return Ok(*number);
        }
        let known = tx
            .prepare_cached("SELECT id FROM word WHERE text = ?1")?
            .query_row([word], |row| row.get(0))
            .optional()?;
        let number = match known {
            Some(number) => number,
            None => {
                tx.prepare_cached("INSERT INTO word (text) VALUES (?1)")?
                    .execute([word])?;
                tx.last_insert_rowid()
            }
        };
        self.words.insert(word.to_owned(), number);
        Ok(number)
    }

    /// As `number`, where there is a word.
    pub(crate) fn of(&mut self, tx: &Tx<'_>, word: Option<&str>) -> Result<Option<i64>> {
        word.map(|word| self.number(tx, word)).transpose()
    }

    /// The number of where a price comes from: its JSON is a word like any other.
    pub(crate) fn of_price_source(
        &mut self,
        tx: &Tx<'_>,
        source: Option<&PriceSource>,
    ) -> Result<Option<i64>> {
        let Some(source) = source else {
            return Ok(None);
        };
        // Comparing is cheaper than writing its JSON for each span, and the next is likely to be the same.
        let mut known = self.price_sources.iter();
        if let Some(at) = known.position(|(known, _)| known == source) {
            self.price_sources.swap(0, at);
        } else {
            let number = self.number(tx, &codec::json(source)?)?;
            self.price_sources.insert(0, (source.clone(), number));
        }
        Ok(self.price_sources.first().map(|(_, number)| *number))
    }
}

/// The condition that a column of spans names this word; one that no row names is no word, and nothing is it.
macro_rules! is_word {
    ($column:literal) => {
        concat!("span.", $column, " = (SELECT id FROM word WHERE text = ?)")
    };
}
pub(crate) use is_word;

/// Words by their numbers, those met before without asking the file.
pub(crate) struct Words<'c> {
    conn: &'c Connection,
    known: HashMap<i64, Arc<str>>,
}

impl<'c> Words<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            known: HashMap::new(),
        }
    }

    /// The word that a column of `row` names, if it names one.
    pub(crate) fn at(&mut self, row: &Row<'_>, column: usize) -> Result<Option<Arc<str>>> {
        row.get::<_, Option<i64>>(column)?
            .map(|number| self.word(number))
            .transpose()
    }

    /// As `at`, owned.
    pub(crate) fn text(&mut self, row: &Row<'_>, column: usize) -> Result<Option<String>> {
        Ok(self.at(row, column)?.map(|word| word.as_ref().to_owned()))
    }

    pub(crate) fn word(&mut self, number: i64) -> Result<Arc<str>> {
        if let Some(word) = self.known.get(&number) {
            return Ok(Arc::clone(word));
        }
        let word: Arc<str> = self
            .conn
            .prepare_cached("SELECT text FROM word WHERE id = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?
            .ok_or_else(|| WorkspaceError::Damaged(format!("the word {number} is missing")))?;
        self.known.insert(number, Arc::clone(&word));
        Ok(word)
    }
}

/// How many words rows name that are not there: none, unless the file was damaged.
pub(crate) fn missing(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row(
        "SELECT count(*) FROM (
            SELECT import FROM span UNION SELECT name FROM span UNION SELECT model FROM span
            UNION SELECT provider FROM span UNION SELECT prompt_name FROM span UNION SELECT prompt_version FROM span
            UNION SELECT prompt_hash FROM span UNION SELECT environment FROM span UNION SELECT session FROM span
            UNION SELECT tool_name FROM span UNION SELECT error_type FROM span UNION SELECT finish_reason FROM span
            UNION SELECT price_source FROM span UNION SELECT root_name FROM trace UNION SELECT models FROM trace
            EXCEPT SELECT NULL EXCEPT SELECT id FROM word)",
        [],
        |row| row.get(0),
    )?)
}

#[cfg(test)]
mod tests {
    use crate::door::Durability;
    use crate::testing::*;
    use crate::{SpanFilter, SpanSort, Workspace};

    #[test]
    fn a_word_stands_once_and_one_that_is_gone_is_noticed() {
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        for batch in 0..3 {
            let spans = (0..4).map(|at| imported(call("t", &format!("{batch}-{at}"), at)));
            workspace.append_spans(import, spans.collect()).unwrap();
        }
        let words: Vec<String> = workspace
            .read(|conn| {
                let mut words = conn.prepare("SELECT text FROM word ORDER BY id")?;
                let words = words.query_map([], |row| row.get(0))?;
                Ok(words.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap();
        let import = import.to_string();
        assert_eq!(
            words,
            [&import, "openai", "gpt-4.1-mini", "[\"gpt-4.1-mini\"]"]
        );
        let all = SpanFilter::default();
        let list = || workspace.spans(&all, SpanSort::Newest, crate::Page::first(20));
        assert_eq!(list().unwrap().total, 12);
        let healthy = || {
            let checks = workspace.doctor().unwrap();
            let words = checks.iter().find(|check| check.name == "words");
            words.unwrap().ok
        };
        assert!(healthy());
        workspace
            .write(Durability::Normal, |tx| {
                Ok(tx.execute("DELETE FROM word WHERE text = 'openai'", [])?)
            })
            .unwrap();
        assert!(!healthy());
        assert!(matches!(list(), Err(crate::WorkspaceError::Damaged(_))));
    }
}
