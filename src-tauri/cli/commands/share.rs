//! `plumbline share`

use super::follow;
use crate::args::Share;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{ShareFormat, Side};
use plumbline_model::Problem;
use std::path::Path;

pub(super) fn share(
    engine: &Engine,
    args: &Share,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let mut sides: Vec<Side> = vec![engine.side(&args.a)?];
    for other in &args.others {
        sides.push(engine.side(other)?);
    }
    let format = match args.format {
        Some(format) => format,
        None => by_ending(&args.out)?,
    };
    if args.out == Path::new("-") {
        printer.file(|out| engine.share_to(&sides, format, out, &mut |_, _| Ok(())))?;
        return Ok(ExitStatus::Pass);
    }
    follow(engine, printer);
    let shared = engine.share(&sides, format, &args.out)?;
    printer.answer(&shared, || {
        format!(
            "{} cases written to {} ({} bytes)",
            shared.cases,
            plumbline_report::clean(&shared.path),
            shared.bytes
        )
    })?;
    Ok(ExitStatus::Pass)
}

fn by_ending(path: &Path) -> Result<ShareFormat, Problem> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ShareFormat::ALL
        .into_iter()
        .find(|format| {
            Path::new(format.file_name())
                .extension()
                .and_then(|e| e.to_str())
                == ending
        })
        .ok_or_else(|| {
            Problem::bad_input(format!(
                "the ending of `{}` names no format",
                path.display().to_string().escape_debug()
            ))
            .hint("Say which with --format: html, markdown, junit, csv, jsonl or parquet.")
        })
}
