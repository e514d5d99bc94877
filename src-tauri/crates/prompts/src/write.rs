//! The text of a prompt file from what it says: the inverse of [`crate::parse`].

use crate::tool_uses::is_unresolved;
use crate::{instant, sections, yaml_text};
use plumbline_model::{PromptOrigin, PromptSpec, ToolUse, Variable};
use serde_json::{Value, json};

/// Writes a whole prompt file. [`crate::parse`] reads the same back from it, but for the lines on which
/// the messages stand, which are those of the new text, and for blank lines at the end of a message,
/// which no prompt file has.
#[must_use]
pub fn write_prompt(spec: &PromptSpec) -> String {
    let mut out = String::from("---\n");
    text(&mut out, "name", &spec.name);
    out.push_str(&format!("version: {}\n", spec.version));
    for (key, value) in [
        ("owner", &spec.owner),
        ("description", &spec.description),
        ("changelog", &spec.changelog),
    ] {
        if !value.is_empty() {
            text(&mut out, key, value);
        }
    }
    if let Some(origin) = &spec.origin {
        out.push_str(&format!("origin: {}\n", origin_text(origin)));
    }
    if let Some(model) = &spec.model {
        text(&mut out, "model", model);
    }
    filled(&mut out, "parameters", &json!(spec.parameters));
    if !spec.variables.is_empty() {
        out.push_str("variables:\n");
        for variable in &spec.variables {
            push_variable(&mut out, variable);
        }
    }
    if !spec.tools.is_empty() {
        out.push_str("tools:\n");
        for tool in &spec.tools {
            let file = spec.tool_files.iter().find(|file| file.name == tool.name);
            if let Some(file) = file.filter(|_| is_unresolved(spec, tool)) {
                out.push_str(&format!("  - use: {}\n", reference(file)));
                continue;
            }
            out.push_str(&format!("  - name: {}\n", yaml_text::scalar(&tool.name)));
            if let Some(version) = file.and_then(|file| file.version.as_ref()) {
                out.push_str(&format!("    version: {version}\n"));
            }
            if !tool.description.is_empty() {
                let description = Value::from(tool.description.as_str());
                yaml_text::push_member(&mut out, 4, "description", &description);
            }
            yaml_text::push_member(&mut out, 4, "parameters", &tool.parameters);
        }
    }
    if let Some(schema) = &spec.output_schema {
        yaml_text::push_member(&mut out, 0, "output_schema", schema);
    }
    filled(&mut out, "budget", &json!(spec.budget));
    out.push_str("---\n");
    for (index, section) in spec.sections.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&format!("{}:\n", section.role.as_str()));
        if !section.template.is_empty() {
            out.push_str(&sections::escape(&section.template));
            out.push('\n');
        }
    }
    out
}

/// As a line of its own can hold it: see [`crate::with_tools_written`].
fn reference(file: &ToolUse) -> String {
    match &file.wanted {
        Some(wanted) => yaml_text::quoted(&format!("{}@{wanted}", file.name)),
        None => file.name.clone(),
    }
}

fn text(out: &mut String, key: &str, value: &str) {
    out.push_str(&format!("{key}: {}\n", yaml_text::scalar(value)));
}

fn filled(out: &mut String, key: &str, value: &Value) {
    if value.as_object().is_some_and(|members| !members.is_empty()) {
        yaml_text::push_member(out, 0, key, value);
    }
}

/// The members in the order in which they are read, not in that of the alphabet.
fn push_variable(out: &mut String, variable: &Variable) {
    out.push_str(&format!(
        "  - name: {}\n",
        yaml_text::scalar(&variable.name)
    ));
    let Value::Object(mut members) = json!(variable) else {
        return;
    };
    for key in ["type", "description", "default", "trim"] {
        if let Some(value) = members.remove(key) {
            yaml_text::push_member(out, 4, key, &value);
        }
    }
}

