//! One prompt of a promptfoo file: its text, and what is sent with it.

use super::super::bodies::{take_map, take_text};
use super::super::build::{About, Build};
use super::super::ours::{self, Found};
use super::super::settings::read_with_model;
use super::super::{ForeignVersion, Loss};
use super::raw::{messages, names_a_file};
use super::write::written;
use crate::used_variables;
use serde_json::{Map, Value, json};

/// Longest id that is kept.
const MAX_ID_BYTES: usize = 200;

/// The version, and the name of the prompt of ours whose copy stands in it.
pub(super) fn version(
    name: &str,
    entry: Value,
    model: Option<&str>,
    place: &str,
) -> Result<(ForeignVersion, Option<String>), String> {
    let mut build = Build::new(name);
    let mut members = match entry {
        Value::String(raw) => Map::from_iter([("raw".to_owned(), Value::String(raw))]),
        Value::Object(members) => members,
        _ => return Err("a prompt is a text or has `raw`".to_owned()),
    };
    let id = take_text(&mut members, "id");
    // What is too long to name anything is told with the rest.
    let (id, odd) = id.map_or((None, None), |id| match id.len() {
        0..=MAX_ID_BYTES => (Some(id), None),
        _ => (None, Some(id)),
    });
    members.extend(odd.map(|id| ("id".to_owned(), json!(id))));
    let raw = members.get("raw").cloned();
    // The name is one of them, and a label that nobody gave is the text itself.
    for key in ["label", "display"] {
        let said = [
            Some(json!(name)),
            raw.clone(),
            id.as_ref().map(|id| json!(id)),
        ];
        if members
            .get(key)
            .is_some_and(|label| said.contains(&Some(label.clone())))
        {
            members.remove(key);
        }
    }
    if let Some(id) = id.as_ref().filter(|id| raw.is_none() && names_a_file(id)) {
        members.insert("raw".to_owned(), json!(id));
    }
    let mut config = take_map(&mut members, "config").unwrap_or_default();
    let beside = ours::Beside {
        copy: config.remove(ours::KEY),
        place: &format!("{place}.config.{}", ours::KEY),
        there: {
            members.insert("config".to_owned(), Value::Object(config));
            members
        },
    };
    // We write the same in both.
    let label = (id.as_deref() != Some(name)).then(|| {
        let what = "the prompt keeps the name that its own file gives it";
        Loss::changed(format!("{place}.label"), what)
    });
    let shown = |build: &mut Build, there| shown(build, there, model, place);
    let of_ours = match ours::read(&mut build, beside, written, shown)? {
        Found::Whole(ours) => {
            let of_ours = ours.spec.name.clone();
            let losses = label.into_iter().collect();
            return Ok((ForeignVersion { losses, ..*ours }, Some(of_ours)));
        }
        Found::Edited(copied) => {
            build.losses.extend(label);
            Some(copied.name)
        }
        Found::None => None,
    };
    let about = About {
        id,
        ..About::default()
    };
    Ok((build.finish("promptfoo", about)?, of_ours))
}

/// Reads what stands in an entry.
fn shown(
    build: &mut Build,
    mut there: Map<String, Value>,
    model: Option<&str>,
    place: &str,
) -> Result<(), String> {
    let raw = take_text(&mut there, "raw").ok_or("the prompt has no text")?;
    if names_a_file(&raw) {
        return Err("its text is in another file, which is not opened".to_owned());
    }
    let config = take_map(&mut there, "config").unwrap_or_default();
    read_with_model(build, config, &format!("{place}.config"));
    if build.spec.model.is_none() {
        build.spec.model = model.map(str::to_owned);
    }
    messages(build, &raw, place)?;
    if used_variables(&build.spec).is_ok_and(|used| used.contains("env")) {
        return Err("environment variables are not read".to_owned());
    }
    build.drop_rest(place, &there);
    Ok(())
}
