//! The ledger of reviews: what was said about pairs of answers, kinds of change, cells, spans and whole comparisons.
//!
//! Lines are added and nothing else; the triggers hold that against whoever opens the file by other means.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{NanosText, ReviewLine, ReviewSubject, ReviewWord, UnixNanos};
use rusqlite::{Connection, Params, Row, params};

pub(crate) const V9: &str = "
CREATE TABLE review (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    sides TEXT,
    kind TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    reviewer TEXT NOT NULL,
    word TEXT NOT NULL
) STRICT;
CREATE INDEX review_subject ON review (subject);
CREATE INDEX review_sides ON review (sides) WHERE sides IS NOT NULL;
CREATE INDEX review_labels ON review (kind) WHERE kind = 'labels';
CREATE TRIGGER review_is_kept BEFORE DELETE ON review BEGIN
    SELECT RAISE(ABORT, 'the ledger of reviews is only added to');
END;
CREATE TRIGGER review_stays BEFORE UPDATE ON review BEGIN
    SELECT RAISE(ABORT, 'the ledger of reviews is only added to');
END;
CREATE TRIGGER review_is_not_replaced BEFORE INSERT ON review
    WHEN EXISTS (SELECT 1 FROM review WHERE seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'the ledger of reviews is only added to');
END;
";

/// A line that somebody adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReview {
    pub at: UnixNanos,
    pub reviewer: String,
    pub about: ReviewSubject,
    pub word: ReviewWord,
}

impl Workspace {
    /// Adds a line to the ledger.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn add_review(&self, new: NewReview) -> Result<ReviewLine> {
        let subject = codec::json(&new.about)?;
        let word = codec::json(&new.word)?;
        let sides = sides_of(&new.about);
        self.write(Durability::Full, move |tx| {
            add(tx, new, &subject, sides, &word)
        })
    }

    /// What was said about one thing, oldest first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn reviews(&self, about: &ReviewSubject) -> Result<Vec<ReviewLine>> {
        let subject = codec::json(about)?;
        self.read(|conn| read_where(conn, "subject = ?1", params![subject]))
    }

    /// What was said about two sides, their cases and their kinds of change, oldest first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn reviews_of_sides(&self, a: &str, b: &str) -> Result<Vec<ReviewLine>> {
        let sides = format!("{a} {b}");
        self.read(|conn| read_where(conn, "sides = ?1", params![sides]))
    }

    /// All labels that were ever given, oldest first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn label_reviews(&self) -> Result<Vec<ReviewLine>> {
        self.read(|conn| read_where(conn, "kind = 'labels'", params![]))
    }
}

fn sides_of(about: &ReviewSubject) -> Option<String> {
    match about {
        ReviewSubject::Pair { a, b, .. }
        | ReviewSubject::Group { a, b, .. }
        | ReviewSubject::Sides { a, b } => Some(format!("{a} {b}")),
        ReviewSubject::Cell { .. } | ReviewSubject::Span { .. } => None,
    }
}

fn add(
    tx: &Tx<'_>,
    new: NewReview,
    subject: &str,
    sides: Option<String>,
    word: &str,
) -> Result<ReviewLine> {
    let seq = tx
        .prepare_cached(
            "INSERT INTO review (subject, sides, kind, at_ns, reviewer, word) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .insert(params![subject, sides, new.word.kind(), new.at.0, new.reviewer, word])?;
    tx.announce(Topic::Review, sides.unwrap_or_default());
    Ok(ReviewLine {
        seq,
        at: NanosText(new.at),
        reviewer: new.reviewer,
        about: new.about,
        word: new.word,
    })
}

fn read_where(
    conn: &Connection,
    condition: &'static str,
    values: impl Params,
) -> Result<Vec<ReviewLine>> {
    let statement = [
        "SELECT seq, at_ns, reviewer, subject, word FROM review WHERE ",
        condition,
        " ORDER BY seq",
    ]
    .concat();
    let mut statement = conn.prepare_cached(&statement)?;
    let mut rows = statement.query(values)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(read(row)?);
    }
    Ok(lines)
}

fn read(row: &Row<'_>) -> Result<ReviewLine> {
    let seq: i64 = row.get(0)?;
    let damaged = |error| {
        WorkspaceError::Damaged(format!("line {seq} of the reviews cannot be read: {error}"))
    };
    Ok(ReviewLine {
        seq,
        at: NanosText(UnixNanos(row.get(1)?)),
        reviewer: row.get(2)?,
        about: serde_json::from_str(&row.get::<_, String>(3)?).map_err(damaged)?,
        word: serde_json::from_str(&row.get::<_, String>(4)?).map_err(damaged)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::Choice;

    fn pair(case: &str) -> ReviewSubject {
        ReviewSubject::Pair {
            a: "r.0".into(),
            b: "r.1".into(),
            case_key: case.into(),
        }
    }

    fn judged(workspace: &Workspace, about: ReviewSubject, choice: Choice) -> ReviewLine {
        let new = NewReview {
            at: UnixNanos(7),
            reviewer: "ada".into(),
            about,
            word: ReviewWord::Judgement {
                choice,
                blind: true,
            },
        };
        workspace.add_review(new).unwrap()
    }

    #[test]
    fn lines_come_back_by_what_they_are_about_and_by_their_sides() {
        let workspace = Workspace::in_memory().unwrap();
        let first = judged(&workspace, pair("x"), Choice::Better);
        let second = judged(&workspace, pair("y"), Choice::Tie);
        let other = ReviewSubject::Pair {
            a: "r.1".into(),
            b: "r.0".into(),
            case_key: "x".into(),
        };
        judged(&workspace, other, Choice::Worse);
        assert_eq!(
            workspace.reviews(&pair("x")).unwrap(),
            std::slice::from_ref(&first)
        );
        assert_eq!(
            workspace.reviews_of_sides("r.0", "r.1").unwrap(),
            [first, second]
        );
        assert!(workspace.label_reviews().unwrap().is_empty());
        let changes = workspace.changes_since(0).unwrap().changes;
        assert!(changes.iter().any(|change| change.topic == Topic::Review));
    }

    #[test]
    fn no_statement_changes_or_removes_a_line() {
        let workspace = Workspace::in_memory().unwrap();
        let line = judged(&workspace, pair("x"), Choice::Better);
        for statement in [
            "UPDATE review SET reviewer = 'eve'",
            "DELETE FROM review",
            "INSERT OR REPLACE INTO review SELECT * FROM review",
        ] {
            let refused =
                workspace.write(Durability::Normal, move |tx| Ok(tx.execute(statement, [])?));
            assert!(refused.is_err(), "{statement}");
        }
        assert_eq!(workspace.reviews(&pair("x")).unwrap(), [line]);
    }
}
