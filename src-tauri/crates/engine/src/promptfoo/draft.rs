//! From a draft to a prompt file, tried out with the cases it is meant for.

use super::losses::Losses;
use super::prompts::Draft;
use super::values::{bare_spec, optional};
use plumbline_model::{Case, PromptSpec, Role};
use plumbline_prompts as prompts;
use serde_json::json;

/// Cases that a prompt is rendered with before it is written.
const TRIED_CASES: usize = 50;

/// The text of the prompt file; the error is the reason why there is none.
pub(super) fn file_text(
    draft: &Draft,
    cases: &[Case],
    losses: &mut Losses,
) -> Result<String, String> {
    let mut spec = bare_spec(&draft.messages);
    let used = prompts::used_variables(&spec).map_err(|error| error.to_string())?;
    if used.contains("env") {
        return Err("environment variables are not read".to_owned());
    }
    spec.variables = used.into_iter().map(optional).collect();
    for case in cases.iter().take(TRIED_CASES) {
        prompts::render(&spec, &case.variables).map_err(|error| error.to_string())?;
    }
    if draft.messages.iter().any(|(_, text)| text.contains("{%")) {
        losses.changed(
            &draft.place,
            "the line end after a block `{% … %}` and the space before it are dropped",
        );
    }
    // A variable that every case gives is required, so that a later case cannot forget it.
    for variable in &mut spec.variables {
        let given = |case: &Case| case.variables.contains_key(&variable.name);
        if !cases.is_empty() && cases.iter().all(given) {
            variable.default = None;
        }
    }
    let text = write(draft, &spec);
    let read = prompts::parse(&text).map_err(|error| error.to_string())?;
    let same = read.sections.len() == draft.messages.len()
        && read
            .sections
            .iter()
            .zip(&draft.messages)
            .all(|(section, (role, text))| {
                section.role == *role && section.template.trim_end() == text.trim_end()
            });
    let fault = prompts::check(&read)
        .into_iter()
        .find(|finding| finding.severity == prompts::Severity::Error);
    match fault {
        Some(fault) => Err(fault.message),
        None if !same => Err("its text cannot be written as a prompt file".to_owned()),
        None => Ok(text),
    }
}

/// JSON is YAML, so no character of the config means anything to the front matter.
fn write(draft: &Draft, spec: &PromptSpec) -> String {
    let mut text = format!(
        "---\nname: {}\nversion: 1.0.0\nowner: imported\ndescription: {}\nchangelog: Imported from promptfoo.\n",
        draft.name,
        json!(draft.label)
    );
    if !spec.variables.is_empty() {
        text.push_str("variables:\n");
        for variable in &spec.variables {
            let default = if variable.default.is_some() {
                ", default: \"\""
            } else {
                ""
            };
            text.push_str(&format!(
                "  - {{name: {}{default}}}\n",
                json!(variable.name)
            ));
        }
    }
    text.push_str("---\n");
    for (role, template) in &draft.messages {
        text.push_str(&format!("{}:\n", role.as_str()));
        for line in template.trim_end().lines() {
            let marker = line.trim_end().trim_start_matches('\\');
            if is_marker(marker) {
                text.push('\\');
            }
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

fn is_marker(line: &str) -> bool {
    [Role::System, Role::User, Role::Assistant, Role::Tool]
        .iter()
        .any(|role| line.strip_suffix(':') == Some(role.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn text(template: &str, cases: &[Value]) -> Result<String, String> {
        let draft = Draft {
            name: "p".to_owned(),
            label: "P: \"one\"".to_owned(),
            messages: vec![
                (Role::System, "Be kind.".to_owned()),
                (Role::User, template.to_owned()),
            ],
            place: "prompts[0]".to_owned(),
        };
        let cases: Vec<Case> = cases
            .iter()
            .map(|variables| {
                serde_json::from_value(json!({"key": "k", "variables": variables})).unwrap()
            })
            .collect();
        file_text(&draft, &cases, &mut Losses::default())
    }

    #[test]
    fn the_file_says_what_the_config_said_and_which_variables_are_needed() {
        let cases = [json!({"q": "a", "tone": "x"}), json!({"q": "b"})];
        let text = text("user:\n\\user:\n{{ q }} {{ tone }}\n\n", &cases).unwrap();
        let spec = prompts::parse(&text).unwrap();
        assert_eq!(spec.description, "P: \"one\"");
        assert_eq!(
            spec.sections[1].template,
            "user:\n\\user:\n{{ q }} {{ tone }}"
        );
        let needed: Vec<(&str, bool)> = spec
            .variables
            .iter()
            .map(|variable| (variable.name.as_str(), variable.default.is_none()))
            .collect();
        assert_eq!(needed, [("q", true), ("tone", false)]);
    }

    #[test]
    fn what_our_templates_cannot_do_leaves_the_prompt_out() {
        let case = [json!({"q": "a"})];
        for template in [
            "{{ q | dump }}",
            "{{ env.KEY }}",
            "{{ q",
            "{% include 'x' %}",
        ] {
            assert!(text(template, &case).is_err(), "{template}");
        }
        assert!(text("{% if q %}{{ q | upper }}{% endif %}", &case).is_ok());
    }
}
