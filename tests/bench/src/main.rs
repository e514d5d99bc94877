//! Ratios of this project against named references, taken in one process in turn; no judgement.
//!
//! `plumbline-bench [--quick] [--only NAME] [--json]`. Absolute figures belong to the machine they were
//! taken on; only ratios can be compared, and only those of a release build.

mod count_tokens;
mod import;
mod loopback;
mod memory;
mod pairs;
mod replay;
mod table;
mod texts;
mod word_diff;

use pairs::{Outcome, Row};
use std::io::{self, Write};
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

type Measure = fn(Size) -> Outcome<Vec<Row>>;

/// Every bench by the name that `--only` takes. The replay comes first: it tells its memory, and what the
/// others leave on the heap would be in it.
const BENCHES: &[(&str, Measure)] = &[
    ("replay", replay::live),
    ("cached", replay::cached),
    ("tokens", count_tokens::measure),
    ("diff", word_diff::measure),
    ("parse", import::parse),
    ("import", import::into_workspace),
    ("redact", import::redacted),
];

#[derive(Debug, PartialEq, Eq)]
struct Asked {
    size: Size,
    only: Option<String>,
    json: bool,
}

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
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => asked.size = Size::Quick,
            "--json" => asked.json = true,
            "--only" => {
                let name = arguments.next().unwrap_or_default();
                if !BENCHES.iter().any(|(known, _)| *known == name) {
                    return Err(format!("--only takes one of: {}", names()).into());
                }
                asked.only = Some(name);
            }
            other => {
                return Err(format!(
                    "unknown argument `{}`; usage: plumbline-bench [--quick] [--only NAME] [--json], NAME one of: {}",
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
        for row in measure(asked.size)? {
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
        assert_eq!(
            parse(&["--quick", "--only", "diff", "--json"]).unwrap(),
            Asked {
                size: Size::Quick,
                only: Some("diff".to_owned()),
                json: true
            }
        );
        assert!(
            parse(&["--only", "nothing"])
                .unwrap_err()
                .to_string()
                .contains("tokens, diff")
        );
        assert!(parse(&["--fast"]).is_err());
    }
}
