//! The arithmetic: hours times rates, exactly, rounded once at the end. Pure.
//!
//! Nothing is guessed: a unit, a currency or a sum that is not understood is a [`Missing`], and a person looks.

use jiff::ToSpan;
use serde::{Deserialize, Serialize};

use super::Work;
use super::state::Book;
use crate::domain::call::{Wage, Window};
use crate::domain::facts::Date;
use crate::domain::rules::{RateUnit, Rules};
use crate::domain::terms::{Missing, days, rate_unit};
use crate::domain::timesheet::{Approval, Hours, Line, Paid, Sheet};
use crate::money::{Cents, Decimal};

/// The least that the insurer records: a dollar.
pub const GROSS_MIN: Cents = Cents(100);

/// The most that the insurer records: a million dollars.
pub const GROSS_MAX: Cents = Cents(100_000_000);

/// More hours than a week has.
const WEEK_HOURS_MAX: i64 = 168;

/// What a week's work amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Who worked, and on what.
    pub work: Work,
    /// What was earned.
    pub gross: Cents,
    /// What was quoted for the same week.
    pub estimate: Cents,
}

impl Account {
    /// Both figures in plain words.
    pub fn words(&self) -> String {
        format!("earned {}, quoted {}", self.gross, self.estimate)
    }
}

/// The pay period of a week: its seven days, as local midnights. `None` beyond the calendar.
pub fn period(week_ending: Date, rules: &Rules) -> Option<Window> {
    let first_day = week_ending.checked_sub(6.days()).ok()?;
    days(first_day, week_ending, &rules.zone)
}

/// What the approved timesheets of a period amount to; why not, where they do not.
pub(super) fn account(book: &Book, work: &Work, rules: &Rules) -> Result<Account, Vec<Missing>> {
    let approved: Vec<&Sheet> =
        book.sheets.values().filter(|sheet| sheet.approval == Approval::Approved).collect();
    let [sheet] = approved.as_slice() else {
        let ids: Vec<&str> = approved.iter().map(|sheet| sheet.id.as_str()).collect();
        let text = format!(
            "{} timesheets of one week are approved ({}): reject or delete what does not count",
            ids.len(),
            ids.join(", ")
        );
        return Err(vec![Missing::new("several_timesheets", text)]);
    };
    let mut missing = Vec::new();
    if work.last_day < book.period.first_day || book.period.last_day < work.first_day {
        let text = format!(
            "the week lies outside the placement's dates, {} to {}",
            work.first_day, work.last_day
        );
        missing.push(Missing::new("outside_placement", text));
    }
    let quoted = match work.wage {
        Wage::Hourly(cents) => Some(cents),
        Wage::FlatFee(_) => {
            let text = "the placement is insured for a fee: which part of it is this week's, only a \
                        person can say";
            missing.push(Missing::new("flat_fee", text));
            None
        }
    };
    let gross = gross(sheet, quoted, rules).map_err(|why| missing.extend(why)).ok();
    let beyond = || vec![Missing::new("pay_beyond", "the sum is beyond what can be recorded")];
    match (gross, quoted, missing.is_empty()) {
        (Some(gross), Some(_), true) if gross > GROSS_MAX => Err(beyond()),
        (Some(gross), Some(quoted), true) => {
            let estimate = estimate(quoted, work, &book.period, rules).ok_or_else(beyond)?;
            Ok(Account { work: work.clone(), gross, estimate })
        }
        (_, _, _) => Err(missing),
    }
}

