//! Whether what an answer cites stands in what it was given.
//!
//! A citation is a quotation of three words or more, `[3]`, or `[some-id]`; a link `[text](…)` is none. The
//! context is the case's variables: their texts, the names of their members, and the lengths of their lists.

use super::outcome::{Outcome, quote, within};
use plumbline_model::Case;
use serde_json::Value;
use std::collections::BTreeSet;

/// Each quotation is looked for in the whole context.
const MAX_CONTEXT_BYTES: usize = 1_000_000;
const MAX_CITATIONS: usize = 200;
/// Longer brackets are remarks, not ids.
const MAX_ID_BYTES: usize = 64;
/// Fewer quoted words are a name or an irony, not a quotation.
const QUOTATION_WORDS: usize = 3;

pub(super) fn check(text: &str, case: &Case, variable: Option<&str>) -> Outcome {
    let mut context = Context::default();
    match variable {
        None => case.variables.values().for_each(|value| context.add(value)),
        Some(name) => match case.variables.get(name) {
            Some(value) => context.add(value),
            None => {
                return Outcome::ungraded(format!("the case has no variable {}", quote(name)));
            }
        },
    }
    if let Err(outcome) = within("the context", &context.text, MAX_CONTEXT_BYTES)
        .and_then(|_| within("the answer", text, MAX_CONTEXT_BYTES))
    {
        return outcome;
    }
    let cited = citations(text);
    if cited.is_empty() {
        return Outcome::fail("the answer cites nothing");
    }
    let searches: usize = cited.iter().map(Citation::searches).sum();
    if searches > MAX_CITATIONS {
        return Outcome::ungraded(format!(
            "the answer has {searches} citations; this check reads at most {MAX_CITATIONS}"
        ));
    }
    let (plain, ids) = (plain(&context.text), ids(&context.text));
    let missing = cited.iter().find(|citation| match citation {
        Citation::Quotation(words) => !parts(words).all(|part| plain.contains(&part)),
        Citation::Id(id) => {
            let listed = id
                .parse::<usize>()
                .is_ok_and(|n| (1..=context.longest_list).contains(&n));
            !listed && !ids.contains(&id.to_lowercase())
        }
    });
    match missing {
        None => Outcome::pass(),
        Some(Citation::Quotation(words)) => Outcome::fail(format!(
            "the quotation {} is not in the context",
            quote(words)
        )),
        Some(Citation::Id(id)) => {
            Outcome::fail(format!("{} is cited, and not in the context", quote(id)))
        }
    }
}

#[derive(Default)]
struct Context {
    text: String,
    longest_list: usize,
}

impl Context {
    fn add(&mut self, value: &Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => self.say(text),
                Value::Number(number) => self.say(&number.to_string()),
                Value::Array(values) => {
                    self.longest_list = self.longest_list.max(values.len());
                    open.extend(values.iter().rev());
                }
                Value::Object(members) => {
                    for (name, value) in members {
                        self.say(name);
                        open.push(value);
                    }
                }
                Value::Null | Value::Bool(_) => {}
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text);
        // No quotation runs from one text into the next.
        self.text.push('\u{1e}');
    }
}

#[derive(Debug, PartialEq)]
enum Citation<'t> {
    Quotation(&'t str),
    Id(&'t str),
}

impl Citation<'_> {
    /// A quotation that leaves words out is looked for part by part.
    fn searches(&self) -> usize {
        match self {
            Self::Quotation(words) => 1 + words.matches("...").count() + words.matches('…').count(),
            Self::Id(_) => 1,
        }
    }
}

fn citations(text: &str) -> Vec<Citation<'_>> {
    let mut found = Vec::new();
    for line in text.lines() {
        for (open, close) in [('“', '”'), ('«', '»'), ('„', '“'), ('"', '"')] {
            quotations(line, open, close, &mut found);
        }
        brackets(line, &mut found);
    }
    found
}

fn quotations<'t>(line: &'t str, open: char, close: char, found: &mut Vec<Citation<'t>>) {
    let mut rest = line;
    while let Some((_, after)) = rest.split_once(open) {
        let Some((words, next)) = after.split_once(close) else {
            return;
        };
        if words.split_whitespace().nth(QUOTATION_WORDS - 1).is_some() {
            found.push(Citation::Quotation(words));
        }
        rest = next;
    }
}

