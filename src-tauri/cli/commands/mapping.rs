//! `plumbline trace mapping …`

use crate::args::Mapping;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::MappingRow;
use plumbline_model::{ColumnMapping, Problem};
use plumbline_report::{Column, Table, figures};
use serde_json::json;

pub(super) fn run(
    engine: &Engine,
    args: &Mapping,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    match args {
        Mapping::Suggest { file } => {
            let found = engine.mapping_suggest(file)?;
            let text = pretty(&found.mapping)?;
            // What is printed is saved after a look, so it is the mapping alone with `--json` too.
            printer.answer(&found.mapping, || text)?;
            if !found.unmapped.is_empty() {
                let unmapped = found.unmapped.join(", ");
                printer.note(&format!("not mapped: {unmapped}"));
            }
        }
        Mapping::Save { name, file } => {
            let row = engine.mapping_save_file(name, file)?;
            printer.answer(&row, || {
                format!(
                    "saved; now `plumbline import FILE --mapping {}` reads by it\n",
                    row.name
                )
            })?;
        }
        Mapping::List => {
            let mappings = engine.mapping_list()?;
            printer.answer(&json!({ "mappings": mappings }), || {
                table(&mappings, printer)
            })?;
        }
        Mapping::Show { name } => {
            let row = engine.mapping_show(name)?;
            let text = pretty(&row.mapping)?;
            printer.answer(&row, || text)?;
        }
        Mapping::Delete { name } => {
            engine.mapping_delete(name)?;
            printer.answer(&json!({ "deleted": name }), || format!("deleted {name}\n"))?;
        }
    }
    Ok(ExitStatus::Pass)
}

fn pretty(mapping: &ColumnMapping) -> Result<String, Problem> {
    serde_json::to_string_pretty(mapping)
        .map(|text| text + "\n")
        .map_err(|error| Problem::internal(format!("the mapping is not JSON: {error}")))
}

fn table(rows: &[MappingRow], printer: &Printer) -> String {
    let mut table = Table::new([
        Column::words("mapping"),
        Column::numbers("columns"),
        Column::numbers("tags"),
    ]);
    for row in rows {
        table.row([
            row.name.clone(),
            figures::count(row.mapping.columns.len() as u64),
            figures::count(row.mapping.tags.len() as u64),
        ]);
    }
    table.render(printer.room(), printer.style())
}
