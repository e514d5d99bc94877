//! `plumbline prompt …`

use super::{
    environment, prompt_check, prompt_contract, prompt_diff, prompt_exchange, prompt_file,
};
use crate::args::Prompt;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{PromptRow, ReleaseRow, RenderView, VariablesFrom};
use plumbline_model::{Message, Problem, Trimmed};
use plumbline_report::{Column, Paint, Table, clean, figures};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::path::Path;

pub(super) fn run(
    engine: &Engine,
    args: &Prompt,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    match args {
        Prompt::List { name: None } => list(engine, printer),
        Prompt::List { name: Some(name) } => releases(engine, name, printer),
        Prompt::Show { prompt } => show(engine, prompt, printer),
        Prompt::Check { name, fix } => prompt_check::run(engine, name.as_deref(), *fix, printer),
        Prompt::Bump { old, new } => bump(old, new, printer),
        Prompt::Render {
            prompt,
            variables,
            vars,
            case,
        } => {
            let from = variables_from(variables, vars.as_deref(), case.as_deref())?;
            render(engine, prompt, &from, printer)
        }
        Prompt::Diff {
            name,
            from,
            to,
            markdown,
        } => prompt_diff::diff(engine, name, (from, to), *markdown, printer),
        Prompt::Release {
            name,
            version,
            changelog,
        } => prompt_diff::release(engine, name, version, changelog, printer),
        Prompt::Restore { prompt } => restore(engine, prompt, printer),
        Prompt::New { name, owner } => prompt_file::new(engine, name, owner.as_deref(), printer),
        Prompt::Edit { name } => prompt_file::edit(engine, name, printer),
        Prompt::Import { file, git, name } => {
            prompt_exchange::import(engine, file, *git, name.as_deref(), printer)
        }
        Prompt::Export { prompt, to, out } => {
            prompt_exchange::export(engine, prompt, *to, out.as_deref(), printer)
        }
        Prompt::Contract { name } => prompt_contract::contract(engine, name, printer),
        Prompt::Tools { name } => prompt_file::tools(engine, name, printer),
        Prompt::Snippet { prompt, language } => {
            prompt_file::snippet(engine, prompt, *language, printer)
        }
        Prompt::Blame { prompt } => prompt_file::blame(engine, prompt, printer),
        Prompt::History { name, environment } => {
            environment::history(engine, name, environment.as_deref(), printer)
        }
        Prompt::Environments {
            name,
            environment,
            at,
        } => environment::stands(
            engine,
            name.as_deref(),
            environment.as_deref(),
            *at,
            printer,
        ),
        Prompt::Promote {
            prompt,
            environment,
            by,
        } => environment::promote(engine, prompt, environment, by, printer),
        Prompt::Rollback {
            name,
            environment,
            by,
        } => environment::rollback(engine, name, environment, by, printer),
    }
}

fn list(engine: &Engine, printer: &Printer) -> Result<ExitStatus, Problem> {
    let prompts = engine.prompt_list()?;
    printer.answer(&json!({ "prompts": prompts }), || {
        let mut table = Table::new(
            [
                "prompt",
                "working",
                "latest",
                "state",
                "owner",
                "description",
            ]
            .map(Column::words),
        );
        for row in &prompts {
            table.row([
                &row.name,
                row.working_version.as_deref().unwrap_or("unreadable"),
                row.latest_release.as_deref().unwrap_or("none"),
                &state(row),
                &row.owner,
                &row.description,
            ]);
        }
        table.render(printer.room(), printer.style())
    })?;
    Ok(ExitStatus::Pass)
}

fn state(row: &PromptRow) -> String {
    match (row.errors, row.drift) {
        (1, _) => "1 error".to_owned(),
        (errors, _) if errors > 0 => format!("{errors} errors"),
        _ if row.stale => "stale".to_owned(),
        (_, true) => "changed".to_owned(),
        _ => "released".to_owned(),
    }
}

fn restore(engine: &Engine, prompt: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let (name, Some(version)) = split(prompt) else {
        return Err(Problem::bad_input(format!("`{prompt}` names no release"))
            .hint("Name one, such as ticket-triage@1.1.0."));
    };
    engine.prompt_restore(name, version)?;
    printer.answer(&json!({ "name": name, "version": version }), || {
        format!("the file of {name}@{version} is as it was released")
    })?;
    Ok(ExitStatus::Pass)
}

/// What is wrong with the file of a release.
pub(super) fn file_state(release: &ReleaseRow) -> &'static str {
    match (release.missing, release.altered) {
        (true, _) => "file is missing",
        (_, true) => "file was altered",
        _ => "",
    }
}

fn releases(engine: &Engine, name: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let view = engine.prompt_open(name, None)?;
    printer.answer(
        &json!({ "name": name, "releases": view.releases, "drift": view.drift }),
        || {
            let mut table =
                Table::new(["version", "hash", "owner", "changelog", ""].map(Column::words));
            for release in &view.releases {
                let hash: String = release.template_hash.chars().take(12).collect();
                table.row([
                    &release.version,
                    &hash,
                    &release.owner,
                    &release.changelog,
                    file_state(release),
                ]);
            }
            table.render(printer.room(), printer.style())
        },
    )?;
    let is_as_released = |release: &ReleaseRow| file_state(release).is_empty();
    Ok(if !view.releases.iter().all(is_as_released) {
        ExitStatus::Findings
    } else {
        ExitStatus::Pass
    })
}

