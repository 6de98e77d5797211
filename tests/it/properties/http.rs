//! The same deeds once more, through the whole runner and both real simulators over HTTP on loopback: their ledgers judge,
//! by the same rules as in memory.
//!
//! Fewer and shorter worlds than in memory, for each has its sockets, its log on disk and all loops of the process. What the
//! simulators do not have (a call in the air, a policy bought elsewhere) lets time pass instead. `street.rs` is what such a
//! world is made of, `judge.rs` looks at it, `planted.rs` tries the judge.

use std::time::Duration;

use integration_1099policy::simulator::{
    Advance, Fault as PolicyFault, FaultKind as PolicyFaultKind, Outcome, WebhookFault,
    WebhookFaultKind,
};
use integration_jobdiva::simulator as ats;
use integration_jobdiva::simulator::{Decision, Fault, FaultKind, Mutation};
use jiff::civil::date;
use proptest::prelude::*;
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::placement::{Back, Evidence, Input, Placement, State};
use workflow_core::engine::Source;
use workflow_core::time::Timestamp;

use super::rules::Checked;
use super::{Deed, Local, Start, local, pick, rarer, start};

mod judge;
mod planted;
mod street;

use judge::{judged, picture};
use street::{ENDS, HOUR, STARTS, Street};

/// Something happens at one of the tenants.
async fn happen(street: &mut Street, at: usize, deed: &Deed) {
    match deed {
        Deed::Report { placement, change: Some((name, value)) }
        | Deed::Change { placement, change: (name, value) } => {
            changed(street, at, *placement, name, value);
        }
        Deed::Mend { placement } => {
            changed(street, at, *placement, "employment", "1099");
            changed(street, at, *placement, "start", "2026-04-13");
        }
        Deed::Forget { placement } => changed(street, at, *placement, "stage", "deleted"),
        Deed::Person { candidate, email } => {
            let candidate = street.sites[at].candidates[usize::from(*candidate) % 3];
            let email = ["", "ines@real.test", "lee@real.test"][usize::from(*email) % 3].into();
            street.change(at, Mutation::SetEmail { candidate, email });
        }
        Deed::Merge { old, into } => {
            let (old, new) = (usize::from(*old) % 3, usize::from(*into) % 3);
            let (old, new) = (street.sites[at].candidates[old], street.sites[at].candidates[new]);
            let gone = &street.sites[at].gone;
            if old != new && !gone.contains(&old) && !gone.contains(&new) {
                street.change(at, Mutation::Merge { old, new });
                street.sites[at].merged(old, new);
            }
        }
        Deed::Session { .. } | Deed::Policy { .. } | Deed::Review { .. } | Deed::Deliver { .. } => {
            at_the_insurer(street, at, deed);
        }
        Deed::Paper { candidate, which, .. } => {
            let candidate = street.sites[at].candidates[usize::from(*candidate) % 3];
            let content = format!("%PDF-1.7 {candidate} {which}").into_bytes();
            let (file_name, kind) = ("coi.pdf".into(), "COI".into());
            street.change(at, Mutation::AddAttachment { candidate, file_name, kind, content });
        }
        Deed::Week { placement, which, hours, what } => {
            weeks(street, at, (*placement, *which), *hours, *what);
        }
        Deed::Operator { .. } | Deed::Retry { .. } => at_the_desk(street, at, deed).await,
        Deed::Fault { operation, what } => fault(street, at, operation, *what),
        Deed::Pass { hours, .. } => street.pass(HOUR * u32::from(*hours) / 2, 2).await,
        Deed::Restart => street.restart().await,
        Deed::KeysForgotten => street.policy(at).forget_keys(),
        Deed::Settle => street.pass(HOUR, 1).await,
        Deed::Report { change: None, .. }
        | Deed::Steps(_)
        | Deed::TakeOff(_)
        | Deed::Land(_)
        | Deed::Assignment { .. }
        | Deed::Elsewhere { .. }
        | Deed::PaperDesk { .. }
        | Deed::WeekDesk { .. } => street.pass(Duration::from_secs(30), 1).await,
    }
}

