//! The most input tokens a request can be measured at: what a cap on money reserves for it.
//!
//! Where the model's vocabulary is published its count is near the truth, and a margin covers the framing. Of other
//! models only this is sure: a byte-level vocabulary, or one that falls back to bytes, has no token shorter than one
//! byte.

use crate::count_request;
use crate::encoding::published_encoding;
use plumbline_model::{AssembledRequest, ChatRequest, Content};
use serde_json::Value;

/// The largest image of OpenAI's dearest counting: `gpt-4o-mini` takes 2,833 tokens and 5,667 for each of at most
/// eight tiles ("Images and vision", 2025).
const TOKENS_PER_IMAGE: u64 = 2_833 + 8 * 5_667;
/// Role, name and marks around a message.
const TOKENS_PER_MESSAGE: u64 = 16;
/// What a provider puts before the first message, such as Anthropic's 346 tokens about the use of tools.
const TOKENS_OF_THE_PROVIDER: u64 = 1_024;

/// The most input tokens that `assembled` can be measured at by `model`; `None` where nobody can say, since it
/// carries audio, a document or another part that is neither text nor image.
#[must_use]
pub fn tokens_in_at_most(model: &str, assembled: &AssembledRequest) -> Option<u64> {
    let request = &assembled.request;
    let images = images(request)?.checked_mul(TOKENS_PER_IMAGE)?;
    let text = match published_encoding(model) {
        Some(encoding) => {
            let counted = if encoding.as_str() == assembled.encoding {
                assembled.tokens_in_estimated
            } else {
                count_request(encoding, request)
            };
            counted.saturating_mul(5) / 4 + 64
        }
        None => text_bytes(request).saturating_add(TOKENS_OF_THE_PROVIDER),
    };
    text.checked_add(images)
}

/// The images of a request; `None` where another part is neither text nor image.
fn images(request: &ChatRequest) -> Option<u64> {
    let mut images = 0;
    for message in &request.messages {
        let Content::Parts(parts) = &message.content else {
            continue;
        };
        for part in parts {
            let kind = part.get("type").and_then(Value::as_str);
            if matches!(kind, Some("image" | "image_url" | "input_image")) {
                images += 1;
            } else if part.get("text").is_none_or(|text| !text.is_string()) {
                return None;
            }
        }
    }
    Some(images)
}

/// Bytes of everything that is read, written as JSON where the provider does: more than any text in it has.
fn text_bytes(request: &ChatRequest) -> u64 {
    let written = |value: &Value| value.to_string().len() as u64;
    let messages = request.messages.iter().map(|message| {
        let calls = message.tool_calls.iter();
        let calls = calls.map(|call| call.name.len() as u64 + written(&call.arguments) + 64);
        TOKENS_PER_MESSAGE
            + message.content.text().len() as u64
            + message.name.as_ref().map_or(0, |name| name.len() as u64)
            + calls.sum::<u64>()
    });
    let tools = request.tools.iter().map(|tool| {
        (tool.name.len() + tool.description.len()) as u64 + written(&tool.parameters) + 64
    });
    messages.sum::<u64>() + tools.sum::<u64>() + request.output_schema.as_ref().map_or(0, written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Encoding;
    use plumbline_model::{Message, Role};
    use proptest::prelude::*;
    use serde_json::json;

    fn assembled(messages: Vec<Message>) -> AssembledRequest {
        let request = ChatRequest {
            messages,
            ..ChatRequest::default()
        };
        AssembledRequest {
            template_hash: String::new(),
            request_hash: String::new(),
            tokens_in_estimated: count_request(Encoding::O200kBase, &request),
            encoding: Encoding::O200kBase.to_string(),
            request,
        }
    }

    #[test]
    fn a_published_vocabulary_bounds_closely_and_an_unpublished_one_by_its_bytes() {
        let text =
            "ein Satz, der in keinem anderen Wortschatz länger ist als seine Bytes. ".repeat(40);
        let request = assembled(vec![Message::text(Role::User, text.clone())]);
        let known = tokens_in_at_most("gpt-4.1-mini", &request).unwrap();
        assert!(known < request.tokens_in_estimated * 3 / 2, "{known}");
        for model in ["claude-sonnet-4-5", "gemini-2.5-flash", "my-own"] {
            let unknown = tokens_in_at_most(model, &request).unwrap();
            assert!(unknown > text.len() as u64, "{model}: {unknown}");
        }
        let other = tokens_in_at_most("gpt-4", &request).unwrap();
        assert!(other >= count_request(Encoding::Cl100kBase, &request.request));
    }

    #[test]
    fn an_image_counts_at_its_dearest_and_what_nobody_can_bound_has_no_bound() {
        let with = |part: Value| {
            let message = Message {
                content: Content::Parts(vec![json!({"type": "text", "text": "What is it?"}), part]),
                ..Message::text(Role::User, "")
            };
            tokens_in_at_most("gpt-4o-mini", &assembled(vec![message]))
        };
        let image =
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
        assert!(with(image).unwrap() >= TOKENS_PER_IMAGE);
        assert_eq!(
            with(json!({"type": "input_audio", "input_audio": {}})),
            None
        );
        assert_eq!(with(json!({"type": "document", "source": {}})), None);
    }

    proptest! {
        #[test]
        fn no_vocabulary_of_bytes_counts_more(text in "\\PC{0,300}") {
            let request = assembled(vec![Message::text(Role::User, text)]);
            for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
                let counted = count_request(encoding, &request.request);
                prop_assert!(counted <= tokens_in_at_most("somebody's", &request).unwrap());
            }
        }
    }
}
