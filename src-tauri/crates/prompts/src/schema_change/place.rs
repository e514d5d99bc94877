//! Where a reason applies, and the list of reasons.

use super::say::{quote, shorten};
use serde_json::Value;

/// Longest path that a reason names, in characters.
const MAX_PATH: usize = 300;
/// Most reasons of one comparison.
const MAX_REASONS: usize = 40;

/// Where in the described value a reason applies.
#[derive(Clone)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn root() -> Self {
        Self("$".to_owned())
    }

    pub(super) fn field(&self, name: &str) -> Self {
        let mut letters = name.chars();
        let plain = letters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && letters.all(|c| c.is_alphanumeric() || "_-".contains(c));
        if plain {
            Self(format!("{}.{}", self.0, shorten(name)))
        } else {
            Self(format!("{}[{}]", self.0, quote(&Value::from(name))))
        }
    }

    pub(super) fn other_fields(&self) -> Self {
        Self(format!("{}.*", self.0))
    }

    pub(super) fn place(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    pub(super) fn items(&self) -> Self {
        Self(format!("{}[]", self.0))
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.char_indices().nth(MAX_PATH) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(&self.0),
        }
    }
}

/// Reasons, each once and not too many of them.
#[derive(Default)]
pub(super) struct Reasons {
    list: Vec<String>,
    more: bool,
}

impl Reasons {
    pub(super) fn add(&mut self, reason: String) {
        if self.list.contains(&reason) {
            return;
        }
        if self.list.len() == MAX_REASONS {
            self.more = true;
        } else {
            self.list.push(reason);
        }
    }

    pub(super) fn append(&mut self, others: Self) {
        self.more |= others.more;
        for reason in others.list {
            self.add(reason);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_list(mut self) -> Vec<String> {
        if self.more {
            self.list.push("there are more such changes".to_owned());
        }
        self.list
    }
}
