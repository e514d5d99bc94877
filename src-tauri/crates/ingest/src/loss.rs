//! The tally of fields that no part of a reader understands. It knows names and one example, no meaning.

use crate::text::shorten;
use plumbline_model::FieldUnread;
use serde_json::Value;
use std::collections::BTreeMap;

/// Distinct names that are told apart; hostile input can make up any number of them.
const NAMES: usize = 1_000;
/// Where the names beyond that are counted.
const BEYOND: &str = "(more fields)";
const NAME_CHARS: usize = 200;
const EXAMPLE_CHARS: usize = 80;

#[derive(Default)]
struct Entry {
    unread: FieldUnread,
    last_record: u64,
}

/// Unread fields of one source, each counted once per record that carries it.
#[derive(Default)]
pub(crate) struct LossTally {
    fields: BTreeMap<String, Entry>,
    record: u64,
}

impl LossTally {
    /// Counts `name` for the current record. Numbers between dots, which are indices, become `N`.
    pub(crate) fn note(&mut self, name: &str, example: &Value) {
        let name = without_indices(&shorten(name, NAME_CHARS));
        let record = self.record + 1;
        let entry = match self.fields.get_mut(&name) {
            Some(entry) => entry,
            None => {
                let name = if self.fields.len() < NAMES {
                    name
                } else {
                    BEYOND.to_owned()
                };
                self.fields.entry(name).or_insert_with(|| Entry {
                    unread: FieldUnread {
                        count: 0,
                        example: match example {
                            Value::String(text) => shorten(text, EXAMPLE_CHARS).into_owned(),
                            other => shorten(&other.to_string(), EXAMPLE_CHARS).into_owned(),
                        },
                    },
                    last_record: 0,
                })
            }
        };
        if entry.last_record != record {
            entry.last_record = record;
            entry.unread.count += 1;
        }
    }

    pub(crate) fn next_record(&mut self) {
        self.record += 1;
    }

    pub(crate) fn into_fields(self) -> BTreeMap<String, FieldUnread> {
        self.fields
            .into_iter()
            .map(|(name, entry)| (name, entry.unread))
            .collect()
    }
}

/// `llm.tools.12.name` and `llm.tools.13.name` are one field, not two.
fn without_indices(name: &str) -> String {
    if !name.bytes().any(|b| b.is_ascii_digit()) {
        return name.to_owned();
    }
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    name.split('.')
        .map(|part| if is_index(part) { "N" } else { part })
        .collect::<Vec<_>>()
        .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_counts_once_per_record_whatever_its_index() {
        let mut tally = LossTally::default();
        tally.note("a.0.b", &Value::from("first"));
        tally.note("a.1.b", &Value::from("second"));
        tally.next_record();
        tally.note("a.7.b", &Value::from(3));
        let fields = tally.into_fields();
        assert_eq!(fields.len(), 1);
        assert_eq!(fields["a.N.b"].count, 2);
        assert_eq!(fields["a.N.b"].example, "first");
    }

    #[test]
    fn made_up_names_do_not_grow_the_report_without_end() {
        let mut tally = LossTally::default();
        for n in 0..5_000 {
            tally.note(&format!("x{n}"), &Value::Null);
        }
        let fields = tally.into_fields();
        assert!(fields.len() <= NAMES + 1, "{} names", fields.len());
        assert!(fields.contains_key(BEYOND));
    }
}
