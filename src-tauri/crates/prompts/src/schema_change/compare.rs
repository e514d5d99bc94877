//! Whether every value of one schema, the narrow one, is allowed by another, the wide one.
//!
//! Each word of the wide schema must follow from the words of the narrow one. What does not follow is
//! reported, so silence is a proof and a report need not be one.

use super::document::{Document, Steps};
use super::place::{Path, Reasons};
use super::same::same;
use super::say::{Voice, quote};
use super::shape::{Shape, address_of};
use super::types::Types;
use serde_json::{Map, Value};

/// A pair of schemas that is being compared, and how deep in the value.
type Pair = (Vec<usize>, Types, usize, usize);

pub(super) struct Comparison<'s> {
    pub(super) narrow: Document<'s>,
    pub(super) wide: Document<'s>,
    pub(super) voice: Voice,
    pub(super) steps: Steps,
    /// Pairs on the way here. One that comes again deeper in the value holds if all else does.
    open: Vec<Pair>,
    value_depth: usize,
}

impl<'s> Comparison<'s> {
    pub(super) fn new(narrow: Document<'s>, wide: Document<'s>, voice: Voice) -> Self {
        Self {
            narrow,
            wide,
            voice,
            steps: Steps::new(),
            open: Vec::new(),
            value_depth: 0,
        }
    }

    /// Why some value of `narrow` is not allowed by `wide`; empty when each one surely is.
    pub(super) fn reasons_against(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Value,
    ) -> Reasons {
        let mut reasons = Reasons::default();
        let nothing = narrow.types.is_none() && !narrow.no_schema;
        if nothing || matches!(wide, Value::Bool(true)) {
            return reasons;
        }
        let (address, wide_address) = (narrow.address(), address_of(wide));
        let before = self.open.iter().find(|(shape, types, other, _)| {
            *shape == address && *types == narrow.types && *other == wide_address
        });
        if let Some((.., depth)) = before {
            if *depth == self.value_depth {
                let what = "a schema that refers to itself without end is part";
                reasons.add(self.voice.undecided(path, what));
            }
            return reasons;
        }
        let pair = (address, narrow.types, wide_address, self.value_depth);
        self.open.push(pair);
        if self.steps.enter() {
            self.compare(path, narrow, wide, &mut reasons);
        }
        self.steps.leave();
        self.open.pop();
        reasons
    }

    /// The same one level deeper in the value.
    pub(super) fn below(
        &mut self,
        path: &Path,
        narrow: &[&'s Value],
        wide: &'s Value,
        reasons: &mut Reasons,
    ) {
        if let [own] = narrow
            && same(self.narrow, own, self.wide, wide, &mut self.steps)
        {
            return;
        }
        let shape = Shape::gather(self.narrow, narrow.iter().copied(), &mut self.steps);
        self.value_depth += 1;
        reasons.append(self.reasons_against(path, &shape, wide));
        self.value_depth -= 1;
    }

    fn compare(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide_schema: &'s Value,
        reasons: &mut Reasons,
    ) {
        let mut wide = Shape::gather(self.wide, [wide_schema], &mut self.steps);
        if wide.no_schema || narrow.no_schema {
            let what = "something that is no schema is part";
            return reasons.add(self.voice.undecided(path, what));
        }
        for reference in &wide.unknown {
            let kept = narrow.unknown.contains(reference)
                && self.wide.leads_outside(reference)
                && self.narrow.leads_outside(reference);
            if !kept {
                let reference = quote(&Value::from(*reference));
                let what = format!("the reference {reference}, which is not followed, is part");
                reasons.add(self.voice.undecided(path, &what));
            }
        }
        wide.types = self.types_within(&wide);
        if narrow.names_values()
            && let Some(values) = self.values_of(narrow)
        {
            return self.values(path, (narrow, &values), wide_schema, &wide, reasons);
        }
        if narrow.alternatives.is_empty() {
            return self.in_all(path, narrow, &wide, wide_schema, reasons);
        }
        // First without the alternatives: what follows from the rest needs no case by case.
        let mut plain = Reasons::default();
        let rest = narrow.without_alternatives();
        self.in_all(path, &rest, &wide, wide_schema, &mut plain);
        if !plain.is_empty() {
            self.case_by_case(path, narrow, wide_schema, reasons);
        }
    }

    /// The types of a shape of the wide schema that one of each of its alternatives allows too.
    fn types_within(&mut self, wide: &Shape<'s>) -> Types {
        wide.alternatives.iter().fold(wide.types, |types, list| {
            let within = list.iter().fold(Types::NONE, |all, branch| {
                all.or(Shape::gather(self.wide, [branch], &mut self.steps).types)
            });
            types.both(within)
        })
    }

    /// The types, then each word for the types that both allow.
    fn in_all(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &Shape<'s>,
        wide_schema: &'s Value,
        reasons: &mut Reasons,
    ) {
        let new_types = narrow.types.without(wide.types);
        if !new_types.is_none() {
            reasons.add(self.voice.of_type(path, new_types, wide.types));
        }
        let narrow = narrow.limited_to(wide.types);
        if narrow.types.is_none() {
            return;
        }
        match self.values_of(&narrow) {
            Some(values) => self.values(path, (&narrow, &values), wide_schema, wide, reasons),
            None => self.words(path, &narrow, wide, reasons),
        }
    }

    /// Each word of the wide schema against all that is known of the narrow one.
    fn words(&mut self, path: &Path, narrow: &Shape<'s>, wide: &Shape<'s>, reasons: &mut Reasons) {
        for map in &wide.maps {
            for word in ["enum", "const"] {
                if let Some(allowed) = fixed_values(word, map) {
                    let allowed = quote(allowed);
                    let kinds = "other values";
                    reasons.add(self.voice.of_limit(path, word, None, &allowed, kinds));
                }
            }
            self.words_of(map, path, narrow, reasons);
        }
    }

    /// Whether all words but `enum` and `const` follow.
    pub(super) fn words_follow(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &Shape<'s>,
    ) -> bool {
        let narrow = narrow.without_alternatives();
        let mut reasons = Reasons::default();
        for map in &wide.maps {
            self.words_of(map, path, &narrow, &mut reasons);
        }
        reasons.is_empty() && narrow.types.without(wide.types).is_none()
    }

    fn words_of(
        &mut self,
        map: &'s Map<String, Value>,
        path: &Path,
        narrow: &Shape<'s>,
        reasons: &mut Reasons,
    ) {
        // What holds on both sides as it is needs no closer look.
        let mut own = narrow.maps.iter();
        if own.any(|held| self.same_own_words(held, map)) {
            return;
        }
        self.numbers(path, narrow, map, reasons);
        self.sizes(path, narrow, map, reasons);
        self.lists(path, narrow, map, reasons);
        self.objects(path, narrow, map, reasons);
        self.others(path, narrow, map, reasons);
        self.alternatives(path, narrow, map, reasons);
    }
}

/// What an `enum` or `const` names; an `enum` that is no list says nothing.
pub(super) fn fixed_values<'s>(word: &str, map: &'s Map<String, Value>) -> Option<&'s Value> {
    map.get(word)
        .filter(|allowed| word == "const" || allowed.is_array())
}
