//! `EmployeeAssignmentRecordsDetail`: one start with its billing and salary records nested.
//!
//! Unkind on purpose: other starts of the same employee come along, and come first; a numeric column is a real
//! number; ends are stored at 23:59:59; billing money also comes as text. By switch, a start is one flat row with the
//! labels of the screen instead.

use serde_json::{Value, json};

use super::behaviour::AssignmentForm;
use super::bi::{Ask, Keyed};
use super::eastern;
use super::envelope::{Answer, Row, roughen};
use super::rows::{self, View};
use super::server::Settings;
use super::state::{Activity, Billing, Moments, Salary, State};

/// By `startId`, else by `employeeId`.
pub(super) fn rows(
    state: &State,
    settings: &Settings,
    ask: &Ask<'_>,
    view: View<'_>,
) -> Result<Vec<Keyed>, Answer> {
    let starts: Vec<&Activity> = match ask.id_if_given("startId")? {
        Some(id) => match state.activity(id) {
            Some(asked) if settings.behaviour.related_starts => {
                let others = of_employee(state, asked.candidate).filter(|of| of.id != id);
                others.chain([asked]).collect()
            }
            Some(asked) => vec![asked],
            None => Vec::new(),
        },
        None => of_employee(state, ask.id("employeeId")?).collect(),
    };
    let found = starts
        .into_iter()
        .filter_map(|of| Some((of.id.to_string(), start(state, settings, of, view)?)));
    Ok(found.collect())
}

fn of_employee(state: &State, employee: u64) -> impl Iterator<Item = &Activity> {
    let all = state.activities.values();
    all.filter(move |of| of.candidate == employee && of.deleted.is_none())
}

/// None until the start has a record of either kind.
fn start(state: &State, settings: &Settings, of: &Activity, view: View<'_>) -> Option<Row> {
    let billing: Vec<&Billing> = state
        .billing
        .iter()
        .filter(|record| record.activity == of.id && !record.deleted)
        .filter(|record| record.updated(view.at).is_some())
        .collect();
    let salary: Vec<&Salary> = state
        .salary
        .iter()
        .filter(|record| record.activity == of.id && !record.deleted)
        .filter(|record| record.updated(view.at).is_some())
        .collect();
    if billing.is_empty() && salary.is_empty() {
        return None;
    }
    if settings.behaviour.assignment == AssignmentForm::Labels {
        return Some(labelled(of, &billing, &salary, view));
    }
    let rough = |mut row: Row| {
        roughen(&mut row, &of.id.to_string(), &settings.behaviour);
        Value::Object(row)
    };
    let overheads =
        salary.iter().map(|of| json!({ "W2": u8::from(of.w2), "C2C": u8::from(of.c2c) }));
    let mut row = Row::new();
    row.insert("Start ID".into(), json!(of.id.to_string()));
    row.insert("OVERHEADS".into(), overheads.collect());
    row.insert(
        "BILLING".into(),
        billing.iter().map(|of| rough(billing_section(state, of, view))).collect(),
    );
    row.insert("SALARY".into(), salary.iter().map(|of| rough(salary_section(of, view))).collect());
    Some(row)
}

/// The start as its screen shows it: American dates, money as text, the records that apply today.
fn labelled(of: &Activity, billing: &[&Billing], salary: &[&Salary], view: View<'_>) -> Row {
    let today = eastern::day_of(view.at);
    let yes = |is_so: bool| json!(if is_so { "Yes" } else { "No" });
    let mut row = Row::new();
    row.insert("Start ID".into(), json!(of.id.to_string()));
    let begun = salary.iter().filter(|pay| pay.effective <= today);
    let first = salary.iter().min_by_key(|pay| (pay.effective, pay.rec));
    let pay = begun.max_by_key(|pay| (pay.effective, pay.rec)).or(first);
    if let Some(pay) = pay.filter(|pay| pay.approved <= view.at) {
        row.insert("Employment Category".into(), json!(pay.category));
        row.insert("Pay Rate".into(), json!(money(&pay.amount, &pay.per)));
        row.insert("Pay Start".into(), json!(eastern::us_day(pay.effective)));
        row.insert("W2".into(), yes(pay.w2));
        row.insert("C2C".into(), yes(pay.c2c));
    }
    let bill = billing.iter().max_by_key(|bill| (bill.start, bill.rec));
    if let Some(bill) = bill.filter(|bill| bill.approved <= view.at) {
        let (is_over, end) = rows::billing_end(bill, view.at);
        row.insert("Bill Start".into(), json!(eastern::us_day(bill.start)));
        row.insert("Bill End".into(), json!(end.map(eastern::us_day).unwrap_or_default()));
        row.insert("Bill Rate".into(), json!(money(&bill.rate, &bill.per)));
        row.insert("Actual Start".into(), yes(bill.start <= today));
        row.insert("Closed".into(), yes(is_over));
        row.insert("Working State".into(), json!(bill.work_state));
        row.insert("Working Country".into(), json!(bill.work_country));
        row.insert("Working Location".into(), json!(bill.location));
    }
    row
}

/// `$1,250.00 / Day`.
fn money(amount: &str, per: &str) -> String {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let unit = match per {
        "H" => "Hour",
        "D" => "Day",
        "Y" => "Year",
        other => other,
    };
    format!("${grouped}.{part:0<2} / {unit}")
}

fn billing_section(state: &State, of: &Billing, view: View<'_>) -> Row {
    let mut row = rows::billing_of_employee(state, of, view);
    for column in ["EMPLOYEEID", "ACTIVITYID", "STARTID", "JOBID", "COMPANYID"] {
        row.remove(column);
    }
    for column in ["APPROVED", "CLOSED", "ACTUALSTART", "ACTUALEND", "BILL_RATE"] {
        as_number(&mut row, column);
    }
    let (_, end) = rows::billing_end(of, view.at);
    row.insert("START_DATE".into(), json!(eastern::day(of.start)));
    row.insert("END_DATE".into(), json!(end.map(eastern::day_end).unwrap_or_default()));
    let company = state.jobs.get(&of.job).map(|job| job.company).unwrap_or_default();
    row.insert("COMPANY_ID".into(), json!(company.to_string()));
    row
}

fn salary_section(of: &Salary, view: View<'_>) -> Row {
    let mut row = rows::salary(of, view);
    for column in ["EMPLOYEEID", "ACTIVITYID", "JOBID", "OH_W2", "OH_C2C"] {
        row.remove(column);
    }
    for column in ["SALARY", "Pay_Rate_to_Vendor"] {
        as_number(&mut row, column);
    }
    row.insert("PAYMENT_FREQUENCY".into(), json!("Weekly"));
    row.insert("PAYMENTDUE".into(), json!("Upon Approval"));
    row
}

/// Writes a decimal text as a JSON number; this method does, and only this one.
fn as_number(row: &mut Row, column: &str) {
    if let Some(Value::String(text)) = row.get(column)
        && let Ok(number) = serde_json::from_str::<serde_json::Number>(text)
    {
        row.insert(column.to_owned(), Value::Number(number));
    }
}
