//! What a change of a prompt comes to: messages, tokens, and money over the cases it was last tried on.

use crate::api::{CostChange, MessageChange, MessageChangeKind, PromptChanges};
use crate::prompts::encoding_of;
use crate::replay::{Prior, parse_target};
use crate::{Engine, clock};
use plumbline_analysis::diff::{diff_text, kept_lines};
use plumbline_model::{Case, Problem, PromptSpec, Section, Usage, Usd};
use plumbline_prompts as prompts;
use plumbline_tokens as tokens;
use plumbline_workspace::Page;
use rust_decimal::Decimal;

/// The word that names the text of an editor where a version is asked for.
const UNSAVED: &str = "unsaved";

/// Cases that a cost is computed from; more would say the same.
const CASES: u64 = 200;
/// Runs that are looked through for a dataset that is still there.
const RUNS: usize = 20;

impl Engine {
    /// What differs between two versions; `working` names the working file, `unsaved` the text of an editor.
    ///
    /// # Errors
    /// `NotFound` for a prompt or version that is not there.
    pub fn prompt_changes(
        &self,
        name: &str,
        from: &str,
        to: &str,
        unsaved: Option<&str>,
    ) -> Result<PromptChanges, Problem> {
        let text_of = |version: &str| match unsaved {
            Some(text) if version == UNSAVED => Ok(self.whole_text(text.to_owned())),
            _ => self.prompt_text(name, version),
        };
        let (text_before, text_after) = (text_of(from)?, text_of(to)?);
        let diff = diff_text(&text_before, &text_after);
        let (before, after) = (
            self.read_prompt(&text_before),
            self.read_prompt(&text_after),
        );
        let (Ok(before), Ok(after)) = (before, after) else {
            return Ok(PromptChanges {
                from: from.to_owned(),
                to: to.to_owned(),
                computed: None,
                reasons: Vec::new(),
                messages: Vec::new(),
                encoding: String::new(),
                cost: None,
                no_cost_because: Some("one of the two cannot be parsed".to_owned()),
                diff,
            });
        };
        let encoding = encoding_of(Some(&after));
        let bump = prompts::bump(&before, &after);
        let (cost, no_cost_because) = match self.cost_change(name, &before, &after)? {
            Ok(cost) => (Some(cost), None),
            Err(reason) => (None, Some(reason)),
        };
        Ok(PromptChanges {
            from: from.to_owned(),
            to: to.to_owned(),
            computed: Some(bump.computed.to_string()),
            reasons: bump.reasons,
            messages: message_changes(&before.sections, &after.sections, encoding),
            encoding: encoding.to_string(),
            cost,
            no_cost_because,
            diff,
        })
    }

    /// The outer error is one of reading; the inner one says why nothing can be said.
    fn cost_change(
        &self,
        name: &str,
        before: &PromptSpec,
        after: &PromptSpec,
    ) -> Result<Result<CostChange, String>, Problem> {
        let Some((dataset, cases)) = self.last_cases(name)? else {
            return Ok(Err(
                "no run of this prompt has a dataset that is still there".to_owned(),
            ));
        };
        let (Some(model_before), Some(model_after)) = (&before.model, &after.model) else {
            return Ok(Err("a version names no model".to_owned()));
        };
        let counted: Vec<(u64, u64)> = counts(before, &cases)?
            .into_iter()
            .zip(counts(after, &cases)?)
            .filter_map(|(before, after)| Some((before?, after?)))
            .collect();
        if counted.is_empty() {
            return Ok(Err(format!(
                "no case of {dataset} has the variables of both versions"
            )));
        }
        let mean = |sum: u64| (sum as f64 / counted.len() as f64).round() as u64;
        let tokens_in_before = mean(counted.iter().map(|(before, _)| before).sum());
        let tokens_in_after = mean(counted.iter().map(|(_, after)| after).sum());
        let old = self.cost_side(name, before, model_before, tokens_in_before)?;
        let new = self.cost_side(name, after, model_after, tokens_in_after)?;
        Ok(Ok(CostChange {
            dataset,
            cases: counted.len() as u64,
            model_before: model_before.clone(),
            model_after: model_after.clone(),
            tokens_in_before,
            tokens_in_after,
            tokens_out_before: old.prior.out.tokens_out_mean,
            tokens_out_after: new.prior.out.tokens_out_mean,
            tokens_out_from: new.prior.out.from,
            usd_per_1000_before: old.usd_per_1000,
            usd_per_1000_after: new.usd_per_1000,
            source: new.source,
        }))
    }

