//! Hours times rates, in tables: exact sums, rounded once; what a week was quoted at.

use proptest::prelude::*;
use tests::world::rules;
use workflow_core::domain::call::Wage;
use workflow_core::domain::facts::Date;
use workflow_core::domain::invoice::{Work, estimate, gross, period};
use workflow_core::domain::rules::{Invoices, Rules};
use workflow_core::domain::timesheet::{Approval, Hours, Line, Paid, Sheet};
use workflow_core::money::{Cents, Decimal};

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn sheet(lines: Vec<Line>) -> Sheet {
    Sheet {
        id: "1".into(),
        approval: Approval::Approved,
        lines,
        total_hours: None,
        currency: None,
        changed: None,
        unreadable: Vec::new(),
    }
}

fn line(kind: Hours, hours: &str, rate: &str) -> Line {
    let paid = match rate {
        "" => Paid::Unstated,
        rate => Paid::Rate { amount: number(rate), unit: Some("H".into()) },
    };
    Line { kind, hours: number(hours), paid }
}

/// Regular, overtime and double time as `hours@rate`, to cents.
#[track_caller]
fn earns(lines: [(&str, &str); 3], cents: i64) {
    let kinds = [Hours::Regular, Hours::Overtime, Hours::DoubleTime];
    let lines = kinds.into_iter().zip(lines).filter(|(_, (hours, _))| !hours.is_empty());
    let lines = lines.map(|(kind, (hours, rate))| line(kind, hours, rate)).collect();
    assert_eq!(gross(&sheet(lines), Some(Cents(9_500)), &rules()), Ok(Cents(cents)));
}

#[test]
fn sums_are_exact_and_rounded_once_half_to_even() {
    let none = ("", "");
    earns([("40", "95"), none, none], 380_000);
    earns([("40", "95"), ("2.5", "142.50"), none], 415_625);
    earns([("40", "95"), ("2.5", "142.50"), ("1", "190")], 434_625);
    // A third of an hour, three times: one rounding of the sum, not three.
    earns([("0.333", "10.01"), ("0.333", "10.01"), ("0.334", "10.01")], 1_001);
    // Half a cent goes to the even side, up and down.
    earns([("0.5", "0.01"), none, none], 0);
    earns([("1.5", "0.01"), none, none], 2);
    earns([("0.25", "62.98"), none, none], 1_574);
    // Regular hours without a rate are paid what was quoted.
    earns([("40", ""), none, none], 380_000);
    earns([none, none, none], 0);
}

#[track_caller]
fn holds(change: impl FnOnce(&mut Sheet), code: &str) {
    let mut sheet = sheet(vec![line(Hours::Regular, "40", "95")]);
    change(&mut sheet);
    let missing = gross(&sheet, Some(Cents(9_500)), &rules()).expect_err("it is not understood");
    assert_eq!(missing.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), [code]);
}

#[test]
fn what_is_not_understood_is_named() {
    holds(|it| it.lines[0].hours = number("-1"), "hours_negative");
    holds(|it| it.lines[0].hours = number("168.5"), "hours_many");
    holds(|it| it.total_hours = Some(number("41")), "hours_differ");
    holds(|it| it.currency = Some("CAD".into()), "currency");
    holds(|it| it.lines.push(line(Hours::Overtime, "1", "")), "rate_missing");
    holds(|it| it.lines[0] = line(Hours::Regular, "40", "-95"), "pay_negative");
    let amount = number("95");
    let per = |unit: &str| Paid::Rate { amount, unit: Some(unit.into()) };
    holds(|it| it.lines[0].paid = per("D"), "rate_not_hourly");
    holds(|it| it.lines[0].paid = per("shift"), "unit_unknown");
    holds(|it| it.lines[0].paid = Paid::Rate { amount, unit: None }, "unit_unknown");
    let most = Paid::Rate { amount: Decimal::MAX, unit: Some("H".into()) };
    holds(|it| it.lines[0].paid = most, "pay_beyond");
}

fn work(first_day: &str, last_day: &str) -> Work {
    let date = |text: &str| text.parse::<Date>().expect("a date");
    Work {
        candidate: "cand_1".into(),
        contractor: "cn_1".into(),
        job: "jb_1".into(),
        wage: Wage::Hourly(Cents(9_500)),
        first_day: date(first_day),
        last_day: date(last_day),
    }
}

#[test]
fn a_week_was_quoted_at_its_working_days() {
    let usual = Rules { invoices: Invoices::default(), ..rules() };
    let short = Invoices { week_hours: number("37.5"), ..Invoices::default() };
    let short = Rules { invoices: short, ..rules() };
    let cents = |work: &Work, week: &str, rules: &Rules| {
        let period = period(week.parse().expect("a date"), rules).expect("in the calendar");
        estimate(Cents(9_500), work, &period, rules).expect("a sum").0
    };
    let whole = work("2026-03-16", "2026-06-30");
    assert_eq!(cents(&whole, "2026-03-22", &usual), 380_000);
    assert_eq!(cents(&whole, "2026-03-22", &short), 356_250);
    // Weeks that end on a Saturday have as many working days.
    assert_eq!(cents(&whole, "2026-03-28", &usual), 380_000);
    // From a Wednesday; until a Tuesday; on a Saturday alone.
    assert_eq!(cents(&work("2026-03-18", "2026-06-30"), "2026-03-22", &usual), 228_000);
    assert_eq!(cents(&whole, "2026-07-05", &usual), 152_000);
    assert_eq!(cents(&work("2026-03-21", "2026-03-21"), "2026-03-22", &usual), 0);
}

#[test]
fn the_pay_period_is_seven_local_days() {
    let of = |week: &str| period(week.parse().expect("a date"), &rules()).expect("in the calendar");
    let usual = of("2026-04-12");
    assert_eq!(usual.first_day.to_string(), "2026-04-06");
    assert_eq!((usual.effective.as_secs(), usual.until.as_secs()), (1_775_448_000, 1_776_052_800));
    // In the week in which the clocks change a day is an hour shorter, or longer.
    let hours = |week: &str| (of(week).until.as_secs() - of(week).effective.as_secs()) / 3600;
    assert_eq!((hours("2026-03-08"), hours("2026-04-12"), hours("2026-11-01")), (167, 168, 169));
}

proptest! {
    /// Whole numbers of hundredths of an hour and of cents, against whole-number arithmetic: no float could keep up.
    #[test]
    fn gross_pay_is_what_whole_numbers_say(
        lines in prop::collection::vec((0_i64..5_000, 0_i64..100_000_000), 0..3),
    ) {
        let exact: i128 = lines.iter().map(|(h, r)| i128::from(*h) * i128::from(*r)).sum();
        // In ten-thousandths of a unit, that is hundredths of a cent: to cents, half to even.
        let (whole, rest) = (exact / 100, exact % 100);
        let up = rest > 50 || (rest == 50 && whole % 2 == 1);
        let cents = i64::try_from(whole + i128::from(up)).expect("small enough");
        let lines = lines.iter().map(|(hours, rate)| Line {
            kind: Hours::Regular,
            hours: Decimal::new(*hours, 2),
            paid: Paid::Rate { amount: Decimal::new(*rate, 2), unit: Some("hour".into()) },
        });
        prop_assert_eq!(gross(&sheet(lines.collect()), None, &rules()), Ok(Cents(cents)));
    }
}
