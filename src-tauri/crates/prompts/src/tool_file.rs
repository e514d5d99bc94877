//! A tool's file: front matter as a prompt has it, and below it the description that the model reads.
//!
//! ```text
//! ---
//! name: search_orders
//! version: 1.1.0
//! owner: ada@example.org
//! changelog: Finds orders by e-mail too.
//! parameters: {type: object, properties: {email: {type: string}}}
//! ---
//! Finds the orders of a customer.
//! ```

use crate::bump::Changes;
use crate::front_matter::{self, Keys};
use crate::name::is_device;
use crate::release::{not_exchangeable, with_version};
use crate::{Bump, BumpKind, Finding, PromptError, Severity, check_schema};
use plumbline_model::{ToolDefinition, ToolSpec};
use semver::Version;

const KEYS: &[&str] = &["name", "version", "owner", "changelog", "parameters"];
/// Largest tool file accepted, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Accepts what providers take for the name of a tool and every system for the name of a folder: 1 to 64 ASCII letters,
/// digits, `_` and `-`, but no device of Windows and nothing that starts like an option.
///
/// # Errors
/// [`PromptError::ToolName`] for anything else.
pub fn check_tool_name(name: &str) -> Result<(), PromptError> {
    let reason = if !crate::check::is_tool_name(name) {
        "use 1 to 64 letters a to z, digits, `_` and `-`"
    } else if name.starts_with('-') {
        "a hyphen stands at its start"
    } else if is_device(&name.to_ascii_lowercase()) {
        "Windows keeps it for a device"
    } else {
        return Ok(());
    };
    Err(PromptError::ToolName {
        name: name.chars().take(80).collect(),
        reason,
    })
}

/// Reads a tool's file.
///
/// # Errors
/// With the line where known: no front matter, YAML that is invalid or too large, an unknown or ill-typed key, a
/// missing name, version or schema of its parameters.
pub fn parse_tool(text: &str) -> Result<ToolSpec, PromptError> {
    if text.len() > MAX_BYTES {
        let reason = format!("the file has {} bytes, more than {MAX_BYTES}", text.len());
        return Err(PromptError::Body { line: None, reason });
    }
    let cut = front_matter::cut(text)?;
    let mut keys = Keys::of(cut.yaml, KEYS)?;
    let name = keys.required("name")?;
    check_tool_name(&name)?;
    let version = keys.version()?;
    let parameters = keys.take("parameters");
    Ok(ToolSpec {
        name,
        version,
        owner: keys.text("owner")?.unwrap_or_default(),
        changelog: keys.text("changelog")?.unwrap_or_default(),
        description: cut.body.trim().to_owned(),
        parameters: parameters.ok_or_else(|| {
            let reason = "`parameters` is missing; write `{type: object, properties: {}}` for a tool without any";
            keys.fault("parameters", reason)
        })?,
    })
}

/// What is wrong, or doubtful, with a tool's file.
#[must_use]
pub fn check_tool(text: &str) -> Vec<Finding> {
    let (spec, yaml) = match parse_tool(text).and_then(|s| Ok((s, front_matter::cut(text)?.yaml))) {
        Ok(read) => read,
        Err(error) => {
            return vec![Finding {
                severity: Severity::Error,
                line: error.line(),
                message: error.to_string(),
                key: None,
            }];
        }
    };
    let mut findings = Vec::new();
    let mut add = |severity, key, message: String| {
        findings.push(Finding {
            severity,
            line: front_matter::line_of_key(yaml, key),
            message,
            key: Some(key),
        });
    };
    if spec.owner.trim().is_empty() {
        add(Severity::Error, "owner", "`owner` is missing".to_owned());
    }
    if spec.description.is_empty() {
        let message = "the text below the front matter is empty: a model is told nothing of what the tool does";
        add(Severity::Warning, "name", message.to_owned());
    }
    if let Some(fault) = check_schema(&spec.parameters) {
        let message = format!("the parameters cannot be used: {fault}");
        add(Severity::Error, "parameters", message);
    } else if spec.parameters.get("type").and_then(|kind| kind.as_str()) != Some("object") {
        let message = "providers take parameters of `type: object` only".to_owned();
        add(Severity::Error, "parameters", message);
    }
    findings
}

