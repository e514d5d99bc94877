//! Values of a prompt's variables: which are needed, which are of the right type, which are not asked for.

use crate::{PromptError, template};
use plumbline_model::{PromptSpec, Variable};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The types a variable may declare.
pub(crate) const TYPES: &[&str] = &["string", "number", "integer", "boolean", "array", "object"];

/// Given values that the prompt does not declare, by name. A dataset may carry more than one prompt
/// needs, so they are ignored rather than refused.
#[must_use]
pub fn ignored_variables(spec: &PromptSpec, values: &Map<String, Value>) -> Vec<String> {
    let declared = |name: &str| spec.variables.iter().any(|variable| variable.name == name);
    values
        .keys()
        .filter(|name| !declared(name))
        .cloned()
        .collect()
}

/// Names that the messages read and do not define themselves, declared or not.
///
/// # Errors
/// [`PromptError::Template`] for a message that is not a template.
pub fn used_variables(spec: &PromptSpec) -> Result<BTreeSet<String>, PromptError> {
    let environment = template::environment();
    let mut used = BTreeSet::new();
    for section in &spec.sections {
        let compiled = template::compile(&environment, &section.template, section.line)?;
        used.extend(template::free_names(&environment, &compiled));
    }
    Ok(used)
}

/// Reads a value that was typed as text: as it stands for a variable of type string or without a type,
/// else as JSON.
///
/// # Errors
/// [`PromptError::WrongType`] when the text is not of the declared type.
pub fn value_of_text(variable: &Variable, text: &str) -> Result<Value, PromptError> {
    let value = match variable.kind.as_deref() {
        None | Some("string") => Value::String(text.to_owned()),
        Some(_) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    check_type(variable, &value)?;
    Ok(value)
}

/// The values a template is rendered with: the given ones that are declared, and defaults for the rest.
pub(crate) fn bind(
    spec: &PromptSpec,
    values: &Map<String, Value>,
) -> Result<Map<String, Value>, PromptError> {
    let mut bound = Map::new();
    let mut missing = Vec::new();
    for variable in &spec.variables {
        match values.get(&variable.name).or(variable.default.as_ref()) {
            Some(value) => {
                check_type(variable, value)?;
                bound.insert(variable.name.clone(), value.clone());
            }
            None => missing.push(variable.name.clone()),
        }
    }
    if missing.is_empty() {
        Ok(bound)
    } else {
        Err(PromptError::MissingVariables(missing))
    }
}

/// Accepts a value of the declared type; a whole number such as `3.0` is an integer, as in JSON Schema.
pub(crate) fn check_type(variable: &Variable, value: &Value) -> Result<(), PromptError> {
    let Some(expected) = &variable.kind else {
        return Ok(());
    };
    let fits = match expected.as_str() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Err(PromptError::WrongType {
        variable: variable.name.clone(),
        expected: expected.clone(),
        found: found.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn typed(kind: &str) -> Variable {
        Variable {
            name: "v".to_owned(),
            kind: Some(kind.to_owned()),
            ..Variable::default()
        }
    }

    #[test]
    fn each_type_accepts_its_own_values_only() {
        let values = [
            json!("x"),
            json!(1.5),
            json!(3.0),
            json!(true),
            json!([1]),
            json!({"a": 1}),
            json!(null),
        ];
        let accepted = [
            ("string", vec![0]),
            ("number", vec![1, 2]),
            ("integer", vec![2]),
            ("boolean", vec![3]),
            ("array", vec![4]),
            ("object", vec![5]),
        ];
        for (kind, indexes) in accepted {
            for (index, value) in values.iter().enumerate() {
                let fits = check_type(&typed(kind), value).is_ok();
                assert_eq!(fits, indexes.contains(&index), "{kind} {value}");
            }
        }
    }

    #[test]
    fn typed_text_becomes_a_value() {
        assert_eq!(value_of_text(&typed("string"), "3").unwrap(), json!("3"));
        assert_eq!(value_of_text(&typed("integer"), "3").unwrap(), json!(3));
        assert_eq!(value_of_text(&typed("array"), "[1]").unwrap(), json!([1]));
        assert!(value_of_text(&typed("integer"), "three").is_err());
    }
}
