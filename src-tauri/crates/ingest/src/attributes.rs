//! Named values (attributes of a span, or the fields of a JSON record) with a note of which were understood.
//!
//! Asking for a value by any of its names marks it as read; what nobody asked for goes to the loss report.
//! A value of the wrong type is as good as absent, and stays unread.

use crate::otlp::anyvalue::KeyValue;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::BTreeMap;

/// The most attributes that are looked at; the raw record keeps the rest.
pub(crate) const COUNT: usize = 20_000;

#[derive(Debug)]
struct Entry {
    value: Value,
    read: Cell<bool>,
}

/// Attributes by name.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    entries: BTreeMap<String, Entry>,
    marks: Marks,
}

/// One bit for each name that is there: most names that are asked for are not, and this tells at once.
#[derive(Debug, Default)]
struct Marks([u64; 4]);

impl Marks {
    fn of(entries: &BTreeMap<String, Entry>) -> Self {
        let mut marks = Self::default();
        for name in entries.keys() {
            let (word, bit) = Self::place(name);
            marks.0[word] |= bit;
        }
        marks
    }

    fn may_have(&self, name: &str) -> bool {
        let (word, bit) = Self::place(name);
        self.0[word] & bit != 0
    }

    /// By a few letters and the length; beginnings are shared by many names.
    fn place(name: &str) -> (usize, u64) {
        let bytes = name.as_bytes();
        let letter = |back: usize| {
            let at = bytes.len().checked_sub(back);
            at.and_then(|at| bytes.get(at)).copied().unwrap_or(0)
        };
        let sum = (bytes.len() as u8)
            .wrapping_mul(53)
            .wrapping_add(letter(1).wrapping_mul(7))
            .wrapping_add(letter(4).wrapping_mul(29))
            .wrapping_add(letter(9).wrapping_mul(101));
        (usize::from(sum >> 6), 1 << (sum & 63))
    }
}

impl Attributes {
    pub(crate) fn of(list: Vec<KeyValue>) -> Self {
        let entries = list
            .into_iter()
            .take(COUNT)
            .map(|KeyValue { key, value }| {
                let read = Cell::new(false);
                (
                    key,
                    Entry {
                        value: value.0,
                        read,
                    },
                )
            })
            .collect();
        Self::of_entries(entries)
    }

    fn of_entries(entries: BTreeMap<String, Entry>) -> Self {
        let marks = Marks::of(&entries);
        Self { entries, marks }
    }

    /// The entry of this name.
    fn entry(&self, name: &str) -> Option<&Entry> {
        if !self.marks.may_have(name) {
            return None;
        }
        self.entries.get(name)
    }

    /// The members of a JSON object.
    pub(crate) fn of_object(object: Map<String, Value>) -> Self {
        let entries = object
            .into_iter()
            .map(|(name, value)| {
                let read = Cell::new(false);
                (name, Entry { value, read })
            })
            .collect();
        Self::of_entries(entries)
    }

    /// A member that is an object, as named values of its own; marked as read. Empty when there is none.
    pub(crate) fn nested(&self, name: &str) -> Self {
        match self.json(&[name]) {
            Some(Value::Object(object)) => Self::of_object(object),
            _ => Self::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The first of `names` that `read` can make something of. The others are marked as read as well when
    /// they could have served: they are older names of the same thing, never addends.
    fn first<T>(&self, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let mut first = None;
        for name in names {
            if let Some(entry) = self.entry(name)
                && let Some(value) = read(&entry.value)
            {
                entry.read.set(true);
                first = first.or(Some(value));
            }
        }
        first
    }

    /// Text; numbers and booleans as their text. Empty text is absent.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        self.first(names, as_text)
    }

    /// A count; decimal text and whole doubles are accepted, negative numbers are not.
    pub(crate) fn count(&self, names: &[&str]) -> Option<u64> {
        self.first(names, as_count)
    }

    /// A number; decimal text is accepted.
    pub(crate) fn number(&self, names: &[&str]) -> Option<f64> {
        self.first(names, |value| match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        })
    }