fn brackets<'t>(line: &'t str, found: &mut Vec<Citation<'t>>) {
    let mut rest = line;
    // From closing bracket to closing bracket, so that a row of opening ones is read once.
    while let Some((before, next)) = rest.split_once(']') {
        rest = next;
        // Only the innermost bracket can be an id.
        let Some((_, inner)) = before.rsplit_once('[') else {
            continue;
        };
        if inner.len() > MAX_ID_BYTES || next.starts_with('(') {
            continue;
        }
        let ids: Vec<&str> = inner.split([',', ';']).map(str::trim).collect();
        if ids.iter().all(|id| is_id(id)) {
            found.extend(ids.into_iter().map(Citation::Id));
        }
    }
}

/// A number, or a word of two characters or more: `[x]` is a ticked box.
fn is_id(text: &str) -> bool {
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    number || (text.len() > 1 && text.chars().all(in_id))
}

fn in_id(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '#')
}

/// Everything in a text that could be an id, in lower case.
fn ids(text: &str) -> BTreeSet<String> {
    text.split(|c| !in_id(c))
        .flat_map(|word| [word, word.trim_matches(['.', ':'])])
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// A quotation may leave words out with `…` or `...`, and end with a comma of its own.
fn parts(words: &str) -> impl Iterator<Item = String> {
    words
        .replace("...", "…")
        .split('…')
        .map(|part| {
            plain(part)
                .trim_matches([' ', ',', '.', '[', ']'])
                .to_owned()
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// Lower case, single spaces, plain quotes.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '\u{02bc}' => out.push('\''),
            '“' | '”' => out.push('"'),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn passed(text: &str) -> Option<bool> {
        let case: Case = serde_json::from_value(json!({"key": "k", "variables": {
            "documents": [
                {"id": "returns-30", "text": "Goods may be returned within\n30 days of delivery, unused."},
                {"id": "D-7", "text": "We don’t pay the postage."},
            ],
            "question": "May I return it?",
        }}))
        .unwrap();
        check(text, &case, None).passed
    }

    #[test]
    fn numbers_ids_and_quotations_of_the_context_pass() {
        for text in [
            "Yes, within 30 days [1].",
            "Yes [returns-30; d-7].",
            "It says “Goods may be returned within 30 days”.",
            "It says \"goods may be returned ... unused.\" [2]",
            "\"We don't pay the postage,\" it says.",
        ] {
            assert_eq!(passed(text), Some(true), "{text}");
        }
    }

    #[test]
    fn one_citation_that_is_not_there_fails() {
        for text in [
            "Yes [3].",
            "Yes [0].",
            "Yes [1] and [returns-90].",
            "It says “Goods may be returned within 90 days”.",
            "It says \"days of delivery, unused. d-7 we\".",
        ] {
            assert_eq!(passed(text), Some(false), "{text}");
        }
    }

    #[test]
    fn links_boxes_remarks_and_short_quotes_are_no_citations_and_none_at_all_fails() {
        for text in [
            "See [here](https://a.example).",
            "[x] done",
            "[see below]",
            "a \"no go\"",
        ] {
            assert_eq!(citations(text), [], "{text}");
        }
        assert_eq!(passed("Yes."), Some(false));
    }

    #[test]
    fn an_answer_made_of_brackets_or_of_gaps_is_read_once() {
        let case: Case =
            serde_json::from_value(json!({"key": "k", "variables": {"d": ["a b c"]}})).unwrap();
        let brackets = format!("{}1]", "[".repeat(MAX_CONTEXT_BYTES - 2));
        assert_eq!(check(&brackets, &case, None).passed, Some(true));
        let gaps = format!("\"a b c{}\"", "…".repeat(1_000));
        assert_eq!(check(&gaps, &case, None).passed, None);
        let few = "\"a … b ... c\" [1]";
        assert_eq!(check(few, &case, None).passed, Some(true));
    }

    #[test]
    fn a_context_too_long_to_search_and_a_variable_that_is_not_there_are_ungraded() {
        let mut case: Case = serde_json::from_value(json!({"key": "k", "variables": {}})).unwrap();
        assert_eq!(check("[1]", &case, Some("documents")).passed, None);
        let long = "a".repeat(MAX_CONTEXT_BYTES + 1);
        case.variables.insert("documents".to_owned(), json!([long]));
        assert_eq!(check("[1]", &case, Some("documents")).passed, None);
        let many = "[1]".repeat(MAX_CITATIONS + 1);
        case.variables.insert("documents".to_owned(), json!(["a"]));
        assert_eq!(check(&many, &case, None).passed, None);
    }
}
