//! `plumbline prompt contract`.

use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{AnswersFrom, ContractRow};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean};
use serde_json::json;

pub(super) fn contract(
    engine: &Engine,
    name: &str,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let rows = engine.prompt_contract(name)?;
    printer.answer(&json!({ "name": name, "versions": rows }), || {
        if rows.is_empty() {
            return "no answer of a version with an output schema was seen yet; replay it or import traces\n".to_owned();
        }
        let columns = ["version", "answers of", "keep the schema", "not whole", "fails most"];
        let mut table = Table::new(columns.map(Column::words));
        for row in &rows {
            let most = row.failing.first().map_or_else(String::new, failing);
            table.row([
                &row.version,
                place(row),
                &format!("{} of {}{}", row.kept, row.answers, if row.more { " (more were not looked at)" } else { "" }),
                &row.not_whole.to_string(),
                &most,
            ]);
        }
        let mut text = table.render(printer.room(), printer.style());
        for row in rows.iter().filter(|row| row.failing.len() > 1) {
            text.push_str(&format!("\n{} in {}\n", row.version, place(row)));
            for way in &row.failing {
                text.push_str(&format!("  {}\n    such as: {}\n", failing(way), clean(&way.message)));
            }
            if row.failing_more > 0 {
                text.push_str(&format!("  and {} more\n", row.failing_more));
            }
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}

fn place(row: &ContractRow) -> &'static str {
    match row.from {
        AnswersFrom::Replay => "replays",
        AnswersFrom::Import => "traces",
    }
}

fn failing(way: &plumbline_engine::api::FailingPathRow) -> String {
    let path = if way.path.is_empty() {
        "the answer"
    } else {
        &way.path
    };
    format!("{} ({}) in {}", clean(path), clean(&way.rule), way.answers)
}
