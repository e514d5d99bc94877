//! Prompts of a config: texts, files and chats become messages; what is code stays behind.

use super::folder::{ConfigFolder, ending};
use super::losses::Losses;
use super::values::{slug, text_of};
use super::yaml;
use plumbline_model::Role;
use serde_json::Value;
use std::collections::BTreeSet;

/// A config with more prompts than this is not read further.
const MAX_PROMPTS: usize = 1_000;

/// A prompt before it has variables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    /// A safe folder name, unique in the config.
    pub(super) name: String,
    /// What the config calls it.
    pub(super) label: String,
    pub(super) messages: Vec<(Role, String)>,
    /// Where it stands in the config.
    pub(super) place: String,
}

/// Reads `prompts`; `fallback` names those that have no label and no file.
pub(super) fn read(
    value: &Value,
    folder: &ConfigFolder,
    fallback: &str,
    losses: &mut Losses,
) -> Vec<Draft> {
    let one = std::slice::from_ref(value);
    let entries = match value {
        Value::Array(entries) => entries.as_slice(),
        Value::String(_) => one,
        _ => {
            losses.left_out("prompts", "prompts are read from a text or a list");
            return Vec::new();
        }
    };
    let mut drafts = Drafts {
        taken: BTreeSet::new(),
        fallback,
        drafts: Vec::new(),
    };
    for (index, entry) in entries.iter().enumerate() {
        let place = format!("prompts[{index}]");
        if drafts.drafts.len() >= MAX_PROMPTS {
            losses.left_out(place, format!("at most {MAX_PROMPTS} prompts are read"));
            break;
        }
        if let Err(reason) = drafts.entry(entry, folder, &place, losses) {
            losses.left_out(place, reason);
        }
    }
    drafts.drafts
}

struct Drafts<'f> {
    taken: BTreeSet<String>,
    fallback: &'f str,
    drafts: Vec<Draft>,
}

impl Drafts<'_> {
    fn entry(
        &mut self,
        entry: &Value,
        folder: &ConfigFolder,
        place: &str,
        losses: &mut Losses,
    ) -> Result<(), String> {
        let (raw, label) = match entry {
            Value::String(raw) => (raw.clone(), None),
            Value::Object(members) => {
                for key in members.keys() {
                    if !["id", "label", "display", "raw"].contains(&key.as_str()) {
                        losses.left_out(place, format!("`{key}` of a prompt has no counterpart"));
                    }
                }
                let text = |key: &str| members.get(key).and_then(text_of);
                let raw = text("raw").or_else(|| text("id").filter(|id| names_a_file(id)));
                let label = text("label")
                    .or_else(|| text("display"))
                    .or_else(|| text("id"));
                (raw.ok_or("the prompt has no text")?, label)
            }
            _ => return Err("a prompt is a text or has `raw` or `id`".to_owned()),
        };
        if !names_a_file(&raw) {
            self.add(&raw, label, None, place)?;
            return Ok(());
        }
        let ending = ending(&raw);
        if raw.contains('*') {
            return Err("patterns of file names are not followed".to_owned());
        }
        let texts = match ending.as_str() {
            // Lines of three hyphens part several prompts in one text file.
            "txt" => parted(&folder.read(&raw)?),
            "md" | "j2" | "json" | "yaml" | "yml" => vec![folder.read(&raw)?],
            "js" | "cjs" | "mjs" | "ts" | "py" | "rb" | "sh" | "exe" | "bat" => {
                return Err("code is not run".to_owned());
            }
            _ => return Err(format!("prompt files ending in `{ending}` are not read")),
        };
        let stem = std::path::Path::new(&raw).file_stem();
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        for text in texts {
            self.add(
                &text,
                label.clone().or_else(|| stem.clone()),
                Some(&ending),
                place,
            )?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        text: &str,
        label: Option<String>,
        ending: Option<&str>,
        place: &str,
    ) -> Result<(), String> {
        let messages = messages(text, ending)?;
        let base = slug(label.as_deref().unwrap_or(self.fallback), "prompt");
        let mut name = base.clone();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{base}-{number}");
        }
        self.drafts.push(Draft {
            label: label.unwrap_or_else(|| name.clone()),
            name,
            messages,
            place: place.to_owned(),
        });
        Ok(())
    }
}

