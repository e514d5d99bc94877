//! `plumbline prompt check`

use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{FindingSeverity, PromptFinding};
use plumbline_model::Problem;
use plumbline_report::{Paint, clean};
use serde::Serialize;
use serde_json::json;

#[derive(Serialize)]
struct Checked {
    name: String,
    errors: usize,
    warnings: usize,
    findings: Vec<PromptFinding>,
    template_hash: Option<String>,
    computed: Option<String>,
    reasons: Vec<String>,
    /// What `--fix` did to the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<String>>,
}

pub(super) fn run(
    engine: &Engine,
    name: Option<&str>,
    fix: bool,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => {
            let rows = engine.prompt_list()?.into_iter();
            rows.map(|row| row.name).collect()
        }
    };
    let checked = names
        .into_iter()
        .map(|name| check(engine, name, fix))
        .collect::<Result<Vec<Checked>, Problem>>()?;
    let one = checked.first().filter(|_| name.is_some());
    let object = match one {
        Some(one) => serde_json::to_value(one),
        None => serde_json::to_value(json!({ "prompts": checked })),
    }
    .map_err(|error| Problem::internal(error.to_string()))?;
    printer.answer(&object, || {
        checked
            .iter()
            .map(|prompt| in_words(prompt, printer))
            .collect()
    })?;
    let errors = checked.iter().any(|prompt| prompt.errors > 0);
    Ok(if errors {
        ExitStatus::Findings
    } else {
        ExitStatus::Pass
    })
}

fn check(engine: &Engine, name: String, fix: bool) -> Result<Checked, Problem> {
    let fixed = fix.then(|| engine.prompt_mend(&name)).transpose()?;
    let check = engine.prompt_open(&name, None)?.check;
    let count = |severity| {
        let findings = check.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    Ok(Checked {
        errors: count(FindingSeverity::Error),
        warnings: count(FindingSeverity::Warning),
        template_hash: check.template_hash,
        computed: check.bump,
        reasons: check.bump_reasons,
        findings: check.findings,
        fixed: fixed.map(|mended| mended.fixed),
        name,
    })
}

fn in_words(prompt: &Checked, printer: &Printer) -> String {
    let (paint, verdict) = match (prompt.errors, prompt.warnings) {
        (0, 0) => (Paint::Good, "no findings".to_owned()),
        (0, warnings) => (Paint::Warn, format!("{warnings} warnings")),
        (errors, _) => (Paint::Bad, format!("{errors} errors")),
    };
    let bump = prompt.computed.as_deref().unwrap_or("no release yet");
    let mut text = format!(
        "{}: {} · against the latest release: {bump}\n",
        printer.style().paint(Paint::Strong, &prompt.name),
        printer.style().paint(paint, &verdict)
    );
    for title in prompt.fixed.iter().flatten() {
        text.push_str(&format!("  fixed: {}\n", clean(title)));
    }
    for finding in &prompt.findings {
        text.push_str(&finding_line(finding));
        for fix in &finding.fixes {
            text.push_str(&format!("    could be fixed: {}\n", clean(&fix.title)));
        }
    }
    text
}

/// A finding as a line of text.
pub(super) fn finding_line(finding: &PromptFinding) -> String {
    let place = finding
        .line
        .map_or_else(String::new, |line| format!("line {line}: "));
    format!("  {place}{}\n", clean(&finding.message))
}
