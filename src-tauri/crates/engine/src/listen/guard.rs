//! Calls through the proxy that name their prompt, held against its budget.
//!
//! The values of the prompt's variables are not known here, only the messages that were made of them. So what the
//! budget lists as sections is cut; a larger model of the same vendor is asked where the budget names one; a summary
//! of a variable cannot be had, and what is still too long is refused.

use crate::prompts::split_reference;
use crate::sent::request_of;
use crate::{Engine, clock};
use plumbline_ingest::{HttpExchange, HttpOutcome, read_http};
use plumbline_listen::{Guard, Judged, NamedCall};
use plumbline_model::{Budget, ChatRequest, Trimmed, WhenOver};
use plumbline_prompts::{self as prompts, FittedRequest, identify};
use plumbline_tokens::prices::LargestCall;
use plumbline_tokens::{RequestCounter, encoding_for_model, tokens_in_at_most};
use serde_json::Value;

/// Knows the budgets of the prompts folder.
pub(super) struct EngineGuard(pub(super) Engine);

impl Guard for EngineGuard {
    fn judge(&self, call: &NamedCall) -> Judged {
        self.judged(call).unwrap_or_else(Judged::Refuse)
    }
}

/// A call that fits, before its cost is known.
struct Fits {
    /// Another model than it asked for.
    model: Option<String>,
    fitted: FittedRequest,
}

impl EngineGuard {
    /// An error is why the call is refused.
    fn judged(&self, call: &NamedCall) -> Result<Judged, String> {
        let (name, version) = split_reference(&call.prompt);
        let (spec, _) = self.0.prompt_spec(name, version).map_err(|problem| {
            format!(
                "the budget of {} cannot be read: {}",
                call.prompt, problem.message
            )
        })?;
        let Some((asked, request)) = read(call)? else {
            return Ok(Judged::Send);
        };
        let over = |problem: String| format!("{}: {problem}", call.prompt);
        let fits = fit(call.vendor, &asked, request.clone(), &spec.budget).map_err(over)?;
        let model = fits.model.as_deref().unwrap_or(&asked);
        self.check(call, model, &fits.fitted, &spec.budget)
            .map_err(over)?;
        if fits.model.is_none() && fits.fitted.trimmed.is_empty() {
            return Ok(Judged::Send);
        }
        Ok(Judged::SendInstead {
            body: changed(&call.body, &request, &fits).map_err(over)?,
            done: in_words(&fits),
        })
    }

    /// The limits on output and cost.
    fn check(
        &self,
        call: &NamedCall,
        model: &str,
        fitted: &FittedRequest,
        budget: &Budget,
    ) -> Result<(), String> {
        let mut counter = RequestCounter::new(encoding_for_model(model));
        let assembled = identify(fitted.request.clone(), "", &mut counter);
        let without_input = Budget {
            max_tokens_in: None,
            ..budget.clone()
        };
        prompts::check_budget(&assembled, &without_input).map_err(|over| over.to_string())?;
        if budget.max_cost_usd.is_none() {
            return Ok(());
        }
        let parameters = &fitted.request.parameters;
        let bounds = tokens_in_at_most(model, &assembled).zip(parameters.max_tokens);
        let upper = bounds.and_then(|(tokens_in, max_tokens)| {
            let largest = LargestCall {
                // Here each part of a message may ask for it.
                caches_for_an_hour: caches_for_an_hour(&call.body),
                ..LargestCall::of(parameters, tokens_in, max_tokens.into())
            };
            let prices = self.0.prices();
            prices.upper_bound(Some(call.vendor), model, &largest, clock::now())
        });
        prompts::check_cost(upper, budget).map_err(|over| over.to_string())
    }
}

/// Whether a body may ask the provider to keep a part of it for an hour.
fn caches_for_an_hour(body: &[u8]) -> bool {
    body.windows(4).any(|word| word == b"\"1h\"")
}

