//! Shortens the values of a prompt one after the other until the request is within its cap.

use super::shorten::{Shortener, value_tokens};
use super::{Fit, Fitted, search, sections};
use crate::render::Renderer;
use crate::{PromptError, identify, template_hash, variables};
use plumbline_model::{ChatRequest, PromptSpec, Trimmed, WhenOver};
use plumbline_tokens::{Encoding, RequestCounter};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A prompt made ready to be fitted with many values.
#[derive(Debug)]
pub struct Fitter {
    spec: Arc<PromptSpec>,
    template_hash: String,
    renderer: Renderer,
    counter: RequestCounter,
}

/// A rendered request and its input tokens.
pub(super) struct Measured {
    pub(super) request: ChatRequest,
    pub(super) tokens: u64,
}

/// As short as the values get.
struct Shortest {
    measured: Measured,
    trimmed: Vec<Trimmed>,
    /// With nothing cut.
    tokens_before: u64,
}

impl Fitter {
    /// Reads the templates.
    ///
    /// # Errors
    /// The first template that is none, with its line.
    pub fn new(spec: Arc<PromptSpec>, encoding: Encoding) -> Result<Self, PromptError> {
        Ok(Self {
            template_hash: template_hash(&spec),
            renderer: Renderer::new(&spec)?,
            spec,
            counter: RequestCounter::new(encoding),
        })
    }

    /// As the function [`fit`], of this prompt.
    ///
    /// # Errors
    /// Those of [`fit`].
    pub fn fit(&mut self, values: &Map<String, Value>) -> Result<Fit, PromptError> {
        let spec = Arc::clone(&self.spec);
        let budget = &spec.budget;
        let cap = budget.max_tokens_in.unwrap_or(u64::MAX);
        let bound = variables::bind(&self.spec, values)?;
        let shortest = self.shorten(&bound, cap)?;
        if shortest.measured.tokens <= cap {
            return Ok(Fit::Fits(Box::new(self.fitted(shortest))));
        }
        match &budget.when_over {
            WhenOver::Escalate(to) if to.max_tokens_in > cap => Ok(Fit::Escalate {
                model: to.model.clone(),
                max_tokens_in: to.max_tokens_in,
                tokens: shortest.tokens_before,
            }),
            WhenOver::Summarise(summary) => {
                let allowed = self.tokens_beside(&summary.variable, &bound, cap)?;
                match bound.get(&summary.variable).filter(|_| allowed > 0) {
                    Some(value) => Ok(Fit::Summarise {
                        variable: summary.variable.clone(),
                        prompt: summary.prompt.clone(),
                        tokens_before: value_tokens(self.counter.encoding(), value),
                        tokens_allowed: allowed,
                    }),
                    None => Err(self.refusal(&shortest, cap)),
                }
            }
            _ => Err(self.refusal(&shortest, cap)),
        }
    }

    /// As the function [`fit_within`], of this prompt.
    ///
    /// # Errors
    /// Those of [`fit`].
    pub fn fit_within(
        &mut self,
        values: &Map<String, Value>,
        max_tokens_in: u64,
    ) -> Result<Fitted, PromptError> {
        let bound = variables::bind(&self.spec, values)?;
        let shortest = self.shorten(&bound, max_tokens_in)?;
        if shortest.measured.tokens <= max_tokens_in {
            Ok(self.fitted(shortest))
        } else {
            Err(self.refusal(&shortest, max_tokens_in))
        }
    }

    /// Shortens one value after the other until the request is within `cap`, or nothing more can be cut.
    fn shorten(&mut self, bound: &Map<String, Value>, cap: u64) -> Result<Shortest, PromptError> {
        let measured = self.measure(bound)?;
        let mut shortest = Shortest {
            tokens_before: measured.tokens,
            measured,
            trimmed: Vec::new(),
        };
        if shortest.tokens_before <= cap {
            return Ok(shortest);
        }
        let spec = Arc::clone(&self.spec);
        let mut bound = bound.clone();
        for variable in &spec.variables {
            if shortest.measured.tokens <= cap {
                break;
            }
            let (Some(trim), Some(value)) = (&variable.trim, bound.get(&variable.name).cloned())
            else {
                continue;
            };
            let shortener = Shortener::new(self.counter.encoding(), &value, trim);
            let found = shortener.and_then(|shortener| {
                search::longest_within(&shortener, shortest.measured.tokens, cap, |shorter| {
                    bound.insert(variable.name.clone(), shorter.clone());
                    // A template that fails on so short a value is no request.
                    self.measure(&bound).ok()
                })
            });
            let Some(found) = found else {
                bound.insert(variable.name.clone(), value);
                continue;
            };
            let variable = variable.name.clone();
            bound.insert(variable.clone(), found.shorter.value.clone());
            shortest.trimmed.push(Trimmed {
                variable: Some(variable),
                ..found.trimmed(trim)
            });
            shortest.measured = found.measured;
        }
        let cut = sections::shorten(&mut shortest.measured, &spec.budget, cap, &mut self.counter);
        shortest.trimmed.extend(cut);
        Ok(shortest)
    }

    /// What is left of `cap` for a text in place of the variable.
    fn tokens_beside(
        &mut self,
        variable: &str,
        bound: &Map<String, Value>,
        cap: u64,
    ) -> Result<u64, PromptError> {
        let takes_text = |kind: Option<&str>| kind.is_none_or(|kind| kind == "string");
        let mut declared = self.spec.variables.iter();
        if !declared.any(|is| is.name == variable && takes_text(is.kind.as_deref())) {
            return Ok(0);
        }
        let mut without = bound.clone();
        without.insert(variable.to_owned(), Value::String(String::new()));
        Ok(cap.saturating_sub(self.measure(&without)?.tokens))
    }

    fn measure(&mut self, bound: &Map<String, Value>) -> Result<Measured, PromptError> {
        let request = self.renderer.fill(&self.spec, bound.clone())?;
        let tokens = self.counter.count(&request);
        Ok(Measured { request, tokens })
    }

    fn fitted(&mut self, shortest: Shortest) -> Fitted {
        let request = shortest.measured.request;
        Fitted {
            request: identify(request, &self.template_hash, &mut self.counter),
            trimmed: shortest.trimmed,
        }
    }

    fn refusal(&self, shortest: &Shortest, cap: u64) -> PromptError {
        let after = shortest.measured.tokens;
        let tokens = (shortest.tokens_before, after);
        refusal(self.counter.encoding(), tokens, &shortest.trimmed, cap)
    }
}

/// Why a request is not sent that has so many tokens before and after all that may be cut.
pub(super) fn refusal(
    encoding: Encoding,
    (before, after): (u64, u64),
    trimmed: &[Trimmed],
    cap: u64,
) -> PromptError {
    let mut counted = format!("it has {before} (estimated with {encoding})");
    if !trimmed.is_empty() {
        let names: Vec<String> = trimmed
            .iter()
            .map(|cut| format!("`{}`", cut.name()))
            .collect();
        counted += &format!(
            ", and {after} with {} cut as far as allowed",
            names.join(", ")
        );
    }
    PromptError::OverBudget {
        what: "input tokens",
        allowed: cap.to_string(),
        counted,
    }
}
