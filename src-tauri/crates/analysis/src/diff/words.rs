//! Word-level emphasis inside a pair of lines.
//!
//! Decides which words of two lines are shared. Bounded: common ends are trimmed first, a short middle is
//! solved exactly, a long one goes the way of lines (anchors, then blocks), and a line beyond any reading is only
//! trimmed, so a small edit in a huge line never becomes "everything changed".

use super::lines::{Match, common_runs, intern};
use super::row::Emphasis;
use similar::DiffableStr;
use std::collections::HashMap;

/// A line longer than this is compared by its ends only.
const LINE_LIMIT_BYTES: usize = 1 << 20;
/// Up to this many cells the middle is solved exactly by dynamic programming.
const EXACT_CELLS: usize = 64 * 64;
/// Below this share of common text the lines are unrelated, and emphasis on single words would mislead.
const RELATED: f64 = 0.25;

/// Characters of a line with one emphasis.
pub(super) type Emphasised<'t> = (Emphasis, &'t str);

/// Cuts a line into words, runs of spaces, and single other characters.
///
/// Unicode text follows UAX 29. Pure ASCII, nearly all text, takes a faster cut that differs only in
/// splitting `a.b` and in joining runs of spaces.
pub(crate) fn split_words(text: &str) -> Vec<&str> {
    if !text.is_ascii() {
        return text.tokenize_unicode_words();
    }
    let bytes = text.as_bytes();
    let mut words = Vec::with_capacity(text.len() / 4);
    let mut from = 0;
    while from < bytes.len() {
        let kind = Kind::of(bytes[from]);
        let mut to = from + 1;
        if kind != Kind::Other {
            while to < bytes.len() && kind.goes_on(bytes, to) {
                to += 1;
            }
        }
        words.push(&text[from..to]);
        from = to;
    }
    words
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Word,
    Space,
    Other,
}

impl Kind {
    fn of(byte: u8) -> Self {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' => Self::Word,
            b' ' | b'\t' => Self::Space,
            _ => Self::Other,
        }
    }

    /// `don't`, `3.14` and `1,000` are one word each.
    fn goes_on(self, bytes: &[u8], at: usize) -> bool {
        let inside = |test: fn(&u8) -> bool| {
            self == Self::Word && test(&bytes[at - 1]) && bytes.get(at + 1).is_some_and(test)
        };
        match bytes[at] {
            b'\'' => inside(u8::is_ascii_alphabetic),
            b'.' | b',' => inside(u8::is_ascii_digit),
            byte => Self::of(byte) == self,
        }
    }
}

/// Share of words that two texts have in common, order ignored: 0 nothing, 1 the same words.
pub(crate) fn word_similarity(a: &str, b: &str) -> f64 {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    let (mut total, mut common) = (0_u64, 0_u64);
    for word in split_words(a)
        .into_iter()
        .filter(|word| !word.trim().is_empty())
    {
        *counts.entry(word).or_default() += 1;
        total += 1;
    }
    for word in split_words(b)
        .into_iter()
        .filter(|word| !word.trim().is_empty())
    {
        total += 1;
        if let Some(left) = counts.get_mut(word).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    if total == 0 {
        return if a == b { 1.0 } else { 0.0 };
    }
    2.0 * common as f64 / total as f64
}

/// Both lines with their emphasis, old first.
pub(super) fn emphasise<'t>(a: &'t str, b: &'t str) -> (Vec<Emphasised<'t>>, Vec<Emphasised<'t>>) {
    if a.len().max(b.len()) > LINE_LIMIT_BYTES {
        return trim_ends(a, b);
    }
    let (words_a, words_b) = (split_words(a), split_words(b));
    let matches = common_words(&words_a, &words_b);
    let shared: usize = matches
        .iter()
        .flat_map(|run| &words_a[run.a..run.a + run.len])
        .map(|word| word.trim().len())
        .sum();
    let solid = |words: &[&str]| words.iter().map(|word| word.trim().len()).sum::<usize>();
    let larger = solid(&words_a).max(solid(&words_b));
    if larger > 0 && (shared as f64) < RELATED * larger as f64 {
        return (vec![(Emphasis::Removed, a)], vec![(Emphasis::Added, b)]);
    }
    let side = |text: &'t str, words: &[&'t str], changed, start: fn(&Match) -> usize| {
        let mut runs = Vec::new();
        let (mut word, mut byte) = (0, 0);
        let mut take = |from: &mut usize, words: &[&str], emphasis| {
            let len: usize = words.iter().map(|word| word.len()).sum();
            if len > 0 {
                runs.push((emphasis, &text[*from..*from + len]));
                *from += len;
            }
        };
        for run in &matches {
            take(&mut byte, &words[word..start(run)], changed);
            word = start(run) + run.len;
            take(&mut byte, &words[start(run)..word], Emphasis::Same);
        }
        take(&mut byte, &words[word..], changed);
        runs
    };
    (
        side(a, &words_a, Emphasis::Removed, |run| run.a),
        side(b, &words_b, Emphasis::Added, |run| run.b),
    )
}

