//! A cheap and sure "nothing here": text that cannot hold what the search looks for, told without searching.
//!
//! Whatever is looked for needs something that most prose lacks: an `@`, a name before a sign of assignment, digits
//! close together, a long run of the letters that keys are made of, or one of three words. It may err on the side of
//! noise only; escapes of JSON are understood, so it answers for a string as written, too.

use super::{assigned, url};
use memchr::{memchr2_iter, memchr3_iter};

/// Shorter text is searched at once.
pub(super) const WORTHWHILE: usize = 48;

/// The fewest digits of a telephone or card number.
const DIGITS: u8 = 7;
/// No such number is longer, separators included.
const DIGITS_WITHIN: usize = 64;
/// The shortest key that tells by its own shape, `xoxb-` and ten letters.
const KEY_RUN: usize = 15;
/// Quotes, escapes and spaces between a name and its sign.
const BETWEEN: usize = 16;

/// True when nothing is found in this text, whatever it says.
pub(super) fn is_quiet(text: &str) -> bool {
    let bytes = text.as_bytes();
    !(has_sign(text)
        || has_number(bytes)
        || has_run(bytes)
        || has_word(bytes)
        || is_like_json(text))
}

/// The same of a short text, where it is one word of few letters, or an id.
pub(super) fn is_small_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    if bytes.len() < KEY_RUN {
        return digits < usize::from(DIGITS)
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
    }
    // No key begins with such letters, and a number has none beside it.
    digits < bytes.len() && bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What stands before values that tell by nothing else, and before keys with words in them.
