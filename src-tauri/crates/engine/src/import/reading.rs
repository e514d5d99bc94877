//! How sources are read: as which format, and without which secrets.

use super::outcome::ImportFailure;
use crate::redaction::{Redaction, without_secrets};
use plumbline_ingest::{Format, How, RedactedCounts, Redactor};
use plumbline_model::{ColumnMapping, Problem};
use std::sync::Arc;

/// What says how the files of an import are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum ReadAs {
    /// Their content.
    #[default]
    Detected,
    /// One format for all.
    Format(Format),
    /// What their columns mean.
    Mapping(Box<ColumnMapping>),
}

impl ReadAs {
    /// The format that was named, as the import's row keeps it.
    pub(super) fn format_name(&self) -> &'static str {
        match self {
            Self::Detected => "",
            Self::Format(format) => format.as_str(),
            Self::Mapping(_) => Format::Mapped.as_str(),
        }
    }

    pub(super) fn how(&self) -> How<'_> {
        match self {
            Self::Detected => How::Detected,
            Self::Format(format) => How::Format(*format),
            Self::Mapping(mapping) => How::Mapping(mapping),
        }
    }
}

/// How an import was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Read every file as this format instead of detecting it.
    pub format: Option<String>,
    /// Read every file as a table by this saved mapping of its columns.
    pub mapping: Option<String>,
    pub redaction: Redaction,
}

/// How the sources of one import are read.
pub(super) struct Reading<'a> {
    pub(super) how: &'a ReadAs,
    /// Without one everything is stored as it came.
    pub(super) redactor: Option<Arc<Redactor>>,
}

impl Reading<'_> {
    /// The name of a source as it is kept: where a file lies is the person's own word, so only a key in it goes.
    pub(super) fn shown(&self, name: &str) -> String {
        match &self.redactor {
            Some(redactor) => redactor.id(name, &mut RedactedCounts::new()).into_owned(),
            None => name.to_owned(),
        }
    }

    /// A source that was not imported.
    pub(super) fn failure(&self, path: &str, problem: Problem) -> ImportFailure {
        ImportFailure {
            path: self.shown(path),
            problem: without_secrets(self.redactor.as_deref(), problem),
        }
    }
}
