//! In what way an answer changed: a small closed set of words to group many changes by.
//!
//! Decides from the two answers alone; knows nothing of pass or fail. Written in files as one word, with the
//! path after a colon for a JSON field.

use crate::diff::{diff_json, json_equal, read_json, split_words};
use plumbline_model::ToolCall;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use ts_rs::TS;

/// A kind of change. JSON: text such as `wording` or `json_field:$.label`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[ts(export, type = "string")]
pub enum ChangeKind {
    /// Other tools were called, or with other arguments.
    ToolCall,
    /// The new answer says nothing.
    Empty,
    RefusalAppeared,
    RefusalDisappeared,
    /// The same words or the same JSON, written differently.
    Formatting,
    /// A value at this path of a JSON answer; array positions are written `[*]`.
    JsonField(String),
    /// The same text with other numbers.
    Number,
    /// A short answer, such as a class name, became another.
    Label,
    /// At least twice as many words.
    Longer2x,
    /// At most half as many words.
    Shorter2x,
    /// Anything else.
    Wording,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToolCall => "tool_call",
            Self::Empty => "empty",
            Self::RefusalAppeared => "refusal_appeared",
            Self::RefusalDisappeared => "refusal_disappeared",
            Self::Formatting => "formatting",
            Self::JsonField(path) => return write!(f, "json_field:{path}"),
            Self::Number => "number",
            Self::Label => "label",
            Self::Longer2x => "longer_2x",
            Self::Shorter2x => "shorter_2x",
            Self::Wording => "wording",
        })
    }
}

impl Serialize for ChangeKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// More changed fields than this are told as one change of the whole object.
const FIELDS_LIMIT: usize = 5;
/// A label has at most this many words and characters.
const LABEL_WORDS: usize = 4;
const LABEL_CHARS: usize = 48;

/// True when two lists of tool calls ask for the same; the provider's ids do not count.
pub(crate) fn same_calls(a: &[ToolCall], b: &[ToolCall]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.name == b.name && json_equal(&a.arguments, &b.arguments))
}

/// The kinds of change between two answers that differ; one, except for JSON with several changed fields.
pub(crate) fn kinds_of(a: (&str, &[ToolCall]), b: (&str, &[ToolCall])) -> Vec<ChangeKind> {
    let ((a, calls_a), (b, calls_b)) = (a, b);
    if !same_calls(calls_a, calls_b) {
        return vec![ChangeKind::ToolCall];
    }
    if b.trim().is_empty() && !a.trim().is_empty() {
        return vec![ChangeKind::Empty];
    }
    match (refuses(a), refuses(b)) {
        (false, true) => return vec![ChangeKind::RefusalAppeared],
        (true, false) => return vec![ChangeKind::RefusalDisappeared],
        _ => {}
    }
    if let Some(kinds) = json_kinds(a, b) {
        return kinds;
    }
    vec![text_kind(a, b)]
}

fn json_kinds(a: &str, b: &str) -> Option<Vec<ChangeKind>> {
    let container = |text: &str| {
        read_json(text)
            .ok()
            .map(|read| read.value)
            .filter(|value| matches!(value, Value::Object(_) | Value::Array(_)))
    };
    let mut paths: Vec<String> = diff_json(&container(a)?, &container(b)?)
        .into_iter()
        .map(|change| any_index(&change.path))
        .collect();
    if paths.is_empty() {
        return Some(vec![ChangeKind::Formatting]);
    }
    paths.sort_unstable();
    paths.dedup();
    if paths.len() > FIELDS_LIMIT {
        return Some(vec![ChangeKind::JsonField("$".to_owned())]);
    }
    Some(paths.into_iter().map(ChangeKind::JsonField).collect())
}

/// Replaces array positions by `[*]`, so that the same field of different items is one kind.
fn any_index(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        let (head, tail) = rest.split_at(open + 1);
        out.push_str(head);
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && tail[digits..].starts_with(']') {
            out.push('*');
            rest = &tail[digits..];
        } else {
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

fn text_kind(a: &str, b: &str) -> ChangeKind {
    if bare(a).eq(bare(b)) {
        return ChangeKind::Formatting;
    }
    if has_digit(a) && has_digit(b) && without_numbers(a) == without_numbers(b) {
        return ChangeKind::Number;
    }
    let words = |text: &str| {
        split_words(text)
            .into_iter()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .count()
    };
    let (count_a, count_b) = (words(a), words(b));
    let short = |text: &str, words: usize| {
        words <= LABEL_WORDS
            && text.trim().chars().count() <= LABEL_CHARS
            && !text.trim().contains('\n')
    };
    if short(a, count_a) && short(b, count_b) {
        return ChangeKind::Label;
    }
    if count_b >= 2 * count_a {
        ChangeKind::Longer2x
    } else if count_a >= 2 * count_b {
        ChangeKind::Shorter2x
    } else {
        ChangeKind::Wording
    }
}

/// Letters and digits in order, case ignored: what is left when formatting is taken away.
///
/// Signs that carry meaning between digits stay, or `1.5` would equal `15`.
fn bare(text: &str) -> impl Iterator<Item = char> {
    let mut before_digit = false;
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = chars.next()?;
            let next_digit = chars.peek().is_some_and(char::is_ascii_digit);
            let sign =
                next_digit && (c == '-' || (before_digit && matches!(c, '.' | ',' | ':' | '/')));
            before_digit = c.is_ascii_digit();
            if c.is_alphanumeric() || sign {
                return Some(c);
            }
        }
    })
    .flat_map(char::to_lowercase)
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_number = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next_digit = chars.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || (in_number && matches!(c, '.' | ',') && next_digit) {
            if !in_number {
                out.push('#');
            }
            in_number = true;
        } else {
            in_number = false;
            out.push(c);
        }
    }
    out
}

