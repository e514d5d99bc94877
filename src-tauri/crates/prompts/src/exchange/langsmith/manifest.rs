//! What LangChain serialises: prompts, messages, and the models that they are chained to.

use super::super::bodies::{take_list, take_map, take_text};
use super::super::build::{Build, bounded, content_text, literal, role_of};
use super::super::jinja::shown;
use super::super::jinja_write::from_untrimmed;
use super::super::{Loss, f_string, mustache};
use super::model::{self, is_empty, provider_of, settings};
use plumbline_model::{Role, Variable};
use serde_json::{Map, Value};

/// A serialised object: the last word of its id, and what it was made of.
struct Object {
    class: String,
    kwargs: Map<String, Value>,
}

impl Object {
    fn of(value: Value, place: &str) -> Result<Self, String> {
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
            Some(Value::Object(kwargs)) if !class.is_empty() => Ok(Self { class, kwargs }),
            _ => Err(format!("`{place}` is no serialised object")),
        }
    }
}

pub(super) fn read(build: &mut Build, value: Value, place: &str) -> Result<(), String> {
    step(build, value, place, 16)
}

fn step(build: &mut Build, value: Value, place: &str, depth: usize) -> Result<(), String> {
    let Object { class, mut kwargs } = Object::of(value, place)?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err("chains are nested too deep".to_owned());
    };
    match class.as_str() {
        "RunnableSequence" => {
            let first = kwargs.remove("first");
            let mut steps: Vec<Value> = first.into_iter().collect();
            steps.extend(take_list(&mut kwargs, "middle"));
            steps.extend(kwargs.remove("last"));
            for (index, value) in steps.into_iter().enumerate() {
                step(build, value, &format!("{place}.steps[{index}]"), depth)?;
            }
            kwargs.remove("name");
            build.drop_rest(place, &kwargs);
            Ok(())
        }
        "RunnableBinding" => {
            if let Some(bound) = kwargs.remove("bound") {
                step(build, bound, &format!("{place}.bound"), depth)?;
            }
            if let Some(call) = take_map(&mut kwargs, "kwargs") {
                settings(build, call, &format!("{place}.kwargs"));
            }
            kwargs.retain(|_, value| !is_empty(value));
            build.drop_rest(place, &kwargs);
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
                model::read(build, kwargs, provider, place);
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
        message(build, value, &format, &format!("{place}.messages[{index}]"))?;
    }
    let schema = kwargs.remove("schema_").or_else(|| kwargs.remove("schema"));
    if let Some(schema) = schema.filter(|schema| !schema.is_null()) {
        build.spec.output_schema = Some(schema);
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
    let optional = take_list(&mut kwargs, "optional_variables");
    let given = take_list(&mut kwargs, "input_variables");
    for (names, is_optional) in [(optional, true), (given, false)] {
        bounded(&names, "variables")?;
        for name in names.iter().filter_map(Value::as_str) {
            if is_placeholder(name, build) {
                continue;
            }
            if is_optional {
                build.optional([name.to_owned()]);
            } else if !build.declares(name) {
                build.spec.variables.push(Variable {
                    name: name.to_owned(),
                    ..Variable::default()
                });
            }
        }
    }
    build.drop_rest(place, &kwargs);
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
        let role = role(word)?;
        let template = template(build, text, format, place)?;
        build.message(role, &template, place);
        return Ok(());
    }
    let Object { class, mut kwargs } = Object::of(value, place)?;
    if class == "MessagesPlaceholder" {
        let name = take_text(&mut kwargs, "variable_name").unwrap_or_default();
        build.losses.push(Loss::dropped(place, placeholder(&name)));
        return Ok(());
    }
    let (word, is_template) = match class.strip_suffix("PromptTemplate") {
        Some(kind) => (kind, true),
        None => (class.as_str(), false),
    };
    let role = match word.strip_suffix("Message") {
        Some("Chat") => role(&take_text(&mut kwargs, "role").unwrap_or_default())?,
        Some(kind) => role(&kind.to_ascii_lowercase())?,
        None => return Err(format!("`{class}` is no message")),
    };
    let text = if is_template {
        match kwargs.remove("prompt") {
            Some(Value::Array(parts)) => joined(build, parts, format, place)?,
            Some(one) => part(build, one, format, place)?.unwrap_or_default(),
            None => return Err(format!("`{place}` has no template")),
        }
    } else {
        let content = kwargs.remove("content").unwrap_or_default();
        kwargs.remove("type");
        literal(&content_text(&content, place, &mut build.losses))
    };
    build.message(role, &text, place);
    kwargs.retain(|_, value| !is_empty(value));
    build.drop_rest(place, &kwargs);
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
            &format!("{place}.prompt[{index}]"),
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
    let Object { class, mut kwargs } = Object::of(value, place)?;
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

fn role(word: &str) -> Result<Role, String> {
    role_of(word)
        .map(|(role, _)| role)
        .ok_or_else(|| format!("`{}` is no role of a message", shown(word)))
}
