//! Variables: what callers must pass.

use super::{BumpKind, Changes};
use plumbline_model::Variable;

impl Changes {
    pub(super) fn variables(&mut self, old: &[Variable], new: &[Variable]) {
        let mut removed = absent_from(new, old);
        let mut added = absent_from(old, new);
        if let Some((was, is)) = renamed(&removed, &added) {
            let reason = format!("variable `{}` was renamed to `{}`", was.name, is.name);
            self.add(BumpKind::Major, reason);
            removed.clear();
            added.retain(|variable| variable.name != is.name);
        }
        for was in removed {
            let reason = format!("variable `{}` was removed", was.name);
            self.add(BumpKind::Major, reason);
        }
        for was in old {
            if let Some(is) = new.iter().find(|variable| variable.name == was.name) {
                self.variable(was, is);
            }
        }
        for is in added {
            let (kind, what) = match is.default {
                None => (BumpKind::Major, "without a default"),
                Some(_) => (BumpKind::Minor, "with a default"),
            };
            self.add(kind, format!("variable `{}` was added {what}", is.name));
        }
        if reordered(old, new, |variable| &variable.name) {
            self.add(BumpKind::Patch, "the order of the variables changed");
        }
    }

    fn variable(&mut self, was: &Variable, is: &Variable) {
        let name = &was.name;
        match (was.kind.as_deref(), is.kind.as_deref()) {
            (before, after) if before == after => {}
            (Some(_), None) => self.add(
                BumpKind::Minor,
                format!("variable `{name}` now accepts any type"),
            ),
            (before, after) => {
                let kind = match (before, after) {
                    // Every integer is a number.
                    (Some("integer"), Some("number")) => BumpKind::Minor,
                    _ => BumpKind::Major,
                };
                let (before, after) = (before.unwrap_or("any"), after.unwrap_or("any"));
                let reason = format!("the type of variable `{name}` went from {before} to {after}");
                self.add(kind, reason);
            }
        }
        match (&was.default, &is.default) {
            (before, after) if before == after => {}
            (Some(_), None) => self.add(
                BumpKind::Major,
                format!("variable `{name}` lost its default"),
            ),
            (None, Some(_)) => self.add(
                BumpKind::Minor,
                format!("variable `{name}` was given a default"),
            ),
            _ => self.add(
                BumpKind::Minor,
                format!("the default of variable `{name}` changed"),
            ),
        }
        if was.trim != is.trim {
            // Other words of the value go out where it does not fit.
            self.add(
                BumpKind::Minor,
                format!("how variable `{name}` is trimmed changed"),
            );
        }
        if was.description != is.description {
            self.add(
                BumpKind::Patch,
                format!("the description of variable `{name}` changed"),
            );
        }
    }
}

/// The variables of `these` that `those` do not have.
fn absent_from<'v>(those: &[Variable], these: &'v [Variable]) -> Vec<&'v Variable> {
    let absent = |variable: &&Variable| !those.iter().any(|other| other.name == variable.name);
    these.iter().filter(absent).collect()
}

/// The one that left and the one that callers must pass instead, when all but the name is the same.
fn renamed<'v>(
    removed: &[&'v Variable],
    added: &[&'v Variable],
) -> Option<(&'v Variable, &'v Variable)> {
    let mut needed = added.iter().filter(|variable| variable.default.is_none());
    let (&[was], Some(is), None) = (removed, needed.next(), needed.next()) else {
        return None;
    };
    let alike =
        (&was.kind, &was.description, &was.default) == (&is.kind, &is.description, &is.default);
    alike.then_some((was, *is))
}

/// Whether what both lists hold stands in another order.
pub(super) fn reordered<T>(old: &[T], new: &[T], name: impl Fn(&T) -> &String) -> bool {
    let kept = |these: &[T], those: &[T]| -> Vec<String> {
        let both = |item: &&T| those.iter().any(|other| name(other) == name(item));
        these
            .iter()
            .filter(both)
            .map(|item| name(item).clone())
            .collect()
    };
    kept(old, new) != kept(new, old)
}
