//! The counts of a `token_count`: what the last call used, and the sum of the session so far.

use crate::attributes::Attributes;
use plumbline_model::Usage;

/// The counts under one name; a count that is missing or negative is unknown.
pub(super) fn counts(info: &Attributes, name: &str) -> Usage {
    let counts = info.nested(name);
    // Reasoning is part of the output here, so a total never moves it.
    Usage {
        tokens_in: counts.count(&["input_tokens"]),
        tokens_in_cached: counts.count(&["cached_input_tokens"]),
        tokens_out: counts.count(&["output_tokens"]),
        tokens_reasoning: counts.count(&["reasoning_output_tokens"]),
        ..Usage::default()
    }
    .with_total(counts.count(&["total_tokens"]))
}

/// True when two sums say the same; a sum that was never written is zero.
pub(super) fn same(left: Usage, right: Usage) -> bool {
    let numbers = |usage: Usage| {
        [
            usage.tokens_in,
            usage.tokens_in_cached,
            usage.tokens_out,
            usage.tokens_reasoning,
        ]
        .map(|count| count.unwrap_or(0))
    };
    numbers(left) == numbers(right)
}

/// What was added since an earlier sum; a sum that went down tells nothing.
pub(super) fn added(sum: Usage, before: Usage) -> Usage {
    let minus = |now: Option<u64>, then: Option<u64>| now?.checked_sub(then.unwrap_or(0));
    Usage {
        tokens_in: minus(sum.tokens_in, before.tokens_in),
        tokens_in_cached: minus(sum.tokens_in_cached, before.tokens_in_cached),
        tokens_out: minus(sum.tokens_out, before.tokens_out),
        tokens_reasoning: minus(sum.tokens_reasoning, before.tokens_reasoning),
        tokens_unattributed: minus(sum.tokens_unattributed, before.tokens_unattributed)
            .filter(|tokens| *tokens > 0),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_sums_is_a_call_and_never_negative() {
        let call = added(Usage::of(10, 5), Usage::of(4, 5));
        assert_eq!((call.tokens_in, call.tokens_out), (Some(6), Some(0)));
        assert!(added(Usage::of(1, 1), Usage::of(2, 2)).is_unreported());
        assert_eq!(added(Usage::of(3, 1), Usage::default()), Usage::of(3, 1));
        assert!(same(Usage::of(0, 0), Usage::default()));
    }
}
