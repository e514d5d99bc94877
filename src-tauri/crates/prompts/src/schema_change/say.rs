//! The reasons in plain words: where, what changed, and who breaks by it.

use super::Use;
use super::place::Path;
use super::types::Types;
use serde_json::Value;
use std::io::{self, Write};

/// Longest piece of a schema that a reason quotes, in characters.
const MAX_QUOTE: usize = 60;

/// Which way the change breaks, and whom.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// Values come that the reader never met.
    Appears { reader: &'static str },
    /// Values that calls made before hold are refused.
    Refused,
}

impl Voice {
    pub(super) fn appears(usage: Use) -> Self {
        let reader = match usage {
            Use::Output => "a reader",
            Use::ToolArguments => "an application",
        };
        Self::Appears { reader }
    }

    pub(super) fn of_type(self, path: &Path, types: Types, expected: Types) -> String {
        let what = match types.names().as_slice() {
            _ if types == Types::FRACTION => "a number that is not whole".to_owned(),
            names => names
                .iter()
                .map(with_article)
                .collect::<Vec<_>>()
                .join(" or "),
        };
        match self {
            Self::Appears { reader } if expected.is_none() => {
                format!("{path} may now be {what}: {reader} that expects nothing there breaks")
            }
            Self::Appears { reader } => {
                let expected = expected.names().join(" or ");
                format!("{path} may now be {what}: {reader} that expects {expected} breaks")
            }
            Self::Refused => {
                format!(
                    "{path} may no longer be {what}: calls made before that hold it are refused"
                )
            }
        }
    }

    pub(super) fn of_value(self, path: &Path, value: &Value) -> String {
        let value = quote(value);
        match self {
            Self::Appears { reader } => {
                format!("{path} may now be {value}: {reader} that does not know it breaks")
            }
            Self::Refused => {
                format!(
                    "{path} may no longer be {value}: calls made before that hold it are refused"
                )
            }
        }
    }

    /// A limit: `kinds` are the values beyond it, such as "larger numbers".
    pub(super) fn of_limit(
        self,
        path: &Path,
        word: &str,
        narrow: Option<String>,
        wide: &str,
        kinds: &str,
    ) -> String {
        match self {
            Self::Appears { reader } => {
                let change = match narrow {
                    Some(narrow) => format!("went from {wide} to {narrow}"),
                    None => format!("({wide}) was dropped"),
                };
                format!("`{word}` of {path} {change}: {reader} may meet {kinds} than before")
            }
            Self::Refused => {
                let change = match narrow {
                    Some(narrow) => format!("went from {narrow} to {wide}"),
                    None => format!("was set to {wide}"),
                };
                format!(
                    "`{word}` of {path} {change}: calls made before that hold {kinds} are refused"
                )
            }
        }
    }

    pub(super) fn of_required(self, path: &Path) -> String {
        match self {
            Self::Appears { reader } => {
                format!("{path} is no longer required: {reader} that needs it breaks")
            }
            Self::Refused => format!("{path} became required: calls made before lack it"),
        }
    }

    /// A field that the other side refuses, as it allows no others than its own.
    pub(super) fn of_unknown_field(self, path: &Path) -> String {
        match self {
            Self::Appears { reader } => format!(
                "{path} was added where other fields were not allowed: {reader} that refuses unknown fields breaks"
            ),
            Self::Refused => {
                format!("{path} is no longer allowed: calls made before that carry it are refused")
            }
        }
    }

    pub(super) fn of_other_fields(self, path: &Path) -> String {
        match self {
            Self::Appears { reader } => format!(
                "other fields of {path} may now come: {reader} that refuses unknown fields breaks"
            ),
            Self::Refused => format!(
                "other fields of {path} are no longer allowed: calls made before that carry them are refused"
            ),
        }
    }

    pub(super) fn of_alternatives(self, path: &Path, types: Types) -> String {
        let what = types.names().join(" or ");
        match self {
            Self::Appears { reader } => format!(
                "{path} has an alternative ({what}) that fits none of those before: {reader} that knows only those breaks"
            ),
            Self::Refused => format!(
                "{path} lost an alternative ({what}): calls made before that hold it are refused"
            ),
        }
    }

    pub(super) fn undecided(self, path: &Path, what: &str) -> String {
        format!("{what} of {path}: that cannot be decided, so it counts as breaking")
    }
}

fn with_article(name: &&'static str) -> String {
    match *name {
        "null" | "any value" => (*name).to_owned(),
        "integer" | "array" | "object" => format!("an {name}"),
        _ => format!("a {name}"),
    }
}

/// A field that the new schema no longer names; to calls made before that is no loss.
pub(super) fn removed(reader: &str, path: &Path) -> String {
    format!("{path} was removed: {reader} that uses it breaks")
}

/// A piece of a schema as JSON, shortened. Of a large one only the start is written.
pub(super) fn quote(value: &Value) -> String {
    let mut start = Start(Vec::new());
    // It fails when enough is written.
    let _enough = serde_json::to_writer(&mut start, value);
    shorten(&String::from_utf8_lossy(&start.0))
}

struct Start(Vec<u8>);

impl Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() > 4 * MAX_QUOTE {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
