//! What the judges and embeddings of a plan's answers cost, before anyone knows the answers.

use super::column::RECORDED;
use super::inquire::assembled;
use super::opinions::{Asks, inquiries};
use super::summaries::RECOUNTED_PER_TOKEN;
use crate::api::{Estimate, EstimatePrior};
use plumbline_model::{Case, Completion, Target, UnixNanos, Usage, Usd};
use plumbline_tokens::prices::{LargestCall, Prices};
use plumbline_tokens::tokens_in_at_most;
use std::collections::BTreeSet;

/// Tokens of a verdict with its one or two sentences.
const VERDICT_TOKENS: u64 = 80;

/// The questions about the answer of one cell.
#[derive(Debug, Clone, Default)]
pub(super) struct CaseOpinions(Vec<Priced>);

#[derive(Debug, Clone)]
struct Priced {
    target: Target,
    /// Of the question without the answer.
    tokens_in: u64,
    tokens_in_at_most: Option<u64>,
    tokens_out: u64,
    tokens_out_max: u64,
}

impl CaseOpinions {
    /// What is asked about any answer to this case; recorded judges cost nothing.
    pub(super) fn of(case: &Case) -> Self {
        let nothing = Completion::default();
        let asked = case
            .assertions
            .iter()
            .filter_map(|assertion| inquiries(assertion, &nothing).ok())
            .flatten()
            .filter(|inquiry| inquiry.key.target.provider != RECORDED);
        Self(
            asked
                .map(|inquiry| match inquiry.asks {
                    Asks::Verdict(request) | Asks::Summary { request, .. } => {
                        let most_out = request.parameters.max_tokens.unwrap_or_default();
                        let question = assembled(request);
                        Priced {
                            tokens_in: question.tokens_in_estimated,
                            tokens_in_at_most: tokens_in_at_most(
                                &inquiry.key.target.model,
                                &question,
                            ),
                            tokens_out: VERDICT_TOKENS,
                            tokens_out_max: most_out.into(),
                            target: inquiry.key.target,
                        }
                    }
                    Asks::Vector(text) => Priced {
                        // Four bytes a token, as English text has; the bound takes every byte for one.
                        tokens_in: text.len() as u64 / 4,
                        tokens_in_at_most: Some(text.len() as u64 + 16),
                        tokens_out: 0,
                        tokens_out_max: 0,
                        target: inquiry.key.target,
                    },
                })
                .collect(),
        )
    }

    /// Adds one cell's questions, whose answer is as long as `answer` says and never above `most`.
    pub(super) fn add_to(
        &self,
        estimate: &mut Estimate,
        unpriced: &mut BTreeSet<Target>,
        answer: &EstimatePrior,
        most: Option<u64>,
        (prices, at): (&Prices, UnixNanos),
    ) {
        for asked in &self.0 {
            let (provider, model) = (Some(asked.target.provider.as_str()), &asked.target.model);
            let cost = |answer_tokens: u64| {
                let usage = Usage::of(asked.tokens_in + answer_tokens, asked.tokens_out);
                prices.cost(provider, model, &usage, at).usd
            };
            let at_most = asked
                .tokens_in_at_most
                .zip(most)
                .and_then(|(question, most)| {
                    let call = LargestCall {
                        tokens_in: question + most.saturating_mul(RECOUNTED_PER_TOKEN),
                        max_tokens_out: asked.tokens_out_max,
                        ..LargestCall::default()
                    };
                    prices.upper_bound(provider, model, &call, at)
                });
            let expected = cost(answer.tokens_out_mean);
            if expected.is_none() {
                unpriced.insert(asked.target.clone());
            }
            estimate.opinions += 1;
            estimate.cost_low_usd = sum(estimate.cost_low_usd, cost(answer.tokens_out_p10));
            estimate.cost_expected_usd = sum(estimate.cost_expected_usd, expected);
            estimate.cost_high_usd = sum(estimate.cost_high_usd, cost(answer.tokens_out_p90));
            estimate.cost_upper_usd = sum(estimate.cost_upper_usd, at_most);
        }
    }
}

/// A sum is unknown as soon as one addend is.
pub(super) fn sum(total: Option<Usd>, addend: Option<Usd>) -> Option<Usd> {
    Some(total? + addend?)
}
