//! Recorded answers: what a model said on some day, replayed without a network.

use crate::codec;
use crate::door::Durability;
use crate::error::Result;
use crate::row::count;
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::Completion;
use rusqlite::{OptionalExtension, params};

pub(crate) const V1: &str = "
CREATE TABLE recording (
    model TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    provider TEXT NOT NULL,
    recorded_on TEXT NOT NULL,
    source TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (model, request_hash, repeat, provider)
) STRICT;
";

/// One recorded answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCompletion {
    pub provider: String,
    pub model: String,
    /// Hash of the request it answered, 64 hex digits.
    pub request_hash: String,
    pub repeat: u32,
    pub completion: Completion,
    /// The day it was recorded, as `2025-01-31`.
    pub recorded_on: String,
    /// The file or run it comes from.
    pub source: String,
}

impl Workspace {
    /// Stores recordings; one for the same provider, model, request and repeat is replaced.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn put_recordings(&self, recordings: Vec<RecordedCompletion>) -> Result<()> {
        let bodies = recordings
            .iter()
            .map(|recording| codec::pack_json(&recording.completion))
            .collect::<Result<Vec<_>>>()?;
        self.write(Durability::Normal, move |tx| {
            let mut insert = tx.prepare_cached(
                "INSERT OR REPLACE INTO recording (model, request_hash, repeat, provider, recorded_on,
                    source, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for (recording, body) in recordings.iter().zip(&bodies) {
                insert.execute(params![
                    recording.model,
                    recording.request_hash,
                    recording.repeat,
                    recording.provider,
                    recording.recorded_on,
                    recording.source,
                    body
                ])?;
            }
            tx.announce(Topic::Setting, "recordings");
            Ok(())
        })
    }

    /// The recording for a request. Which provider recorded it does not matter; the newest wins.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn find_recording(
        &self,
        model: &str,
        request_hash: &str,
        repeat: u32,
    ) -> Result<Option<RecordedCompletion>> {
        self.read(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT provider, recorded_on, source, body FROM recording
                     WHERE model = ?1 AND request_hash = ?2 AND repeat = ?3
                     ORDER BY recorded_on DESC, provider LIMIT 1",
                )?
                .query_row(params![model, request_hash, repeat], |row| {
                    let texts: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
                    Ok((texts, row.get::<_, Vec<u8>>(3)?))
                })
                .optional()?;
            let Some(([provider, recorded_on, source], body)) = found else {
                return Ok(None);
            };
            Ok(Some(RecordedCompletion {
                provider,
                model: model.to_owned(),
                request_hash: request_hash.to_owned(),
                repeat,
                completion: codec::unpack_json(&body)?,
                recorded_on,
                source,
            }))
        })
    }

    /// How many recordings there are.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn recordings(&self) -> Result<u64> {
        self.read(|conn| {
            Ok(count(
                conn.prepare_cached("SELECT count(*) FROM recording")?
                    .query_row([], |row| row.get(0))?,
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::completion;

    #[test]
    fn a_recording_is_found_by_model_request_and_repeat() {
        let workspace = Workspace::in_memory().unwrap();
        let recording = RecordedCompletion {
            provider: "openai".into(),
            model: "m".into(),
            request_hash: "h".into(),
            repeat: 1,
            completion: completion("yes"),
            recorded_on: "2025-01-31".into(),
            source: "run".into(),
        };
        workspace.put_recordings(vec![recording.clone()]).unwrap();
        workspace.put_recordings(vec![recording.clone()]).unwrap();
        assert_eq!(workspace.recordings().unwrap(), 1);
        assert_eq!(
            workspace.find_recording("m", "h", 1).unwrap(),
            Some(recording)
        );
        assert_eq!(workspace.find_recording("m", "h", 0).unwrap(), None);
    }
}
