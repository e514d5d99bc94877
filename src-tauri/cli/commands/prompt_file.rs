//! `plumbline prompt new`, `edit`, `snippet`, `blame` and `tools`.

use super::prompt::split;
use super::{editor, prompt_check};
use crate::args::Language;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{Engine, SnippetLanguage};
use plumbline_model::Problem;
use plumbline_report::{Paint, clean};
use serde_json::json;

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
    editor::open(&engine.prompt_open(name, None)?.path)?;
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

pub(super) fn tools(engine: &Engine, name: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let tools = engine.prompt_tools(name)?;
    printer.answer(&tools, || {
        let mut text = String::new();
        match &tools.stale {
            Some(stale) => {
                let dataset = clean(&stale.dataset);
                text.push_str(&format!(
                    "stale: {dataset} was last replayed with other tools ({} change); replay it to see which answers move\n",
                    stale.bump
                ));
                for reason in &stale.reasons {
                    text.push_str(&format!("  {}\n", clean(reason)));
                }
            }
            None => text.push_str("not stale: no tool changed since the last replay\n"),
        }
        for behind in &tools.behind {
            text.push_str(&format!(
                "{} {}: {} is out ({})\n",
                behind.name, behind.version, behind.newest, behind.bump
            ));
            for reason in &behind.reasons {
                text.push_str(&format!("  {}\n", clean(reason)));
            }
        }
        text
    })?;
    Ok(if tools.stale.is_some() {
        ExitStatus::Findings
    } else {
        ExitStatus::Pass
    })
}
