//! Which models were called: in all imported calls, in recordings.

use crate::error::Result;
use crate::row::count;
use crate::table::response_cache;
use crate::workspace::Workspace;

impl Workspace {
    /// Provider and model of every imported call that names both, most called first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn called_models(&self) -> Result<Vec<(String, String)>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT provider_word.text, model_word.text FROM
                    (SELECT provider, model, count(*) AS calls FROM span WHERE kind = 'llm' GROUP BY model, provider)
                    JOIN word AS provider_word ON provider_word.id = provider
                    JOIN word AS model_word ON model_word.id = model
                 ORDER BY calls DESC, 1, 2 LIMIT 200",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Provider and model of the recordings with their number, most recorded first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn recorded_models(&self) -> Result<Vec<(String, String, u64)>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT provider, model, count(*) FROM recording GROUP BY provider, model
                 ORDER BY count(*) DESC, model, provider",
            )?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, count(row.get(2)?))))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether a request has a recording.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn has_recording(&self, model: &str, request_hash: &str, repeat: u32) -> Result<bool> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT 1 FROM recording WHERE model = ?1 AND request_hash = ?2 AND repeat = ?3",
                )?
                .exists(rusqlite::params![model, request_hash, repeat])?)
        })
    }

    /// Whether the response cache has answers under these content addresses, in their order.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn are_cached<'k>(&self, keys: impl Iterator<Item = &'k str>) -> Result<Vec<bool>> {
        self.read(|conn| keys.map(|key| response_cache::has(conn, key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn models_are_named_by_how_often_they_were_called() {
        let workspace = Workspace::in_memory().unwrap();
        let import = begin(&workspace, 1);
        let mut other = call("t2", "c", 3);
        other.model_returned = Some("gpt-4.1".into());
        let calls = [call("t1", "a", 1), call("t2", "b", 2), other];
        workspace
            .append_spans(import, calls.map(imported).to_vec())
            .unwrap();
        let trace = workspace.trace_row("t2").unwrap().unwrap();
        assert_eq!(trace.models, ["gpt-4.1", "gpt-4.1-mini"]);
        let called = workspace.called_models().unwrap();
        let models: Vec<&str> = called.iter().map(|(_, model)| model.as_str()).collect();
        assert_eq!(models, ["gpt-4.1-mini", "gpt-4.1"]);
        assert_eq!(workspace.are_cached(["k"].into_iter()).unwrap(), [false]);
        assert!(!workspace.has_recording("m", "h", 0).unwrap());
        assert!(workspace.recorded_models().unwrap().is_empty());
    }
}
