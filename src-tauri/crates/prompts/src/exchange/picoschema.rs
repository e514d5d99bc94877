//! Dotprompt's short form of a schema, as JSON Schema and as variables.
//!
//! Source: Dotprompt reference, "Picoschema": `name?: type, description`, `name(array): item`, `name(enum): [a, b]`.

use super::Loss;
use super::jinja::shown;
use plumbline_model::Variable;
use serde_json::{Map, Value, json};

const SCALARS: &[&str] = &["string", "number", "integer", "boolean", "null"];
const TYPES: &[&str] = &["string", "number", "integer", "boolean", "array", "object"];
const MAX_DEPTH: usize = 32;

/// JSON Schema of either form; the error says what is neither.
pub(super) fn json_schema(value: &Value) -> Result<Value, String> {
    expanded(value, MAX_DEPTH)
}

fn expanded(value: &Value, depth: usize) -> Result<Value, String> {
    if depth == 0 {
        return Err(format!("a schema is nested more than {MAX_DEPTH} deep"));
    }
    match value {
        Value::String(text) => scalar(text),
        Value::Object(members) => {
            if !is_json_schema(value) {
                return object(members, depth);
            }
            let mut schema = members.clone();
            if !says_type(members) {
                schema.insert("type".to_owned(), "object".into());
            }
            Ok(Value::Object(schema))
        }
        _ => Err(format!("`{}` is no schema", shown(&value.to_string()))),
    }
}

/// Whether Dotprompt takes a schema as it stands; any other is taken for the short form.
pub(super) fn is_json_schema(schema: &Value) -> bool {
    schema.as_object().is_some_and(|members| {
        says_type(members) || members.get("properties").is_some_and(Value::is_object)
    })
}

fn says_type(members: &Map<String, Value>) -> bool {
    let kind = members.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| SCALARS.contains(&kind) || ["array", "object"].contains(&kind))
}

/// `type, description`.
fn scalar(text: &str) -> Result<Value, String> {
    let (kind, description) = match text.split_once(',') {
        Some((kind, description)) => (kind.trim(), description.trim()),
        None => (text.trim(), ""),
    };
    let mut schema = match kind {
        "any" => json!({}),
        kind if SCALARS.contains(&kind) => json!({ "type": kind }),
        other => return Err(format!("`{}` is no type of a schema", shown(other))),
    };
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    Ok(schema)
}

fn object(members: &Map<String, Value>, depth: usize) -> Result<Value, String> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut schema = json!({"type": "object", "additionalProperties": false});
    for (key, value) in members {
        if key == "(*)" {
            schema["additionalProperties"] = expanded(value, depth - 1)?;
            continue;
        }
        let (name, form) = match key.split_once('(') {
            Some((name, form)) => (name, form.strip_suffix(')').unwrap_or(form)),
            None => (key.as_str(), ""),
        };
        let (name, is_optional) = match name.strip_suffix('?') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (form, description) = form.split_once(',').unwrap_or((form, ""));
        let mut property = match form.trim() {
            "" | "object" => expanded(value, depth - 1)?,
            "array" => json!({"type": "array", "items": expanded(value, depth - 1)?}),
            "enum" => json!({ "enum": value }),
            other => return Err(format!("`{}` is no form of a schema", shown(other))),
        };
        if !description.trim().is_empty() {
            property["description"] = description.trim().into();
        }
        if !is_optional {
            required.push(name.to_owned());
        }
        properties.insert(name.to_owned(), property);
    }
    schema["properties"] = Value::Object(properties);
    schema["required"] = json!(required);
    Ok(schema)
}

