//! Where the money goes: how unevenly it is spread over calls, and over days.
//!
//! Sums stay decimal. Calls of unknown cost are counted apart, never taken for free.

use plumbline_model::{UnixNanos, Usd};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use std::collections::BTreeMap;
use ts_rs::TS;

/// One point of a Lorenz curve, cheapest calls first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct LorenzPoint {
    /// Share of calls, 0 to 1.
    pub calls: f64,
    /// Share of the total cost that these calls make up, 0 to 1.
    pub cost: f64,
}

/// How unevenly cost is spread over calls.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CostCurve {
    pub total_usd: Usd,
    /// Calls of known cost.
    pub calls: u64,
    /// At most 101 points, from (0, 0) to (1, 1).
    pub points: Vec<LorenzPoint>,
    /// Share of the cost made up by the dearest tenth of calls (rounded up to whole calls).
    pub top_decile_share: f64,
}

const POINTS: usize = 100;

/// The curve of these costs; `None` when nothing was spent, since shares of nothing do not exist.
#[must_use]
pub fn lorenz(costs: &[Usd]) -> Option<CostCurve> {
    let mut sorted: Vec<Usd> = costs.to_vec();
    sorted.sort_unstable();
    let total: Usd = sorted.iter().copied().sum();
    if total <= Usd::ZERO {
        return None;
    }
    let n = sorted.len();
    let steps = POINTS.min(n);
    let share = |part: Usd| {
        part.0
            .checked_div(total.0)
            .and_then(|share| share.to_f64())
            .unwrap_or(0.0)
    };
    let mut points = vec![LorenzPoint {
        calls: 0.0,
        cost: 0.0,
    }];
    let (mut taken, mut sum) = (0, Usd::ZERO);
    for step in 1..=steps {
        let upto = n * step / steps;
        sum = sorted[taken..upto].iter().fold(sum, |sum, usd| sum + *usd);
        taken = upto;
        points.push(LorenzPoint {
            calls: upto as f64 / n as f64,
            cost: share(sum),
        });
    }
    let top: Usd = sorted[n - n.div_ceil(10)..].iter().copied().sum();
    Some(CostCurve {
        total_usd: total,
        calls: n as u64,
        points,
        top_decile_share: share(top),
    })
}

/// What one day cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DailySpend {
    /// UTC, as `2026-11-24`.
    pub day: String,
    pub calls: u64,
    /// `None` when no call of the day has a known cost.
    pub cost_usd: Option<Usd>,
    /// Calls of unknown cost; above zero, `cost_usd` is a lower bound.
    pub unpriced_calls: u64,
}

/// Spend by UTC day, oldest first; days without calls are left out.
#[must_use]
pub fn by_day(calls: impl IntoIterator<Item = (UnixNanos, Option<Usd>)>) -> Vec<DailySpend> {
    let mut days: BTreeMap<i64, (u64, Option<Decimal>, u64)> = BTreeMap::new();
    for (at, cost) in calls {
        let (count, sum, unpriced) = days.entry(at.0.div_euclid(NANOS_PER_DAY)).or_default();
        *count += 1;
        match cost {
            Some(usd) => *sum = Some(sum.unwrap_or_default().saturating_add(usd.0)),
            None => *unpriced += 1,
        }
    }
    days.into_iter()
        .map(|(day, (calls, sum, unpriced_calls))| DailySpend {
            day: iso_date(day),
            calls,
            cost_usd: sum.map(Usd),
            unpriced_calls,
        })
        .collect()
}

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// The civil date of a day counted from 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn iso_date(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        text.parse().unwrap()
    }

    #[test]
    fn one_dear_call_among_ten_makes_up_most_of_the_cost() {
        let mut costs = vec![usd("0.10"); 9];
        costs.push(usd("9.10"));
        let curve = lorenz(&costs).unwrap();
        assert_eq!(curve.total_usd, usd("10"));
        assert_eq!(curve.top_decile_share, 0.91);
        assert_eq!(curve.points.len(), 11);
        assert_eq!(
            curve.points.last(),
            Some(&LorenzPoint {
                calls: 1.0,
                cost: 1.0
            })
        );
        assert!(
            curve
                .points
                .windows(2)
                .all(|pair| pair[0].cost <= pair[1].cost)
        );
    }

    #[test]
    fn many_calls_give_a_bounded_curve_and_no_spend_gives_none() {
        assert_eq!(
            lorenz(&vec![usd("0.01"); 12_345]).unwrap().points.len(),
            101
        );
        assert_eq!(lorenz(&[]), None);
        assert_eq!(lorenz(&[Usd::ZERO; 3]), None);
    }

    #[test]
    fn days_are_utc_and_unknown_cost_is_not_zero() {
        let at = |seconds: i64| UnixNanos(seconds * 1_000_000_000);
        let days = by_day([
            (at(1_790_035_199), Some(usd("0.2"))),
            (at(1_790_035_200), None),
            (at(1_790_035_201), None),
            (at(-1), Some(usd("1"))),
        ]);
        let told: Vec<(&str, u64, Option<String>, u64)> = days
            .iter()
            .map(|day| {
                (
                    day.day.as_str(),
                    day.calls,
                    day.cost_usd.map(|usd| usd.to_string()),
                    day.unpriced_calls,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("1969-12-31", 1, Some("1".into()), 0),
                ("2026-09-21", 1, Some("0.2".into()), 0),
                ("2026-09-22", 2, None, 2),
            ]
        );
    }

    #[test]
    fn leap_days_and_the_ends_of_the_calendar_are_right() {
        assert_eq!(iso_date(0), "1970-01-01");
        assert_eq!(iso_date(19_782), "2024-02-29");
        assert_eq!(iso_date(11_016), "2000-02-29");
        assert_eq!(iso_date(i64::MAX / NANOS_PER_DAY), "2262-04-11");
    }
}
