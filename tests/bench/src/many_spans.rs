//! A workspace of as many spans as one asks for, the same for the same numbers: support requests whose
//! traces have an agent, searches with scored documents, tools and model calls, some of which fail.
//!
//! The spans go through the import like any others, a part at a time, so no source file is kept.

use crate::pairs::Outcome;
use crate::texts::{Corpus, Dice};
use plumbline_engine::{Engine, EngineOptions};
use plumbline_ingest::{Format, to_canonical_line};
use plumbline_model::{Document, Message, Role, Span, SpanKind, SpanStatus, UnixNanos};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// A word that one span in fifty thousand says.
pub(crate) const RARE_WORD: &str = "quokkaberry";
/// The model that a third of the calls go to.
pub(crate) const COMMON_MODEL: &str = "gpt-4.1-mini";

const FIRST_START_NS: i64 = 1_790_000_000_000_000_000;
const PART: usize = 50_000;
const MODELS: [&str; 6] = [
    COMMON_MODEL,
    COMMON_MODEL,
    "gpt-4o",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "smollm2-135m-instruct",
];
const PROMPTS: [&str; 4] = [
    "ticket-triage",
    "refund-policy",
    "summarise",
    "route-intent",
];
const ENVIRONMENTS: [&str; 3] = ["production", "production", "staging"];

/// Makes the workspace, or fills up the one that stands there from nothing.
pub(crate) fn make(
    workspace: &Path,
    spans: usize,
    mut told: impl FnMut(usize) -> Outcome<()>,
) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(EngineOptions {
        workspace: Some(workspace.to_path_buf()),
        prompts: Some(folder.path().to_path_buf()),
        ..EngineOptions::default()
    })?;
    let corpus = Corpus::read()?;
    let mut source = Requests::new(&corpus, spans);
    while source.left > 0 {
        let part = folder.path().join("part.jsonl");
        let mut out = BufWriter::new(File::create(&part)?);
        source.write(PART, &mut out)?;
        out.flush()?;
        engine.import(&[part], Some(Format::CanonicalJsonl.as_str()))?;
        told(spans - source.left)?;
    }
    Ok(())
}

struct Requests<'c> {
    corpus: &'c Corpus,
    dice: Dice,
    left: usize,
    written: usize,
    requests: u64,
    clock_ns: i64,
}

impl<'c> Requests<'c> {
    fn new(corpus: &'c Corpus, spans: usize) -> Self {
        Self {
            corpus,
            dice: Dice::new(7),
            left: spans,
            written: 0,
            requests: 0,
            clock_ns: FIRST_START_NS,
        }
    }

    /// Writes whole requests until `most` spans or all of them are out.
    fn write(&mut self, most: usize, out: &mut impl Write) -> Outcome<()> {
        let end = self.written + most.min(self.left);
        while self.written < end {
            for span in self.request(end - self.written) {
                writeln!(out, "{}", to_canonical_line(&span))?;
                self.written += 1;
                self.left -= 1;
            }
        }
        Ok(())
    }

    fn request(&mut self, most: usize) -> Vec<Span> {
        self.requests += 1;
        self.clock_ns += 400_000_000 + self.dice.below(1_200_000_000) as i64;
        let trace_id = format!("{:032x}", u128::from(self.requests) << 40);
        let environment = self.dice.pick(&ENVIRONMENTS).map(str::to_owned);
        let count = (1 + self.dice.below(10)).min(most);
        let mut at = self.clock_ns;
        let mut spans: Vec<Span> = Vec::with_capacity(count);
        for number in 0..count {
            let kind = match number % 4 {
                0 if number == 0 && count > 1 => SpanKind::Agent,
                1 => SpanKind::Retrieval,
                2 => SpanKind::Tool,
                _ => SpanKind::Llm,
            };
            let took = 20_000_000 + self.dice.below(1_500_000_000) as i64;
            let id = format!("{:016x}", (self.requests << 8) + number as u64);
            let mut span = Span::new(trace_id.as_str(), id, kind, UnixNanos(at));
            span.end_ns = Some(UnixNanos(at + took));
            span.parent_id = spans.first().map(|root| root.span_id.clone());
            span.environment.clone_from(&environment);
            self.fill(&mut span);
            if number > 0 {
                at += took;
            }
            spans.push(span);
        }
        if let Some(root) = spans.first_mut().filter(|_| count > 1) {
            root.end_ns = Some(UnixNanos(at + 5_000_000));
        }
        spans
    }

    fn fill(&mut self, span: &mut Span) {
        let failed = self.dice.below(25) == 0;
        span.status = if failed {
            SpanStatus::Error
        } else {
            SpanStatus::Ok
        };
        if failed {
            span.error_type = Some("rate_limited".to_owned());
            span.error_message = Some("429: too many requests in this minute".to_owned());
        }
        let rare = self.dice.below(50_000) == 0;
        let mut asked = self.corpus.sentences(&mut self.dice, 240);
        if rare {
            asked = format!("{asked} {RARE_WORD}");
        }
        match span.kind {
            SpanKind::Llm => self.call(span, asked),
            SpanKind::Retrieval => {
                span.name = Some("search-orders".to_owned());
                span.documents = (0..3)
                    .map(|rank| Document {
                        id: format!("doc-{}", self.dice.below(9_000)),
                        content: Some(self.corpus.sentences(&mut self.dice, 120)),
                        score: Some(0.95 - f64::from(rank) * 0.1),
                        source: None,
                    })
                    .collect();
            }
            SpanKind::Tool => {
                span.name = Some("lookup_order".to_owned());
                span.tool_name = Some("lookup_order".to_owned());
                span.tool_arguments =
                    Some(serde_json::json!({ "order": self.dice.below(1_000_000) }));
                span.tool_result = Some(asked.into());
            }
            _ => {
                span.name = Some("handle_ticket".to_owned());
                span.input_messages = vec![Message::text(Role::User, asked)];
            }
        }
    }

    fn call(&mut self, span: &mut Span, asked: String) {
        let model = self.dice.pick(&MODELS).map(str::to_owned);
        span.name = Some("chat".to_owned());
        span.provider = Some("openai".to_owned());
        span.model_requested.clone_from(&model);
        span.model_returned = model;
        span.prompt_name = self.dice.pick(&PROMPTS).map(str::to_owned);
        span.prompt_version = Some(format!("1.{}.0", self.dice.below(4)));
        span.time_to_first_token_ms = Some(self.dice.below(900) as f64 + 0.25);
        span.usage.tokens_in = Some(200 + self.dice.below(4_000) as u64);
        span.usage.tokens_out = Some(20 + self.dice.below(600) as u64);
        span.finish_reason = Some("stop".to_owned());
        span.session_id = Some(format!("session-{}", self.requests / 3));
        span.input_messages = vec![Message::text(Role::User, asked)];
        let answer = self.corpus.sentences(&mut self.dice, 160);
        span.output_messages = vec![Message::text(Role::Assistant, answer)];
    }
}
