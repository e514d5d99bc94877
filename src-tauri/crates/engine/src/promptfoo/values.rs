//! Values of a config as text, and texts of it that are templates.

use plumbline_model::{PromptSpec, Role, Section, Variable};
use plumbline_prompts as prompts;
use semver::Version;
use serde_json::{Map, Value};
use std::iter::Peekable;
use std::str::Chars;

/// A scalar as promptfoo would print it.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// A prompt that is nothing but its messages; `parse` of its file gives it the rest.
pub(super) fn bare_spec(messages: &[(Role, String)]) -> PromptSpec {
    PromptSpec {
        name: "imported".to_owned(),
        version: Version::new(1, 0, 0),
        owner: String::new(),
        description: String::new(),
        changelog: String::new(),
        model: None,
        parameters: plumbline_model::ModelParameters::default(),
        variables: Vec::new(),
        tools: Vec::new(),
        tool_files: Vec::new(),
        output_schema: None,
        budget: plumbline_model::Budget::default(),
        origin: None,
        sections: messages
            .iter()
            .map(|(role, template)| Section {
                role: *role,
                template: template.clone(),
                line: 1,
            })
            .collect(),
    }
}

/// A text with the variables of a case in it; the error is a reason. What is not given is empty.
pub(super) fn rendered(text: &str, variables: &Map<String, Value>) -> Result<String, String> {
    if !is_template(text) {
        return Ok(text.to_owned());
    }
    let mut spec = bare_spec(&[(Role::User, text.to_owned())]);
    let used = prompts::used_variables(&spec).map_err(|error| error.to_string())?;
    if used.contains("env") {
        return Err("environment variables are not read".to_owned());
    }
    spec.variables = used.into_iter().map(optional).collect();
    let request = prompts::render(&spec, variables).map_err(|error| error.to_string())?;
    let text = request
        .messages
        .first()
        .map(|message| message.content.text());
    Ok(text.unwrap_or_default())
}

/// A variable that is empty where a case does not give it, as in promptfoo.
pub(super) fn optional(name: String) -> Variable {
    Variable {
        name,
        default: Some(Value::String(String::new())),
        ..Variable::default()
    }
}

/// Texts between commas; one in double quotes may hold commas, and quotes that are doubled or escaped.
pub(super) fn comma_separated(text: &str) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
        match chars.peek() {
            None => return Some(texts),
            Some('"') => {
                chars.next();
                texts.push(quoted(&mut chars)?);
                while chars.next_if(|c| c.is_whitespace()).is_some() {}
                if chars.peek().is_some_and(|c| *c != ',') {
                    return None;
                }
            }
            Some(_) => {
                let mut field = String::new();
                while let Some(c) = chars.next_if(|c| *c != ',') {
                    field.push(c);
                }
                texts.push(field.trim_end().to_owned());
            }
        }
    }
}

/// The rest of a quoted text; nothing when it does not end.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut field = String::new();
    loop {
        match (chars.next()?, chars.peek().copied()) {
            ('\\', Some(escaped @ ('"' | '\\'))) | ('"', Some(escaped @ '"')) => {
                field.push(escaped);
                chars.next();
            }
            ('"', _) => return Some(field),
            (c, _) => field.push(c),
        }
    }
}

/// A name for a prompt or a dataset: lower-case letters, digits and single hyphens, else `other`.
pub(super) fn slug(text: &str, other: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 48 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if prompts::check_name(slug).is_ok() {
        slug.to_owned()
    } else {
        other.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_template_takes_the_variables_of_its_case_and_no_environment() {
        let variables = json!({"city": "Bern", "n": 3});
        let variables = variables.as_object().unwrap();
        assert_eq!(
            rendered("{{ city }}: {{n}}{{gone}}", variables).as_deref(),
            Ok("Bern: 3")
        );
        assert_eq!(
            rendered("no {braces}", variables).as_deref(),
            Ok("no {braces}")
        );
        assert!(rendered("{{ env.KEY }}", variables).is_err());
        assert!(rendered("{{ city | dump }}", variables).is_err());
        assert!(rendered("{{ city", variables).is_err());
    }

    #[test]
    fn commas_part_texts_but_not_within_quotes() {
        for (text, parts) in [
            ("a, b ,c d", Some(vec!["a", "b", "c d"])),
            ("a, \"b, c\" ,, d", Some(vec!["a", "b, c", "d"])),
            (
                r#""say ""x"" and \"y\"""#,
                Some(vec!["say \"x\" and \"y\""]),
            ),
            ("", Some(vec![])),
            ("\"open", None),
            ("\"a\" b", None),
        ] {
            let parts: Option<Vec<String>> =
                parts.map(|parts| parts.into_iter().map(str::to_owned).collect());
            assert_eq!(comma_separated(text), parts, "{text}");
        }
    }

    #[test]
    fn names_become_safe_folder_names() {
        assert_eq!(slug("Ticket triage (v2)!", "x"), "ticket-triage-v2");
        for odd in ["", "..", "../../etc", "con", "日本", "-"] {
            assert!(prompts::check_name(&slug(odd, "prompt")).is_ok(), "{odd}");
        }
    }
}
