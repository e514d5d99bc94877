//! OpenAI Chat Completions, as OpenAI and compatible servers speak it (vLLM, llama.cpp, Ollama, …).
//!
//! Always asks for a stream with usage; understands a plain JSON answer as well. A stream is whole when a
//! chunk with `finish_reason` came, and after it `[DONE]` or the orderly end of the body. `[DONE]` alone
//! proves nothing: some gateways send it after a broken stream too. A `refusal` counts as text, with the
//! finish reason `refusal`. Only choice 0 is read; reasoning text is not.

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

/// The wire format. `at_home` is true for OpenAI itself, whose newer models refuse `max_tokens` and want
/// `max_completion_tokens`; compatible servers know the older name.
pub(crate) fn format(at_home: bool) -> Box<dyn WireFormat> {
    Box::new(OpenAiChat { at_home })
}

struct OpenAiChat {
    at_home: bool,
}

impl WireFormat for OpenAiChat {
    fn path(&self, _: &Call) -> Result<String, ProviderError> {
        Ok("/chat/completions".to_owned())
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn cannot(&self, request: &ChatRequest) -> Vec<String> {
        request::cannot(self.at_home, request)
    }

    fn encode(&self, call: &Call) -> Result<Vec<u8>, ProviderError> {
        request::encode(self.at_home, call)
    }

    fn answer(&self, _: &Call) -> Box<dyn Answer> {
        Box::<Reader>::default()
    }
}

/// A chunk of a stream (`delta`) or a whole answer (`message`): the same members otherwise.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    system_fingerprint: Option<Text<'a>>,
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    usage: Option<WireUsage>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: Option<u64>,
    #[serde(borrow, alias = "message")]
    delta: Option<Delta<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
    #[serde(borrow)]
    logprobs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ChoiceLogprobs<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// Members of a chunk that are read, or say nothing about the answer.
const NAMED: [&str; 9] = [
    "id",
    "object",
    "created",
    "model",
    "system_fingerprint",
    "choices",
    "usage",
    "error",
    "obfuscation",
];

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<CallPiece<'a>>>,
}

#[derive(Deserialize)]
struct CallPiece<'a> {
    index: Option<u64>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<FunctionPiece<'a>>,
}

#[derive(Deserialize)]
struct FunctionPiece<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: Count,
    #[serde(default)]
    completion_tokens: Count,
    #[serde(default)]
    total_tokens: Count,
    /// DeepSeek's name for what stands in the details elsewhere.
    #[serde(default)]
    prompt_cache_hit_tokens: Count,
    prompt_tokens_details: Option<InputDetails>,
    completion_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
    audio_tokens: Count,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: Count,
    audio_tokens: Count,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let input = wire.prompt_tokens_details.unwrap_or_default();
        let output = wire.completion_tokens_details.unwrap_or_default();
        let counts = OpenAiCounts {
            input: wire.prompt_tokens.0,
            cached: input.cached_tokens.0.or(wire.prompt_cache_hit_tokens.0),
            cache_write: input.cache_write_tokens.0,
            audio_in: input.audio_tokens.0,
            output: wire.completion_tokens.0,
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
    done: bool,
    whole: bool,
    text: String,
    refused: bool,
    calls: ToolFragments,
    finish_reason: Option<FinishReason>,
    usage: Usage,
    logprobs: Logprobs,
    extras: Extras,
    model: Option<String>,
    fingerprint: Option<String>,
    id: Option<String>,
}

impl Heard {
    fn read(&mut self, json: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let chunk: Chunk<'_> =
            serde_json::from_slice(json).map_err(|error| WireError::not_json("a chunk", &error))?;
        if let Some(error) = chunk.error.filter(|error| error.get() != "null") {
            return Err(WireError::reported(error.get()));
        }
        let choices = chunk.choices.unwrap_or_default();
        // Chunks in between repeat what the first one said of itself.
        let is_end = chunk.usage.is_some() || choices.iter().any(|c| c.finish_reason.is_some());
        if !self.any || is_end {
            self.extras.take(json, &NAMED);
        }
        self.any |= !choices.is_empty() || chunk.usage.is_some();
        keep_name(&mut self.id, chunk.id.as_ref());
        keep_name(&mut self.model, chunk.model.as_ref());
        keep_name(&mut self.fingerprint, chunk.system_fingerprint.as_ref());
        if let Some(usage) = chunk.usage {
            // Some servers repeat a growing usage in every chunk: the last one counts.
            self.usage = usage.into();
        }
        let mut has_choice = false;
        for choice in choices
            .into_iter()
            .filter(|choice| choice.index.unwrap_or(0) == 0)
        {
            has_choice = true;
            if let Some(delta) = choice.delta {
                self.read_delta(&delta, out)?;
            }
            let logprobs = choice
                .logprobs
                .and_then(|raw| serde_json::from_str::<ChoiceLogprobs<'_>>(raw.get()).ok());
            self.logprobs.add_array(logprobs.and_then(|l| l.content));
            if let Some(reason) = choice.finish_reason {
                self.finish_reason = Some(finish_reason(&reason.0));
            }
        }
        Ok(has_choice)
    }

    fn read_delta(
        &mut self,
        delta: &Delta<'_>,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        self.refused |= !or_empty(delta.refusal.as_ref()).is_empty();
        for text in [&delta.content, &delta.refusal] {
            let text = or_empty(text.as_ref());
            if !text.is_empty() {
                self.text.push_str(text);
                out(Fragment::Text(text));
            }
        }
        for piece in delta.tool_calls.iter().flatten() {
            let function = piece.function.as_ref();
            let name = function.and_then(|function| function.name.as_ref());
            let arguments = function.and_then(|function| function.arguments.as_ref());
            self.calls.add(
                piece.index,
                or_empty(piece.id.as_ref()),
                or_empty(name),
                or_empty(arguments),
            )?;
            out(Fragment::Other);
        }
        Ok(())
    }
}

impl Answer for Reader {
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let heard = &mut self.heard;
        let next = self.parser.feed::<WireError>(chunk, |event| {
            if event.data.trim_ascii() == b"[DONE]" {
                heard.done = true;
                return Ok(Next::Stop);
            }
            heard.read(event.data, out)?;
            Ok(Next::Continue)
        })?;
        Ok(next == Next::Stop)
    }

    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        if !self.heard.read(body, out)? {
            return Err(WireError::Malformed(
                "the JSON answer has no `choices`".to_owned(),
            ));
        }
        self.heard.whole = true;
        Ok(())
    }

    fn heard(&self) -> bool {
        self.heard.any
    }

    fn finish(self: Box<Self>, end: End) -> Completion {
        let heard = self.heard;
        let (logprobs, tokens_left_out) = heard.logprobs.into_parts();
        let (extras, members_left_out) = heard.extras.into_parts();
        let terminal = heard.finish_reason.is_some() && (heard.done || end == End::Orderly);
        let finish_reason = match heard.finish_reason {
            Some(_) if heard.refused => Some(FinishReason::Other("refusal".to_owned())),
            reason => reason,
        };
        Completion {
            status: if heard.whole || terminal {
                ResponseStatus::Complete
            } else {
                ResponseStatus::Truncated
            },
            text: heard.text,
            tool_calls: heard.calls.into_calls(),
            finish_reason,
            usage: heard.usage,
            model_returned: heard.model,
            provider_fingerprint: heard.fingerprint,
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

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        other => FinishReason::Other(plain_text::name(other)),
    }
}

#[cfg(test)]
mod tests;
