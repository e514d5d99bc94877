//! What is wrong with how a prompt is made to fit its budget.

use super::Findings;
use crate::fit::section_named;
use crate::{FindPrompt, check_name, summary_input};
use plumbline_model::{PromptSpec, Trim, TrimPolicy, WhenOver};
use semver::Version;

impl Findings {
    pub(super) fn trimming(&mut self, spec: &PromptSpec) {
        let key = "variables";
        let cap = spec.budget.max_tokens_in;
        for variable in &spec.variables {
            let Some(trim) = &variable.trim else {
                continue;
            };
            let name = &variable.name;
            let kind = variable.kind.as_deref();
            if let Some(kind @ ("number" | "integer" | "boolean")) = kind {
                let message = format!("variable `{name}` of type {kind} has nothing to `trim`");
                self.error(key, message);
            } else if trim.policy == TrimPolicy::Items && kind == Some("string") {
                let message = format!(
                    "`trim: items` needs a list, and variable `{name}` is of type string; only a text that is JSON has items"
                );
                self.warning(key, message);
            }
            self.trim_rule(key, &format!("variable `{name}`"), trim, cap);
        }
        for rule in &spec.budget.sections {
            let (key, name) = ("budget", &rule.section);
            let roles = spec.sections.iter().map(|section| section.role);
            if section_named(roles, name).is_none() {
                let named = spec
                    .sections
                    .iter()
                    .filter(|is| is.role.as_str() == name)
                    .count();
                let message = if named > 1 {
                    format!(
                        "there are {named} sections `{name}`; write `{name} 1` for the first one"
                    )
                } else {
                    format!("`sections` names `{name}`, which the prompt does not have")
                };
                self.error(key, message);
            }
            self.trim_rule(key, &format!("section `{name}`"), &rule.trim, cap);
        }
    }

    /// What holds for whatever is trimmed.
    fn trim_rule(&mut self, key: &'static str, what: &str, trim: &Trim, cap: Option<u64>) {
        if trim.score.is_some() && trim.policy != TrimPolicy::Items {
            let message =
                format!("`score` of {what} is not read; it belongs to the policy `items`");
            self.warning(key, message);
        }
        match (cap, trim.keep_tokens) {
            (None, _) => {
                let message =
                    format!("{what} is never trimmed, since the budget has no `max_tokens_in`");
                self.warning(key, message);
            }
            (Some(cap), Some(keep)) if keep >= cap => {
                let message = format!(
                    "{what} keeps {keep} tokens, but the budget allows {cap} for everything"
                );
                self.error(key, message);
            }
            _ => {}
        }
    }

    pub(super) fn when_over(&mut self, spec: &PromptSpec) {
        let key = "budget";
        let budget = &spec.budget;
        if budget.max_tokens_in.is_none() && !budget.when_over.is_refuse() {
            let message = "`when_over` never comes to pass, since there is no `max_tokens_in`";
            self.warning(key, message.to_owned());
        }
        match &budget.when_over {
            WhenOver::Refuse => {}
            WhenOver::Escalate(to) => {
                if !to.model.contains(':') {
                    let message = "`escalate` names no provider; write `provider:model`";
                    self.error(key, message.to_owned());
                }
                if let Some(cap) = budget.max_tokens_in.filter(|cap| to.max_tokens_in <= *cap) {
                    let message = format!(
                        "`escalate` allows {} input tokens, no more than the budget's {cap}",
                        to.max_tokens_in
                    );
                    self.error(key, message);
                }
            }
            WhenOver::Summarise(summary) => {
                let variable = &summary.variable;
                match spec.variables.iter().find(|is| is.name == *variable) {
                    None => {
                        let message = format!(
                            "`summarise` names `{variable}`, which is not under `variables`"
                        );
                        self.error(key, message);
                    }
                    Some(is) => {
                        if let Some(kind) = is.kind.as_deref().filter(|kind| *kind != "string") {
                            let message = format!(
                                "a summary is text, but variable `{variable}` is of type {kind}"
                            );
                            self.error(key, message);
                        }
                    }
                }
                self.summarising_prompt(&spec.name, &summary.prompt);
            }
        }
    }

    /// Whether the prompt that is to summarise is there and can.
    pub(crate) fn summariser(&mut self, spec: &PromptSpec, find: &FindPrompt<'_>) {
        let WhenOver::Summarise(summary) = &spec.budget.when_over else {
            return;
        };
        let named = &summary.prompt;
        let message = match find(named) {
            None => format!(
                "`summarise` names {named}, which cannot be read; write and release it first"
            ),
            Some(summariser) => match summary_input(spec, &summariser, &summary.variable) {
                Ok(_) => return,
                Err(why) => format!("{named} cannot summarise `{}`: {why}", summary.variable),
            },
        };
        self.error("budget", message);
    }

