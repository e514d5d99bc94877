//! Which fixes a finding could have. They are tried out before anyone sees them.

use super::edit::Fix;
use super::{declare, header, messages, remove, rename, words};
use crate::check::About;
use crate::variables::TYPES;
use crate::{Around, Checked, front_matter};
use plumbline_model::PromptSpec;
use plumbline_tokens::published_encoding;
use semver::Version;

pub(super) fn fixes(text: &str, around: &Around<'_>, checked: &Checked, index: usize) -> Vec<Fix> {
    let line = checked.findings[index].line;
    let set = |key: &str, value: &str| {
        let edits = header::set(text, key, value);
        edits.map(|edits| Fix::safe(format!("Set `{key}` to {value}"), edits))
    };
    match &checked.about[index] {
        About::Other => Vec::new(),
        About::NoFrontMatter => {
            let edit = header::whole(text, around.folder.unwrap_or("new-prompt"), owner(around));
            vec![Fix::unsure("Add a front matter", vec![edit])]
        }
        About::Missing(key) => missing(text, around, checked.spec.as_ref(), key)
            .into_iter()
            .collect(),
        About::UnknownKey { key, meant } => meant
            .iter()
            .flat_map(|meant| {
                let mut renames = rename::keys(text, key, meant);
                // The same slip in each of several entries.
                renames.push(renames.concat());
                let title = format!("Rename `{key}` to `{meant}`");
                // `max_tokens` may be meant for more than one.
                let safe = front_matter::distance(key, meant) <= 2;
                renames.into_iter().map(move |edits| Fix {
                    safe,
                    ..Fix::unsure(title.clone(), edits)
                })
            })
            .collect(),
        About::NotAVersion => set("version", &nearest_version(text).to_string())
            .into_iter()
            .collect(),
        About::SmallVersion(least) => set("version", &least.to_string()).into_iter().collect(),
        About::Name => around
            .folder
            .and_then(|name| set("name", name))
            .into_iter()
            .collect(),
        About::UnknownType { variable, kind } => types(text, variable, kind),
        About::Undeclared(name) => undeclared(text, checked.spec.as_ref(), name),
        About::Unused(name) => unused(text, checked, name),
        About::NoMessage => ["user", "system"]
            .map(|role| {
                Fix::unsure(
                    format!("Start a {role} message"),
                    messages::open_at_end(text, role),
                )
            })
            .into(),
        About::NoMessageYet => ["system", "user"]
            .into_iter()
            .filter_map(|role| {
                let edits = messages::open_above(text, line?, role)?;
                Some(Fix::unsure(format!("Make it a {role} message"), edits))
            })
            .collect(),
        About::EmptyMessage => line
            .and_then(|line| messages::remove_empty(text, line))
            .map(|edits| Fix::unsure("Remove the empty message", edits))
            .into_iter()
            .collect(),
        About::NoProvider(model) => vendor(model)
            .and_then(|vendor| {
                let named = format!("{vendor}:{model}");
                let edits = header::set(text, "model", &header::quoted(&named))?;
                Some(Fix::unsure(format!("Set `model` to {named}"), edits))
            })
            .into_iter()
            .collect(),
        About::Hidden => line
            .and_then(|line| messages::remove_hidden(text, line))
            .map(|edits| Fix::safe("Remove the characters that nobody sees", edits))
            .into_iter()
            .collect(),
    }
}

/// The vendor whose models have such names.
fn vendor(model: &str) -> Option<&'static str> {
    let known = [("claude-", "anthropic"), ("gemini-", "gemini")];
    let by_name = known.iter().find(|(start, _)| model.starts_with(start));
    let has_vocabulary = || published_encoding(model).map(|_| "openai");
    by_name.map(|(_, vendor)| *vendor).or_else(has_vocabulary)
}

fn owner<'a>(around: &Around<'a>) -> &'a str {
    let released = around.latest.map(|latest| latest.owner.as_str());
    let named = released.filter(|owner| !owner.is_empty()).or(around.person);
    named.unwrap_or("somebody")
}

