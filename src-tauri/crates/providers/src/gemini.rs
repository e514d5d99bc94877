//! Google Gemini (`generateContent`), as the Gemini API's reference describes it.
//!
//! Always streams server-sent events; understands a plain JSON answer as well. The stream has no last event
//! of its own: it is whole when a chunk with a `finishReason` or a `blockReason` came and the body then ended
//! in order. Only the first candidate is read; thought summaries are not.

mod request;

use crate::extras::Extras;
use crate::logprobs::{Logprobs, MAX_ALTERNATIVES};
use crate::plain_text;
use crate::tool_fragments::ToolFragments;
use crate::wire::{
    Answer, Count, End, Fragment, Perhaps, Text, WireError, WireFormat, keep_name, or_empty,
    path_segment,
};
use crate::{Call, ProviderError};
use plumbline_model::sse::{Next, SseParser};
use plumbline_model::{
    ChatRequest, Completion, FinishReason, GeminiCounts, ResponseStatus, TokenAlternative,
    TokenLogprob, Usage,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The wire format.
pub(crate) fn format() -> Box<dyn WireFormat> {
    Box::new(Gemini)
}

struct Gemini;

impl WireFormat for Gemini {
    fn path(&self, call: &Call) -> Result<String, ProviderError> {
        let model = call.model.strip_prefix("models/").unwrap_or(&call.model);
        let model = path_segment(model)?;
        Ok(format!("/models/{model}:streamGenerateContent?alt=sse"))
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-goog-api-key", "")
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

/// A chunk of a stream, or a whole answer: the same members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow)]
    prompt_feedback: Option<Feedback<'a>>,
    usage_metadata: Option<WireUsage>,
    #[serde(borrow)]
    model_version: Option<Text<'a>>,
    #[serde(borrow)]
    response_id: Option<Text<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    index: Option<u64>,
    #[serde(borrow)]
    content: Option<WireContent<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
    #[serde(borrow)]
    logprobs_result: Option<&'a RawValue>,
}

/// The chosen tokens, and in the same order the likeliest ones in the place of each.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct LogprobsResult {
    chosen_candidates: Vec<WireToken>,
    top_candidates: Vec<TopCandidates>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TopCandidates {
    candidates: Vec<WireToken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireToken {
    token: String,
    log_probability: f64,
}

/// Members of a chunk that are read.
const NAMED: [&str; 5] = [
    "candidates",
    "usageMetadata",
    "modelVersion",
    "responseId",
    "error",
];

#[derive(Deserialize)]
struct WireContent<'a> {
    #[serde(borrow)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    thought: Option<bool>,
    #[serde(borrow)]
    function_call: Option<FunctionCall<'a>>,
}

#[derive(Deserialize)]
struct FunctionCall<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow)]
    block_reason: Option<Text<'a>>,
}

/// Counts are cumulative: each one replaces the one before.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireUsage {
    prompt_token_count: Count,
    cached_content_token_count: Count,
    tool_use_prompt_token_count: Count,
    candidates_token_count: Count,
    thoughts_token_count: Count,
    total_token_count: Count,
    prompt_tokens_details: Perhaps<Vec<OfModality>>,
    cache_tokens_details: Perhaps<Vec<OfModality>>,
    candidates_tokens_details: Perhaps<Vec<OfModality>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OfModality {
    modality: String,
    token_count: Count,
}