fn show(engine: &Engine, prompt: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let (name, version) = split(prompt);
    let view = engine.prompt_open(name, version)?;
    printer.answer(&view, || clean(&view.text).into_owned())?;
    Ok(ExitStatus::Pass)
}

pub(super) fn bump(old: &Path, new: &Path, printer: &Printer) -> Result<ExitStatus, Problem> {
    let bump = Engine::prompt_bump(&super::read_text(old)?, &super::read_text(new)?)?;
    printer.answer(&bump, || {
        let reasons: Vec<String> = bump
            .reasons
            .iter()
            .map(|reason| format!("  {reason}\n"))
            .collect();
        format!("{}\n{}", bump.computed, clean(&reasons.concat()))
    })?;
    Ok(ExitStatus::Pass)
}

/// The JSON answer of `prompt render`.
#[derive(Serialize)]
struct Rendered<'a> {
    messages: &'a [Message],
    template_hash: &'a str,
    request_hash: &'a str,
    tokens_in: u64,
    encoding: &'a str,
    trimmed: &'a [Trimmed],
    over_budget: bool,
    asks_for: Option<&'a str>,
    ignored_variables: &'a [String],
    request: &'a plumbline_model::ChatRequest,
}

fn render(
    engine: &Engine,
    prompt: &str,
    from: &VariablesFrom,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let (name, version) = split(prompt);
    let view: RenderView = engine.prompt_render(name, version, None, from)?;
    let assembled = &view.assembled;
    let answer = Rendered {
        messages: &assembled.request.messages,
        template_hash: &assembled.template_hash,
        request_hash: &assembled.request_hash,
        tokens_in: assembled.tokens_in_estimated,
        encoding: &assembled.encoding,
        trimmed: &view.trimmed,
        over_budget: view.over_budget,
        asks_for: view.asks_for.as_deref(),
        ignored_variables: &view.ignored_variables,
        request: &assembled.request,
    };
    printer.answer(&answer, || {
        let mut text = String::new();
        for message in answer.messages {
            text.push_str(&printer.style().paint(Paint::Accent, message.role.as_str()));
            text.push_str(&format!("\n{}\n\n", clean(&message.content.text())));
        }
        text.push_str(&format!(
            "{} tokens in (estimated, {}) · template {} · request {}\n",
            figures::count(answer.tokens_in),
            answer.encoding,
            short(answer.template_hash),
            short(answer.request_hash)
        ));
        for cut in answer.trimmed {
            text.push_str(&format!("{}\n", clean(&cut_in_words(cut))));
        }
        for ignored in answer.ignored_variables {
            text.push_str(&format!(
                "the prompt does not declare `{}`; it was ignored\n",
                clean(ignored)
            ));
        }
        text
    })?;
    if view.over_budget {
        let asked = view
            .asks_for
            .as_deref()
            .unwrap_or("a replay would refuse to send this");
        printer.note(&format!("over the prompt's budget: {}", clean(asked)));
        return Ok(ExitStatus::Findings);
    }
    Ok(ExitStatus::Pass)
}

fn cut_in_words(cut: &Trimmed) -> String {
    let items = cut.items_dropped.map_or_else(String::new, |items| {
        format!(", {} items", figures::count(items))
    });
    format!(
        "cut to fit: `{}` by {}, {} to {} tokens{items}",
        cut.name(),
        cut.policy.as_str(),
        figures::count(cut.tokens_before),
        figures::count(cut.tokens_after)
    )
}

fn variables_from(
    pairs: &[String],
    file: Option<&Path>,
    case: Option<&str>,
) -> Result<VariablesFrom, Problem> {
    if let Some(case) = case {
        let (dataset, key) = case.split_once('/').ok_or_else(|| {
            Problem::bad_input(format!("`{case}` is not DATASET/KEY"))
                .hint("Write for example --case support-tickets/T-1042.")
        })?;
        return Ok(VariablesFrom::Case {
            dataset: dataset.to_owned(),
            key: key.to_owned(),
        });
    }
    let mut values: Map<String, Value> = match file {
        Some(path) => serde_json::from_str(&super::read_text(path)?).map_err(|error| {
            Problem::bad_input(format!("{}: not a JSON object: {error}", path.display()))
        })?,
        None => Map::new(),
    };
    for pair in pairs {
        let (name, text) = pair.split_once('=').ok_or_else(|| {
            Problem::bad_input(format!("`{pair}` is not key=value"))
                .hint("Write for example --var subject='No brake'.")
        })?;
        // Lists, objects, numbers and truth values are read as JSON; anything else is text.
        let value = serde_json::from_str(text)
            .ok()
            .filter(|value: &Value| !value.is_string());
        values.insert(
            name.to_owned(),
            value.unwrap_or_else(|| Value::String(text.to_owned())),
        );
    }
    Ok(VariablesFrom::Values { values })
}

pub(super) fn split(prompt: &str) -> (&str, Option<&str>) {
    match prompt.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (prompt, None),
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
