//! What LangChain serialises: prompts, messages, and the models that they are chained to.

use super::super::bodies::{take_list, take_map, take_text, take_texts};
use super::super::build::{Build, bounded, literal, member, role_of};
use super::super::jinja::shown;
use super::super::jinja_write::from_untrimmed;
use super::super::{Loss, f_string, mustache};
use super::model::{self, provider_of, settings};
use plumbline_model::{Role, Variable};
use serde_json::{Map, Value};

/// A serialised object: the last word of its id, and what it was made of.
struct Object {
    class: String,
    kwargs: Map<String, Value>,
}

impl Object {
    fn of(build: &mut Build, value: Value, place: &str) -> Result<Self, String> {
        let Value::Object(mut members) = value else {
            return Err(format!("`{place}` is no serialised object"));
        };
        let class = members
            .get("id")
            .and_then(Value::as_array)
            .and_then(|id| id.last()?.as_str())
            .unwrap_or_default();
        let class: String = class.chars().take(80).collect();
        match members.remove("kwargs") {
            Some(Value::Object(kwargs)) if !class.is_empty() => {
                // These say that it is a serialised object, and of which class.
                let is_form = |key: &str, value: &Value| match key {
                    "lc" | "type" | "id" | "graph" => true,
                    "name" => value.as_str() == Some(&class),
                    _ => false,
                };
                members.retain(|key, value| !is_form(key, value));
                build.drop_rest(place, &members);
                Ok(Self { class, kwargs })
            }
            _ => Err(format!("`{place}` is no serialised object")),
        }
    }
}

pub(super) fn read(build: &mut Build, value: Value, place: &str) -> Result<(), String> {
    step(build, value, place, 16)
}

fn step(build: &mut Build, value: Value, place: &str, depth: usize) -> Result<(), String> {
    let Object { class, mut kwargs } = Object::of(build, value, place)?;
    let within = |key: &str| format!("{place}.kwargs.{key}");
    let Some(depth) = depth.checked_sub(1) else {
        return Err("chains are nested too deep".to_owned());
    };
    match class.as_str() {
        "RunnableSequence" => {
            let first = kwargs.remove("first").map(|first| (within("first"), first));
            let mut steps: Vec<(String, Value)> = first.into_iter().collect();
            let middle = take_list(&mut kwargs, "middle").into_iter().enumerate();
            steps.extend(middle.map(|(index, one)| (within(&format!("middle[{index}]")), one)));
            steps.extend(kwargs.remove("last").map(|last| (within("last"), last)));
            for (place, value) in steps {
                step(build, value, &place, depth)?;
            }
            build.drop_rest(&format!("{place}.kwargs"), &kwargs);
            Ok(())
        }
        "RunnableBinding" => {
            if let Some(bound) = kwargs.remove("bound") {
                step(build, bound, &within("bound"), depth)?;
            }
            if let Some(call) = take_map(&mut kwargs, "kwargs") {
                settings(build, call, &within("kwargs"));
            }
            build.drop_rest(&format!("{place}.kwargs"), &kwargs);
            Ok(())
        }
        "ChatPromptTemplate" | "StructuredPrompt" => chat(build, kwargs, place),
        "PromptTemplate" => {
            let template = prompt(build, &mut kwargs, "f-string", place)?;
            build.message(Role::User, &template, place);
            declared(build, kwargs, place)
        }
        class if class.contains("OutputParser") => {
            let what = format!("`{class}` reads answers, which a prompt does not");
            build.losses.push(Loss::dropped(place, what));
            Ok(())
        }
        class => match provider_of(class) {
            Some(provider) => {
                model::read(build, kwargs, provider, &format!("{place}.kwargs"));
                Ok(())
            }
            None => Err(format!("`{class}` is neither a prompt nor a model")),
        },
    }
}

fn chat(build: &mut Build, mut kwargs: Map<String, Value>, place: &str) -> Result<(), String> {
    let format = take_text(&mut kwargs, "template_format").unwrap_or_else(|| "f-string".to_owned());
    let messages = take_list(&mut kwargs, "messages");
    bounded(&messages, "messages")?;
    for (index, value) in messages.into_iter().enumerate() {
        let at = format!("{place}.kwargs.messages[{index}]");
        message(build, value, &format, &at)?;
    }
    for key in ["schema_", "schema"] {
        let schema = kwargs.remove(key).filter(|schema| !schema.is_null());
        match (&build.spec.output_schema, schema) {
            (None, Some(schema)) => build.spec.output_schema = Some(schema),
            (Some(known), Some(schema)) if *known != schema => {
                let at = member(&format!("{place}.kwargs"), key);
                build
                    .losses
                    .push(Loss::dropped(at, "a prompt has one schema of its answer"));
            }
            _ => {}
        }
    }
    declared(build, kwargs, place)
}

