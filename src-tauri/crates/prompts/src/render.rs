//! From a prompt and values to the messages that are sent.

use crate::tool_uses::not_found;
use crate::{PromptError, template, unresolved_tools, variables};
use minijinja::value::Serde;
use minijinja::{Environment, Value as Bound};
use plumbline_model::{ChatRequest, Message, PromptSpec, Section};
use serde_json::{Map, Value};

/// Renders the messages. Defaults fill what is not given; values that the prompt does not declare are
/// ignored (see [`crate::ignored_variables`]).
///
/// # Errors
/// Missing variables (all of them named), a value of another type than declared, a template that fails or
/// takes too much, or output beyond 10 MB.
pub fn render(spec: &PromptSpec, values: &Map<String, Value>) -> Result<ChatRequest, PromptError> {
    let bound = variables::bind(spec, values)?;
    Renderer::new(spec)?.fill(spec, bound)
}

/// A prompt made ready to be rendered many times: its templates are read once.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
}

impl Renderer {
    /// Reads the templates.
    ///
    /// # Errors
    /// The first template that is none, with its line; a tool whose file was not found.
    pub fn new(spec: &PromptSpec) -> Result<Self, PromptError> {
        if let Some(name) = unresolved_tools(spec).next() {
            return Err(PromptError::front(None, not_found(spec, name)));
        }
        let mut environment = template::environment();
        for (at, section) in spec.sections.iter().enumerate() {
            environment
                .add_template_owned(at.to_string(), section.template.clone())
                .map_err(|error| template::fault(&error, section.line))?;
        }
        Ok(Self { environment })
    }

    /// As [`render`], of the prompt that this was made of.
    ///
    /// # Errors
    /// Those of [`render`].
    pub fn render(
        &mut self,
        spec: &PromptSpec,
        values: &Map<String, Value>,
    ) -> Result<ChatRequest, PromptError> {
        self.fill(spec, variables::bind(spec, values)?)
    }

    /// With values that are bound already.
    pub(crate) fn fill(
        &mut self,
        spec: &PromptSpec,
        bound: Map<String, Value>,
    ) -> Result<ChatRequest, PromptError> {
        let bound = Bound::from(Serde(bound));
        let mut allowance = Allowance {
            fuel: template::FUEL,
            bytes: template::MAX_OUTPUT_BYTES,
        };
        let sections = spec.sections.iter().enumerate();
        let messages = sections
            .map(|(at, section)| {
                allowance.message(&mut self.environment, &at.to_string(), section, &bound)
            })
            .collect::<Result<_, _>>()?;
        Ok(ChatRequest {
            messages,
            tools: spec.tools.clone(),
            output_schema: spec.output_schema.clone(),
            parameters: spec.parameters.clone(),
        })
    }
}

/// What the messages of one prompt may use together.
struct Allowance {
    fuel: u64,
    bytes: usize,
}

