//! One price list of a model: rates per unit, and when it is valid.
//!
//! Tiers are a cliff: a request whose total input exceeds a tier's start pays that tier's rate for all
//! of its tokens, as the providers' price pages say and genai-prices computes.

use plumbline_model::{UnixNanos, Usd};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is counted and paid, by its name in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Input,
    Output,
    CacheRead,
    /// For five minutes, or as long as the vendor keeps it.
    CacheWrite,
    #[serde(rename = "cache_write_1h")]
    CacheWriteHour,
    InputAudio,
    CacheAudioRead,
    OutputAudio,
    Reasoning,
}

/// US dollars per million tokens, perhaps rising with the size of the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Rate {
    Flat(Usd),
    Tiered {
        base: Usd,
        /// Pairs of a token count and the rate above it, ascending.
        tiers: Vec<(u64, Usd)>,
    },
}

impl Rate {
    /// The rate for a request of `tokens_in` input tokens in total.
    pub(super) fn at(&self, tokens_in: u64) -> Usd {
        match self {
            Self::Flat(usd) => *usd,
            Self::Tiered { base, tiers } => tiers
                .iter()
                .rev()
                .find(|(start, _)| tokens_in > *start)
                .map_or(*base, |(_, usd)| *usd),
        }
    }

    /// The same a number of times; `None` beyond what can be represented.
    pub(super) fn times(&self, factor: Usd) -> Option<Self> {
        let times = |usd: &Usd| Some(Usd(usd.0.checked_mul(factor.0)?.normalize()));
        Some(match self {
            Self::Flat(usd) => Self::Flat(times(usd)?),
            Self::Tiered { base, tiers } => Self::Tiered {
                base: times(base)?,
                tiers: tiers
                    .iter()
                    .map(|(start, usd)| Some((*start, times(usd)?)))
                    .collect::<Option<_>>()?,
            },
        })
    }

    /// Why the rate cannot be used, if so.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let (base, tiers) = match self {
            Self::Flat(usd) => (usd, &[][..]),
            Self::Tiered { base, tiers } => (base, tiers.as_slice()),
        };
        let negative = |usd: &Usd| usd.0 < Decimal::ZERO;
        if negative(base) || tiers.iter().any(|(_, usd)| negative(usd)) {
            return Some("a price is negative");
        }
        let ascending = tiers.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (!ascending).then_some("its tiers do not ascend")
    }
}

/// Prices that hold from a date on or during a part of the day (UTC), or always.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Period {
    pub(super) input: Option<Rate>,
    pub(super) output: Option<Rate>,
    pub(super) cache_read: Option<Rate>,
    pub(super) cache_write: Option<Rate>,
    pub(super) cache_write_1h: Option<Rate>,
    pub(super) input_audio: Option<Rate>,
    pub(super) cache_audio_read: Option<Rate>,
    pub(super) output_audio: Option<Rate>,
    pub(super) reasoning: Option<Rate>,
    pub(super) per_thousand_requests: Option<Rate>,
    /// First day, as `YYYY-MM-DD`.
    pub(super) from: Option<Day>,
    /// First and last instant of the day; the interval may pass midnight.
    pub(super) daily: Option<(TimeOfDay, TimeOfDay)>,
}

impl Period {
    /// The price of a unit, if it has one.
    pub(super) fn rate(&self, unit: Unit) -> Option<&Rate> {
        match unit {
            Unit::Input => &self.input,
            Unit::Output => &self.output,
            Unit::CacheRead => &self.cache_read,
            Unit::CacheWrite => &self.cache_write,
            Unit::CacheWriteHour => &self.cache_write_1h,
            Unit::InputAudio => &self.input_audio,
            Unit::CacheAudioRead => &self.cache_audio_read,
            Unit::OutputAudio => &self.output_audio,
            Unit::Reasoning => &self.reasoning,
        }
        .as_ref()
    }

