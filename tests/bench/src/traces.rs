//! The trace screens' questions to a large workspace, beside the bare SQL that a program would write.

use crate::Size;
use crate::many_spans::{self, COMMON_MODEL, RARE_WORD};
use crate::pairs::{Outcome, Row, Title, in_turn, median, timed};
use plumbline_engine::api::{TraceFilter, TraceSort};
use plumbline_engine::{Engine, EngineOptions};
use plumbline_model::SpanKind;
use plumbline_workspace::{Page, SpanFilter, SpanSort, Workspace};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Params};
use std::hint::black_box;
use std::path::Path;
use tempfile::TempDir;

/// Rows of a page, as the window asks for them.
const PAGE: u64 = 100;

/// An opened workspace and a plain connection to the same file.
struct Stage {
    engine: Engine,
    workspace: Workspace,
    plain: Connection,
    counted: String,
    _folder: TempDir,
}

impl Stage {
    fn open(size: Size, standing: Option<&Path>) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let own = folder.path().join("bench.plumbline");
        let path = standing.unwrap_or(&own);
        if standing.is_none() {
            many_spans::make(path, size.choose(3_000, 200_000), |_| Ok(()))?;
        }
        let engine = Engine::open(EngineOptions {
            workspace: Some(path.to_path_buf()),
            prompts: Some(folder.path().to_path_buf()),
            ..EngineOptions::default()
        })?;
        let plain = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let spans: i64 = plain.query_row("SELECT count(*) FROM span", [], |row| row.get(0))?;
        let traces: i64 = plain.query_row("SELECT count(*) FROM trace", [], |row| row.get(0))?;
        Ok(Self {
            workspace: Workspace::open(path)?,
            engine,
            plain,
            counted: format!("{spans} spans in {traces} traces, file cache warm"),
            _folder: folder,
        })
    }

    /// Reads every column of every row, as a program has to that shows them.
    fn read(&self, sql: &str, values: impl Params) -> Outcome<usize> {
        let mut statement = self.plain.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(values)?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Text(text) => {
                        drop(black_box(String::from_utf8_lossy(text).into_owned()));
                    }
                    other => drop(black_box(other.data_type())),
                }
            }
            read += 1;
        }
        Ok(read)
    }

    fn newest_trace(&self) -> Outcome<(String, String)> {
        Ok(self.plain.query_row(
            "SELECT lower(hex(trace_id)), lower(hex(span_id)) FROM
                (SELECT trace, span_id FROM span WHERE kind = 'llm' ORDER BY start_ns DESC LIMIT 1 OFFSET 500)
                JOIN trace ON trace.id = trace",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    }
}

fn by_model() -> TraceFilter {
    TraceFilter {
        model: Some(COMMON_MODEL.to_owned()),
        ..TraceFilter::default()
    }
}

type Ask<'s> = Box<dyn Fn() -> Outcome<usize> + 's>;

/// What is asked, and the bare SQL beside it.
fn questions(stage: &Stage) -> Outcome<Vec<(&'static str, &'static str, Ask<'_>, Ask<'_>)>> {
    let (trace_id, span_id) = stage.newest_trace()?;
    let (trace, span) = (trace_id.clone(), span_id.clone());
    let all = TraceFilter::default;
    let list = move |filter: TraceFilter, sort| -> Outcome<usize> {
        Ok(stage
            .engine
            .trace_list(&filter, sort, None, 0, PAGE)?
            .rows
            .len())
    };
    Ok(vec![
        (
            "trace list, latest page",
            "SELECT * FROM trace ORDER BY start_ns DESC LIMIT 100",
            Box::new(move || list(all(), TraceSort::Newest)),
            Box::new(|| stage.read("SELECT * FROM trace ORDER BY start_ns DESC LIMIT 100", [])),
        ),
        (
            "latest 100 spans",
            "SELECT * FROM span ORDER BY start_ns DESC LIMIT 100",
            Box::new(|| {
                let page = Page::first(PAGE);
                let all = SpanFilter::default();
                Ok(stage
                    .workspace
                    .span_rows(&all, SpanSort::Newest, page)?
                    .len())
            }),
            Box::new(|| stage.read("SELECT * FROM span ORDER BY start_ns DESC LIMIT 100", [])),
        ),
        (
            "one trace by id",
            "SELECT * FROM span WHERE trace = (SELECT id FROM trace WHERE trace_id = ?)",
            Box::new(move || Ok(stage.engine.trace_columns(&trace)?.span_id.len())),
            Box::new({
                let trace = trace_id.clone();
                let sql = "SELECT * FROM span WHERE trace = (SELECT id FROM trace WHERE trace_id = unhex(?1))";
                move || stage.read(sql, [&trace])
            }),
        ),
        (
            "one span by id",
            "SELECT * FROM span WHERE trace = (SELECT id FROM trace WHERE trace_id = ?) AND span_id = ?",
            Box::new({
                let trace = trace_id.clone();
                move || {
                    Ok(usize::from(
                        stage.engine.span_open(&trace, &span, 1)?.variant == 1,
                    ))
                }
            }),
            Box::new(move || {
                let sql = "SELECT * FROM span WHERE
                    trace = (SELECT id FROM trace WHERE trace_id = unhex(?1)) AND span_id = unhex(?2)";
                stage.read(sql, [&trace_id, &span_id])
            }),
        ),
        (
            "trace list of one model",
            "SELECT * FROM trace WHERE id IN (SELECT trace FROM span WHERE model = (SELECT id FROM word WHERE text = ?))
             ORDER BY start_ns DESC LIMIT 100",
            Box::new(move || list(by_model(), TraceSort::Newest)),
            Box::new(|| {
                let sql = "SELECT * FROM trace WHERE id IN
                    (SELECT trace FROM span WHERE model = (SELECT id FROM word WHERE text = ?1))
                    ORDER BY start_ns DESC LIMIT 100";
                stage.read(sql, [COMMON_MODEL])
            }),
        ),
        (
            "facets, five with counts",
            "SELECT model, count(*) FROM span GROUP BY model",
            Box::new(|| {
                Ok(stage
                    .engine
                    .trace_facets(&TraceFilter::default())?
                    .models
                    .len())
            }),
            Box::new(|| stage.read("SELECT model, count(*) FROM span GROUP BY model", [])),
        ),
        (
            "histogram of 48 bars",
            "SELECT start_ns / ?, count(*), sum(status = 'error') FROM span GROUP BY 1",
            Box::new(|| {
                Ok(stage
                    .engine
                    .trace_histogram(&TraceFilter::default(), 48)?
                    .bars
                    .len())
            }),
            Box::new(|| {
                let sql =
                    "SELECT start_ns / ?1, count(*), sum(status = 'error') FROM span GROUP BY 1";
                stage.read(sql, [3_600_000_000_000_i64])
            }),
        ),
    ])
}

/// Ours beside bare SQL, in milliseconds.
pub(crate) fn measure(size: Size, standing: Option<&Path>) -> Outcome<Vec<Row>> {
    let stage = Stage::open(size, standing)?;
    let mut rows = Vec::new();
    for (name, reference, ours, bare) in questions(&stage)? {
        let title = Title {
            name: name.to_owned(),
            unit: "ms",
            more_is_better: false,
            reference: reference.split_whitespace().collect::<Vec<_>>().join(" "),
            counted: stage.counted.clone(),
        };
        let milliseconds = |ask: &Ask<'_>| -> Outcome<f64> {
            let (found, seconds) = timed(ask);
            if found? == 0 {
                return Err(format!("{name}: nothing was found").into());
            }
            Ok(seconds * 1e3)
        };
        rows.push(in_turn(
            title,
            size.choose(5, 15),
            |_| Ok(()),
            |()| milliseconds(&ours),
            |()| milliseconds(&bare),
        )?);
    }
    Ok(rows)
}

/// Every question of the trace screens with its least and middle time in milliseconds.
pub(crate) fn survey(standing: &Path, mut told: impl FnMut(String) -> Outcome<()>) -> Outcome<()> {
    let stage = Stage::open(Size::Full, Some(standing))?;
    told(stage.counted.clone())?;
    let engine = &stage.engine;
    let mut say = |name: &str, times: usize, ask: &dyn Fn() -> Outcome<usize>| -> Outcome<()> {
        let mut figures = Vec::new();
        let mut found = 0;
        for _ in 0..times {
            let (answer, seconds) = timed(ask);
            found = answer?;
            figures.push(seconds * 1e3);
        }
        let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let middle = median(&figures).unwrap_or(f64::NAN);
        told(format!(
            "{name:<44} {least:>9.2} {middle:>9.2} ms min/median of {times}, {found} rows"
        ))
    };
    let list = |filter: &TraceFilter, sort, after: Option<&str>, skip| -> Outcome<usize> {
        Ok(engine
            .trace_list(filter, sort, after, skip, PAGE)?
            .rows
            .len())
    };
    let all = TraceFilter::default();
    say("latest page, first query of the process", 1, &|| {
        list(&all, TraceSort::Newest, None, 0)
    })?;
    say("facets, first time: columns are read", 1, &|| {
        Ok(engine.trace_facets(&all)?.models.len())
    })?;
    for (name, sort) in [
        ("newest", TraceSort::Newest),
        ("oldest", TraceSort::Oldest),
        ("slowest", TraceSort::Slowest),
        ("costliest", TraceSort::Costliest),
        ("most tokens", TraceSort::MostTokens),
    ] {
        say(&format!("first page, {name}"), 15, &|| {
            list(&all, sort, None, 0)
        })?;
        let half = engine.trace_count(&all)? / 2;
        say(
            &format!("page in the middle by skipping, {name}"),
            5,
            &|| list(&all, sort, None, half),
        )?;
        let before = engine.trace_list(&all, sort, None, half, 1)?.next;
        say(
            &format!("page in the middle by cursor, {name}"),
            15,
            &|| list(&all, sort, before.as_deref(), 0),
        )?;
    }
    let (trace_id, span_id) = stage.newest_trace()?;
    say("one trace by id", 15, &|| {
        Ok(engine.trace_columns(&trace_id)?.span_id.len())
    })?;
    say("one span by id", 15, &|| {
        Ok(engine.span_open(&trace_id, &span_id, 1)?.variants as usize)
    })?;
    say("latest 100 spans", 15, &|| {
        let page = Page::first(PAGE);
        Ok(stage
            .workspace
            .span_rows(&SpanFilter::default(), SpanSort::Newest, page)?
            .len())
    })?;
    say("count of all traces", 15, &|| {
        Ok(engine.trace_count(&all)? as usize)
    })?;
    say("facets", 15, &|| {
        Ok(engine.trace_facets(&all)?.models.len())
    })?;
    say("histogram of 48 bars", 15, &|| {
        Ok(engine.trace_histogram(&all, 48)?.bars.len())
    })?;
    let filters = [
        ("model", by_model()),
        (
            "errors",
            TraceFilter {
                only_errors: true,
                ..all.clone()
            },
        ),
        (
            "kind tool",
            TraceFilter {
                kind: Some(SpanKind::Tool),
                ..all.clone()
            },
        ),
        (
            "prompt",
            TraceFilter {
                prompt_name: Some("refund-policy".to_owned()),
                ..all.clone()
            },
        ),
        (
            "environment",
            TraceFilter {
                environment: Some("staging".to_owned()),
                ..all.clone()
            },
        ),
        (
            "rare word",
            TraceFilter {
                text: RARE_WORD.to_owned(),
                ..all.clone()
            },
        ),
        (
            "common word",
            TraceFilter {
                text: "order".to_owned(),
                ..all.clone()
            },
        ),
    ];
    for (name, filter) in &filters {
        say(&format!("{name}: first page, first time"), 1, &|| {
            list(filter, TraceSort::Newest, None, 0)
        })?;
        say(&format!("{name}: first page"), 15, &|| {
            list(filter, TraceSort::Newest, None, 0)
        })?;
        say(&format!("{name}: first page, slowest"), 5, &|| {
            list(filter, TraceSort::Slowest, None, 0)
        })?;
        say(&format!("{name}: count"), 15, &|| {
            Ok(engine.trace_count(filter)? as usize)
        })?;
        say(&format!("{name}: facets"), 5, &|| {
            Ok(engine.trace_facets(filter)?.models.len())
        })?;
        say(&format!("{name}: histogram"), 5, &|| {
            Ok(engine.trace_histogram(filter, 48)?.bars.len())
        })?;
    }
    Ok(())
}
