//! Numbers of payment cards: the issuer's prefix, the length it has, and the check digit of ISO/IEC 7812-1.

use super::edges;
use std::ops::Range;

/// The longest number with its separators, in bytes.
const SPAN_BYTES: usize = 32;

/// The card number that the run of digits `run` begins, alone or as the first of its groups.
pub(super) fn find(text: &str, run: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = match run.len() {
        14..=19 => run.end,
        4 => end_of_groups(bytes, run)?,
        _ => return None,
    };
    let is_new = run.start.checked_sub(1).is_none_or(|at| {
        !(bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'/' | b'.' | b'#'))
    }) || edges::is_escape_before(bytes, run.start);
    let is_decimal =
        bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    (is_new && edges::ends(bytes, end) && !is_decimal && is_number(&text[run.start..end]))
        .then_some(run.start..end)
}

/// Where `4111 1111 1111 1111` or `3782 822463 10005` ends: one sign between the groups, the same throughout.
fn end_of_groups(bytes: &[u8], first: &Range<usize>) -> Option<usize> {
    let (sign, _) =
        edges::separator(bytes, first.end).filter(|(sign, _)| matches!(sign, b' ' | b'-'))?;
    let (mut sizes, mut ends, mut at) = (Vec::new(), Vec::new(), first.start);
    while at - first.start < SPAN_BYTES {
        let size = bytes[at..]
            .iter()
            .take(SPAN_BYTES)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if size == 0 {
            break;
        }
        at += size;
        sizes.push(size);
        ends.push(at);
        match edges::separator(bytes, at) {
            Some((next, length)) if next == sign => at += length,
            _ => break,
        }
    }
    match sizes.as_slice() {
        [4, 4, 4, 4, ..] => ends.get(3).copied(),
        [4, 6, 5 | 4, ..] => ends.get(2).copied(),
        _ => None,
    }
}

/// True for the number of a card, with or without separators.
pub(super) fn is_number(text: &str) -> bool {
    let mut digits = [0_u8; 19];
    let mut count = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' if count < digits.len() => {
                digits[count] = byte - b'0';
                count += 1;
            }
            _ => match edges::separator(bytes, at) {
                Some((b' ' | b'-', length)) => at += length - 1,
                _ => return false,
            },
        }
        at += 1;
    }
    let digits = &digits[..count];
    is_issued(digits) && has_check_digit(digits)
}

fn is_issued(digits: &[u8]) -> bool {
    if digits.len() < 14 {
        return false;
    }
    let prefix = digits[..4]
        .iter()
        .fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    match (digits.len(), prefix) {
        // Visa, Mastercard, Discover, JCB, UnionPay.
        (16 | 19, 4000..=4999) | (16, 5100..=5599 | 2221..=2720) => true,
        (16..=19, 6011 | 6440..=6599) | (16, 3528..=3589) | (16..=19, 6200..=6299) => true,
        // American Express, Diners Club.
        (15, 3400..=3499 | 3700..=3799) | (14, 3000..=3059 | 3600..=3699 | 3800..=3999) => true,
        _ => false,
    }
}

/// Luhn's check.
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let start = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let length = text[start..].bytes().take_while(u8::is_ascii_digit).count();
        find(text, &(start..start + length)).map(|range| &text[range])
    }

    #[test]
    fn cards_are_found_with_and_without_groups() {
        for (text, number) in [
            ("4111 1111 1111 1111 12/27", "4111 1111 1111 1111"),
            ("card 5555-5555-5555-4444.", "5555-5555-5555-4444"),
            ("378282246310005", "378282246310005"),
            ("3782 822463 10005", "3782 822463 10005"),
            ("=6011111111111117&", "6011111111111117"),
            (r"\n4111111111111111", "4111111111111111"),
        ] {
            assert_eq!(found(text), Some(number), "{text}");
        }
    }

    #[test]
    fn other_long_numbers_stay() {
        for text in [
            "4111111111111112",
            "1790000000123456789",
            "0.4111111111111111",
            "a4111111111111111",
            "4111 1111-1111 1111",
            "4111111111111111a",
            "123456789012345",
            "2024 1111 1111 1111",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
