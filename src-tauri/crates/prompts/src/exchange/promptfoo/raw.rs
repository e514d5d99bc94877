//! The text of a prompt as promptfoo takes it: the name of a file, a chat, or the words themselves.

use super::super::bodies::take_text;
use super::super::build::{Build, role_of};
use super::super::jinja_write::from_untrimmed;
use super::super::{Loss, documents};
use plumbline_model::Role;
use serde_json::Value;

/// Endings that make a text without spaces the name of a file.
const FILES: &[&str] = &[
    "txt", "md", "j2", "json", "yaml", "yml", "js", "cjs", "mjs", "ts", "py", "csv", "jsonl",
];

/// `file://…`, or a bare relative path as promptfoo takes it too.
pub(super) fn names_a_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = ending.split(':').next().unwrap_or_default();
    text.starts_with("file://")
        || (!text.contains([' ', '\n', '{', '[']) && FILES.contains(&ending))
}

/// The messages of a chat written as JSON or YAML; any other text is one of a user.
pub(super) fn messages(build: &mut Build, raw: &str, place: &str) -> Result<(), String> {
    if raw.trim().is_empty() {
        return Err("the prompt is empty".to_owned());
    }
    let Some(items) = chat(raw)? else {
        build.message(Role::User, &from_untrimmed(raw)?, place);
        return Ok(());
    };
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("{place}.raw[{index}]");
        let Value::Object(mut message) = item else {
            return Err(format!("{place} is no message"));
        };
        let word = take_text(&mut message, "role").unwrap_or_default();
        let (role, remark) = role_of(&word)
            .ok_or_else(|| format!("{place} has the role `{}`", word.escape_debug()))?;
        let remark = remark.map(|remark| Loss::changed(format!("{place}.role"), remark));
        build.losses.extend(remark);
        let content = message.remove("content").unwrap_or_default();
        let text = build.content_text(content, &format!("{place}.content"));
        build.message(role, &from_untrimmed(&text)?, &place);
        build.drop_rest(&place, &message);
    }
    Ok(())
}

fn chat(raw: &str) -> Result<Option<Vec<Value>>, String> {
    let trimmed = raw.trim();
    let torn = "a chat with templates outside of its texts cannot be taken apart";
    let value = if trimmed.starts_with('[') && trimmed.contains("\"role\"") {
        let documents = documents::json(trimmed).map_err(|error| format!("{torn}: {error}"))?;
        let [one] = <[Value; 1]>::try_from(documents).map_err(|_| torn)?;
        one
    } else if trimmed.starts_with("- role:") {
        documents::yaml(trimmed).map_err(|error| format!("{torn}: {error}"))?
    } else {
        return Ok(None);
    };
    match value {
        Value::Array(items) => Ok(Some(items)),
        _ => Err("a chat is a list of messages".to_owned()),
    }
}

/// Whether promptfoo takes a text for the prompt itself.
pub(super) fn is_plain_prompt(raw: &str) -> bool {
    !raw.trim().is_empty() && !names_a_file(raw) && matches!(chat(raw), Ok(None))
}
