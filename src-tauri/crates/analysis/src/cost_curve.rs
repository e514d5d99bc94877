//! Where the money goes: how unevenly it is spread over calls, and over days.
//!
//! Sums stay decimal. Calls of unknown cost are counted apart, never taken for free.

use plumbline_model::Usd;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
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
}
