//! Our prompt file beside what we wrote of it for another tool: how it comes back as it went.
//!
//! A file that was changed there counts as it stands there. So the copy is only taken while writing it again gives
//! what stands beside it.

use super::text::version_of_file;
use super::{ForeignVersion, Loss};
use crate::parse;
use plumbline_model::PromptSpec;
use serde_json::{Map, Value, json};

/// The member under which it stands.
pub(super) const KEY: &str = "plumbline";

pub(super) fn seal(text: &str) -> Value {
    json!({ "file": text })
}

/// What became of the copy.
pub(super) enum Sealed {
    /// It is still what stands there.
    Whole(Box<ForeignVersion>),
    /// The visible part was changed: what it cannot say is taken from the copy.
    Edited(Box<PromptSpec>),
    None,
}

/// Compares what stands in the file, without what only the other tool writes, with what `write` makes of the copy.
pub(super) fn open(
    seal: Option<&Value>,
    standing: &Map<String, Value>,
    write: impl Fn(&PromptSpec) -> Map<String, Value>,
) -> Sealed {
    let text = seal.and_then(|seal| seal.get("file")?.as_str());
    let Some((text, spec)) = text.and_then(|text| Some((text, parse(text).ok()?))) else {
        return Sealed::None;
    };
    if write(&spec) == *standing {
        Sealed::Whole(Box::new(version_of_file(spec, text)))
    } else {
        Sealed::Edited(Box::new(spec))
    }
}

/// Takes from the copy what no other tool shows, and says so.
pub(super) fn keep_hidden(build: &mut super::build::Build, copy: PromptSpec) {
    build.spec.owner = copy.owner;
    build.spec.budget = copy.budget;
    if build.spec.description.is_empty() {
        build.spec.description = copy.description;
    }
    let what = "it was changed since Plumbline wrote it: its text counts, owner and budget are those of then";
    build.losses.push(Loss::changed(KEY, what));
}
