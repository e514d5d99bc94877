//! Model, parameters, budget and metadata.
//!
//! A budget refuses calls before they are sent, so a tighter one can break a caller whose calls went
//! through. The limit on output is held against the prompt's own `max_tokens`, which no caller passes: it
//! breaks when that went through before and does not now, whichever of the two changed.

use super::{BumpKind, Changes};
use crate::assemble::output_limit;
use plumbline_model::PromptSpec;

impl Changes {
    pub(super) fn settings(&mut self, old: &PromptSpec, new: &PromptSpec) {
        if old.model != new.model {
            self.add(BumpKind::Minor, "the model changed");
        }
        if old.parameters != new.parameters {
            self.add(BumpKind::Minor, "the parameters changed");
        }
        self.budget(old, new);
        let metadata = [
            ("owner", &old.owner, &new.owner),
            ("description", &old.description, &new.description),
            ("changelog", &old.changelog, &new.changelog),
        ];
        for (what, was, is) in metadata {
            if was != is {
                self.add(BumpKind::Patch, format!("the {what} changed"));
            }
        }
        if old.origin != new.origin {
            self.add(BumpKind::Patch, "the origin changed");
        }
    }

    fn budget(&mut self, old: &PromptSpec, new: &PromptSpec) {
        let (was, is) = (&old.budget, &new.budget);
        let tighter = [
            (
                "max_tokens_in",
                is_tighter(was.max_tokens_in.as_ref(), is.max_tokens_in.as_ref()),
            ),
            (
                "max_tokens_out",
                output_is_allowed(old) && !output_is_allowed(new),
            ),
            (
                "max_cost_usd",
                is_tighter(was.max_cost_usd.as_ref(), is.max_cost_usd.as_ref()),
            ),
        ];
        let mut any = false;
        for (limit, _) in tighter.iter().filter(|(_, tighter)| *tighter) {
            any = true;
            self.add(
                BumpKind::Major,
                format!("`{limit}` of the budget may refuse calls that went through before"),
            );
        }
        if !any && was != is {
            self.add(BumpKind::Minor, "the budget changed");
        }
    }
}

fn is_tighter<T: PartialOrd>(old: Option<&T>, new: Option<&T>) -> bool {
    match (old, new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
    }
}

/// Whether the prompt limits its output to what its budget allows.
fn output_is_allowed(spec: &PromptSpec) -> bool {
    match (spec.budget.max_tokens_out, output_limit(&spec.parameters)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(allowed), Some(limit)) => limit <= allowed,
    }
}
