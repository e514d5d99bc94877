//! `plumbline redaction …`

use super::read_text;
use crate::args::Redaction;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{RedactionPattern, RedactionTrial};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean, figures};
use serde_json::json;
use std::path::Path;

pub(super) fn run(
    engine: &Engine,
    args: &Redaction,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    match args {
        Redaction::Add { name, pattern } => {
            let added = engine.redaction_add(name, pattern)?;
            printer.answer(&added, || {
                format!(
                    "added {}; later imports follow it, what is stored stays as it is\n",
                    added.name
                )
            })?;
        }
        Redaction::List => {
            let patterns = engine.redaction_patterns()?;
            printer.answer(&json!({ "patterns": patterns }), || {
                table(&patterns, printer)
            })?;
        }
        Redaction::Remove { name } => {
            engine.redaction_remove(name)?;
            printer.answer(&json!({ "removed": name }), || {
                format!("removed {name}; what is stored stays as it is\n")
            })?;
        }
        Redaction::Test { file, pattern } => {
            let text = read_text(file.as_deref().unwrap_or(Path::new("-")))?;
            let more: Vec<&str> = pattern.iter().map(String::as_str).collect();
            let trial = engine.redaction_try(&text, &more)?;
            printer.answer(&trial, || tried(&trial))?;
        }
    }
    Ok(ExitStatus::Pass)
}

fn table(patterns: &[RedactionPattern], printer: &Printer) -> String {
    if patterns.is_empty() {
        return "no pattern was added; the built-in ones always apply\n".to_owned();
    }
    let mut table = Table::new([Column::words("name"), Column::words("pattern")]);
    for own in patterns {
        table.row([own.name.clone(), own.pattern.clone()]);
    }
    table.render(printer.room(), printer.style())
}

fn tried(trial: &RedactionTrial) -> String {
    let mut text = String::new();
    for line in &trial.changed {
        text.push_str(&format!("line {}: {}\n", line.line, clean(&line.text)));
    }
    let kinds: Vec<String> = trial
        .redacted
        .iter()
        .map(|(kind, count)| format!("{kind} {}", figures::count(*count)))
        .collect();
    let kinds = if kinds.is_empty() {
        "nothing".to_owned()
    } else {
        kinds.join(", ")
    };
    text.push_str(&format!(
        "{kinds} in {} lines\n",
        figures::count(trial.lines)
    ));
    text
}
