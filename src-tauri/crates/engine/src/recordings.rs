//! Recordings: answers of real models kept beside their requests, so that a replay needs no network.

use crate::{Engine, clock};
use plumbline_model::{CellStatus, Completion, Origin, Problem, RunId};
use plumbline_providers::{Recording, RecordingSource, read_recordings, write_recording};
use plumbline_workspace::{RecordedCompletion, Said, Workspace};
use std::io::{BufRead, Write};

/// Recordings of the workspace, as the recorded provider wants them.
pub(crate) struct StoredRecordings(pub(crate) Workspace);

impl RecordingSource for StoredRecordings {
    fn find(&self, model: &str, request_hash: &str, repeat: u32) -> Option<Completion> {
        match self.0.find_recording(model, request_hash, repeat) {
            Ok(found) => found.map(|recording| recording.completion),
            Err(error) => {
                tracing::warn!(%error, "a recording could not be read");
                None
            }
        }
    }
}

impl Engine {
    /// Stores recordings, one JSON object a line; all of them or, at the first broken line, none.
    /// Returns how many lines there were.
    pub fn add_recordings(&self, lines: impl BufRead, source: &str) -> Result<u64, Problem> {
        let recordings: Vec<RecordedCompletion> = read_recordings(lines)?
            .into_iter()
            .map(|recording| RecordedCompletion {
                provider: recording.provider,
                model: recording.model,
                request_hash: recording.request_hash,
                repeat: recording.repeat,
                completion: recording.completion,
                recorded_on: recording.recorded_on,
                source: source.to_owned(),
            })
            .collect();
        let count = recordings.len() as u64;
        self.inner.workspace.put_recordings(recordings)?;
        Ok(count)
    }

    /// Writes the complete live answers of a run as recordings, one JSON object a line. Returns how many.
    pub fn record_run(
        &self,
        run_id: RunId,
        recorder: &str,
        out: &mut dyn Write,
    ) -> Result<u64, Problem> {
        let mut written = 0;
        let today = clock::now().utc_day();
        let columns = self.run_columns(&self.inner.workspace.run(run_id)?)?;
        for cell in self.inner.workspace.all_cells(run_id)? {
            let asked = cell.asked().clone();
            let (Some(completion), CellStatus::Complete, Some(Origin::Live | Origin::Cached)) =
                (cell.completion, cell.status, cell.origin)
            else {
                continue;
            };
            let column = columns.iter().find(|column| {
                column.prompt_name == cell.key.prompt_name
                    && column.prompt_version == cell.key.prompt_version
            });
            write_recording(
                &mut *out,
                &Recording {
                    provider: asked.provider,
                    model: asked.model,
                    prompt: Some(format!(
                        "{}@{}",
                        cell.key.prompt_name, cell.key.prompt_version
                    )),
                    parameters: column.map(|column| column.spec.parameters.clone()),
                    request_hash: cell.request_hash,
                    repeat: cell.key.repeat,
                    completion,
                    recorded_on: today.clone(),
                    recorder: recorder.to_owned(),
                },
            )?;
            written += 1;
        }
        // With what the judges said, the run can be judged again without a network.
        for opinion in self.inner.workspace.opinions_of_run(run_id)? {
            let (Said::Reply(completion), Origin::Live | Origin::Cached) =
                (opinion.said, opinion.origin)
            else {
                continue;
            };
            write_recording(
                &mut *out,
                &Recording {
                    provider: opinion.key.target.provider,
                    model: opinion.key.target.model,
                    prompt: None,
                    parameters: None,
                    request_hash: opinion.key.request_hash,
                    repeat: 0,
                    completion: *completion,
                    recorded_on: opinion.asked_ns.utc_day(),
                    recorder: recorder.to_owned(),
                },
            )?;
            written += 1;
        }
        Ok(written)
    }
}
