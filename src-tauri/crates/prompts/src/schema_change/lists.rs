//! Items of lists: those at a named place and those after them.

use super::compare::Comparison;
use super::finite::list;
use super::place::{Path, Reasons};
use super::shape::Shape;
use super::sizes::longest_list;
use super::types::Types;
use serde_json::{Map, Value};

/// The schemas of the first places and of all items after them. Until 2019 `items` was the list of the
/// places, and `additionalItems` what follows them.
pub(super) fn places(map: &Map<String, Value>) -> (&[Value], Option<&Value>) {
    match map.get("items") {
        Some(Value::Array(places)) => (places, map.get("additionalItems")),
        rest => (list(map, "prefixItems"), rest),
    }
}

impl<'s> Comparison<'s> {
    pub(super) fn lists(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        if !narrow.may_be(Types::ARRAY) {
            return;
        }
        let (wide_places, wide_rest) = places(wide);
        if wide_places.is_empty() && wide_rest.is_none() {
            return;
        }
        let longest = longest_list(narrow);
        let named = narrow.maps.iter().map(|map| places(map).0.len());
        let named = named.max().unwrap_or(0).max(wide_places.len());
        for index in 0..named {
            if longest.is_some_and(|most| index as u64 >= most) {
                return;
            }
            if let Some(wide) = wide_places.get(index).or(wide_rest) {
                let own = items_of(narrow, Some(index));
                self.below(&path.place(index), &own, wide, reasons);
            }
        }
        if longest.is_some_and(|most| named as u64 >= most) {
            return;
        }
        if let Some(wide) = wide_rest {
            let own = items_of(narrow, None);
            self.below(&path.items(), &own, wide, reasons);
        }
    }
}

/// What holds of the item at a place, or of those after all named places.
fn items_of<'s>(shape: &Shape<'s>, index: Option<usize>) -> Vec<&'s Value> {
    let schemas = shape.maps.iter().filter_map(|map| {
        let (places, rest) = places(map);
        index.and_then(|index| places.get(index)).or(rest)
    });
    schemas.collect()
}
