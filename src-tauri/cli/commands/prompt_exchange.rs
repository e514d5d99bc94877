//! `plumbline prompt import` and `export`.

use super::prompt::split;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::api::{ImportedPrompt, PromptImport};
use plumbline_engine::{Engine, Loss, LossEffect, PromptFormat};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean};
use serde_json::json;
use std::path::Path;

pub(super) fn import(
    engine: &Engine,
    file: &Path,
    git: bool,
    name: Option<&str>,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let import = if git {
        engine.prompt_import_git(file, name)?
    } else {
        let text = super::read_text(file)?;
        let file_name = file
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| *name != "-");
        engine.prompt_import(&text, file_name, name)?
    };
    printer.answer(&import, || shown(&import, printer))?;
    let is_whole = import
        .prompts
        .iter()
        .all(|prompt| prompt.left_out.is_empty());
    Ok(if is_whole {
        ExitStatus::Pass
    } else {
        ExitStatus::Findings
    })
}

fn shown(import: &PromptImport, printer: &Printer) -> String {
    let mut text = String::new();
    for prompt in &import.prompts {
        text.push_str(&heading(prompt, &import.format));
        if !prompt.versions.is_empty() {
            let columns = ["version", "was", "author", "what changed", "step"];
            let mut table = Table::new(columns.map(Column::words));
            for version in &prompt.versions {
                let was: String = version
                    .id
                    .as_deref()
                    .unwrap_or_default()
                    .chars()
                    .take(12)
                    .collect();
                table.row([
                    &version.version,
                    &was,
                    version.author.as_deref().unwrap_or_default(),
                    &version.changelog,
                    version.bump.as_deref().unwrap_or_default(),
                ]);
            }
            text.push_str(&table.render(printer.room(), printer.style()));
        }
        for left_out in &prompt.left_out {
            let (place, reason) = (clean(&left_out.place), clean(&left_out.reason));
            text.push_str(&format!("left out: {place}: {reason}\n"));
        }
        for version in &prompt.versions {
            for loss in &version.losses {
                text.push_str(&format!("{}: {}\n", version.version, loss_line(loss)));
            }
        }
        if prompt.working_kept {
            text.push_str("the working file has unreleased changes and stays as it is\n");
        }
    }
    text
}

fn heading(prompt: &ImportedPrompt, format: &str) -> String {
    let count = prompt.versions.len();
    let mut line = format!(
        "{}: {count} {} taken over from {format}",
        prompt.name,
        if count == 1 { "version" } else { "versions" }
    );
    if prompt.already > 0 {
        line.push_str(&format!(", {} were there already", prompt.already));
    }
    line + "\n"
}

fn loss_line(loss: &Loss) -> String {
    let effect = match loss.effect {
        LossEffect::Dropped => "dropped",
        LossEffect::Changed => "changed",
    };
    format!("{effect} {}: {}", clean(&loss.place), clean(&loss.what))
}

pub(super) fn export(
    engine: &Engine,
    prompt: &str,
    to: PromptFormat,
    out: Option<&Path>,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let (name, version) = split(prompt);
    let export = engine.prompt_export(name, version, to)?;
    if let Some(path) = out {
        engine.write_export(&export, path)?;
        let answer = json!({ "name": export.name, "format": export.format, "path": path, "losses": export.losses });
        printer.answer(&answer, || format!("wrote {}", path.display()))?;
    } else {
        printer.answer(&export, || clean(&export.text).into_owned())?;
    }
    for loss in &export.losses {
        printer.note(&loss_line(loss));
    }
    Ok(ExitStatus::Pass)
}
