//! US dollars as a decimal: never a float.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;
use ts_rs::TS;

/// An amount in US dollars. JSON: a decimal string, such as `"0.000345"`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS,
)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Usd(pub Decimal);

impl Usd {
    /// No money at all, which is not the same as an unknown amount.
    pub const ZERO: Self = Self(Decimal::ZERO);
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl FromStr for Usd {
    type Err = rust_decimal::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Reported costs arrive both as `0.00012` and as `1.2e-4`.
        let text = text.trim();
        Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_cents_thirty_times_is_three_dollars() {
        let total: Usd = std::iter::repeat_n("0.10".parse::<Usd>().unwrap(), 30).sum();
        assert_eq!(total.to_string(), "3");
    }

    #[test]
    fn scientific_notation_is_read_exactly() {
        assert_eq!("1.2e-4".parse::<Usd>().unwrap().to_string(), "0.00012");
    }
}
