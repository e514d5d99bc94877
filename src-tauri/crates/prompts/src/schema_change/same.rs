//! Whether two schemas say the same by the same words, annotations and the order of sets aside.

use super::compare::Comparison;
use super::document::{Document, Steps};
use super::shape::address_of;
use super::types::Types;
use super::value::equal;
use serde_json::{Map, Value};

/// What stands behind a word.
enum Kind {
    Schema,
    /// Schemas by name.
    Schemas,
    /// Schemas by place.
    Places,
    /// Schemas in any order.
    Alternatives,
    /// Values in any order.
    Set,
    /// Sets or schemas by name.
    Dependencies,
    Reference,
    Data,
}

/// Every word that allows or refuses something, but the types. All others are annotations; definitions count where a
/// reference leads to them.
const WORDS: &[(&str, Kind)] = &[
    ("$dynamicRef", Kind::Data),
    ("$recursiveRef", Kind::Data),
    ("$ref", Kind::Reference),
    ("additionalItems", Kind::Schema),
    ("additionalProperties", Kind::Schema),
    ("allOf", Kind::Alternatives),
    ("anyOf", Kind::Alternatives),
    ("const", Kind::Data),
    ("contains", Kind::Schema),
    ("dependencies", Kind::Dependencies),
    ("dependentRequired", Kind::Dependencies),
    ("dependentSchemas", Kind::Schemas),
    ("else", Kind::Schema),
    ("enum", Kind::Set),
    ("exclusiveMaximum", Kind::Data),
    ("exclusiveMinimum", Kind::Data),
    ("format", Kind::Data),
    ("if", Kind::Schema),
    ("items", Kind::Places),
    ("maxContains", Kind::Data),
    ("maxItems", Kind::Data),
    ("maxLength", Kind::Data),
    ("maxProperties", Kind::Data),
    ("maximum", Kind::Data),
    ("minContains", Kind::Data),
    ("minItems", Kind::Data),
    ("minLength", Kind::Data),
    ("minProperties", Kind::Data),
    ("minimum", Kind::Data),
    ("multipleOf", Kind::Data),
    ("not", Kind::Schema),
    ("oneOf", Kind::Alternatives),
    ("pattern", Kind::Data),
    ("patternProperties", Kind::Schemas),
    ("prefixItems", Kind::Places),
    ("properties", Kind::Schemas),
    ("propertyNames", Kind::Schema),
    ("required", Kind::Set),
    ("then", Kind::Schema),
    ("unevaluatedItems", Kind::Schema),
    ("unevaluatedProperties", Kind::Schema),
    ("uniqueItems", Kind::Data),
];

/// Whether schema `a` of one document and `b` of another are the same but for annotations.
pub(super) fn same(
    a_of: Document<'_>,
    a: &Value,
    b_of: Document<'_>,
    b: &Value,
    steps: &mut Steps,
) -> bool {
    pair(a_of, b_of, steps).schemas(a, b)
}

fn pair<'d, 's>(a_of: Document<'d>, b_of: Document<'d>, steps: &'s mut Steps) -> Same<'d, 's> {
    Same {
        a_of,
        b_of,
        steps,
        met: Vec::new(),
        depth: 0,
    }
}

impl<'s> Comparison<'s> {
    /// Whether a map of the narrow schema has these words as a map of the wide one has them.
    pub(super) fn same_words(
        &mut self,
        words: &[&str],
        narrow: &'s Map<String, Value>,
        wide: &'s Map<String, Value>,
    ) -> bool {
        let mut same = pair(self.narrow, self.wide, &mut self.steps);
        let mut asked = WORDS.iter().filter(|(word, _)| words.contains(word));
        asked.all(|(word, kind)| same.word(word, kind, narrow, wide))
    }

    /// The same for all words that speak for themselves; those that bring in other schemas are
    /// gathered before anything is compared.
    pub(super) fn same_own_words(
        &mut self,
        narrow: &'s Map<String, Value>,
        wide: &'s Map<String, Value>,
    ) -> bool {
        let depends = [
            "unevaluatedItems",
            "unevaluatedProperties",
            "$dynamicRef",
            "$recursiveRef",
        ];
        let mut same = pair(self.narrow, self.wide, &mut self.steps);
        !depends.iter().any(|word| wide.contains_key(*word))
            && same.words(narrow, wide, &["$ref", "allOf"])
    }