/// The model and the request of a call; `None` for a call that asks no model.
fn read(call: &NamedCall) -> Result<Option<(String, ChatRequest)>, String> {
    let exchange = HttpExchange {
        method: call.method.clone(),
        url: call.address.clone(),
        request_body: call.body.clone(),
        ..HttpExchange::default()
    };
    let span = match read_http(&exchange).outcome {
        HttpOutcome::ModelCall { span, .. } => span,
        HttpOutcome::NotModelCall => return Ok(None),
        HttpOutcome::Unreadable { reason, .. } => {
            return Err(format!(
                "the call cannot be held against its budget: {reason}"
            ));
        }
    };
    let sent = request_of(&span).zip(span.model_requested.clone());
    let Some((sent, model)) = sent else {
        return Err(
            "the call cannot be held against its budget: it has no messages or no model".to_owned(),
        );
    };
    Ok(Some((model, sent.request)))
}

/// The request within the budget, on the model that was asked for or on the one that the budget names.
fn fit(vendor: &str, model: &str, request: ChatRequest, budget: &Budget) -> Result<Fits, String> {
    let cap = budget.max_tokens_in.unwrap_or(u64::MAX);
    let within = |model: &str, request, cap| {
        prompts::fit_request(request, budget, cap, encoding_for_model(model))
            .map_err(|over| over.to_string())
    };
    let why = match within(model, request.clone(), cap) {
        Ok(fitted) => {
            return Ok(Fits {
                model: None,
                fitted,
            });
        }
        Err(why) => why,
    };
    match &budget.when_over {
        WhenOver::Refuse => Err(why),
        WhenOver::Summarise(summary) => Err(format!(
            "{why}; a proxy cannot have `{}` summarised, since it sees no variables",
            summary.variable
        )),
        WhenOver::Escalate(to) => match to.model.split_once(':') {
            Some((provider, larger)) if provider == vendor && larger != model => Ok(Fits {
                fitted: within(larger, request, to.max_tokens_in)?,
                model: Some(larger.to_owned()),
            }),
            _ => Err(format!(
                "{why}; {} is not reached by this path of the proxy",
                to.model
            )),
        },
    }
}

/// The call's body with what was cut, and the model that takes it.
fn changed(body: &[u8], whole: &ChatRequest, fits: &Fits) -> Result<Vec<u8>, String> {
    let mut body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if let Some(model) = &fits.model {
        body["model"] = Value::String(model.clone());
    }
    let messages = whole.messages.iter().zip(&fits.fitted.request.messages);
    for (was, is) in messages.filter(|(was, is)| was.content != is.content) {
        let (was, is) = (was.content.text(), is.content.text());
        match text_in(&mut body, &was) {
            Some(place) => *place = is,
            None => return Err("its messages could not be cut where they stand".to_owned()),
        }
    }
    Ok(body.to_string().into_bytes())
}

/// Where a message's text stands in the body of a call: its system prompt, or the content of a message.
fn text_in<'b>(body: &'b mut Value, text: &str) -> Option<&'b mut String> {
    fn content(value: &mut Value) -> Vec<&mut Value> {
        match value {
            Value::Array(messages) => {
                let contents = messages.iter_mut().filter_map(|one| one.get_mut("content"));
                contents.flat_map(parts).collect()
            }
            text => vec![text],
        }
    }
    fn parts(content: &mut Value) -> Vec<&mut Value> {
        match content {
            Value::Array(parts) => parts
                .iter_mut()
                .filter_map(|part| part.get_mut("text"))
                .collect(),
            text => vec![text],
        }
    }
    let Value::Object(members) = body else {
        return None;
    };
    let places = members
        .iter_mut()
        .flat_map(|(name, value)| match name.as_str() {
            "system" | "instructions" => parts(value),
            "messages" | "input" => content(value),
            _ => Vec::new(),
        });
    let mut texts = places.filter_map(|place| match place {
        Value::String(found) => Some(found),
        _ => None,
    });
    texts.find(|found| found.as_str() == text)
}

