//! From foreign messages to a prompt of ours.

use super::{ForeignVersion, Loss, jinja_words};
use crate::{Severity, check, parse, sections, used_variables, write_prompt};
use plumbline_model::{PromptOrigin, PromptSpec, Role, Section, Variable};
use serde_json::{Map, Value};

/// Most messages of a prompt, as in a prompt file, and most variables.
pub(super) const MAX_PARTS: usize = 1_000;
/// Losses of one version that are told one by one.
const MAX_LOSSES: usize = 500;

/// Sources whose ids a person writes: two texts may bear the same, so that it does not say which of them a version is.
const IDS_BY_HAND: &[&str] = &["promptfoo", "prompty", "dotprompt"];

/// Refuses a list that no prompt is as long as, before each of its items is held against the others.
pub(super) fn bounded<T>(items: &[T], what: &str) -> Result<(), String> {
    if items.len() > MAX_PARTS {
        return Err(format!("it has more than {MAX_PARTS} {what}"));
    }
    Ok(())
}

/// What is null or empty says nothing that could be lost.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Where a member stands, within `place` unless that is the whole.
pub(super) fn member(place: &str, key: &str) -> String {
    let key: String = key.chars().take(80).collect();
    match place {
        "" => key,
        place => format!("{place}.{key}"),
    }
}

/// A version that is being put together.
pub(super) struct Build {
    pub(super) spec: PromptSpec,
    pub(super) losses: Vec<Loss>,
    /// Our file that it was before it was changed.
    pub(super) was: Option<String>,
}

impl Build {
    pub(super) fn new(name: &str) -> Self {
        let mut spec = PromptSpec::unnamed();
        spec.name = super::safe_name(name);
        Self {
            spec,
            losses: Vec::new(),
            was: None,
        }
    }

    /// Adds a message; `place` says where it stood.
    pub(super) fn message(&mut self, role: Role, template: &str, place: &str) {
        let text = template.replace("\r\n", "\n");
        if text.len() < template.len() {
            let what = "line ends of two characters are written as one";
            self.losses.push(Loss::changed(place, what));
        }
        let kept = sections::without_blank_end(&text);
        if kept.len() < text.len() {
            let what = "blank lines at the end of a message are no part of a prompt file";
            self.losses.push(Loss::changed(place, what));
        }
        self.spec.sections.push(Section {
            role,
            template: kept.to_owned(),
            line: 0,
        });
    }

    /// Notes members that have no place in a prompt.
    pub(super) fn drop_rest(&mut self, place: &str, rest: &Map<String, Value>) {
        for (key, value) in rest.iter().filter(|(_, value)| !says_nothing(value)) {
            let shown: String = value.to_string().chars().take(80).collect();
            let what = format!("a prompt has no place for {shown}");
            self.losses.push(Loss::dropped(member(place, key), what));
        }
    }

    /// Declares what the templates use, as texts that must be given. The error says why it can be no prompt.
    pub(super) fn declare(&mut self) -> Result<(), String> {
        let used = used_variables(&self.spec).map_err(|error| error.to_string())?;
        for name in used {
            if !self.declares(&name) {
                self.spec.variables.push(Variable {
                    name,
                    ..Variable::default()
                });
            }
        }
        Ok(())
    }

    /// Declares names that may be left out, as empty texts.
    pub(super) fn optional(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            if !self.declares(&name) {
                self.spec.variables.push(Variable {
                    name,
                    default: Some(Value::from("")),
                    ..Variable::default()
                });
            }
        }
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        let mut variables = self.spec.variables.iter();
        variables.any(|variable| variable.name == name)
    }

    /// The version, once it is seen to be a prompt that can be written and read again.
    pub(super) fn finish(mut self, source: &str, about: About) -> Result<ForeignVersion, String> {
        bounded(&self.spec.sections, "messages")?;
        bounded(&self.spec.variables, "variables")?;
        self.declare()?;
        if self.losses.len() > MAX_LOSSES {
            let more = self.losses.split_off(MAX_LOSSES).len();
            let what = format!("{more} more losses are not told one by one");
            self.losses.push(Loss::dropped("…", what));
        }
        for section in &self.spec.sections {
            if let Some(word) = jinja_words::unknown_word(&section.template) {
                return Err(format!("templates have no `{word}`"));
            }
        }
        self.spec.origin = Some(PromptOrigin {
            source: source.to_owned(),
            id: about.id.clone().filter(|_| !IDS_BY_HAND.contains(&source)),
            author: about.author.clone(),
            at: about.at.map(plumbline_model::NanosText),
        });
        self.spec.changelog = match one_line(&about.message) {
            line if line.is_empty() => match &about.id {
                Some(id) => format!("Imported from {source}, version {id}."),
                None => format!("Imported from {source}."),
            },
            line => line,
        };
        if self.spec.owner.trim().is_empty() {
            let owner = about
                .author
                .clone()
                .filter(|author| !author.trim().is_empty());
            self.spec.owner = owner.unwrap_or_else(|| "imported".to_owned());
        }
        let mut read = parse(&write_prompt(&self.spec)).map_err(|error| error.to_string())?;
        if let Some(fault) = check(&read)
            .into_iter()
            .find(|f| f.severity == Severity::Error)
        {
            return Err(fault.message);
        }
        for section in &mut read.sections {
            section.line = 0;
        }
        if read != self.spec {
            return Err("a prompt file would not say the same".to_owned());
        }
        Ok(ForeignVersion {
            id: about.id,
            author: about.author,
            at: about.at,
            message: about.message,
            labels: about.labels,
            spec: self.spec,
            file: None,
            was: self.was,
            losses: self.losses,
        })
    }
}

/// What a source says of a version beside the prompt.
#[derive(Default)]
pub(super) struct About {
    pub(super) id: Option<String>,
    pub(super) author: Option<String>,
    pub(super) at: Option<plumbline_model::UnixNanos>,
    pub(super) message: String,
    pub(super) labels: Vec<String>,
}

/// The first line that says something, cut to what fits a changelog.
pub(super) fn one_line(message: &str) -> String {
    let line = message
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    line.chars().take(200).collect()
}

/// A text that is no template, so written that rendering gives it back.
pub(super) fn literal(text: &str) -> String {
    if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match from.as_bytes().get(1) {
            Some(b'{' | b'%' | b'#') => {
                out.push_str("{{ '");
                out.push_str(&from[..2]);
                out.push_str("' }}");
                rest = &from[2..];
            }
            _ => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// What a template without anything to fill in says; `None` when it has something.
pub(super) fn plain_text(template: &str) -> Option<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let literal = ["{{", "{%", "{#"]
            .iter()
            .find_map(|mark| Some((*mark, from.strip_prefix(&format!("{{{{ '{mark}' }}}}"))?)));
        if let Some((mark, after)) = literal {
            out.push_str(mark);
            rest = after;
        } else if matches!(from.as_bytes().get(1), Some(b'{' | b'%' | b'#')) {
            return None;
        } else {
            out.push('{');
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The role that a foreign word names; the second value is a remark where it is not quite the same.
pub(super) fn role_of(word: &str) -> Option<(Role, Option<&'static str>)> {
    match word {
        "system" => Some((Role::System, None)),
        "developer" => Some((Role::System, Some("`developer` is written as `system`"))),
        "user" | "human" => Some((Role::User, None)),
        "assistant" | "ai" | "model" => Some((Role::Assistant, None)),
        "tool" | "function" => Some((Role::Tool, None)),
        _ => None,
    }
}
