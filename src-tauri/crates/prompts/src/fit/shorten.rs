//! A value that can be made shorter step by step, whatever it is.

use super::list::List;
use super::text::Text;
use plumbline_model::{Trim, TrimPolicy};
use plumbline_tokens::{Encoding, TextCut, count};
use serde_json::Value;

/// A value and how it is shortened. A step is one more token of a text, or one more item of a list, kept.
pub(super) enum Shortener<'v> {
    Text(Text<'v>),
    List(List<'v>),
}

/// A shortened value.
pub(super) struct Shorter {
    pub(super) value: Value,
    pub(super) tokens: u64,
    pub(super) items_dropped: Option<u64>,
}

impl<'v> Shortener<'v> {
    /// `None` for a value in which nothing can be cut by this policy.
    pub(super) fn new(encoding: Encoding, value: &'v Value, trim: &Trim) -> Option<Self> {
        let least = trim.keep_tokens.unwrap_or(0);
        if let Some(list) = List::new(encoding, value, trim) {
            return Some(Self::List(list));
        }
        let cut = match trim.policy {
            TrimPolicy::Head => TextCut::Head,
            TrimPolicy::Tail => TextCut::Tail,
            TrimPolicy::Middle => TextCut::Middle,
            TrimPolicy::Items => return None,
        };
        let text = value.as_str()?;
        Some(Self::Text(Text::new(encoding, text, cut, least)))
    }

    /// Tokens of the whole value.
    pub(super) fn tokens(&self) -> u64 {
        match self {
            Self::Text(text) => text.tokens(),
            Self::List(list) => list.tokens(),
        }
    }

    /// The shortest it may be, and the step at which it is whole.
    pub(super) fn steps(&self) -> (u64, u64) {
        match self {
            Self::Text(text) => (text.least(), text.tokens()),
            Self::List(list) => (list.least(), list.groups()),
        }
    }

    /// About the most steps with so many tokens.
    pub(super) fn step_within(&self, tokens: u64) -> u64 {
        match self {
            Self::Text(_) => tokens,
            Self::List(list) => list.groups_within(tokens),
        }
    }

    /// How many tokens below the cap are near enough not to look on.
    pub(super) fn slack(&self, cap: u64) -> u64 {
        match self {
            Self::Text(_) => 2 + cap / 256,
            Self::List(_) => 0,
        }
    }

    pub(super) fn at(&self, step: u64) -> Shorter {
        match self {
            Self::Text(text) => text.within(step),
            Self::List(list) => list.keeping(step),
        }
    }
}

/// Tokens of a value by itself: of a text as it is, of anything else as compact JSON.
pub(super) fn value_tokens(encoding: Encoding, value: &Value) -> u64 {
    match value {
        Value::String(text) => count(encoding, text),
        other => count(encoding, &other.to_string()),
    }
}