fn in_words(fits: &Fits) -> String {
    let cut = |cut: &Trimmed| {
        let (name, rule) = (cut.name(), cut.policy.as_str());
        format!(
            "{name} by {rule}: {} to {} tokens",
            cut.tokens_before, cut.tokens_after
        )
    };
    let model = fits.model.iter().map(|model| format!("sent to {model}"));
    let done: Vec<String> = model.chain(fits.fitted.trimmed.iter().map(cut)).collect();
    done.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(number: usize) -> String {
        (0..number).map(|n| format!("word{n} ")).collect()
    }

    fn call(vendor: &'static str, path: &str, body: &Value) -> NamedCall {
        NamedCall {
            vendor,
            prompt: "answer".into(),
            method: "POST".into(),
            address: format!("http://127.0.0.1:9{path}"),
            body: body.to_string().into_bytes(),
        }
    }

    fn budget(yaml: &str) -> Budget {
        let text = format!("---\nname: a\nversion: 1.0.0\nbudget: {yaml}\n---\nuser:\nx\n");
        prompts::parse(&text).unwrap().budget
    }

    fn cut(call: &NamedCall, budget: &Budget) -> (Value, String) {
        let (model, request) = read(call).unwrap().unwrap();
        let fits = fit(call.vendor, &model, request.clone(), budget).unwrap();
        let body = changed(&call.body, &request, &fits).unwrap();
        (serde_json::from_slice(&body).unwrap(), in_words(&fits))
    }

    #[test]
    fn sections_are_cut_where_they_stand_in_each_kind_of_body() {
        let long = words(300);
        let budget = budget("{max_tokens_in: 120, sections: [{section: user, trim: tail}]}");
        let chat = json!({"model": "gpt-4.1-mini", "max_tokens": 9, "n": 9007199254740993_u64, "messages": [
            {"role": "system", "content": "Be kind."}, {"role": "user", "content": long}]});
        let (body, done) = cut(&call("openai", "/v1/chat/completions", &chat), &budget);
        let text = body["messages"][1]["content"].as_str().unwrap();
        assert!(
            text.starts_with("word0 word1") && text.contains("tokens cut"),
            "{text}"
        );
        assert_eq!(body["messages"][0], chat["messages"][0]);
        assert_eq!(body["n"], chat["n"], "what is not cut stays as it is");
        assert!(done.starts_with("user by tail: "), "{done}");
        let responses = json!({"model": "gpt-4.1-mini", "instructions": "Be kind.", "input": long});
        let (body, _) = cut(&call("openai", "/v1/responses", &responses), &budget);
        assert!(body["input"].as_str().unwrap().contains("tokens cut"));
        assert_eq!(body["instructions"], "Be kind.");
        let anthropic = json!({"model": "claude-sonnet-4-5", "max_tokens": 9, "system": "Be kind.",
            "messages": [{"role": "user", "content": long}]});
        let (body, _) = cut(&call("anthropic", "/v1/messages", &anthropic), &budget);
        assert!(
            body["messages"][0]["content"]
                .as_str()
                .unwrap()
                .contains("tokens cut")
        );
    }

    #[test]
    fn what_is_too_long_goes_to_a_larger_model_of_the_same_vendor_only() {
        let body =
            json!({"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": words(300)}]});
        let call = call("openai", "/v1/chat/completions", &body);
        let to = |model: &str| {
            budget(&format!(
                "{{max_tokens_in: 120, when_over: {{escalate: {{model: '{model}', max_tokens_in: 5000}}}}}}"
            ))
        };
        let (sent, done) = cut(&call, &to("openai:gpt-4.1"));
        assert_eq!(
            (&sent["model"], &sent["messages"]),
            (&json!("gpt-4.1"), &body["messages"])
        );
        assert_eq!(done, "sent to gpt-4.1");
        let (model, request) = read(&call).unwrap().unwrap();
        let refused = fit(
            "openai",
            &model,
            request,
            &to("anthropic:claude-sonnet-4-5"),
        );
        assert!(refused.is_err_and(|why| why.contains("not reached by this path")));
    }

    #[test]
    fn other_calls_pass_and_what_cannot_be_read_does_not() {
        let models = NamedCall {
            method: "GET".into(),
            ..call("openai", "/v1/models", &Value::Null)
        };
        assert!(read(&models).unwrap().is_none());
        let broken = NamedCall {
            body: b"{\"model\": \"gpt-4.1-mini\", \"messages\": [".to_vec(),
            ..call("openai", "/v1/chat/completions", &Value::Null)
        };
        assert!(!matches!(read(&broken), Ok(Some(_))));
    }
}
