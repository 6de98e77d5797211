//! Invoices: what was earned in a pay period. One per contractor, job and pay cycle.
//!
//! The provider does not keep a second one of the same pay cycle out, and a changed sum may come back under another id. So
//! each attempt looks first what is there: what says the right sum is the answer, whoever's attempt made it.

use workflow_core::domain::call::{Answer, Bill, InvoiceId};

use super::{CLOCK_SKEW, Run, Step, earlier, ended, path_of, refused, told};
use crate::failure::Failure;
use crate::pages::{self, Walk, Walked};
use crate::wire;
use crate::wire::invoice::{Invoice, correction, creation};

const INVOICES: &str = "/invoices";

/// The provider's ways to say that a pay cycle has an invoice.
const EXISTS: [&str; 3] =
    ["invoice_uneditable_already_exists", "agency_pay_invoice_exists", "invoice_exists"];

/// The provider's ways to say that an invoice can be neither changed nor deleted.
const FIXED: [&str; 2] = ["invoice_already_paid", "invoice_uneditable_already_exists"];

/// Records what was earned.
pub(super) async fn record(run: &Run<'_>, bill: &Bill) -> Step<Answer> {
    if let Some(found) = one_of(run, bill).await? {
        return seen(&found, bill).map_err(|f| run.lookup_ended(f));
    }
    match run.post(INVOICES, creation(bill)).await {
        Ok(created) => wire::object("invoice", created)
            .and_then(|created: Invoice| recorded(&created))
            .map_err(|f| run.post_ended(f)),
        // Not on the list, and yet in the way: the refusal says as much as can be known.
        Err(failure) if failure.is_refusal(&EXISTS) => match one_of(run, bill).await? {
            Some(found) => seen(&found, bill).map_err(|f| run.lookup_ended(f)),
            None => Err(run.post_ended(failure)),
        },
        Err(failure) => Err(run.post_ended(failure)),
    }
}

/// Corrects what is recorded.
pub(super) async fn replace(run: &Run<'_>, invoice: &InvoiceId, bill: &Bill) -> Step<Answer> {
    let Some(found) = this_one(run, invoice, bill).await? else {
        return Ok(Answer::InvoiceUnknown);
    };
    if found.says(bill.gross) {
        return recorded(&found).map_err(|f| run.lookup_ended(f));
    }
    let id = told(found.invoice_id(), "invoice").map_err(|f| run.lookup_ended(f))?;
    match run.put(&path_of(INVOICES, id.as_str()), correction(bill)).await {
        Ok(changed) => wire::object("invoice", changed)
            .and_then(|changed: Invoice| recorded(&changed))
            .map_err(|f| run.put_ended(f)),
        Err(failure) if failure.is_refusal(&FIXED) => Ok(Answer::InvoicePaid),
        Err(failure) => Err(run.put_ended(failure)),
    }
}

/// Takes back what is recorded.
pub(super) async fn withdraw(run: &Run<'_>, invoice: &InvoiceId, bill: &Bill) -> Step<Answer> {
    let Some(found) = this_one(run, invoice, bill).await? else {
        return Ok(Answer::InvoiceUnknown);
    };
    let id = told(found.invoice_id(), "invoice").map_err(|f| run.lookup_ended(f))?;
    match run.policy.client().delete(&path_of(INVOICES, id.as_str())).await {
        Ok(_) => Ok(Answer::InvoiceUnknown),
        Err(Failure::Refused(refusal)) if refusal.status == 404 => Ok(Answer::InvoiceUnknown),
        Err(failure) if failure.is_refusal(&FIXED) => Ok(Answer::InvoicePaid),
        Err(failure) => Err(run.put_ended(failure)),
    }
}

fn recorded(invoice: &Invoice) -> Result<Answer, Failure> {
    let id = told(invoice.invoice_id(), "invoice")?;
    Ok(Answer::InvoiceRecorded { invoice: id, premium: invoice.premium() })
}

/// What an invoice that is there already means for the one that is to be recorded.
fn seen(found: &Invoice, bill: &Bill) -> Result<Answer, Failure> {
    if found.says(bill.gross) {
        return recorded(found);
    }
    let invoice = told(found.invoice_id(), "invoice")?;
    Ok(Answer::InvoiceExists { invoice, says: found.gross() })
}

/// The invoice by its id, or what took its place when an answer was lost.
async fn this_one(run: &Run<'_>, invoice: &InvoiceId, bill: &Bill) -> Step<Option<Invoice>> {
    match run.read::<Invoice>("invoice", &path_of(INVOICES, invoice.as_str())).await {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Refused(refusal)) if refusal.status == 404 => one_of(run, bill).await,
        Err(failure) => Err(run.lookup_ended(failure)),
    }
}

/// The invoice of this work and pay cycle, if there is one.
async fn one_of(run: &Run<'_>, bill: &Bill) -> Step<Option<Invoice>> {
    let walk = Walk {
        path: INVOICES,
        filter: Some(("contractor", bill.contractor.as_str())),
        // Nobody records a week's pay before the week has begun, but for whoever asks now.
        since: Some(bill.period.effective.min(earlier(run.attempt.owed_since, CLOCK_SKEW))),
        page_size: run.policy.config().page_size,
    };
    let walked: Walked<Invoice> =
        pages::walk(run.policy.client(), &walk).await.map_err(|f| run.lookup_ended(f))?;
    let mut found: Vec<Invoice> = walked.items.into_iter().filter(|i| i.is_of(bill)).collect();
    match (found.len(), walked.whole) {
        (0, false) => {
            let message = format!("{INVOICES} could not be read back to {}", bill.period.first_day);
            Err(ended(refused(200, "lookup_incomplete", message)))
        }
        (0 | 1, _) => Ok(found.pop()),
        (_, _) => {
            let ids = found.iter().filter_map(Invoice::invoice_id).map(|id| id.0);
            let ids = ids.collect::<Vec<_>>().join(", ");
            let message = format!("several invoices of one pay period: {ids}");
            Err(ended(refused(200, "ambiguous_lookup", message)))
        }
    }
}