/// How models begin when they decline; matched in the first characters, lower case, with straight quotes.
const REFUSALS: &[&str] = &[
    "i can't help",
    "i cannot help",
    "i can't assist",
    "i cannot assist",
    "i can't provide",
    "i cannot provide",
    "i can't comply",
    "i cannot comply",
    "i can't fulfill",
    "i cannot fulfill",
    "i can't do that",
    "i cannot do that",
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "i won't be able to",
    "i must decline",
    "i'm sorry, but i",
    "i am sorry, but i",
    "as an ai language model",
    "as an ai, i",
];
const REFUSAL_HEAD_CHARS: usize = 200;

fn refuses(text: &str) -> bool {
    let head: String = text
        .trim_start()
        .chars()
        .take(REFUSAL_HEAD_CHARS)
        .map(|c| {
            if c == '\u{2019}' {
                '\''
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    REFUSALS.iter().any(|phrase| head.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kind(a: &str, b: &str) -> String {
        let kinds: Vec<String> = kinds_of((a, &[]), (b, &[]))
            .iter()
            .map(ToString::to_string)
            .collect();
        kinds.join(" ")
    }

    #[test]
    fn each_kind_has_its_example() {
        let long = "The invoice was paid twice, so we returned the second payment to your card.";
        for (a, b, expected) in [
            ("{\"a\":1}", "{ \"a\": 1 }", "formatting"),
            ("**Yes**, sure.", "yes sure", "formatting"),
            (
                "{\"l\":\"x\",\"n\":1}",
                "{\"l\":\"y\",\"n\":1}",
                "json_field:$.l",
            ),
            (
                "[{\"p\":1},{\"p\":2}]",
                "[{\"p\":3},{\"p\":4}]",
                "json_field:$[*].p",
            ),
            (
                "It costs 1,200.50 in total today",
                "It costs 99 in total today",
                "number",
            ),
            ("billing", "technical", "label"),
            (
                long,
                "I\u{2019}m sorry, but I can\u{2019}t help with that.",
                "refusal_appeared",
            ),
            ("I cannot assist with this.", long, "refusal_disappeared"),
            (
                long,
                "Paid twice; the second payment was returned.",
                "shorter_2x",
            ),
            (
                "Paid twice; the second payment was returned.",
                long,
                "longer_2x",
            ),
            (long, "", "empty"),
            (
                long,
                "The invoice was paid two times, therefore we gave the second payment back to the card.",
                "wording",
            ),
        ] {
            assert_eq!(kind(a, b), expected, "{a} => {b}");
        }
    }

    #[test]
    fn a_moved_decimal_point_or_a_sign_is_no_formatting() {
        assert_eq!(
            kind(
                "costs 1.5 per item and per day",
                "costs 15 per item and per day"
            ),
            "number"
        );
        assert_ne!(kind("-5", "5"), "formatting");
    }

    #[test]
    fn other_tool_arguments_outweigh_the_text_and_ids_do_not_count() {
        let call = |id: &str, n: i64| ToolCall {
            id: id.into(),
            name: "f".into(),
            arguments: json!({"n": n}),
        };
        assert_eq!(
            kinds_of(("a", &[call("1", 1)]), ("a", &[call("2", 2)])),
            [ChangeKind::ToolCall]
        );
        assert!(same_calls(&[call("1", 1)], &[call("2", 1)]));
    }

    #[test]
    fn many_changed_fields_are_one_kind() {
        let a: Value = (0..9).map(|i| (format!("k{i}"), json!(i))).collect();
        let b: Value = (0..9).map(|i| (format!("k{i}"), json!(i + 1))).collect();
        assert_eq!(kind(&a.to_string(), &b.to_string()), "json_field:$");
    }
}
