//! Figures as people read them: with their unit, and never with more digits than are known.
//!
//! Unknown is written `unknown`, so that it can never be taken for zero.

use plumbline_model::{Origin, Usd};
use rust_decimal::{Decimal, RoundingStrategy};

/// What stands for a figure that nobody measured.
pub const UNKNOWN: &str = "unknown";
/// Narrow space between groups of three digits; it keeps a number on one line.
const GROUP: char = '\u{202f}';

/// A duration: `0.42 ms`, `85 ms`, `1.24 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn duration(ms: Option<f64>) -> String {
    let Some(ms) = ms.filter(|ms| ms.is_finite()) else {
        return UNKNOWN.to_owned();
    };
    let size = ms.abs();
    if size < 0.995 {
        return format!("{ms:.2} ms");
    }
    if size < 9.95 {
        return format!("{ms:.1} ms");
    }
    if size < 999.5 {
        return format!("{ms:.0} ms");
    }
    if size < 9_995.0 {
        return format!("{:.2} s", ms / 1e3);
    }
    if size < 59_950.0 {
        return format!("{:.1} s", ms / 1e3);
    }
    let sign = if ms < 0.0 { "-" } else { "" };
    let seconds = (size / 1e3).round();
    if seconds < 3_600.0 {
        return format!(
            "{sign}{:.0} min {:.0} s",
            (seconds / 60.0).floor(),
            seconds % 60.0
        );
    }
    let minutes = (seconds / 60.0).round();
    format!(
        "{sign}{:.0} h {:.0} min",
        (minutes / 60.0).floor(),
        minutes % 60.0
    )
}

/// A count in groups of three.
#[must_use]
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// A count that may be unknown, such as a token sum.
#[must_use]
pub fn known_count(value: Option<u64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), count)
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(2 * digits.len());
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(GROUP);
        }
        out.push(digit);
    }
    out
}

/// An amount: cents from a dollar on, three significant digits below. `$12.30`, `$0.0123`, `$0`.
#[must_use]
pub fn usd(amount: Option<Usd>) -> String {
    let Some(Usd(amount)) = amount else {
        return UNKNOWN.to_owned();
    };
    let size = amount.abs();
    let sign = if amount.is_sign_negative() && !amount.is_zero() {
        "-"
    } else {
        ""
    };
    if size.is_zero() {
        return "$0".to_owned();
    }
    if size >= Decimal::ONE {
        let cents = size.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let text = format!("{cents:.2}");
        let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
        return format!("{sign}${}.{cents}", group(whole));
    }
    let rounded = size
        .round_sf_with_strategy(3, RoundingStrategy::MidpointAwayFromZero)
        .unwrap_or(size)
        .normalize();
    format!("{sign}${rounded}")
}

/// A share of 0 to 1 as per cent: `17 %`, below ten with one decimal.
#[must_use]
pub fn percent(share: Option<f64>) -> String {
    let Some(share) = share.filter(|share| share.is_finite()) else {
        return UNKNOWN.to_owned();
    };
    let percent = share * 100.0;
    if percent == 0.0 || percent.abs() >= 9.95 {
        format!("{percent:.0} %")
    } else if percent.abs() < 0.05 {
        (if percent > 0.0 { "< 0.1 %" } else { "> -0.1 %" }).to_owned()
    } else {
        format!("{percent:.1} %")
    }
}

/// The small mark that every figure carries; the word stands beside it where there is room.
#[must_use]
pub fn origin_mark(origin: Origin) -> &'static str {
    match origin {
        Origin::Live => "●",
        Origin::Cached => "○",
        Origin::Recorded => "◆",
        Origin::Estimated => "≈",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_about_three_digits_and_their_unit() {
        let told: Vec<String> = [
            0.123,
            5.04,
            85.4,
            999.6,
            1_240.0,
            12_340.0,
            200_000.0,
            7_500_000.0,
        ]
        .iter()
        .map(|ms| duration(Some(*ms)))
        .collect();
        assert_eq!(
            told,
            [
                "0.12 ms",
                "5.0 ms",
                "85 ms",
                "1.00 s",
                "1.24 s",
                "12.3 s",
                "3 min 20 s",
                "2 h 5 min"
            ]
        );
        assert_eq!(duration(None), "unknown");
        assert_eq!(duration(Some(f64::NAN)), "unknown");
        assert_eq!(duration(Some(59_990.0)), "1 min 0 s");
    }

    #[test]
    fn counts_are_grouped_and_unknown_is_not_zero() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(known_count(None), "unknown");
        assert_eq!(
            count(u64::MAX).chars().filter(char::is_ascii_digit).count(),
            20
        );
    }

    #[test]
    fn amounts_show_cents_or_three_digits() {
        let told = |text: &str| usd(Some(text.parse().unwrap()));
        assert_eq!(told("1234.567"), "$1\u{202f}234.57");
        assert_eq!(told("2"), "$2.00");
        assert_eq!(told("0.0123456"), "$0.0123");
        assert_eq!(told("0.9999"), "$1");
        assert_eq!(told("0.000000345"), "$0.000000345");
        assert_eq!(told("-0.5"), "-$0.5");
        assert_eq!(told("0.00"), "$0");
        assert_eq!(usd(None), "unknown");
    }

    #[test]
    fn shares_are_per_cent() {
        let told: Vec<String> = [0.0, 0.0001, 0.034, 0.171, 1.0]
            .iter()
            .map(|share| percent(Some(*share)))
            .collect();
        assert_eq!(told, ["0 %", "< 0.1 %", "3.4 %", "17 %", "100 %"]);
    }
}
