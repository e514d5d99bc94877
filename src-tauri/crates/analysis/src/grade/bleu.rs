//! Sentence BLEU: n-grams up to 4 that an answer shares with a reference, less for an answer that is shorter.
//!
//! Papineni et al. 2002, with the exponential smoothing of NIST's mteval-v13a (method 3 of Chen and Cherry
//! 2014), its 13a tokens and the effective order: what `sacrebleu.sentence_bleu` computes, from 0 to 1.

use super::ngrams::{MAX_BYTES, counts, overlap};
use super::outcome::{Outcome, within};

const MAX_ORDER: usize = 4;

pub(super) fn check(text: &str, reference: &str, min: f64) -> Outcome {
    match (
        within("the answer", text, MAX_BYTES),
        within("the value", reference, MAX_BYTES),
    ) {
        (Ok(text), Ok(reference)) => Outcome::at_least("BLEU", bleu(text, reference), min),
        (Err(outcome), _) | (_, Err(outcome)) => outcome,
    }
}

fn bleu(text: &str, reference: &str) -> f64 {
    let (text, reference) = (tokens(text), tokens(reference));
    let mut smoothing = 1.0;
    let mut log_sum = 0.0;
    let mut order = 0;
    let mut any = false;
    for n in 1..=MAX_ORDER.min(text.len()) {
        let found = counts(&text, n);
        let shared = overlap(&found, &counts(&reference, n));
        let all = (text.len() + 1 - n) as f64;
        let precision = if shared == 0 {
            smoothing *= 2.0;
            1.0 / (smoothing * all)
        } else {
            any = true;
            shared as f64 / all
        };
        log_sum += precision.ln();
        order = n;
    }
    if !any {
        return 0.0;
    }
    let (answer_len, reference_len) = (text.len() as f64, reference.len() as f64);
    let brevity = if answer_len < reference_len {
        (1.0 - reference_len / answer_len).exp()
    } else {
        1.0
    };
    brevity * (log_sum / order as f64).exp()
}

/// Tokens of mteval-v13a: punctuation stands alone, save points and commas within numbers.
fn tokens(text: &str) -> Vec<String> {
    let text = text
        .trim_end()
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    let mut spaced = String::with_capacity(text.len() + 2);
    spaced.push(' ');
    for c in text.chars() {
        if stands_alone(c) {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    spaced.push(' ');
    let digit = |c: char| c.is_ascii_digit();
    let point = |c: char| matches!(c, '.' | ',');
    let spaced = pairs(
        &spaced,
        |a, b| !digit(a) && point(b),
        |a, b| [a, ' ', b, ' '],
    );
    let spaced = pairs(
        &spaced,
        |a, b| point(a) && !digit(b),
        |a, b| [' ', a, ' ', b],
    );
    let spaced = pairs(
        &spaced,
        |a, b| digit(a) && b == '-',
        |a, b| [a, ' ', b, ' '],
    );
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// ASCII punctuation except apostrophe, comma, hyphen and point.
fn stands_alone(c: char) -> bool {
    matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/')
}

/// Rewrites neighbours that match, from the left and without overlap.
fn pairs(
    text: &str,
    matches: impl Fn(char, char) -> bool,
    rewrite: impl Fn(char, char) -> [char; 4],
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(a) = chars.next() {
        match chars.peek().copied() {
            Some(b) if matches(a, b) => {
                out.extend(rewrite(a, b));
                chars.next();
            }
            _ => out.push(a),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::published_scores;
    use super::*;

    #[test]
    fn scores_are_those_of_the_published_implementation() {
        for row in published_scores() {
            let ours = bleu(&row.answer, &row.reference);
            assert!((ours - row.scores["bleu"]).abs() < 1e-9, "{row:?}: {ours}");
        }
    }

    #[test]
    fn punctuation_stands_alone_but_not_within_numbers() {
        assert_eq!(
            tokens("Pay $1,234.50 (now)... or 5-6%."),
            [
                "Pay", "$", "1,234.50", "(", "now", ")", ".", ".", ".", "or", "5", "-", "6", "%",
                "."
            ]
        );
    }

    #[test]
    fn an_empty_answer_scores_nothing_and_a_long_one_is_ungraded() {
        assert_eq!(bleu("", "a b"), 0.0);
        assert_eq!(bleu("a b", ""), 0.0);
        assert_eq!(check(&"a ".repeat(MAX_BYTES), "a", 0.1).passed, None);
    }
}
