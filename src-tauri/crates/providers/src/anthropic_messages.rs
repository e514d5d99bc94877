//! Anthropic Messages, version 2023-06-01.
//!
//! Always streams; understands a plain JSON answer as well. A stream is whole when `message_stop` came.
//! System messages, wherever they stand, become the `system` field, and speakers' names are not sent.
//! Without `max_tokens`, which this API requires, 1024 is sent. An output schema is sent as one more tool
//! named `respond` that the model is made to call; its input is returned as the text. `seed` is refused.

mod request;

use crate::extras::Extras;
use crate::plain_text;
use crate::tool_fragments::ToolFragments;
use crate::wire::{Answer, Count, End, Fragment, Perhaps, Text, WireError, WireFormat, or_empty};
use crate::{Call, ProviderError};
use plumbline_model::sse::{Next, SseParser};
use plumbline_model::{
    AnthropicCounts, ChatRequest, Completion, FinishReason, ResponseStatus, Usage,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The wire format.
pub(crate) fn format() -> Box<dyn WireFormat> {
    Box::new(AnthropicMessages)
}

const VERSION: &str = "2023-06-01";
/// The tool that carries an answer of a given schema.
const RESPOND: &str = "respond";

struct AnthropicMessages;

impl WireFormat for AnthropicMessages {
    fn path(&self, _: &Call) -> Result<String, ProviderError> {
        Ok("/v1/messages".to_owned())
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("anthropic-version", VERSION.to_owned())]
    }

    fn cannot(&self, request: &ChatRequest) -> Vec<String> {
        request::cannot(request)
    }

    fn encode(&self, call: &Call) -> Result<Vec<u8>, ProviderError> {
        request::encode(call)
    }

    fn answer(&self, call: &Call) -> Box<dyn Answer> {
        Box::new(Reader {
            parser: SseParser::default(),
            heard: Heard {
                responds: call.request.output_schema.is_some(),
                ..Heard::default()
            },
        })
    }
}

/// Any event of a stream; which members it has depends on its type.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    index: Option<u64>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    content_block: Option<AnswerBlock<'a>>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    usage: Option<WireUsage>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

/// Members of a message that are read, or say nothing about the answer.
const NAMED: [&str; 8] = [
    "id",
    "type",
    "role",
    "model",
    "content",
    "stop_reason",
    "usage",
    "error",
];

const READ_EVENTS: [&str; 6] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "message_delta",
    "message_stop",
    "error",
];

#[derive(Deserialize)]
struct WireAnswer<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Vec<AnswerBlock<'a>>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    usage: Option<WireUsage>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct AnswerBlock<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireUsage {
    input_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_creation: Perhaps<CacheCreation>,
    output_tokens: Count,
    output_tokens_details: Perhaps<OutputDetails>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: Count,
}

impl WireUsage {
    fn counts(&self) -> AnthropicCounts {
        let by_age = self.cache_creation.0.as_ref();
        let made = self.output_tokens_details.0.as_ref();
        AnthropicCounts {
            fresh: self.input_tokens.0,
            read: self.cache_read_input_tokens.0,
            written: self.cache_creation_input_tokens.0,
            written_5m: by_age.and_then(|written| written.ephemeral_5m_input_tokens.0),
            written_1h: by_age.and_then(|written| written.ephemeral_1h_input_tokens.0),
            output: self.output_tokens.0,
            thinking: made.and_then(|made| made.thinking_tokens.0),
        }
    }
}

struct Reader {
    parser: SseParser,
    heard: Heard,
}

/// What was understood so far.
#[derive(Default)]
struct Heard {
    /// The request had an output schema, so a call of `respond` is the text.
    responds: bool,
    respond_index: Option<u64>,
    any: bool,
    stopped: bool,
    final_usage: bool,
    text: String,
    calls: ToolFragments,
    stop_reason: Option<FinishReason>,
    usage: AnthropicCounts,
    extras: Extras,
    model: Option<String>,
    id: Option<String>,
}