    /// True when the prices hold at `at`.
    pub(super) fn holds(&self, at: UnixNanos) -> bool {
        let unix_s = at.0.div_euclid(1_000_000_000);
        let (day, second) = (unix_s.div_euclid(86_400), unix_s.rem_euclid(86_400));
        let started = self.from.as_ref().is_none_or(|from| day >= from.0);
        let in_hours = self.daily.as_ref().is_none_or(|(start, end)| {
            if end.0 < start.0 {
                second >= start.0 || second < end.0
            } else {
                (start.0..end.0).contains(&second)
            }
        });
        started && in_hours
    }

    /// All rates of the period.
    pub(super) fn rates(&self) -> impl Iterator<Item = &Rate> {
        [
            &self.input,
            &self.output,
            &self.cache_read,
            &self.cache_write,
            &self.cache_write_1h,
            &self.input_audio,
            &self.cache_audio_read,
            &self.output_audio,
            &self.reasoning,
            &self.per_thousand_requests,
        ]
        .into_iter()
        .flatten()
    }
}

/// Days since 1970-01-01.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Day(pub(super) i64);

impl TryFrom<String> for Day {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not a date such as 2026-09-01");
        let numbers: Option<Vec<i64>> = text.split('-').map(|part| part.parse().ok()).collect();
        let [year, month, day] = numbers.ok_or_else(refuse)?[..] else {
            return Err(refuse());
        };
        if !((1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        {
            return Err(refuse());
        }
        // Howard Hinnant's days_from_civil: years start in March, so that the leap day comes last.
        let year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Ok(Self(era * 146_097 + day_of_era - 719_468))
    }
}

/// Seconds since midnight UTC.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct TimeOfDay(i64);

impl TryFrom<String> for TimeOfDay {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let numbers: Option<Vec<i64>> = text.split(':').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([h @ 0..=23, m @ 0..=59, s @ 0..=59]) => Ok(Self(h * 3600 + m * 60 + s)),
            _ => Err(format!("`{text}` is not a time of day such as 16:30:00")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(json: &str) -> Period {
        serde_json::from_str(json).unwrap()
    }

    fn at_s(unix_s: i64) -> UnixNanos {
        UnixNanos(unix_s * 1_000_000_000)
    }

    #[test]
    fn a_start_date_holds_from_midnight_utc() {
        let period = period(r#"{"from":"2026-09-01"}"#);
        let midnight = 1_788_220_800;
        assert!(period.holds(at_s(midnight)));
        assert!(!period.holds(UnixNanos(midnight * 1_000_000_000 - 1)));
        assert_eq!(Day::try_from("1970-01-01".to_owned()).unwrap().0, 0);
        assert_eq!(Day::try_from("2024-02-29".to_owned()).unwrap().0, 19_782);
    }

    #[test]
    fn a_daily_interval_may_pass_midnight() {
        let night = period(r#"{"daily":["16:30:00","00:30:00"]}"#);
        let hour = |h: i64, m: i64| at_s(1_788_220_800 + h * 3600 + m * 60);
        assert!(night.holds(hour(16, 30)) && night.holds(hour(0, 29)));
        assert!(!night.holds(hour(0, 30)) && !night.holds(hour(16, 29)));
    }

    #[test]
    fn a_tier_starts_above_its_threshold() {
        let rate: Rate =
            serde_json::from_str(r#"{"base":"1","tiers":[[200000,"2"],[400000,"3"]]}"#).unwrap();
        let at = |tokens| rate.at(tokens).to_string();
        assert_eq!(
            ["1", "2", "3"],
            [at(200_000).as_str(), &at(200_001), &at(400_001)]
        );
    }

    #[test]
    fn bad_dates_times_and_units_are_refused() {
        for json in [
            r#"{"from":"2026-13-01"}"#,
            r#"{"from":"soon"}"#,
            r#"{"daily":["25:00:00","01:00:00"]}"#,
            r#"{"inptu":"1"}"#,
        ] {
            assert!(serde_json::from_str::<Period>(json).is_err(), "{json}");
        }
    }
}