/// What took the place of what between the words in common, in order; one of a pair may be empty.
pub(crate) fn word_gaps<'t>(a: &'t str, b: &'t str) -> Vec<(&'t str, &'t str)> {
    let (words_a, words_b) = (split_words(a), split_words(b));
    let mut gaps = Vec::new();
    let (mut at_a, mut at_b) = (0, 0);
    let (mut word_a, mut word_b) = (0, 0);
    let bytes = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let end = Match {
        a: words_a.len(),
        b: words_b.len(),
        len: 0,
    };
    for run in common_words(&words_a, &words_b).into_iter().chain([end]) {
        let gap_a = bytes(&words_a[word_a..run.a]);
        let gap_b = bytes(&words_b[word_b..run.b]);
        if gap_a + gap_b > 0 {
            gaps.push((&a[at_a..at_a + gap_a], &b[at_b..at_b + gap_b]));
        }
        let same = bytes(&words_a[run.a..run.a + run.len]);
        (at_a, at_b) = (at_a + gap_a + same, at_b + gap_b + same);
        (word_a, word_b) = (run.a + run.len, run.b + run.len);
    }
    gaps
}

fn common_words(a: &[&str], b: &[&str]) -> Vec<Match> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let tail = rest_a
        .iter()
        .rev()
        .zip(rest_b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let middle_a = &rest_a[..rest_a.len() - tail];
    let middle_b = &rest_b[..rest_b.len() - tail];

    let mut matches = vec![Match {
        a: 0,
        b: 0,
        len: head,
    }];
    matches.extend(
        if middle_a.len() * middle_b.len() <= EXACT_CELLS {
            exact(middle_a, middle_b)
        } else {
            limited(middle_a, middle_b)
        }
        .into_iter()
        // A lone space between two changes is no common ground.
        .filter(|run| {
            middle_a[run.a..run.a + run.len]
                .iter()
                .any(|word| !word.trim().is_empty())
        })
        .map(|run| Match {
            a: run.a + head,
            b: run.b + head,
            len: run.len,
        }),
    );
    matches.push(Match {
        a: a.len() - tail,
        b: b.len() - tail,
        len: tail,
    });
    matches.retain(|run| run.len > 0);
    matches
}

/// Longest common subsequence; the caller keeps the table small.
fn exact(a: &[&str], b: &[&str]) -> Vec<Match> {
    if a.is_empty() || b.is_empty() {
        return Vec::new();
    }
    let width = b.len() + 1;
    let mut best = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            best[i * width + j] = if a[i] == b[j] {
                best[(i + 1) * width + j + 1] + 1
            } else {
                best[(i + 1) * width + j].max(best[i * width + j + 1])
            };
        }
    }
    let mut matches: Vec<Match> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            match matches.last_mut() {
                Some(last) if last.a + last.len == i && last.b + last.len == j => last.len += 1,
                _ => matches.push(Match { a: i, b: j, len: 1 }),
            }
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    matches
}

fn limited(a: &[&str], b: &[&str]) -> Vec<Match> {
    let (ids_a, ids_b) = intern(a, b);
    common_runs(&ids_a, &ids_b)
}

