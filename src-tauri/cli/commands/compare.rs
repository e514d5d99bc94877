//! `plumbline compare` and `plumbline diff`

use crate::args::{Compare, Diff};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{
    CompareCell, CompareFilter, CompareRow, CompareView, PairSummary, Side, SideView,
};
use plumbline_model::Problem;
use plumbline_report::{Paint, clean, diff_text, markdown, summary};
use serde::Serialize;

/// Rows that the answer holds at most; the counts tell of the rest.
const ROWS: u64 = 10_000;

/// The JSON answer: the comparison, then the rows that moved.
#[derive(Serialize)]
struct Answer {
    a: SideView,
    b: SideView,
    #[serde(flatten)]
    pair: PairSummary,
    rows: Vec<Row>,
    /// Further sides, each with the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Other>,
}

#[derive(Serialize)]
struct Other {
    b: SideView,
    #[serde(flatten)]
    pair: PairSummary,
}

/// A row as scripts know it: both sides by name.
#[derive(Serialize)]
struct Row {
    case_key: String,
    verdict: &'static str,
    kinds: Vec<String>,
    reason: Option<String>,
    preview_a: Option<String>,
    preview_b: Option<String>,
    passed_a: Option<bool>,
    passed_b: Option<bool>,
    /// Different answers of the repeats.
    distinct_a: Option<u32>,
    distinct_b: Option<u32>,
    /// Repeats of one side both passed and failed.
    flaky: bool,
}

pub(super) fn compare(
    engine: &Engine,
    args: &Compare,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let mut sides = vec![engine.side(&args.a)?, engine.side(&args.b)?];
    for other in &args.others {
        sides.push(engine.side(other)?);
    }
    let view = engine.compare_open(&sides)?;
    let filter = CompareFilter {
        column: Some(1),
        ..CompareFilter::default()
    };
    let page = engine.compare_rows(&sides, &filter, 0, ROWS)?;
    let names: Vec<String> = view.sides.iter().map(side_name).collect();
    let answer = answer(view, page.rows)?;
    let human = match printer.is_json() {
        true => String::new(),
        false => text(engine, &sides, &names, &answer, args, printer)?,
    };
    printer.answer(&answer, || human)?;
    Ok(ExitStatus::Pass)
}

fn answer(view: CompareView, rows: Vec<CompareRow>) -> Result<Answer, Problem> {
    let mut sides = view.sides.into_iter();
    let mut pairs = view.pairs.into_iter();
    let lost = || Problem::internal("a comparison without two sides");
    Ok(Answer {
        a: sides.next().ok_or_else(lost)?,
        b: sides.next().ok_or_else(lost)?,
        pair: pairs.next().ok_or_else(lost)?,
        rows: rows.into_iter().map(row).collect(),
        others: sides
            .zip(pairs)
            .map(|(b, pair)| Other { b, pair })
            .collect(),
    })
}

fn row(row: CompareRow) -> Row {
    let mut cells = row.cells.into_iter();
    let (a, b) = (cells.next().flatten(), cells.next().flatten());
    // A side that does not have the case has no answer to show.
    let has = |cell: &&CompareCell| cell.repeats > 0;
    let (a, b_has) = (a.as_ref().filter(has), b.as_ref().filter(has));
    Row {
        case_key: row.case_key,
        verdict: b
            .as_ref()
            .and_then(|cell| cell.verdict)
            .unwrap_or(row.verdict)
            .as_str(),
        kinds: b
            .as_ref()
            .map(|cell| cell.kinds.clone())
            .unwrap_or_default(),
        reason: b.as_ref().and_then(|cell| cell.reason.clone()),
        preview_a: a.map(|cell| cell.preview.clone()),
        preview_b: b_has.map(|cell| cell.preview.clone()),
        passed_a: a.and_then(|cell| cell.passed),
        passed_b: b_has.and_then(|cell| cell.passed),
        distinct_a: a.map(|cell| cell.distinct),
        distinct_b: b_has.map(|cell| cell.distinct),
        flaky: a.into_iter().chain(b_has).any(|cell| cell.flips),
    }
}

/// Each side with the first: as Markdown, or as figures and the diffs that were asked for.
fn text(
    engine: &Engine,
    sides: &[Side],
    names: &[String],
    answer: &Answer,
    args: &Compare,
    printer: &Printer,
) -> Result<String, Problem> {
    let (Some((base, others)), Some((base_name, other_names))) =
        (sides.split_first(), names.split_first())
    else {
        return Err(Problem::internal("a comparison without sides"));
    };
    let mut out = String::new();
    for (number, (side, name)) in others.iter().zip(other_names).enumerate() {
        let comparison = engine.comparison(base, side)?;
        if number > 0 {
            out.push('\n');
        }
        if args.markdown {
            out.push_str(&markdown::comparison(&comparison, base_name, name));
            continue;
        }
        let style = printer.style();
        out.push_str(&format!(
            "A  {}\nB  {}\n{}",
            clean(base_name),
            clean(name),
            summary::comparison(&comparison, printer.room(), style)
        ));
    }
    if !args.markdown {
        out.push_str(&diffs(engine, sides, names, answer, args.show, printer)?);
    }
    Ok(out)
}

/// The diffs of the first rows that moved, between the first two sides.
fn diffs(
    engine: &Engine,
    sides: &[Side],
    names: &[String],
    answer: &Answer,
    show: u64,
    printer: &Printer,
) -> Result<String, Problem> {
    let mut out = String::new();
    let [name_a, name_b, ..] = names else {
        return Ok(out);
    };
    for row in answer.rows.iter().take(show as usize) {
        let pair = engine.compare_pair(sides, 1, &row.case_key, None)?;
        let title = format!("\n{}  {}\n", row.case_key, row.verdict);
        out.push_str(&printer.style().paint(Paint::Strong, &title));
        if let Some(diff) = &pair.diff {
            let names = diff_text::Names {
                a: name_a,
                b: name_b,
            };
            out.push_str(&diff_text::unified(diff, names, printer.style()));
        }
    }
    Ok(out)
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
