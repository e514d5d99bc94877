//! The members of a provider's answer that the common schema does not name, kept as they came up to 64 KiB.

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most bytes of JSON that are kept.
const MAX_BYTES: usize = 64 * 1024;

/// The unnamed members of one answer so far.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    kept: Map<String, Value>,
    /// Bytes of each kept member, its name included.
    sizes: BTreeMap<String, usize>,
    bytes: usize,
    members_left_out: u64,
}

impl Extras {
    /// Takes the members of a JSON object but for `named` ones and nulls; a later one replaces an earlier.
    /// What is no object has none.
    pub(crate) fn take(&mut self, json: &[u8], named: &[&str]) {
        let Ok(members) = serde_json::from_slice::<BTreeMap<Cow<'_, str>, &RawValue>>(json) else {
            return;
        };
        for (name, raw) in members {
            if named.contains(&&*name) || raw.get() == "null" {
                continue;
            }
            // Quotes, colon and comma too.
            let size = name.len() + raw.get().len() + 4;
            let replaced = self.sizes.get(&*name).copied().unwrap_or(0);
            let bytes = (self.bytes - replaced).saturating_add(size);
            match serde_json::from_str(raw.get()) {
                Ok(value) if bytes <= MAX_BYTES => {
                    self.bytes = bytes;
                    self.sizes.insert(name.to_string(), size);
                    self.kept.insert(name.into_owned(), value);
                }
                _ => self.members_left_out = self.members_left_out.saturating_add(1),
            }
        }
    }

    /// What was kept, and a sentence about what was not.
    pub(crate) fn into_parts(self) -> (Option<Value>, Option<String>) {
        let left_out = self.members_left_out;
        let sentence = (left_out > 0).then(|| {
            format!("`extras`: {left_out} members of the provider's own, above 64 KiB together")
        });
        let kept = (!self.kept.is_empty()).then_some(Value::Object(self.kept));
        (kept, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_named_is_kept_and_the_last_one_counts() {
        let mut extras = Extras::default();
        extras.take(br#"{"id":"c","tier":null,"service_tier":"flex"}"#, &["id"]);
        extras.take(br#"{"service_tier":"default","cites":[1]}"#, &["id"]);
        extras.take(b"[1]", &[]);
        let (kept, sentence) = extras.into_parts();
        assert_eq!(kept, Some(json!({"service_tier": "default", "cites": [1]})));
        assert_eq!(sentence, None);
        assert_eq!(Extras::default().into_parts(), (None, None));
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_left_out_and_said_so() {
        let mut extras = Extras::default();
        let large = json!({"small": 1, "zlarge": "x".repeat(70_000)}).to_string();
        extras.take(large.as_bytes(), &[]);
        let deep = format!("{{\"deep\":{}{}}}", "[".repeat(200), "]".repeat(200));
        extras.take(deep.as_bytes(), &[]);
        let half = json!({"half": "x".repeat(40_000)}).to_string();
        extras.take(half.as_bytes(), &[]);
        extras.take(half.as_bytes(), &[]);
        let (kept, sentence) = extras.into_parts();
        let kept = kept.unwrap();
        assert!(kept.to_string().len() <= MAX_BYTES);
        assert_eq!(kept.as_object().unwrap().len(), 2, "a repetition replaces");
        assert!(sentence.unwrap().contains("2 members"));
    }
}
