//! Points in time as a person types and reads them: UTC unless an offset is named, so that two people who ask about
//! one minute get one answer.

use plumbline_model::UnixNanos;
use time::format_description::well_known::Rfc3339;
use time::format_description::{BorrowedFormatItem, parse_strftime_borrowed};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

/// Reads RFC 3339, `2026-11-03 14:32`, the same with seconds, or a day, which means its midnight.
pub(crate) fn read(text: &str) -> Result<UnixNanos, String> {
    let text = text.trim();
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .or_else(|| in_utc(text))
        .ok_or_else(|| {
            "write `2026-11-03 14:32` for UTC, or RFC 3339 with an offset such as 2026-11-03T14:32:00+01:00"
                .to_owned()
        })?;
    i64::try_from(moment.unix_timestamp_nanos())
        .map(UnixNanos)
        .map_err(|_| "that is too far from 1970".to_owned())
}

fn in_utc(text: &str) -> Option<OffsetDateTime> {
    let text = text.replacen('T', " ", 1);
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let whole = formats
        .iter()
        .find_map(|format| PrimitiveDateTime::parse(&text, &items(format)?).ok());
    let day = || Date::parse(&text, &items("%Y-%m-%d")?).ok();
    whole
        .or_else(|| Some(PrimitiveDateTime::new(day()?, Time::MIDNIGHT)))
        .map(PrimitiveDateTime::assume_utc)
}

/// `2026-11-03 14:32:05`, in UTC.
pub(crate) fn text(at: UnixNanos) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0))
        .ok()
        .and_then(|moment| moment.format(&items("%Y-%m-%d %H:%M:%S")?).ok())
        .unwrap_or_else(|| format!("{} ns", at.0))
}

fn items(format: &str) -> Option<Vec<BorrowedFormatItem<'_>>> {
    parse_strftime_borrowed(format).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_is_read_from_every_way_to_write_it() {
        let wanted = read("2026-11-03T14:32:00Z").unwrap();
        for text in [
            "2026-11-03 14:32",
            "2026-11-03T14:32",
            " 2026-11-03 14:32:00 ",
            "2026-11-03T15:32:00+01:00",
        ] {
            assert_eq!(read(text), Ok(wanted), "{text}");
        }
        assert_eq!(text(wanted), "2026-11-03 14:32:00");
        assert_eq!(text(read("2026-11-03").unwrap()), "2026-11-03 00:00:00");
    }

    #[test]
    fn what_is_no_moment_says_how_to_write_one() {
        for text in [
            "",
            "yesterday",
            "14:32",
            "2026-13-03 14:32",
            "03.11.2026",
            "9999-01-01 00:00",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
