//! `plumbline doctor`

use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_model::Problem;
use plumbline_report::{Column, Paint, Table};
use serde_json::json;

pub(super) fn doctor(engine: &Engine, printer: &Printer) -> Result<ExitStatus, Problem> {
    let checks = engine.doctor()?;
    let sound = checks.iter().all(|check| check.ok);
    let path = engine.workspace_path();
    printer.answer(
        &json!({ "ok": sound, "workspace": path, "checks": checks }),
        || {
            let mut table = Table::new(["", "check", "what was found"].map(Column::words));
            for check in &checks {
                let (word, paint) = if check.ok {
                    ("ok", Paint::Good)
                } else {
                    ("BAD", Paint::Bad)
                };
                table.painted_row([
                    (word, paint),
                    (check.name.as_str(), Paint::Plain),
                    (check.detail.as_str(), Paint::Plain),
                ]);
            }
            format!(
                "{}\n{}",
                path.display(),
                table.render(printer.room(), printer.style())
            )
        },
    )?;
    // A workspace that is not sound is ours to mend.
    Ok(if sound {
        ExitStatus::Pass
    } else {
        ExitStatus::Ours
    })
}
