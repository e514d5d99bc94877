//! `plumbline import`

use super::{follow, promptfoo};
use crate::args::Import;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{Engine, ImportFailure, ImportOptions, Redaction};
use plumbline_model::{FieldUnread, ImportFile, Problem, UnixNanos, add_known};
use plumbline_report::{Paint, clean, summary};
use serde::Serialize;
use std::collections::BTreeMap;

/// The JSON answer: totals are over the model calls of this import.
#[derive(Serialize)]
struct Answer<'a> {
    files: &'a [ImportFile],
    failures: &'a [ImportFailure],
    model_calls: u64,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    tokens_unattributed: Option<u64>,
    first_ns: Option<UnixNanos>,
    last_ns: Option<UnixNanos>,
    /// Spans that carry each field that nobody reads.
    fields_unread: BTreeMap<&'a str, u64>,
    fields_unread_examples: BTreeMap<&'a str, &'a str>,
    completeness: BTreeMap<&'a str, f64>,
    /// Secrets taken out of all files, by kind; null where redaction was switched off.
    redacted: Option<BTreeMap<&'a str, u64>>,
}

pub(super) fn import(
    engine: &Engine,
    args: &Import,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    if let Some(config) = promptfoo::config_of(args)? {
        return promptfoo::import(engine, config, printer);
    }
    follow(engine, printer);
    let options = ImportOptions {
        format: args.format.clone(),
        mapping: args.mapping.clone(),
        redaction: if args.no_redact {
            Redaction::Off
        } else {
            Redaction::On
        },
    };
    let outcome = engine.import_with(&args.paths, &options)?;
    let answer = answer(&outcome.files, &outcome.failures);
    printer.answer(&answer, || {
        let mut text = summary::import_report(&outcome.files, printer.room(), printer.style());
        for failure in &outcome.failures {
            let message = &failure.problem.message;
            // Most messages name the file themselves.
            let line = if message.contains(&failure.path) {
                format!("not imported: {message}")
            } else {
                format!("not imported: {}: {message}", failure.path)
            };
            text.push_str(&printer.style().paint(Paint::Bad, &line));
            text.push('\n');
            if let Some(hint) = &failure.problem.hint {
                text.push_str(&format!("  {}\n", clean(hint)));
            }
        }
        text
    })?;
    match outcome.failures.first() {
        Some(failure) => Ok(ExitStatus::from(&failure.problem)),
        None => Ok(ExitStatus::Pass),
    }
}

fn answer<'a>(files: &'a [ImportFile], failures: &'a [ImportFailure]) -> Answer<'a> {
    let mut unread: BTreeMap<&str, &FieldUnread> = BTreeMap::new();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut completeness: BTreeMap<&str, f64> = BTreeMap::new();
    let mut redacted: Option<BTreeMap<&str, u64>> = None;
    let model_calls: u64 = files.iter().map(|file| file.model_calls).sum();
    for file in files {
        for (kind, count) in file.redacted.iter().flatten() {
            *redacted.get_or_insert_default().entry(kind).or_default() += count;
        }
        if file.redacted.is_some() {
            redacted.get_or_insert_default();
        }
        for (name, field) in &file.fields_unread {
            unread.entry(name).or_insert(field);
            *counts.entry(name).or_default() += field.count;
        }
        for (name, share) in &file.completeness {
            // Shares are over model calls, so files weigh by theirs.
            *completeness.entry(name).or_default() +=
                share * file.model_calls as f64 / model_calls.max(1) as f64;
        }
    }
    Answer {
        files,
        failures,
        model_calls,
        tokens_in: files
            .iter()
            .fold(None, |sum, file| add_known(sum, file.tokens_in)),
        tokens_out: files
            .iter()
            .fold(None, |sum, file| add_known(sum, file.tokens_out)),
        tokens_unattributed: files
            .iter()
            .fold(None, |sum, file| add_known(sum, file.tokens_unattributed)),
        first_ns: files.iter().filter_map(|file| file.first_ns).min(),
        last_ns: files.iter().filter_map(|file| file.last_ns).max(),
        fields_unread: counts,
        fields_unread_examples: unread
            .into_iter()
            .map(|(n, f)| (n, f.example.as_str()))
            .collect(),
        completeness,
        redacted,
    }
}
