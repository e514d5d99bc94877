//! Reading canonical JSONL and importing it, beside a plain typed parse of the same lines.

use crate::Size;
use crate::pairs::{Outcome, Row, Title, in_turn, median, timed};
use crate::texts::{Corpus, Dice};
use plumbline_engine::{Engine, EngineOptions, ImportOptions, Redaction};
use plumbline_ingest::{Format, Item, to_canonical_line};
use plumbline_model::{Message, Role, Span, SpanKind, SpanStatus, UnixNanos};
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fs;
use std::hint::black_box;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const REFERENCE: &str = "serde_json typed";

/// The parse alone, in memory.
pub(crate) fn parse(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let spans = size.choose(5_000, 40_000);
    let title = Title {
        name: "read JSONL spans".to_owned(),
        unit: "MB/s",
        more_is_better: true,
        reference: REFERENCE.to_owned(),
        counted: format!(
            "{spans} canonical spans of about 1.5 KB in memory, one thread, other spans each round; ours checks \
             and keeps the raw line and owned fields, the reference borrows its texts"
        ),
    };
    let make = |round| jsonl(&corpus, round, spans);
    let row = parsed(
        title,
        size,
        spans,
        Format::CanonicalJsonl,
        make,
        plain_parse,
    )?;
    Ok(vec![row])
}

/// The rate at which ingest reads what `make` makes of a round, beside that of a plain parse.
pub(crate) fn parsed(
    title: Title,
    size: Size,
    spans: usize,
    format: Format,
    make: impl Fn(u64) -> String,
    plain: impl Fn(&str) -> Outcome<u64>,
) -> Outcome<Row> {
    let rate = |text: &str, read: &dyn Fn(&str) -> Outcome<u64>| {
        let (read, seconds) = timed(|| read(text));
        expect(spans, read?)?;
        Ok(text.len() as f64 / 1e6 / seconds)
    };
    in_turn(
        title,
        size.pairs(),
        |round| Ok(make(round)),
        |text| rate(text, &|text| read_all(text, format)),
        |text| rate(text, &plain),
    )
}

/// The whole import: file to workspace, indexed, durable, queryable.
pub(crate) fn into_workspace(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let spans = size.choose(5_000, 60_000);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("spans.jsonl");
    let mut source_bytes = 0.0;
    let shape = RefCell::new(Vec::new());
    let mut row = in_turn(
        Title {
            name: "import JSONL spans".to_owned(),
            unit: "spans/s",
            more_is_better: true,
            reference: format!("read the file, {REFERENCE}"),
            counted: String::new(),
        },
        size.pairs(),
        |round| {
            let text = jsonl(&corpus, 100 + round, spans);
            source_bytes = text.len() as f64;
            fs::write(&file, text)?;
            Ok(())
        },
        |()| {
            let place = tempfile::tempdir_in(folder.path())?;
            let (bytes, seconds) = import(place.path(), &file, spans, Redaction::On)?;
            shape.borrow_mut().push((seconds, bytes));
            Ok(spans as f64 / seconds)
        },
        |()| {
            let (read, seconds) =
                timed(|| -> Outcome<u64> { plain_parse(&fs::read_to_string(&file)?) });
            expect(spans, read?)?;
            Ok(spans as f64 / seconds)
        },
    )?;
    let shape = shape.into_inner();
    let middle = |figure: fn(&(f64, f64)) -> f64| {
        median(&shape.iter().map(figure).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    row.counted = format!(
        "{spans} spans of about 1.5 KB from a file in the page cache into a new workspace each round, until the import \
         is committed and the file closed: {:.1} MB/s of source, workspace {:.2}x the source's size; the reference \
         stores nothing",
        source_bytes / 1e6 / middle(|pair| pair.0),
        middle(|pair| pair.1) / source_bytes
    );
    Ok(vec![row])
}

/// What taking out secrets costs a whole import.
pub(crate) fn redacted(size: Size) -> Outcome<Vec<Row>> {
    let corpus = Corpus::read()?;
    let spans = size.choose(5_000, 60_000);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("spans.jsonl");
    let seconds = |redaction: Redaction| -> Outcome<f64> {
        let place = tempfile::tempdir_in(folder.path())?;
        Ok(import(place.path(), &file, spans, redaction)?.1)
    };
    let row = in_turn(
        Title {
            name: "import, secrets taken out".to_owned(),
            unit: "s",
            more_is_better: false,
            reference: "import --no-redact".to_owned(),
            counted: format!(
                "{spans} spans of about 1.5 KB, one in ten with a key, an e-mail address and a telephone number, from \
                 a file in the page cache into a new workspace each round"
            ),
        },
        size.pairs(),
        |round| {
            let text = jsonl(&corpus, 300 + round, spans);
            fs::write(&file, with_secrets(&text))?;
            Ok(())
        },
        |()| seconds(Redaction::On),
        |()| seconds(Redaction::Off),
    )?;
    Ok(vec![row])
}

/// Every tenth answer tells secrets.
fn with_secrets(text: &str) -> String {
    let secrets =
        "Reason: sk-proj-Zq8Lw2Tn4Vb7Xc1Ms6Kd3Jf5Hg0Py, ada@example.org, +1 415 555 0132 ";
    text.lines()
        .enumerate()
        .map(|(at, line)| match at % 10 {
            0 => line.replacen("Reason: ", secrets, 1) + "\n",
            _ => format!("{line}\n"),
        })
        .collect()
}

/// Size of the workspace in bytes, and the seconds from opening it to its being closed.
pub(crate) fn import(
    folder: &Path,
    file: &Path,
    spans: usize,
    redaction: Redaction,
) -> Outcome<(f64, f64)> {
    let workspace = folder.join("bench.plumbline");
    let options = EngineOptions {
        workspace: Some(workspace.clone()),
        prompts: Some(folder.to_path_buf()),
        ..EngineOptions::default()
    };
    let (stored, seconds) = timed(|| -> Outcome<u64> {
        let engine = Engine::open(options)?;
        let options = ImportOptions {
            format: Some(Format::CanonicalJsonl.as_str().to_owned()),
            redaction,
            ..ImportOptions::default()
        };
        let outcome = engine.import_with(&[PathBuf::from(file)], &options)?;
        Ok(outcome.files.iter().map(|file| file.counts.stored).sum())
    });
    expect(spans, stored?)?;
    Ok((fs::metadata(&workspace)?.len() as f64, seconds))
}

pub(crate) fn expect(wanted: usize, found: u64) -> Outcome<()> {
    if found == wanted as u64 {
        return Ok(());
    }
    Err(format!("{wanted} spans were written, {found} arrived").into())
}

fn read_all(text: &str, format: Format) -> Outcome<u64> {
    let mut spans = 0;
    let mut sink = |item: Item| {
        spans += u64::from(matches!(item, Item::Span { .. }));
        black_box(&item);
        ControlFlow::Continue(())
    };
    let mut source = Cursor::new(text.as_bytes());
    plumbline_ingest::read(&mut source, Some(format), "bench", &mut sink)?;
    Ok(spans)
}

/// What a program would write that only wants the fields: typed, borrowed where JSON allows.
#[derive(Deserialize)]
struct PlainSpan<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    parent_id: Option<&'a str>,
    kind: SpanKind,
    name: Option<Cow<'a, str>>,
    start_ns: i64,
    end_ns: Option<i64>,
    time_to_first_token_ms: Option<f64>,
    status: SpanStatus,
    provider: Option<&'a str>,
    model_requested: Option<&'a str>,
    model_returned: Option<&'a str>,
    prompt_name: Option<&'a str>,
    prompt_version: Option<&'a str>,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    finish_reason: Option<&'a str>,
    session_id: Option<&'a str>,
    environment: Option<&'a str>,
    #[serde(borrow)]
    input_messages: Vec<PlainMessage<'a>>,
    #[serde(borrow)]
    output_messages: Vec<PlainMessage<'a>>,
}

#[derive(Deserialize)]
struct PlainMessage<'a> {
    role: Role,
    #[serde(borrow)]
    content: Cow<'a, str>,
}

