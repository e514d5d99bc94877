//! OpenAI Responses (`POST /v1/responses`), as its API reference describes it.
//!
//! Always streams; understands a plain JSON answer as well. A stream is whole when `response.completed` or
//! `response.incomplete` came; `response.failed` and `error` are errors. Nothing is stored at the provider
//! unless the extra parameter `store` asks for it. A `refusal` counts as text, with the finish reason
//! `refusal`; reasoning text is not read. `seed` and `stop` do not exist in this API and are refused.

mod request;

use crate::extras::Extras;
use crate::logprobs::Logprobs;
use crate::plain_text;
use crate::tool_fragments::ToolFragments;
use crate::wire::{Answer, Count, End, Fragment, Text, WireError, WireFormat, keep_name, or_empty};
use crate::{Call, ProviderError};
use plumbline_model::sse::{Next, SseParser};
use plumbline_model::{ChatRequest, Completion, FinishReason, OpenAiCounts, ResponseStatus, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The wire format.
pub(crate) fn format() -> Box<dyn WireFormat> {
    Box::new(OpenAiResponses)
}

struct OpenAiResponses;

impl WireFormat for OpenAiResponses {
    fn path(&self, _: &Call) -> Result<String, ProviderError> {
        Ok("/responses".to_owned())
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
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

/// Any event of a stream; which members it has depends on its type.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    output_index: Option<u64>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
    #[serde(borrow)]
    item: Option<Item<'a>>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    logprobs: Option<&'a RawValue>,
}

/// Members of a response that are read, or repeat the request.
const NAMED: [&str; 28] = [
    "id",
    "object",
    "created_at",
    "completed_at",
    "model",
    "status",
    "output",
    "usage",
    "error",
    "incomplete_details",
    "instructions",
    "input",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "temperature",
    "top_p",
    "top_logprobs",
    "max_output_tokens",
    "max_tool_calls",
    "reasoning",
    "store",
    "truncation",
    "metadata",
    "user",
    "background",
    "previous_response_id",
];

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

const READ_EVENTS: [&str; 9] = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.output_text.delta",
    "response.refusal.delta",
    "response.function_call_arguments.delta",
    "response.completed",
    "response.incomplete",
    "response.failed",
];

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    output: Option<Vec<Item<'a>>>,
    #[serde(borrow)]
    incomplete_details: Option<Incomplete<'a>>,
    usage: Option<WireUsage>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Incomplete<'a> {
    #[serde(borrow)]
    reason: Option<Text<'a>>,
}

/// An output item. Of the many kinds, messages and function calls are read.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    call_id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow)]
    logprobs: Option<&'a RawValue>,
}

#[derive(Deserialize, Clone, Copy)]
struct WireUsage {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    total_tokens: Count,
    input_tokens_details: Option<InputDetails>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
    audio_tokens: Count,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: Count,
    audio_tokens: Count,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let input = wire.input_tokens_details.unwrap_or_default();
        let output = wire.output_tokens_details.unwrap_or_default();
        let counts = OpenAiCounts {
            input: wire.input_tokens.0,
            cached: input.cached_tokens.0,
            cache_write: input.cache_write_tokens.0,
            audio_in: input.audio_tokens.0,
            output: wire.output_tokens.0,
            reasoning: output.reasoning_tokens.0,
            audio_out: output.audio_tokens.0,
            total: wire.total_tokens.0,
        };
        Self::from(counts).without_contradictions()
    }
}

#[derive(Default)]
struct Reader {
    parser: SseParser,
    heard: Heard,
}

/// What was understood so far.
#[derive(Default)]
struct Heard {
    any: bool,
    ended: bool,
    text: String,
    refused: bool,
    calls: ToolFragments,
    finish_reason: Option<FinishReason>,
    usage: Usage,
    logprobs: Logprobs,
    extras: Extras,
    model: Option<String>,
    id: Option<String>,
}

impl Heard {
    /// Reads one event; true for the terminal one.
    fn read(&mut self, json: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let kind = serde_json::from_slice::<Kind<'_>>(json)
            .map_err(|error| WireError::not_json("an event", &error))?
            .kind;
        if kind.0 == "error" {
            return Err(WireError::reported(&String::from_utf8_lossy(json)));
        }
        // Event types that are not read may use our member names for something else.
        if !READ_EVENTS.contains(&&*kind.0) {
            return Ok(false);
        }
        let event: Event<'_> = serde_json::from_slice(json)
            .map_err(|error| WireError::not_json("an event", &error))?;
        self.any = true;
        let delta = or_empty(event.delta.as_ref());
        match &*event.kind.0 {
            "response.output_text.delta" => {
                self.say(delta, out);
                self.logprobs.add_array(event.logprobs);
            }
            "response.refusal.delta" => {
                self.refused = true;
                self.say(delta, out);
            }
            "response.output_item.added" => {
                if let Some(item) = event.item.filter(Item::is_call) {
                    // The arguments follow in deltas.
                    self.call(event.output_index, &item, "", out)?;
                }
            }
            "response.function_call_arguments.delta" => {
                if event.output_index.is_some_and(|at| self.calls.has(at)) {
                    self.calls.add(event.output_index, "", "", delta)?;
                    out(Fragment::Other);
                }
            }
            _ => {
                if let Some(raw) = event.response {
                    let response: Response<'_> = serde_json::from_str(raw.get())
                        .map_err(|error| WireError::not_json("a response", &error))?;
                    self.read_head(&response)?;
                    if event.kind.0 != "response.created" && event.kind.0 != "response.in_progress"
                    {
                        self.end(&response);
                        self.extras.take(raw.get().as_bytes(), &NAMED);
                    }
                }
            }
        }
        Ok(self.ended)
    }

