//! `anyOf` and `oneOf`: each alternative of the narrow schema must fit some alternative of the wide one.

use super::compare::Comparison;
use super::finite::list;
use super::place::{Path, Reasons};
use super::shape::Shape;
use super::types::Types;
use serde_json::{Map, Value};

impl<'s> Comparison<'s> {
    /// Lets one alternative of the narrow schema hold after the other.
    pub(super) fn case_by_case(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide_schema: &'s Value,
        reasons: &mut Reasons,
    ) {
        let mut rest = narrow.clone();
        let Some(branches) = rest.alternatives.pop() else {
            return;
        };
        for branch in branches {
            let mut case = rest.clone();
            case.add(self.narrow, branch, &mut self.steps);
            reasons.append(self.reasons_against(path, &case, wide_schema));
            if self.steps.exhausted() {
                return;
            }
        }
    }

    /// The alternatives of the wide schema.
    pub(super) fn alternatives(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        for word in ["anyOf", "oneOf"] {
            if !wide.get(word).is_some_and(Value::is_array) {
                continue;
            }
            let mut own = narrow.maps.iter();
            if own.any(|map| self.same_words(&[word], map, wide)) {
                continue;
            }
            let branches = list(wide, word);
            if word == "oneOf" && !self.exclude_each_other(branches) {
                let what = "`oneOf`, of which two alternatives may fit the same value, is part";
                reasons.add(self.voice.undecided(path, what));
                continue;
            }
            if self.fits_one(path, narrow, branches) {
                continue;
            }
            for types in Types::EACH {
                let case = narrow.limited_to(types);
                if !case.types.is_none() && !self.fits_one(path, &case, branches) {
                    self.add_misfit(path, &case, branches, reasons);
                }
            }
        }
    }

    fn fits_one(&mut self, path: &Path, narrow: &Shape<'s>, branches: &'s [Value]) -> bool {
        branches
            .iter()
            .any(|branch| self.reasons_against(path, narrow, branch).is_empty())
            && !self.steps.exhausted()
    }

    /// Says what is wrong with the one alternative that is meant, or that none is.
    fn add_misfit(
        &mut self,
        path: &Path,
        case: &Shape<'s>,
        branches: &'s [Value],
        reasons: &mut Reasons,
    ) {
        let near: Vec<&'s Value> = branches
            .iter()
            .filter(|branch| !self.excludes(case, branch))
            .collect();
        match near.as_slice() {
            [meant] => reasons.append(self.reasons_against(path, case, meant)),
            _ => reasons.add(self.voice.of_alternatives(path, case.types)),
        }
    }
}