fn changed(street: &mut Street, at: usize, number: u8, name: &str, value: &str) {
    let placement = street.sites[at].placements[usize::from(number) % 4];
    let nth = value.len() + usize::from(value.as_bytes().last().copied().unwrap_or_default());
    let mutation = match (name, value) {
        ("stage", "canceled") => Mutation::Cancel { placement },
        ("stage", "deleted") => Mutation::Delete { placement },
        ("stage", _) => Mutation::Terminate {
            placement,
            day: date(2026, 4, 17),
            reason: "the work is done".into(),
        },
        ("employment" | "w2", _) => {
            let category = match value {
                "1099" => "Independent Contractor",
                "Mystery" => "Mystery",
                _ => "Hourly Employee",
            };
            street.sites[at].engaged(placement, value == "1099");
            Mutation::SetCategory { placement, category: category.into() }
        }
        ("pay", _) => {
            let (amount, effective) = ("80".to_owned(), STARTS[0]);
            Mutation::ChangeRate { placement, amount, effective }
        }
        ("start" | "end", _) => Mutation::MoveDates {
            placement,
            start: if name == "start" { STARTS[nth % 3] } else { STARTS[0] },
            end: if name == "end" { ENDS[nth % 3] } else { ENDS[0] },
        },
        _ => return,
    };
    street.change(at, mutation);
}

fn at_the_insurer(street: &Street, at: usize, deed: &Deed) {
    let policy = street.policy(at);
    match deed {
        Deed::Session { pick: number, what } => {
            let to =
                [Advance::Ineligible, Advance::Expire, Advance::ManualReview, Advance::NextStep];
            let to = to.get(usize::from(*what)).copied().unwrap_or(Advance::Complete);
            street.advance_session(at, *number, to);
        }
        Deed::Policy { pick: number, what } => {
            let issued: Vec<String> = street.states(at).iter().filter_map(policy_of).collect();
            let Some(id) = pick(&issued, *number) else { return };
            if *what < 2 {
                policy.cancel_policy(&id)
            } else {
                policy.reactivate_policy(&id)
            };
        }
        Deed::Review { pick: number, what } => {
            let mut certificates = street.demo().engine().summaries("certificate");
            certificates.retain(|it| it.stream.tenant() == street.sites[at].tenant);
            let sent = certificates.iter().filter_map(|it| it.headline.strip_prefix("sent as "));
            let sent: Vec<String> =
                sent.filter_map(|rest| Some(rest.split(';').next()?.to_owned())).collect();
            let to = [Outcome::Flagged, Outcome::Denied, Outcome::Error];
            let to = to.get(usize::from(*what)).copied().unwrap_or(Outcome::Approved);
            if let Some(id) = pick(&sent, *number) {
                policy.decide_certificate(&id, to);
            }
        }
        Deed::Deliver { pick: number, twice } => {
            let kind = match (twice, number % 2) {
                (true, _) => WebhookFaultKind::Duplicate,
                (false, 0) => WebhookFaultKind::Drop,
                (false, _) => WebhookFaultKind::Delay { secs: 5 * 3600 },
            };
            policy.webhook_fault(WebhookFault { event: String::new(), count: 2, kind });
        }
        _ => {}
    }
}

fn policy_of(state: &State) -> Option<String> {
    let evidence = match state {
        State::Active { coverage, .. } => &coverage.evidence,
        State::Flagged { back: Back::Lost { evidence, .. }, .. } => evidence,
        _ => return None,
    };
    match evidence {
        Evidence::Policy { policy, .. } => Some(policy.to_string()),
        Evidence::Assignment { policy, .. } => policy.as_ref().map(ToString::to_string),
        Evidence::Certificate { .. } => None,
    }
}

fn weeks(street: &mut Street, at: usize, (number, which): (u8, u8), hours: u8, what: u8) {
    let placement = street.sites[at].placements[usize::from(number) % 4];
    let decision = match what {
        0 => Decision::Pending,
        1 => Decision::Rejected,
        _ => Decision::Approved,
    };
    let hours = hours.to_string();
    match street.sites[at].timesheets.get(&(number, which)).copied() {
        Some(timesheet) if what == 2 => {
            street.change(at, Mutation::DeleteTimesheet { timesheet });
        }
        Some(timesheet) if what > 5 => {
            let overtime = "0".to_owned();
            street.change(at, Mutation::CorrectTimesheet { timesheet, hours, overtime });
        }
        Some(timesheet) => {
            street.change(at, Mutation::DecideTimesheet { timesheet, decision });
        }
        None => {
            let week_ending = [date(2026, 4, 19), date(2026, 4, 26)][usize::from(which) % 2];
            let sheet = Mutation::AddTimesheet { placement, week_ending, hours, decision };
            if let Some(id) = street.change(at, sheet) {
                street.sites[at].timesheets.insert((number, which), id);
            }
        }
    }
}

