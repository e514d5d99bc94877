//! A schema as the words that hold together: its own, those it refers to and those of its `allOf`.

use super::document::{Document, Steps};
use super::types::Types;
use serde_json::{Map, Value};

/// Most schemas that hold together; each step looks at all of them.
const MAX_PARTS: usize = 200;

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

enum Step<'s> {
    Enter(&'s Value),
    Leave,
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
        // The maps between the start and here; a reference back to one of them never ends.
        let mut way: Vec<&'s Map<String, Value>> = Vec::new();
        let mut rest = vec![Step::Enter(schema)];
        while let Some(step) = rest.pop() {
            if !steps.take() {
                return;
            }
            let map = match step {
                Step::Leave => {
                    way.pop();
                    continue;
                }
                Step::Enter(Value::Bool(true)) => continue,
                Step::Enter(Value::Bool(false)) => {
                    self.types = Types::NONE;
                    continue;
                }
                Step::Enter(Value::Object(map)) => map,
                Step::Enter(_) => {
                    self.no_schema = true;
                    continue;
                }
            };
            if self.maps.iter().any(|held| std::ptr::eq(*held, map)) {
                continue;
            }
            way.push(map);
            rest.push(Step::Leave);
            if let Some(Value::String(reference)) = map.get("$ref") {
                let on_the_way = |target: &Value| {
                    let target = target.as_object();
                    target.is_some_and(|target| way.iter().any(|map| std::ptr::eq(*map, target)))
                };
                match document.resolve(reference) {
                    Some(target) if !on_the_way(target) => rest.push(Step::Enter(target)),
                    _ => self.unknown.push(reference),
                }
                if document.references_stand_alone() {
                    continue;
                }
            }
            self.take_words(map, steps);
            if let Some(Value::Array(parts)) = map.get("allOf") {
                rest.extend(parts.iter().map(Step::Enter));
            }
        }
    }

    fn take_words(&mut self, map: &'s Map<String, Value>, steps: &mut Steps) {
        self.maps.push(map);
        if self.maps.len() > MAX_PARTS {
            steps.exhaust();
        }
        self.types = self.types.both(Types::of_schema(map));
        self.no_schema |= Types::has_unknown_name(map);
        for word in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = map.get(word) {
                self.alternatives.push(branches);
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

    /// Whether it names the few values that it allows.
    pub(super) fn names_values(&self) -> bool {
        self.words("const").next().is_some() || self.words("enum").any(Value::is_array)
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
