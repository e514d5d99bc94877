//! `plumbline compare` and `plumbline diff`

use crate::args::{Compare, Diff};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{CompareFilter, CompareView, SideView};
use plumbline_model::Problem;
use plumbline_report::{Paint, clean, diff_text, markdown, summary};
use serde::Serialize;

/// The JSON answer: the comparison, then the rows that moved.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    view: CompareView,
    rows: Vec<plumbline_engine::api::CompareRow>,
}

pub(super) fn compare(
    engine: &Engine,
    args: &Compare,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let (a, b) = (engine.side(&args.a)?, engine.side(&args.b)?);
    let view = engine.compare_open(&a, &b)?;
    let comparison = engine.comparison(&a, &b)?;
    let (name_a, name_b) = (side_name(&view.a), side_name(&view.b));
    let page = engine.compare_rows(&a, &b, &CompareFilter::default(), 0, 10_000)?;
    let answer = Answer {
        view,
        rows: page.rows,
    };
    let mut shown = String::new();
    for row in answer.rows.iter().take(args.show as usize) {
        let pair = engine.compare_pair(&a, &b, &row.case_key, row.repeat)?;
        let title = format!("\n{}  {}\n", row.case_key, row.verdict.as_str());
        shown.push_str(&printer.style().paint(Paint::Strong, &title));
        if let Some(diff) = &pair.diff {
            let names = diff_text::Names {
                a: &name_a,
                b: &name_b,
            };
            shown.push_str(&diff_text::unified(diff, names, printer.style()));
        }
    }
    printer.answer(&answer, || {
        if args.markdown {
            return markdown::comparison(&comparison, &name_a, &name_b);
        }
        let style = printer.style();
        format!(
            "A  {}\nB  {}\n{}{shown}",
            clean(&name_a),
            clean(&name_b),
            summary::comparison(&comparison, printer.room(), style)
        )
    })?;
    Ok(ExitStatus::Pass)
}

fn side_name(side: &SideView) -> String {
    format!(
        "{}@{} on {}",
        side.prompt_name, side.prompt_version, side.target
    )
}

pub(super) fn diff(args: &Diff, printer: &Printer) -> Result<ExitStatus, Problem> {
    let diff = Engine::diff_files(&args.a, &args.b)?;
    let (a, b) = (args.a.display().to_string(), args.b.display().to_string());
    printer.answer(&diff, || {
        let names = diff_text::Names { a: &a, b: &b };
        if args.side_by_side {
            diff_text::side_by_side(&diff, names, printer.room().unwrap_or(120), printer.style())
        } else {
            diff_text::unified(&diff, names, printer.style())
        }
    })?;
    Ok(ExitStatus::Pass)
}
