//! What LangChain writes inside the messages of `generations`: usage and the provider's own words.
//!
//! `generations` is a list for each prompt with a list of candidates. Each candidate of a prompt repeats the usage of
//! the whole call, so the first one counts, and calls of several prompts are summed. Input includes cached input.
//! Source: langchain-ai/langchain, `AIMessage.usage_metadata` and `ChatResult`.

use crate::attributes::Attributes;
use plumbline_model::{Usage, add_known};
use serde_json::Value;

/// The fields of the first message that came back; empty when there is none.
pub(super) fn first_message(outputs: &Attributes) -> Attributes {
    let first = candidates(outputs).into_iter().next();
    first.unwrap_or_default()
}

/// The counts that the messages carry.
pub(super) fn usage(outputs: &Attributes) -> Usage {
    let (mut sum, mut total) = (Usage::default(), None);
    for message in candidates(outputs) {
        let reported = message.nested("usage_metadata");
        let input = reported.nested("input_token_details");
        let output = reported.nested("output_token_details");
        for (whole, count) in [
            (&mut sum.tokens_in, reported.count(&["input_tokens"])),
            (&mut sum.tokens_out, reported.count(&["output_tokens"])),
            (&mut sum.tokens_in_cached, input.count(&["cache_read"])),
            (
                &mut sum.tokens_in_cache_write,
                input.count(&["cache_creation"]),
            ),
            (&mut sum.tokens_reasoning, output.count(&["reasoning"])),
            (&mut sum.tokens_in_audio, input.count(&["audio"])),
            (&mut sum.tokens_out_audio, output.count(&["audio"])),
            (&mut total, reported.count(&["total_tokens"])),
        ] {
            *whole = add_known(*whole, count);
        }
    }
    sum.tokens_unattributed = sum.beyond(total);
    sum
}

/// The first candidate's message of each prompt, as its fields.
fn candidates(outputs: &Attributes) -> Vec<Attributes> {
    let Some((_, Value::Array(generations))) = outputs
        .under("generations")
        .find(|(rest, _)| rest.is_empty())
    else {
        return Vec::new();
    };
    // Without lists inside, the list is the candidates of one prompt.
    let is_nested = generations.iter().any(Value::is_array);
    let firsts: Vec<&Value> = if is_nested {
        generations.iter().filter_map(|list| list.get(0)).collect()
    } else {
        generations.iter().take(1).collect()
    };
    firsts
        .into_iter()
        .filter_map(|candidate| {
            let message = candidate.get("message")?;
            let fields = message
                .get("kwargs")
                .or(message.get("data"))
                .unwrap_or(message);
            Some(Attributes::of_object(fields.as_object()?.clone()))
        })
        .collect()
}
