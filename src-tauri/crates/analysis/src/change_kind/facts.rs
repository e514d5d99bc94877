//! What of a text can be checked by eye: numbers, dates, addresses and identifiers.
//!
//! A word is one by its characters alone. Names are none: which words are names depends on the language.

use std::collections::HashSet;

/// Whether a fact of `a` does not stand in `b`.
pub(super) fn is_missing(a: &str, b: &str) -> bool {
    let mut old = facts(a).peekable();
    if old.peek().is_none() {
        return false;
    }
    let new: HashSet<String> = facts(b).collect();
    old.any(|fact| !new.contains(&fact))
}

fn facts(text: &str) -> impl Iterator<Item = String> {
    text.lines().flat_map(|line| {
        line.split_whitespace()
            .enumerate()
            .filter_map(|(place, word)| {
                // `1.` and `2)` at the start of a line number a list.
                (!(place == 0 && is_list_mark(word)))
                    .then(|| fact(word))
                    .flatten()
            })
    })
}

fn is_list_mark(word: &str) -> bool {
    let digits = word.trim_end_matches(['.', ')', ':']);
    digits.len() < word.len() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The word in the one form in which it is compared, if it is a fact.
fn fact(word: &str) -> Option<String> {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '€' | '$'));
    let has_digit = bare.chars().any(|c| c.is_ascii_digit());
    let is_address =
        bare.contains("://") || bare.starts_with("www.") || bare.split('@').count() == 2;
    if !has_digit && !is_address {
        return None;
    }
    let mut out = String::with_capacity(bare.len());
    let mut chars = bare.chars().peekable();
    while let Some(c) = chars.next() {
        // 1,200 and 1200 are one number.
        let groups = c == ','
            && out.ends_with(|c: char| c.is_ascii_digit())
            && chars.peek().is_some_and(char::is_ascii_digit);
        if !groups {
            out.extend(c.to_lowercase());
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_dates_addresses_and_identifiers_are_facts() {
        let text = "1. Order ORD-1234 of 2026-11-03 costs 1,200.50 €, see https://a.example/x or mail a@b.example.";
        let found: Vec<String> = facts(text).collect();
        assert_eq!(
            found,
            [
                "ord-1234",
                "2026-11-03",
                "1200.50",
                "https://a.example/x",
                "a@b.example"
            ]
        );
    }

    #[test]
    fn a_fact_is_missing_only_if_it_stands_nowhere_in_the_new_answer() {
        assert!(is_missing("Pay 30 EUR by Friday.", "Pay by Friday."));
        assert!(!is_missing("Pay 1,200 EUR.", "The sum is 1200."));
        assert!(!is_missing("Pay soon.", "Pay later."));
        assert!(!is_missing("1. first\n2. second", "first and second"));
    }
}
