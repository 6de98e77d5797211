//! The client's side as rows: companies, contacts, invoices, and the hours of a timesheet by day.
//!
//! Invoices are money in; what a worker is paid is in [`super::salary`] and [`super::timesheet`].

use jiff::civil::Date;
use serde_json::{Value, json};

use super::super::eastern;
use super::super::envelope::Row;
use super::super::state::{Company, Contact, Invoice, State, Timesheet};
use super::row;

/// `CompanyDetail` and `CompaniesDetail`.
pub(in super::super) fn company(of: &Company) -> Row {
    let mut columns = company_columns(of);
    columns.extend(row([("ID", of.id.to_string())]));
    columns
}

/// `NewUpdatedCompanyRecords`.
pub(in super::super) fn company_delta(of: &Company) -> Row {
    let mut columns = company_columns(of);
    columns.extend(row([
        ("COMPANYID", of.id.to_string()),
        ("DATECREATED", eastern::stamp(of.created)),
        ("DATEUPDATED", eastern::stamp(of.created)),
    ]));
    columns
}

fn company_columns(of: &Company) -> Row {
    row([
        ("COMPANYNAME", of.name.clone()),
        ("ADDRESS1", "200 Quay Street".into()),
        ("ADDRESS2", String::new()),
        ("CITY", of.city.clone()),
        ("STATE", of.state.clone()),
        ("COUNTRY", "US".into()),
        ("DIVISIONID", "12".into()),
    ])
}

/// `ContactsDetail`.
pub(in super::super) fn contact(of: &Contact) -> Row {
    let mut columns = contact_columns(of);
    columns.extend(row([("ID", of.id.to_string())]));
    columns
}

/// `NewUpdatedContactRecords`.
pub(in super::super) fn contact_delta(of: &Contact) -> Row {
    let mut columns = contact_columns(of);
    columns.extend(row([
        ("CONTACTID", of.id.to_string()),
        ("DATECREATED", eastern::stamp(of.created)),
        ("DATEUPDATED", eastern::stamp(of.created)),
    ]));
    columns
}

fn contact_columns(of: &Contact) -> Row {
    row([
        ("FIRSTNAME", of.first_name.clone()),
        ("LASTNAME", of.last_name.clone()),
        ("EMAIL", of.email.clone()),
        ("COMPANYID", of.company.to_string()),
        ("TITLE", String::new()),
        ("WORKPHONE", String::new()),
    ])
}

/// `InvoiceDetail` and the feeds of invoices.
pub(in super::super) fn invoice(state: &State, of: &Invoice) -> Row {
    let rec = state.billing.iter().find(|record| record.activity == of.activity);
    row([
        ("INVOICEID", of.id.to_string()),
        ("PO_NO", String::new()),
        ("CUSTOMER_REFERENCENO", String::new()),
        ("BILLING_RECID", rec.map(|record| record.rec.to_string()).unwrap_or_default()),
        ("JOBID", of.job.to_string()),
        ("INVOICETYPE", "regular".into()),
        ("FROMDATE", eastern::day(of.from)),
        ("TODATE", eastern::day(of.to)),
        ("EMPLOYEEID", of.employee.to_string()),
        ("BILLING_CONTACT", "9120".into()),
        ("INVOICEDATE", eastern::stamp(of.created)),
        ("HOURSWORKED", of.hours.clone()),
        ("AMOUNT", of.amount.clone()),
        ("COMMENTS", String::new()),
    ])
}

/// `TimesheetDetailAllHours`: eight hours a day from Monday on, the rest on Sunday; overtime on the last day worked.
pub(in super::super) fn hours(of: &Timesheet, status: &str) -> Row {
    let mut left = hundredths(&of.regular_hours);
    let mut days = Vec::new();
    for back in (0..7).rev() {
        let day =
            of.week_ending.checked_sub(jiff::Span::new().days(back)).unwrap_or(of.week_ending);
        let worked = if back == 0 { left } else { left.min(800) };
        left -= worked;
        if worked > 0 {
            days.push((day, worked));
        }
    }
    let last = days.last().map(|(day, _)| *day);
    let overtime = hundredths(&of.overtime_hours);
    let of_day = |(day, worked): (Date, u64)| {
        let extra = if Some(day) == last { overtime } else { 0 };
        day_of_work(of, day, worked, extra, status)
    };
    let mut columns = row([("BILLRATE_NAME", "Regular".into())]);
    columns.insert("Billable".into(), days.into_iter().map(of_day).collect());
    columns.insert("Non Billable".into(), json!([]));
    columns
}

fn day_of_work(of: &Timesheet, day: Date, worked: u64, overtime: u64, status: &str) -> Value {
    json!({
        "TDATE": eastern::day(day),
        "STATUS": status,
        "REG_HOURS": text(worked),
        "OT_HOURS": text(overtime),
        "DT_HOURS": "0",
        "PAY_RATE": of.rate,
        "PAY_RATE_PER": of.per,
        "OVERTIME_PAY_RATE1": of.rate,
    })
}

/// A decimal text in hundredths; what is beyond them is dropped.
fn hundredths(text: &str) -> u64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("00".chars()).take(2).collect();
    whole.parse::<u64>().unwrap_or(0) * 100 + part.parse::<u64>().unwrap_or(0)
}

fn text(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