fn origin_text(origin: &PromptOrigin) -> String {
    let member = |key: &str, value: &str| format!("{key}: {}", flow_text(value));
    let mut members = vec![member("source", &origin.source)];
    members.extend(origin.id.as_deref().map(|id| member("id", id)));
    members.extend(
        origin
            .author
            .as_deref()
            .map(|author| member("author", author)),
    );
    let at = origin.at.and_then(|at| instant::rfc3339(at.0));
    members.extend(at.map(|at| format!("at: {at}")));
    format!("{{{}}}", members.join(", "))
}

fn flow_text(text: &str) -> String {
    yaml_text::flow(&Value::from(text))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::parse;
    use crate::parse::tests::full;
    use plumbline_model::{
        Budget, ModelParameters, NanosText, Role, Section, ToolDefinition, Trim, TrimPolicy,
        UnixNanos,
    };
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;
    use semver::Version;

    /// The lines on which messages stand belong to a text, not to what it says.
    pub(crate) fn without_lines(mut spec: PromptSpec) -> PromptSpec {
        for section in &mut spec.sections {
            section.line = 0;
        }
        spec
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => "[a-zA-Z][a-z ,.]{0,20}[a-z]",
            2 => "\\PC{0,12}",
            1 => "[\\x00-\\x7f\u{85}\u{2028}\u{feff}\u{202e}\u{fffe}\u{1f600}]{0,8}",
            1 => "(true|null|~|1e3|0x1f|1_0|- a|a: b|<<|=|---|\\.inf|2026-01-01|#|&a|\\*a|!t|\\?|@|%|`|'|\")",
        ]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("finite", |number| number.is_finite())
                .prop_map(Value::from),
            any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                btree_map(any_text(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn solid(value: Value) -> Option<Value> {
        Some(value).filter(|value| !value.is_null())
    }

    prop_compose! {
        fn any_variable()(
            name in any_text(), kind in option::of(any_text()), description in any_text(),
            default in any_value(), trim in any::<bool>(), keep_tokens in option::of(any::<u64>()),
            score in option::of(any_text()),
        ) -> Variable {
            let trim = trim.then_some(Trim { policy: TrimPolicy::Items, keep_tokens, score });
            Variable { name, kind, description, default: solid(default), trim }
        }
    }

    prop_compose! {
        fn any_parameters()(
            temperature in option::of(0.0..2.0_f64), top_p in option::of(0.0..1.0_f64),
            max_tokens in option::of(any::<u32>()), seed in option::of(any::<i64>()),
            stop in vec(any_text(), 0..3), extra in btree_map(any_text(), any_value(), 0..3),
        ) -> ModelParameters {
            ModelParameters { temperature, top_p, max_tokens, seed, stop, extra }
        }
    }

    prop_compose! {
        fn any_tool()(name in any_text(), description in any_text(), parameters in any_value().prop_map(|value| if value.is_null() { json!(true) } else { value })) -> ToolDefinition {
            ToolDefinition { name, description, parameters }
        }
    }

    prop_compose! {
        fn any_origin()(
            source in any_text(), id in option::of(any_text()), author in option::of(any_text()),
            at in option::of(any::<i64>()),
        ) -> PromptOrigin {
            PromptOrigin { source, id, author, at: at.map(|at| NanosText(UnixNanos(at))) }
        }
    }

    fn any_role() -> impl Strategy<Value = Role> {
        prop_oneof![
            Just(Role::System),
            Just(Role::User),
            Just(Role::Assistant),
            Just(Role::Tool),
        ]
    }

    /// Messages, as a file that is split gives them.
    pub(crate) fn any_sections(text: &'static str) -> impl Strategy<Value = Vec<Section>> {
        vec((any_role(), vec(text, 0..5)), 0..4).prop_map(|messages| {
            let section = |(role, lines): (Role, Vec<String>)| Section {
                role,
                template: sections::without_blank_end(&lines.join("\n")).to_owned(),
                line: 0,
            };
            messages.into_iter().map(section).collect()
        })
    }

    prop_compose! {
        pub(crate) fn any_spec(text: &'static str)(
            name in "[a-z][a-z0-9]{0,8}",
            version in (0..9_u64, 0..99_u64, 0..9_u64),
            texts in (any_text(), any_text(), any_text()),
            model in option::of(any_text()),
            parameters in any_parameters(),
            variables in vec(any_variable(), 0..3),
            tools in vec(any_tool(), 0..3),
            output_schema in any_value(),
            max_tokens_in in option::of(any::<u64>()),
            origin in option::of(any_origin()),
            sections in any_sections(text),
        ) -> PromptSpec {
            PromptSpec {
                name, version: Version::new(version.0, version.1, version.2),
                owner: texts.0, description: texts.1, changelog: texts.2, model, parameters,
                variables, tools, output_schema: solid(output_schema),
                budget: Budget { max_tokens_in, ..Budget::default() },
                origin, sections, tool_files: Vec::new(),
            }
        }
    }

    #[test]
    fn a_written_file_reads_as_a_person_would_write_it() {
        let mut spec = full();
        spec.origin = Some(PromptOrigin {
            source: "git".to_owned(),
            id: Some("4f2c".to_owned()),
            author: Some("Ada <ada@example.org>".to_owned()),
            at: instant::from_rfc3339("2026-03-01T09:30:00Z").map(NanosText),
        });
        spec.sections[1].template = "user:\n\\tool:\n{{ ticket }}".to_owned();
        let expected = r#"---
name: support-answer
version: 1.2.0
owner: support@example.com
description: Answers one ticket.
changelog: Shorter answers.
origin: {source: git, id: "4f2c", author: Ada <ada@example.org>, at: 2026-03-01T09:30:00Z}
model: openai:gpt-4o-mini
parameters:
  max_tokens: 300
  reasoning_effort: low
  stop: [END]
  temperature: 0.2
variables:
  - name: ticket
    type: string
    description: The customer's words
  - name: tone
    type: string
    default: plain
  - name: facts
    type: array
    default: []
tools:
  - name: find_order
    description: Looks an order up.
    parameters:
      properties:
        id: {type: string}
      required: [id]
      type: object
output_schema:
  properties:
    reply: {type: string}
  required: [reply]
  type: object
budget:
  max_cost_usd: "0.01"
  max_tokens_in: 2000
  max_tokens_out: 300
---
system:
Answer in a {{ tone }} tone.
{% for fact in facts %}
- {{ fact }}
{% endfor %}

user:
\user:
\\tool:
{{ ticket }}
"#;
        assert_eq!(write_prompt(&spec), expected);
        let read = parse(expected).unwrap();
        assert_eq!(without_lines(read), without_lines(spec));
    }

    #[test]
    fn tools_of_files_keep_their_version_and_references_stay_references() {
        let text = "---\nname: a\nversion: 1.0.0\ntools:\n  - name: b\n    version: 1.2.0\n    parameters: {type: object}\n  - use: \"c@^1.1\"\n  - use: d\n---\nuser:\nx\n";
        assert_eq!(write_prompt(&parse(text).unwrap()), text);
    }

    #[test]
    fn a_key_longer_than_yaml_takes_bare_reads_back() {
        let mut spec = full();
        let key = "k: ".repeat(2_000);
        spec.parameters.extra.insert(key.clone(), json!({"a": [1]}));
        spec.output_schema = Some(json!({"a": {(key): {"b": {"c": {}}}}}));
        let read = parse(&write_prompt(&spec)).unwrap();
        assert_eq!(without_lines(read), without_lines(spec));
    }

    proptest! {
        #[test]
        fn whatever_a_prompt_says_its_written_file_says(
            spec in any_spec("(user:|\\\\\\\\system: ?|\\\\tool:|---|[a-z {%}]{0,9}|\\PC{0,9}|[ \\t\r]{0,3})")
        ) {
            let text = write_prompt(&spec);
            let read = parse(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
            prop_assert_eq!(without_lines(read), spec, "{}", text);
        }
    }
}
