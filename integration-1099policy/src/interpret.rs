//! A delivery to what must be read before anything rests on it. Pure.
//!
//! Deliberately absent: which placement it concerns; ids are joined to streams by whoever runs the workflows. Read
//! `confirm.rs` next.

use workflow_core::domain::call::{
    AssignmentId, CertificateId, ContractorId, JobId, PolicyId, QuoteId, SessionId,
};

use crate::delivery::Delivery;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// Every event that 1099Policy is known to send, by the API reference's spelling.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// All of them, in the order of the reference.
            pub const ALL: &[EventKind] = &[$(EventKind::$name),*];

            /// The name on the wire, as [`Delivery::kind`] has it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)*
                }
            }
        }
    };
}

events! {
    /// Coverage is in force.
    PolicyActive = "policy.active",
    /// Media coverage is in force.
    PolicyActiveMedia = "policy.active.media",
    /// Coverage was cancelled.
    PolicyCancelled = "policy.cancelled",
    /// Coverage ran out. Named by the vendor guides only.
    PolicyExpired = "policy.expired",
    /// Coverage was switched on again.
    PolicyReactivated = "policy.reactivated",
    /// An application session was opened.
    ApplicationCreated = "application.created",
    /// The contractor began.
    ApplicationStarted = "application.started",
    /// The contractor finished.
    ApplicationComplete = "application.complete",
    /// The session ran out or was closed.
    ApplicationExpired = "application.expired",
    /// The insurer declined.
    ApplicationIneligible = "application.ineligible",
    /// The provider's staff looks at it.
    ApplicationManualReview = "application.manual_review",
    /// The provider's staff approved it.
    ApplicationManualReviewApproved = "application.manual_review_approved",
    /// The assignment is charged and bound.
    AssignmentActive = "assignment.active",
    /// The assignment was cancelled.
    AssignmentCancelled = "assignment.cancelled",
    /// The assignment ends later.
    AssignmentExtended = "assignment.extended",
    /// A certificate failed a rule; a reviewer looks at it.
    CertificateFlagged = "certificate.flagged",
    /// A certificate fits. The vendor guides say `certificate.validated`.
    CertificateApproved = "certificate.approved",
    /// A certificate was turned down.
    CertificateDenied = "certificate.denied",
    /// A certificate could not be processed.
    CertificateError = "certificate.error",
    /// The contractor's card was not charged.
    InvoiceChargeCardFailed = "invoice.charge_card_failed",
    /// The contractor's card was charged.
    InvoiceChargeCardSucceeded = "invoice.charge_card_succeeded",
    /// A job category was added for the tenant.
    CategoryCodeAdded = "category_code.added",
    /// A payment session was completed.
    PaymentSessionCompleted = "payment.session.completed",
    /// A payment session was cancelled.
    PaymentSessionCancelled = "payment.session.cancelled",
    /// A payment session ran out.
    PaymentSessionExpired = "payment.session.expired",
}

impl EventKind {
    /// The kind with this name, in the reference's spelling.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// The event that an interest comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it says.
    pub kind: EventKind,
    /// Its id, by which it can be read back; some deliveries have none.
    pub event: Option<String>,
}

/// What a delivery makes worth reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    /// A policy, by its own id or by its quote's; at least one is told.
    Policy {
        /// The policy.
        policy: Option<PolicyId>,
        /// The quote it came from.
        quote: Option<QuoteId>,
        /// By which event.
        told: Told,
    },
    /// An application session.
    Application {
        /// The session.
        session: SessionId,
        /// Its quote.
        quote: Option<QuoteId>,
        /// By which event.
        told: Told,
    },
    /// An assignment.
    Assignment {
        /// The assignment.
        assignment: AssignmentId,
        /// Its job.
        job: Option<JobId>,
        /// By which event.
        told: Told,
    },
    /// A certificate.
    Certificate {
        /// Its id.
        certificate: CertificateId,
        /// Whose.
        contractor: Option<ContractorId>,
        /// By which event.
        told: Told,
    },
    /// The tenant's job categories.
    Category {
        /// By which event.
        told: Told,
    },
    /// An invoice, and through it the assignment that it charges.
    Invoice {
        /// Its id.
        invoice: Option<String>,
        /// The job it charges for.
        job: Option<JobId>,
        /// Who is charged.
        contractor: Option<ContractorId>,
        /// By which event.
        told: Told,
    },
    /// Something that is known and that nothing here rests on: acknowledged and kept, no more.
    Unfollowed {
        /// By which event.
        told: Told,
    },
    /// Nothing that is known: kept for a person to see, never an error.
    NotUnderstood {
        /// The event's name, empty where there is none.
        spelled: String,
        /// What is missing or unknown.
        why: &'static str,
    },
}

