//! The ledger of environments: which release of a prompt each one used, since when, and by whose decision.
//!
//! Lines are added and nothing else; the triggers hold that against whoever opens the file by other means.

use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::row::Word;
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{
    EnvironmentChange, EnvironmentChangeKind, NanosText, UnixNanos, release_before,
};
use rusqlite::{Connection, Row, params};
use semver::Version;

pub(crate) const V7: &str = "
CREATE TABLE environment_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    prompt TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_version TEXT,
    to_version TEXT NOT NULL,
    template_hash TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    clock_ns INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    by_owner INTEGER NOT NULL
) STRICT;
CREATE INDEX environment_change_place ON environment_change (prompt, environment);
CREATE TRIGGER environment_change_is_kept BEFORE DELETE ON environment_change BEGIN
    SELECT RAISE(ABORT, 'the ledger of environments is only added to');
END;
CREATE TRIGGER environment_change_stays BEFORE UPDATE ON environment_change BEGIN
    SELECT RAISE(ABORT, 'the ledger of environments is only added to');
END;
CREATE TRIGGER environment_change_is_not_replaced BEFORE INSERT ON environment_change
    WHEN EXISTS (SELECT 1 FROM environment_change WHERE seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'the ledger of environments is only added to');
END;
";

/// A change that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnvironmentChange {
    pub prompt: String,
    pub environment: String,
    pub kind: EnvironmentChangeKind,
    /// What the environment uses as far as who asks knows.
    pub from: Option<Version>,
    pub to: Version,
    pub template_hash: String,
    pub clock: UnixNanos,
    pub who: String,
    pub why: String,
    pub by_owner: bool,
}

impl Workspace {
    /// Adds a line to the ledger.
    ///
    /// # Errors
    /// `Conflict` when the environment uses another release than `from` by now, when it uses `to` already, or when a
    /// rollback would go elsewhere than to the release before.
    pub fn change_environment(&self, new: NewEnvironmentChange) -> Result<EnvironmentChange> {
        self.write(Durability::Full, move |tx| add(tx, new))
    }

    /// The ledger, oldest line first; of one prompt, of one environment, or of all.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn environment_changes(
        &self,
        prompt: Option<&str>,
        environment: Option<&str>,
    ) -> Result<Vec<EnvironmentChange>> {
        self.read(|conn| changes(conn, prompt, environment))
    }
}

fn add(tx: &Tx<'_>, new: NewEnvironmentChange) -> Result<EnvironmentChange> {
    let before = changes(tx, Some(&new.prompt), Some(&new.environment))?;
    let last = before.last();
    let in_use = last.map(|change| &change.to);
    refuse(&new, in_use, &before)?;
    let at = match last {
        Some(last) if last.at.0 >= new.clock => UnixNanos(last.at.0.0.saturating_add(1)),
        _ => new.clock,
    };
    let seq = tx
        .prepare_cached(
            "INSERT INTO environment_change (prompt, environment, kind, from_version, to_version, template_hash,
                at_ns, clock_ns, who, why, by_owner)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .insert(params![
            new.prompt,
            new.environment,
            new.kind.word(),
            new.from.as_ref().map(Version::to_string),
            new.to.to_string(),
            new.template_hash,
            at.0,
            new.clock.0,
            new.who,
            new.why,
            new.by_owner
        ])?;
    tx.announce(Topic::Prompt, new.prompt.clone());
    Ok(EnvironmentChange {
        seq,
        prompt: new.prompt,
        environment: new.environment,
        kind: new.kind,
        from: new.from,
        to: new.to,
        template_hash: new.template_hash,
        at: at.into(),
        clock_said: (at != new.clock).then_some(new.clock.into()),
        who: new.who,
        why: new.why,
        by_owner: new.by_owner,
    })
}

fn refuse(
    new: &NewEnvironmentChange,
    in_use: Option<&Version>,
    before: &[EnvironmentChange],
) -> Result<()> {
    let place = format!("{} in {}", new.prompt, new.environment);
    if in_use != new.from.as_ref() {
        let now = in_use.map_or_else(|| "no release".to_owned(), Version::to_string);
        return Err(WorkspaceError::Conflict(format!(
            "{place} is {now} by now: somebody was faster"
        )));
    }
    if in_use == Some(&new.to) {
        return Err(WorkspaceError::Conflict(format!(
            "{place} is {} already",
            new.to
        )));
    }
    if new.kind == EnvironmentChangeKind::Rollback && release_before(before) != Some(&new.to) {
        return Err(WorkspaceError::Conflict(format!(
            "{place} did not use {} before",
            new.to
        )));
    }
    Ok(())
}

fn changes(
    conn: &Connection,
    prompt: Option<&str>,
    environment: Option<&str>,
) -> Result<Vec<EnvironmentChange>> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, prompt, environment, kind, from_version, to_version, template_hash, at_ns, clock_ns, who, why,
            by_owner
         FROM environment_change
         WHERE (?1 IS NULL OR prompt = ?1) AND (?2 IS NULL OR environment = ?2)
         ORDER BY seq",
    )?;
    let mut rows = statement.query(params![prompt, environment])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(read(row)?);
    }
    Ok(changes)
}

