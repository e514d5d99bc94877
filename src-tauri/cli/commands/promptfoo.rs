//! `plumbline import promptfooconfig.yaml`

use crate::args::Import;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{Effect, Engine, PromptfooImport, is_promptfoo_config};
use plumbline_model::Problem;
use plumbline_report::{Column, Table, clean, figures};
use std::path::Path;

/// The word for `--format`.
const FORMAT: &str = "promptfoo_config";

/// The config that is to be imported, where the paths name one.
pub(super) fn config_of(args: &Import) -> Result<Option<&Path>, Problem> {
    let asked = args.format.as_deref() == Some(FORMAT);
    match args.paths.as_slice() {
        [path] if asked => Ok(Some(path)),
        [path] => {
            let detected =
                args.format.is_none() && args.mapping.is_none() && is_promptfoo_config(path);
            Ok(detected.then_some(path.as_path()))
        }
        _ if asked => Err(
            Problem::bad_input("more than one promptfoo config is named")
                .hint("Import them one by one: each becomes a dataset of its own."),
        ),
        _ => Ok(None),
    }
}

pub(super) fn import(
    engine: &Engine,
    config: &Path,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let done = engine.import_promptfoo(config)?;
    printer.answer(&done, || text(&done, printer))?;
    Ok(ExitStatus::Pass)
}

fn text(done: &PromptfooImport, printer: &Printer) -> String {
    let mut text = String::new();
    for prompt in &done.prompts {
        text.push_str(&format!("prompt {}@1.0.0\n", clean(prompt)));
    }
    if let Some(dataset) = &done.dataset {
        let cases = figures::count(dataset.cases);
        text.push_str(&format!(
            "dataset {}: {cases} cases\n",
            clean(&dataset.name)
        ));
    }
    if !done.providers.is_empty() {
        text.push_str(&format!(
            "providers it names, none is taken over: {}\n",
            clean(&done.providers.join(", "))
        ));
    }
    if done.not_carried_over.is_empty() {
        text.push_str("everything else was carried over\n");
        return text;
    }
    let mut table = Table::new([
        Column::words("not carried over"),
        Column::words("where first"),
        Column::numbers("times"),
        Column::words("why"),
    ]);
    for row in &done.not_carried_over {
        let effect = match row.effect {
            Effect::LeftOut => "left out",
            Effect::Changed => "differs",
        };
        table.row([effect, &row.place, &figures::count(row.times), &row.reason]);
    }
    text.push_str(&table.render(printer.room(), printer.style()));
    text
}
