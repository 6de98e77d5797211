//! Money: integer cents, made from exact decimals. A float never comes near it.

use std::fmt;

pub use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An amount in cents of one currency (US dollars throughout the placement domain).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// `amount` (in whole units, such as dollars) times 100, rounded half to even; `None` beyond `i64`.
    pub fn from_decimal(amount: Decimal) -> Option<Self> {
        amount
            .checked_mul(Decimal::ONE_HUNDRED)?
            .round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)
            .to_i64()
            .map(Self)
    }
}

/// `12.34`, without a currency sign.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.0, 2).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_to_even() {
        let cents = |text: &str| Cents::from_decimal(text.parse().unwrap()).unwrap().0;
        assert_eq!(cents("95"), 9500);
        assert_eq!(cents("0.125"), 12);
        assert_eq!(cents("0.135"), 14);
        assert_eq!(cents("-0.125"), -12);
        assert_eq!(Cents::from_decimal(Decimal::MAX), None);
        assert_eq!(Cents(1234).to_string(), "12.34");
    }
}
