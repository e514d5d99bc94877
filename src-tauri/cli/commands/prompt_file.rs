//! `plumbline prompt new`, `edit`, `snippet` and `blame`.

use super::prompt::split;
use super::prompt_check;
use crate::args::Language;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{Engine, SnippetLanguage};
use plumbline_model::Problem;
use plumbline_report::{Paint, clean};
use serde_json::json;
use std::process::Command;

pub(super) fn new(
    engine: &Engine,
    name: &str,
    owner: Option<&str>,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let view = engine.prompt_new(name, owner)?;
    printer.answer(&json!({ "name": name, "path": view.path }), || {
        format!("wrote {}", clean(&view.path))
    })?;
    Ok(ExitStatus::Pass)
}

pub(super) fn edit(engine: &Engine, name: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let path = engine.prompt_open(name, None)?.path;
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|editor| !editor.trim().is_empty())
        .unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    // As git does: the variable may carry options, and no shell reads it.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program)
        .args(words)
        .arg(&path)
        .status()
        .map_err(|error| {
            Problem::bad_input(format!("cannot start `{}`: {error}", clean(program)))
                .hint("Name your editor in EDITOR, such as EDITOR=nano.")
        })?;
    if !status.success() {
        return Err(Problem::bad_input(format!(
            "`{}` ended with {status}; the file is as it left it",
            clean(program)
        )));
    }
    prompt_check::run(engine, Some(name), false, printer)
}

pub(super) fn snippet(
    engine: &Engine,
    prompt: &str,
    language: Language,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let (name, version) = split(prompt);
    let language = match language {
        Language::Python => SnippetLanguage::Python,
        Language::Typescript => SnippetLanguage::TypeScript,
        Language::Rust => SnippetLanguage::Rust,
    };
    let text = engine.prompt_snippet(name, version.unwrap_or("working"), language)?;
    printer.answer(&json!({ "name": name, "snippet": text }), || {
        clean(&text).into_owned()
    })?;
    Ok(ExitStatus::Pass)
}

pub(super) fn blame(
    engine: &Engine,
    prompt: &str,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let (name, version) = split(prompt);
    let lines = engine.prompt_blame(name, version.unwrap_or("working"))?;
    printer.answer(&json!({ "name": name, "lines": lines }), || {
        let version = |line: &plumbline_engine::api::BlamedLine| {
            line.version.clone().unwrap_or_else(|| "working".to_owned())
        };
        let widest = lines
            .iter()
            .map(|line| version(line).len())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        let mut before = None;
        for line in &lines {
            let of = version(line);
            // A run of lines of one release names it once.
            let shown = if before.as_ref() == Some(&of) {
                ""
            } else {
                &of
            };
            text.push_str(&format!(
                "{} {:>4}  {}\n",
                printer
                    .style()
                    .paint(Paint::Dim, &format!("{shown:<widest$}")),
                line.line,
                clean(&line.text)
            ));
            before = Some(of);
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}