/// Common first and last characters only: linear, for lines of any length.
fn trim_ends<'t>(a: &'t str, b: &'t str) -> (Vec<Emphasised<'t>>, Vec<Emphasised<'t>>) {
    let head: usize = a
        .chars()
        .zip(b.chars())
        .take_while(|(a, b)| a == b)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let tail: usize = rest_a
        .chars()
        .rev()
        .zip(rest_b.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let side = |text: &'t str, changed| {
        let (start, rest) = text.split_at(head);
        let (middle, end) = rest.split_at(rest.len() - tail);
        [
            (Emphasis::Same, start),
            (changed, middle),
            (Emphasis::Same, end),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
    };
    (side(a, Emphasis::Removed), side(b, Emphasis::Added))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(a: &str, b: &str) -> String {
        let (old, new) = emphasise(a, b);
        let side = |runs: Vec<Emphasised<'_>>| {
            runs.into_iter()
                .map(|(emphasis, text)| match emphasis {
                    Emphasis::Same => text.to_owned(),
                    Emphasis::Removed => format!("[-{text}-]"),
                    Emphasis::Added => format!("{{+{text}+}}"),
                })
                .collect::<String>()
        };
        format!("{} => {}", side(old), side(new))
    }

    #[test]
    fn words_are_the_unit_not_letters() {
        assert_eq!(
            show("the total is 1,000.50 euros", "the total is 1,200.50 euros"),
            "the total is [-1,000.50-] euros => the total is {+1,200.50+} euros"
        );
        assert_eq!(
            show("I don't know", "I do know"),
            "I [-don't-] know => I {+do+} know"
        );
        assert_eq!(
            show("Das Gerät läuft gut", "Das Gerät steht gut"),
            "Das Gerät [-läuft-] gut => Das Gerät {+steht+} gut"
        );
    }

    #[test]
    fn unrelated_lines_are_not_sprinkled_with_shared_small_words() {
        assert_eq!(
            show(
                "a refund was issued yesterday",
                "please restart the whole modem"
            ),
            "[-a refund was issued yesterday-] => {+please restart the whole modem+}"
        );
    }

    #[test]
    fn a_long_middle_still_finds_the_shared_words() {
        let a: Vec<String> = (0..400).map(|i| format!("w{i}")).collect();
        let mut b = a.clone();
        b[0] = "x".into();
        b[200] = "y".into();
        b[399] = "z".into();
        let (a, b) = (a.join(" "), b.join(" "));
        let mut old = emphasise(&a, &b).0;
        old.retain(|(emphasis, _)| *emphasis == Emphasis::Removed);
        assert_eq!(
            old,
            [
                (Emphasis::Removed, "w0"),
                (Emphasis::Removed, "w200"),
                (Emphasis::Removed, "w399")
            ]
        );
    }

    #[test]
    fn one_edit_in_a_ten_megabyte_line_stays_one_edit() {
        let a = "äb ".repeat(3_500_000);
        let mut b = a.clone();
        b.replace_range(6_000_002..6_000_003, "\u{3}");
        assert!(a.len() > 10_000_000);
        let (old, new) = emphasise(&a, &b);
        assert_eq!(old.len(), 3);
        assert!(
            old[1].1.len() <= 4 && new[1].1.len() <= 4,
            "only the edit may be emphasised"
        );
    }

    #[test]
    fn two_long_unlike_lines_end_soon() {
        let a: String = (0..120_000).map(|i| format!("w{i} ")).collect();
        let b: String = (0..120_000).map(|i| format!("w{} ", i * 7 + 1)).collect();
        assert!(a.len() < LINE_LIMIT_BYTES && b.len() < LINE_LIMIT_BYTES);
        let (old, new) = emphasise(&a, &b);
        let joined =
            |runs: Vec<Emphasised<'_>>| runs.into_iter().map(|(_, text)| text).collect::<String>();
        assert_eq!((joined(old), joined(new)), (a.clone(), b.clone()));
    }

    #[test]
    fn similarity_is_one_for_the_same_words_and_zero_for_none() {
        assert_eq!(word_similarity("a b c", "c b a"), 1.0);
        assert_eq!(word_similarity("a b", "c d"), 0.0);
        assert_eq!(word_similarity("", ""), 1.0);
        assert_eq!(word_similarity("a b c d", "a b x y"), 0.5);
    }
}
