//! Every POST that the integration makes for an owed call: where it goes, and the road that leads to it.
//!
//! One more POST is one more row, and an arm in [`post_of`], which the compiler asks for. Deliberately absent: the webhook
//! endpoint, which no call owes and which is looked up before it is made (`adapters/policy/setup.rs`).

use integration_1099policy::simulator::{Advance, QuoteChanges};
use workflow_core::domain::call::Call;
use workflow_core::domain::placement::Event;

use super::desk::{DAY, Desk, HOUR, one_of_each, one_of_each_but_quotes};
use super::papers;

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
    /// Other terms while the application is open, at an insurer who changes no quote.
    Requoted,
    /// A certificate that the contractor brings, without any placement.
    Certified,
    /// A week of other pay than was quoted.
    Paid,
}

/// All of them.
pub const ROADS: [Road; 8] = [
    Road::FirstTime,
    Road::CalledOffApplying,
    Road::Returning,
    Road::CalledOffAssigned,
    Road::Longer,
    Road::Requoted,
    Road::Certified,
    Road::Paid,
];

/// The first week of the placement that is paid.
const WEEK: jiff::civil::Date = jiff::civil::date(2026, 3, 22);

const fn post(name: &'static str, path: &'static str, road: Road) -> Post {
    Post { name, path, road }
}

/// All of them.
pub const POSTS: [Post; 11] = [
    post("link_contractor", "/contractors", Road::FirstTime),
    post("create_job", "/jobs", Road::FirstTime),
    post("create_quote", "/quotes", Road::FirstTime),
    post("open_application", "/apply/sessions", Road::FirstTime),
    post("expire_application", "/apply/sessions/", Road::CalledOffApplying),
    post("create_assignment", "/assignments", Road::Returning),
    post("cancel_assignment", "/assignments/cancel", Road::CalledOffAssigned),
    post("extend_coverage", "/assignments/extend", Road::Longer),
    post("create_quote", "/quotes", Road::Requoted),
    post("upload_certificate", "/files/certificates", Road::Certified),
    post("record_invoice", "/invoices", Road::Paid),
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
        Call::UploadCertificate { .. } => Some("upload_certificate"),
        Call::RecordInvoice { .. } => Some("record_invoice"),
        Call::ReadPlacement { .. }
        | Call::ReadPerson { .. }
        | Call::UpdateContractor { .. }
        | Call::UpdateQuote { .. }
        | Call::UpdateJob { .. }
        | Call::ReplaceInvoice { .. }
        | Call::WithdrawInvoice { .. }
        | Call::ReadCoverage { .. }
        | Call::Notify { .. } => None,
    }
}

impl Road {
    /// The desk that it begins at.
    pub async fn desk(self) -> Desk {
        match self {
            Road::Requoted => {
                let never = QuoteChanges::Never;
                Desk::with(|simulated| simulated.rules.quote_changes = never).await
            }
            Road::FirstTime
            | Road::CalledOffApplying
            | Road::Returning
            | Road::CalledOffAssigned
            | Road::Longer
            | Road::Certified
            | Road::Paid => Desk::open().await,
        }
    }

    /// There is one of everything, whatever went wrong.
    #[track_caller]
    pub fn one_of_each(self, desk: &Desk, of: &str) {
        let ledger = desk.sim.ledger();
        match self {
            // The one that was not changed, and the new one.
            Road::Requoted => {
                assert_eq!(ledger.quotes_by_job.into_values().collect::<Vec<_>>(), [2], "{of}");
                one_of_each_but_quotes(&desk.sim.ledger(), of);
            }
            Road::FirstTime
            | Road::CalledOffApplying
            | Road::Returning
            | Road::CalledOffAssigned
            | Road::Longer
            | Road::Certified
            | Road::Paid => one_of_each(&ledger, of),
        }
    }

    /// Everything up to where the POST comes next by itself.
    pub async fn begin(self, desk: &mut Desk) {
        match self {
            Road::FirstTime | Road::Certified => {}
            Road::CalledOffApplying => applying(desk).await,
            // What is looked up is no older than what asks for it, to the second.
            Road::Requoted => {
                applying(desk).await;
                desk.pass(HOUR).await;
            }
            Road::Paid => {
                insured(desk).await;
                desk.pass(21 * DAY).await;
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
            Road::Requoted => desk.report("pl_1", &[("pay", "120.50")]).await,
            Road::Certified => desk.hands_in().await,
            Road::Paid => desk.works(WEEK, 43).await,
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
            Road::Requoted => {
                let old = quotes(desk).first().cloned().expect("there was a quote");
                desk.is("pl_1", "ApplicationPending");
                assert_eq!(desk.sim.ledger().sessions_live, 1, "{of}");
                desk.applies("pl_1", Advance::Complete).await;
                desk.is("pl_1", "Active: covered 2026-03-16 to 2026-06-30 by policy");
                let ledger = desk.sim.ledger();
                assert_eq!(ledger.refusals["cant_update_create_new_quote"], 1, "{of}");
                assert_eq!(ledger.policies_by_quote.len(), 1, "{of}");
                assert!(!ledger.policies_by_quote.contains_key(&old), "{of}: the old quote");
            }
            Road::Certified => {
                desk.pass(HOUR).await;
                desk.shows(&papers::certificate(), "Approved");
                let ledger = desk.sim.ledger();
                assert_eq!(ledger.certificates_by_hash.len(), 1, "{of}");
                assert!(ledger.jobs_by_placement.is_empty(), "{of}");
            }
            Road::Paid => {
                desk.shows(&papers::week(WEEK), "Recorded: recorded as");
                assert_eq!(desk.sim.ledger().invoices_by_period.len(), 1, "{of}");
                desk.is("pl_1", "Active: covered 2026-03-16 to 2026-06-30 by policy");
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

/// The quotes that were applied with, as the placement's history tells, oldest first.
fn quotes(desk: &Desk) -> Vec<String> {
    let opened = |event: Event| {
        let Event::ApplicationOpened { application } = event else { return None };
        Some(application.quote.0)
    };
    desk.events("pl_1").into_iter().filter_map(opened).collect()
}

/// The first placement waits for its contractor.
async fn applying(desk: &mut Desk) {
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", "ApplicationPending");
}

/// The first placement is covered by its own policy.
async fn insured(desk: &mut Desk) {
    applying(desk).await;
    desk.applies("pl_1", Advance::Complete).await;
    desk.is("pl_1", "Active");
}
