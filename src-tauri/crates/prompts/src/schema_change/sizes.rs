//! Words about size and form: lengths of text, lists and objects, `pattern`, `format`, `uniqueItems`.

use super::compare::Comparison;
use super::finite::limits;
use super::place::{Path, Reasons};
use super::shape::Shape;
use super::types::Types;
use serde_json::{Map, Value};

/// What has a size: its type, the two words for it, and what lies beyond them.
const SIZES: [(Types, &str, &str, &str, &str); 3] = [
    (
        Types::STRING,
        "minLength",
        "maxLength",
        "shorter text",
        "longer text",
    ),
    (
        Types::ARRAY,
        "minItems",
        "maxItems",
        "shorter lists",
        "longer lists",
    ),
    (
        Types::OBJECT,
        "minProperties",
        "maxProperties",
        "smaller objects",
        "larger objects",
    ),
];

impl<'s> Comparison<'s> {
    pub(super) fn sizes(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        for (types, least, most, below, above) in SIZES {
            if !narrow.may_be(types) {
                continue;
            }
            let (wide_least, wide_most) = limits(wide, least, most);
            let own_least = narrow.maps.iter().map(|map| limits(map, least, most).0);
            let own_least = own_least.max().unwrap_or(0);
            let own_most = narrow
                .maps
                .iter()
                .filter_map(|map| limits(map, least, most).1)
                .min();
            let own_most = match (own_most, types == Types::ARRAY) {
                (own, true) => own.into_iter().chain(longest_list(narrow)).min(),
                (own, false) => own,
            };
            if own_least < wide_least {
                let own = (own_least > 0).then(|| own_least.to_string());
                let wide = wide_least.to_string();
                reasons.add(self.voice.of_limit(path, least, own, &wide, below));
            }
            if let Some(wide_most) = wide_most
                && own_most.is_none_or(|own| own > wide_most)
            {
                let own = own_most.map(|own| own.to_string());
                let wide = wide_most.to_string();
                reasons.add(self.voice.of_limit(path, most, own, &wide, above));
            }
        }
        let unique = Value::Bool(true);
        let repeats = narrow.may_be(Types::ARRAY)
            && longest_list(narrow).is_none_or(|most| most > 1)
            && narrow.words("uniqueItems").all(|own| *own != unique);
        if wide.get("uniqueItems") == Some(&unique) && repeats {
            let reason =
                self.voice
                    .of_limit(path, "uniqueItems", None, "true", "more repeated items");
            reasons.add(reason);
        }
        if narrow.may_be(Types::STRING) {
            self.form(path, narrow, wide, reasons);
        }
    }

    /// Patterns and formats are only compared for being the same.
    fn form(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        for word in ["pattern", "format"] {
            let Some(form @ Value::String(_)) = wide.get(word) else {
                continue;
            };
            let known: Vec<&Value> = narrow.words(word).collect();
            if !known.contains(&form) {
                let own = known.first().map(|own| super::say::quote(own));
                let form = super::say::quote(form);
                reasons.add(
                    self.voice
                        .of_limit(path, word, own, &form, "text of another form"),
                );
            }
        }
    }
}

/// The most items of a list whose places are all named.
pub(super) fn longest_list(shape: &Shape<'_>) -> Option<u64> {
    let most = shape.maps.iter().filter_map(|map| {
        let (_, most) = limits(map, "minItems", "maxItems");
        let (places, rest) = super::lists::places(map);
        let closed = (rest == Some(&Value::Bool(false))).then_some(places.len() as u64);
        most.into_iter().chain(closed).min()
    });
    most.min()
}

/// Whether a value is within the sizes that a schema names.
pub(super) fn within_sizes(map: &Map<String, Value>, value: &Value) -> bool {
    let (size, kind) = match value {
        Value::String(text) => (text.chars().count(), SIZES[0]),
        Value::Array(items) => (items.len(), SIZES[1]),
        Value::Object(members) => (members.len(), SIZES[2]),
        _ => return true,
    };
    let (_, least, most, ..) = kind;
    let (least, most) = limits(map, least, most);
    let size = size as u64;
    least <= size && most.is_none_or(|most| size <= most)
}