/// What a prompt says of its variables, and what is left of it.
fn declared(build: &mut Build, mut kwargs: Map<String, Value>, place: &str) -> Result<(), String> {
    if let Some(values) = take_map(&mut kwargs, "partial_variables") {
        let values: Vec<(String, Value)> = values.into_iter().collect();
        bounded(&values, "variables")?;
        for (name, value) in values {
            if is_placeholder(&name, build) {
                continue;
            }
            build
                .spec
                .variables
                .retain(|variable| variable.name != name);
            build.spec.variables.push(Variable {
                name,
                default: Some(value),
                ..Variable::default()
            });
        }
    }
    let optional = take_texts(&mut kwargs, "optional_variables");
    let given = take_texts(&mut kwargs, "input_variables");
    for (names, is_optional) in [(optional, true), (given, false)] {
        bounded(&names, "variables")?;
        for name in names {
            if is_placeholder(&name, build) {
                continue;
            }
            if is_optional {
                build.optional([name]);
            } else if !build.declares(&name) {
                build.spec.variables.push(Variable {
                    name,
                    ..Variable::default()
                });
            }
        }
    }
    build.drop_rest(&format!("{place}.kwargs"), &kwargs);
    Ok(())
}

/// Whether a name is that of messages which are put in at run time: it went with them.
fn is_placeholder(name: &str, build: &Build) -> bool {
    build
        .losses
        .iter()
        .any(|loss| loss.what == placeholder(name))
}

fn placeholder(name: &str) -> String {
    let name: String = name.chars().take(80).collect();
    format!("the messages `{name}` are put in at run time and have no place in a prompt")
}

fn message(build: &mut Build, value: Value, format: &str, place: &str) -> Result<(), String> {
    // A message may be written as its role and its template.
    if let Value::Array(pair) = &value
        && let [Value::String(word), Value::String(text)] = pair.as_slice()
    {
        let role = role(build, word, place)?;
        let template = template(build, text, format, place)?;
        build.message(role, &template, place);
        return Ok(());
    }
    let Object { class, mut kwargs } = Object::of(build, value, place)?;
    if class == "MessagesPlaceholder" {
        let name = take_text(&mut kwargs, "variable_name").unwrap_or_default();
        build.losses.push(Loss::dropped(place, placeholder(&name)));
        build.drop_rest(&format!("{place}.kwargs"), &kwargs);
        return Ok(());
    }
    let (word, is_template) = match class.strip_suffix("PromptTemplate") {
        Some(kind) => (kind, true),
        None => (class.as_str(), false),
    };
    let role = match word.strip_suffix("Message") {
        Some("Chat") => {
            let word = take_text(&mut kwargs, "role").unwrap_or_default();
            role(build, &word, place)?
        }
        Some(kind) => role(build, &kind.to_ascii_lowercase(), place)?,
        None => return Err(format!("`{class}` is no message")),
    };
    let text = if is_template {
        match kwargs.remove("prompt") {
            Some(Value::Array(parts)) => joined(build, parts, format, place)?,
            Some(one) => {
                let at = format!("{place}.kwargs.prompt");
                part(build, one, format, &at)?.unwrap_or_default()
            }
            None => return Err(format!("`{place}` has no template")),
        }
    } else {
        let content = kwargs.remove("content").unwrap_or_default();
        // The class says it already.
        kwargs.remove("type");
        literal(&build.content_text(content, &format!("{place}.kwargs.content")))
    };
    build.message(role, &text, place);
    build.drop_rest(&format!("{place}.kwargs"), &kwargs);
    Ok(())
}

fn joined(
    build: &mut Build,
    parts: Vec<Value>,
    format: &str,
    place: &str,
) -> Result<String, String> {
    let mut texts = Vec::new();
    for (index, value) in parts.into_iter().enumerate() {
        texts.extend(part(
            build,
            value,
            format,
            &format!("{place}.kwargs.prompt[{index}]"),
        )?);
    }
    if texts.len() > 1 {
        let what = "the parts are joined into one text";
        build.losses.push(Loss::changed(place, what));
    }
    Ok(texts.join("\n"))
}

/// The template of a part, unless it is a picture.
fn part(
    build: &mut Build,
    value: Value,
    format: &str,
    place: &str,
) -> Result<Option<String>, String> {
    let Object { class, mut kwargs } = Object::of(build, value, place)?;
    if class != "PromptTemplate" {
        let what = format!("a message of a prompt is text; this is `{class}`");
        build.losses.push(Loss::dropped(place, what));
        return Ok(None);
    }
    let template = prompt(build, &mut kwargs, format, place)?;
    declared(build, kwargs, place)?;
    Ok(Some(template))
}

fn prompt(
    build: &mut Build,
    kwargs: &mut Map<String, Value>,
    format: &str,
    place: &str,
) -> Result<String, String> {
    let format = take_text(kwargs, "template_format").unwrap_or_else(|| format.to_owned());
    let text = take_text(kwargs, "template").ok_or_else(|| format!("`{place}` has no template"))?;
    template(build, &text, &format, place)
}

fn template(build: &mut Build, text: &str, format: &str, place: &str) -> Result<String, String> {
    match format {
        "f-string" => f_string::read(text),
        "jinja2" => from_untrimmed(text),
        "mustache" => {
            let converted = mustache::read(text)?;
            build.optional(converted.optional);
            let remarks = converted.remarks.into_iter();
            build
                .losses
                .extend(remarks.map(|remark| Loss::changed(place, remark)));
            Ok(converted.template)
        }
        other => Err(format!("templates of `{}` are not read", shown(other))),
    }
}

fn role(build: &mut Build, word: &str, place: &str) -> Result<Role, String> {
    let (role, remark) =
        role_of(word).ok_or_else(|| format!("`{}` is no role of a message", shown(word)))?;
    let remark = remark.map(|remark| Loss::changed(format!("{place}.role"), remark));
    build.losses.extend(remark);
    Ok(role)
}