    fn cost_side(
        &self,
        name: &str,
        spec: &PromptSpec,
        model: &str,
        tokens_in: u64,
    ) -> Result<Side, Problem> {
        let target = parse_target(model)?;
        let limit = spec.parameters.max_tokens.map(u64::from);
        let prior = Prior::of(&self.inner.workspace, name, &target.model, limit)?;
        let usage = Usage {
            tokens_in: Some(tokens_in),
            tokens_out: Some(prior.out.tokens_out_mean),
            ..Usage::default()
        };
        let prices = self.prices();
        let cost = prices.cost(Some(&target.provider), &target.model, &usage, clock::now());
        Ok(Side {
            prior,
            usd_per_1000: cost.usd.and_then(per_thousand),
            source: cost.source,
        })
    }

    /// The cases of the dataset that this prompt was last run over.
    fn last_cases(&self, name: &str) -> Result<Option<(String, Vec<Case>)>, Problem> {
        let workspace = &self.inner.workspace;
        for run in workspace.runs_of_prompt(name, RUNS)? {
            let dataset = run.plan.dataset;
            // It may be gone since.
            if let Ok(cases) = workspace.dataset_cases(&dataset, Page::first(CASES))
                && !cases.is_empty()
            {
                return Ok(Some((dataset, cases)));
            }
        }
        Ok(None)
    }
}

struct Side {
    prior: Prior,
    usd_per_1000: Option<Usd>,
    source: Option<plumbline_model::PriceSource>,
}

/// `None` for an amount that no bill could state.
fn per_thousand(one: Usd) -> Option<Usd> {
    let thousand = one.0.checked_mul(Decimal::ONE_THOUSAND)?;
    Some(Usd(thousand.normalize()))
}

/// Input tokens of each case; `None` where it does not have what the version needs.
fn counts(spec: &PromptSpec, cases: &[Case]) -> Result<Vec<Option<u64>>, Problem> {
    let mut renderer = prompts::Renderer::new(spec)?;
    let mut counter = tokens::RequestCounter::new(encoding_of(Some(spec)));
    Ok(cases
        .iter()
        .map(|case| renderer.render(spec, &case.variables).ok())
        .map(|request| request.map(|request| counter.count(&request)))
        .collect())
}

/// Messages stand for one another where their roles do, in order.
fn message_changes(
    before: &[Section],
    after: &[Section],
    encoding: tokens::Encoding,
) -> Vec<MessageChange> {
    let roles = |sections: &[Section]| sections.iter().map(|s| s.role.as_str()).collect::<Vec<_>>();
    let count = |section: &Section| tokens::count(encoding, &section.template);
    let removed = |section: &Section| MessageChange {
        role: section.role,
        kind: MessageChangeKind::Removed,
        tokens_before: Some(count(section)),
        tokens_after: None,
    };
    let mut changes = Vec::new();
    let mut next = 0;
    for (section, from) in after.iter().zip(kept_lines(&roles(before), &roles(after))) {
        let was = from.and_then(|from| before.get(from));
        if let Some(from) = from {
            changes.extend(before.get(next..from).into_iter().flatten().map(removed));
            next = from + 1;
        }
        changes.push(MessageChange {
            role: section.role,
            kind: match was {
                None => MessageChangeKind::Added,
                Some(was) if was.template == section.template => MessageChangeKind::Same,
                Some(_) => MessageChangeKind::Changed,
            },
            tokens_before: was.map(count),
            tokens_after: Some(count(section)),
        });
    }
    changes.extend(before.get(next..).into_iter().flatten().map(removed));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageChangeKind::{Added, Changed, Removed, Same};
    use plumbline_model::Role;

    fn sections(messages: &[(Role, &str)]) -> Vec<Section> {
        messages
            .iter()
            .map(|(role, text)| Section {
                role: *role,
                template: (*text).to_owned(),
                line: 1,
            })
            .collect()
    }

    #[test]
    fn messages_are_aligned_by_role_and_order() {
        let before = sections(&[(Role::System, "a"), (Role::User, "b"), (Role::User, "c")]);
        let after = sections(&[
            (Role::System, "a a"),
            (Role::User, "b"),
            (Role::Assistant, "d"),
            (Role::User, "c"),
        ]);
        let kinds = |a: &[Section], b: &[Section]| -> Vec<MessageChangeKind> {
            message_changes(a, b, tokens::Encoding::O200kBase)
                .iter()
                .map(|change| change.kind)
                .collect()
        };
        assert_eq!(kinds(&before, &after), [Changed, Same, Added, Same]);
        assert_eq!(kinds(&after, &before), [Changed, Same, Removed, Same]);
        assert_eq!(kinds(&before, &[]), [Removed, Removed, Removed]);
    }
}
