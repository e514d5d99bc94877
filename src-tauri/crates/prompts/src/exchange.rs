//! Prompts of other tools: their histories read into ours, and ours written for them.
//!
//! Nothing is lost without a word: a member of a foreign file that our file has no place for is a [`Loss`]. What a
//! foreign file cannot hold of ours goes where it keeps the words of others, if it has such a place, so that a prompt
//! comes back as it went.

mod anthropic;
mod bodies;
mod build;
mod content;
mod detect;
mod documents;
mod dotprompt;
mod f_string;
mod format;
mod front_file;
mod handlebars;
mod handlebars_parts;
mod handlebars_scopes;
mod handlebars_write;
mod jinja;
mod jinja_words;
mod jinja_write;
mod labels;
mod langfuse;
mod langsmith;
mod merge;
mod mustache;
mod names;
mod openai;
mod ours;
mod pages;
mod picoschema;
mod plain_json;
mod promptfoo;
mod prompty;
mod requests;
mod settings;
mod text;

use crate::PromptError;
use dotprompt::Dotprompt;
pub use format::PromptFormat;
pub(crate) use names::safe_name;
use names::{name_all, stem};
use plumbline_model::{PromptSpec, UnixNanos};
use prompty::Prompty;
use serde::Serialize;
use ts_rs::TS;

/// Largest foreign file that is read.
pub const MAX_FOREIGN_BYTES: usize = 32 << 20;
/// Versions and prompts of one file that are read.
pub(crate) const MAX_VERSIONS: usize = 10_000;

/// What became of something that the other side cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LossEffect {
    Dropped,
    Changed,
}

/// Something that is not on the other side as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[ts(export)]
pub struct Loss {
    /// Where it stands, such as `messages[2].content`.
    pub place: String,
    pub effect: LossEffect,
    /// What it means, as a sentence.
    pub what: String,
}

impl Loss {
    pub(crate) fn dropped(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            effect: LossEffect::Dropped,
            what: what.into(),
        }
    }

    pub(crate) fn changed(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            effect: LossEffect::Changed,
            what: what.into(),
        }
    }
}

/// One version of a foreign prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignVersion {
    /// As its source names it.
    pub id: Option<String>,
    pub author: Option<String>,
    pub at: Option<UnixNanos>,
    /// What was said of the change.
    pub message: String,
    /// Names that pointed at it, such as `production`.
    pub labels: Vec<String>,
    /// Its version is 0.0.0, unless the source has semantic versions of its own.
    pub spec: PromptSpec,
    /// The prompt file itself where the source holds one of ours.
    pub file: Option<String>,
    /// The prompt file of ours that it was before it was changed in its source, where that still holds it.
    pub was: Option<String>,
    pub losses: Vec<Loss>,
}

/// A version that cannot be a prompt of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeftOut {
    pub place: String,
    pub reason: String,
}

/// A prompt with the versions that its source holds, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignPrompt {
    /// A name that a prompt may have, made from the one it had.
    pub name: String,
    pub original_name: String,
    pub versions: Vec<ForeignVersion>,
    pub left_out: Vec<LeftOut>,
}

/// What a foreign file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignFile {
    pub format: PromptFormat,
    pub prompts: Vec<ForeignPrompt>,
}

/// Reads a foreign file, whose format its content tells; `file_name` helps where it does not, and names a prompt that
/// has no name.
///
/// # Errors
/// [`PromptError::Foreign`] when the content is none of the formats, is broken or too large.
pub fn read_foreign(text: &str, file_name: Option<&str>) -> Result<ForeignFile, PromptError> {
    if text.len() > MAX_FOREIGN_BYTES {
        return Err(PromptError::Foreign(format!(
            "the file has {} bytes, more than {MAX_FOREIGN_BYTES}",
            text.len()
        )));
    }
    let fallback = file_name.map_or("prompt", stem);
    let (format, mut prompts) = match detect::detect(text, file_name)? {
        detect::Detected::PromptFile => (PromptFormat::Plumbline, text::prompt_file(text)?),
        detect::Detected::Text => (PromptFormat::Text, text::plain(text, fallback)),
        detect::Detected::Front(format, yaml, body) => {
            let (name, version) = match format {
                PromptFormat::Prompty => front_file::read::<Prompty>(yaml, body, fallback),
                _ => front_file::read::<Dotprompt>(yaml, body, fallback),
            };
            (format, text::only(name, version))
        }
        detect::Detected::Documents(format, documents) => {
            let all = documents.all;
            let mut prompts = match format {
                PromptFormat::Json => plain_json::read(all)?,
                PromptFormat::Langfuse => langfuse::read(all),
                PromptFormat::Langsmith => langsmith::read(all, fallback)?,
                PromptFormat::Promptfoo => promptfoo::read(all, fallback)?,
                format => bodies::read(format, all, fallback),
            };
            pages::tell_of_pages(&mut prompts, documents.pages);
            (format, prompts)
        }
    };
    name_all(&mut prompts);
    Ok(ForeignFile { format, prompts })
}

/// One version that is written for another tool.
#[derive(Debug, Clone, Copy)]
pub struct WrittenVersion<'a> {
    pub spec: &'a PromptSpec,
    /// The prompt file, byte for byte.
    pub text: &'a str,
}

/// Files for another tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Name of each file and its text.
    pub files: Vec<(String, String)>,
    pub losses: Vec<Loss>,
}

/// Writes the versions of one prompt, oldest first, for another tool. A format that holds one version takes the newest.
///
/// # Errors
/// [`PromptError::Foreign`] when there is no version, or the format cannot say what the prompt says.
pub fn write_foreign(
    format: PromptFormat,
    versions: &[WrittenVersion<'_>],
) -> Result<Written, PromptError> {
    let Some(newest) = versions.last() else {
        return Err(PromptError::Foreign(
            "there is no version to write".to_owned(),
        ));
    };
    let (text, mut losses) = match format {
        PromptFormat::Plumbline => (newest.text.to_owned(), Vec::new()),
        PromptFormat::Json => (plain_json::write(versions), Vec::new()),
        PromptFormat::Langfuse => langfuse::write(versions),
        PromptFormat::Langsmith => langsmith::write(versions),
        PromptFormat::Promptfoo => promptfoo::write(versions),
        PromptFormat::Prompty => front_file::write::<Prompty>(newest),
        PromptFormat::Dotprompt => front_file::write::<Dotprompt>(newest),
        PromptFormat::Openai => openai::write(newest.spec)?,
        PromptFormat::Anthropic => anthropic::write(newest.spec)?,
        PromptFormat::Text => text::write(newest.spec),
    };
    if versions.len() > 1 && !format.holds_histories() {
        let what = format!(
            "{} older versions: the format holds one",
            versions.len() - 1
        );
        losses.push(Loss::dropped("versions", what));
    }
    let file_name = format!("{}{}", newest.spec.name, format.suffix());
    Ok(Written {
        files: vec![(file_name, text)],
        losses,
    })
}

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod loss_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_tests;
