//! `plumbline listen`

use super::wait;
use crate::args::Listen;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::api::ProxyUrls;
use plumbline_engine::{Engine, ListenOptions, ProxyOptions, Redaction};
use plumbline_model::{ImportFile, ImportId, Problem};
use plumbline_report::summary;
use serde::Serialize;

/// The first line with `--json`; it comes at once, so that a script learns the port.
#[derive(Serialize)]
struct Started<'a> {
    listening: &'a str,
    import: ImportId,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<&'a ProxyUrls>,
}

/// The last line with `--json`.
#[derive(Serialize)]
struct Ended<'a> {
    import: ImportId,
    report: &'a ImportFile,
}

pub(super) fn listen(
    engine: &Engine,
    args: &Listen,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let listening = engine.listen_start(&ListenOptions {
        port: args.port,
        proxy: args.proxy.then(|| ProxyOptions {
            openai_upstream: args.openai_upstream.clone(),
            anthropic_upstream: args.anthropic_upstream.clone(),
        }),
        redaction: if args.no_redact {
            Redaction::Off
        } else {
            Redaction::On
        },
        ..ListenOptions::default()
    })?;
    let started = Started {
        listening: &listening.url,
        import: listening.import,
        proxy: listening.proxy.as_ref(),
    };
    printer.answer(&started, || {
        let mut text = format!("listening on {}\n", listening.url);
        if let Some(proxy) = &listening.proxy {
            // The names that the vendors' own clients read.
            text.push_str(&format!("OPENAI_BASE_URL={}\n", proxy.openai));
            text.push_str(&format!("ANTHROPIC_BASE_URL={}\n", proxy.anthropic));
        }
        text
    })?;
    super::follow(engine, printer);
    wait(engine, listening.job)?;
    let report = engine.import_report(listening.import)?;
    let ended = Ended {
        import: listening.import,
        report: &report,
    };
    printer.answer(&ended, || {
        summary::import_report(
            std::slice::from_ref(&report),
            printer.room(),
            printer.style(),
        )
    })?;
    // Ctrl-C is how listening ends: nothing was cut off.
    Ok(ExitStatus::Pass)
}