/// The tokens of audio; zero where the details name other kinds only, unknown without details.
fn audio(details: &Perhaps<Vec<OfModality>>) -> Option<u64> {
    let details = details.0.as_deref().filter(|details| !details.is_empty())?;
    let audio = details.iter().filter(|of| of.modality == "AUDIO");
    audio
        .map(|of| of.token_count.0)
        .try_fold(0, |sum: u64, count| sum.checked_add(count?))
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let counts = GeminiCounts {
            prompt: wire.prompt_token_count.0,
            cached: wire.cached_content_token_count.0,
            tool_prompt: wire.tool_use_prompt_token_count.0,
            candidates: wire.candidates_token_count.0,
            thoughts: wire.thoughts_token_count.0,
            audio_in: audio(&wire.prompt_tokens_details),
            audio_cached: audio(&wire.cache_tokens_details),
            audio_out: audio(&wire.candidates_tokens_details),
            total: wire.total_token_count.0,
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
    text: String,
    calls: ToolFragments,
    calls_seen: u64,
    finish_reason: Option<FinishReason>,
    usage: Usage,
    logprobs: Logprobs,
    extras: Extras,
    model: Option<String>,
    id: Option<String>,
}

impl Heard {
    fn read(&mut self, json: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        let chunk: Chunk<'_> =
            serde_json::from_slice(json).map_err(|error| WireError::not_json("a chunk", &error))?;
        if let Some(error) = chunk.error.filter(|error| error.get() != "null") {
            return Err(WireError::reported(error.get()));
        }
        self.extras.take(json, &NAMED);
        keep_name(&mut self.model, chunk.model_version.as_ref());
        keep_name(&mut self.id, chunk.response_id.as_ref());
        self.any |= chunk.candidates.is_some() || chunk.usage_metadata.is_some();
        if let Some(usage) = chunk.usage_metadata {
            self.usage = usage.into();
        }
        if chunk.prompt_feedback.and_then(|f| f.block_reason).is_some() {
            self.any = true;
            self.finish_reason = Some(FinishReason::ContentFilter);
        }
        for candidate in chunk.candidates.into_iter().flatten() {
            if candidate.index.unwrap_or(0) != 0 {
                continue;
            }
            let parts = candidate.content.and_then(|content| content.parts);
            for part in parts.into_iter().flatten() {
                self.read_part(&part, out)?;
            }
            if let Some(raw) = candidate.logprobs_result {
                self.read_logprobs(raw);
            }
            if let Some(reason) = candidate.finish_reason {
                self.finish_reason = Some(finish_reason(&reason.0));
            }
        }
        Ok(())
    }

    /// In another shape they are left out: a by-product spoils no answer.
    fn read_logprobs(&mut self, raw: &RawValue) {
        let result: LogprobsResult = serde_json::from_str(raw.get()).unwrap_or_default();
        let mut top = result.top_candidates.into_iter();
        for chosen in result.chosen_candidates {
            let others = top.next().unwrap_or_default().candidates;
            self.logprobs.add(TokenLogprob {
                token: chosen.token,
                logprob: chosen.log_probability,
                top: others
                    .into_iter()
                    .take(MAX_ALTERNATIVES)
                    .map(|other| TokenAlternative {
                        token: other.token,
                        logprob: other.log_probability,
                    })
                    .collect(),
            });
        }
    }

    fn read_part(
        &mut self,
        part: &Part<'_>,
        out: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), WireError> {
        let text = or_empty(part.text.as_ref());
        if !text.is_empty() && part.thought != Some(true) {
            self.text.push_str(text);
            out(Fragment::Text(text));
        }
        if let Some(call) = &part.function_call {
            let (id, name) = (or_empty(call.id.as_ref()), or_empty(call.name.as_ref()));
            let args = call.args.map_or("", RawValue::get);
            self.calls.add(Some(self.calls_seen), id, name, args)?;
            self.calls_seen = self.calls_seen.saturating_add(1);
            out(Fragment::Other);
        }
        Ok(())
    }
}

impl Answer for Reader {
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError> {
        let heard = &mut self.heard;
        self.parser.feed::<WireError>(chunk, |event| {
            heard.read(event.data, out)?;
            Ok(Next::Continue)
        })?;
        Ok(false)
    }

    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError> {
        self.heard.read(body, out)?;
        if self.heard.finish_reason.is_none() {
            return Err(WireError::Malformed(
                "the JSON answer has no `finishReason`".to_owned(),
            ));
        }
        Ok(())
    }

    fn heard(&self) -> bool {
        self.heard.any
    }

    fn finish(self: Box<Self>, end: End) -> Completion {
        let heard = self.heard;
        let (logprobs, tokens_left_out) = heard.logprobs.into_parts();
        let (extras, members_left_out) = heard.extras.into_parts();
        let finish_reason = match heard.finish_reason {
            Some(FinishReason::Stop) if !heard.calls.is_empty() => Some(FinishReason::ToolCalls),
            reason => reason,
        };
        Completion {
            status: if finish_reason.is_some() && end == End::Orderly {
                ResponseStatus::Complete
            } else {
                ResponseStatus::Truncated
            },
            text: heard.text,
            tool_calls: heard.calls.into_calls(),
            finish_reason,
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

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => {
            FinishReason::ContentFilter
        }
        other => FinishReason::Other(plain_text::name(other)),
    }
}

#[cfg(test)]
mod tests;
