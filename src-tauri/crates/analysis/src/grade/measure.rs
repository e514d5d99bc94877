//! Checks of what was measured: latency, cost, tokens, and why the model stopped.

use super::Answer;
use super::outcome::{Outcome, quote};
use plumbline_model::{FinishReason, Origin, TokenCount, Usd};
use rust_decimal::prelude::ToPrimitive;

pub(super) fn latency(answer: &Answer<'_>, max: f64) -> Outcome {
    if answer.origin == Origin::Cached {
        return Outcome::ungraded("a cached answer has no latency");
    }
    match answer.completion.latency_ms {
        None => Outcome::ungraded("the latency was not measured"),
        Some(found) => Outcome::pass_or(found <= max, || {
            format!("the answer took {found:.0} ms, more than {max}")
        })
        .scored(found),
    }
}

pub(super) fn cost(answer: &Answer<'_>, max: Usd) -> Outcome {
    match answer.cost.usd {
        None => Outcome::ungraded(match &answer.cost.unknown_because {
            Some(reason) => format!("the cost is unknown: {reason}"),
            None => "the cost is unknown".to_owned(),
        }),
        Some(found) => {
            let outcome = Outcome::pass_or(found <= max, || {
                format!("the answer cost ${found}, more than ${max}")
            });
            match found.0.to_f64() {
                Some(score) => outcome.scored(score),
                None => outcome,
            }
        }
    }
}

pub(super) fn tokens(answer: &Answer<'_>, of: TokenCount, max: u64) -> Outcome {
    let usage = &answer.completion.usage;
    let (found, word) = match of {
        TokenCount::In => (usage.tokens_in, "tokens in"),
        TokenCount::Out => (usage.tokens_out, "tokens out"),
        TokenCount::Total => (
            usage.tokens_in.zip(usage.tokens_out).map(|(a, b)| {
                let beyond = usage.tokens_unattributed.unwrap_or(0);
                a.saturating_add(b).saturating_add(beyond)
            }),
            "tokens in all",
        ),
    };
    match found {
        None => Outcome::ungraded(format!("the provider reported no {word}")),
        Some(found) => Outcome::pass_or(found <= max, || {
            format!("the call took {found} {word}, more than {max}")
        })
        .scored(found as f64),
    }
}

pub(super) fn finish_reason(answer: &Answer<'_>, value: &str) -> Outcome {
    let found = match &answer.completion.finish_reason {
        None => return Outcome::ungraded("the provider gave no finish reason"),
        Some(FinishReason::Stop) => "stop",
        Some(FinishReason::Length) => "length",
        Some(FinishReason::ToolCalls) => "tool_calls",
        Some(FinishReason::ContentFilter) => "content_filter",
        Some(FinishReason::Other(word)) => word,
    };
    Outcome::pass_or(found == value, || {
        format!(
            "the model stopped for {}, not {}",
            quote(found),
            quote(value)
        )
    })
}
