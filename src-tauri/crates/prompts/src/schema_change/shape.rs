//! A schema as the words that hold together: its own, those it refers to and those of its `allOf`.

use super::document::{Document, Steps};
use super::types::Types;
use serde_json::{Map, Value};

/// All of `maps` hold, and one of each of `alternatives`.
#[derive(Clone)]
pub(super) struct Shape<'s> {
    pub(super) maps: Vec<&'s Map<String, Value>>,
    pub(super) alternatives: Vec<&'s [Value]>,
    pub(super) types: Types,
    /// References that cannot be followed.
    pub(super) unknown: Vec<&'s str>,
    /// Something that is no schema stands where one should.
    pub(super) no_schema: bool,
}

impl<'s> Shape<'s> {
    pub(super) fn gather(
        document: Document<'s>,
        schemas: impl IntoIterator<Item = &'s Value>,
        steps: &mut Steps,
    ) -> Self {
        let mut shape = Self {
            maps: Vec::new(),
            alternatives: Vec::new(),
            types: Types::ALL,
            unknown: Vec::new(),
            no_schema: false,
        };
        for schema in schemas {
            shape.add(document, schema, steps);
        }
        shape
    }

    /// Lets one more schema hold. A schema that holds already is not added again, so loops end.
    pub(super) fn add(&mut self, document: Document<'s>, schema: &'s Value, steps: &mut Steps) {
        let mut rest = vec![schema];
        while let Some(schema) = rest.pop() {
            if !steps.take() {
                return;
            }
            let map = match schema {
                Value::Bool(true) => continue,
                Value::Bool(false) => {
                    self.types = Types::NONE;
                    continue;
                }
                Value::Object(map) => map,
                _ => {
                    self.no_schema = true;
                    continue;
                }
            };
            if self.maps.iter().any(|held| std::ptr::eq(*held, map)) {
                continue;
            }
            if let Some(Value::String(reference)) = map.get("$ref") {
                match document.resolve(reference) {
                    // A loop of references says nothing, so what it allows is not known.
                    Some(target) if std::ptr::eq(target, schema) => self.unknown.push(reference),
                    Some(target) => rest.push(target),
                    None => self.unknown.push(reference),
                }
                if document.references_stand_alone() {
                    continue;
                }
            }
            self.maps.push(map);
            self.types = self.types.both(Types::of_schema(map));
            for word in ["anyOf", "oneOf"] {
                if let Some(Value::Array(branches)) = map.get(word) {
                    self.alternatives.push(branches);
                }
            }
            if let Some(Value::Array(parts)) = map.get("allOf") {
                rest.extend(parts);
            }
        }
    }

    /// The same with fewer types.
    pub(super) fn limited_to(&self, types: Types) -> Self {
        let mut limited = self.clone();
        limited.types = limited.types.both(types);
        limited
    }

    /// The same without knowing of its alternatives: it allows more.
    pub(super) fn without_alternatives(&self) -> Self {
        let mut plain = self.clone();
        plain.alternatives = Vec::new();
        plain
    }

    pub(super) fn may_be(&self, types: Types) -> bool {
        self.types.has(types)
    }

    /// Every value of a word in the maps.
    pub(super) fn words(&self, word: &str) -> impl Iterator<Item = &'s Value> {
        self.maps.iter().filter_map(move |map| map.get(word))
    }

    /// What tells this shape from others: the addresses of all it is made of.
    pub(super) fn address(&self) -> Vec<usize> {
        let mut address: Vec<usize> = self.maps.iter().map(|map| address_of(*map)).collect();
        let branches = self.alternatives.iter();
        address.extend(branches.map(|list| list.as_ptr().addr() ^ 1));
        address.sort_unstable();
        address
    }
}

pub(super) fn address_of<T>(value: &T) -> usize {
    std::ptr::from_ref(value).addr()
}