    fn read_head(&mut self, response: &Response<'_>) -> Result<(), WireError> {
        let failed = response.status.as_ref().is_some_and(|s| s.0 == "failed");
        match response.error.filter(|error| error.get() != "null") {
            Some(error) => return Err(WireError::reported(error.get())),
            None if failed => {
                return Err(WireError::Reported {
                    code: None,
                    message: "the response failed without a reason".to_owned(),
                });
            }
            None => {}
        }
        keep_name(&mut self.id, response.id.as_ref());
        keep_name(&mut self.model, response.model.as_ref());
        Ok(())
    }

    fn end(&mut self, response: &Response<'_>) {
        let reason = response
            .incomplete_details
            .as_ref()
            .and_then(|details| details.reason.as_ref());
        self.finish_reason = Some(match reason.map(|reason| &*reason.0) {
            Some("max_output_tokens") => FinishReason::Length,
            Some("content_filter") => FinishReason::ContentFilter,
            Some(other) => FinishReason::Other(plain_text::name(other)),
            None if self.refused => FinishReason::Other("refusal".to_owned()),
            None if !self.calls.is_empty() => FinishReason::ToolCalls,
            None => FinishReason::Stop,
        });
        if let Some(usage) = response.usage {
            self.usage = usage.into();
        }
        self.ended = true;
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
        item: &Item<'_>,
        arguments: &str,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        let id = or_empty(item.call_id.as_ref());
        let name = or_empty(item.name.as_ref());
        self.calls.add(index, id, name, arguments)?;
        out(Fragment::Other);
        Ok(())
    }

    /// Reads the items of an answer that was not streamed.
    fn read_output(
        &mut self,
        items: &[Item<'_>],
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        for (index, item) in (0..).zip(items) {
            if item.is_call() {
                let arguments: Option<Text<'_>> = item.member(item.arguments)?;
                self.call(Some(index), item, or_empty(arguments.as_ref()), out)?;
            } else if item.kind.as_ref().is_some_and(|kind| kind.0 == "message") {
                let pieces: Option<Vec<Piece<'_>>> = item.member(item.content)?;
                for piece in pieces.into_iter().flatten() {
                    self.refused |= piece.kind.0 == "refusal";
                    self.logprobs.add_array(piece.logprobs);
                    self.say(or_empty(piece.text.as_ref()), out);
                    self.say(or_empty(piece.refusal.as_ref()), out);
                }
            }
        }
        Ok(())
    }
}

impl<'a> Item<'a> {
    fn is_call(&self) -> bool {
        self.kind
            .as_ref()
            .is_some_and(|kind| kind.0 == "function_call")
    }

    /// A member, read only for the kinds of items that are understood.
    fn member<T: Deserialize<'a>>(
        &self,
        raw: Option<&'a RawValue>,
    ) -> Result<Option<T>, WireError> {
        raw.map(|raw| serde_json::from_str(raw.get()))
            .transpose()
            .map_err(|error| WireError::not_json("an output item", &error))
    }
}

impl Answer for Reader {
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let heard = &mut self.heard;
        let next = self.parser.feed::<WireError>(chunk, |event| {
            // Some compatible servers close with the older API's mark, which says nothing here.
            if event.data.trim_ascii() == b"[DONE]" {
                return Ok(Next::Continue);
            }
            Ok(if heard.read(event.data, out)? {
                Next::Stop
            } else {
                Next::Continue
            })
        })?;
        Ok(next == Next::Stop)
    }

    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        let response: Response<'_> = serde_json::from_slice(body)
            .map_err(|error| WireError::not_json("the answer", &error))?;
        self.heard.read_head(&response)?;
        let Some(items) = &response.output else {
            return Err(WireError::Malformed(
                "the JSON answer has no `output`".to_owned(),
            ));
        };
        self.heard.read_output(items, out)?;
        self.heard.any = true;
        self.heard.end(&response);
        self.heard.extras.take(body, &NAMED);
        Ok(())
    }

    fn heard(&self) -> bool {
        self.heard.any
    }

    fn finish(self: Box<Self>, _: End) -> Completion {
        let heard = self.heard;
        let (logprobs, tokens_left_out) = heard.logprobs.into_parts();
        let (extras, members_left_out) = heard.extras.into_parts();
        Completion {
            status: if heard.ended {
                ResponseStatus::Complete
            } else {
                ResponseStatus::Truncated
            },
            text: heard.text,
            tool_calls: heard.calls.into_calls(),
            finish_reason: heard.finish_reason,
            usage: heard.usage,
            model_returned: heard.model,
            response_id: heard.id,
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

#[cfg(test)]
mod tests;