fn plain_parse(text: &str) -> Outcome<u64> {
    let mut spans = 0;
    for line in text.lines() {
        let span: PlainSpan<'_> = serde_json::from_str(line)?;
        spans += 1;
        black_box((
            (
                span.trace_id,
                span.span_id,
                span.parent_id,
                span.kind,
                span.name,
                span.start_ns,
                span.end_ns,
            ),
            (
                span.time_to_first_token_ms,
                span.status,
                span.provider,
                span.model_requested,
                span.model_returned,
            ),
            (
                span.prompt_name,
                span.prompt_version,
                span.tokens_in,
                span.tokens_out,
                span.finish_reason,
            ),
            (span.session_id, span.environment),
        ));
        for message in span.input_messages.into_iter().chain(span.output_messages) {
            black_box((message.role, message.content));
        }
    }
    Ok(spans)
}

/// Model calls of conversations with four spans to a trace.
pub(crate) fn jsonl(corpus: &Corpus, seed: u64, spans: usize) -> String {
    let mut dice = Dice::new(seed);
    let mut text = String::with_capacity(spans * 1_600);
    let models = ["gpt-4.1-mini", "gpt-4o", "claude-sonnet-4-5"];
    let system = corpus.sentences(&mut dice, 300);
    for at in 0..spans {
        let start = 1_790_000_000_000_000_000 + at as i64 * 37_000_000;
        let mut span = Span::new(
            format!("{:032x}", (u128::from(seed) << 64) + (at / 4) as u128),
            format!("{:016x}", dice.next()),
            SpanKind::Llm,
            UnixNanos(start),
        );
        let model = dice.pick(&models).map(str::to_owned);
        span.name = Some("chat".to_owned());
        span.end_ns = Some(UnixNanos(
            start + 200_000_000 + dice.below(3_000_000_000) as i64,
        ));
        span.time_to_first_token_ms = Some(dice.below(900) as f64 + 0.25);
        span.status = SpanStatus::Ok;
        span.provider = Some("openai".to_owned());
        span.model_requested.clone_from(&model);
        span.model_returned = model;
        span.prompt_name = Some("ticket-triage".to_owned());
        span.prompt_version = Some("1.2.0".to_owned());
        span.usage.tokens_in = Some(200 + dice.below(400) as u64);
        span.usage.tokens_out = Some(20 + dice.below(200) as u64);
        span.finish_reason = Some("stop".to_owned());
        span.session_id = Some(format!("session-{}", at / 16));
        span.environment = Some("production".to_owned());
        span.input_messages = vec![
            Message::text(Role::System, system.as_str()),
            Message::text(Role::User, corpus.sentences(&mut dice, 300 + at % 128)),
        ];
        let answer = format!(
            "{}\nReason: \"{}\"",
            corpus.sentences(&mut dice, 200),
            corpus.word(&mut dice)
        );
        span.output_messages = vec![Message::text(Role::Assistant, answer)];
        text.push_str(&to_canonical_line(&span));
        text.push('\n');
    }
    text
}