/// `file://…`, or a bare relative path as promptfoo takes it too.
fn names_a_file(text: &str) -> bool {
    let known = [
        "txt", "md", "j2", "json", "yaml", "yml", "js", "cjs", "mjs", "ts", "py", "csv", "jsonl",
    ];
    text.starts_with("file://")
        || (!text.contains([' ', '\n', '{', '[']) && known.contains(&ending(text).as_str()))
}

fn parted(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match parts.last_mut() {
            Some(part) if line.trim_end() != "---" => part.push_str(line),
            _ => parts.push(String::new()),
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The messages of a chat written as JSON or YAML; any other text is one user message.
fn messages(text: &str, ending: Option<&str>) -> Result<Vec<(Role, String)>, String> {
    let trimmed = text.trim();
    let chat = match ending {
        Some("json" | "yaml" | "yml") => true,
        _ => {
            (trimmed.starts_with('[') && trimmed.contains("\"role\""))
                || trimmed.starts_with("- role:")
        }
    };
    if !chat {
        if trimmed.is_empty() {
            return Err("the prompt is empty".to_owned());
        }
        return Ok(vec![(Role::User, text.to_owned())]);
    }
    let value = yaml::read(text).map_err(|reason| {
        format!("a chat with templates outside of its texts cannot be taken apart; {reason}")
    })?;
    let Value::Array(entries) = value else {
        return Err("a chat is a list of messages".to_owned());
    };
    entries.iter().map(message).collect()
}

fn message(entry: &Value) -> Result<(Role, String), String> {
    let members = entry.as_object().ok_or("a message is `{role, content}`")?;
    if let Some(other) = members
        .keys()
        .find(|key| !["role", "content"].contains(&key.as_str()))
    {
        return Err(format!("`{other}` of a message has no counterpart"));
    }
    let role = members.get("role").cloned().unwrap_or_default();
    let role = serde_json::from_value(role).map_err(|_| "a message has no known role")?;
    match members.get("content") {
        Some(Value::String(text)) => Ok((role, text.clone())),
        _ => Err("a message whose content is no text has no counterpart".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    fn drafts(value: &Value, files: &[(&str, &str)]) -> (Vec<Draft>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        fs::write(dir.path().join("c.yaml"), "").unwrap();
        let folder = ConfigFolder::of(&dir.path().join("c.yaml")).unwrap();
        let mut losses = Losses::default();
        let drafts = read(value, &folder, "shop", &mut losses);
        let reasons = losses.into_rows().into_iter().map(|row| row.reason);
        (drafts, reasons.collect())
    }

    #[test]
    fn texts_files_chats_and_labels_become_prompts_with_names_of_their_own() {
        let value = json!([
            "Answer {{ q }}",
            "Answer shortly: {{ q }}",
            "file://two.txt",
            {"id": "file://chat.json", "label": "Chat v2"},
            {"raw": "[{\"role\": \"user\", \"content\": \"{{ q }}\"}]", "label": "Inline"},
        ]);
        let files = [
            ("two.txt", "One {{ q }}\n---\nTwo\n"),
            (
                "chat.json",
                r#"[{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "{{ q }}"}]"#,
            ),
        ];
        let (drafts, losses) = drafts(&value, &files);
        let names: Vec<&str> = drafts.iter().map(|draft| draft.name.as_str()).collect();
        assert_eq!(
            names,
            ["shop", "shop-2", "two", "two-2", "chat-v2", "inline"]
        );
        assert_eq!(drafts[4].messages[0], (Role::System, "Be kind.".to_owned()));
        assert_eq!(drafts[5].messages, [(Role::User, "{{ q }}".to_owned())]);
        assert!(losses.is_empty(), "{losses:?}");
    }

    #[test]
    fn code_patterns_pictures_and_torn_chats_are_left_out_with_their_reason() {
        let value = json!([
            "file://prompt.py",
            "file://*.txt",
            "file://../up.txt",
            "[{\"role\": \"user\", \"content\": {{ q | dump }} }]",
            "[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]",
            {"label": "nothing"},
            7,
        ]);
        let (drafts, losses) = drafts(&value, &[]);
        assert_eq!(drafts, []);
        assert_eq!(losses.len(), 7, "{losses:?}");
        assert_eq!(losses[0], "code is not run");
    }
}
