//! In what ways an answer changed: a small closed set of words to group many changes by.
//!
//! Decides from the two answers alone; knows nothing of pass or fail. Written in files as one word, with what it is
//! about after a colon.

mod answers;
mod edits;
mod facts;
mod json;
mod language;
mod text;

pub(crate) use answers::{kinds_of, same_calls};

use serde::{Serialize, Serializer};
use std::fmt;

/// A kind of change. JSON: text such as `wording`, `json_field:$.label` or `edit:"30 days" → "14 days"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Other tools were called, or with other arguments.
    ToolCall,
    /// The new answer says nothing.
    Empty,
    RefusalAppeared,
    RefusalDisappeared,
    /// The old answer was JSON and the new one is not.
    JsonLost,
    JsonAppeared,
    /// A field at this path of a JSON answer is there no more; array positions are written `[*]` in all paths.
    FieldLost(String),
    FieldAdded(String),
    /// A value of another type, null included.
    FieldType(String),
    /// Another value of the same type.
    JsonField(String),
    /// Another language, by its ISO 639-3 code.
    Language(&'static str),
    /// The same text but for white space and the form of its Unicode characters.
    Whitespace,
    /// The same words or the same JSON, written differently.
    Formatting,
    /// The same text with other numbers.
    Number,
    /// A short answer, such as a class name, became another.
    Label,
    /// At least twice as many words.
    Longer2x,
    /// At most half as many words.
    Shorter2x,
    /// A number, date, address or identifier of the old answer does not stand in the new one.
    FactMissing,
    /// Words that took the place of others, in several cases alike.
    Edit(Edit),
    /// Anything else.
    Wording,
    /// Every answer of the new side was given by the repeats of the old side, too.
    Noise,
}

/// Words that took the place of others. One of the two is empty for what was only added or removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// Where in a JSON answer; `None` in a text.
    pub path: Option<String>,
    pub removed: String,
    pub added: String,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToolCall => "tool_call",
            Self::Empty => "empty",
            Self::RefusalAppeared => "refusal_appeared",
            Self::RefusalDisappeared => "refusal_disappeared",
            Self::JsonLost => "json_lost",
            Self::JsonAppeared => "json_appeared",
            Self::FieldLost(path) => return write!(f, "field_lost:{path}"),
            Self::FieldAdded(path) => return write!(f, "field_added:{path}"),
            Self::FieldType(path) => return write!(f, "field_type:{path}"),
            Self::JsonField(path) => return write!(f, "json_field:{path}"),
            Self::Language(code) => return write!(f, "language:{code}"),
            Self::Whitespace => "whitespace",
            Self::Formatting => "formatting",
            Self::Number => "number",
            Self::Label => "label",
            Self::Longer2x => "longer_2x",
            Self::Shorter2x => "shorter_2x",
            Self::FactMissing => "fact_missing",
            Self::Edit(edit) => return write!(f, "edit:{edit}"),
            Self::Wording => "wording",
            Self::Noise => "noise",
        })
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path} ")?;
        }
        // Quoted as JSON, so that no text can look like the arrow or reach beyond its line.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        write!(f, "{} → {}", quoted(&self.removed), quoted(&self.added))
    }
}

impl Serialize for ChangeKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
