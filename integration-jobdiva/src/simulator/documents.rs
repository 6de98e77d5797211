//! Attachments and onboarding documents: looked up by file name, never by id.
//!
//! Two files of one name cannot be told apart: the list shows both, the detail gives the newer. The list of onboarding
//! documents does not say of which placement each is; the detail must be told.

use workflow_core::time::Timestamp;

use super::bi::Keyed;
use super::rows;
use super::state::{Attachment, Onboarding, State};

/// A candidate's attachments, oldest first.
pub(super) fn list(state: &State, candidate: u64, at: Timestamp) -> Vec<Keyed> {
    of(state, candidate, at).map(|of| (of.id.to_string(), rows::attachment_listed(of))).collect()
}

/// The newest attachment of a name, in any case.
pub(super) fn get(state: &State, candidate: u64, name: &str, at: Timestamp) -> Vec<Keyed> {
    let named = of(state, candidate, at).filter(|of| of.file_name.eq_ignore_ascii_case(name));
    let newest = named.max_by_key(|of| (of.uploaded, of.id));
    newest.map(|of| (of.id.to_string(), rows::attachment_detail(of))).into_iter().collect()
}

fn of(state: &State, candidate: u64, at: Timestamp) -> impl Iterator<Item = &Attachment> {
    let all = state.attachments.iter();
    all.filter(move |of| of.candidate == candidate && of.uploaded <= at)
}

/// A candidate's onboarding documents, of all placements.
pub(super) fn onboarding_list(state: &State, candidate: u64, at: Timestamp) -> Vec<Keyed> {
    let of = onboarding(state, candidate, at);
    of.map(|of| (of.id.to_string(), rows::onboarding_listed(of, at))).collect()
}

/// The newest onboarding document of a placement with this name, in any case.
pub(super) fn onboarding_one(
    state: &State,
    candidate: u64,
    placement: u64,
    name: &str,
    at: Timestamp,
) -> Vec<Keyed> {
    let named = onboarding(state, candidate, at).filter(|of| {
        of.placement == placement && of.uploaded <= at && of.file_name.eq_ignore_ascii_case(name)
    });
    let newest = named.max_by_key(|of| (of.uploaded, of.id));
    newest.map(|of| (of.id.to_string(), rows::onboarding_detail(of))).into_iter().collect()
}

fn onboarding(state: &State, candidate: u64, at: Timestamp) -> impl Iterator<Item = &Onboarding> {
    state.onboarding.iter().filter(move |of| of.candidate == candidate && of.assigned <= at)
}
