//! Fields of objects: which are required, what each may hold, and whether others may come.

use super::compare::Comparison;
use super::finite::list;
use super::place::{Path, Reasons};
use super::say::{Voice, removed};
use super::shape::Shape;
use super::types::Types;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

impl<'s> Comparison<'s> {
    pub(super) fn objects(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        if !narrow.may_be(Types::OBJECT) {
            return;
        }
        let kept = self.patterns(path, narrow, wide, reasons);
        let gone = self.fields(path, narrow, wide, reasons);
        self.other_fields(path, narrow, wide, &kept, reasons);
        for name in list(wide, "required").iter().filter_map(Value::as_str) {
            let required = narrow.maps.iter().any(|map| requires(map, name));
            if !required && !gone.contains(name) {
                reasons.add(self.voice.of_required(&path.field(name)));
            }
        }
    }

    /// Every named field and all others. Answers the fields reported as removed.
    fn fields(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        reasons: &mut Reasons,
    ) -> BTreeSet<&'s str> {
        let mut gone = BTreeSet::new();
        let wide_others = wide.get("additionalProperties");
        let mut names: BTreeSet<&'s str> = fields_of(wide).map(|(name, _)| name).collect();
        if wide_others.is_some() {
            let own = narrow.maps.iter().flat_map(|map| fields_of(map));
            names.extend(own.map(|(name, _)| name));
        }
        for name in names {
            if !self.steps.take() {
                break;
            }
            if self.field(path, narrow, wide, name, reasons) {
                gone.insert(name);
            }
        }
        gone
    }

    /// One named field. Answers whether it was reported as removed.
    fn field(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        name: &'s str,
        reasons: &mut Reasons,
    ) -> bool {
        let path = path.field(name);
        let own = field_of(wide, name);
        let Some(schema) = own.or_else(|| wide.get("additionalProperties")) else {
            return false;
        };
        let held = schemas_of(narrow, name);
        let allowed = *schema != Value::Bool(false);
        if own.is_some() {
            let unknown = is_unknown(narrow, name);
            let lost = forbidden(&held)
                && requires(wide, name)
                && !narrow.maps.iter().any(|map| requires(map, name));
            match self.voice {
                // No call carries a field that its schema did not describe.
                Voice::Refused if unknown => return false,
                Voice::Appears { reader } if lost || (unknown && allowed) => {
                    reasons.add(removed(reader, &path));
                    return true;
                }
                _ => {}
            }
        }
        if own.is_some() || allowed {
            self.below(&path, &held, schema, reasons);
        } else if !forbidden(&held) {
            reasons.add(self.voice.of_unknown_field(&path));
        }
        false
    }

    /// Fields that neither side names.
    fn other_fields(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        kept: &[&'s Map<String, Value>],
        reasons: &mut Reasons,
    ) {
        let Some(others) = wide.get("additionalProperties") else {
            return;
        };
        let maps = narrow.maps.iter().copied();
        let known = maps.filter(|map| {
            !has_patterns(map) || kept.iter().any(|other| std::ptr::eq(*other, *map))
        });
        let held = known.filter_map(|map| map.get("additionalProperties"));
        let held: Vec<&'s Value> = held.collect();
        if *others != Value::Bool(false) {
            self.below(&path.other_fields(), &held, others, reasons);
        } else if !forbidden(&held) {
            reasons.add(self.voice.of_other_fields(path));
        }
    }

    /// Fields named by a pattern are only compared for being the same. Answers the maps in which they are.
    fn patterns(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        reasons: &mut Reasons,
    ) -> Vec<&'s Map<String, Value>> {
        let word = "patternProperties";
        if !wide.contains_key(word) {
            return Vec::new();
        }
        let maps = narrow.maps.iter().copied();
        let kept: Vec<_> = maps
            .filter(|map| self.same_words(&[word], map, wide))
            .collect();
        if kept.is_empty() {
            let what = "`patternProperties`, which changed, is part";
            reasons.add(self.voice.undecided(path, what));
        }
        kept
    }
}

fn requires(map: &Map<String, Value>, name: &str) -> bool {
    list(map, "required").iter().any(|one| one == name)
}

fn fields_of(map: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let fields = map.get("properties").and_then(Value::as_object);
    let fields = fields.into_iter().flatten();
    fields.map(|(name, schema)| (name.as_str(), schema))
}

pub(super) fn field_of<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    map.get("properties")?.as_object()?.get(name)
}

fn has_patterns(map: &Map<String, Value>) -> bool {
    map.contains_key("patternProperties")
}

/// A field that no part of an open shape says anything about.
fn is_unknown(shape: &Shape<'_>, name: &str) -> bool {
    shape.maps.iter().all(|map| {
        let open = map
            .get("additionalProperties")
            .is_none_or(|others| *others == Value::Bool(true));
        field_of(map, name).is_none() && !has_patterns(map) && open
    })
}

/// What holds of a field. One without a schema of its own is not known beside patterns, which may match it.
pub(super) fn schemas_of<'s>(shape: &Shape<'s>, name: &str) -> Vec<&'s Value> {
    let schemas = shape.maps.iter().filter_map(|map| {
        field_of(map, name).or_else(|| {
            let others = map.get("additionalProperties");
            others.filter(|_| !has_patterns(map))
        })
    });
    schemas.collect()
}

/// Whether a field never comes.
pub(super) fn forbidden(schemas: &[&Value]) -> bool {
    schemas.contains(&&Value::Bool(false))
}
