//! What a check of files found, for prompts and tools alike.

use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::api::{FindingSeverity, PromptFinding};
use plumbline_model::Problem;
use plumbline_report::{Paint, clean};
use serde::Serialize;
use serde_json::{Value, json};

/// One file that was checked; `More` is what only its kind has.
#[derive(Serialize)]
pub(super) struct Checked<More> {
    pub(super) name: String,
    errors: usize,
    warnings: usize,
    findings: Vec<PromptFinding>,
    computed: Option<String>,
    reasons: Vec<String>,
    #[serde(flatten)]
    more: More,
}

impl<More: Serialize> Checked<More> {
    pub(super) fn new(
        name: String,
        findings: Vec<PromptFinding>,
        (computed, reasons): (Option<String>, Vec<String>),
        more: More,
    ) -> Self {
        let count = |severity| {
            let of_kind = findings
                .iter()
                .filter(|finding| finding.severity == severity);
            of_kind.count()
        };
        Self {
            errors: count(FindingSeverity::Error),
            warnings: count(FindingSeverity::Warning),
            name,
            findings,
            computed,
            reasons,
            more,
        }
    }
}

/// Answers with the one file that was asked for, or with all of them under `plural`; exit 1 when one has errors.
/// `done` says what was done to a file before it was checked.
pub(super) fn report<More: Serialize>(
    checked: &[Checked<More>],
    plural: Option<&str>,
    done: impl Fn(&More) -> Vec<String>,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let all =
        serde_json::to_value(checked).map_err(|error| Problem::internal(error.to_string()))?;
    let answer = match (plural, all) {
        (None, Value::Array(mut one)) if !one.is_empty() => one.remove(0),
        (plural, all) => json!({ plural.unwrap_or("files"): all }),
    };
    printer.answer(&answer, || {
        let files = checked.iter();
        files
            .map(|file| in_words(file, &done(&file.more), printer))
            .collect()
    })?;
    let fails = checked.iter().any(|file| file.errors > 0);
    Ok(if fails {
        ExitStatus::Findings
    } else {
        ExitStatus::Pass
    })
}

fn in_words<More>(file: &Checked<More>, done: &[String], printer: &Printer) -> String {
    let (paint, verdict) = match (file.errors, file.warnings) {
        (0, 0) => (Paint::Good, "no findings".to_owned()),
        (0, warnings) => (Paint::Warn, format!("{warnings} warnings")),
        (errors, _) => (Paint::Bad, format!("{errors} errors")),
    };
    let bump = file.computed.as_deref().unwrap_or("no release yet");
    let mut text = format!(
        "{}: {} · against the latest release: {bump}\n",
        printer.style().paint(Paint::Strong, &file.name),
        printer.style().paint(paint, &verdict)
    );
    for title in done {
        text.push_str(&format!("  fixed: {}\n", clean(title)));
    }
    for finding in &file.findings {
        let line = finding.line;
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        text.push_str(&format!("  {place}{}\n", clean(&finding.message)));
        for fix in &finding.fixes {
            text.push_str(&format!("    could be fixed: {}\n", clean(&fix.title)));
        }
    }
    text
}
