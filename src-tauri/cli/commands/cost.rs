//! `plumbline tokens`, `plumbline cost` and `plumbline stats`

use crate::args::{Cost, Stats, Tokens};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::Engine;
use plumbline_engine::api::{CostScope, PriceTableUsed, StatKey};
use plumbline_model::{Problem, ServiceTier, Usage};
use plumbline_report::{Column, Table, clean, figures};
use serde_json::json;

pub(super) fn tokens(args: &Tokens, printer: &Printer) -> Result<ExitStatus, Problem> {
    let text = super::read_text(&args.file)?;
    let count = Engine::count_tokens(&args.encoding, &text, args.ids)?;
    printer.answer(&count, || {
        let mut text = count.tokens.to_string();
        for id in count.ids.iter().flatten() {
            text.push_str(&format!("\n{id}"));
        }
        text
    })?;
    Ok(ExitStatus::Pass)
}

pub(super) fn cost(engine: &Engine, args: &Cost, printer: &Printer) -> Result<ExitStatus, Problem> {
    if args.cached.is_some_and(|cached| cached > args.tokens_in) {
        return Err(Problem::bad_input("--cached is more than --in")
            .hint("Cached tokens are part of the input tokens: raise --in."));
    }
    let usage = Usage {
        tokens_in_cached: args.cached,
        tokens_in_cache_write: args.cache_write,
        tokens_in_cache_write_1h: args.cache_write_1h,
        tokens_in_audio: args.audio_in,
        tokens_out_audio: args.audio_out,
        ..Usage::of(args.tokens_in, args.tokens_out)
    };
    let tier = match args.batch {
        true => ServiceTier::Batch,
        false => ServiceTier::Standard,
    };
    let cost = engine.cost_in_tier(&args.model, tier, &usage);
    let source = cost.source.as_ref();
    let answer = json!({
        "cost_usd": cost.usd,
        "price_table": source.map(|source| &source.table),
        "price_version": source.map(|source| &source.version),
        "entry": source.map(|source| &source.entry),
        "lines": cost.lines,
        "unknown_because": cost.unknown_because,
    });
    printer.answer(&answer, || match (cost.usd, source) {
        (Some(usd), Some(source)) => {
            let mut text = format!(
                "${usd}  ({} {}, {})\n",
                source.table,
                source.version,
                clean(&source.entry)
            );
            for line in &cost.lines {
                text.push_str(&format!(
                    "  {}: {} tokens at ${} per million = ${}\n",
                    line.unit,
                    figures::count(line.tokens),
                    line.usd_per_mtok,
                    line.usd
                ));
            }
            text
        }
        _ => format!(
            "unknown: {}",
            clean(cost.unknown_because.as_deref().unwrap_or("no price"))
        ),
    })?;
    Ok(ExitStatus::Pass)
}

pub(super) fn stats(
    engine: &Engine,
    args: &Stats,
    printer: &Printer,
) -> Result<ExitStatus, Problem> {
    let keys = args
        .by
        .iter()
        .map(|key| stat_key(key))
        .collect::<Result<Vec<_>, _>>()?;
    let scope = if args.replays {
        CostScope::Replays
    } else {
        CostScope::Traces
    };
    let groups = engine.stats(scope, &keys)?;
    let sources = engine.price_sources(scope)?;
    let answer = json!({ "groups": groups, "price_sources": sources });
    printer.answer(&answer, || {
        let mut columns: Vec<Column> = args.by.iter().map(|key| Column::words(key)).collect();
        columns.extend(
            [
                "calls",
                "errors",
                "p50",
                "p95",
                "p99",
                "tokens in",
                "tokens out",
                "cost",
            ]
            .map(Column::numbers),
        );
        let mut table = Table::new(columns);
        for group in &groups {
            let mut row: Vec<String> = keys
                .iter()
                .map(|key| match key {
                    StatKey::Model => group.model.clone(),
                    StatKey::Day => group.day.clone(),
                    StatKey::PromptVersion => group.prompt_version.clone(),
                })
                .map(Option::unwrap_or_default)
                .collect();
            row.extend([
                figures::count(group.calls),
                figures::count(group.errors),
                figures::duration(group.p50_ms),
                figures::duration(group.p95_ms),
                figures::duration(group.p99_ms),
                figures::known_count(group.tokens_in),
                figures::known_count(group.tokens_out),
                figures::usd(group.cost_usd),
            ]);
            table.row(row);
        }
        let table = table.render(printer.room(), printer.style());
        format!("{table}{}", price_line(&sources))
    })?;
    Ok(ExitStatus::Pass)
}

/// The price tables behind a sum, as the line under it; nothing where no table is.
pub(super) fn price_line(sources: &[PriceTableUsed]) -> String {
    match sources {
        [] => String::new(),
        sources => format!("prices: {}\n", price_tables(sources)),
    }
}

/// Their names and versions.
pub(super) fn price_tables(sources: &[PriceTableUsed]) -> String {
    let named = sources
        .iter()
        .map(|used| format!("{} {}", clean(&used.table), clean(&used.version)));
    named.collect::<Vec<_>>().join(", ")
}

fn stat_key(word: &str) -> Result<StatKey, Problem> {
    match word {
        "model" => Ok(StatKey::Model),
        "day" => Ok(StatKey::Day),
        "prompt_version" => Ok(StatKey::PromptVersion),
        _ => Err(Problem::bad_input(format!(
            "`{}` is not a key to group by",
            word.escape_debug()
        ))
        .hint("Keys are model, day and prompt_version.")),
    }
}
