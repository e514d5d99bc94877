//! Points in time as nanoseconds since 1970 UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use ts_rs::TS;

/// Nanoseconds since 1970-01-01 UTC. JSON: written as an integer, read from an integer or a decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixNanos(pub i64);

impl UnixNanos {
    /// Whole milliseconds, rounded towards the past.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Milliseconds from `earlier` to here; negative when the clock ran backwards.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> f64 {
        // Subtract as integers first: a double cannot hold nanoseconds since 1970.
        self.0.saturating_sub(earlier.0) as f64 / 1e6
    }
}

impl UnixNanos {
    /// The UTC day as `YYYY-MM-DD`, by Howard Hinnant's `civil_from_days`.
    #[must_use]
    pub fn utc_day(self) -> String {
        let days = self.0.div_euclid(86_400_000_000_000) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl Serialize for UnixNanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for UnixNanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nanos;
        impl de::Visitor<'_> for Nanos {
            type Value = UnixNanos;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nanoseconds since 1970 as an integer or a decimal string")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<UnixNanos, E> {
                Ok(UnixNanos(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<UnixNanos, E> {
                i64::try_from(value)
                    .map(UnixNanos)
                    .map_err(|_| E::custom(format!("{value} ns is after the year 2262")))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<UnixNanos, E> {
                value.trim().parse().map(UnixNanos).map_err(|_| {
                    E::custom(format!("`{value}` is not a whole number of nanoseconds"))
                })
            }
        }
        deserializer.deserialize_any(Nanos)
    }
}

/// A point in time for the web view: the same nanoseconds as decimal text, since a JavaScript number loses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[ts(type = "string")]
pub struct NanosText(pub UnixNanos);

impl From<UnixNanos> for NanosText {
    fn from(value: UnixNanos) -> Self {
        Self(value)
    }
}

impl Serialize for NanosText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.0)
    }
}

impl<'de> Deserialize<'de> for NanosText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        UnixNanos::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_survive_as_integer_and_as_text() {
        let at: UnixNanos = serde_json::from_str("\"1790000000123456789\"").unwrap();
        assert_eq!(serde_json::to_string(&at).unwrap(), "1790000000123456789");
        assert_eq!(
            serde_json::to_string(&NanosText(at)).unwrap(),
            "\"1790000000123456789\""
        );
        assert_eq!(at, serde_json::from_str("1790000000123456789").unwrap());
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let day = |seconds: i64| UnixNanos(seconds * 1_000_000_000).utc_day();
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(-1), "1969-12-31");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(1_795_478_400), "2026-11-24");
    }

    #[test]
    fn a_fraction_or_a_number_out_of_range_is_refused_not_rounded() {
        assert!(serde_json::from_str::<UnixNanos>("1.5").is_err());
        assert!(serde_json::from_str::<UnixNanos>("18446744073709551615").is_err());
    }
}
