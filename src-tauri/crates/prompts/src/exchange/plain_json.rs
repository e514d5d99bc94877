//! Whole histories of ours as one JSON document, each prompt file byte for byte.
//!
//! ```json
//! {"format": "plumbline.prompt", "version": 1,
//!  "prompts": [{"name": "…", "versions": [{"version": "1.0.0", "template_hash": "…", "text": "---\n…"}]}]}
//! ```

use super::text::version_of_file;
use super::{ForeignPrompt, LeftOut, MAX_VERSIONS, WrittenVersion};
use crate::{PromptError, parse, template_hash};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) const FORMAT: &str = "plumbline.prompt";
const VERSION: u32 = 1;

// A member that nobody reads is a fault: every one of ours is known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u32,
    prompts: Vec<Prompt>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompt {
    name: String,
    versions: Vec<Version>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: String,
    template_hash: String,
    text: String,
}

pub(super) fn read(documents: Vec<Map<String, Value>>) -> Result<Vec<ForeignPrompt>, PromptError> {
    let mut prompts = Vec::new();
    let mut count = 0;
    for document in documents {
        let document = Document::deserialize(Value::Object(document))
            .map_err(|error| PromptError::Foreign(format!("it is no `{FORMAT}`: {error}")))?;
        if document.version != VERSION {
            return Err(PromptError::Foreign(format!(
                "it is `{FORMAT}` of version {}; this program reads version {VERSION}",
                document.version
            )));
        }
        count += document
            .prompts
            .iter()
            .map(|p| p.versions.len().max(1))
            .sum::<usize>();
        if count > MAX_VERSIONS {
            return Err(PromptError::Foreign(format!(
                "it holds more than {MAX_VERSIONS} versions; export fewer at a time"
            )));
        }
        prompts.extend(document.prompts.into_iter().map(prompt));
    }
    Ok(prompts)
}

fn prompt(prompt: Prompt) -> ForeignPrompt {
    let (mut versions, mut left_out) = (Vec::new(), Vec::new());
    for version in prompt.versions {
        let place = format!("{}@{}", prompt.name, version.version);
        match parse(&version.text) {
            Ok(spec) if spec.version.to_string() != version.version => left_out.push(LeftOut {
                place,
                reason: format!("its text says it is version {}", spec.version),
            }),
            Ok(spec) if template_hash(&spec) != version.template_hash => left_out.push(LeftOut {
                place,
                reason: "its text is not the one that its hash was made of".to_owned(),
            }),
            Ok(spec) => versions.push(version_of_file(spec, &version.text)),
            Err(error) => left_out.push(LeftOut {
                place,
                reason: error.to_string(),
            }),
        }
    }
    ForeignPrompt {
        name: String::new(),
        original_name: prompt.name,
        versions,
        left_out,
    }
}

pub(super) fn write(versions: &[WrittenVersion<'_>]) -> String {
    let name = versions
        .last()
        .map(|v| v.spec.name.clone())
        .unwrap_or_default();
    let versions = versions
        .iter()
        .map(|version| Version {
            version: version.spec.version.to_string(),
            template_hash: template_hash(version.spec),
            text: version.text.to_owned(),
        })
        .collect();
    let document = Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        prompts: vec![Prompt { name, versions }],
    };
    pretty(&document)
}

/// As a person can read it, with a line end at the end.
pub(super) fn pretty(value: &impl Serialize) -> String {
    // Texts, numbers and lists always have a JSON form.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
