//! Telephone numbers: international ones, those of North America by their shape, others where a word says so.

use super::edges;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Words after which digits are a telephone number, without their first letter's case.
pub(super) const WORDS: [&str; 6] = ["phone", "mobile", "whatsapp", "telefon", "tel", "fax"];

/// Longest number with its separators, in bytes.
const NUMBER_BYTES: usize = 40;
/// Digits of a number with its country code (ITU-T E.164).
const E164_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

static AFTER_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"\A[A-Za-z]{2,8}(?:[ _-]?(?i:number|num|no\.?|nr\.?))?["'\\]{0,4}\s{0,2}(?:[:=#.]|(?i:is|at|on)\b)?\s{0,2}["'\\]{0,4}(\(?[0-9][0-9 ().\-/]{5,20}[0-9])"#,
    )
    .ok()
});

/// The number that begins with the `+` at `at`.
pub(super) fn international(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_new = at.checked_sub(1).is_none_or(|before| {
        let b = bytes[before];
        !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-' | b'.' | b')'))
    });
    if !(is_new || edges::is_escape_before(bytes, at)) {
        return None;
    }
    let (end, groups) = grouped(bytes, at + 1);
    let digits = edges::digits(&text[at + 1..end]);
    let digits = digits.as_bytes();
    if !E164_DIGITS.contains(&digits.len()) || !edges::ends(bytes, end) || !is_country(digits) {
        return None;
    }
    // `+20240115` is a line of a diff; a number in one piece has its country code and at least nine more.
    let is_fit = match digits.first() {
        Some(b'1') => digits.len() == 11 && digits[1] >= b'2' && digits[4] >= b'2',
        _ if groups.len() == 1 => digits.len() >= 10,
        // `(0)` may stand between the country and the rest.
        _ => {
            groups.iter().all(|group| *group <= 11)
                && groups.iter().skip(2).all(|group| *group >= 2)
        }
    };
    is_fit.then_some(at..end)
}

/// End of the digits with single separators from `from`, and the sizes of their groups.
fn grouped(bytes: &[u8], from: usize) -> (usize, Vec<usize>) {
    let (mut end, mut groups, mut size, mut at, mut gap) = (from, Vec::new(), 0_usize, from, 0);
    while let Some(b) = bytes.get(at).filter(|_| at - from < NUMBER_BYTES) {
        if b.is_ascii_digit() {
            size += 1;
            gap = 0;
            at += 1;
            end = at;
            continue;
        }
        let Some((_, length)) = edges::separator(bytes, at).filter(|_| gap < 2) else {
            break;
        };
        if size > 0 {
            groups.push(size);
            size = 0;
        }
        gap += 1;
        at += length;
    }
    if size > 0 {
        groups.push(size);
    }
    (end, groups)
}

/// Country codes that are assigned, by their first two digits.
fn is_country(digits: &[u8]) -> bool {
    match digits {
        [b'1' | b'7', ..] => true,
        [b'2', second, ..] => !matches!(second, b'8'),
        [b'8', second, ..] => !matches!(second, b'3' | b'9'),
        [b'3'..=b'6' | b'9', ..] => true,
        _ => false,
    }
}

/// The North American number whose last four digits are `last`: `(415) 555-0132`, `1-800-555-0199`, `415.555.0132`.
pub(super) fn north_american(text: &str, last: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let back = |from: usize, n: usize| from.checked_sub(n);
    let three_digits = |end: usize| {
        let start = back(end, 3)?;
        bytes[start..end]
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(start)
    };
    if last.len() != 4 {
        return None;
    }
    let sign = bytes[back(last.start, 1)?];
    let exchange = three_digits(last.start - 1)?;
    let (mut start, is_bracketed) = match (
        bytes[back(exchange, 1)?],
        back(exchange, 2).map(|at| bytes[at]),
    ) {
        (b')', _) => (bracket(bytes, exchange - 1, three_digits)?, true),
        (b'0', _) if bytes[..exchange].ends_with(b")%20") => {
            (bracket(bytes, exchange - 4, three_digits)?, true)
        }
        (b' ', Some(b')')) => (bracket(bytes, exchange - 2, three_digits)?, true),
        (between, _) if between == sign => (three_digits(exchange - 1)?, false),
        _ => return None,
    };
    let area = start + usize::from(is_bracketed);
    let is_evident =
        is_bracketed && matches!(sign, b'-' | b'.' | b' ') || matches!(sign, b'-' | b'.');
    if !is_evident || bytes[area] < b'2' || bytes[exchange] < b'2' {
        return None;
    }
    if let Some(one) = back(start, 2)
        && bytes[one] == b'1'
        && matches!(bytes[one + 1], b'-' | b'.' | b' ')
    {
        start = one;
    }
    let is_new = back(start, 1).is_none_or(|at| {
        !(bytes[at].is_ascii_alphanumeric()
            || matches!(bytes[at], b'-' | b'.' | b'/' | b'_' | b'$' | b'#' | b','))
    });
    let is_over = edges::ends(bytes, last.end)
        && !(matches!(bytes.get(last.end), Some(b'-' | b'.' | b'/'))
            && bytes.get(last.end + 1).is_some_and(u8::is_ascii_digit));
    ((is_new || edges::is_escape_before(bytes, start)) && is_over).then_some(start..last.end)
}

