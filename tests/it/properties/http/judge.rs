//! What the simulators' ledgers and the log say in the end, tenant by tenant: the rules of `seen.rs` and `losses.rs`, and
//! what only a whole process can break.

use std::collections::BTreeMap;

use proptest::prelude::*;
use workflow_core::domain::call::Wage;
use workflow_core::domain::placement::{Evidence, State};
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use super::super::rules::Checked;
use super::super::seen::{Seen, count};
use super::super::{losses, people};
use super::street::Street;

/// One tenant's world, from its insurer's ledger, its API, and the engine.
pub(super) async fn seen(street: &Street, at: usize) -> Seen {
    let ledger = street.policy(at).ledger();
    let site = &street.sites[at];
    let mut seen = Seen {
        contractors: ledger.contractors_by_candidate,
        jobs: ledger.jobs_by_placement,
        sessions: ledger.sessions_live_by_contractor,
        assignments: ledger.assignments_live_by_job,
        uploads: ledger.certificates_by_hash,
        placements: ledger.requests_by_placement.into_keys().collect(),
        people: ledger.requests_by_candidate.into_keys().collect(),
        rates: [7_725, 8_000].map(|cents| Wage::Hourly(Cents(cents))).to_vec(),
        // Paid by the day.
        not_understood: site.placements.last().map(ToString::to_string).into_iter().collect(),
        now: street.demo().engine().clock().now(),
        ..Seen::default()
    };
    for job in street.listed(at, "/jobs").await {
        let cents = Cents(job["wage"].as_i64().expect("a wage is cents"));
        let hourly = job["wage_type"] == "hourly";
        seen.wages.push(if hourly { Wage::Hourly(cents) } else { Wage::FlatFee(cents) });
    }
    for invoice in street.listed(at, "/invoices").await {
        // That of a card charged in advance is of the whole assignment.
        let (from, until) = (&invoice["paycycle_startdate"], &invoice["paycycle_enddate"]);
        count(&mut seen.invoices, format!("{} {from} {until}", invoice["job"]));
    }
    for id in &site.placements {
        let Some(state) = street.state(at, *id) else { continue };
        if let Some(lost) = lost_at(street, at, &state).await {
            seen.lost.insert(id.to_string(), lost);
        }
        let stream = street.stream(at, "placement", *id);
        if let Some(closed) = losses::closed_at(street.demo().engine(), &stream, &state) {
            seen.closed.insert(id.to_string(), closed);
        }
        seen.states.insert(id.to_string(), state);
    }
    seen
}

/// Since when what a placement rests on is not in force at the insurer; where that does not say when, since now.
async fn lost_at(street: &Street, at: usize, state: &State) -> Option<Timestamp> {
    let now = street.demo().engine().clock().now();
    let (policy, good) = match losses::evidence(state)? {
        Evidence::Policy { policy, .. } => (Some(policy.to_string()), true),
        Evidence::Assignment { assignment, policy } => {
            let found = street.insurer(at, &format!("/assignments/{assignment}")).await;
            let good = found["cancelled"] != true && found["eligible"]["result"] == true;
            (policy.as_ref().map(ToString::to_string), good)
        }
        Evidence::Certificate { certificate, .. } => {
            let found = street.insurer(at, &format!("/files/certificates/{certificate}")).await;
            (None, found["status"] == "approved")
        }
    };
    let good = match policy {
        Some(policy) if good => {
            street.insurer(at, &format!("/policies/{policy}")).await["is_active"] == true
        }
        Some(_) | None => good,
    };
    (!good).then_some(now)
}

/// Everything of every tenant, then what a restart makes of it.
pub(super) async fn judged(street: &mut Street) -> Checked {
    for at in 0..street.sites.len() {
        of_one(street, at).await.map_err(|error| {
            TestCaseError::fail(format!("tenant {}: {error}", street.sites[at].tenant))
        })?;
    }
    nobody_waits_for_nothing(street)?;
    nobody_is_named(street)?;
    let before = picture(street);
    street.restart().await;
    prop_assert_eq!(before, picture(street), "after a restart");
    Ok(())
}

/// One tenant's rules.
pub(super) async fn of_one(street: &Street, at: usize) -> Checked {
    seen(street, at).await.keeps(&street.sites[at].scope)?;
    once_at_the_insurer(street, at)?;
    nobody_waits_for_what_is_over(street, at).await
}

/// Rule 2, by what only the simulator counts.
pub(super) fn once_at_the_insurer(street: &Street, at: usize) -> Checked {
    let ledger = street.policy(at).ledger();
    let most = |what: &str, counts: &BTreeMap<String, u64>| -> Checked {
        prop_assert!(counts.values().all(|count| *count <= 1), "{}: {:?}", what, counts);
        Ok(())
    };
    most("contractors of an e-mail", &ledger.contractors_by_email)?;
    most("policies of a quote", &ledger.policies_by_quote)?;
    for (what, charges) in &ledger.charges_cents {
        prop_assert!(charges.len() <= 1, "{} was charged {:?}", what, charges);
    }
    Ok(())
}

/// Rule 10 by what the insurer really does: an application that is waited for can still be finished.
pub(super) async fn nobody_waits_for_what_is_over(street: &Street, at: usize) -> Checked {
    for state in street.states(at) {
        let State::ApplicationPending { application, .. } = state else { continue };
        let session = street.insurer(at, &format!("/apply/sessions/{}", application.session)).await;
        prop_assert!(session["expired"] != true, "{} is waited for, and over", application.session);
    }
    Ok(())
}

/// Rule 10: every instance that is no end waits for something, and nothing stays owed.
fn nobody_waits_for_nothing(street: &Street) -> Checked {
    let engine = street.demo().engine();
    for workflow in ["placement", "contractor", "certificate", "invoice", "delivery"] {
        for it in engine.summaries(workflow) {
            let waits = it.terminal || !it.waits.is_empty();
            prop_assert!(waits, "{} is {} and waits for nothing", it.stream, it.state);
        }
    }
    let owed: Vec<String> = engine.owed_calls().iter().map(|call| call.key.to_string()).collect();
    prop_assert!(owed.is_empty(), "calls stay owed: {:?}", owed);
    Ok(())
}

/// Rule 11: no file of the runner's names anybody.
pub(super) fn nobody_is_named(street: &Street) -> Checked {
    let fail = |error: std::io::Error| TestCaseError::fail(error.to_string());
    for entry in std::fs::read_dir(street.dir.path()).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        // What the simulators keep is theirs.
        if path.is_dir() && path.file_name().is_some_and(|name| name != "simulators") {
            people::in_files(&path)?;
        }
    }
    Ok(())
}

/// One line for every instance.
pub(super) fn picture(street: &Street) -> Vec<String> {
    let engine = street.demo().engine();
    let all = ["placement", "contractor", "certificate", "invoice"].into_iter();
    let lines = all.flat_map(|workflow| engine.summaries(workflow));
    lines.map(|it| format!("{} {} {} {}", it.stream, it.state, it.version, it.headline)).collect()
}
