//! Bounds of numbers: `minimum`, `maximum`, their exclusive forms, and `multipleOf`.

use super::compare::Comparison;
use super::place::{Path, Reasons};
use super::shape::Shape;
use super::types::Types;
use super::value::{order, whole};
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Lower,
    Upper,
}

/// One end of the allowed numbers.
#[derive(Clone)]
pub(super) struct Bound {
    word: &'static str,
    at: Number,
    exclusive: bool,
}

impl Bound {
    /// The bound as a reason names it, with its word where that is another than is spoken of.
    fn text_beside(&self, spoken_of: &Self) -> String {
        let at = &self.at;
        match self.exclusive && !self.word.starts_with("exclusive") {
            true => format!("{at} (itself excluded)"),
            false if self.word == spoken_of.word => at.to_string(),
            false => format!("{} {at}", self.word),
        }
    }
}

impl End {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Lower => ("minimum", "exclusiveMinimum"),
            Self::Upper => ("maximum", "exclusiveMaximum"),
        }
    }

    /// The bounds a schema names at this end; `exclusiveMinimum: true` is the older spelling.
    fn bounds(self, map: &Map<String, Value>) -> Vec<Bound> {
        let (word, exclusive_word) = self.words();
        let mut bounds = Vec::new();
        let exclusive = map.get(exclusive_word);
        if let Some(Value::Number(at)) = map.get(word) {
            bounds.push(Bound {
                word,
                at: at.clone(),
                exclusive: exclusive == Some(&Value::Bool(true)),
            });
        }
        if let Some(Value::Number(at)) = exclusive {
            bounds.push(Bound {
                word: exclusive_word,
                at: at.clone(),
                exclusive: true,
            });
        }
        bounds
    }

    /// How `a` lies seen from `b`: `Greater` is the stricter side.
    fn strictness(self, a: &Number, b: &Number) -> Option<Ordering> {
        let order = order(a, b)?;
        Some(if self == Self::Upper {
            order.reverse()
        } else {
            order
        })
    }

    /// Whether every number beyond no `narrow` bound is beyond no `wide` one.
    fn implies(self, narrow: &Bound, wide: &Bound, integers_only: bool) -> bool {
        let (narrow, wide) = if integers_only {
            (self.for_integers(narrow), self.for_integers(wide))
        } else {
            (narrow.clone(), wide.clone())
        };
        match self.strictness(&narrow.at, &wide.at) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => narrow.exclusive || !wide.exclusive,
            _ => false,
        }
    }

    /// The first integer within a bound, so that above 0 and from 1 are the same.
    fn for_integers(self, bound: &Bound) -> Bound {
        let inward = if self == Self::Lower { 1 } else { -1 };
        let first = match whole(&bound.at) {
            Some(at) => Number::from_i128(at + if bound.exclusive { inward } else { 0 }),
            None => bound.at.as_f64().and_then(|at| {
                Number::from_f64(if self == Self::Lower {
                    at.ceil()
                } else {
                    at.floor()
                })
            }),
        };
        match first {
            Some(at) => Bound {
                word: bound.word,
                at,
                exclusive: false,
            },
            None => bound.clone(),
        }
    }
}

impl<'s> Comparison<'s> {
    pub(super) fn numbers(
        &mut self,
        path: &Path,
        narrow: &Shape<'s>,
        wide: &Map<String, Value>,
        reasons: &mut Reasons,
    ) {
        if !narrow.may_be(Types::NUMBER) {
            return;
        }
        let integers_only = !narrow.may_be(Types::FRACTION);
        for (end, kinds) in [
            (End::Lower, "smaller numbers"),
            (End::Upper, "larger numbers"),
        ] {
            let known: Vec<Bound> = narrow.maps.iter().flat_map(|map| end.bounds(map)).collect();
            for bound in end.bounds(wide) {
                if known
                    .iter()
                    .any(|own| end.implies(own, &bound, integers_only))
                {
                    continue;
                }
                let own = known.first().map(|own| own.text_beside(&bound));
                let at = bound.text_beside(&bound);
                reasons.add(self.voice.of_limit(path, bound.word, own, &at, kinds));
            }
        }
        if let Some(Value::Number(step)) = wide.get("multipleOf") {
            let known: Vec<&Value> = narrow.words("multipleOf").collect();
            let one = integers_only && whole(step) == Some(1);
            if !one && !known.iter().any(|own| is_multiple(own, step)) {
                let own = known.first().map(ToString::to_string);
                let step = step.to_string();
                let reason = self
                    .voice
                    .of_limit(path, "multipleOf", own, &step, "other numbers");
                reasons.add(reason);
            }
        }
    }
}

fn is_multiple(of: &Value, step: &Number) -> bool {
    let Value::Number(of) = of else {
        return false;
    };
    match (whole(of), whole(step)) {
        (Some(of), Some(step)) => step != 0 && of % step == 0,
        _ => order(of, step) == Some(Ordering::Equal),
    }
}

/// Whether a value is within the bounds that a schema names; one that is no number always is.
pub(super) fn within_bounds(map: &Map<String, Value>, value: &Value) -> bool {
    let Value::Number(number) = value else {
        return true;
    };
    [End::Lower, End::Upper].into_iter().all(|end| {
        end.bounds(map)
            .iter()
            .all(|bound| match end.strictness(number, &bound.at) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => !bound.exclusive,
                _ => false,
            })
    })
}

/// Whether no number is within the bounds of both.
pub(super) fn ranges_exclude(a: &Shape<'_>, b: &Shape<'_>) -> bool {
    let bounds = |shape: &Shape<'_>, end: End| -> Vec<Bound> {
        shape.maps.iter().flat_map(|map| end.bounds(map)).collect()
    };
    let apart = |low: &Shape<'_>, high: &Shape<'_>| {
        let (uppers, lowers) = (bounds(low, End::Upper), bounds(high, End::Lower));
        uppers.iter().any(|upper| {
            lowers
                .iter()
                .any(|lower| match order(&upper.at, &lower.at) {
                    Some(Ordering::Less) => true,
                    Some(Ordering::Equal) => upper.exclusive || lower.exclusive,
                    _ => false,
                })
        })
    };
    apart(a, b) || apart(b, a)
}