/// The variables that a JSON Schema of an object declares; what they cannot say of it is told.
pub(super) fn variables(
    schema: &Value,
    defaults: &Map<String, Value>,
    place: &str,
    losses: &mut Vec<Loss>,
) -> Vec<Variable> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_none_or(|names| names.iter().any(|required| required.as_str() == Some(name)))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut variables = Vec::new();
    for (name, property) in properties.into_iter().flatten() {
        let place = format!("{place}.{name}");
        let mut rest = property.as_object().cloned().unwrap_or_default();
        let kind = match rest.remove("type") {
            Some(Value::String(kind)) if TYPES.contains(&kind.as_str()) => Some(kind),
            None => None,
            Some(other) => {
                losses.push(Loss::changed(
                    format!("{place}.type"),
                    format!("a variable may be anything where it was {other}"),
                ));
                None
            }
        };
        let description = match rest.remove("description") {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let default = rest.remove("default");
        let default = defaults
            .get(name)
            .cloned()
            .or(default)
            .filter(|value| !value.is_null());
        if default.is_none() && !is_required(name) {
            let what = "it could be left out; a variable without a default must be given";
            losses.push(Loss::changed(place.clone(), what));
        }
        for key in rest.keys() {
            let what = "a variable has a type and no schema";
            losses.push(Loss::dropped(format!("{place}.{key}"), what));
        }
        variables.push(Variable {
            name: name.clone(),
            kind,
            description,
            default,
            trim: None,
        });
    }
    variables
}

/// The short form of what variables declare.
pub(super) fn of_variables(variables: &[Variable]) -> Value {
    let mut members = Map::new();
    for variable in variables {
        let optional = if variable.default.is_some() { "?" } else { "" };
        let name = &variable.name;
        let described = |text: &str| match variable.description.as_str() {
            "" => text.to_owned(),
            description => format!("{text}, {description}"),
        };
        let (key, value) = match variable.kind.as_deref() {
            Some("array") => (
                format!("{name}{optional}({})", described("array")),
                json!("any"),
            ),
            Some("object") => (
                format!("{name}{optional}({})", described("object")),
                json!({"(*)": "any"}),
            ),
            kind => (
                format!("{name}{optional}"),
                json!(described(kind.unwrap_or("any"))),
            ),
        };
        members.insert(key, value);
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_a_json_schema() {
        let short = json!({
            "title": "string, what it is, in short",
            "year?": "integer",
            "tags(array, labels)": "string",
            "kind?(enum)": ["a", "b"],
            "maker(object)": {"name": "string"},
            "free": "any",
        });
        let schema = json_schema(&short).unwrap();
        assert_eq!(
            schema["properties"],
            json!({
                "title": {"type": "string", "description": "what it is, in short"},
                "year": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}, "description": "labels"},
                "kind": {"enum": ["a", "b"]},
                "maker": {"type": "object", "additionalProperties": false,
                    "properties": {"name": {"type": "string"}}, "required": ["name"]},
                "free": {},
            })
        );
        assert_eq!(
            schema["required"],
            json!(["free", "maker", "tags", "title"])
        );
        let full = json!({"type": "object", "properties": {}});
        assert_eq!(json_schema(&full).unwrap(), full);
        for wrong in [json!("text"), json!(1), json!({"a(list)": "string"})] {
            assert!(json_schema(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn variables_come_back_from_the_short_form() {
        let declared = json!([
            {"name": "tone", "type": "string", "description": "How, exactly", "default": "plain"},
            {"name": "facts", "type": "array", "description": "What is known"},
            {"name": "any"},
        ]);
        let declared: Vec<Variable> = serde_json::from_value(declared).unwrap();
        let schema = json_schema(&of_variables(&declared)).unwrap();
        let mut losses = Vec::new();
        let defaults = json!({"tone": "plain"});
        let mut back = variables(&schema, defaults.as_object().unwrap(), "input", &mut losses);
        back.sort_by_key(|variable| declared.iter().position(|one| one.name == variable.name));
        assert_eq!(back, declared);
        let places: Vec<&str> = losses.iter().map(|loss| loss.place.as_str()).collect();
        assert_eq!(places, ["input.facts.items"]);
    }
}
