//! The prompt texts a run was started with: a working file changes, what a run used does not.

use crate::door::Tx;
use crate::error::Result;
use crate::row;
use crate::table::run;
use crate::workspace::Workspace;
use plumbline_model::{Run, RunId};
use rusqlite::params;

pub(crate) const V2: &str = "
CREATE TABLE run_prompt (
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    template_hash TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run_id, name, version)
) STRICT, WITHOUT ROWID;
";

/// One prompt version of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPrompt {
    pub name: String,
    /// A semantic version, or `working`.
    pub version: String,
    /// SHA-256 of the template, 64 hex digits.
    pub template_hash: String,
    /// The file's text as it was read.
    pub text: String,
}

/// Stores a run's prompts inside the caller's transaction; one that several columns share is stored once.
pub(crate) fn insert(tx: &Tx<'_>, run: RunId, prompts: &[RunPrompt]) -> Result<()> {
    for prompt in prompts {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO run_prompt (run_id, name, version, template_hash, text)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            run.to_string(),
            prompt.name,
            prompt.version,
            prompt.template_hash,
            prompt.text
        ])?;
    }
    Ok(())
}

impl Workspace {
    /// The last runs that compared versions of a prompt, newest first; those that it only wrote summaries for are none.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn runs_of_prompt(&self, name: &str, limit: usize) -> Result<Vec<Run>> {
        let compares = |run: &Run| {
            let mut prompts = run.plan.prompts.iter();
            prompts.any(|prompt| prompt.split_once('@').map_or(&**prompt, |(name, _)| name) == name)
        };
        self.read(|conn| {
            // Ids of runs sort by the time they were made at.
            let mut statement = conn.prepare_cached(
                "SELECT DISTINCT run_id FROM run_prompt WHERE name = ?1 ORDER BY run_id DESC",
            )?;
            let mut rows = statement.query([name])?;
            let mut runs = Vec::new();
            while runs.len() < limit
                && let Some(row) = rows.next()?
            {
                let run = run::find(conn, row::id(&row.get::<_, String>(0)?)?)?;
                runs.extend(Some(run).filter(compares));
            }
            Ok(runs)
        })
    }

    /// The prompts a run was started with, by name and version.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn run_prompts(&self, run: RunId) -> Result<Vec<RunPrompt>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT name, version, template_hash, text FROM run_prompt WHERE run_id = ?1
                 ORDER BY name, version",
            )?;
            let rows = statement.query_map([run.to_string()], |row| {
                Ok(RunPrompt {
                    name: row.get(0)?,
                    version: row.get(1)?,
                    template_hash: row.get(2)?,
                    text: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durability;
    use crate::testing::*;

    #[test]
    fn a_run_keeps_each_of_its_prompts_once() {
        let workspace = Workspace::in_memory().unwrap();
        start_run(&workspace, 1, 1);
        let prompt = RunPrompt {
            name: "drafted".into(),
            version: "working".into(),
            template_hash: "t".repeat(64),
            text: "Be brief.\n".into(),
        };
        let twice = [prompt.clone(), prompt.clone()];
        workspace
            .write(Durability::Normal, move |tx| insert(tx, run_id(1), &twice))
            .unwrap();
        assert!(workspace.run_prompts(run_id(1)).unwrap().contains(&prompt));
        assert!(workspace.run_prompts(run_id(2)).unwrap().is_empty());
        let drafts = |prompts: Vec<RunPrompt>| prompts.iter().filter(|one| **one == prompt).count();
        assert_eq!(drafts(workspace.run_prompts(run_id(1)).unwrap()), 1);
    }
    #[test]
    fn the_last_runs_of_a_prompt_come_newest_first() {
        let workspace = Workspace::in_memory().unwrap();
        for run in [1, 3, 2] {
            start_run(&workspace, run, 0);
        }
        let runs = |name, limit| -> Vec<RunId> {
            let runs = workspace.runs_of_prompt(name, limit).unwrap();
            runs.iter().map(|run| run.id).collect()
        };
        let name = workspace.run_prompts(run_id(1)).unwrap()[0].name.clone();
        assert_eq!(runs(&name, 2), [run_id(3), run_id(2)]);
        assert_eq!(runs(&name, 9).len(), 3);
        assert!(runs("other", 9).is_empty());
        let summariser = RunPrompt {
            name: "shorten".into(),
            version: "1.0.0".into(),
            template_hash: "t".repeat(64),
            text: "Be brief.\n".into(),
        };
        workspace
            .write(Durability::Normal, move |tx| {
                insert(tx, run_id(1), &[summariser])
            })
            .unwrap();
        assert!(runs("shorten", 9).is_empty(), "it was not compared");
    }
}
