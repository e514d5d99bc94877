//! A value of items, of which whole ones are dropped.

use super::groups;
use super::json_text::JsonText;
use super::shorten::{Shorter, value_tokens};
use plumbline_model::{Trim, TrimPolicy};
use plumbline_tokens::{Encoding, count};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

/// What the items are of.
enum Source<'v> {
    Array(&'v [Value]),
    Object(&'v Map<String, Value>),
    Text(JsonText<'v>),
}

pub(super) struct List<'v> {
    encoding: Encoding,
    source: Source<'v>,
    tokens: u64,
    /// For each item when its group goes: 0 is the first to go.
    turns: Vec<usize>,
    /// About the tokens of the value that keeps so many groups.
    kept: Vec<u64>,
    /// Tokens that stay in any case.
    keep: u64,
}

impl<'v> List<'v> {
    /// `None` for a value without items.
    pub(super) fn new(encoding: Encoding, value: &'v Value, trim: &Trim) -> Option<Self> {
        let source = match value {
            Value::Array(items) => Source::Array(items),
            Value::Object(members) => Source::Object(members),
            Value::String(text) => Source::Text(JsonText::of(text)?),
            _ => return None,
        };
        let (mut groups, group_of) =
            source.groups(encoding, trim.score.as_deref().unwrap_or("score"));
        let tokens = value_tokens(encoding, value);
        order(&mut groups, trim.policy);
        let mut turn_of = vec![0; groups.len()];
        for (turn, group) in groups.iter().enumerate() {
            if let Some(place) = turn_of.get_mut(group.index) {
                *place = turn;
            }
        }
        let turns = group_of
            .iter()
            .map(|group| turn_of.get(*group).copied().unwrap_or(0));
        let all: u64 = groups.iter().map(|group| group.tokens).sum();
        let frame = tokens.saturating_sub(all);
        let mut kept = vec![frame];
        for group in groups.iter().rev() {
            kept.push(kept.last().copied().unwrap_or(0) + group.tokens);
        }
        Some(Self {
            encoding,
            turns: turns.collect(),
            source,
            tokens,
            kept,
            keep: trim.keep_tokens.unwrap_or(0),
        })
    }

    pub(super) fn tokens(&self) -> u64 {
        self.tokens
    }

    pub(super) fn groups(&self) -> u64 {
        self.kept.len() as u64 - 1
    }

    /// The fewest groups that have the tokens which stay in any case.
    pub(super) fn least(&self) -> u64 {
        if self.keep == 0 {
            return 0;
        }
        let short = |tokens: &u64| *tokens < self.keep;
        (self.kept.partition_point(short) as u64).min(self.groups())
    }

    pub(super) fn groups_within(&self, tokens: u64) -> u64 {
        let within = self.kept.partition_point(|kept| *kept <= tokens) as u64;
        within.saturating_sub(1)
    }

    /// The value with so many groups.
    pub(super) fn keeping(&self, groups: u64) -> Shorter {
        let first_kept = self.groups().saturating_sub(groups);
        let stays = |at: &usize| {
            let turn = self.turns.get(*at).copied().unwrap_or(0);
            turn as u64 >= first_kept
        };
        let indexes: Vec<usize> = (0..self.turns.len()).filter(stays).collect();
        let value = self.source.only(&indexes);
        Shorter {
            tokens: value_tokens(self.encoding, &value),
            value,
            items_dropped: Some((self.turns.len() - indexes.len()) as u64),
        }
    }
}

/// Items that stay or go together.
struct Group {
    /// Its place in the list.
    index: usize,
    tokens: u64,
    score: Option<f64>,
}

fn highest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

/// The first to go comes first.
fn order(groups: &mut [Group], policy: TrimPolicy) {
    let last = groups.len().saturating_sub(1);
    match policy {
        TrimPolicy::Head => {}
        TrimPolicy::Tail => groups.reverse(),
        TrimPolicy::Middle => groups.sort_by_key(|group| (2 * group.index).abs_diff(last)),
        TrimPolicy::Items => groups.sort_by(|one, other| {
            lower(one.score, other.score).then(Reverse(one.index).cmp(&Reverse(other.index)))
        }),
    }
}

/// No score is lower than every number; JSON has no number that is none.
fn lower(one: Option<f64>, other: Option<f64>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.partial_cmp(&other).unwrap_or(Ordering::Equal),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

impl Source<'_> {
    /// The items that stand or fall together, and for each item the index of its group.
    fn groups(&self, encoding: Encoding, score: &str) -> (Vec<Group>, Vec<usize>) {
        let items = self.values();
        let leaders = groups::leaders(&items);
        let tokens = self.tokens(encoding);
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of: Vec<usize> = Vec::with_capacity(items.len());
        for (at, ((item, leader), tokens)) in items.iter().zip(leaders).zip(tokens).enumerate() {
            if leader == at {
                groups.push(Group {
                    index: groups.len(),
                    tokens: 0,
                    score: None,
                });
            }
            let own = groups.len().saturating_sub(1);
            let group = group_of.get(leader).copied().unwrap_or(own);
            group_of.push(group);
            if let Some(group) = groups.get_mut(group) {
                // One more for the comma.
                group.tokens += tokens + 1;
                group.score = highest(group.score, item.get(score).and_then(Value::as_f64));
            }
        }
        (groups, group_of)
    }

    fn values(&self) -> Cow<'_, [Value]> {
        match self {
            Self::Array(items) => Cow::Borrowed(items),
            Self::Object(members) => members.values().cloned().collect(),
            Self::Text(json) => json.items.iter().map(|item| json.value_of(item)).collect(),
        }
    }

    /// About the tokens of each item.
    fn tokens(&self, encoding: Encoding) -> Vec<u64> {
        let of = |value: &Value| count(encoding, &value.to_string());
        match self {
            Self::Array(items) => items.iter().map(of).collect(),
            Self::Object(members) => members
                .iter()
                // Two more for the quotes and the colon.
                .map(|(name, value)| count(encoding, name) + 2 + of(value))
                .collect(),
            Self::Text(json) => json
                .items
                .iter()
                .map(|item| count(encoding, item))
                .collect(),
        }
    }

    /// The value with the items of these indexes.
    fn only(&self, indexes: &[usize]) -> Value {
        match self {
            Self::Array(items) => {
                let kept = indexes.iter().filter_map(|at| items.get(*at).cloned());
                Value::Array(kept.collect())
            }
            Self::Object(members) => {
                let mut wanted = indexes.iter().copied().peekable();
                let kept = members.iter().enumerate();
                let kept = kept.filter(|(at, _)| wanted.next_if_eq(at).is_some());
                let kept = kept.map(|(_, (name, value))| (name.clone(), value.clone()));
                Value::Object(kept.collect())
            }
            Self::Text(json) => {
                let kept = indexes.iter().filter_map(|at| json.items.get(*at).copied());
                Value::String(json.with(&kept.collect::<Vec<_>>()))
            }
        }
    }
}
