//! Intervals and tests for "is this more than chance?".
//!
//! The unit is the case: repeats of one case are averaged before anything is counted, because they share
//! the case's difficulty and would make a test too sure of itself. Exact where that is cheap: McNemar's
//! test by the binomial, sign flips by enumeration, Wilson's interval for a share, Bonett and Price's for a
//! difference of paired shares. Deterministic: the same cases and seed give the same figures.

mod bootstrap;
mod holm;
mod paired;
mod pass_rate;
mod power;
mod quantile;
mod share;
mod sign_flip;
#[cfg(test)]
mod simulations;

pub use holm::holm;
pub(crate) use paired::of_differences;
pub use paired::{CasePair, paired};
pub(crate) use pass_rate::moved_share;
#[cfg(test)]
pub(crate) use pass_rate::pass_rate;
pub use pass_rate::pass_rate_of;
pub use share::{mcnemar_exact, paired_share_interval, wilson};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Two-sided 95 %.
pub(crate) const Z95: f64 = 1.959_963_984_540_054;
/// Below this p-value a difference counts as shown.
pub(crate) const LEVEL: f64 = 0.05;

/// One statistic with its interval and test. Field names are those of the CLI's JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StatTest {
    /// What is measured, with its unit: `answers_moved`, `pass_rate`, `latency_ms`, `tokens_out`, `cost_usd`.
    pub metric: String,
    /// How the interval and the p-value were found: `wilson`; `mcnemar_exact` with Bonett and Price's
    /// interval; `bootstrap_sign_flip` (percentile-t bootstrap over cases, never narrower than Student's
    /// interval); where too few cases differ to be drawn anew, `student_sign_flip` for measurements and `bonett_price_sign_flip` for case rates;
    /// `paired_normal` for many cases.
    pub method: String,
    /// The share, or the mean difference new minus old.
    pub estimate: f64,
    /// 95 % interval; `None` below two pairs.
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Two-sided; `None` where there is nothing to test.
    pub p_value: Option<f64>,
    /// The p-value after Holm's correction for the other tests of the same comparison; `None` until
    /// corrected and where there is no p-value.
    pub p_adjusted: Option<f64>,
    /// The smallest true difference, in the unit of `estimate`, that a two-sided 5 % test on as many pairs
    /// finds four times in five, given the spread seen. `None` where no spread was seen, or no difference
    /// could be shown on so few pairs.
    pub smallest_shown: Option<f64>,
    /// About how many more pairs would show the difference seen four times in five. `None` where it is shown
    /// already, where none was seen, and beyond a thousand million.
    pub more_needed: Option<u64>,
    /// Pairs that were counted: cases, unless the caller paired something else.
    pub n: u64,
}

impl StatTest {
    /// An estimate about which nothing else is known yet.
    fn bare(metric: &str, method: &str, estimate: f64, n: u64) -> Self {
        Self {
            metric: metric.to_owned(),
            method: method.to_owned(),
            estimate,
            ci_low: None,
            ci_high: None,
            p_value: None,
            p_adjusted: None,
            smallest_shown: None,
            more_needed: None,
            n,
        }
    }

    /// Whether the difference is more than chance by itself, before any correction.
    fn shown(&self) -> bool {
        self.p_value.is_some_and(|p| p <= LEVEL)
    }
}
