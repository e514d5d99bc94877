//! What earlier calls say about a call that was not made yet: how long its answer will be, and how far its input is
//! miscounted.

use crate::api::{CountError, EstimatePrior, PriorFrom};
use plumbline_analysis::percentile::nearest_rank;
use plumbline_model::Problem;
use plumbline_workspace::{CallTokens, Workspace};

/// Fewer calls than this say nothing.
const ENOUGH: usize = 5;

/// The earlier calls of a prompt and a model, summed up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prior {
    pub(crate) out: EstimatePrior,
    pub(crate) count_error: Option<CountError>,
}

impl Prior {
    /// Of the prompt and the model where they were called together, else of the model, else of the limit alone.
    pub(crate) fn of(
        workspace: &Workspace,
        prompt: &str,
        model: &str,
        max_tokens_out: Option<u64>,
    ) -> Result<Self, Problem> {
        let of_prompt = workspace.tokens_of_prompt(prompt, model)?;
        let of_model = workspace.tokens_of_model(model)?;
        let count_error = count_error(&of_prompt).or_else(|| count_error(&of_model));
        let out = lengths(&of_prompt, PriorFrom::Prompt, max_tokens_out)
            .or_else(|| lengths(&of_model, PriorFrom::Model, max_tokens_out))
            .unwrap_or_else(|| of_limit(max_tokens_out.unwrap_or(0)));
        Ok(Self { out, count_error })
    }

    /// Input tokens as this model measures what was counted.
    pub(crate) fn tokens_in(&self, counted: u64) -> u64 {
        let ratio = self.count_error.as_ref().map_or(1.0, |error| error.ratio);
        (counted as f64 * ratio).round() as u64
    }
}

fn lengths(calls: &[CallTokens], from: PriorFrom, most: Option<u64>) -> Option<EstimatePrior> {
    if calls.len() < ENOUGH {
        return None;
    }
    // An answer of another limit may be longer than this one can be.
    let mut lengths: Vec<f64> = calls
        .iter()
        .map(|call| call.out.min(most.unwrap_or(u64::MAX)) as f64)
        .collect();
    let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
    let mut rank = |percent| nearest_rank(&mut lengths, percent).map_or(0, |tokens| tokens as u64);
    Some(EstimatePrior {
        from,
        calls: calls.len() as u64,
        tokens_out_p10: rank(10.0),
        tokens_out_mean: mean.round() as u64,
        tokens_out_p90: rank(90.0),
    })
}

/// Where nothing is known: anything up to the limit, and half of it in the middle.
fn of_limit(most: u64) -> EstimatePrior {
    EstimatePrior {
        from: PriorFrom::Limit,
        calls: 0,
        tokens_out_p10: 0,
        tokens_out_mean: most / 2,
        tokens_out_p90: most,
    }
}

/// The ratio over all calls, so that long ones weigh more, and the error that one in ten still passes with it.
fn count_error(calls: &[CallTokens]) -> Option<CountError> {
    let counted: Vec<(f64, f64)> = calls
        .iter()
        .filter_map(|call| call.counted_in)
        .filter(|counted| counted.estimated > 0 && counted.measured > 0)
        .map(|counted| (counted.estimated as f64, counted.measured as f64))
        .collect();
    if counted.len() < ENOUGH {
        return None;
    }
    let (estimated, measured) = counted
        .iter()
        .fold((0.0, 0.0), |sums, call| (sums.0 + call.0, sums.1 + call.1));
    let ratio = measured / estimated;
    let mut errors: Vec<f64> = counted
        .iter()
        .map(|(estimated, measured)| (estimated * ratio / measured - 1.0).abs())
        .collect();
    Some(CountError {
        calls: counted.len() as u64,
        ratio,
        error_p90: nearest_rank(&mut errors, 90.0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_workspace::CountedInput;

    fn calls(tokens: impl IntoIterator<Item = (u64, u64, u64)>) -> Vec<CallTokens> {
        tokens
            .into_iter()
            .map(|(out, estimated, measured)| CallTokens {
                out,
                counted_in: Some(CountedInput {
                    estimated,
                    measured,
                }),
            })
            .collect()
    }

    #[test]
    fn lengths_are_those_of_earlier_answers_within_the_limit_of_this_one() {
        let earlier = calls((1..=10).map(|n| (n * 10, 1, 1)));
        let prior = lengths(&earlier, PriorFrom::Prompt, None).unwrap();
        assert_eq!(
            (
                prior.tokens_out_p10,
                prior.tokens_out_mean,
                prior.tokens_out_p90
            ),
            (10, 55, 90)
        );
        let limited = lengths(&earlier, PriorFrom::Prompt, Some(50)).unwrap();
        assert_eq!((limited.tokens_out_mean, limited.tokens_out_p90), (40, 50));
        assert_eq!(lengths(&earlier[..4], PriorFrom::Prompt, None), None);
    }

    #[test]
    fn a_vocabulary_that_counts_otherwise_is_told_by_its_ratio_and_what_it_leaves() {
        let steady = calls((1..=10).map(|n| (1, n * 100, n * 130)));
        let error = count_error(&steady).unwrap();
        assert!(
            (error.ratio - 1.3).abs() < 1e-9 && error.error_p90 < 1e-9,
            "{error:?}"
        );
        let uneven = calls((1..=10).map(|n| (1, 100, if n % 2 == 0 { 100 } else { 150 })));
        let error = count_error(&uneven).unwrap();
        assert!((error.ratio - 1.25).abs() < 1e-9, "{error:?}");
        assert!((0.16..0.26).contains(&error.error_p90), "{error:?}");
        assert_eq!(count_error(&calls([(1, 0, 5)])), None);
    }
}
