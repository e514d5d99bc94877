//! `plumbline prompt check`

use super::checked::{Checked, report};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_model::Problem;
use serde::Serialize;

#[derive(Serialize)]
struct OfPrompt {
    template_hash: Option<String>,
    /// What `--fix` did to the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<String>>,
}

pub(super) fn run(
    engine: &Engine,
    name: Option<&str>,
    fix: bool,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => {
            let rows = engine.prompt_list()?.into_iter();
            rows.map(|row| row.name).collect()
        }
    };
    let checked = names
        .into_iter()
        .map(|name| check(engine, name, fix))
        .collect::<Result<Vec<_>, Problem>>()?;
    let plural = name.is_none().then_some("prompts");
    let done = |more: &OfPrompt| more.fixed.clone().unwrap_or_default();
    report(&checked, plural, done, printer)
}

fn check(engine: &Engine, name: String, fix: bool) -> Result<Checked<OfPrompt>, Problem> {
    let fixed = fix.then(|| engine.prompt_mend(&name)).transpose()?;
    let check = engine.prompt_open(&name, None)?.check;
    let more = OfPrompt {
        template_hash: check.template_hash,
        fixed: fixed.map(|mended| mended.fixed),
    };
    let step = (check.bump, check.bump_reasons);
    Ok(Checked::new(name, check.findings, step, more))
}