fn missing(text: &str, around: &Around<'_>, spec: Option<&PromptSpec>, key: &str) -> Option<Fix> {
    let (value, safe) = match key {
        "name" => (around.folder?.to_owned(), true),
        "version" => {
            let latest = around.latest.map(|latest| latest.version.clone());
            (latest.unwrap_or(Version::new(0, 1, 0)).to_string(), true)
        }
        "owner" => (header::quoted(owner(around)), around.latest.is_some()),
        "changelog" => (header::quoted(&changelog(around, spec)), false),
        _ => return None,
    };
    let title = format!("Add `{key}: {value}`");
    let edits = header::set(text, key, &value)?;
    Some(if safe {
        Fix::safe(title, edits)
    } else {
        Fix::unsure(title, edits)
    })
}

/// The first reason of the computed step; it says what changed, if not why.
fn changelog(around: &Around<'_>, spec: Option<&PromptSpec>) -> String {
    let Some(latest) = around.latest else {
        return "First version.".to_owned();
    };
    let reasons = spec
        .map(|spec| crate::bump(latest, spec).reasons)
        .unwrap_or_default();
    // `minor: the text of a message changed`
    let said = |reason: &String| reason.split_once(": ").map(|(_, said)| said.to_owned());
    let first = reasons
        .iter()
        .filter_map(said)
        .find(|said| !said.contains("changelog"));
    first.unwrap_or_else(|| "Say what changed.".to_owned())
}

/// A version of the form 1.2.3 out of what stands there, such as `v1.2` or `1`.
fn nearest_version(text: &str) -> Version {
    let entry = super::yaml_lines::Front::of(text).and_then(|front| front.entry("version"));
    let written = entry.map(|entry| entry.value).unwrap_or_default();
    let mut numbers = written
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next();
    match (next(), next(), next()) {
        (None, ..) => Version::new(0, 1, 0),
        (Some(major), minor, patch) => Version::new(major, minor.unwrap_or(0), patch.unwrap_or(0)),
    }
}

fn types(text: &str, variable: &str, kind: &str) -> Vec<Fix> {
    let meant = match kind.to_ascii_lowercase().as_str() {
        "text" | "str" => Some("string"),
        "int" => Some("integer"),
        "float" | "double" | "decimal" => Some("number"),
        "bool" => Some("boolean"),
        "list" | "sequence" => Some("array"),
        "dict" | "map" | "mapping" | "json" => Some("object"),
        lower => words::near(lower, TYPES.iter().copied()).first().copied(),
    };
    let Some(meant) = meant.filter(|_| kind.len() <= 64) else {
        return Vec::new();
    };
    let title = format!("Make `{variable}` of type {meant}");
    let edits = rename::types(text, kind, meant).into_iter();
    edits
        .map(|edits| Fix::safe(title.clone(), edits))
        .take(1)
        .collect()
}

fn undeclared(text: &str, spec: Option<&PromptSpec>, name: &str) -> Vec<Fix> {
    let known = spec.iter().flat_map(|spec| &spec.variables);
    let meant = words::near(name, known.map(|variable| variable.name.as_str()));
    let mut fixes: Vec<Fix> = meant
        .iter()
        .take(2)
        .map(|meant| {
            Fix::safe(
                format!("Use `{meant}`"),
                rename::in_messages(text, name, meant),
            )
        })
        .collect();
    let declared = declare::variable(text, name);
    fixes.extend(declared.map(|edits| Fix::safe(format!("Declare `{name}`"), edits)));
    fixes
}

fn unused(text: &str, checked: &Checked, name: &str) -> Vec<Fix> {
    let title = format!("Remove the declaration of `{name}`");
    // Where the messages read a name like it, that is the slip.
    let read = checked.about.iter().filter_map(|about| match about {
        About::Undeclared(read) => Some(read.as_str()),
        _ => None,
    });
    let slip = !words::near(name, read).is_empty();
    let fix = remove::variable(text, name).map(|edits| match slip {
        true => Fix::unsure(title, edits),
        false => Fix::safe(title, edits),
    });
    fix.into_iter().collect()
}
