//! What a config says and Plumbline does not, with place and reason.

use serde::Serialize;
use std::collections::HashMap;

/// More different losses than this are not listed one by one.
const MAX_LISTED: usize = 500;
/// Reasons may quote the config.
const MAX_REASON_CHARS: usize = 300;

/// What a loss means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is not there after the import.
    LeftOut,
    /// It is there and may decide or read otherwise.
    Changed,
}

/// One thing that could not be carried over as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCarried {
    pub effect: Effect,
    /// Where it stands first, such as `tests[3].assert[0] (javascript)`.
    pub place: String,
    pub reason: String,
    /// How often it stands there for this reason.
    pub times: u64,
}

/// Losses in the order they were met. What is left out is told once for each kind of place, as
/// `tests[…].assert[…] (javascript)`; what differs is told once.
#[derive(Debug, Default)]
pub(super) struct Losses {
    rows: Vec<NotCarried>,
    seen: HashMap<(Effect, String, String), usize>,
}

impl Losses {
    pub(super) fn left_out(&mut self, place: impl AsRef<str>, reason: impl AsRef<str>) {
        self.add(Effect::LeftOut, place.as_ref(), reason.as_ref());
    }

    pub(super) fn changed(&mut self, place: impl AsRef<str>, reason: impl AsRef<str>) {
        self.add(Effect::Changed, place.as_ref(), reason.as_ref());
    }

    fn add(&mut self, effect: Effect, place: &str, reason: &str) {
        let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
        let kind_of_place = match effect {
            Effect::LeftOut => place.chars().filter(|c| !c.is_ascii_digit()).collect(),
            Effect::Changed => String::new(),
        };
        let key = (effect, kind_of_place, reason.clone());
        if let Some(row) = self.seen.get(&key).and_then(|at| self.rows.get_mut(*at)) {
            row.times += 1;
            return;
        }
        if self.rows.len() > MAX_LISTED {
            if let Some(last) = self.rows.last_mut() {
                last.times += 1;
            }
            return;
        }
        let (place, reason) = if self.rows.len() == MAX_LISTED {
            ("…".to_owned(), "more than this list holds".to_owned())
        } else {
            (place.chars().take(MAX_REASON_CHARS).collect(), reason)
        };
        self.seen.insert(key, self.rows.len());
        self.rows.push(NotCarried {
            effect,
            place,
            reason,
            times: 1,
        });
    }

    pub(super) fn into_rows(self) -> Vec<NotCarried> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_loss_is_told_once_with_its_count_and_the_list_stays_bounded() {
        let mut losses = Losses::default();
        losses.left_out("a[1]", "code is not run");
        losses.left_out("a[20]", "code is not run");
        losses.left_out("b[1]", "code is not run");
        losses.changed("a", "case counts");
        losses.changed("b", "case counts");
        assert_eq!(losses.rows.len(), 3);
        assert_eq!(
            (losses.rows[0].place.as_str(), losses.rows[0].times),
            ("a[1]", 2)
        );
        for n in 0..3 * MAX_LISTED {
            losses.left_out("x", format!("reason {n}"));
        }
        let rows = losses.into_rows();
        assert_eq!(rows.len(), MAX_LISTED + 1);
        assert_eq!(
            rows.iter().map(|row| row.times).sum::<u64>() as usize,
            5 + 3 * MAX_LISTED
        );
    }
}
