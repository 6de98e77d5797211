//! Invoices on the wire (API reference: invoices; vendor guides: section 4.7).
//!
//! Deliberately absent: `purchase_order_number`, which the provider inherits from the job; `custom_metadata`, which an
//! invoice does not have. An invoice is known by its contractor, its job and its pay cycle.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::{Bill, InvoiceId};
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use super::{Listed, fields, lenient};

/// What is taken from an invoice.
#[derive(Deserialize)]
pub(crate) struct Invoice {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    contractor: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    job: Option<String>,
    #[serde(default, deserialize_with = "lenient::whole")]
    gross_pay: Option<i64>,
    #[serde(default, deserialize_with = "lenient::moment")]
    paycycle_startdate: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::moment")]
    paycycle_enddate: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::whole")]
    premium_due: Option<i64>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Invoice {
    pub(crate) fn invoice_id(&self) -> Option<InvoiceId> {
        self.id.as_deref().map(InvoiceId::from)
    }

    pub(crate) fn gross(&self) -> Option<Cents> {
        self.gross_pay.map(Cents)
    }

    pub(crate) fn premium(&self) -> Option<Cents> {
        self.premium_due.map(Cents)
    }

    /// Whether it is of the same work and the same pay cycle, to the second; whatever it says.
    pub(crate) fn is_of(&self, bill: &Bill) -> bool {
        self.contractor.as_deref() == Some(bill.contractor.as_str())
            && self.job.as_deref() == Some(bill.job.as_str())
            && self.paycycle_startdate == Some(bill.period.effective)
            && self.paycycle_enddate == Some(bill.period.until)
    }

    /// Whether it says this sum.
    pub(crate) fn says(&self, gross: Cents) -> bool {
        self.gross() == Some(gross)
    }
}

impl Listed for Invoice {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// The body that records what was earned; cents and Unix seconds.
pub(crate) fn creation(bill: &Bill) -> Map<String, Value> {
    fields(json!({
        "contractor": bill.contractor,
        "job": bill.job,
        "gross_pay": bill.gross,
        "paycycle_startdate": bill.period.effective.as_secs(),
        "paycycle_enddate": bill.period.until.as_secs(),
    }))
}

/// The body that corrects the sum; everything else stays.
pub(crate) fn correction(bill: &Bill) -> Map<String, Value> {
    fields(json!({ "gross_pay": bill.gross }))
}