fn has_word(bytes: &[u8]) -> bool {
    let begins = |at: usize, word: &[u8]| {
        let found = bytes.get(at..at + word.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    memchr3_iter(b'b', b'B', b'-', bytes)
        .any(|at| begins(at, b"basic ") || begins(at, b"bearer ") || begins(at, b"-----BEGIN"))
}

/// JSON in text is read by its names.
fn is_like_json(text: &str) -> bool {
    let is_space = |c: char| c.is_ascii_whitespace() || matches!(c, '\\' | 'n' | 't' | 'r');
    text.trim_start_matches(is_space).starts_with(['{', '['])
}

fn has_sign(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr3_iter(b'@', b':', b'=', bytes).any(|at| {
        bytes[at] == b'@'
            || is_after_name(bytes, at)
            || bytes[at..].starts_with(b"://") && url::find(text, at).is_some()
    }) || memchr2_iter(b'%', b'\\', bytes).any(|at| match (bytes[at], bytes.get(at + 1)) {
        (b'%', Some(next)) => next.is_ascii_hexdigit(),
        (_, Some(next)) => matches!(next, b'u' | b'/'),
        (_, None) => false,
    })
}

/// True when a name that tells secrets stands before the sign at `at`.
fn is_after_name(bytes: &[u8], at: usize) -> bool {
    let floor = at.saturating_sub(BETWEEN);
    let mut end = at;
    while end > floor {
        let is_between = match bytes[end - 1] {
            b'"' | b'\'' | b'\\' | 0x80.. => true,
            b'n' | b't' | b'r' | b'f' | b'b' => end > 1 && bytes[end - 2] == b'\\',
            other => other.is_ascii_whitespace() || other == 0x0b,
        };
        if !is_between {
            break;
        }
        end -= 1;
    }
    if end == floor && floor > 0 {
        return true;
    }
    let name = &bytes[..end];
    let ends = |word: &str| {
        name.len()
            .checked_sub(word.len())
            .is_some_and(|from| name[from..].eq_ignore_ascii_case(word.as_bytes()))
    };
    match name.last().map(u8::to_ascii_lowercase) {
        Some(b'y' | b'n' | b't' | b'd' | b'e' | b'g' | b's' | b'_') => {
            ends("id")
                || ends("ids")
                || ends("_")
                || ends("value")
                || assigned::ANCHORS
                    .iter()
                    .map(|anchor| anchor.trim_end_matches('='))
                    .any(|word| ends(word) || name.ends_with(b"s") && ends(&format!("{word}s")))
        }
        _ => false,
    }
}

fn has_number(bytes: &[u8]) -> bool {
    let mut before = 0;
    bytes.chunks(DIGITS_WITHIN).any(|chunk| {
        // Counted in bytes, of which the compiler takes many at once.
        let here = chunk
            .iter()
            .fold(0_u8, |sum, b| sum + u8::from(b.is_ascii_digit()));
        let both = before + here;
        before = here;
        both >= DIGITS
    })
}

/// Letters of keys.
const KEY_LETTERS: [bool; 256] = {
    let mut letters = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        letters[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(byte as u8, b'_' | b'-' | b'.' | b'/' | b'+' | b'=' | b'~');
        byte += 1;
    }
    letters
};

/// True for a run of letters of keys that is as long as the shortest key: it holds eight bytes of one step whole.
fn has_run(bytes: &[u8]) -> bool {
    let (steps, _) = bytes.as_chunks::<8>();
    let mut known = 0;
    steps.iter().enumerate().any(|(step, eight)| {
        let at = step * 8;
        if at < known || has_space(*eight) || !eight.iter().all(is_of_key) {
            return false;
        }
        let back = bytes[..at]
            .iter()
            .rev()
            .take_while(|b| is_of_key(b))
            .count();
        let on = bytes[at..].iter().take_while(|b| is_of_key(b)).count();
        known = at + on;
        back + on >= KEY_RUN
    })
}

fn is_of_key(byte: &u8) -> bool {
    KEY_LETTERS[usize::from(*byte)]
}

/// True when one of eight bytes is a space or a control character, by Mycroft's sum. It may miss none before the first.
fn has_space(eight: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let eight = u64::from_ne_bytes(eight);
    eight.wrapping_sub(ONES * 0x21) & !eight & (ONES * 0x80) != 0
}

#[cfg(test)]
mod tests {
    use super::super::find::{Look, find_in_full};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prose_is_quiet_and_what_may_be_a_secret_is_not() {
        for prose in [
            "Where is my parcel? It was due on Monday, and nobody told me anything about it.",
            "Reason: \"late\" (see http://shop.test for more), costs 12.50 or 20 % more",
            r#"User says:\n\"the answer is 42\"\tand then: nothing; x = y, a => b, 3 + 4 = 7"#,
        ] {
            assert!(is_quiet(prose), "{prose}");
        }
        for noise in [
            "ada@example.org",
            "ada%40example.org",
            r"ada\u0040example.org",
            r"hooks.slack.com\/services",
            "the password = hunter2!",
            r#"{\"x\": 1}"#,
            "Bearer a8f3k2l9m4n7",
            "basic YTpiYzpk",
            "call 555 0132 9 now",
            "-----BEGIN PRIVATE KEY-----",
            "xoxb-abcdefghi1",
        ] {
            assert!(!is_quiet(noise), "{noise}");
        }
    }

    #[test]
    fn only_words_and_ids_without_anything_are_small() {
        for word in [
            "",
            "stop",
            "gpt-4.1-mini",
            "a/b_c",
            "0af7651916cd43dd8448eb211c80319c",
        ] {
            assert!(
                is_small_word(word) && find_in_full(word, Look::Everything).is_empty(),
                "{word}"
            );
        }
        for other in [
            "a@b.co",
            "pwd=hunter2!",
            "415-555-0132",
            "4111111111111111",
            "a b",
            "SK0af7651916cd4",
        ] {
            assert!(!is_small_word(other), "{other}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn nothing_is_found_in_quiet_text(
            pieces in prop::collection::vec(prop_oneof![
                Just("xoxb-abcdefgh12".to_owned()), Just("basic YTpiYzpk".to_owned()),
                Just("password".to_owned()), Just("Token".to_owned()), Just("_id".to_owned()),
                Just("Bearer ".to_owned()), Just("a8f3k2l9m4n7p1q6".to_owned()), Just(": ".to_owned()),
                Just(" = ".to_owned()), Just("\"".to_owned()), Just("\t".to_owned()), Just("\u{a0}".to_owned()),
                Just("hunter2!".to_owned()), Just("phone ".to_owned()), Just("06 12 34 56 78".to_owned()),
                Just("(415) 555-0132".to_owned()), Just("4111 1111 1111 1111".to_owned()),
                Just("+49 30 901820".to_owned()), Just("cookie".to_owned()), Just("sid=abc".to_owned()),
                Just("://a:b".to_owned()), Just("@h.test".to_owned()), Just("some words and more. ".to_owned()),
                "[a-z]{1,12} ", "[a-zA-Z0-9_.:/=-]{0,8}",
            ], 1..9)
        ) {
            let text = pieces.concat();
            if is_quiet(&text) || is_small_word(&text) {
                prop_assert_eq!(find_in_full(&text, Look::Everything), []);
            }
        }
    }
}
