//! The YAML between the `---` lines: read with a budget, every key known, every fault on its line.
//!
//! It decides shapes and types only; whether the values make sense together is for the checks. What `trim` and
//! `when_over` mean stands with the code that fits a prompt to its budget.

use crate::tool_uses::ToolEntries;
use crate::{PromptError, check_name, instant};
use plumbline_model::{Budget, ModelParameters, PromptOrigin, ToolDefinition, ToolUse, Variable};
use semver::Version;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) const KEYS: &[&str] = &[
    "name",
    "version",
    "owner",
    "description",
    "changelog",
    "model",
    "parameters",
    "variables",
    "tools",
    "output_schema",
    "budget",
    "origin",
];
pub(crate) const VARIABLE_KEYS: &[&str] = &["name", "type", "description", "default", "trim"];
pub(crate) const TRIM_KEYS: &[&str] = &["policy", "keep_tokens", "score"];
pub(crate) const BUDGET_KEYS: &[&str] = &[
    "max_tokens_in",
    "max_tokens_out",
    "max_cost_usd",
    "sections",
    "when_over",
];
pub(crate) const SECTION_TRIM_KEYS: &[&str] = &["section", "trim"];
pub(crate) const TOOL_KEYS: &[&str] = &["name", "version", "description", "parameters"];
pub(crate) const TOOL_USE_KEYS: &[&str] = &["use"];
pub(crate) const ORIGIN_KEYS: &[&str] = &["source", "id", "author", "at"];

/// Values of the front matter, typed.
pub(crate) struct FrontMatter {
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) owner: String,
    pub(crate) description: String,
    pub(crate) changelog: String,
    pub(crate) model: Option<String>,
    pub(crate) parameters: ModelParameters,
    pub(crate) variables: Vec<Variable>,
    pub(crate) tools: Vec<ToolDefinition>,
    pub(crate) tool_files: Vec<ToolUse>,
    pub(crate) output_schema: Option<Value>,
    pub(crate) budget: Budget,
    pub(crate) origin: Option<PromptOrigin>,
}

/// A prompt file cut at its `---` lines.
pub(crate) struct Cut<'t> {
    /// The YAML, which starts on line 2 of the file.
    pub(crate) yaml: &'t str,
    /// Offset of the YAML in the text, in bytes.
    pub(crate) yaml_start: usize,
    pub(crate) body: &'t str,
    /// Line of the file on which the body starts.
    pub(crate) body_line: usize,
}

/// Cuts a file at its two `---` lines.
pub(crate) fn cut(text: &str) -> Result<Cut<'_>, PromptError> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = bare.split_inclusive('\n');
    let first = lines.next().unwrap_or("");
    if first.trim_end() != "---" {
        return Err(PromptError::NoFrontMatter);
    }
    let start = text.len() - bare.len() + first.len();
    let mut end = start;
    for (index, line) in lines.enumerate() {
        if line.trim_end() == "---" {
            return Ok(Cut {
                yaml: &text[start..end],
                yaml_start: start,
                body: &text[end + line.len()..],
                body_line: index + 3,
            });
        }
        end += line.len();
    }
    let reason = "there is no second line `---` that ends it";
    Err(PromptError::front(Some(1), reason))
}

/// The line of the file on which a top-level key stands.
pub(crate) fn line_of_key(yaml: &str, key: &str) -> Option<usize> {
    let quotes = ['"', '\''];
    let is_key = |line: &str| {
        let rest = line.trim_start_matches(quotes).strip_prefix(key);
        rest.is_some_and(|rest| {
            rest.trim_start_matches(quotes)
                .trim_start()
                .starts_with(':')
        })
    };
    yaml.lines().position(is_key).map(|index| index + 2)
}

/// Reads the YAML.
pub(crate) fn read(yaml: &str) -> Result<FrontMatter, PromptError> {
    let mut keys = Keys::of(yaml, KEYS)?;
    let name = keys.required("name")?;
    check_name(&name)?;
    let version = keys.version()?;
    let ToolEntries { tools, tool_files } = keys.tools()?;
    Ok(FrontMatter {
        name,
        version,
        owner: keys.text("owner")?.unwrap_or_default(),
        description: keys.text("description")?.unwrap_or_default(),
        changelog: keys.text("changelog")?.unwrap_or_default(),
        model: keys.text("model")?,
        parameters: keys.parameters()?,
        variables: keys.variables()?,
        tools,
        tool_files,
        output_schema: keys.take("output_schema"),
        budget: keys.budget()?,
        origin: keys.origin()?,
    })
}

