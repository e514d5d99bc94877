//! An `.eval` file, a zip archive, handed over as the text of the same log in its `.json` form.
//!
//! Members are deflated or, in newer files, Zstandard. `header.json` says what the log is; a run that crashed left
//! only `_journal/start.json`. Each `samples/*.json` becomes an element of `samples`; one that cannot be read
//! becomes an element that says why, which the reader quarantines. Nothing is extracted, a member's name is data.
//! Source: inspect_ai `log/_recorders/eval.py`.

use crate::lines::LINE_BYTES;
use crate::text::{shorten, unfit};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::io::{self, Cursor, Read, Seek};
use zip::ZipArchive;

/// The first bytes of a zip archive with members.
pub const ZIP_MAGIC: &[u8; 4] = b"PK\x03\x04";

/// The member of an element that stands for what could not be read; `reason` and `raw` are beside it.
pub(super) const UNREADABLE: &str = "plumbline_unreadable_member";

/// What may come out of one archive.
const TOTAL_BYTES: u64 = 20 * 1024 * 1024 * 1024;
const RAW_CHARS: usize = 2_000;

/// The log in an `.eval` file, as text.
pub struct EvalLog<R> {
    archive: ZipArchive<R>,
    samples: VecDeque<usize>,
    ready: Cursor<Vec<u8>>,
    begun: bool,
    given: u64,
    ended: bool,
}

impl<R: Read + Seek> EvalLog<R> {
    /// True for an archive with the members that a log has.
    pub(crate) fn is_log(archive: &ZipArchive<R>) -> bool {
        let has = |name: &str| archive.index_for_name(name).is_some();
        let is_part = |name: &str| name.starts_with("samples/") || name.starts_with("_journal/");
        has("_journal/start.json")
            || has("header.json")
                && (has("summaries.json")
                    || has("reductions.json")
                    || archive.len() == 1
                    || archive.file_names().flatten().any(|name| is_part(&name)))
    }

    /// Opens an archive and reads what the log says as a whole.
    ///
    /// # Errors
    /// Why this is no log of Inspect, as the end of a sentence about the file.
    pub(crate) fn of(archive: ZipArchive<R>) -> Result<Self, String> {
        let mut samples = VecDeque::new();
        let mut others = Vec::new();
        let (mut header, mut start) = (None, None);
        for index in 0..archive.len() {
            match name_of(&archive, index).as_str() {
                "header.json" => header = Some(index),
                "_journal/start.json" => start = Some(index),
                // They repeat what the samples say, or sum it up.
                "summaries.json" | "reductions.json" => {}
                name if name.starts_with("_journal/summaries/") || name.ends_with('/') => {}
                name if name.starts_with("samples/") && is_json(name) => samples.push_back(index),
                name => others.push(shorten(name, 200).into_owned()),
            }
        }
        if header.is_none() && start.is_none() {
            return Err(
                "is a zip archive, but no log of Inspect: neither `header.json` nor `_journal/start.json` is in it"
                    .to_owned(),
            );
        }
        let mut log = Self {
            archive,
            samples,
            ready: Cursor::default(),
            begun: false,
            given: 0,
            ended: false,
        };
        log.begin(header, start, others);
        Ok(log)
    }

    /// The text up to the first sample.
    fn begin(&mut self, header: Option<usize>, start: Option<usize>, others: Vec<String>) {
        let mut refused = Vec::new();
        let mut whole = None;
        for index in [header, start].into_iter().flatten() {
            let member = self
                .member(index)
                .and_then(|bytes| match super::parsed(&bytes, true) {
                    Ok(Value::Object(object)) => Ok(object),
                    Ok(_) => Err(self.unreadable(index, "expected an object", &bytes)),
                    Err(why) => Err(self.unreadable(index, &why, &bytes)),
                });
            match member {
                Ok(object) => {
                    whole = Some(object);
                    break;
                }
                Err(row) => refused.push(row),
            }
        }
        let mut log = whole.unwrap_or_default();
        log.remove("samples");
        log.entry("status").or_insert("started".into());
        let mut text = Map::from_iter([("version".to_owned(), Value::Null)]);
        text.extend(log);
        if !others.is_empty() {
            text.insert("(members of the archive)".to_owned(), others.into());
        }
        let mut text = Value::Object(text).to_string().into_bytes();
        text.pop();
        text.extend_from_slice(b",\"samples\":[");
        self.ready = Cursor::new(text);
        for row in refused {
            self.push(row);
        }
    }

