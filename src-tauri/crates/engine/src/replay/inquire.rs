//! One question to another model: from a recording, or paid through the ledger and the cap like any call.

use super::cell::Asked;
use super::live::Chat;
use super::opinions::{Asks, Inquiry};
use super::paid::{Ended, Errand, Question, ask};
use crate::clock;
use plumbline_model::{
    AssembledRequest, AttemptId, Cell, ChatRequest, Completion, Cost, Origin, Problem,
    ResponseStatus, Target, UnixNanos, Usage, Usd,
};
use plumbline_prompts::check_cost;
use plumbline_providers::{Call, Embeddings, Embeds, ProviderError};
use plumbline_tokens::prices::LargestCall;
use plumbline_tokens::{Encoding, count_request, tokens_in_at_most};
use plumbline_workspace::{OpinionKey, Said};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A request for the vector of a text.
struct Embed<'e> {
    embeds: &'e Arc<dyn Embeds>,
    model: &'e str,
    inputs: [String; 1],
    cancel: &'e CancellationToken,
}

impl Errand for Embed<'_> {
    type Answer = Embeddings;

    async fn send(&mut self, _idempotency_key: String) -> Result<Embeddings, ProviderError> {
        self.embeds
            .embed(self.model, &self.inputs, self.cancel)
            .await
    }
}

/// What came of a question, before it is stored.
pub(super) struct Heard {
    pub(super) said: Said,
    pub(super) origin: Origin,
    pub(super) asked_ns: UnixNanos,
    pub(super) cost: Cost,
    /// Open in the ledger.
    pub(super) attempt: Option<AttemptId>,
}

impl Heard {
    pub(super) fn nothing(because: impl Into<String>) -> Self {
        Self {
            said: Said::Nothing {
                because: because.into(),
            },
            origin: Origin::Live,
            asked_ns: clock::now(),
            cost: Cost::default(),
            attempt: None,
        }
    }
}

