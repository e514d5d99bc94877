//! Tools that a prompt takes from files of their own: `- use: search_orders`, or `- use: search_orders@^1.1`.
//!
//! A working file refers to a tool; what it means is looked for by who has the files. A release and a run keep the
//! definition itself, with the version it came from, so that neither changes when a tool does.

use crate::{PromptError, check_tool_name, front_matter, parse};
use plumbline_model::{PromptSpec, ToolDefinition, ToolSpec, ToolUse};
use semver::{Version, VersionReq};
use serde_json::Value;

/// The entries of `tools`.
#[derive(Default)]
pub(crate) struct ToolEntries {
    pub(crate) tools: Vec<ToolDefinition>,
    pub(crate) tool_files: Vec<ToolUse>,
}

impl ToolEntries {
    /// An entry `use: name` or `use: name@versions`.
    pub(crate) fn add_use(&mut self, reference: &Value) -> Result<(), String> {
        let text = reference.as_str().ok_or_else(|| {
            format!("`use` must be the name of a tool's file such as `search_orders@1.2.0`, not {reference}")
        })?;
        let (name, wanted) = match text.split_once('@') {
            Some((name, wanted)) => (name, Some(wanted)),
            None => (text, None),
        };
        check_tool_name(name).map_err(|error| error.to_string())?;
        if let Some(wanted) = wanted {
            requirement(wanted).map_err(|error| {
                format!(
                    "`{wanted}` of `use: {text}` is not a version such as 1.2.0 or ^1.2: {error}"
                )
            })?;
        }
        self.tool_files.push(ToolUse {
            name: name.to_owned(),
            wanted: wanted.map(str::to_owned),
            version: None,
        });
        self.tools.push(ToolDefinition {
            name: name.to_owned(),
            description: String::new(),
            parameters: Value::Null,
        });
        Ok(())
    }

    /// An entry that holds the definition, with the version of the file it came from where it came from one.
    pub(crate) fn add_definition(&mut self, mut entry: Value) -> Result<(), String> {
        let version = entry
            .as_object_mut()
            .and_then(|entry| entry.remove("version"));
        let tool: ToolDefinition =
            serde_json::from_value(entry).map_err(|e| format!("`tools`: {e}"))?;
        if tool.parameters.is_null() {
            return Err(format!("`tools`: tool `{}` has no `parameters`", tool.name));
        }
        if let Some(version) = version {
            let parsed = version.as_str().and_then(|text| Version::parse(text).ok());
            let parsed = parsed.ok_or_else(|| {
                format!(
                    "version {version} of tool `{}` is not of the form 1.2.3",
                    tool.name
                )
            })?;
            self.tool_files.push(ToolUse {
                name: tool.name.clone(),
                wanted: None,
                version: Some(parsed),
            });
        }
        self.tools.push(tool);
        Ok(())
    }
}

fn requirement(wanted: &str) -> Result<VersionReq, semver::Error> {
    match Version::parse(wanted) {
        Ok(exact) => VersionReq::parse(&format!("={exact}")),
        Err(_) => VersionReq::parse(wanted),
    }
}

/// Whether a version of a tool is one that a reference asks for. Without a wish every release will do.
#[must_use]
pub fn fits(tool: &ToolUse, version: &Version) -> bool {
    let wanted = tool.wanted.as_deref().map(requirement);
    wanted.is_none_or(|wanted| wanted.is_ok_and(|wanted| wanted.matches(version)))
}

/// Names of the tools whose definition was not found yet.
pub fn unresolved_tools(spec: &PromptSpec) -> impl Iterator<Item = &str> {
    let unresolved = spec.tools.iter().filter(|tool| is_unresolved(spec, tool));
    unresolved.map(|tool| tool.name.as_str())
}

pub(crate) fn is_unresolved(spec: &PromptSpec, tool: &ToolDefinition) -> bool {
    tool.parameters.is_null()
        && spec
            .tool_files
            .iter()
            .any(|file| file.name == tool.name && file.version.is_none())
}

/// Why a tool has no definition, as a sentence.
pub(crate) fn not_found(spec: &PromptSpec, name: &str) -> String {
    let file = spec.tool_files.iter().find(|file| file.name == name);
    match file.and_then(|file| file.wanted.as_deref()) {
        Some(wanted) => format!(
            "no release of tool `{name}` is {wanted}; `plumbline tool list` names those that are there"
        ),
        None => {
            format!("tool `{name}` has no release; make one with `plumbline tool release {name}`")
        }
    }
}

/// Fills in the definitions of tools that are files of their own. One that `find` does not know stays as it is, and
/// the prompt can be neither rendered nor released.
pub fn resolve_tools(spec: &mut PromptSpec, find: impl Fn(&ToolUse) -> Option<ToolSpec>) {
    for file in spec
        .tool_files
        .iter_mut()
        .filter(|file| file.version.is_none())
    {
        let Some(found) = find(file) else { continue };
        if let Some(tool) = spec.tools.iter_mut().find(|tool| tool.name == file.name) {
            *tool = found.definition();
            file.version = Some(found.version);
        }
    }
}

/// The text of a prompt with the definitions of its tools in place of references to their files, so that it says all
/// by itself. `spec` is what the text says, tools found.
///
/// # Errors
/// When a tool was not found, or a reference does not stand on a line `- use: name` of its own.
pub fn with_tools_written(text: &str, spec: &PromptSpec) -> Result<String, PromptError> {
    if spec.tool_files.is_empty() {
        return Ok(text.to_owned());
    }
    if let Some(name) = unresolved_tools(spec).next() {
        return Err(PromptError::front(None, not_found(spec, name)));
    }
    let cut = front_matter::cut(text)?;
    let yaml: String = cut
        .yaml
        .split_inclusive('\n')
        .map(|line| written(line, spec).unwrap_or_else(|| line.to_owned()))
        .collect();
    let start = cut.yaml_start;
    let whole = [&text[..start], &yaml, &text[start + cut.yaml.len()..]].concat();
    let mut got = parse(&whole)?;
    let mut expected = spec.clone();
    // What was asked for is not written, and lines move.
    for file in &mut expected.tool_files {
        file.wanted = None;
    }
    for (section, wanted) in got.sections.iter_mut().zip(&expected.sections) {
        section.line = wanted.line;
    }
    if got == expected {
        Ok(whole)
    } else {
        let reason = "each reference to a tool's file must stand on a line of its own, such as `  - use: search_orders`";
        Err(PromptError::Release(reason.to_owned()))
    }
}

/// The definition that stands for a line `- use: name`; `None` for any other line.
fn written(line: &str, spec: &PromptSpec) -> Option<String> {
    let bare = line.trim_start_matches([' ', '\t']);
    let indent = &line[..line.len() - bare.len()];
    let reference = bare.strip_prefix('-')?.trim_start().strip_prefix("use:")?;
    // A comment goes with the reference it explains.
    let reference = reference
        .split(" #")
        .next()?
        .trim()
        .trim_matches(['"', '\'']);
    let name = reference.split('@').next()?;
    let file = spec.tool_files.iter().find(|file| file.name == name)?;
    let tool = spec.tools.iter().find(|tool| tool.name == name)?;
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let version = file.version.as_ref()?;
    // JSON is YAML, so no character of a tool means anything to the front matter.
    let description = Value::from(tool.description.as_str());
    Some(format!(
        "{indent}- name: {name}{end}{indent}  version: {version}{end}{indent}  description: {description}{end}{indent}  parameters: {}{end}",
        tool.parameters
    ))
}

#[cfg(test)]
mod tests;
