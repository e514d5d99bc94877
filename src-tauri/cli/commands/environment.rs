//! `plumbline prompt promote`, `rollback`, `environments` and `history`.

use super::prompt::split;
use crate::args::By;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use crate::when;
use plumbline_engine::Engine;
use plumbline_engine::api::{ChangedBy, EnvironmentStand};
use plumbline_model::{EnvironmentChange, NanosText, Problem, PromptOrigin, UnixNanos};
use plumbline_report::{Column, Paint, Table, clean};
use serde_json::json;

pub(super) fn promote(
    engine: &Engine,
    prompt: &str,
    environment: &str,
    by: &By,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let (name, Some(version)) = split(prompt) else {
        return Err(
            Problem::bad_input(format!("`{}` names no version", prompt.escape_debug())).hint(
                "Write it as NAME@VERSION: an environment uses a release, never the working file.",
            ),
        );
    };
    let change = engine.prompt_promote(name, version, environment, &changed_by(by))?;
    told(&change, printer)
}

pub(super) fn rollback(
    engine: &Engine,
    name: &str,
    environment: &str,
    by: &By,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let change = engine.prompt_rollback(name, environment, &changed_by(by))?;
    told(&change, printer)
}

fn changed_by(by: &By) -> ChangedBy {
    ChangedBy {
        who: by.who.clone(),
        why: by.why.clone(),
    }
}

fn told(change: &EnvironmentChange, printer: &Printer) -> Result<ExitStatus, Problem> {
    printer.answer(change, || {
        let from = change
            .from
            .as_ref()
            .map_or_else(|| "no release".to_owned(), ToString::to_string);
        format!(
            "{} uses {}@{} from now on (before: {from}), by {}",
            clean(&change.environment),
            change.prompt,
            change.to,
            clean(&change.who)
        )
    })?;
    if let Some(said) = change.clock_said {
        printer.note(&format!(
            "the clock says {} UTC, which is before the last change: it was set back, so the change is kept as right \
             after that one",
            when::text(said.0)
        ));
    }
    Ok(ExitStatus::Pass)
}

pub(super) fn stands(
    engine: &Engine,
    name: Option<&str>,
    environment: Option<&str>,
    at: Option<UnixNanos>,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let stands = engine.environment_stands(name, environment, at)?;
    let answer = json!({ "at": at.map(NanosText), "environments": stands });
    printer.answer(&answer, || {
        if stands.is_empty() {
            return "no environment uses a release yet; `plumbline prompt promote` changes that\n"
                .to_owned();
        }
        let mut table = Table::new(
            [
                "environment",
                "prompt",
                "release",
                "since (UTC)",
                "until (UTC)",
                "by",
                "why",
            ]
            .map(Column::words),
        );
        for stand in &stands {
            table.row(row_of(stand));
        }
        table.render(printer.room(), printer.style())
    })?;
    Ok(ExitStatus::Pass)
}

fn row_of(stand: &EnvironmentStand) -> [String; 7] {
    let change = stand.change.as_ref();
    let of = |read: fn(&EnvironmentChange) -> String, unknown: &str| {
        change.map_or_else(|| unknown.to_owned(), read)
    };
    [
        stand.environment.clone(),
        stand.prompt.clone(),
        of(|change| change.to.to_string(), "none yet"),
        of(|change| when::text(change.at.0), ""),
        stand
            .until
            .map_or_else(|| "now".to_owned(), |until| when::text(until.0)),
        of(|change| change.who.clone(), ""),
        of(|change| change.why.clone(), ""),
    ]
}

/// Who made a version, when, and what its source calls it.
fn made_elsewhere(origin: &PromptOrigin) -> String {
    let parts = [
        origin.author.clone(),
        origin.at.map(|at| when::text(at.0)),
        origin.id.as_ref().map(|id| {
            let id: String = id.chars().take(12).collect();
            format!("{} {id}", origin.source)
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn history(
    engine: &Engine,
    name: &str,
    environment: Option<&str>,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let view = engine.prompt_open(name, None)?;
    let mut changes = engine.environment_changes(name, environment)?;
    changes.reverse();
    let answer = json!({ "name": name, "releases": view.releases, "changes": changes });
    printer.answer(&answer, || {
        let strong = |text: &str| printer.style().paint(Paint::Strong, text);
        let mut releases = Table::new(
            [
                "release",
                "first seen (UTC)",
                "owner",
                "changelog",
                "made elsewhere",
                "",
            ]
            .map(Column::words),
        );
        for release in &view.releases {
            releases.row([
                release.version.clone(),
                release
                    .seen
                    .map(|seen| when::text(seen.0))
                    .unwrap_or_default(),
                release.owner.clone(),
                release.changelog.clone(),
                release
                    .origin
                    .as_ref()
                    .map(made_elsewhere)
                    .unwrap_or_default(),
                super::prompt::file_state(release).to_owned(),
            ]);
        }
        let mut lines = Table::new(
            ["when (UTC)", "environment", "from", "to", "", "by", "why"].map(Column::words),
        );
        for change in &changes {
            lines.row([
                when::text(change.at.0),
                change.environment.clone(),
                change
                    .from
                    .as_ref()
                    .map_or_else(|| "none".to_owned(), ToString::to_string),
                change.to.to_string(),
                change.kind.as_str().to_owned(),
                change.who.clone(),
                change.why.clone(),
            ]);
        }
        let mut text = releases.render(printer.room(), printer.style());
        if !changes.is_empty() {
            text.push_str(&format!("\n{}\n", strong("Environments")));
            text.push_str(&lines.render(printer.room(), printer.style()));
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}