impl Heard {
    /// Reads one event; true for `message_stop`.
    fn read(&mut self, json: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let event: Event<'_> = match serde_json::from_slice(json) {
            Ok(event) => event,
            // Event types we do not know may use our member names for something else.
            Err(error) => match serde_json::from_slice::<Kind<'_>>(json) {
                Ok(kind) if !READ_EVENTS.contains(&&*kind.kind.0) => return Ok(false),
                _ => return Err(WireError::not_json("an event", &error)),
            },
        };
        match &*event.kind.0 {
            "message_start" => {
                if let Some(raw) = event.message {
                    let message: WireAnswer<'_> = serde_json::from_str(raw.get())
                        .map_err(|error| WireError::not_json("a message", &error))?;
                    self.read_head(&message);
                    self.extras.take(raw.get().as_bytes(), &NAMED);
                }
            }
            "content_block_start" => {
                if let (Some(index), Some(block)) = (event.index, event.content_block) {
                    // A stream gives the input in deltas; the `{}` here is a placeholder.
                    self.start_block(index, &block, "", out)?;
                }
            }
            "content_block_delta" => {
                if let (Some(index), Some(delta)) = (event.index, event.delta) {
                    self.say(or_empty(delta.text.as_ref()), out);
                    self.add_input(index, or_empty(delta.partial_json.as_ref()), out)?;
                }
            }
            "message_delta" => {
                if let Some(usage) = event.usage {
                    self.usage = self.usage.then(usage.counts());
                    self.final_usage = true;
                }
                if let Some(reason) = event.delta.and_then(|delta| delta.stop_reason) {
                    self.stop_reason = Some(stop_reason(&reason.0));
                }
            }
            "message_stop" => self.stopped = true,
            "error" => {
                return Err(WireError::reported(event.error.map_or("", RawValue::get)));
            }
            _ => return Ok(false),
        }
        self.any = true;
        Ok(self.stopped)
    }

    fn read_head(&mut self, message: &WireAnswer<'_>) {
        self.id = message.id.as_ref().map(|id| plain_text::name(&id.0));
        self.model = message
            .model
            .as_ref()
            .map(|model| plain_text::name(&model.0));
        if let Some(usage) = &message.usage {
            self.usage = self.usage.then(usage.counts());
        }
    }

    fn start_block(
        &mut self,
        index: u64,
        block: &AnswerBlock<'_>,
        input: &str,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        match &*block.kind.0 {
            "text" => self.say(or_empty(block.text.as_ref()), out),
            "tool_use" => {
                let name = or_empty(block.name.as_ref());
                if self.responds && name == RESPOND && self.respond_index.is_none() {
                    self.respond_index = Some(index);
                    self.say(input, out);
                } else {
                    let id = or_empty(block.id.as_ref());
                    self.calls.add(Some(index), id, name, input)?;
                    out(Fragment::Other);
                }
            }
            // Thinking and the provider's own tools are neither answer text nor calls to run.
            _ => {}
        }
        Ok(())
    }

    fn add_input(
        &mut self,
        index: u64,
        json: &str,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        if json.is_empty() {
            return Ok(());
        }
        if self.respond_index == Some(index) {
            self.say(json, out);
        } else if self.calls.has(index) {
            self.calls.add(Some(index), "", "", json)?;
            out(Fragment::Other);
        }
        Ok(())
    }

    fn say(&mut self, text: &str, out: &mut dyn FnMut(Fragment<'_>)) {
        if !text.is_empty() {
            self.text.push_str(text);
            out(Fragment::Text(text));
        }
    }
}

impl Answer for Reader {
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let heard = &mut self.heard;
        let next = self.parser.feed::<WireError>(chunk, |event| {
            Ok(if heard.read(event.data, out)? {
                Next::Stop
            } else {
                Next::Continue
            })
        })?;
        Ok(next == Next::Stop)
    }

    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        let answer: WireAnswer<'_> = serde_json::from_slice(body)
            .map_err(|error| WireError::not_json("the answer", &error))?;
        if let Some(error) = answer.error {
            return Err(WireError::reported(error.get()));
        }
        let Some(blocks) = &answer.content else {
            return Err(WireError::Malformed(
                "the JSON answer has no `content`".to_owned(),
            ));
        };
        self.heard.read_head(&answer);
        self.heard.extras.take(body, &NAMED);
        for (index, block) in (0..).zip(blocks) {
            let input = block.input.map_or("", RawValue::get);
            self.heard.start_block(index, block, input, out)?;
        }
        self.heard.stop_reason = answer.stop_reason.map(|reason| stop_reason(&reason.0));
        self.heard.any = true;
        self.heard.final_usage = true;
        self.heard.stopped = true;
        Ok(())
    }

    fn heard(&self) -> bool {
        self.heard.any
    }

    fn finish(self: Box<Self>, _: End) -> Completion {
        let heard = self.heard;
        let (extras, left_out) = heard.extras.into_parts();
        let mut usage = Usage::from(heard.usage).without_contradictions();
        if !heard.final_usage {
            // The count of `message_start` is a placeholder for an output that had not begun.
            usage.tokens_out = None;
        }
        let tool_calls = heard.calls.into_calls();
        let finish_reason = match heard.stop_reason {
            // A forced call of `respond` is not a wish to run tools: the answer is there.
            Some(FinishReason::ToolCalls)
                if heard.respond_index.is_some() && tool_calls.is_empty() =>
            {
                Some(FinishReason::Stop)
            }
            reason => reason,
        };
        Completion {
            status: if heard.stopped {
                ResponseStatus::Complete
            } else {
                ResponseStatus::Truncated
            },
            text: heard.text,
            tool_calls,
            finish_reason,
            usage,
            model_returned: heard.model,
            response_id: heard.id,
            extras,
            left_out: left_out.into_iter().collect(),
            ..Completion::default()
        }
    }
}

fn stop_reason(word: &str) -> FinishReason {
    match word {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        other => FinishReason::Other(plain_text::name(other)),
    }
}

#[cfg(test)]
mod tests;