    fn summarising_prompt(&mut self, own: &str, named: &str) {
        let key = "budget";
        let (name, version) = match named.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (named, None),
        };
        if let Err(error) = check_name(name) {
            self.error(key, format!("`summarise`: {error}"));
        }
        if let Some(version) = version.filter(|version| Version::parse(version).is_err()) {
            let message =
                format!("`summarise` names version `{version}`, which is not of the form 1.2.3");
            self.error(key, message);
        }
        if name == own {
            let message = "`summarise` names this prompt itself, which would never end";
            self.error(key, message.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Severity;
    use crate::check::tests::check_text;
    use crate::parse::tests::FULL;

    #[test]
    fn each_doubtful_way_to_fit_is_found_on_its_line() {
        let variable = |to: &'static str| ("type: array, default: []", to, 9);
        let when_over = |to: &'static str| ("max_cost_usd: \"0.01\"", to, 18);
        let cases = [
            (
                variable("type: integer, default: 1, trim: tail"),
                Severity::Error,
                "nothing to `trim`",
            ),
            (
                variable("type: string, default: x, trim: items"),
                Severity::Warning,
                "needs a list",
            ),
            (
                variable("type: array, default: [], trim: {policy: tail, score: rank}"),
                Severity::Warning,
                "is not read",
            ),
            (
                variable("type: array, default: [], trim: {policy: items, keep_tokens: 2000}"),
                Severity::Error,
                "keeps 2000 tokens",
            ),
            (
                when_over("when_over: {escalate: {model: gpt-4.1, max_tokens_in: 9000}}"),
                Severity::Error,
                "names no provider",
            ),
            (
                when_over("when_over: {escalate: {model: 'openai:gpt-4.1', max_tokens_in: 2000}}"),
                Severity::Error,
                "no more than the budget's 2000",
            ),
            (
                when_over("when_over: {summarise: {variable: tickets, prompt: shorten}}"),
                Severity::Error,
                "not under `variables`",
            ),
            (
                when_over("when_over: {summarise: {variable: facts, prompt: shorten}}"),
                Severity::Error,
                "a summary is text",
            ),
            (
                when_over(
                    "when_over: {summarise: {variable: ticket, prompt: support-answer@1.0.0}}",
                ),
                Severity::Error,
                "this prompt itself",
            ),
            (
                when_over("when_over: {summarise: {variable: ticket, prompt: shorten@1}}"),
                Severity::Error,
                "not of the form",
            ),
            (
                when_over("when_over: {summarise: {variable: ticket, prompt: ../x}}"),
                Severity::Error,
                "cannot be the name",
            ),
        ];
        for ((from, to, line), severity, message) in cases {
            assert!(FULL.contains(from), "{from}");
            let findings = check_text(&FULL.replacen(from, to, 1));
            let found = findings
                .iter()
                .find(|found| found.message.contains(message));
            let found = found.unwrap_or_else(|| panic!("{message}: {findings:?}"));
            assert_eq!(
                (found.severity, found.line),
                (severity, Some(line)),
                "{message}"
            );
        }
    }

    #[test]
    fn without_a_cap_nothing_is_ever_trimmed_and_that_is_said() {
        let text = FULL
            .replace(
                "type: array, default: []",
                "type: array, default: [], trim: items",
            )
            .replace(
                "max_tokens_in: 2000, ",
                "when_over: {escalate: {model: 'a:b', max_tokens_in: 9}}, ",
            );
        let findings = check_text(&text);
        assert_eq!(findings.len(), 2, "{findings:?}");
        for (finding, message) in findings
            .iter()
            .zip(["never trimmed", "never comes to pass"])
        {
            assert_eq!(finding.severity, Severity::Warning);
            assert!(finding.message.contains(message), "{}", finding.message);
        }
    }

    #[test]
    fn sound_ways_to_fit_have_no_findings() {
        let text = FULL
            .replace(
                "type: array, default: []",
                "type: array, default: [], trim: items",
            )
            .replace(
                "max_cost_usd: \"0.01\"",
                "when_over: {summarise: {variable: ticket, prompt: shorten@1.0.0}}",
            );
        assert_eq!(check_text(&text), []);
    }
}
