//! Money in a column: whole picodollars (1e-12 USD), so that SQL can order and sum without a float.
//!
//! A price per million tokens with up to six decimals gives whole picodollars per token. Finer amounts
//! are rounded to the nearest one in the column; the row's JSON keeps them as they were.

use plumbline_model::Usd;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

const DECIMALS: u32 = 12;

/// An exact sum in two halves that no number of rows can overflow: `sum(c / 1e9)` and `sum(c % 1e9)`.
/// The SQL of a sum is written out where it is used: `sum(cost_pico / 1000000000), sum(cost_pico % 1000000000)`.
pub(crate) fn from_halves(thousandths: Option<i64>, rest: Option<i64>) -> Option<Usd> {
    let thousandths = Decimal::from_i128_with_scale(i128::from(thousandths?), 3);
    let rest = Decimal::from_i128_with_scale(i128::from(rest?), DECIMALS);
    Some(Usd((thousandths + rest).normalize()))
}

/// The column's value; `None` for an amount that no column holds (above nine million dollars).
pub(crate) fn to_pico(usd: Usd) -> Option<i64> {
    usd.0
        .checked_mul(Decimal::from(1_000_000_000_000_i64))?
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
}

/// The amount in a column.
pub(crate) fn from_pico(pico: i64) -> Usd {
    Usd(Decimal::from_i128_with_scale(i128::from(pico), DECIMALS).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_amount_of_twelve_decimals_round_trips(pico in any::<i64>()) {
            prop_assert_eq!(to_pico(from_pico(pico)), Some(pico));
        }

        #[test]
        fn the_two_halves_sum_to_the_whole(amounts in prop::collection::vec(any::<i64>(), 1..50)) {
            let exact: i128 = amounts.iter().map(|&pico| i128::from(pico)).sum();
            let thousandths = amounts.iter().map(|pico| pico / 1_000_000_000).sum();
            let rest = amounts.iter().map(|pico| pico % 1_000_000_000).sum();
            let sum = from_halves(Some(thousandths), Some(rest)).unwrap();
            prop_assert_eq!(sum.0, Decimal::from_i128_with_scale(exact, 12));
        }
    }

    #[test]
    fn an_amount_beyond_the_column_is_unknown_not_wrong() {
        assert_eq!(to_pico("10000000".parse().unwrap()), None);
        assert_eq!(to_pico("0.0000000000004".parse().unwrap()), Some(0));
    }
}
