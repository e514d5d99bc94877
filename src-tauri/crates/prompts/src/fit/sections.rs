//! Cuts the text of whole messages: the sections that a budget lists.

use super::fitter::{Measured, refusal};
use super::search::longest_within;
use super::shorten::Shortener;
use crate::PromptError;
use plumbline_model::{Budget, ChatRequest, Content, Role, Trimmed};
use plumbline_tokens::{Encoding, RequestCounter};
use serde_json::Value;

/// A request that somebody else assembled, within a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedRequest {
    pub request: ChatRequest,
    pub tokens_in_estimated: u64,
    /// In the order of cutting.
    pub trimmed: Vec<Trimmed>,
}

/// Makes a request fit `max_tokens_in` whose values nobody knows: only the sections that the budget lists are cut.
///
/// # Errors
/// [`PromptError::OverBudget`] when that is not enough.
pub fn fit_request(
    request: ChatRequest,
    budget: &Budget,
    max_tokens_in: u64,
    encoding: Encoding,
) -> Result<FittedRequest, PromptError> {
    let mut counter = RequestCounter::new(encoding);
    let before = counter.count(&request);
    let mut measured = Measured {
        request,
        tokens: before,
    };
    let trimmed = shorten(&mut measured, budget, max_tokens_in, &mut counter);
    if measured.tokens > max_tokens_in {
        let tokens = (before, measured.tokens);
        return Err(refusal(encoding, tokens, &trimmed, max_tokens_in));
    }
    Ok(FittedRequest {
        request: measured.request,
        tokens_in_estimated: measured.tokens,
        trimmed,
    })
}

/// Cuts one section after the other until the request is within `cap`, or nothing more can be cut.
pub(super) fn shorten(
    measured: &mut Measured,
    budget: &Budget,
    cap: u64,
    counter: &mut RequestCounter,
) -> Vec<Trimmed> {
    let mut trimmed = Vec::new();
    for rule in &budget.sections {
        if measured.tokens <= cap {
            break;
        }
        let messages = &measured.request.messages;
        let place = section_named(messages.iter().map(|message| message.role), &rule.section);
        // Pictures have no middle.
        let Some((at, Content::Text(text))) = place.map(|at| (at, &messages[at].content)) else {
            continue;
        };
        let value = Value::String(text.clone());
        let Some(shortener) = Shortener::new(counter.encoding(), &value, &rule.trim) else {
            continue;
        };
        let whole = &measured.request;
        let found = longest_within(&shortener, measured.tokens, cap, |shorter| {
            let mut request = whole.clone();
            let message = &mut request.messages[at];
            message.content = Content::Text(shorter.as_str()?.to_owned());
            Some(Measured {
                tokens: counter.count(&request),
                request,
            })
        });
        if let Some(found) = found {
            trimmed.push(Trimmed {
                section: Some(rule.section.clone()),
                ..found.trimmed(&rule.trim)
            });
            *measured = found.measured;
        }
    }
    trimmed
}

/// The place of a section: `user`, or `user 2` where several have that role; `None` for a name of none or of several.
pub(crate) fn section_named(roles: impl IntoIterator<Item = Role>, name: &str) -> Option<usize> {
    let (role, number) = match name.split_once(' ') {
        Some((role, number)) => (role, Some(number.parse::<usize>().ok()?)),
        None => (name, None),
    };
    let places = roles.into_iter().enumerate();
    let mut of_role = places.filter(|(_, is)| is.as_str() == role);
    let found = of_role.nth(number.unwrap_or(1).checked_sub(1)?)?.0;
    (number.is_some() || of_role.next().is_none()).then_some(found)
}
