//! What it pays: the pay record's figure in exact decimals, never the bill rate.

use jiff::Unit as Calendar;
use rust_decimal::Decimal;

use super::Missing;
use super::classify::normal;
use crate::domain::call::{Wage, Window};
use crate::domain::facts::Facts;
use crate::domain::rules::{NonHourly, RateUnit, Rules};
use crate::money::Cents;

/// The wage in the insurer's terms. A unit or currency that is not understood holds.
pub(super) fn wage(facts: &Facts, rules: &Rules, window: Option<&Window>) -> Result<Wage, Missing> {
    let Some(pay) = &facts.pay else {
        return Err(Missing::new("pay_missing", "no pay rate yet: waiting for the pay record"));
    };
    let currency = pay.currency.as_deref().map(str::trim).filter(|c| !c.is_empty());
    if let Some(currency) = currency
        && !currency.eq_ignore_ascii_case(&rules.currency)
    {
        let text = format!("paid in {currency}; only {} can be insured", rules.currency);
        return Err(Missing::new("currency", text));
    }
    if pay.amount <= Decimal::ZERO {
        return Err(Missing::new(
            "pay_zero",
            "the pay rate is not above zero: correct it in the ATS",
        ));
    }
    let Some(unit) = rate_unit(&pay.unit, rules) else {
        let text = format!(
            "`{}` is no known rate unit; add to the configuration, under [tenant.wage.units]: \
             \"{}\" = \"hour\" | \"day\" | \"week\" | \"month\" | \"year\" | \"engagement\"",
            pay.unit,
            normal(&pay.unit)
        );
        return Err(Missing::new("unit_unknown", text));
    };
    let beyond = || Missing::new("pay_beyond", "the pay rate is beyond any sum");
    match unit {
        RateUnit::Hour => Cents::from_decimal(pay.amount).map(Wage::Hourly).ok_or_else(beyond),
        RateUnit::Engagement => {
            Cents::from_decimal(pay.amount).map(Wage::FlatFee).ok_or_else(beyond)
        }
        RateUnit::Day | RateUnit::Week | RateUnit::Month | RateUnit::Year => match rules.non_hourly
        {
            NonHourly::Hold => Err(Missing::new(
                "rate_not_hourly",
                format!(
                    "paid per {}: an hourly rate or a fee is needed; change the pay record, or set \
                     `non_hourly = \"flat_fee\"` under [tenant.wage]",
                    unit.word()
                ),
            )),
            NonHourly::FlatFee => {
                let window = window.ok_or_else(|| {
                    Missing::new("term_missing", "a fee for the engagement needs its dates")
                })?;
                let fee = pay.amount.checked_mul(Decimal::from(units(unit, window)));
                fee.and_then(Cents::from_decimal).map(Wage::FlatFee).ok_or_else(beyond)
            }
        },
    }
}

/// Looks a unit up; what stands before a `/` is a currency (`USD/Hour`).
pub(in crate::domain) fn rate_unit(word: &str, rules: &Rules) -> Option<RateUnit> {
    let word = word.rsplit('/').next().unwrap_or(word);
    rules.units.get(&normal(word)).copied()
}

/// How many units the engagement has, begun ones counted whole.
fn units(unit: RateUnit, window: &Window) -> i64 {
    let day_after = window.last_day.tomorrow().unwrap_or(window.last_day);
    let calendar = match unit {
        RateUnit::Day | RateUnit::Hour | RateUnit::Engagement => Calendar::Day,
        RateUnit::Week => Calendar::Week,
        RateUnit::Month => Calendar::Month,
        RateUnit::Year => Calendar::Year,
    };
    let Ok(span) = window.first_day.until((calendar, day_after)) else { return 1 };
    let (whole, rest) = match unit {
        RateUnit::Week => (i64::from(span.get_weeks()), span.get_days() > 0),
        RateUnit::Month => (i64::from(span.get_months()), span.get_days() > 0),
        RateUnit::Year => {
            (i64::from(span.get_years()), span.get_months() > 0 || span.get_days() > 0)
        }
        RateUnit::Day | RateUnit::Hour | RateUnit::Engagement => {
            (i64::from(span.get_days()), false)
        }
    };
    (whole + i64::from(rest)).max(1)
}
