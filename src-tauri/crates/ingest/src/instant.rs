//! Points in time as sources write them, all as nanoseconds since 1970 UTC.

use plumbline_model::UnixNanos;
use serde_json::Value;
use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

/// ISO 8601 with up to nine digits of a second, `T` or a space between date and clock; without a zone it is UTC.
pub(crate) fn iso(text: &str) -> Option<UnixNanos> {
    let (date, clock) = text.split_once([' ', 'T'])?;
    let mut date = date.splitn(3, '-').map(digits);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date =
        Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    let (clock, offset) = match clock.find(['Z', 'z', '+', '-']) {
        Some(at) => (&clock[..at], parse_offset(&clock[at..])?),
        None => (clock, UtcOffset::UTC),
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = whole.splitn(3, ':').map(digits);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let nanos = match fraction.len() {
        1..=9 => digits(fraction)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?),
        _ => return None,
    };
    let clock = Time::from_hms_nano(
        u8::try_from(hour).ok()?,
        u8::try_from(minute).ok()?,
        u8::try_from(second).ok()?,
        nanos,
    )
    .ok()?;
    let at = PrimitiveDateTime::new(date, clock).assume_offset(offset);
    i64::try_from(at.unix_timestamp_nanos()).ok().map(UnixNanos)
}

fn parse_offset(text: &str) -> Option<UtcOffset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(UtcOffset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let part = |text| i8::try_from(digits(text)?).ok();
    UtcOffset::from_hms(sign * part(hours)?, sign * part(minutes)?, 0).ok()
}

/// A number of at most nine plain digits.
fn digits(text: &str) -> Option<u32> {
    let plain = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// A number of seconds since 1970, or its decimal text, exact to the digits that stand there (nine of a fraction).
pub(crate) fn epoch_seconds(value: &Value) -> Option<UnixNanos> {
    scaled(value, 9)
}

/// A number of milliseconds since 1970, or its decimal text.
pub(crate) fn epoch_millis(value: &Value) -> Option<UnixNanos> {
    scaled(value, 6)
}

/// A number of microseconds since 1970, or its decimal text.
pub(crate) fn epoch_micros(value: &Value) -> Option<UnixNanos> {
    scaled(value, 3)
}

/// A number of nanoseconds since 1970, or its decimal text.
pub(crate) fn epoch_nanos(value: &Value) -> Option<UnixNanos> {
    scaled(value, 0)
}

/// ISO text, or a number of milliseconds: the two ways in which most exports write a time.
pub(crate) fn iso_or_millis(value: &Value) -> Option<UnixNanos> {
    match value {
        Value::String(text) => iso(text.trim()).or_else(|| scaled(value, 6)),
        other => scaled(other, 6),
    }
}

/// `value × 10^digits`, in decimal: a double would lose nanoseconds.
fn scaled(value: &Value, digits: u32) -> Option<UnixNanos> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let bare = whole.strip_prefix('-').unwrap_or(whole);
    if bare.is_empty() || !plain(bare) || !plain(fraction) {
        return None;
    }
    let digits = digits as usize;
    let kept: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(digits)
        .collect();
    format!("{whole}{kept}").parse().ok().map(UnixNanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_unit_names_the_same_moment() {
        let at = UnixNanos(1_700_000_000_123_456_000);
        assert_eq!(iso("2023-11-14T22:13:20.123456Z"), Some(at));
        assert_eq!(iso("2023-11-14 23:13:20.123456+01:00"), Some(at));
        assert_eq!(epoch_seconds(&json!(1_700_000_000.123_456)), Some(at));
        assert_eq!(epoch_millis(&json!("1700000000123.456")), Some(at));
        assert_eq!(
            iso_or_millis(&json!("2023-11-14T22:13:20.123456")),
            Some(at)
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        for value in [
            json!("noon"),
            json!(""),
            json!(null),
            json!("1e9"),
            json!("99999999999999999999"),
        ] {
            assert_eq!(epoch_millis(&value), None, "{value}");
            assert_eq!(iso_or_millis(&value), None, "{value}");
        }
    }
}