    /// A boolean, or its word.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<bool> {
        self.first(names, |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        })
    }

    /// A structure: as it is, or opened from JSON text; text that is not JSON stays text.
    pub(crate) fn json(&self, names: &[&str]) -> Option<Value> {
        self.first(names, |value| match value {
            Value::Null => None,
            Value::String(text) => {
                Some(serde_json::from_str(text).unwrap_or_else(|_| value.clone()))
            }
            other => Some(other.clone()),
        })
    }

    /// A list of texts; a single text and JSON text of a list are accepted.
    pub(crate) fn texts(&self, names: &[&str]) -> Vec<String> {
        match self.json(names) {
            Some(Value::Array(values)) => values.iter().filter_map(as_text).collect(),
            Some(other) => as_text(&other).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The value itself, marked as read.
    pub(crate) fn take(&self, name: &str) -> Option<&Value> {
        let entry = self.entry(name)?;
        entry.read.set(true);
        Some(&entry.value)
    }

    /// Marks what is understood but says nothing that a span keeps, such as a sum of two other values.
    pub(crate) fn understood(&self, names: &[&str]) {
        for name in names {
            self.take(name);
        }
    }

    /// Attributes whose names begin with `prefix`, as the rest of the name and the value; none is marked.
    pub(crate) fn under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> + 'a {
        self.entries
            .range::<str, _>((
                std::ops::Bound::Included(prefix),
                std::ops::Bound::Unbounded,
            ))
            .map_while(move |(name, entry)| Some((name.strip_prefix(prefix)?, &entry.value)))
    }

    /// What nobody read, with values.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .filter(|(_, entry)| !entry.read.get() && !entry.value.is_null())
            .map(|(name, entry)| (name.as_str(), &entry.value))
    }
}

/// Fields that nobody read, by their dotted names.
pub(crate) type Unread = Vec<(String, Value)>;

/// Adds what nobody read of `fields` and what says something: no empty structures and no empty text.
pub(crate) fn note(unread: &mut Unread, prefix: &str, fields: &Attributes) {
    let says_nothing = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    for (name, value) in fields.unread().filter(|(_, value)| !says_nothing(value)) {
        unread.push((format!("{prefix}{name}"), value.clone()));
    }
}

/// Counts of kinds that a span does not keep apart, such as audio; most are always zero.
pub(crate) fn note_counts(unread: &mut Unread, prefix: &str, counts: &Attributes) {
    let filled = counts
        .unread()
        .filter(|(_, count)| count.as_u64() != Some(0));
    unread.extend(filled.map(|(name, count)| (format!("{prefix}{name}"), count.clone())));
}

/// Text, or the text of a scalar; `None` for empty text and structures.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A whole number that is not negative, written as a number or as decimal text.
pub(crate) fn as_count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            // Doubles hold whole numbers exactly up to 2^53.
            let double = number.as_f64()?;
            let whole = double.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&double);
            whole.then_some(double as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attributes(list: Value) -> Attributes {
        Attributes::of(serde_json::from_value(list).unwrap())
    }

    #[test]
    fn the_first_name_wins_and_older_names_are_not_added() {
        let attributes = attributes(json!([
            {"key": "new", "value": {"intValue": "7"}},
            {"key": "old", "value": {"intValue": "7"}},
            {"key": "other", "value": {"stringValue": "x"}}
        ]));
        assert_eq!(attributes.count(&["new", "old"]), Some(7));
        let unread: Vec<&str> = attributes.unread().map(|(name, _)| name).collect();
        assert_eq!(unread, ["other"]);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_absent_and_unread() {
        let attributes = attributes(json!([
            {"key": "tokens", "value": {"stringValue": "many"}},
            {"key": "negative", "value": {"intValue": "-1"}},
            {"key": "half", "value": {"doubleValue": 0.5}},
            {"key": "zero", "value": {"stringValue": "0"}}
        ]));
        assert_eq!(attributes.count(&["tokens", "negative", "half"]), None);
        assert_eq!(
            attributes.count(&["zero"]),
            Some(0),
            "zero is a measurement"
        );
        assert_eq!(attributes.unread().count(), 3);
    }
}
