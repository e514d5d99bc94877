//! Whether two schemas surely allow no value in common.

use super::compare::Comparison;
use super::document::{Document, Steps};
use super::finite::{admits_map, list, values_of};
use super::numbers::ranges_exclude;
use super::objects::{forbidden, schemas_of};
use super::shape::Shape;
use super::types::Types;
use serde_json::Value;
use std::collections::BTreeSet;

/// How far into the fields a difference is looked for.
const MAX_LEVELS: usize = 4;

impl<'s> Comparison<'s> {
    /// Whether at most one of the alternatives can fit a value, so that `oneOf` is the same as `anyOf`.
    pub(super) fn exclude_each_other(&mut self, branches: &'s [Value]) -> bool {
        let shapes: Vec<Shape<'s>> = branches
            .iter()
            .map(|branch| Shape::gather(self.wide, [branch], &mut self.steps))
            .collect();
        let documents = (self.wide, self.wide);
        shapes.iter().enumerate().all(|(index, a)| {
            let others = shapes.iter().skip(index + 1);
            let mut others = others.map(|b| exclude(documents, a, b, &mut self.steps));
            others.all(|apart| apart)
        })
    }

    /// Whether a shape of the narrow schema has nothing in common with a schema of the wide one.
    pub(super) fn excludes(&mut self, narrow: &Shape<'s>, wide: &'s Value) -> bool {
        let wide = Shape::gather(self.wide, [wide], &mut self.steps);
        exclude((self.narrow, self.wide), narrow, &wide, &mut self.steps)
    }
}

fn exclude<'s>(
    documents: (Document<'s>, Document<'s>),
    a: &Shape<'s>,
    b: &Shape<'s>,
    steps: &mut Steps,
) -> bool {
    exclude_within(documents, a, b, 0, steps)
}

fn exclude_within<'s>(
    documents: (Document<'s>, Document<'s>),
    a: &Shape<'s>,
    b: &Shape<'s>,
    level: usize,
    steps: &mut Steps,
) -> bool {
    if level > MAX_LEVELS || !steps.take() {
        return false;
    }
    let shared = a.types.both(b.types);
    if shared.is_none() {
        return true;
    }
    for ((own, shape), (other, against)) in [
        ((documents.0, a), (documents.1, b)),
        ((documents.1, b), (documents.0, a)),
    ] {
        if let Some(values) = values_of(own, shape, steps) {
            return values.iter().all(|value| {
                let mut maps = against.maps.iter();
                !against.types.has(Types::of_value(value))
                    || maps.any(|map| admits_map(other, map, value, steps) == Some(false))
            });
        }
    }
    Types::EACH.into_iter().all(|types| {
        let types = types.both(shared);
        types.is_none()
            || (Types::NUMBER.has(types) && ranges_exclude(a, b))
            || (types == Types::OBJECT && fields_exclude(documents, a, b, level, steps))
    })
}

/// Two objects differ for certain when a field that one of them requires cannot be the same in both.
fn fields_exclude<'s>(
    documents: (Document<'s>, Document<'s>),
    a: &Shape<'s>,
    b: &Shape<'s>,
    level: usize,
    steps: &mut Steps,
) -> bool {
    let names: BTreeSet<&str> = [a, b]
        .iter()
        .flat_map(|shape| shape.maps.iter())
        .flat_map(|map| list(map, "required"))
        .filter_map(Value::as_str)
        .collect();
    names.into_iter().any(|name| {
        let (in_a, in_b) = (schemas_of(a, name), schemas_of(b, name));
        if forbidden(&in_a) || forbidden(&in_b) {
            return true;
        }
        let in_a = Shape::gather(documents.0, in_a, steps);
        let in_b = Shape::gather(documents.1, in_b, steps);
        exclude_within(documents, &in_a, &in_b, level + 1, steps)
    })
}