impl Asked<'_> {
    pub(super) async fn recorded_opinion(&self, inquiry: &Inquiry) -> Heard {
        let target = &inquiry.key.target;
        let (Asks::Verdict(request) | Asks::Summary { request, .. }) = &inquiry.asks else {
            return Heard::nothing(format!("{target} has no recorded embeddings"));
        };
        let provider = match self.run.provider(target) {
            Ok(provider) => provider,
            Err(problem) => return Heard::nothing(problem.to_string()),
        };
        let call = call(target, request, &inquiry.key);
        match provider.chat(&call, &|_| {}, &self.run.cancel).await {
            Ok(reply) => {
                let asked_ns = clock::now();
                Heard {
                    cost: self.cost_of(target, &reply, asked_ns),
                    said: reply_of(reply),
                    origin: Origin::Recorded,
                    asked_ns,
                    attempt: None,
                }
            }
            Err(error) => Heard::nothing(error.to_string()),
        }
    }

    /// `None` when a cancel, a cap or a provider that is down came between.
    pub(super) async fn paid_opinion(
        &self,
        cell: &mut Cell,
        inquiry: &Inquiry,
    ) -> Result<Option<Heard>, Problem> {
        let run = self.run;
        let target = &inquiry.key.target;
        let question = Question {
            purpose: inquiry.asks.purpose(),
            target,
            request_hash: &inquiry.key.request_hash,
            cache_key: None,
            bound: self.opinion_bound(target, &inquiry.asks, clock::now()),
        };
        if let Asks::Summary { budget, .. } = &inquiry.asks
            && let Err(over) = check_cost(question.bound, budget)
        {
            return Ok(Some(Heard::nothing(over.to_string())));
        }
        match &inquiry.asks {
            Asks::Verdict(request) | Asks::Summary { request, .. } => {
                let provider = match run.provider(target) {
                    Ok(provider) => provider,
                    Err(problem) => return Ok(Some(Heard::nothing(problem.to_string()))),
                };
                let mut errand = Chat {
                    run,
                    provider,
                    call: call(target, request, &inquiry.key),
                };
                let ended = ask(run, cell, &question, &mut errand).await?;
                Ok(self.heard(ended, |reply, at| {
                    (self.cost_of(target, &reply, at), reply_of(reply))
                }))
            }
            Asks::Vector(text) => {
                let Some(embeds) = run.embedder(target) else {
                    return Ok(Some(Heard::nothing(unconnected(target))));
                };
                let mut errand = Embed {
                    embeds,
                    model: &target.model,
                    inputs: [text.clone()],
                    cancel: &run.cancel,
                };
                let ended = ask(run, cell, &question, &mut errand).await?;
                Ok(self.heard(ended, |mut answer, at| {
                    let usage = Usage {
                        // An embedding has no output to pay for.
                        tokens_out: Some(0),
                        ..answer.usage
                    };
                    let provider = Some(target.provider.as_str());
                    let said = answer.vectors.pop().map(Said::Vector);
                    (
                        run.prices.cost(provider, &target.model, &usage, at),
                        said.unwrap_or_else(|| nothing("no vector came back")),
                    )
                }))
            }
        }
    }

    /// `None` when it was left over; a problem is heard as nothing, with its reason.
    fn heard<T>(
        &self,
        ended: Ended<T>,
        read: impl FnOnce(T, UnixNanos) -> (Cost, Said),
    ) -> Option<Heard> {
        match ended {
            Ended::Answered {
                id,
                reservation,
                answer,
            } => {
                let asked_ns = clock::now();
                let (cost, said) = read(answer, asked_ns);
                self.run.cap.settle(reservation, cost.usd);
                Some(Heard {
                    said,
                    origin: Origin::Live,
                    asked_ns,
                    cost,
                    attempt: Some(id),
                })
            }
            Ended::LeftOver | Ended::Cached => None,
            Ended::Never(problem) => Some(Heard::nothing(problem.to_string())),
            Ended::Failed(error) => Some(Heard::nothing(error.to_string())),
        }
    }

    fn opinion_bound(&self, target: &Target, asks: &Asks, at: UnixNanos) -> Option<Usd> {
        let call = match asks {
            Asks::Verdict(request) | Asks::Summary { request, .. } => LargestCall::of(
                &request.parameters,
                tokens_in_at_most(&target.model, &assembled(request.clone()))?,
                request.parameters.max_tokens?.into(),
            ),
            Asks::Vector(text) => LargestCall {
                // No token is shorter than a byte; a few frame the text.
                tokens_in: text.len() as u64 + 16,
                ..LargestCall::default()
            },
        };
        let provider = Some(target.provider.as_str());
        self.run
            .prices
            .upper_bound(provider, &target.model, &call, at)
    }
}

/// A request of our own, counted like a prompt's.
pub(super) fn assembled(request: ChatRequest) -> AssembledRequest {
    let encoding = Encoding::O200kBase;
    AssembledRequest {
        template_hash: String::new(),
        request_hash: String::new(),
        tokens_in_estimated: count_request(encoding, &request),
        encoding: encoding.to_string(),
        request,
    }
}

fn call(target: &Target, request: &ChatRequest, key: &OpinionKey) -> Call {
    Call {
        model: target.model.clone(),
        request: request.clone(),
        request_hash: key.request_hash.clone(),
        idempotency_key: String::new(),
        // The same question has the same answer, whichever repeat asks it.
        repeat: 0,
    }
}

/// A reply that is not whole says nothing.
fn reply_of(reply: Completion) -> Said {
    if reply.status == ResponseStatus::Complete {
        Said::Reply(Box::new(reply))
    } else {
        nothing("the reply broke off at its limit")
    }
}

fn nothing(because: &str) -> Said {
    Said::Nothing {
        because: because.to_owned(),
    }
}

fn unconnected(target: &Target) -> String {
    format!("{target} is not part of the run")
}
