//! `EmployeeAssignmentRecordsDetail`: one start with its billing and salary records nested.
//!
//! Unkind on purpose: other starts of the same employee come along, and come first; a numeric column is a real
//! number; ends are stored at 23:59:59; billing money also comes as text.

use serde_json::{Value, json};

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
