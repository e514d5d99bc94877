//! Ollama's own chat API (`POST /api/chat`), as its API document describes it.
//!
//! Always streams lines of JSON; understands a plain JSON answer as well. A stream is whole when a line with
//! `done: true` came. Thinking text is not read. No key is needed on one's own machine.

mod request;

use crate::extras::Extras;
use crate::logprobs::Logprobs;
use crate::ndjson::LineParser;
use crate::plain_text;
use crate::tool_fragments::ToolFragments;
use crate::wire::{
    Answer, Count, End, Fragment, Framing, Text, WireError, WireFormat, keep_name, or_empty,
};
use crate::{Call, ProviderError};
use plumbline_model::sse::Next;
use plumbline_model::{ChatRequest, Completion, FinishReason, OllamaCounts, ResponseStatus, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The wire format.
pub(crate) fn format() -> Box<dyn WireFormat> {
    Box::new(Ollama)
}

struct Ollama;

impl WireFormat for Ollama {
    fn path(&self, _: &Call) -> Result<String, ProviderError> {
        Ok("/api/chat".to_owned())
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn framing(&self) -> Framing {
        Framing::NdJson
    }

    fn cannot(&self, request: &ChatRequest) -> Vec<String> {
        request::cannot(request)
    }

    fn encode(&self, call: &Call) -> Result<Vec<u8>, ProviderError> {
        request::encode(call)
    }

    fn answer(&self, _: &Call) -> Box<dyn Answer> {
        Box::<Reader>::default()
    }
}

/// A line of a stream, or a whole answer: the same members.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<WireMessage<'a>>,
    done: Option<bool>,
    #[serde(borrow)]
    done_reason: Option<Text<'a>>,
    #[serde(default)]
    prompt_eval_count: Count,
    #[serde(default)]
    eval_count: Count,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    logprobs: Option<&'a RawValue>,
}

/// Members of the last line that are read.
const NAMED: [&str; 9] = [
    "model",
    "created_at",
    "message",
    "done",
    "done_reason",
    "prompt_eval_count",
    "eval_count",
    "error",
    "logprobs",
];

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<WireCall<'a>>>,
}

#[derive(Deserialize)]
struct WireCall<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

#[derive(Default)]
struct Reader {
    parser: LineParser,
    heard: Heard,
}

/// What was understood so far.
#[derive(Default)]
struct Heard {
    any: bool,
    done: bool,
    text: String,
    calls: ToolFragments,
    calls_seen: u64,
    finish_reason: Option<FinishReason>,
    usage: Usage,
    logprobs: Logprobs,
    extras: Extras,
    model: Option<String>,
}

impl Heard {
    /// Reads one line; true for the last one.
    fn read(&mut self, json: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let line: Line<'_> =
            serde_json::from_slice(json).map_err(|error| WireError::not_json("a line", &error))?;
        if line.error.is_some_and(|error| error.get() != "null") {
            return Err(WireError::reported(&String::from_utf8_lossy(json)));
        }
        keep_name(&mut self.model, line.model.as_ref());
        self.logprobs.add_array(line.logprobs);
        if let Some(message) = line.message {
            self.any = true;
            let text = or_empty(message.content.as_ref());
            if !text.is_empty() {
                self.text.push_str(text);
                out(Fragment::Text(text));
            }
            for call in message.tool_calls.into_iter().flatten() {
                let function = call.function.as_ref();
                let name = function.and_then(|function| function.name.as_ref());
                let arguments = function.and_then(|function| function.arguments);
                self.calls.add(
                    Some(self.calls_seen),
                    or_empty(call.id.as_ref()),
                    or_empty(name),
                    arguments.map_or("", RawValue::get),
                )?;
                self.calls_seen = self.calls_seen.saturating_add(1);
                out(Fragment::Other);
            }
        }
        if line.done == Some(true) {
            self.any = true;
            self.done = true;
            self.extras.take(json, &NAMED);
            let counts = OllamaCounts {
                prompt_eval: line.prompt_eval_count.0,
                eval: line.eval_count.0,
            };
            self.usage = counts.into();
            self.finish_reason = line.done_reason.map(|reason| finish_reason(&reason.0));
        }
        Ok(self.done)
    }
}

impl Answer for Reader {
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let heard = &mut self.heard;
        let next = self.parser.feed(chunk, |line| {
            Ok(if heard.read(line, out)? {
                Next::Stop
            } else {
                Next::Continue
            })
        })?;
        Ok(next == Next::Stop)
    }

    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        if self.heard.read(body, out)? {
            return Ok(());
        }
        Err(WireError::Malformed(
            "the JSON answer is not `done`".to_owned(),
        ))
    }

    fn heard(&self) -> bool {
        self.heard.any
    }

    fn finish(self: Box<Self>, _: End) -> Completion {
        let heard = self.heard;
        let (logprobs, tokens_left_out) = heard.logprobs.into_parts();
        let (extras, members_left_out) = heard.extras.into_parts();
        let finish_reason = match heard.finish_reason {
            Some(FinishReason::Stop) if !heard.calls.is_empty() => Some(FinishReason::ToolCalls),
            reason => reason,
        };
        Completion {
            status: if heard.done {
                ResponseStatus::Complete
            } else {
                ResponseStatus::Truncated
            },
            text: heard.text,
            tool_calls: heard.calls.into_calls(),
            finish_reason,
            usage: heard.usage,
            model_returned: heard.model,
            logprobs,
            extras,
            left_out: tokens_left_out
                .into_iter()
                .chain(members_left_out)
                .collect(),
            ..Completion::default()
        }
    }
}

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        other => FinishReason::Other(plain_text::name(other)),
    }
}

#[cfg(test)]
mod tests;
