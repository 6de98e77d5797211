//! The contractor's own certificates, where the tenant lets one stand in for bought coverage.
//!
//! What stands is noted wherever the placement is on its road, and acted on where nothing is in flight: an open
//! application is closed first, as for any change, and the placement is covered where it would ask for a quote. What is
//! bought already stays bought. Read `certificate/worth.rs` for what a certificate is worth.

use super::super::machine::placement::{Event, State};
use super::super::state::{Back, Coverage, Evidence, Hired, Intent, Issue, Loss, Road};
use super::{after, engagement, seen};
use crate::domain::call::CoverageType;
use crate::domain::certificate::{Proof, worth};
use crate::domain::contractor::CertificateStanding;
use crate::domain::facts::CandidateId;
use crate::domain::rules::{Replaces, Rules};
use crate::domain::terms::Terms;
use crate::workflow::Context;

/// The contractor's workflow says what the certificates are worth.
pub(super) fn known(
    state: &State,
    candidate: &CandidateId,
    standings: &[CertificateStanding],
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let Some(engagement) = engagement(state) else { return Vec::new() };
    if engagement.terms.references.candidate != *candidate {
        return Vec::new();
    }
    let stand = |standing: &CertificateStanding| match standing {
        CertificateStanding::Stands { proof } => Some(proof.clone()),
        CertificateStanding::Unproven | CertificateStanding::Fell { .. } => None,
    };
    let proofs: Vec<Proof> = match context.rules.certificates.replaces_purchase {
        Replaces::Never => Vec::new(),
        Replaces::WhereSatisfied => standings.iter().filter_map(stand).collect(),
    };
    let mut events = Vec::new();
    if engagement.proofs != proofs && !matches!(state, State::Completed { .. }) {
        events.push(Event::CertificatesNoted { proofs: proofs.clone() });
    }
    // A loss goes back to what is known now: what fell must not heal it.
    let led = events.first().and_then(|event| after(state, event));
    let state = led.as_ref().unwrap_or(state);
    if let Some((hired, coverage)) = covered(state) {
        events.extend(still(state, hired, coverage, standings, &proofs, context));
    }
    events
}

/// The coverage that a placement has by a certificate.
fn covered(state: &State) -> Option<(&Hired, &Coverage)> {
    match state {
        State::Active { hired, coverage }
        | State::Flagged { back: Back::Coverage { hired, coverage, .. }, .. }
            if matches!(coverage.evidence, Evidence::Certificate { .. }) =>
        {
            Some((hired, coverage))
        }
        _ => None,
    }
}

/// Whether the certificate that covers still stands; another one takes its place where it may.
fn still(
    state: &State,
    hired: &Hired,
    coverage: &Coverage,
    standings: &[CertificateStanding],
    proofs: &[Proof],
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let Evidence::Certificate { certificate: own, .. } = &coverage.evidence else {
        return Vec::new();
    };
    let mut loss = Loss::CertificateRevoked;
    for standing in standings {
        match standing {
            CertificateStanding::Stands { proof } if proof.certificate == *own => {
                let covers = |cover: &crate::domain::certificate::Cover| {
                    cover.expires >= coverage.expires && cover.effective <= coverage.effective
                };
                let needed = &hired.terms().coverage;
                let by = |wanted: &CoverageType| {
                    proof.covers.iter().any(|c| c.coverage == *wanted && covers(c))
                };
                if needed.iter().all(by) {
                    return Vec::new();
                }
            }
            CertificateStanding::Fell { certificate, loss: how } if certificate == own => {
                loss = *how;
            }
            CertificateStanding::Unproven
            | CertificateStanding::Stands { .. }
            | CertificateStanding::Fell { .. } => {}
        }
    }
    match (best(hired.terms(), proofs, context), state) {
        (Some(other), State::Active { .. }) if other != *coverage => {
            vec![Event::CoverageUpdated { coverage: other }]
        }
        (Some(other), State::Active { .. }) if other == *coverage => Vec::new(),
        (_, _) => vec![seen::lost(state, hired, loss, coverage.evidence.clone())],
    }
}

/// The certificate that covers longest of those that stand in for purchase.
fn best(terms: &Terms, proofs: &[Proof], context: &Context<'_, Rules>) -> Option<Coverage> {
    let coverage = |proof: &Proof| {
        let (effective, expires) = worth(terms, proof, context.rules, context.now)?;
        let evidence = Evidence::Certificate {
            certificate: proof.certificate.clone(),
            accepted: proof.accepted.clone(),
        };
        Some(Coverage { evidence, effective, expires })
    };
    proofs.iter().filter_map(coverage).max_by_key(|coverage| coverage.expires)
}

/// What follows from certificates that are noted where the events lead.
pub(super) fn then(
    state: Option<&State>,
    mut events: Vec<Event>,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let Some(state) = state else { return events };
    let mut led = Some(state.clone());
    for event in &events {
        led = led.and_then(|state| after(&state, event));
    }
    if let (false, Some(led)) = (events.is_empty(), led)
        && !cannot_be_undone(state, &led)
    {
        events.extend(follow(&led, context));
    }
    events
}

/// The contractor has completed what was to be closed: its policy comes, and asking for the closing again would come to
/// the same, for ever.
fn cannot_be_undone(state: &State, led: &State) -> bool {
    matches!(
        (state, led),
        (
            State::ApplicationPending { intent, .. },
            State::ApplicationPending { intent: Intent::Stay, .. },
        ) if intent.undoes()
    )
}

fn follow(state: &State, context: &Context<'_, Rules>) -> Vec<Event> {
    let Some(engagement) = engagement(state).filter(|e| !e.proofs.is_empty()) else {
        return Vec::new();
    };
    let Some(coverage) = best(&engagement.terms, &engagement.proofs, context) else {
        return Vec::new();
    };
    let anew = || {
        let terms = Box::new(engagement.terms.clone());
        vec![Event::IntentChanged { intent: Intent::Change { terms } }]
    };
    match state {
        State::JobReady { hired } | State::Quoted { hired, road: Road::Asked(_), .. } => {
            vec![Event::CoverageStarted { hired: hired.clone(), coverage }]
        }
        // What is on its way or open is undone first; the placement then begins anew on its job.
        State::Quoted { intent: Intent::Stay, .. }
        | State::ApplicationPending { intent: Intent::Stay, .. } => anew(),
        State::Flagged {
            issue,
            back: Back::Job { hired } | Back::Quote { hired, .. } | Back::Lost { hired, .. },
        } if !matches!(issue, Issue::Contractor { .. }) => {
            seen::in_force(state, hired, coverage, context)
        }
        _ => Vec::new(),
    }
}