    pub(super) fn same_maps(
        &mut self,
        narrow: &'s Map<String, Value>,
        wide: &'s Map<String, Value>,
    ) -> bool {
        pair(self.narrow, self.wide, &mut self.steps).maps(narrow, wide)
    }
}

/// Deepest walk; references can make it deeper than the schemas are.
const MAX_DEPTH: usize = 120;

struct Same<'d, 's> {
    a_of: Document<'d>,
    b_of: Document<'d>,
    steps: &'s mut Steps,
    /// Targets of references that are being compared.
    met: Vec<(usize, usize)>,
    depth: usize,
}

impl Same<'_, '_> {
    fn schemas(&mut self, a: &Value, b: &Value) -> bool {
        if !self.steps.take() || self.depth > MAX_DEPTH {
            return false;
        }
        self.depth += 1;
        let same = match (a, b) {
            (Value::Object(a), Value::Object(b)) => self.maps(a, b),
            _ => a == b,
        };
        self.depth -= 1;
        same
    }

    fn maps(&mut self, a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
        self.words(a, b, &[])
    }

    fn words(&mut self, a: &Map<String, Value>, b: &Map<String, Value>, but: &[&str]) -> bool {
        self.steps.take()
            && Types::of_schema(a) == Types::of_schema(b)
            && WORDS
                .iter()
                .filter(|(word, _)| !but.contains(word))
                .all(|(word, kind)| self.word(word, kind, a, b))
    }

    fn word(
        &mut self,
        word: &str,
        kind: &Kind,
        a: &Map<String, Value>,
        b: &Map<String, Value>,
    ) -> bool {
        let (a, b) = match (a.get(word), b.get(word)) {
            (None, None) => return true,
            (Some(a), Some(b)) => (a, b),
            _ => return false,
        };
        match (kind, a, b) {
            (Kind::Schema, ..) => self.schemas(a, b),
            (Kind::Places, Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.schemas(a, b))
            }
            (Kind::Places, ..) => self.schemas(a, b),
            (Kind::Alternatives, Value::Array(a), Value::Array(b)) => self.any_order(a, b),
            (Kind::Schemas, Value::Object(a), Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(name, a)| b.get(name).is_some_and(|b| self.schemas(a, b)))
            }
            (Kind::Dependencies, Value::Object(a), Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(name, a)| b.get(name).is_some_and(|b| self.dependency(a, b)))
            }
            (Kind::Set, Value::Array(a), Value::Array(b)) => self.sets(a, b),
            (Kind::Reference, Value::String(a), Value::String(b)) => self.references(a, b),
            _ => equal(a, b),
        }
    }

    fn dependency(&mut self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => self.sets(a, b),
            _ => self.schemas(a, b),
        }
    }

    /// Whether each finds a partner of its own.
    fn any_order(&mut self, a: &[Value], b: &[Value]) -> bool {
        let mut rest: Vec<&Value> = b.iter().collect();
        a.len() == b.len()
            && a.iter().all(|a| {
                let partner = rest.iter().position(|b| self.schemas(a, b));
                partner.map(|at| rest.swap_remove(at)).is_some()
            })
    }

    fn sets(&mut self, a: &[Value], b: &[Value]) -> bool {
        let mut within = |a: &[Value], b: &[Value]| {
            a.iter()
                .all(|a| b.iter().any(|b| self.steps.take() && equal(a, b)))
        };
        within(a, b) && within(b, a)
    }

    fn references(&mut self, a: &str, b: &str) -> bool {
        match (self.a_of.resolve(a), self.b_of.resolve(b)) {
            (Some(a), Some(b)) => {
                let targets = (address_of(a), address_of(b));
                if self.met.contains(&targets) {
                    return true;
                }
                self.met.push(targets);
                let same = self.schemas(a, b);
                self.met.pop();
                same
            }
            _ => a == b && self.a_of.leads_outside(a) && self.b_of.leads_outside(b),
        }
    }
}
