//! The models that a run can be asked of.

use super::RECORDED;
use crate::api::ModelChoice;
use crate::{Engine, clock};
use plumbline_model::{Problem, Target, Usage};

impl Engine {
    /// Models a person can choose without typing: recorded ones, those of imported calls, those of prompts.
    pub fn model_choices(&self) -> Result<Vec<ModelChoice>, Problem> {
        let prices = self.prices();
        let now = clock::now();
        let priced = |provider: Option<&str>, model: &str| {
            prices
                .cost(provider, model, &Usage::of(1, 1), now)
                .usd
                .is_some()
        };
        let mut choices: Vec<ModelChoice> = Vec::new();
        for (provider, model, recordings) in self.inner.workspace.recorded_models()? {
            choices.push(ModelChoice {
                priced: priced(Some(&provider), &model),
                target: Target {
                    provider: RECORDED.to_owned(),
                    model,
                },
                recordings,
                known_from: "recording".to_owned(),
            });
        }
        let facets = self.inner.workspace.called_models()?;
        for (provider, model) in facets {
            let target = Target { provider, model };
            if choices.iter().all(|choice| choice.target != target) {
                choices.push(ModelChoice {
                    priced: priced(Some(&target.provider), &target.model),
                    target,
                    recordings: 0,
                    known_from: "trace".to_owned(),
                });
            }
        }
        let Ok(folder) = self.prompt_folder() else {
            return Ok(choices);
        };
        for name in folder.names()? {
            let Ok((spec, _)) = self.prompt_spec(&name, crate::prompts::WORKING) else {
                continue;
            };
            let target = spec
                .model
                .as_deref()
                .and_then(|model| super::parse_target(model).ok());
            if let Some(target) = target
                && choices.iter().all(|choice| choice.target != target)
            {
                choices.push(ModelChoice {
                    priced: priced(Some(&target.provider), &target.model),
                    target,
                    recordings: 0,
                    known_from: "prompt".to_owned(),
                });
            }
        }
        Ok(choices)
    }
}
