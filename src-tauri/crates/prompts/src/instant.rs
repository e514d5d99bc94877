//! Times as people and exports write them: RFC 3339, to the nanosecond.

use plumbline_model::UnixNanos;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nothing for what is no RFC 3339 time, or lies outside of what 64 bits of nanoseconds hold.
pub(crate) fn from_rfc3339(text: &str) -> Option<UnixNanos> {
    let at = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos()).ok().map(UnixNanos)
}

/// The point in time as RFC 3339 in UTC; `None` for a year that it cannot write.
#[must_use]
pub fn rfc3339(at: UnixNanos) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0)).ok()?;
    at.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_offset_is_taken_into_account_and_a_day_alone_is_no_time() {
        let at = from_rfc3339("2026-03-01T10:30:00.000000001+01:00").unwrap();
        assert_eq!(
            rfc3339(at).as_deref(),
            Some("2026-03-01T09:30:00.000000001Z")
        );
        for text in ["2026-03-01", "", "now", "9999-01-01T00:00:00Z"] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_nanosecond_reads_back(nanos: i64) {
            let text = rfc3339(UnixNanos(nanos)).unwrap();
            prop_assert_eq!(from_rfc3339(&text), Some(UnixNanos(nanos)));
        }
    }
}