    /// One member whole, or the element that says why not.
    fn member(&mut self, index: usize) -> Result<Vec<u8>, Vec<u8>> {
        let mut bytes = Vec::new();
        let read = match self.archive.by_index(index) {
            Ok(member) => member
                .take(LINE_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("the member is damaged or cut off ({error})")),
            Err(error) => Err(format!("the member cannot be opened ({error})")),
        };
        self.given += bytes.len() as u64;
        match read {
            Ok(size) if size > LINE_BYTES => {
                Err(self.unreadable(index, "the member holds more than 64 MiB", &bytes))
            }
            Ok(_) => Ok(bytes),
            Err(why) => Err(self.unreadable(index, &why, &bytes)),
        }
    }

    fn unreadable(&self, index: usize, reason: &str, bytes: &[u8]) -> Vec<u8> {
        let name = name_of(&self.archive, index);
        let raw = String::from_utf8_lossy(&bytes[..bytes.len().min(RAW_CHARS * 4)]);
        element(&name, reason, &raw)
    }

    fn push(&mut self, element: Vec<u8>) {
        let text = self.ready.get_mut();
        if std::mem::replace(&mut self.begun, true) {
            text.push(b',');
        }
        text.extend(element);
    }

    /// Makes the next sample ready; at the end the end of the text, then nothing.
    fn advance(&mut self) {
        self.ready = Cursor::default();
        if self.ended {
            return;
        }
        if self.given > TOTAL_BYTES {
            let left = self.samples.len();
            self.samples.clear();
            self.push(element(
                "samples",
                &format!("more than 20 GiB came out of the archive; {left} samples are not read"),
                "",
            ));
            return;
        }
        let Some(index) = self.samples.pop_front() else {
            self.ended = true;
            self.ready = Cursor::new(b"]}\n".to_vec());
            return;
        };
        let element = match self.member(index) {
            // Brackets out of balance would swallow the samples behind it, so it is looked at before it is given.
            Ok(bytes) => match broken(&bytes) {
                None => bytes,
                Some(why) => self.unreadable(index, &why, &bytes),
            },
            Err(row) => row,
        };
        self.push(element);
    }
}

/// Data and nothing else: no file is ever named by it.
fn name_of<R: Read + Seek>(archive: &ZipArchive<R>, index: usize) -> String {
    match archive.name_for_index(index) {
        Some(Ok(name)) => name.into_owned(),
        _ => format!("member {index}"),
    }
}

fn is_json(name: &str) -> bool {
    name.as_bytes().ends_with(b".json")
}

fn element(name: &str, reason: &str, raw: &str) -> Vec<u8> {
    let raw = shorten(raw, RAW_CHARS).replace('\0', "\u{fffd}");
    let name = shorten(name, 300).replace(char::is_control, "\u{fffd}");
    json!({UNREADABLE: name, "reason": reason, "raw": raw})
        .to_string()
        .into_bytes()
}

/// Why this is no JSON value, if it is none.
fn broken(bytes: &[u8]) -> Option<String> {
    let text = super::without_nan(bytes);
    unfit(bytes).or_else(|| {
        let parsed = serde_json::from_slice::<IgnoredAny>(&text);
        parsed
            .err()
            .map(|error| format!("the member is no JSON: {error}"))
    })
}

impl<R: Read + Seek> Read for EvalLog<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.ready.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.advance();
            if self.ready.get_ref().is_empty() {
                return Ok(0);
            }
        }
    }
}