/// Approved hours times their rates, in cents: exact sums, rounded once, half to even.
///
/// Regular hours without a rate are paid what was quoted per hour; overtime and double time have no rate but their own.
/// Hours may be fractions. Errors name what is not understood.
pub fn gross(sheet: &Sheet, quoted: Option<Cents>, rules: &Rules) -> Result<Cents, Vec<Missing>> {
    let mut missing: Vec<Missing> = sheet
        .unreadable
        .iter()
        .map(|bad| {
            let text = format!("{} cannot be read: {}; correct it in the ATS", bad.what, bad.why);
            Missing::new("unreadable", text)
        })
        .collect();
    let currency = sheet.currency.as_deref().map(str::trim).filter(|code| !code.is_empty());
    if let Some(currency) = currency
        && !currency.eq_ignore_ascii_case(&rules.currency)
    {
        let text = format!("paid in {currency}; only {} can be recorded", rules.currency);
        missing.push(Missing::new("currency", text));
    }
    let beyond = || Missing::new("pay_beyond", "the sum is beyond what can be recorded");
    let hours = sheet.lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.hours));
    match (hours, sheet.total_hours) {
        (None, _) => missing.push(beyond()),
        (Some(sum), _) if sum > Decimal::from(WEEK_HOURS_MAX) => {
            missing.push(Missing::new("hours_many", format!("{sum} hours in one week")));
        }
        (Some(sum), Some(total)) if sum != total => {
            let text = format!("the hours are {sum} line by line, and {total} in all");
            missing.push(Missing::new("hours_differ", text));
        }
        (Some(_), _) => {}
    }
    let mut gross = Some(Decimal::ZERO);
    for line in &sheet.lines {
        match earned(line, quoted, rules) {
            Ok(earned) => gross = gross.and_then(|sum| sum.checked_add(earned?)),
            Err(why) => missing.push(why),
        }
    }
    match (gross.and_then(Cents::from_decimal), missing.is_empty()) {
        (Some(gross), true) => Ok(gross),
        (None, true) => Err(vec![beyond()]),
        (_, false) => Err(missing),
    }
}

/// What a line earns, unrounded; `None` inside when it is beyond any number.
fn earned(line: &Line, quoted: Option<Cents>, rules: &Rules) -> Result<Option<Decimal>, Missing> {
    let what = line.kind.word();
    if line.hours < Decimal::ZERO {
        return Err(Missing::new("hours_negative", format!("{} of {what}", line.hours)));
    }
    if line.hours.is_zero() {
        return Ok(Some(Decimal::ZERO));
    }
    let amount = match &line.paid {
        Paid::Sum { amount } | Paid::Rate { amount, .. } if *amount < Decimal::ZERO => {
            return Err(Missing::new("pay_negative", format!("{what} are paid {amount}")));
        }
        Paid::Sum { amount } => return Ok(Some(*amount)),
        Paid::Rate { amount, unit } => {
            let word = unit.as_deref().unwrap_or_default();
            match rate_unit(word, rules) {
                Some(RateUnit::Hour) => *amount,
                Some(
                    other @ (RateUnit::Day
                    | RateUnit::Week
                    | RateUnit::Month
                    | RateUnit::Year
                    | RateUnit::Engagement),
                ) => {
                    let text = format!("{what} are paid per {}, not per hour", other.word());
                    return Err(Missing::new("rate_not_hourly", text));
                }
                None => {
                    let text = format!("{what}: `{word}` is no known rate unit");
                    return Err(Missing::new("unit_unknown", text));
                }
            }
        }
        Paid::Unstated => match (line.kind, quoted) {
            (Hours::Regular, Some(cents)) => Decimal::new(cents.0, 2),
            (Hours::Regular | Hours::Overtime | Hours::DoubleTime, _) => {
                let text = format!("{} of {what} without a rate", line.hours);
                return Err(Missing::new("rate_missing", text));
            }
        },
    };
    Ok(line.hours.checked_mul(amount))
}

/// What was quoted for a week: the hourly wage times the tenant's usual week, a fifth of it for each Monday to Friday of the
/// week that lies within the placement's dates; in cents, rounded once, half to even. `None` beyond any sum.
///
/// The quote itself knows no hours, and no ATS field says how many were planned: the usual week is what "as estimated"
/// means, and the only thing that "different" can be measured by.
pub fn estimate(quoted: Cents, work: &Work, period: &Window, rules: &Rules) -> Option<Cents> {
    let within = |day: &Date| {
        (work.first_day..=work.last_day).contains(day) && day.weekday().to_monday_zero_offset() < 5
    };
    let week = period.first_day.series(1.day()).take(7);
    let worked = i64::try_from(week.filter(within).count()).ok()?;
    let per_day = rules.invoices.week_hours.checked_div(Decimal::from(5))?;
    let hours = per_day.checked_mul(Decimal::from(worked))?;
    Cents::from_decimal(Decimal::new(quoted.0, 2).checked_mul(hours)?)
}