async fn at_the_desk(street: &mut Street, at: usize, deed: &Deed) {
    use workflow_core::domain::placement::Resolution;
    let reason = "seen to".to_owned();
    let source = Source::new("operator:kim", "");
    match deed {
        Deed::Operator { placement, what } => {
            let placement = street.sites[at].placements[usize::from(*placement) % 4];
            let input = match what {
                0 => Input::Resolve { resolution: Resolution::Return, reason },
                1 => Input::Resolve { resolution: Resolution::Restart, reason },
                2 => Input::Resolve { resolution: Resolution::Close, reason },
                _ => Input::Exclude { reason },
            };
            let stream = street.stream(at, "placement", placement);
            drop(street.demo().engine().handle::<Placement>(&stream, input, source).await);
        }
        Deed::Retry { candidate } => {
            let stream = street.stream(
                at,
                "contractor",
                street.sites[at].candidates[usize::from(*candidate) % 3],
            );
            let input = contractor::Input::Retry { reason };
            drop(street.demo().engine().handle::<Contractor>(&stream, input, source).await);
        }
        _ => {}
    }
    street.settle().await;
}

fn fault(street: &Street, at: usize, operation: &str, what: u8) {
    if operation == "read_person" {
        let kind = FaultKind::Status { status: 503, message: "unwell".into() };
        let fault = Fault { path: "*".into(), kind, count: Some(2) };
        street.jobdiva(at).fault(fault).expect("it is kept");
        return;
    }
    let path = match operation {
        "link_contractor" | "adopt_contractor" | "update_contractor" => "/contractors",
        "create_job" | "update_job" => "/jobs",
        "create_quote" | "update_quote" => "/quotes",
        "open_application" | "expire_application" => "/apply/sessions",
        "create_assignment" | "cancel_assignment" | "extend_coverage" => "/assignments",
        "read_coverage" => "/policies",
        "upload_certificate" => "/files/certificates",
        "record_invoice" | "replace_invoice" | "withdraw_invoice" => "/invoices",
        _ => "",
    };
    let kind = match what {
        0 => PolicyFaultKind::LostRequest,
        1 => PolicyFaultKind::LostResponse,
        2 => PolicyFaultKind::ErrorAfter,
        3 => PolicyFaultKind::BadGatewayAfter,
        4 => PolicyFaultKind::RateLimited { retry_after_secs: 60 },
        _ => PolicyFaultKind::ErrorBefore,
    };
    let method = if operation == "read_coverage" { "GET" } else { "POST" };
    street.policy(at).fault(PolicyFault::once(method, path, kind));
}

/// Nothing goes wrong any more, and two days pass: all that is to be tried again is, and all is read again.
async fn calm(street: &mut Street) {
    for at in 0..street.sites.len() {
        street.policy(at).clear_faults();
        street.jobdiva(at).clear_faults().expect("it is kept");
    }
    street.pass(HOUR, 1).await;
    street.pass(HOUR * 8, 6).await;
}

fn lived(tenants: usize, start: Start, deeds: &[Local]) -> Checked {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| TestCaseError::fail(error.to_string()))?;
    runtime.block_on(async {
        let mut street = Street::new(tenants, start).await;
        for (at, deed) in deeds {
            happen(&mut street, usize::from(*at) % tenants, deed).await;
        }
        calm(&mut street).await;
        let judged = judged(&mut street).await;
        let said = picture(&street).join("\n");
        street.stop().await;
        judged.map_err(|error| TestCaseError::fail(format!("{error}\n{said}")))
    })
}

proptest! {
    #![proptest_config(rarer(12, 30))]

    #[test]
    fn every_world_over_http_keeps_the_rules(
        tenants in prop_oneof![1 => Just(1usize), 3 => Just(2), 1 => Just(3)],
        start in start(),
        deeds in prop::collection::vec(local(), 1..10),
    ) {
        lived(tenants, start, &deeds)?;
    }
}

/// The moment at which these worlds begin, for whoever reads their dates.
#[test]
fn the_first_days_are_one_past_and_two_to_come() {
    let begins: Timestamp = ats::seed::START;
    let today = begins.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    assert!(STARTS[2] < today && today < STARTS[0] && STARTS[0] < STARTS[1]);
}
