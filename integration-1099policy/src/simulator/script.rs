//! What a simulated contractor does once a session is opened for them.
//!
//! Absent: the session machine itself (`sessions.rs`); a script only chooses its inputs and their hours.

use serde::{Deserialize, Serialize};

/// The behaviour of one contractor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// What becomes of an application.
    pub application: Application,
    /// From the opened session to the first step, in simulated seconds.
    pub start_after_secs: u64,
    /// From the opened session to its end, in simulated seconds.
    pub finish_after_secs: u64,
    /// What becomes of the charge of the card.
    pub charge: Charge,
    /// Whether a quote comes back with `eligible: true`.
    pub eligible: bool,
    /// How the review of a certificate ends, unless its file's name or a control endpoint says otherwise.
    pub certificate: super::certificates::Outcome,
    /// Whether every write on the contractor is refused with `contractor_blocked_for_writes`.
    pub blocked: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            application: Application::Complete,
            start_after_secs: 3600,
            finish_after_secs: 3 * 3600,
            charge: Charge::Succeeds,
            eligible: true,
            certificate: super::certificates::Outcome::Approved,
            blocked: false,
        }
    }
}

impl Script {
    /// The default hours with another end of the application.
    pub fn of(application: Application) -> Self {
        Self { application, ..Self::default() }
    }
}

/// What becomes of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// Started, completed, policy issued.
    Complete,
    /// Started and left; the session expires.
    Abandon,
    /// Never opened; the session expires, unless a control endpoint moves it.
    Ignore,
    /// Started and found ineligible; no policy.
    Ineligible,
    /// Started, sent to a manual review, approved after the review time.
    ManualReview,
}

/// What becomes of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// `invoice.charge_card_succeeded`.
    Succeeds,
    /// `invoice.charge_card_failed`.
    Fails,
}
