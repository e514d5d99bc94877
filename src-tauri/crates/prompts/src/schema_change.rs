//! What a change of a JSON Schema means for those who rely on it, decided field by field.
//!
//! An output is written by the model and read by an application that was made for the old schema: the
//! change is compatible when every value that the new schema allows was allowed before. Fewer values are
//! fine. A field that leaves an open object counts as a break, for it may still come and hold anything.
//!
//! Arguments of a tool flow the same way, and besides, calls that were recorded under the old schema are
//! made again against the new one. So a tool must hold both ways: nothing new may come, and nothing that
//! was fine may be refused. One exception: an optional argument may be added to an open object, since an
//! application ignores what it does not know and no old call carries it. Arguments are always an object.
//!
//! What cannot be decided (a changed pattern, `not`, `if`, a reference that leads outside, a schema that
//! is too large) counts as breaking: a bump too large is a nuisance, one too small breaks a caller.

mod alternatives;
mod compare;
mod disjoint;
mod document;
mod finite;
mod lists;
mod numbers;
mod objects;
mod others;
mod place;
mod same;
mod say;
mod shape;
mod sizes;
mod types;
mod value;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod small_schemas;
#[cfg(test)]
mod tests;

use compare::Comparison;
use document::{Document, Steps};
use place::Path;
use say::Voice;
use serde_json::Value;
use shape::Shape;
use types::Types;

/// Who reads what the schema describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    ToolArguments,
    Output,
}

/// What a change of a schema amounts to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SchemaChange {
    /// The two allow the same by the same words; descriptions, examples or the order of lists differ.
    Wording,
    Compatible,
    Breaks(Vec<String>),
}

const TOO_LARGE: &str = "it is too large to decide, so it counts as breaking";

/// Decides what the change from `old` to `new` means. Takes a bounded time whatever the schemas hold.
pub(crate) fn compare(old: &Value, new: &Value, usage: Use) -> SchemaChange {
    let (Some(before), Some(after)) = (Document::new(old), Document::new(new)) else {
        return SchemaChange::Breaks(vec![TOO_LARGE.to_owned()]);
    };
    if before.dialect() != after.dialect() {
        let reason = "`$schema` changed: its words may mean something else now, which cannot be decided, so it counts as breaking";
        return SchemaChange::Breaks(vec![reason.to_owned()]);
    }
    if old == new || same::same(before, old, after, new, &mut Steps::new()) {
        return SchemaChange::Wording;
    }
    let mut reasons = widened((before, old), (after, new), Voice::appears(usage), usage);
    if usage == Use::ToolArguments {
        reasons.extend(widened((after, new), (before, old), Voice::Refused, usage));
    }
    if reasons.is_empty() {
        return SchemaChange::Compatible;
    }
    reasons.sort();
    reasons.dedup();
    SchemaChange::Breaks(reasons)
}

/// Where `narrow` allows what `wide` does not.
fn widened<'s>(
    (wide, wide_schema): (Document<'s>, &'s Value),
    (narrow, narrow_schema): (Document<'s>, &'s Value),
    voice: Voice,
    usage: Use,
) -> Vec<String> {
    let mut comparison = Comparison::new(narrow, wide, voice);
    let mut shape = Shape::gather(narrow, [narrow_schema], &mut comparison.steps);
    if usage == Use::ToolArguments {
        shape.types = shape.types.both(Types::OBJECT);
    }
    let reasons = comparison.reasons_against(&Path::root(), &shape, wide_schema);
    if comparison.steps.exhausted() {
        return vec![TOO_LARGE.to_owned()];
    }
    reasons.into_list()
}
