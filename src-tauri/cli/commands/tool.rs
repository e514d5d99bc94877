//! `plumbline tool …`

use super::checked::{Checked, report};
use super::editor;
use super::prompt::split;
use crate::args::Tool;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{ToolDependent, ToolRow, ToolView};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean};
use serde_json::{Map, json};

pub(super) fn run(engine: &Engine, args: &Tool, printer: &Printer) -> Result<ExitStatus, Problem> {
    match args {
        Tool::List { name: None } => list(engine, printer),
        Tool::List { name: Some(name) } => releases(engine, name, printer),
        Tool::Show { tool } => show(engine, tool, printer),
        Tool::New { name, owner } => {
            let view = engine.tool_new(name, owner.as_deref())?;
            printer.answer(&json!({ "name": name, "path": view.path }), || {
                format!("wrote {}", clean(&view.path))
            })?;
            Ok(ExitStatus::Pass)
        }
        Tool::Edit { name } => {
            editor::open(&engine.tool_open(name, None)?.path)?;
            check(engine, Some(name), printer)
        }
        Tool::Check { name } => check(engine, name.as_deref(), printer),
        Tool::Release {
            name,
            version,
            changelog,
        } => release(engine, (name, version, changelog), printer),
    }
}

fn list(engine: &Engine, printer: &Printer) -> Result<ExitStatus, Problem> {
    let tools = engine.tool_list()?;
    printer.answer(&json!({ "tools": tools }), || {
        let columns = [
            "tool",
            "working",
            "latest",
            "state",
            "used by",
            "description",
        ];
        let mut table = Table::new(columns.map(Column::words));
        for row in &tools {
            table.row([
                &row.name,
                row.working_version.as_deref().unwrap_or("unreadable"),
                row.latest_release.as_deref().unwrap_or("none"),
                state(row),
                &row.used_by.join(", "),
                &row.description,
            ]);
        }
        table.render(printer.room(), printer.style())
    })?;
    Ok(ExitStatus::Pass)
}

fn state(row: &ToolRow) -> &'static str {
    match (row.errors, row.drift) {
        (errors, _) if errors > 0 => "errors",
        (_, true) => "changed",
        _ => "released",
    }
}

fn releases(engine: &Engine, name: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let view = engine.tool_open(name, None)?;
    let answer = json!({ "name": name, "releases": view.releases, "drift": view.drift });
    printer.answer(&answer, || {
        let mut table = Table::new(["version", "owner", "changelog", ""].map(Column::words));
        for release in &view.releases {
            let altered = if release.altered {
                "file was altered"
            } else {
                ""
            };
            table.row([
                &release.version,
                &release.owner,
                &release.changelog,
                altered,
            ]);
        }
        table.render(printer.room(), printer.style())
    })?;
    let altered = view.releases.iter().any(|release| release.altered);
    Ok(if altered {
        ExitStatus::Findings
    } else {
        ExitStatus::Pass
    })
}

fn show(engine: &Engine, tool: &str, printer: &Printer) -> Result<ExitStatus, Problem> {
    let (name, version) = split(tool);
    let view = engine.tool_open(name, version)?;
    printer.answer(&view, || {
        let mut text = clean(&view.text).into_owned();
        text.push_str(&dependents(&view, printer));
        text
    })?;
    Ok(ExitStatus::Pass)
}

fn dependents(view: &ToolView, printer: &Printer) -> String {
    if view.used_by.is_empty() {
        return "\nNo prompt takes it.\n".to_owned();
    }
    let mut table = Table::new(["prompt", "asks for", "takes", "state"].map(Column::words));
    for used in &view.used_by {
        table.row([
            &used.prompt,
            used.wanted.as_deref().unwrap_or("the newest"),
            used.version.as_deref().unwrap_or("none"),
            &standing(used),
        ]);
    }
    format!("\n{}", table.render(printer.room(), printer.style()))
}

fn standing(used: &ToolDependent) -> String {
    let states = [
        (used.version.is_none(), "no such release"),
        (used.stale, "stale: not replayed with it"),
        (used.behind, "a newer one is out"),
    ];
    let states: Vec<&str> = states
        .iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, s)| *s)
        .collect();
    states.join(", ")
}

fn check(engine: &Engine, name: Option<&str>, printer: &Printer) -> Result<ExitStatus, Problem> {
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => {
            let rows = engine.tool_list()?.into_iter();
            rows.map(|row| row.name).collect()
        }
    };
    let mut checked = Vec::new();
    for name in names {
        let check = engine.tool_open(&name, None)?.check;
        let step = (check.bump, check.bump_reasons);
        checked.push(Checked::new(name, check.findings, step, Map::new()));
    }
    let plural = name.is_none().then_some("tools");
    report(&checked, plural, |_| Vec::new(), printer)
}

fn release(
    engine: &Engine,
    (name, version, changelog): (&str, &str, &str),
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let before = engine.tool_open(name, None)?.check;
    let view = engine.tool_release(name, version, changelog)?;
    let stale: Vec<&str> = view
        .used_by
        .iter()
        .filter(|used| used.stale)
        .map(|used| used.prompt.as_str())
        .collect();
    let answer = json!({
        "name": name,
        "version": version,
        "computed": before.bump,
        "reasons": before.bump_reasons,
        "used_by": view.used_by,
    });
    printer.answer(&answer, || {
        let mut text = format!("released {name}@{version}\n");
        for reason in &before.bump_reasons {
            text.push_str(&format!("  {}\n", clean(reason)));
        }
        if !stale.is_empty() {
            text.push_str(&format!(
                "stale until they are replayed: {}\n",
                stale.join(", ")
            ));
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}
