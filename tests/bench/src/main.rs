//! Ratios of this project against named references, taken in one process in turn; no judgement.
//!
//! `plumbline-bench [--quick] [--only NAME] [--json] [--workspace FILE] [--duckdb PYTHON]`. Absolute figures belong to the machine they were
//! taken on; only ratios can be compared, and only those of a release build.
//!
//! `--make FILE --spans N` makes a workspace of N spans; `--survey FILE` times every question of the trace
//! screens on it, and `--only traces --workspace FILE` compares them with bare SQL there.

mod compare;
mod count_tokens;
mod duckdb;
mod import;
mod live_count;
mod loopback;
mod many_spans;
mod memory;
mod otlp;
mod pairs;
mod proxy;
mod receiver;
mod replay;
mod table;
mod texts;
mod traces;
mod trim_tokens;
mod word_diff;

use pairs::{Outcome, Row};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// A few seconds a bench: shows that it works.
    Quick,
    Full,
}

impl Size {
    pub(crate) fn choose<T>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }

    /// Pairs that count.
    pub(crate) fn pairs(self) -> usize {
        self.choose(5, 7)
    }
}

type Measure = fn(&Asked) -> Outcome<Vec<Row>>;

/// Every bench by the name that `--only` takes. The replay comes first: it tells its memory, and what the
/// others leave on the heap would be in it.
const BENCHES: &[(&str, Measure)] = &[
    ("replay", |asked| replay::live(asked.size)),
    ("cached", |asked| replay::cached(asked.size)),
    ("late", |asked| replay::late(asked.size)),
    ("tokens", |asked| count_tokens::measure(asked.size)),
    ("trim", |asked| trim_tokens::measure(asked.size)),
    ("live", |asked| live_count::measure(asked.size)),
    ("diff", |asked| word_diff::measure(asked.size)),
    ("compare", |asked| compare::measure(asked.size)),
    ("parse", |asked| import::parse(asked.size)),
    ("otlp", |asked| otlp::parse(asked.size)),
    ("import", |asked| import::into_workspace(asked.size)),
    ("duckdb", |asked| {
        duckdb::measure(asked.size, asked.duckdb.as_deref())
    }),
    ("redact", |asked| import::redacted(asked.size)),
    ("receiver", |asked| receiver::measure(asked.size)),
    ("proxy", |asked| proxy::measure(asked.size)),
    ("traces", |asked| {
        traces::measure(asked.size, asked.workspace.as_deref())
    }),
];

#[derive(Debug, PartialEq, Eq)]
struct Asked {
    size: Size,
    only: Option<String>,
    json: bool,
    /// A workspace that stands, for benches that would make one.
    workspace: Option<PathBuf>,
    make: Option<PathBuf>,
    spans: usize,
    survey: Option<PathBuf>,
    /// A Python that has the package `duckdb`.
    duckdb: Option<PathBuf>,
}

/// Spans are made on one thread and let go of on another, where the system's allocator takes its locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let done = asked(std::env::args().skip(1)).and_then(|asked| run(&asked));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "plumbline-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Outcome<Asked> {
    let mut asked = Asked {
        size: Size::Full,
        only: None,
        json: false,
        workspace: None,
        make: None,
        spans: 200_000,
        survey: None,
        duckdb: None,
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => asked.size = Size::Quick,
            "--json" => asked.json = true,
            "--workspace" => asked.workspace = arguments.next().map(PathBuf::from),
            "--make" => asked.make = arguments.next().map(PathBuf::from),
            "--survey" => asked.survey = arguments.next().map(PathBuf::from),
            "--duckdb" => asked.duckdb = arguments.next().map(PathBuf::from),
            "--spans" => asked.spans = arguments.next().unwrap_or_default().parse()?,
            "--only" => {
                let name = arguments.next().unwrap_or_default();
                if !BENCHES.iter().any(|(known, _)| *known == name) {
                    return Err(format!("--only takes one of: {}", names()).into());
                }
                asked.only = Some(name);
            }
            other => {
                return Err(format!(
                    "unknown argument `{}`; usage: plumbline-bench [--quick] [--only NAME] [--json] [--duckdb PYTHON], NAME one of: {}",
                    other.escape_debug(),
                    names()
                )
                .into());
            }
        }
    }
    Ok(asked)
}

fn names() -> String {
    BENCHES
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ")
}

fn run(asked: &Asked) -> Outcome<()> {
    let mut out = io::stdout().lock();
    if let Some(path) = &asked.make {
        return many_spans::make(path, asked.spans, |spans| {
            Ok(writeln!(out, "{spans} spans")?)
        });
    }
    if let Some(path) = &asked.survey {
        return traces::survey(path, |line| Ok(writeln!(out, "{line}")?));
    }
    let mut rows = Vec::new();
    if !asked.json {
        if cfg!(debug_assertions) {
            writeln!(
                out,
                "This is a debug build: its figures say nothing. Use `cargo run --release`.\n"
            )?;
        }
        table::write_head(&mut out)?;
    }
    let wanted = |name: &str| asked.only.as_deref().is_none_or(|only| only == name);
    for (_, measure) in BENCHES.iter().filter(|(name, _)| wanted(name)) {
        for row in measure(asked)? {
            if !asked.json {
                table::write_table(&mut out, &row)?;
            }
            rows.push(row);
        }
    }
    if asked.json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Outcome<Asked> {
        asked(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn arguments_are_read_and_unknown_ones_refused() {
        let asked = parse(&["--quick", "--only", "diff", "--json"]).unwrap();
        assert_eq!((asked.size, asked.json), (Size::Quick, true));
        assert_eq!(asked.only.as_deref(), Some("diff"));
        let asked = parse(&["--make", "big.db", "--spans", "1000"]).unwrap();
        assert_eq!((asked.make, asked.spans), (Some("big.db".into()), 1_000));
        assert!(parse(&["--spans", "many"]).is_err());
        assert!(
            parse(&["--only", "nothing"])
                .unwrap_err()
                .to_string()
                .contains("tokens, trim, live, diff")
        );
        assert!(parse(&["--fast"]).is_err());
    }
}