fn yaml_map(yaml: &str) -> Result<Map<String, Value>, PromptError> {
    let mut budget = serde_saphyr::Budget::default();
    // A prompt's front matter is small; these stop alias bombs and deep nesting early.
    budget.max_depth = 48;
    budget.max_nodes = 50_000;
    budget.max_events = 200_000;
    budget.max_aliases = 100;
    budget.max_anchors = 100;
    budget.max_documents = 1;
    budget.max_total_scalar_bytes = 4 << 20;
    let options = serde_saphyr::options! {
        budget: Some(budget),
        strict_booleans: true,
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::Reject,
    };
    let value: Value = serde_saphyr::from_str_with_options(yaml, options).map_err(|e| {
        let line = e
            .location()
            .map(|at| usize::try_from(at.line()).unwrap_or(0) + 1);
        PromptError::front(line, format!("it is not valid YAML: {e}"))
    })?;
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Err(PromptError::front(
            Some(1),
            "it is empty; `name` and `version` are needed",
        )),
        _ => Err(PromptError::front(
            Some(2),
            "it must be a list of `key: value` lines",
        )),
    }
}

/// Values by their top-level key, each taken once.
pub(crate) struct Keys<'t> {
    yaml: &'t str,
    map: Map<String, Value>,
}

impl<'t> Keys<'t> {
    /// Reads the YAML, whose keys must all be known.
    pub(crate) fn of(yaml: &'t str, known: &[&str]) -> Result<Self, PromptError> {
        let map = yaml_map(yaml)?;
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(unknown_key(key, known, line_of_key(yaml, key))),
            None => Ok(Self { yaml, map }),
        }
    }

    pub(crate) fn version(&mut self) -> Result<Version, PromptError> {
        let line = line_of_key(self.yaml, "version");
        let not_one = |reason| PromptError::NotAVersion { line, reason };
        if let Some(number @ Value::Number(_)) = self.map.get("version") {
            let reason = format!("`version` must be text such as 1.2.3, not {number}");
            return Err(not_one(reason));
        }
        let version = self.required("version")?;
        Version::parse(&version)
            .map_err(|e| not_one(format!("version `{version}` is not of the form 1.2.3: {e}")))
    }

    pub(crate) fn fault(&self, key: &str, reason: impl Into<String>) -> PromptError {
        PromptError::front(line_of_key(self.yaml, key), reason)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>, PromptError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                let reason = format!("`{key}` must be text, not {other}; put it in quotes");
                Err(self.fault(key, reason))
            }
        }
    }

    pub(crate) fn required(&mut self, key: &str) -> Result<String, PromptError> {
        self.text(key)?.ok_or_else(|| PromptError::MissingKey {
            line: line_of_key(self.yaml, key),
            key: key.to_owned(),
        })
    }

    fn typed<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, PromptError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        serde_json::from_value(value)
            .map(Some)
            .map_err(|e| self.fault(key, format!("`{key}`: {e}")))
    }

    fn parameters(&mut self) -> Result<ModelParameters, PromptError> {
        if let Some(Value::Object(parameters)) = self.map.get_mut("parameters") {
            // One stop word may be written without a list, as the provider APIs allow.
            if let Some(stop @ Value::String(_)) = parameters.get_mut("stop") {
                *stop = Value::Array(vec![stop.take()]);
            }
        }
        Ok(self.typed("parameters")?.unwrap_or_default())
    }

    fn budget(&mut self) -> Result<Budget, PromptError> {
        if let Some(budget @ Value::Object(_)) = self.map.get("budget") {
            self.known_members("budget", budget, BUDGET_KEYS)?;
            let sections = budget.get("sections").and_then(Value::as_array);
            for section in sections.into_iter().flatten() {
                self.known_members("budget", section, SECTION_TRIM_KEYS)?;
                self.known_trim("budget", section)?;
            }
        }
        let sections = self
            .map
            .get_mut("budget")
            .and_then(|budget| budget.get_mut("sections"));
        for section in sections.and_then(Value::as_array_mut).into_iter().flatten() {
            spell_out_trim(section);
        }
        Ok(self.typed("budget")?.unwrap_or_default())
    }

    fn tools(&mut self) -> Result<ToolEntries, PromptError> {
        let entries: Vec<Value> = self.typed("tools")?.unwrap_or_default();
        let mut read = ToolEntries::default();
        for entry in entries {
            let is_use = entry.get("use").is_some();
            let known = if is_use { TOOL_USE_KEYS } else { TOOL_KEYS };
            self.known_members("tools", &entry, known)?;
            let added = if is_use {
                read.add_use(&entry["use"])
            } else {
                read.add_definition(entry)
            };
            added.map_err(|reason| self.fault("tools", reason))?;
        }
        Ok(read)
    }

    /// `{source, id, author, at}`; the time is written as people read it.
    fn origin(&mut self) -> Result<Option<PromptOrigin>, PromptError> {
        let key = "origin";
        let Some(mut value) = self.take(key) else {
            return Ok(None);
        };
        self.known_members(key, &value, ORIGIN_KEYS)?;
        if let Some(at) = value.get_mut("at").filter(|at| !at.is_null()) {
            let nanos = at.as_str().and_then(instant::from_rfc3339).ok_or_else(|| {
                let reason = format!(
                    "`at` of `origin` must be a time such as 2026-03-01T09:30:00Z, not {at}"
                );
                self.fault(key, reason)
            })?;
            *at = Value::String(nanos.0.to_string());
        }
        serde_json::from_value(value)
            .map(Some)
            .map_err(|e| self.fault(key, format!("`{key}`: {e}")))
    }

    /// A list of names or of `{name, type, …}`, or a map from the name to `{type, …}`.
    fn variables(&mut self) -> Result<Vec<Variable>, PromptError> {
        let key = "variables";
        let entries = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(entries)) => entries
                .into_iter()
                .map(|entry| match entry {
                    Value::String(name) => serde_json::json!({ "name": name }),
                    other => other,
                })
                .collect(),
            Some(Value::Object(map)) => map
                .into_iter()
                .map(|(name, entry)| {
                    let mut members = match entry {
                        Value::Null => Map::new(),
                        Value::Object(members) if !members.contains_key("name") => members,
                        _ => {
                            let reason = format!(
                                "variable `{name}` must be a map such as `{{type: string}}`"
                            );
                            return Err(self.fault(key, reason));
                        }
                    };
                    members.insert("name".to_owned(), Value::String(name));
                    Ok(Value::Object(members))
                })
                .collect::<Result<Vec<_>, _>>()?,
            Some(_) => return Err(self.fault(key, "`variables` must be a list or a map")),
        };
        entries
            .into_iter()
            .map(|mut entry| {
                self.known_members(key, &entry, VARIABLE_KEYS)?;
                self.known_trim(key, &entry)?;
                spell_out_trim(&mut entry);
                serde_json::from_value(entry).map_err(|e| self.fault(key, format!("`{key}`: {e}")))
            })
            .collect()
    }

    fn known_trim(&self, key: &str, entry: &Value) -> Result<(), PromptError> {
        match entry.get("trim") {
            Some(trim @ Value::Object(_)) => self.known_members(key, trim, TRIM_KEYS),
            _ => Ok(()),
        }
    }

    fn known_members(&self, key: &str, entry: &Value, known: &[&str]) -> Result<(), PromptError> {
        let Value::Object(members) = entry else {
            return Err(self.fault(
                key,
                format!("each entry of `{key}` must be a map, not {entry}"),
            ));
        };
        match members
            .keys()
            .find(|member| !known.contains(&member.as_str()))
        {
            Some(member) => Err(unknown_key(member, known, line_of_key(self.yaml, key))),
            None => Ok(()),
        }
    }
}

fn unknown_key(key: &str, known: &[&str], line: Option<usize>) -> PromptError {
    let key: String = key.chars().take(64).collect();
    let nearest = known
        .iter()
        .min_by_key(|candidate| distance(&key, candidate));
    let meant = nearest.filter(|candidate| distance(&key, candidate) <= 1 + candidate.len() / 3);
    let advice = match meant {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("known keys are {}", known.join(", ")),
    };
    PromptError::UnknownKey {
        line,
        meant: meant.map(|&meant| meant.to_owned()),
        key,
        advice,
    }
}

/// Levenshtein distance in characters; both texts are short here.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
/// A policy may be written as its word alone.
fn spell_out_trim(entry: &mut Value) {
    if let Some(trim @ Value::String(_)) = entry.get_mut("trim") {
        *trim = serde_json::json!({ "policy": trim.take() });
    }
}