/// What a delivery makes worth reading.
pub fn interpret(delivery: &Delivery) -> Interest {
    let not_understood = |why| Interest::NotUnderstood { spelled: delivery.spelled.clone(), why };
    let Some(kind) = EventKind::named(&delivery.kind) else {
        return not_understood("an event of an unknown name");
    };
    let told = Told { kind, event: delivery.subject("event").map(str::to_owned) };
    let subject = |name| delivery.subject(name);
    let quote = subject("quote").map(QuoteId::from);
    let job = subject("job").map(JobId::from);
    let contractor = subject("contractor").map(ContractorId::from);
    use EventKind as E;
    match kind {
        E::PolicyActive
        | E::PolicyActiveMedia
        | E::PolicyCancelled
        | E::PolicyExpired
        | E::PolicyReactivated => match (subject("policy").map(PolicyId::from), quote) {
            (None, None) => not_understood("a policy event without policy and quote"),
            (policy, quote) => Interest::Policy { policy, quote, told },
        },
        E::ApplicationCreated
        | E::ApplicationStarted
        | E::ApplicationComplete
        | E::ApplicationExpired
        | E::ApplicationIneligible
        | E::ApplicationManualReview
        | E::ApplicationManualReviewApproved => match subject("session") {
            Some(session) => Interest::Application { session: session.into(), quote, told },
            None => not_understood("an application event without session"),
        },
        E::AssignmentActive | E::AssignmentCancelled | E::AssignmentExtended => {
            match subject("assignment") {
                Some(id) => Interest::Assignment { assignment: id.into(), job, told },
                None => not_understood("an assignment event without assignment"),
            }
        }
        E::CertificateFlagged
        | E::CertificateApproved
        | E::CertificateDenied
        | E::CertificateError => match subject("certificate") {
            Some(id) => Interest::Certificate { certificate: id.into(), contractor, told },
            None => not_understood("a certificate event without certificate"),
        },
        E::InvoiceChargeCardFailed | E::InvoiceChargeCardSucceeded => Interest::Invoice {
            invoice: subject("invoice").map(str::to_owned),
            job,
            contractor,
            told,
        },
        E::CategoryCodeAdded => Interest::Category { told },
        E::PaymentSessionCompleted | E::PaymentSessionCancelled | E::PaymentSessionExpired => {
            Interest::Unfollowed { told }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::delivery::normalised;

    fn interest(kind: &str, data: serde_json::Value) -> Interest {
        let event = json!({"id": "ev_1", "type": kind, "created": 1, "data": data});
        interpret(&Delivery::read(event.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn every_documented_event_is_understood_in_every_spelling() {
        let data = json!({"id": "x_1", "quote": "qt_1", "job": "jb_1"});
        for kind in EventKind::ALL {
            assert_eq!(EventKind::named(kind.name()), Some(*kind));
            assert_eq!(normalised(kind.name()), kind.name());
            let interest = interest(kind.name(), data.clone());
            assert!(!matches!(interest, Interest::NotUnderstood { .. }), "{}", kind.name());
            let unfollowed = matches!(interest, Interest::Unfollowed { .. });
            assert_eq!(unfollowed, kind.name().starts_with("payment."), "{}", kind.name());
        }
        for seed in
            ["policy.canceled", "policy.expired", "certificate.validated", "assignment.canceled"]
        {
            assert!(EventKind::named(&normalised(seed)).is_some(), "{seed}");
        }
    }

    #[test]
    fn a_policy_event_leads_to_the_policy_and_its_quote() {
        let told = Told { kind: EventKind::PolicyCancelled, event: Some("ev_1".into()) };
        assert_eq!(
            interest("policy.canceled", json!({"id": "pl_1", "quote": "qt_1"})),
            Interest::Policy { policy: Some("pl_1".into()), quote: Some("qt_1".into()), told }
        );
    }

    #[test]
    fn what_is_unknown_or_about_nothing_is_not_understood() {
        for (kind, data) in [
            ("policy.renamed", json!({"id": "pl_1"})),
            ("policy.active", json!({})),
            ("application.started", json!({"quote": "qt_1"})),
            ("assignment.active", json!({"job": "jb_1"})),
        ] {
            assert!(matches!(interest(kind, data), Interest::NotUnderstood { .. }), "{kind}");
        }
    }
}
