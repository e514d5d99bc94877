//! The request of a prompt with its identities and its estimated size, and the limits it must keep.
//!
//! Limits fail closed: what cannot be known to be within a budget is not sent.

use crate::{PromptError, render, request_hash, template_hash};
use plumbline_model::{AssembledRequest, Budget, ChatRequest, ModelParameters, PromptSpec, Usd};
use plumbline_tokens::{Encoding, RequestCounter};
use serde_json::{Map, Value};

/// Renders a prompt and identifies the result.
///
/// # Errors
/// Those of [`render`].
pub fn assemble(
    spec: &PromptSpec,
    values: &Map<String, Value>,
    encoding: Encoding,
) -> Result<AssembledRequest, PromptError> {
    let request = render(spec, values)?;
    let mut counter = RequestCounter::new(encoding);
    Ok(identify(request, &template_hash(spec), &mut counter))
}

/// A request with its identities and its estimated size.
pub fn identify(
    request: ChatRequest,
    template_hash: &str,
    counter: &mut RequestCounter,
) -> AssembledRequest {
    AssembledRequest {
        template_hash: template_hash.to_owned(),
        request_hash: request_hash(&request),
        tokens_in_estimated: counter.count(&request),
        encoding: counter.encoding().to_string(),
        request,
    }
}

/// Checks the token limits of a budget.
///
/// # Errors
/// [`PromptError::OverBudget`] when the estimated input is larger than allowed, or when the request does
/// not limit its output to at most what is allowed.
pub fn check_budget(assembled: &AssembledRequest, budget: &Budget) -> Result<(), PromptError> {
    let counted = assembled.tokens_in_estimated;
    if let Some(allowed) = budget.max_tokens_in.filter(|allowed| counted > *allowed) {
        return Err(PromptError::OverBudget {
            what: "input tokens",
            allowed: allowed.to_string(),
            counted: format!("it has {counted} (estimated with {})", assembled.encoding),
        });
    }
    let limit = output_limit(&assembled.request.parameters);
    if let Some(allowed) = budget.max_tokens_out {
        let over = |counted: String| PromptError::OverBudget {
            what: "output tokens",
            allowed: allowed.to_string(),
            counted,
        };
        match limit {
            None => {
                return Err(over(
                    "`max_tokens` is not set, so the output is not limited".to_owned(),
                ));
            }
            Some(limit) if limit > allowed => return Err(over(format!("`max_tokens` is {limit}"))),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks the cost limit of a budget against the most a call can cost.
///
/// # Errors
/// [`PromptError::OverBudget`] when that is more than allowed, or unknown while a limit is set.
pub fn check_cost(upper_bound: Option<Usd>, budget: &Budget) -> Result<(), PromptError> {
    let Some(allowed) = budget.max_cost_usd else {
        return Ok(());
    };
    let counted = match upper_bound {
        Some(cost) if cost <= allowed => return Ok(()),
        Some(cost) => format!("a call may cost up to {cost}"),
        None => "the most a call may cost is not known; set a price and `max_tokens`".to_owned(),
    };
    Err(PromptError::OverBudget {
        what: "US dollars",
        allowed: allowed.to_string(),
        counted,
    })
}

/// The hard limit on output that the parameters set, under either name that providers use.
pub(crate) fn output_limit(parameters: &ModelParameters) -> Option<u64> {
    let newer_name = parameters
        .extra
        .get("max_completion_tokens")
        .and_then(Value::as_u64);
    parameters.max_tokens.map(u64::from).max(newer_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::full;
    use plumbline_tokens::count_request;
    use serde_json::json;

    fn assembled() -> AssembledRequest {
        let values = json!({"ticket": "Where is my order?"});
        assemble(&full(), values.as_object().unwrap(), Encoding::O200kBase).unwrap()
    }

    #[test]
    fn an_assembled_request_carries_its_identities_and_size() {
        let assembled = assembled();
        assert_eq!(assembled.template_hash, template_hash(&full()));
        assert_eq!(assembled.request_hash, request_hash(&assembled.request));
        assert_eq!(assembled.request_hash.len(), 64);
        assert_eq!(
            assembled.tokens_in_estimated,
            count_request(Encoding::O200kBase, &assembled.request)
        );
        assert_eq!(assembled.encoding, "o200k_base");
        assert!(check_budget(&assembled, &full().budget).is_ok());
    }

    #[test]
    fn a_request_over_its_budget_is_refused_with_both_figures() {
        let assembled = assembled();
        let tokens = assembled.tokens_in_estimated;
        let budget = |max_in, max_out| Budget {
            max_tokens_in: max_in,
            max_tokens_out: max_out,
            ..Budget::default()
        };
        assert!(check_budget(&assembled, &budget(Some(tokens), Some(300))).is_ok());
        let error = check_budget(&assembled, &budget(Some(tokens - 1), None))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&tokens.to_string()) && error.contains(&(tokens - 1).to_string()),
            "{error}"
        );
        assert!(check_budget(&assembled, &budget(None, Some(299))).is_err());
        let mut unlimited = assembled.clone();
        unlimited.request.parameters.max_tokens = None;
        assert!(
            check_budget(&unlimited, &budget(None, Some(300))).is_err(),
            "no limit is no promise"
        );
    }

    #[test]
    fn an_unknown_cost_does_not_pass_a_cost_limit() {
        let budget = full().budget;
        let usd = |text: &str| Some(text.parse::<Usd>().unwrap());
        assert!(check_cost(usd("0.01"), &budget).is_ok());
        assert!(check_cost(usd("0.0100001"), &budget).is_err());
        assert!(check_cost(None, &budget).is_err());
        assert!(check_cost(None, &Budget::default()).is_ok());
    }
}
