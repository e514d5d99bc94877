//! Amazon Bedrock Converse (`POST /model/{id}/converse-stream`), as its API reference describes it.
//!
//! The stream comes in AWS's binary event-stream framing. It is whole when `messageStop` and `metadata`, which
//! holds the usage and ends every stream, came. Requests are signed with Signature Version 4, or carry a Bedrock
//! API key. An output schema goes into `outputConfig.textFormat` ("Structured output", 2026); a model that cannot keep
//! one says so. `seed` has no word here and is refused; reasoning is not read.

pub(crate) mod credentials;
mod frames;
mod request;
mod signing;

use crate::extras::Extras;
use crate::key::AwsAccount;
use crate::plain_text;
use crate::tool_fragments::ToolFragments;
use crate::wire::{
    Answer, Count, End, Fragment, Framing, Perhaps, Text, Unsigned, WireError, WireFormat,
    or_empty, path_segment,
};
use crate::{Call, ProviderError};
use frames::{Frame, FrameParser};
use plumbline_model::sse::Next;
use plumbline_model::{
    BedrockCounts, ChatRequest, Completion, FinishReason, ResponseStatus, Usage, add_known,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The wire format.
pub(crate) fn format() -> Box<dyn WireFormat> {
    Box::new(Bedrock)
}

struct Bedrock;

impl WireFormat for Bedrock {
    fn path(&self, call: &Call) -> Result<String, ProviderError> {
        Ok(format!(
            "/model/{}/converse-stream",
            path_segment(&call.model)?
        ))
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn framing(&self) -> Framing {
        Framing::AwsEventStream
    }

    fn sign(
        &self,
        request: &Unsigned<'_>,
        secret: &str,
        account: &AwsAccount,
    ) -> Result<Vec<(String, String)>, ProviderError> {
        signing::headers(request, secret, account)
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

/// The payload of any event; which members it has depends on the event's type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    content_block_index: Option<u64>,
    #[serde(borrow)]
    start: Option<Block<'a>>,
    #[serde(borrow)]
    delta: Option<Block<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    usage: Option<WireUsage>,
}

/// A content block, or a piece of one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    tool_use: Option<ToolUse<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolUse<'a> {
    #[serde(borrow)]
    tool_use_id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    /// A string in a stream, an object in a whole answer.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

/// An answer that was not streamed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole<'a> {
    #[serde(borrow)]
    output: Option<Output<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    message: Option<WireMessage<'a>>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow)]
    content: Option<Vec<Block<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireUsage {
    input_tokens: Count,
    output_tokens: Count,
    total_tokens: Count,
    cache_read_input_tokens: Count,
    cache_write_input_tokens: Count,
    cache_details: Perhaps<Vec<CacheDetail>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CacheDetail {
    ttl: String,
    input_tokens: Count,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let details = wire.cache_details.0.unwrap_or_default();
        let of_an_hour = details.iter().filter(|detail| detail.ttl == "1h");
        let counts = BedrockCounts {
            fresh: wire.input_tokens.0,
            read: wire.cache_read_input_tokens.0,
            written: wire.cache_write_input_tokens.0,
            written_1h: of_an_hour
                .map(|detail| detail.input_tokens.0)
                .fold(None, add_known),
            output: wire.output_tokens.0,
            total: wire.total_tokens.0,
        };
        Self::from(counts).without_contradictions()
    }
}

/// Members that are read, or only pad. The tokens of an answer have no log-probabilities here.
const NAMED: [&str; 5] = ["output", "stopReason", "usage", "p", "role"];

#[derive(Default)]
struct Reader {
    parser: FrameParser,
    heard: Heard,
}

/// What was understood so far.
#[derive(Default)]
struct Heard {
    any: bool,
    stopped: bool,
    metadata: bool,
    whole: bool,
    text: String,
    calls: ToolFragments,
    stop_reason: Option<FinishReason>,
    usage: Usage,
    extras: Extras,
}

impl Heard {
    /// Reads one message; true for the last one.
    fn read(
        &mut self,
        frame: &Frame<'_>,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<bool, WireError> {
        match frame.kind {
            "event" => {}
            "exception" => {
                let reported = WireError::reported(&String::from_utf8_lossy(frame.payload));
                return Err(match reported {
                    WireError::Reported { message, .. } => WireError::Reported {
                        code: Some(frame.name.to_owned()),
                        message,
                    },
                    other => other,
                });
            }
            other => {
                return Err(WireError::Reported {
                    code: Some(frame.name.to_owned()),
                    message: format!("a message of type `{}`", plain_text::name(other)),
                });
            }
        }
        if !matches!(
            frame.name,
            "messageStart" | "contentBlockStart" | "contentBlockDelta" | "messageStop" | "metadata"
        ) {
            return Ok(false);
        }
        let event: Event<'_> = serde_json::from_slice(frame.payload)
            .map_err(|error| WireError::not_json("an event", &error))?;
        self.any = true;
        let index = event.content_block_index;
        for block in [event.start, event.delta].into_iter().flatten() {
            self.say(or_empty(block.text.as_ref()), out);
            if let Some(tool) = block.tool_use {
                let input: Option<Text<'_>> = match tool.input {
                    Some(raw) => serde_json::from_str(raw.get())
                        .map_err(|error| WireError::not_json("a tool's input", &error))?,
                    None => None,
                };
                self.call(index, &tool, or_empty(input.as_ref()), out)?;
            }
        }
        if let Some(reason) = event.stop_reason {
            self.stop_reason = Some(stop_reason(&reason.0));
        }
        if let Some(usage) = event.usage {
            self.usage = usage.into();
        }
        if matches!(frame.name, "messageStop" | "metadata") {
            self.extras.take(frame.payload, &NAMED);
        }
        self.stopped |= frame.name == "messageStop";
        self.metadata |= frame.name == "metadata";
        Ok(self.stopped && self.metadata)
    }

    fn say(&mut self, text: &str, out: &mut dyn FnMut(Fragment<'_>)) {
        if !text.is_empty() {
            self.text.push_str(text);
            out(Fragment::Text(text));
        }
    }

    fn call(
        &mut self,
        index: Option<u64>,
        tool: &ToolUse<'_>,
        input: &str,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        let id = or_empty(tool.tool_use_id.as_ref());
        let name = or_empty(tool.name.as_ref());
        self.calls.add(index, id, name, input)?;
        out(Fragment::Other);
        Ok(())
    }
}

impl Answer for Reader {
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let heard = &mut self.heard;
        let next = self.parser.feed(chunk, |frame| {
            Ok(if heard.read(&frame, out)? {
                Next::Stop
            } else {
                Next::Continue
            })
        })?;
        Ok(next == Next::Stop)
    }

    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        let answer: Whole<'_> = serde_json::from_slice(body)
            .map_err(|error| WireError::not_json("the answer", &error))?;
        let message = answer.output.and_then(|output| output.message);
        let Some(blocks) = message.and_then(|message| message.content) else {
            return Err(WireError::Malformed(
                "the JSON answer has no `output.message.content`".to_owned(),
            ));
        };
        for (index, block) in (0..).zip(blocks) {
            self.heard.say(or_empty(block.text.as_ref()), out);
            if let Some(tool) = block.tool_use {
                let input = tool.input.map_or("", RawValue::get);
                self.heard.call(Some(index), &tool, input, out)?;
            }
        }
        self.heard.stop_reason = answer.stop_reason.map(|reason| stop_reason(&reason.0));
        self.heard.usage = answer.usage.map(Usage::from).unwrap_or_default();
        self.heard.extras.take(body, &NAMED);
        self.heard.any = true;
        self.heard.whole = true;
        Ok(())
    }

    fn heard(&self) -> bool {
        self.heard.any
    }

    fn finish(self: Box<Self>, _: End) -> Completion {
        let heard = self.heard;
        let terminal = heard.stopped && heard.metadata;
        let (extras, left_out) = heard.extras.into_parts();
        Completion {
            status: if heard.whole || terminal {
                ResponseStatus::Complete
            } else {
                ResponseStatus::Truncated
            },
            text: heard.text,
            tool_calls: heard.calls.into_calls(),
            finish_reason: heard.stop_reason,
            usage: heard.usage,
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
        "content_filtered" | "guardrail_intervened" => FinishReason::ContentFilter,
        other => FinishReason::Other(plain_text::name(other)),
    }
}

#[cfg(test)]
mod tests;
