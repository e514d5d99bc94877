//! From the text of a prompt file to what it says.

use crate::{PromptError, front_matter, sections};
use plumbline_model::PromptSpec;

/// Largest prompt file accepted, in bytes.
const MAX_BYTES: usize = 4 << 20;

/// Reads a prompt file.
///
/// # Errors
/// With the line where known: no front matter, YAML that is invalid or too large, an unknown or ill-typed
/// key, a missing name or version, a name that is no safe folder name, text before the first message.
pub fn parse(text: &str) -> Result<PromptSpec, PromptError> {
    if text.len() > MAX_BYTES {
        let reason = format!("the file has {} bytes, more than {MAX_BYTES}", text.len());
        return Err(PromptError::Body { line: None, reason });
    }
    let cut = front_matter::cut(text)?;
    let front = front_matter::read(cut.yaml)?;
    Ok(PromptSpec {
        name: front.name,
        version: front.version,
        owner: front.owner,
        description: front.description,
        changelog: front.changelog,
        model: front.model,
        parameters: front.parameters,
        variables: front.variables,
        tools: front.tools,
        tool_files: front.tool_files,
        output_schema: front.output_schema,
        budget: front.budget,
        origin: front.origin,
        sections: sections::split(cut.body, cut.body_line)?,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use plumbline_model::Role;
    use proptest::prelude::*;
    use serde_json::json;

    pub(crate) const FULL: &str = r#"---
name: support-answer
version: 1.2.0
owner: support@example.com
description: Answers one ticket.
changelog: Shorter answers.
model: openai:gpt-4o-mini
parameters: {temperature: 0.2, max_tokens: 300, stop: END, reasoning_effort: low}
variables:
  - {name: ticket, type: string, description: The customer's words}
  - {name: tone, type: string, default: plain}
  - {name: facts, type: array, default: []}
tools:
  - name: find_order
    description: Looks an order up.
    parameters: {type: object, properties: {id: {type: string}}, required: [id]}
output_schema: {type: object, properties: {reply: {type: string}}, required: [reply]}
budget: {max_tokens_in: 2000, max_tokens_out: 300, max_cost_usd: "0.01"}
---
system:
Answer in a {{ tone }} tone.
{% for fact in facts %}
- {{ fact }}
{% endfor %}

user:
{{ ticket }}
"#;

    pub(crate) fn full() -> PromptSpec {
        parse(FULL).unwrap()
    }

    #[test]
    fn every_part_of_a_file_is_read() {
        let spec = full();
        assert_eq!(
            (spec.name.as_str(), spec.version.to_string()),
            ("support-answer", "1.2.0".to_owned())
        );
        assert_eq!(spec.parameters.stop, ["END"]);
        assert_eq!(spec.parameters.extra["reasoning_effort"], json!("low"));
        assert_eq!(spec.variables[2].default, Some(json!([])));
        assert_eq!(spec.tools[0].parameters["required"], json!(["id"]));
        assert_eq!(spec.budget.max_cost_usd.unwrap().to_string(), "0.01");
        assert_eq!(spec.sections.len(), 2);
        assert_eq!(
            (spec.sections[1].role, spec.sections[1].line),
            (Role::User, 27)
        );
        assert_eq!(spec.sections[1].template, "{{ ticket }}");
    }

    #[test]
    fn variables_may_be_a_map_or_bare_names() {
        let file = |variables: &str| {
            format!("---\nname: a\nversion: 1.0.0\nvariables: {variables}\n---\nuser:\nx")
        };
        let map = parse(&file("{b: {type: integer, default: 3}, a: null}")).unwrap();
        assert_eq!(map.variables.len(), 2);
        assert_eq!(
            map.variables
                .iter()
                .find(|v| v.name == "b")
                .unwrap()
                .default,
            Some(json!(3))
        );
        assert_eq!(parse(&file("[a, b]")).unwrap().variables[1].name, "b");
    }

    #[test]
    fn a_trim_is_a_word_or_a_map_and_what_is_not_said_is_not_written() {
        let file = |variables: &str, budget: &str| {
            let text = format!(
                "---\nname: a\nversion: 1.0.0\nvariables: {variables}\nbudget: {budget}\n---\nuser:\nx"
            );
            parse(&text).unwrap()
        };
        let spec = file(
            "[{name: a, trim: tail}, {name: b, trim: {policy: items, score: rank, keep_tokens: 9}}, {name: c}]",
            "{max_tokens_in: 1, when_over: {escalate: {model: 'openai:gpt-4.1', max_tokens_in: 2}}}",
        );
        let written = serde_json::to_value(&spec).unwrap();
        assert_eq!(
            written["variables"],
            json!([
                {"name": "a", "trim": {"policy": "tail"}},
                {"name": "b", "trim": {"policy": "items", "score": "rank", "keep_tokens": 9}},
                {"name": "c"},
            ])
        );
        assert_eq!(
            written["budget"],
            json!({"max_tokens_in": 1, "when_over": {"escalate": {"model": "openai:gpt-4.1", "max_tokens_in": 2}}})
        );
        assert_eq!(serde_json::from_value::<PromptSpec>(written).unwrap(), spec);
        let plain = file("{b: {trim: head}}", "{max_tokens_in: 1, when_over: refuse}");
        assert!(plain.variables[0].trim.is_some());
        assert_eq!(
            serde_json::to_value(plain.budget).unwrap(),
            json!({"max_tokens_in": 1})
        );
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let cases = [
            (
                "---\nname: a\nverison: 1.0.0\n---\n",
                3,
                "did you mean `version`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nzzzzzzzz: 1\n---\n",
                4,
                "known keys are",
            ),
            ("---\nname: a\nversion: 1.2\n---\n", 3, "must be text"),
            ("---\nname: a\nversion: 1.2.x\n---\n", 3, "not of the form"),
            (
                "---\nname: a\nversion: 1.0.0\nparameters: {temperature: hot}\n---\n",
                4,
                "parameters",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nparameters: {x: .nan}\n---\n",
                4,
                "YAML",
            ),
            ("---\nname: a\nname: b\nversion: 1.0.0\n---\n", 3, "YAML"),
            (
                "---\nname: a\nversion: 1.0.0\nvariables: [{nam: x}]\n---\n",
                4,
                "did you mean `name`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nbudget: {max_tokens: 1}\n---\n",
                4,
                "did you mean `max_tokens_in`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\ntools: [{name: t, params: {}}]\n---\n",
                4,
                "unknown key `params`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nvariables: [{name: v, trim: hed}]\n---\n",
                4,
                "unknown variant `hed`, expected one of `head`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nvariables: [{name: v, trim: {policy: tail, keep: 1}}]\n---\n",
                4,
                "unknown key `keep`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nvariables: [{name: v, trim: {keep_tokens: 1}}]\n---\n",
                4,
                "missing field `policy`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nbudget: {when_over: ignore}\n---\n",
                4,
                "unknown variant `ignore`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nbudget: {when_over: {escalate: {model: 'a:b'}}}\n---\n",
                4,
                "missing field `max_tokens_in`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\nbudget: {when_over: {summarise: {variable: v, by: s}}}\n---\n",
                4,
                "unknown field `by`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\norigin: {sorce: git}\n---\n",
                4,
                "did you mean `source`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\norigin: {id: \"7\"}\n---\n",
                4,
                "missing field `source`",
            ),
            (
                "---\nname: a\nversion: 1.0.0\norigin: {source: git, at: yesterday}\n---\n",
                4,
                "`at` of `origin` must be a time",
            ),
            ("name: a\n", 1, "must start with"),
            ("---\nname: a\n", 1, "no second line"),
            ("---\n---\nuser:\n", 1, "empty"),
        ];
        for (text, line, reason) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line(), Some(line), "{text}\n{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert!(matches!(
            parse("---\nname: ../x\nversion: 1.0.0\n---\n"),
            Err(PromptError::Name { .. })
        ));
    }

    #[test]
    fn alias_bombs_and_deep_nesting_are_refused() {
        let mut bomb =
            "---\nname: a\nversion: 1.0.0\nparameters:\n  l0: &l0 [x, x, x, x, x, x, x, x, x]\n"
                .to_owned();
        for level in 1..12 {
            let below = vec![format!("*l{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("  l{level}: &l{level} [{below}]\n"));
        }
        bomb.push_str("---\nuser:\n");
        assert!(parse(&bomb).is_err());
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let deep = format!(
                "---\nname: a\nversion: 1.0.0\nparameters: {}1{}\n---\n",
                open.repeat(20_000),
                close.repeat(20_000)
            );
            assert!(parse(&deep).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "(---\n)?((name|version|variables|tools): ?[\\PC]{0,20}\n){0,5}(---\n)?\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
