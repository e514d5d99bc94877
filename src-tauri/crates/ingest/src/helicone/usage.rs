//! Token counts of a request: the provider's own where the answer's body is there, else Helicone's columns.
//!
//! A provider's convention is known, the columns' is not: older rows hold what the provider wrote, newer ones leave
//! cached input and reasoning out. Their `total_tokens` tells where it can, and so does a part that is larger than
//! what it would be a part of.

use crate::attributes::{Attributes, Unread};
use crate::{anthropic_body, openai_body};
use plumbline_model::{Counted, Usage};
use serde_json::Value;

pub(super) fn usage(fields: &Attributes, response: &Value) -> Usage {
    let columns = columns(fields);
    match response.get("usage") {
        Some(Value::Object(object)) => {
            let own = provider(&Attributes::of_object(object.clone()));
            if own.is_unreported() { columns } else { own }
        }
        _ => columns,
    }
}

/// By the names of the counts: only OpenAI's chat calls its input `prompt_tokens`, only Anthropic counts a cache
/// beside `input_tokens`.
fn provider(usage: &Attributes) -> Usage {
    let is_anthropic = !usage.has("prompt_tokens")
        && (usage.has("cache_read_input_tokens") || usage.has("cache_creation_input_tokens"));
    let mut unread = Unread::new();
    if is_anthropic {
        anthropic_body::usage("", usage, &mut unread)
    } else {
        openai_body::usage("", usage, &mut unread)
    }
}

fn columns(fields: &Attributes) -> Usage {
    let is_anthropic = fields
        .text(&["provider"])
        .is_some_and(|name| name.eq_ignore_ascii_case("anthropic"));
    let counted = Counted {
        input: fields.count(&["prompt_tokens"]),
        output: fields.count(&["completion_tokens"]),
        total: fields.count(&["total_tokens"]),
        read: fields.count(&["prompt_cache_read_tokens"]),
        written: fields.count(&["prompt_cache_write_tokens"]),
        reasoning: fields.count(&["reasoning_tokens"]),
    };
    counted.usage(is_anthropic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(fields: Value, response: &Value) -> Usage {
        match fields {
            Value::Object(object) => usage(&Attributes::of_object(object), response),
            _ => Usage::default(),
        }
    }

    #[test]
    fn the_providers_own_counts_win_and_follow_its_convention() {
        let fields = json!({"prompt_tokens": 1, "completion_tokens": 1});
        let openai = json!({"usage": {"prompt_tokens": 900, "completion_tokens": 40,
            "prompt_tokens_details": {"cached_tokens": 512},
            "completion_tokens_details": {"reasoning_tokens": 32}}});
        let usage = of(fields.clone(), &openai);
        assert_eq!((usage.tokens_in, usage.tokens_out), (Some(900), Some(40)));
        assert_eq!(usage.tokens_in_cached, Some(512));
        let anthropic = json!({"usage": {"input_tokens": 20, "output_tokens": 7,
            "cache_read_input_tokens": 3_000, "cache_creation_input_tokens": 100}});
        assert_eq!(of(fields, &anthropic).tokens_in, Some(3_120));
    }

    #[test]
    fn without_a_body_the_total_and_the_sizes_tell() {
        let count = |fields| of(fields, &Value::Null);
        let beside = count(json!({"prompt_tokens": 10, "completion_tokens": 5,
            "reasoning_tokens": 3, "total_tokens": 18}));
        assert_eq!(beside.tokens_out, Some(8));
        let inside = count(json!({"prompt_tokens": 10, "completion_tokens": 5,
            "reasoning_tokens": 3, "total_tokens": 15}));
        assert_eq!(inside.tokens_out, Some(5));
        let cached = count(json!({"prompt_tokens": 10, "prompt_cache_read_tokens": 900}));
        assert_eq!(
            cached.tokens_in,
            Some(910),
            "a part is no larger than its whole"
        );
        let anthropic = count(json!({"prompt_tokens": 10, "prompt_cache_read_tokens": 4,
            "provider": "ANTHROPIC"}));
        assert_eq!(anthropic.tokens_in, Some(14));
        assert!(count(json!({})).is_unreported());
    }
}