fn read(row: &Row<'_>) -> Result<EnvironmentChange> {
    let (from, to): (Option<String>, String) = (row.get(4)?, row.get(5)?);
    let (at, clock) = (UnixNanos(row.get(7)?), UnixNanos(row.get(8)?));
    Ok(EnvironmentChange {
        seq: row.get(0)?,
        prompt: row.get(1)?,
        environment: row.get(2)?,
        kind: EnvironmentChangeKind::read(&row.get::<_, String>(3)?)?,
        from: from.as_deref().map(version).transpose()?,
        to: version(&to)?,
        template_hash: row.get(6)?,
        at: at.into(),
        clock_said: (at != clock).then_some(NanosText(clock)),
        who: row.get(9)?,
        why: row.get(10)?,
        by_owner: row.get(11)?,
    })
}

fn version(text: &str) -> Result<Version> {
    text.parse()
        .map_err(|_| WorkspaceError::Damaged(format!("`{text}` is not a version")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promote(from: Option<u64>, to: u64, clock: i64) -> NewEnvironmentChange {
        NewEnvironmentChange {
            prompt: "triage".into(),
            environment: "production".into(),
            kind: EnvironmentChangeKind::Promote,
            from: from.map(|minor| Version::new(1, minor, 0)),
            to: Version::new(1, to, 0),
            template_hash: "a".repeat(64),
            clock: UnixNanos(clock),
            who: "ada".into(),
            why: "it is better".into(),
            by_owner: false,
        }
    }

    #[test]
    fn lines_come_back_as_they_were_written() {
        let workspace = Workspace::in_memory().unwrap();
        let first = workspace.change_environment(promote(None, 0, 10)).unwrap();
        let second = workspace
            .change_environment(promote(Some(0), 1, 20))
            .unwrap();
        let elsewhere = NewEnvironmentChange {
            environment: "staging".into(),
            ..promote(None, 1, 15)
        };
        let third = workspace.change_environment(elsewhere).unwrap();
        let all = |prompt, environment| workspace.environment_changes(prompt, environment).unwrap();
        assert_eq!(all(None, None), [first.clone(), second.clone(), third]);
        assert_eq!(all(Some("triage"), Some("production")), [first, second]);
        assert!(all(Some("other"), None).is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_moves_no_line_before_another_and_is_told() {
        let workspace = Workspace::in_memory().unwrap();
        workspace.change_environment(promote(None, 0, 100)).unwrap();
        let second = workspace
            .change_environment(promote(Some(0), 1, 40))
            .unwrap();
        assert_eq!(second.at.0, UnixNanos(101));
        assert_eq!(second.clock_said, Some(UnixNanos(40).into()));
        let third = workspace
            .change_environment(promote(Some(1), 2, 200))
            .unwrap();
        assert_eq!((third.at.0, third.clock_said), (UnixNanos(200), None));
        let read = workspace.environment_changes(None, None).unwrap();
        assert_eq!(read[1], second);
    }

    #[test]
    fn who_did_not_see_the_last_change_does_not_overwrite_it() {
        let workspace = Workspace::in_memory().unwrap();
        workspace.change_environment(promote(None, 0, 1)).unwrap();
        let refused = [promote(None, 1, 2), promote(Some(0), 0, 2)]
            .map(|new| workspace.change_environment(new).unwrap_err().to_string());
        assert_eq!(
            refused,
            [
                "triage in production is 1.0.0 by now: somebody was faster",
                "triage in production is 1.0.0 already"
            ]
        );
        assert_eq!(workspace.environment_changes(None, None).unwrap().len(), 1);
    }

    #[test]
    fn a_rollback_goes_to_the_release_before_only() {
        let workspace = Workspace::in_memory().unwrap();
        workspace.change_environment(promote(None, 0, 1)).unwrap();
        workspace
            .change_environment(promote(Some(0), 1, 2))
            .unwrap();
        let back = |to| NewEnvironmentChange {
            kind: EnvironmentChangeKind::Rollback,
            ..promote(Some(1), to, 3)
        };
        assert!(workspace.change_environment(back(7)).is_err());
        assert_eq!(workspace.change_environment(back(0)).unwrap().to.minor, 0);
    }

    #[test]
    fn no_statement_changes_or_removes_a_line() {
        let workspace = Workspace::in_memory().unwrap();
        workspace.change_environment(promote(None, 0, 1)).unwrap();
        for statement in [
            "UPDATE environment_change SET to_version = '9.9.9'",
            "DELETE FROM environment_change",
            "INSERT OR REPLACE INTO environment_change SELECT * FROM environment_change",
        ] {
            let refused =
                workspace.write(Durability::Normal, move |tx| Ok(tx.execute(statement, [])?));
            assert!(refused.is_err(), "{statement}");
        }
        let kept = workspace.environment_changes(None, None).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].to, Version::new(1, 0, 0));
    }
}
