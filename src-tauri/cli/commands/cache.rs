//! `plumbline cache`

use crate::args::Cache;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::CachePurgeFilter;
use plumbline_model::Problem;
use plumbline_report::figures;
use serde_json::json;

pub(super) fn run(engine: &Engine, args: &Cache, printer: &Printer) -> Result<ExitStatus, Problem> {
    match args {
        Cache::Show => show(engine, printer),
        Cache::Purge {
            prompt,
            provider,
            model,
            document,
            older_than_days,
            all,
        } => {
            let gone = engine.cache_purge(&CachePurgeFilter {
                provider: provider.clone(),
                model: model.clone(),
                prompt_name: prompt.clone(),
                document: document.clone(),
                older_than_days: *older_than_days,
                all: *all,
            })?;
            printer.answer(&json!({ "purged": gone }), || {
                format!("{} answers dropped", figures::count(gone))
            })?;
            Ok(ExitStatus::Pass)
        }
    }
}

fn show(engine: &Engine, printer: &Printer) -> Result<ExitStatus, Problem> {
    let view = engine.cache_view()?;
    printer.answer(&view, || {
        format!(
            "{} answers, {} bytes; nothing expires by itself\nanswered {} cells, worth {}",
            figures::count(view.entries),
            figures::count(view.bytes),
            figures::count(view.calls_saved),
            figures::usd(view.saved_usd),
        )
    })?;
    Ok(ExitStatus::Pass)
}