impl Allowance {
    fn message(
        &mut self,
        environment: &mut Environment<'static>,
        name: &str,
        section: &Section,
        bound: &Bound,
    ) -> Result<Message, PromptError> {
        environment.set_fuel(Some(self.fuel));
        let fault = |error| template::fault(&error, section.line);
        let compiled = environment.get_template(name).map_err(fault)?;
        let done = compiled.render_captured(bound.clone()).map_err(fault)?;
        self.fuel = done
            .state()
            .fuel_levels()
            .map_or(self.fuel, |(_, remaining)| remaining);
        let text = done.into_output();
        self.bytes = self
            .bytes
            .checked_sub(text.len())
            .ok_or(PromptError::TooLarge {
                limit_bytes: template::MAX_OUTPUT_BYTES,
            })?;
        Ok(Message::text(section.role, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use plumbline_model::Role;
    use proptest::prelude::*;
    use serde_json::json;

    fn file(variables: &str, body: &str) -> String {
        format!("---\nname: a\nversion: 1.0.0\nvariables: {variables}\n---\n{body}")
    }

    fn rendered(variables: &str, body: &str, values: Value) -> Result<Vec<String>, PromptError> {
        let spec = parse(&file(variables, body)).unwrap();
        let Value::Object(values) = values else {
            panic!("values are given by name");
        };
        let request = render(&spec, &values)?;
        Ok(request
            .messages
            .iter()
            .map(|message| message.content.text())
            .collect())
    }

    #[test]
    fn values_and_defaults_are_put_in_and_the_rest_is_exact() {
        let body = "system:\nTone: {{ tone }}.\n{% if facts %}\nFacts:\n{% for fact in facts %}\n  - {{ fact }}\n{% endfor %}\n{% endif %}\nEnd\n\nuser:\n{{ ticket }} <b>&</b> \n";
        let values = json!({"ticket": "Where is \"it\" <now>?", "facts": ["a", 2], "unasked": 1});
        let texts = rendered(
            "[ticket, {name: tone, default: plain}, facts]",
            body,
            values,
        )
        .unwrap();
        assert_eq!(texts[0], "Tone: plain.\nFacts:\n  - a\n  - 2\nEnd");
        assert_eq!(texts[1], "Where is \"it\" <now>? <b>&</b> ");
    }

    #[test]
    fn a_renderer_renders_again_and_again_what_one_rendering_gives() {
        let body =
            "system:\nTone: {{ tone }}.\n\nuser:\n{% for _ in range(90) %}{{ ticket }}{% endfor %}";
        let spec = parse(&file("[ticket, tone]", body)).unwrap();
        let mut renderer = Renderer::new(&spec).unwrap();
        for values in [
            json!({"ticket": "a", "tone": "plain"}),
            json!({"ticket": "a"}),
            json!({"ticket": "b{{ tone }}", "tone": "dry"}),
        ] {
            let values = values.as_object().unwrap();
            for _ in 0..200 {
                // The fuel of one rendering is not used up by the ones before.
                assert_eq!(renderer.render(&spec, values), render(&spec, values));
            }
        }
    }

    #[test]
    fn all_missing_variables_are_named() {
        let error = rendered(
            "[a, b, {name: c, default: 1}]",
            "user:\n{{ a }}{{ b }}{{ c }}",
            json!({}),
        );
        assert_eq!(
            error,
            Err(PromptError::MissingVariables(vec![
                "a".to_owned(),
                "b".to_owned()
            ]))
        );
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        let texts = rendered(
            "[a]",
            "user:\n{{ a }}",
            json!({"a": "{{ 7 * 7 }}{% include 'x' %}"}),
        )
        .unwrap();
        assert_eq!(texts, ["{{ 7 * 7 }}{% include 'x' %}"]);
    }

    #[test]
    fn json_is_written_plainly() {
        let texts = rendered(
            "[a]",
            "user:\n{{ a | tojson }}",
            json!({"a": {"x": "<&'>", "n": 1.5}}),
        )
        .unwrap();
        assert_eq!(texts, [r#"{"n":1.5,"x":"<&'>"}"#]);
    }

    #[test]
    fn greedy_templates_are_stopped() {
        let bodies = [
            "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
            "{{ 'x' * 1000000000 }}",
            "{% set a = 'aaaaaaaaaa' %}DOUBLE{{ a }}",
            "{{ 'a,' | replace('a', 'b' * 9000000) | replace('b', 'c' * 9000) }}",
            "{{ 'x' | indent(1000000000) }}{{ 'x\\nx' | indent(1000000000) }}",
            "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
            "{{ v }}".repeat(100).leak(),
        ];
        let doubling = "{% set a = a ~ a %}".repeat(60);
        for body in bodies {
            let body = format!("user:\n{}", body.replace("DOUBLE", &doubling));
            let values = json!({"v": "y".repeat(200_000)});
            let result = rendered("[v]", &body, values);
            assert!(
                matches!(
                    result,
                    Err(PromptError::Template { .. } | PromptError::TooLarge { .. })
                ),
                "{body:.60} gave {:?}",
                result.map(|texts| texts.concat().len())
            );
        }
    }

    #[test]
    fn a_failing_template_names_its_line_in_the_file() {
        let error = rendered(
            "[v]",
            "user:\nline one\n{{ v.missing.deeper }}\n",
            json!({"v": {}}),
        )
        .unwrap_err();
        assert_eq!(error.line(), Some(8), "{error}");
    }

    proptest! {
        #[test]
        fn no_value_can_open_another_message(
            value in "((\n|\r\n)?\\\\?(system|user|assistant|tool):[ \t]*(\n|\r\n)?|\\PC{0,10}|\\{\\{|%\\}|---\n){0,6}"
        ) {
            let body = "system:\nOnly obey me.\n\nuser:\n{{ v }}\n\nassistant:\nok";
            let texts = rendered("[v]", body, json!({"v": value})).unwrap();
            prop_assert_eq!(texts, vec!["Only obey me.".to_owned(), value, "ok".to_owned()]);
        }
    }

    #[test]
    fn roles_come_out_in_order() {
        let spec = parse(&file("[]", "system:\na\ntool:\nb\nuser:\nc")).unwrap();
        let request = render(&spec, &Map::new()).unwrap();
        let roles: Vec<Role> = request
            .messages
            .iter()
            .map(|message| message.role)
            .collect();
        assert_eq!(roles, [Role::System, Role::Tool, Role::User]);
    }
}
