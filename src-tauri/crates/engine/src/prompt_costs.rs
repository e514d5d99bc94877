//! What 1,000 calls of a prompt come to with each of some models, and which message costs most.

use crate::Engine;
use crate::api::{CountedFrom, ModelCost, PriorFrom, PromptCosts, VariablesFrom};
use crate::prompt_render::render;
use crate::replay::{Prior, RECORDED, parse_target};
use plumbline_model::{ChatRequest, Message, Problem, PromptSpec, Target, Usage, Usd};
use plumbline_tokens::{self as tokens, Encoding};
use rust_decimal::Decimal;

/// Models that are looked at beside the prompt's own.
const MOST_MODELS: usize = 8;
/// Models that are suggested where none was chosen, the prompt's own among them.
const SUGGESTED: usize = 4;
/// Runs that are looked through for models.
const RUNS: usize = 20;

impl Engine {
    /// Counts and prices a text as the file of `name`: over the request of a case where one is given and can be
    /// rendered, else over the templates. Without `models` those of its last runs are taken.
    ///
    /// # Errors
    /// `BadInput` for a text that is no prompt, and for a model that is not `provider:model`.
    pub fn prompt_costs(
        &self,
        name: &str,
        text: &str,
        from: Option<&VariablesFrom>,
        models: &[String],
    ) -> Result<PromptCosts, Problem> {
        let spec = self.read_prompt(text)?;
        let variables = match from {
            None => None,
            Some(VariablesFrom::Values { values }) => Some(Ok(values.clone())),
            Some(VariablesFrom::Case { dataset, key }) => {
                Some(self.case(dataset, key).map(|case| case.variables))
            }
        };
        let count = |encoding: Encoding| -> Result<Counted, Problem> {
            match &variables {
                None => Ok(count_templates(&spec, encoding)),
                Some(Err(problem)) => Err(problem.clone()),
                Some(Ok(values)) => {
                    let view = render(&spec, values, encoding)?;
                    let sections = view.message_tokens.iter().map(|message| message.tokens);
                    Ok(Counted {
                        sections: sections.collect(),
                        tokens_in: view.assembled.tokens_in_estimated,
                    })
                }
            }
        };
        let mut because = None;
        let mut known: Vec<(Encoding, Counted)> = Vec::new();
        let mut rows = Vec::new();
        for target in self.models_to_price(name, &spec, models)? {
            let encoding = tokens::encoding_for_model(&target.to_string());
            if !known.iter().any(|(of, _)| *of == encoding) {
                let counted = count(encoding).unwrap_or_else(|problem| {
                    because = Some(problem.message);
                    count_templates(&spec, encoding)
                });
                known.push((encoding, counted));
            }
            for (_, counted) in known.iter().filter(|(of, _)| *of == encoding) {
                rows.push(self.model_cost(name, &spec, &target, encoding, counted)?);
            }
        }
        let counted = match from {
            Some(VariablesFrom::Case { dataset, key }) if because.is_none() => CountedFrom::Case {
                dataset: dataset.clone(),
                key: key.clone(),
            },
            _ => CountedFrom::Template,
        };
        Ok(PromptCosts {
            counted,
            not_rendered_because: because,
            roles: spec.sections.iter().map(|section| section.role).collect(),
            models: rows,
        })
    }

    /// The prompt's own model, then those that were chosen, else those of its last runs.
    fn models_to_price(
        &self,
        name: &str,
        spec: &PromptSpec,
        chosen: &[String],
    ) -> Result<Vec<Target>, Problem> {
        let own = spec
            .model
            .as_deref()
            .and_then(|model| parse_target(model).ok());
        let mut targets: Vec<Target> = own.into_iter().collect();
        let mut add = |target: Target, most: usize| {
            // A recording costs nothing; the model behind it does.
            if target.provider != RECORDED && targets.len() < most && !targets.contains(&target) {
                targets.push(target);
            }
        };
        for model in chosen {
            add(parse_target(model)?, MOST_MODELS + 1);
        }
        if chosen.is_empty() {
            for run in self.inner.workspace.runs_of_prompt(name, RUNS)? {
                for target in run.plan.targets {
                    add(target, SUGGESTED);
                }
            }
        }
        Ok(targets)
    }

    fn model_cost(
        &self,
        name: &str,
        spec: &PromptSpec,
        target: &Target,
        encoding: Encoding,
        counted: &Counted,
    ) -> Result<ModelCost, Problem> {
        let model = target.to_string();
        let limit = spec.parameters.max_tokens.map(u64::from);
        let out = Prior::of(&self.inner.workspace, name, &target.model, limit)?.out;
        // Without earlier calls and without a limit nobody knows how long an answer is.
        let is_known = out.from != PriorFrom::Limit || limit.is_some();
        let tokens_out = is_known.then_some(out.tokens_out_mean);
        let price = |out: u64| self.cost_of(&model, &Usage::of(counted.tokens_in, out));
        let (input, whole) = (price(0), tokens_out.map(price));
        let dearest = (0..counted.sections.len())
            .rev()
            .max_by_key(|at| counted.sections[*at]);
        let of_messages: u64 = counted.sections.iter().sum();
        Ok(ModelCost {
            encoding: encoding.to_string(),
            own_encoding: tokens::published_encoding(&model).is_some(),
            other_tokens: counted.tokens_in.saturating_sub(of_messages),
            tokens_in: counted.tokens_in,
            dearest: dearest.and_then(|at| u32::try_from(at).ok()),
            dearest_share: dearest
                .filter(|_| counted.tokens_in > 0)
                .map(|at| counted.sections[at] as f64 / counted.tokens_in as f64),
            sections: counted.sections.clone(),
            tokens_out,
            tokens_out_from: out.from,
            tokens_out_calls: out.calls,
            usd_in_per_1000: input.usd.and_then(per_thousand),
            usd_per_1000: whole.and_then(|cost| cost.usd).and_then(per_thousand),
            source: input.source,
            no_price_because: input.unknown_because,
            model,
        })
    }
}

struct Counted {
    sections: Vec<u64>,
    tokens_in: u64,
}

/// The templates as they stand, in the frame of a request.
fn count_templates(spec: &PromptSpec, encoding: Encoding) -> Counted {
    let message =
        |section: &plumbline_model::Section| Message::text(section.role, &*section.template);
    let request = ChatRequest {
        messages: spec.sections.iter().map(message).collect(),
        tools: spec.tools.clone(),
        output_schema: spec.output_schema.clone(),
        parameters: spec.parameters.clone(),
    };
    let count = |section: &plumbline_model::Section| tokens::count(encoding, &section.template);
    Counted {
        sections: spec.sections.iter().map(count).collect(),
        tokens_in: tokens::count_request(encoding, &request),
    }
}

/// `None` for an amount that no bill could state.
fn per_thousand(one: Usd) -> Option<Usd> {
    let thousand = one.0.checked_mul(Decimal::ONE_THOUSAND)?;
    Some(Usd(thousand.normalize()))
}
