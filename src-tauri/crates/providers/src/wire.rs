//! What a wire format must be able to say, and the small readers that formats share.
//!
//! A format turns a call into a body and bytes into an answer. It knows no connection and no clock, and sees
//! secrets only where it signs with them.

use crate::key::AwsAccount;
use crate::plain_text;
use crate::tool_fragments::TooManyCalls;
use crate::{Call, ProviderError};
use plumbline_model::sse::EventTooLarge;
use plumbline_model::{ChatRequest, Completion};
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::time::SystemTime;

/// One wire format.
pub(crate) trait WireFormat: Send + Sync {
    /// Path and query that follow the base URL, starting with `/`.
    fn path(&self, call: &Call) -> Result<String, ProviderError>;

    /// The header that carries the key: its name in lower case, and what stands before the key.
    fn key_header(&self) -> (&'static str, &'static str);

    /// Headers of every request, names in lower case.
    fn headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The headers that sign a request with the secret of an AWS account.
    ///
    /// # Errors
    /// In a format whose key is one word in a header, which is every other.
    fn sign(
        &self,
        _: &Unsigned<'_>,
        _: &str,
        _: &AwsAccount,
    ) -> Result<Vec<(String, String)>, ProviderError> {
        Err(ProviderError::setting(
            "AWS credentials were given for a provider that takes a single key",
        ))
    }

    /// How a streamed answer is cut into events.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// What of this request the format has no way to say, a sentence each that names the field.
    fn cannot(&self, request: &ChatRequest) -> Vec<String>;

    /// The request body, JSON, of a request that can be said.
    fn encode(&self, call: &Call) -> Result<Vec<u8>, ProviderError>;

    /// The request body; refused before sending where anything of it cannot be said.
    fn body(&self, call: &Call) -> Result<Vec<u8>, ProviderError> {
        match self.cannot(&call.request).into_iter().next() {
            Some(reason) => Err(ProviderError::unsupported(reason)),
            None => self.encode(call),
        }
    }

    /// A reader for the answer to this call.
    fn answer(&self, call: &Call) -> Box<dyn Answer>;
}

/// A whole request but for its signature.
pub(crate) struct Unsigned<'a> {
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) at: SystemTime,
}

/// How a streamed answer is cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Sse,
    /// Lines of JSON.
    NdJson,
    /// AWS's binary messages with checksums.
    AwsEventStream,
}

impl Framing {
    /// The content types of such a stream; the first one is asked for.
    pub(crate) fn content_types(self) -> &'static [&'static str] {
        match self {
            Self::Sse => &["text/event-stream"],
            Self::AwsEventStream => &["application/vnd.amazon.eventstream"],
            Self::NdJson => &["application/x-ndjson", "application/ndjson"],
        }
    }
}

/// The reader of one answer: either `feed` until it returns true or the body ends, or `whole` once.
pub(crate) trait Answer: Send {
    /// Reads a chunk of a streamed answer; true when the terminal event was whole.
    fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<bool, WireError>;

    /// Reads an answer that came as one JSON document.
    fn whole(&mut self, body: &[u8], out: &mut dyn FnMut(Fragment<'_>)) -> Result<(), WireError>;

    /// True when at least one event of an answer was understood.
    fn heard(&self) -> bool;

    /// What was read, without times. Complete only under the format's own rule.
    fn finish(self: Box<Self>, end: End) -> Completion;
}

/// A piece of an answer as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fragment<'a> {
    Text(&'a str),
    /// Part of a tool call.
    Other,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As HTTP says a body ends.
    Orderly,
    /// By a lost connection, a time limit or the provider breaking off.
    Cut,
}

/// Why an answer could not be read on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WireError {
    /// It is not in this format.
    Malformed(String),
    /// The provider reported an error inside it.
    Reported {
        code: Option<String>,
        message: String,
    },
}

impl WireError {
    /// From an error object inside an answer.
    pub(crate) fn reported(raw: &str) -> Self {
        let value = serde_json::from_str(raw).unwrap_or(Value::Null);
        let (code, message) = plain_text::of_error(&value);
        Self::Reported {
            code,
            message: message.unwrap_or_else(|| raw.to_owned()),
        }
    }

    pub(crate) fn not_json(what: &str, error: &serde_json::Error) -> Self {
        Self::Malformed(format!("{what} is not the expected JSON: {error}"))
    }
}

impl From<EventTooLarge> for WireError {
    fn from(error: EventTooLarge) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<TooManyCalls> for WireError {
    fn from(_: TooManyCalls) -> Self {
        Self::Malformed("more than 1,000 tool calls in one answer".to_owned())
    }
}

/// Text borrowed from the input where it holds no escapes, also inside an `Option`.
#[derive(Debug, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The text, or the empty one.
pub(crate) fn or_empty<'a>(text: Option<&'a Text<'_>>) -> &'a str {
    text.map_or("", |text| &text.0)
}

/// Keeps the first name that is not empty: every chunk repeats it.
pub(crate) fn keep_name(kept: &mut Option<String>, text: Option<&Text<'_>>) {
    if kept.is_none()
        && let Some(text) = text
        && !text.0.is_empty()
    {
        *kept = Some(plain_text::name(&text.0));
    }
}

/// A token count. Negative, fractional, absurdly large or not a number at all is unreported, not zero.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count(pub(crate) Option<u64>);

/// Largest integer that survives in a JavaScript number.
const MAX_COUNT: u64 = 1 << 53;

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(value.as_u64().filter(|count| *count <= MAX_COUNT)))
    }
}

/// A member that is read where it has the expected shape, and passed over where it has another.
#[derive(Debug, Clone)]
pub(crate) struct Perhaps<T>(pub(crate) Option<T>);

impl<T> Default for Perhaps<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Perhaps<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(serde_json::from_value(value).ok()))
    }
}

/// Extra parameters that would say a thing twice, a sentence each.
pub(crate) fn said_twice(request: &ChatRequest, taken: &[&str]) -> Vec<String> {
    let extra = &request.parameters.extra;
    taken
        .iter()
        .filter(|name| extra.contains_key(**name))
        .map(|name| {
            format!(
                "parameter `{name}` is set by Plumbline and cannot be given as an extra parameter"
            )
        })
        .collect()
}

/// A name as one segment of a path: all but letters, digits and `-._~` is percent-encoded (RFC 3986, 2.3).
///
/// # Errors
/// For a name of no letters, or of dots alone: such a segment would lead to another path.
pub(crate) fn path_segment(name: &str) -> Result<String, ProviderError> {
    if name.bytes().all(|byte| byte == b'.') {
        return Err(ProviderError::unsupported(
            "the model's name is empty or holds nothing but dots",
        ));
    }
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}

/// Serialises a request body.
pub(crate) fn to_body<T: serde::Serialize>(body: &T) -> Result<Vec<u8>, ProviderError> {
    serde_json::to_vec(body).map_err(|error| {
        ProviderError::unsupported(format!("the request cannot be written as JSON: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_path_is_one_segment_encoded_once() {
        for (name, segment) in [
            ("gpt-4.1_mini~", "gpt-4.1_mini~"),
            ("a:0/b?c#d%2f", "a%3A0%2Fb%3Fc%23d%252f"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(path_segment(name).unwrap(), segment);
        }
        for name in ["", ".", ".."] {
            assert!(path_segment(name).is_err(), "{name}");
        }
    }
}