/// Compares the tools that a prompt offered with those it offers now.
#[must_use]
pub fn tools_bump(old: &[ToolDefinition], new: &[ToolDefinition]) -> Bump {
    let mut changes = Changes::default();
    changes.tools(old, new);
    changes.finish()
}

/// Compares two versions of a tool. Their version numbers themselves play no part.
#[must_use]
pub fn tool_bump(old: &ToolSpec, new: &ToolSpec) -> Bump {
    let mut changes = Changes::default();
    changes.tools(&[old.definition()], &[new.definition()]);
    if old.owner != new.owner {
        changes.add(BumpKind::Patch, "the owner changed");
    }
    if old.changelog != new.changelog {
        changes.add(BumpKind::Patch, "the changelog changed");
    }
    changes.finish()
}

/// The working text with `version` and `changelog` in its front matter, all else byte for byte.
///
/// # Errors
/// As [`crate::new_release_text`].
pub fn new_tool_release_text(
    working_text: &str,
    version: &Version,
    changelog: &str,
) -> Result<String, PromptError> {
    let mut expected = parse_tool(working_text)?;
    let text = with_version(working_text, version, changelog)?;
    expected.version = version.clone();
    expected.changelog = changelog.trim().to_owned();
    if parse_tool(&text)? == expected {
        Ok(text)
    } else {
        Err(not_exchangeable())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOOL: &str = "---
name: search_orders
version: 1.0.0
owner: ada@example.org
changelog: First version.
parameters:
  type: object
  required: [email]
  properties: {email: {type: string}}
---
Finds the orders of a customer.
";

    #[test]
    fn a_file_says_what_the_model_is_offered() {
        let spec = parse_tool(TOOL).unwrap();
        assert_eq!(
            spec.definition().description,
            "Finds the orders of a customer."
        );
        assert_eq!(spec.parameters["required"], json!(["email"]));
        assert_eq!(check_tool(TOOL), []);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told = |from: &str, to: &str| -> (Option<usize>, String) {
            let found = check_tool(&TOOL.replace(from, to)).remove(0);
            (found.line, found.message)
        };
        assert_eq!(told("owner: ada@example.org\n", "").1, "`owner` is missing");
        assert_eq!(told("type: object", "type: array").0, Some(6));
        let (line, message) = told("type: string", "type: strong");
        assert!(
            line == Some(6) && message.contains("cannot be used"),
            "{message}"
        );
        assert!(told("owner", "ovner").1.contains("did you mean `owner`?"));
        assert!(
            told("search_orders", "../x")
                .1
                .contains("cannot be the name of a tool")
        );
        for name in ["con", "NUL", "-x", "a b", "", "é", &"x".repeat(65)] {
            assert!(check_tool_name(name).is_err(), "{name}");
        }
        for name in ["search_orders", "getOrder", "a-1"] {
            assert!(check_tool_name(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_step_is_as_large_as_what_breaks() {
        let step = |from: &str, to: &str| {
            let new = parse_tool(&TOOL.replace(from, to)).unwrap();
            tool_bump(&parse_tool(TOOL).unwrap(), &new).computed
        };
        assert_eq!(
            step("email: {type: string}", "email: {type: integer}"),
            BumpKind::Major
        );
        assert_eq!(step("Finds the", "Lists the"), BumpKind::Minor);
        assert_eq!(step("owner: ada", "owner: bob"), BumpKind::Patch);
        assert_eq!(step("version: 1.0.0", "version: 3.0.0"), BumpKind::None);
    }

    #[test]
    fn a_release_has_its_version_and_changelog_and_else_the_same_bytes() {
        let text = new_tool_release_text(TOOL, &Version::new(1, 1, 0), "By e-mail: too.").unwrap();
        let expected = TOOL.replace("version: 1.0.0", "version: 1.1.0").replace(
            "changelog: First version.",
            "changelog: \"By e-mail: too.\"",
        );
        assert_eq!(text, expected);
        assert!(new_tool_release_text(TOOL, &Version::new(1, 1, 0), " ").is_err());
    }
}
