//! Words that are not taken apart. They hold when the narrow schema has them unchanged.

use super::compare::Comparison;
use super::place::{Path, Reasons};
use super::shape::Shape;
use super::types::Types;
use serde_json::{Map, Value};

/// Words that mean something together, and the types of value that they speak of.
const GROUPS: &[(Types, &[&str])] = &[
    (Types::ALL, &["not"]),
    (Types::ALL, &["if", "then", "else"]),
    (Types::ARRAY, &["contains", "minContains", "maxContains"]),
    (Types::OBJECT, &["propertyNames"]),
    (Types::OBJECT, &["dependentRequired"]),
    (Types::OBJECT, &["dependentSchemas"]),
    (Types::OBJECT, &["dependencies"]),
];
/// Words that depend on all others beside them.
const WHOLE: &[&str] = &["unevaluatedProperties", "unevaluatedItems"];
/// Words whose target depends on where the evaluation came from.
const DYNAMIC: &[&str] = &["$dynamicRef", "$recursiveRef"];

impl<'s> Comparison<'s> {
    pub(super) fn others(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &'s Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        for (types, words) in GROUPS {
            let Some(head) = words.first().filter(|head| wide.contains_key(**head)) else {
                continue;
            };
            let mut own = narrow.maps.iter();
            let kept = !narrow.may_be(*types) || own.any(|map| self.same_words(words, map, wide));
            if !kept {
                self.add_word(path, head, reasons);
            }
        }
        for word in WHOLE.iter().filter(|word| wide.contains_key(**word)) {
            let mut own = narrow.maps.iter();
            if !own.any(|map| self.same_maps(map, wide)) {
                self.add_word(path, word, reasons);
            }
        }
        for word in DYNAMIC.iter().filter(|word| wide.contains_key(**word)) {
            self.add_word(path, word, reasons);
        }
    }

    fn add_word(&self, path: &Path, word: &str, reasons: &mut Reasons) {
        let what = format!("`{word}`, which changed or stands beside a change, is part");
        reasons.add(self.voice.undecided(path, &what));
    }
}
