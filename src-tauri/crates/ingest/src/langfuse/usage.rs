//! Token counts of a generation: `usageDetails`, a map of free names beside `input`, `output` and `total`.
//!
//! Integrations disagree whether cached input and reasoning are inside `input` and `output` or beside them. The
//! total decides: what it holds beyond the two must be the parts that stand beside.

use crate::attributes::Attributes;
use plumbline_model::{Counted, Usage, add_known};

const CACHED: [&str; 5] = [
    "input_cached_tokens",
    "cache_read_input_tokens",
    "input_cache_read",
    "prompt_details.cache_read",
    "input_cached",
];
const WRITTEN: [&str; 3] = [
    "cache_creation_input_tokens",
    "input_cache_creation",
    "prompt_details.cache_write",
];
const REASONING: [&str; 5] = [
    "output_reasoning",
    "output_reasoning_tokens",
    "reasoning_tokens",
    "completion_details.reasoning",
    "reasoning",
];

/// Counts in the inclusive convention.
pub(super) fn usage(details: &Attributes) -> Usage {
    details.understood(&["unit"]);
    let of_an_hour = details.count(&["input_cache_creation_1h"]);
    let counted = Counted {
        input: details.count(&["input", "promptTokens", "prompt_tokens", "input_tokens"]),
        output: details.count(&[
            "output",
            "completionTokens",
            "completion_tokens",
            "output_tokens",
        ]),
        total: details.count(&["total", "totalTokens", "total_tokens"]),
        read: details.count(&CACHED),
        written: details.count(&WRITTEN).or(add_known(
            details.count(&["input_cache_creation_5m"]),
            of_an_hour,
        )),
        reasoning: details.count(&REASONING),
    };
    Usage {
        tokens_in_cache_write_1h: of_an_hour.filter(|tokens| *tokens > 0),
        ..counted.usage(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(details: Value) -> Usage {
        match details {
            Value::Object(object) => usage(&Attributes::of_object(object)),
            _ => Usage::default(),
        }
    }

    #[test]
    fn the_total_decides_whether_a_part_is_inside_or_beside() {
        let inside = of(
            json!({"input": 6, "output": 2055, "total": 2061, "completion_details.reasoning": 1104}),
        );
        assert_eq!(
            (inside.tokens_out, inside.tokens_reasoning),
            (Some(2_055), Some(1_104))
        );
        let beside = of(json!({"input": 321, "output": 59, "output_reasoning": 64, "total": 444}));
        assert_eq!(
            (beside.tokens_in, beside.tokens_out),
            (Some(321), Some(123))
        );
        let cache = of(json!({"input": 18, "output": 9, "input_cache_read": 4000, "total": 4027}));
        assert_eq!(cache.tokens_in, Some(4_018));
        let unexplained = of(json!({"input": 5, "output": 845, "total": 2023}));
        assert_eq!(
            (unexplained.tokens_in, unexplained.tokens_out),
            (Some(5), Some(845))
        );
        assert_eq!(unexplained.tokens_unattributed, Some(1_173));
        assert_eq!(inside.tokens_unattributed, None);
        assert_eq!(beside.tokens_unattributed, None);
        assert_eq!(
            of(json!({})),
            Usage::default(),
            "nothing reported is not zero"
        );
    }
}
