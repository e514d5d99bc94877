//! `plumbline trace …`

use super::mapping;
use crate::args::Trace;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{SpanView, TraceFilter, TraceRow, TraceSort, TraceView};
use plumbline_model::Problem;
use plumbline_report::{Column, Paint, Table, clean, figures};
use serde::Serialize;

pub(super) fn run(engine: &Engine, args: &Trace, printer: &Printer) -> Result<ExitStatus, Problem> {
    match args {
        Trace::List {
            text,
            model,
            errors,
            sort,
            limit,
        } => {
            let filter = TraceFilter {
                text: text.clone(),
                model: model.clone(),
                only_errors: *errors,
                ..TraceFilter::default()
            };
            list(engine, &filter, sort_key(sort)?, u64::from(*limit), printer)
        }
        Trace::Show { id, span: None } => show(&engine.trace_open(id)?, printer),
        Trace::Show {
            id,
            span: Some(span),
        } => show_span(&engine.span_open(id, span, 1)?, printer),
        Trace::Export { otlp } => {
            // Canonical JSONL is many objects; `--json` promises one.
            let otlp = *otlp || printer.is_json();
            let written = printer.json_lines(|out| engine.trace_export(otlp, out))?;
            if let Some(written) = written {
                printer.note(&format!("{written} spans"));
            }
            Ok(ExitStatus::Pass)
        }
        Trace::Mapping(args) => mapping::run(engine, args, printer),
    }
}

/// What `trace list --json` prints.
#[derive(Serialize)]
struct Listed {
    total: u64,
    rows: Vec<TraceRow>,
}

fn list(
    engine: &Engine,
    filter: &TraceFilter,
    sort: TraceSort,
    limit: u64,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let page = Listed {
        total: engine.trace_count(filter)?,
        rows: engine.trace_list(filter, sort, None, 0, limit)?.rows,
    };
    printer.answer(&page, || {
        let mut table = Table::new([
            Column::words("trace"),
            Column::words("name"),
            Column::numbers("took"),
            Column::numbers("spans"),
            Column::numbers("calls"),
            Column::numbers("tokens in"),
            Column::numbers("tokens out"),
            Column::numbers("cost"),
            Column::numbers("errors"),
        ]);
        for row in &page.rows {
            table.row([
                row.trace_id.clone(),
                row.name.clone(),
                figures::duration(row.duration_ms),
                figures::count(row.spans),
                figures::count(row.model_calls),
                figures::known_count(row.tokens_in),
                figures::known_count(row.tokens_out),
                figures::usd(row.cost_usd),
                figures::count(row.errors),
            ]);
        }
        let shown = page.rows.len();
        format!(
            "{}{shown} of {} traces\n",
            table.render(printer.room(), printer.style()),
            page.total
        )
    })?;
    Ok(ExitStatus::Pass)
}

/// Characters of the waterfall's bars.
const BAR_WIDTH: usize = 32;

fn show(view: &TraceView, printer: &Printer) -> Result<ExitStatus, Problem> {
    printer.answer(view, || {
        let mut table = Table::new([
            Column::words("step"),
            Column::words("kind"),
            Column::words("time"),
            Column::numbers("took"),
            Column::numbers("tokens in"),
            Column::numbers("tokens out"),
            Column::numbers("cost"),
            Column::words("status"),
        ]);
        for row in &view.rows {
            let name = format!("{}{}", "  ".repeat(row.depth.min(20) as usize), row.name);
            let status = row.error.as_deref().unwrap_or(row.status.as_str());
            table.row([
                name,
                row.kind.as_str().to_owned(),
                bar(row.start_offset_ms, row.duration_ms, view.total_ms),
                figures::duration(row.duration_ms),
                row.tokens_in.map(figures::count).unwrap_or_default(),
                row.tokens_out.map(figures::count).unwrap_or_default(),
                row.cost_usd
                    .map(|cost| figures::usd(Some(cost)))
                    .unwrap_or_default(),
                status.to_owned(),
            ]);
        }
        table.render(printer.room(), printer.style())
    })?;
    Ok(ExitStatus::Pass)
}

fn bar(start_ms: f64, duration_ms: Option<f64>, total_ms: f64) -> String {
    let scale =
        |ms: f64| ((ms / total_ms.max(1e-9)) * BAR_WIDTH as f64).clamp(0.0, BAR_WIDTH as f64);
    let start = scale(start_ms) as usize;
    let length = match duration_ms {
        Some(ms) => (scale(ms).round() as usize).max(1),
        // An unfinished step is open to the right.
        None => BAR_WIDTH,
    };
    let length = length.min(BAR_WIDTH.saturating_sub(start).max(1));
    format!(
        "{}{}",
        "·".repeat(start.min(BAR_WIDTH - 1)),
        "█".repeat(length)
    )
}

fn show_span(view: &SpanView, printer: &Printer) -> Result<ExitStatus, Problem> {
    printer.answer(view, || {
        let style = printer.style();
        let span = &view.span;
        let mut text = format!(
            "{}  {} · {}\n",
            style.paint(Paint::Strong, span.name.as_deref().unwrap_or("(unnamed)")),
            span.kind.as_str(),
            span.status.as_str()
        );
        let mut fact = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {name:<16}{}\n", clean(&value)));
            }
        };
        fact("model", span.model().map(str::to_owned));
        fact(
            "took",
            view.latency_ms.map(|ms| figures::duration(Some(ms))),
        );
        fact("tokens in", span.usage.tokens_in.map(figures::count));
        fact("tokens out", span.usage.tokens_out.map(figures::count));
        fact("cost", view.cost.usd.map(|usd| format!("${usd}")));
        fact(
            "prompt",
            view.release.clone().or_else(|| span.prompt_name.clone()),
        );
        fact("error", span.error_message.clone());
        for message in span.input_messages.iter().chain(&span.output_messages) {
            text.push_str(&format!(
                "\n{}\n",
                style.paint(Paint::Accent, message.role.as_str())
            ));
            text.push_str(&format!("{}\n", clean(&message.content.text())));
            for call in &message.tool_calls {
                text.push_str(&format!(
                    "→ {}({})\n",
                    clean(&call.name),
                    clean(&call.arguments.to_string())
                ));
            }
        }
        for document in &span.documents {
            text.push_str(&format!("document {}\n", clean(&document.id)));
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}

fn sort_key(word: &str) -> Result<TraceSort, Problem> {
    Ok(match word {
        "newest" => TraceSort::Newest,
        "oldest" => TraceSort::Oldest,
        "slowest" => TraceSort::Slowest,
        "costliest" => TraceSort::Costliest,
        "most_tokens" => TraceSort::MostTokens,
        _ => {
            return Err(Problem::bad_input(format!(
                "`{}` is not a sort order",
                word.escape_debug()
            ))
            .hint("Sort by newest, oldest, slowest, costliest or most_tokens."));
        }
    })
}
