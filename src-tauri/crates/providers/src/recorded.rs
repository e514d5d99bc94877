//! Answers from recordings of earlier calls, and the file format that recordings are kept in.
//!
//! A recording is found by model, request hash and repeat, and answers as it was: latency stays the recorded
//! latency. It never falls back to a similar request.

use crate::provider::Answering;
use crate::{Call, Provider, ProviderError, StreamEvent};
use plumbline_model::{Completion, ModelParameters, Problem};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Where recorded answers are looked up.
pub trait RecordingSource: Send + Sync {
    /// The answer to exactly this request, if one was recorded.
    fn find(&self, model: &str, request_hash: &str, repeat: u32) -> Option<Completion>;
}

/// A provider that sends nothing.
pub struct RecordedProvider {
    source: Arc<dyn RecordingSource>,
}

impl RecordedProvider {
    #[must_use]
    pub fn new(source: Arc<dyn RecordingSource>) -> Self {
        Self { source }
    }

    fn answer(
        &self,
        call: &Call,
        events: &(dyn Fn(StreamEvent) + Send + Sync),
    ) -> Result<Completion, ProviderError> {
        let completion = self
            .source
            .find(&call.model, &call.request_hash, call.repeat)
            .ok_or_else(|| ProviderError::NoRecording {
                model: call.model.clone(),
                request_hash: call.request_hash.chars().take(12).collect(),
                repeat: call.repeat,
            })?;
        if !completion.text.is_empty() || !completion.tool_calls.is_empty() {
            events(StreamEvent::FirstToken);
        }
        if !completion.text.is_empty() {
            events(StreamEvent::Text(completion.text.clone()));
        }
        Ok(completion)
    }
}

impl Provider for RecordedProvider {
    fn chat<'a>(
        &'a self,
        call: &'a Call,
        events: &'a (dyn Fn(StreamEvent) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> Answering<'a> {
        Box::pin(async move {
            if cancel.is_cancelled() {
                return Err(ProviderError::Cancelled { sent: false });
            }
            self.answer(call, events)
        })
    }

    fn name(&self) -> &str {
        "recorded"
    }
}

/// One recorded answer: one line of a recordings file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Who answered, such as `openai` or `llama.cpp`.
    pub provider: String,
    pub model: String,
    /// SHA-256 of the request, 64 hex digits.
    pub request_hash: String,
    #[serde(default)]
    pub repeat: u32,
    /// The prompt version the request was made from, as `name@version`; for people only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The parameters it was sent with; for people only, since the request hash covers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<ModelParameters>,
    pub completion: Completion,
    /// Date of the call, `YYYY-MM-DD`.
    pub recorded_on: String,
    /// What recorded it: program and version, and for a local model its file and quantisation.
    #[serde(default)]
    pub recorder: String,
}

/// Recordings held in memory. Of two with the same key, the later one answers.
#[derive(Debug, Default)]
pub struct Recordings {
    by_model: HashMap<String, HashMap<(String, u32), Completion>>,
}

impl FromIterator<Recording> for Recordings {
    fn from_iter<I: IntoIterator<Item = Recording>>(recordings: I) -> Self {
        let mut all = Self::default();
        for recording in recordings {
            all.by_model.entry(recording.model).or_default().insert(
                (recording.request_hash, recording.repeat),
                recording.completion,
            );
        }
        all
    }
}

impl RecordingSource for Recordings {
    fn find(&self, model: &str, request_hash: &str, repeat: u32) -> Option<Completion> {
        let key = (request_hash.to_owned(), repeat);
        self.by_model.get(model)?.get(&key).cloned()
    }
}

/// Longest line of a recordings file.
const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;

/// Why a recordings file cannot be read or written. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("recordings, line {line}: {error}")]
    Json {
        line: usize,
        error: serde_json::Error,
    },
    #[error("recordings, line {line}: longer than 16 MB")]
    TooLong { line: usize },
    #[error("recordings: {0}")]
    Io(#[from] std::io::Error),
}

impl From<RecordingError> for Problem {
    fn from(error: RecordingError) -> Self {
        Self::bad_input(error.to_string())
    }
}

