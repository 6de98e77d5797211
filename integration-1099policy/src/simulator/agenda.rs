//! What simulated time brings: contractors acting, sessions and policies ending, charges, certificate reviews.
//!
//! Absent: webhook deliveries, which need the network (`webhooks.rs` keeps them, `client.rs` sends them).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

use super::config::Config;
use super::world::World;
use super::{assignments, certificates, policies, sessions};

/// Something that happens by itself at its time; each does nothing if its object has moved on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Deed {
    SessionStarts { session: String },
    SessionFinishes { session: String },
    ReviewApproves { session: String },
    SessionExpires { session: String },
    PolicyExpires { policy: String },
    AssignmentCharged { assignment: String },
    ExtensionRefreshed { assignment: String },
    CertificateProcessing { certificate: String },
    CertificateReviewed { certificate: String },
}

/// Deeds in order of time, then of planning.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Agenda {
    planned: u64,
    /// By `<due>-<planned>`, padded so that text order is time order: JSON keys are texts.
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    due: Timestamp,
    scope: String,
    deed: Deed,
}

impl Agenda {
    pub(super) fn put(&mut self, due: Timestamp, scope: &str, deed: Deed) {
        self.planned += 1;
        let key = format!("{:020}-{:010}", due.0, self.planned);
        self.entries.insert(key, Entry { due, scope: scope.to_owned(), deed });
    }

    fn next(&mut self, now: Timestamp) -> Option<Entry> {
        let first = self.entries.first_entry().filter(|e| e.get().due <= now)?;
        Some(first.remove())
    }
}

/// Plays every deed due by `now`, each at its own moment; the number that changed something.
pub(super) fn play(world: &mut World, cfg: &Config, now: Timestamp) -> usize {
    let mut happened = 0;
    while let Some(Entry { due, scope, deed }) = world.shared.agenda.next(now) {
        let desk = &mut world.desk(cfg, &scope, due);
        let changed = match deed {
            Deed::SessionStarts { session } => sessions::scripted_start(desk, &session),
            Deed::SessionFinishes { session } => sessions::scripted_finish(desk, &session),
            Deed::ReviewApproves { session } => sessions::approve_review(desk, &session),
            Deed::SessionExpires { session } => sessions::expire_by_time(desk, &session),
            Deed::PolicyExpires { policy } => policies::expire(desk, &policy),
            Deed::AssignmentCharged { assignment } => assignments::charge(desk, &assignment),
            Deed::ExtensionRefreshed { assignment } => assignments::refresh(desk, &assignment),
            Deed::CertificateProcessing { certificate } => {
                certificates::process(desk, &certificate)
            }
            Deed::CertificateReviewed { certificate } => certificates::review(desk, &certificate),
        };
        happened += usize::from(changed);
    }
    happened
}
