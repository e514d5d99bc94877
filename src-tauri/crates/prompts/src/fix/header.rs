//! Setting a key of the front matter, or adding it where it usually stands.

use super::edit::Edit;
use super::yaml_lines::{Entry, Front, eol_of};
use crate::front_matter::KEYS;

/// Sets a top-level key to a value that stands on its line.
pub(super) fn set(text: &str, key: &str, value: &str) -> Option<Vec<Edit>> {
    let front = Front::of(text)?;
    match front.entry(key) {
        Some(entry) => Some(vec![replace_value(&front, &entry, value)]),
        None => Some(vec![add(
            &front,
            key,
            &format!("{key}: {value}{}", front.eol),
        )]),
    }
}

fn replace_value(front: &Front<'_>, entry: &Entry<'_>, value: &str) -> Edit {
    let first_line = front.text[entry.start..entry.end].trim_end();
    let one_line = !first_line.contains('\n');
    if one_line && !entry.value.is_empty() {
        let end = entry.value_start + entry.value.len();
        return Edit::new(entry.value_start, end, value);
    }
    Edit::new(
        entry.start,
        entry.end,
        format!("{}: {value}{}", entry.key, front.eol),
    )
}

/// Adds the lines of a key behind the keys that usually stand before it.
pub(super) fn add(front: &Front<'_>, key: &str, lines: &str) -> Edit {
    let rank = |key: &str| KEYS.iter().position(|known| *known == key);
    let mine = rank(key);
    let before = front
        .entries()
        .into_iter()
        .filter(|entry| rank(entry.key) < mine)
        .map(|entry| entry.end)
        .max();
    Edit::insert(before.unwrap_or(front.start), lines)
}

/// A front matter for a text that has none.
pub(super) fn whole(text: &str, name: &str, owner: &str) -> Edit {
    let eol = eol_of(text);
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let owner = quoted(owner);
    let lines = [
        "---",
        &format!("name: {name}"),
        "version: 0.1.0",
        &format!("owner: {owner}"),
        "changelog: First version.",
        "---",
        "",
    ];
    Edit::insert(start, lines.join(eol))
}

/// A text as YAML: as it stands where that is one, else as JSON, which YAML reads too.
pub(super) fn quoted(text: &str) -> String {
    let word = |b: u8| b.is_ascii_alphanumeric() || b"._-@/ :".contains(&b);
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = starts_well
        && text.bytes().all(word)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !reserved.contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