/// Where `(415)` begins that ends with the bracket at `close`.
fn bracket(
    bytes: &[u8],
    close: usize,
    three_digits: impl Fn(usize) -> Option<usize>,
) -> Option<usize> {
    let open = three_digits(close)?.checked_sub(1)?;
    (bytes[open] == b'(').then_some(open)
}

/// The number after one of the words, which begins at `at`.
pub(super) fn after_word(text: &str, at: usize) -> Option<Range<usize>> {
    let group = AFTER_WORD.as_ref()?.captures(text.get(at..)?)?.get(1)?;
    let range = at + group.start()..at + group.end();
    (is_number(group.as_str()) && edges::ends(text.as_bytes(), range.end)).then_some(range)
}

/// True for text that is nothing but a telephone number, where its name says that it is one.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && text.bytes().all(|b| {
            b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'+' | b'/')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plus(text: &str) -> Option<&str> {
        international(text, text.find('+').unwrap()).map(|range| &text[range])
    }

    fn national(text: &str) -> Option<&str> {
        let end = text.rfind(|c: char| c.is_ascii_digit()).unwrap() + 1;
        north_american(text, &(end - 4..end)).map(|range| &text[range])
    }

    #[test]
    fn international_numbers_are_told_from_offsets_sums_and_diffs() {
        for (text, number) in [
            ("call +1 415 555 0132 now", "+1 415 555 0132"),
            ("+442079460123", "+442079460123"),
            ("+44 (0)20 7946 0123.", "+44 (0)20 7946 0123"),
            ("+49-30-901820", "+49-30-901820"),
            ("tel:+33 1 23 45 67 89", "+33 1 23 45 67 89"),
        ] {
            assert_eq!(plus(text), Some(number), "{text}");
        }
        for text in [
            "10:00+05:30",
            "a+4915112345678",
            "+20240115",
            "x +1234",
            "+1 234 567 890 123",
            "+00 12345678",
        ] {
            assert_eq!(plus(text), None, "{text}");
        }
    }

    #[test]
    fn north_american_numbers_need_their_shape() {
        for (text, number) in [
            ("(415) 555-0132", "(415) 555-0132"),
            ("or 415-555-0132", "415-555-0132"),
            ("1-800-555-0199", "1-800-555-0199"),
            ("415.555.0132", "415.555.0132"),
        ] {
            assert_eq!(national(text), Some(number), "{text}");
        }
        for text in [
            "415 555 0132",
            "1415-555-0132",
            "115-555-0132",
            "2024-415-555-0132",
            "a-415-555-0132",
        ] {
            assert_eq!(national(text), None, "{text}");
        }
    }

    #[test]
    fn elsewhere_a_word_must_say_so() {
        for (text, number) in [
            ("phone: 0171 1234567", "0171 1234567"),
            ("\"mobile\": \"06 12 34 56 78\"", "06 12 34 56 78"),
            ("tel. 030/901820", "030/901820"),
            ("phone number is 5550132999", "5550132999"),
        ] {
            let found = after_word(text, text.find(|c: char| c.is_alphabetic()).unwrap());
            assert_eq!(found.map(|range| &text[range]), Some(number), "{text}");
        }
        assert_eq!(after_word("telemetry 12345678", 0), None);
        assert_eq!(after_word("phone calls: 1200", 0), None);
    }
}
