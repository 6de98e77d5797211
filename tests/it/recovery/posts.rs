//! Every POST that the integration makes for an owed call: where it goes, and the road that leads to it.
//!
//! One more POST is one more row, and an arm in [`post_of`], which the compiler asks for. Deliberately absent: the webhook
//! endpoint, which no call owes and which is looked up before it is made (`adapters/policy/setup.rs`).

use workflow_core::domain::call::Call;

use super::desk::{DAY, Desk, HOUR};
use integration_1099policy::simulator::Advance;

/// One POST.
#[derive(Debug)]
pub struct Post {
    /// As [`post_of`] names it.
    pub name: &'static str,
    /// Where it goes; the beginning of it.
    pub path: &'static str,
    /// What it does when it is made.
    pub road: Road,
}

/// The road on which a POST is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// A first-time contractor's.
    FirstTime,
    /// The same, called off while the application is open.
    CalledOffApplying,
    /// An insured contractor's second placement.
    Returning,
    /// The same, called off before the assignment is in force.
    CalledOffAssigned,
    /// The same, to last longer.
    Longer,
}

const fn post(name: &'static str, path: &'static str, road: Road) -> Post {
    Post { name, path, road }
}

/// All of them.
pub const POSTS: [Post; 8] = [
    post("link_contractor", "/contractors", Road::FirstTime),
    post("create_job", "/jobs", Road::FirstTime),
    post("create_quote", "/quotes", Road::FirstTime),
    post("open_application", "/apply/sessions", Road::FirstTime),
    post("expire_application", "/apply/sessions/", Road::CalledOffApplying),
    post("create_assignment", "/assignments", Road::Returning),
    post("cancel_assignment", "/assignments/cancel", Road::CalledOffAssigned),
    post("extend_coverage", "/assignments/extend", Road::Longer),
];

/// The row of a call that is made by a POST; `None` for one that only reads, or puts.
pub fn post_of(call: &Call) -> Option<&'static str> {
    match call {
        Call::LinkContractor { .. } => Some("link_contractor"),
        Call::CreateJob { .. } => Some("create_job"),
        Call::CreateQuote { .. } => Some("create_quote"),
        Call::OpenApplication { .. } => Some("open_application"),
        Call::ExpireApplication { .. } => Some("expire_application"),
        Call::CreateAssignment { .. } => Some("create_assignment"),
        Call::CancelAssignment { .. } => Some("cancel_assignment"),
        Call::ExtendCoverage { .. } => Some("extend_coverage"),
        // It has no road here yet: its own story is in `stories/certificates.rs`.
        Call::UploadCertificate { .. } => Some("upload_certificate"),
        Call::ReadPlacement { .. }
        | Call::ReadPerson { .. }
        | Call::UpdateContractor { .. }
        | Call::UpdateQuote { .. }
        | Call::UpdateJob { .. } => None,
        // No road leads to an invoice here: what is lost on its way is in `adapters/policy/invoices.rs`.
        Call::RecordInvoice { .. } | Call::ReplaceInvoice { .. } | Call::WithdrawInvoice { .. } => {
            None
        }
    }
}

impl Road {
    /// Everything up to where the POST comes next by itself.
    pub async fn begin(self, desk: &mut Desk) {
        match self {
            Road::FirstTime => {}
            Road::CalledOffApplying => {
                desk.report("pl_1", &[]).await;
                desk.settle().await;
                desk.is("pl_1", "ApplicationPending");
            }
            Road::Returning => insured(desk).await,
            Road::CalledOffAssigned => {
                insured(desk).await;
                desk.report("pl_2", &[]).await;
                desk.settle().await;
                desk.is("pl_2", "Assigned");
            }
            Road::Longer => {
                insured(desk).await;
                desk.report("pl_2", &[]).await;
                desk.settle().await;
                desk.pass(DAY + HOUR).await;
                desk.is("pl_2", "Active");
            }
        }
    }

    /// What sets it off. The POST comes in its turn.
    pub async fn go(self, desk: &Desk) {
        match self {
            Road::FirstTime => desk.report("pl_1", &[]).await,
            Road::CalledOffApplying => desk.report("pl_1", &[("stage", "canceled")]).await,
            Road::Returning => desk.report("pl_2", &[]).await,
            Road::CalledOffAssigned => desk.report("pl_2", &[("stage", "canceled")]).await,
            Road::Longer => desk.report("pl_2", &[("end", "2026-07-31")]).await,
        }
    }

    /// Where it leads in the end, whatever went wrong on the way.
    pub async fn end(self, desk: &mut Desk, of: &str) {
        desk.settle().await;
        match self {
            Road::FirstTime => {
                desk.is("pl_1", "ApplicationPending");
                desk.applies("pl_1", Advance::Complete).await;
                desk.is("pl_1", "Active: covered 2026-03-16 to 2026-06-30 by policy");
            }
            Road::CalledOffApplying => {
                desk.is("pl_1", "Canceled: called off in the ATS");
                assert_eq!(desk.sim.ledger().sessions_live, 0, "{of}");
            }
            Road::Returning => {
                desk.pass(DAY + HOUR).await;
                desk.is("pl_2", "Active: covered 2026-03-16 to 2026-06-30 by assignment");
                let ledger = desk.sim.ledger();
                assert_eq!(ledger.assignments_live_by_job.len(), 1, "{of}");
                // The policy's first premium and the assignment's.
                assert_eq!(ledger.charges_cents.len(), 2, "{of}: {:?}", ledger.charges_cents);
            }
            Road::CalledOffAssigned => {
                desk.is("pl_2", "Canceled: called off in the ATS");
                let ledger = desk.sim.ledger();
                assert!(ledger.assignments_live_by_job.is_empty(), "{of}");
            }
            Road::Longer => {
                desk.is("pl_2", "Active: covered 2026-03-16 to 2026-07-31 by assignment");
                let ledger = desk.sim.ledger();
                assert_eq!(ledger.assignments_live_by_job.len(), 1, "{of}");
                assert_eq!(ledger.charges_cents.len(), 2, "{of}: {:?}", ledger.charges_cents);
            }
        }
    }
}

/// The first placement is covered by its own policy.
async fn insured(desk: &mut Desk) {
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.applies("pl_1", Advance::Complete).await;
    desk.is("pl_1", "Active");
}