/// Reads a recordings file: one JSON object per line; empty lines are skipped.
///
/// # Errors
/// The first line that is not a recording, with its number; nothing is returned then.
pub fn read_recordings(mut source: impl BufRead) -> Result<Vec<Recording>, RecordingError> {
    let mut recordings = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        // One byte more than allowed tells a line at the limit from one above it.
        (&mut source)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        if bytes.len() as u64 > MAX_LINE_BYTES {
            return Err(RecordingError::TooLong { line });
        }
        if !bytes.trim_ascii().is_empty() {
            let recording = serde_json::from_slice(&bytes)
                .map_err(|error| RecordingError::Json { line, error })?;
            recordings.push(recording);
        }
    }
    Ok(recordings)
}

/// Writes one recording as one line.
///
/// # Errors
/// Those of the writer.
pub fn write_recording(mut to: impl Write, recording: &Recording) -> Result<(), RecordingError> {
    let mut line = serde_json::to_vec(recording).map_err(std::io::Error::from)?;
    line.push(b'\n');
    to.write_all(&line)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{FinishReason, ResponseStatus, Usage};
    use std::sync::Mutex;

    fn recording(request_hash: &str, repeat: u32, text: &str) -> Recording {
        Recording {
            provider: "llama.cpp".to_owned(),
            model: "smol".to_owned(),
            request_hash: request_hash.to_owned(),
            repeat,
            prompt: Some("classify@1.0.0".to_owned()),
            parameters: None,
            completion: Completion {
                status: ResponseStatus::Complete,
                text: text.to_owned(),
                finish_reason: Some(FinishReason::Stop),
                usage: Usage::of(10, 2),
                time_to_first_token_ms: Some(12.5),
                latency_ms: Some(812.25),
                ..Completion::default()
            },
            recorded_on: "2026-11-24".to_owned(),
            recorder: "plumbline 0.1.0".to_owned(),
        }
    }

    fn call(request_hash: &str, repeat: u32) -> Call {
        Call {
            model: "smol".to_owned(),
            request: plumbline_model::ChatRequest::default(),
            request_hash: request_hash.to_owned(),
            idempotency_key: String::new(),
            repeat,
        }
    }

    fn provider(recordings: Vec<Recording>) -> RecordedProvider {
        RecordedProvider::new(Arc::new(recordings.into_iter().collect::<Recordings>()))
    }

    #[tokio::test]
    async fn a_recording_answers_as_it_was_with_its_own_latency() {
        let hash = "ab".repeat(32);
        let first = recording(&hash, 0, "billing");
        let provider = provider(vec![first.clone(), recording(&hash, 1, "other")]);
        let seen = Mutex::new(Vec::new());
        let events = |event| seen.lock().unwrap().push(event);
        let answer = provider
            .chat(&call(&hash, 0), &events, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(answer, first.completion);
        assert_eq!(
            *seen.lock().unwrap(),
            [
                StreamEvent::FirstToken,
                StreamEvent::Text("billing".to_owned())
            ]
        );
    }

    #[tokio::test]
    async fn a_missing_recording_names_the_request_and_what_to_do() {
        let hash = "ab".repeat(32);
        let provider = provider(vec![recording(&hash, 0, "billing")]);
        for call in [call(&hash, 1), call(&"cd".repeat(32), 0)] {
            let error = provider
                .chat(&call, &|_| {}, &CancellationToken::new())
                .await
                .unwrap_err();
            assert!(!error.retryable() && !error.ambiguous());
            let problem = Problem::from(error);
            assert!(
                problem.message.contains(&call.request_hash[..12]),
                "{problem}"
            );
            assert!(
                !problem.message.contains(&call.request_hash),
                "short hash only"
            );
            assert!(problem.hint.is_some());
        }
    }

    #[test]
    fn a_file_of_recordings_round_trips() {
        let written = vec![recording("a", 0, "eins\nzwei"), recording("b", 3, "")];
        let mut file = b"\n".to_vec();
        for recording in &written {
            write_recording(&mut file, recording).unwrap();
        }
        assert_eq!(read_recordings(file.as_slice()).unwrap(), written);
    }

    #[test]
    fn a_broken_line_is_named() {
        let mut file = Vec::new();
        write_recording(&mut file, &recording("a", 0, "x")).unwrap();
        file.extend_from_slice(b"{\"provider\": 1}\n");
        let error = read_recordings(file.as_slice()).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
