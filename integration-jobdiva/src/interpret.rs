//! What to read because of a delivery. Pure.
//!
//! The body of a delivery is never believed: it only says where to look. Reading is `assemble.rs` and `perform.rs`.

use std::collections::BTreeSet;

use workflow_core::domain::facts::{CandidateId, PlacementId, RequisitionId};
use workflow_core::domain::timesheet::TimesheetId;

use crate::delivery::{Delivery, subject};

/// What a delivery asks to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    /// These placements: assemble their facts.
    Placements(BTreeSet<PlacementId>),
    /// These people, and the placements in which they work.
    Candidates(BTreeSet<CandidateId>),
    /// The placements that fill these requisitions.
    Requisitions(BTreeSet<RequisitionId>),
    /// This timesheet, and the placement that it says it is of.
    Timesheet {
        /// Which.
        timesheet: TimesheetId,
        /// Whose work, where told.
        placement: Option<PlacementId>,
    },
    /// This client invoice, by its id: the weeks that it bills, and whoever worked them.
    Invoice(String),
    /// The files of these people: one of them may be a certificate.
    Documents(BTreeSet<CandidateId>),
    /// Nothing: a kind of record that no placement's facts rest on.
    Nothing,
    /// Nothing that is known; for a person to see.
    NotUnderstood,
}

/// What to read because of one delivery.
pub fn interpret(delivery: &Delivery) -> Interest {
    let id = |name: &str| delivery.subjects.get(name).cloned();
    let placement =
        || id(subject::PLACEMENT).map(|id| Interest::Placements([PlacementId(id)].into()));
    let candidate =
        || id(subject::CANDIDATE).map(|id| Interest::Candidates([CandidateId(id)].into()));
    let requisition =
        || id(subject::REQUISITION).map(|id| Interest::Requisitions([RequisitionId(id)].into()));
    let kind = delivery.kind.split('.').next().unwrap_or_default();
    let interest = match kind {
        "activity" | "placement" | "start" | "assignment" | "submittal" => placement(),
        // A record that does not name its placement names its employee: all of that person's are read.
        "billing" | "salary" | "pay" => placement().or_else(candidate),
        "timesheet" => match id(subject::TIMESHEET).map(TimesheetId) {
            Some(timesheet) => {
                let placement = id(subject::PLACEMENT).map(PlacementId);
                Some(Interest::Timesheet { timesheet, placement })
            }
            None => placement().or_else(candidate),
        },
        // Without its id it names whoever worked: their placements are read.
        "invoice" => {
            id(subject::INVOICE).map(Interest::Invoice).or_else(placement).or_else(candidate)
        }
        "candidate" | "employee" => candidate(),
        "job" => requisition(),
        // No tenant is documented to send these; one that does is understood.
        "attachment"
        | "candidate attachment"
        | "candidateattachment"
        | "document"
        | "onboarding"
        | "onboarding document"
        | "onboardingdocument" => {
            id(subject::CANDIDATE).map(|id| Interest::Documents([CandidateId(id)].into()))
        }
        "company" | "contact" | "expense" => Some(Interest::Nothing),
        _ => None,
    };
    interest.unwrap_or(Interest::NotUnderstood)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(kind: &str, subjects: &[(&str, &str)]) -> Interest {
        let pairs = subjects.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
        interpret(&Delivery {
            key: String::new(),
            kind: kind.to_owned(),
            subjects: pairs.collect::<BTreeMap<_, _>>(),
            size: 0,
            sha256: String::new(),
        })
    }

    #[test]
    fn each_kind_leads_to_what_rests_on_it() {
        let both = [(subject::PLACEMENT, "5"), (subject::CANDIDATE, "7")];
        let placement = Interest::Placements(["5".into()].into());
        let candidate = Interest::Candidates(["7".into()].into());
        for kind in ["activity.insert", "billing.update", "salary.delete", "timesheet.insert"] {
            assert_eq!(of(kind, &both), placement, "{kind}");
        }
        let timesheet = |placement: Option<&str>| Interest::Timesheet {
            timesheet: "9".into(),
            placement: placement.map(PlacementId::from),
        };
        let named = (subject::TIMESHEET, "9");
        assert_eq!(of("timesheet.update", &[both[0], both[1], named]), timesheet(Some("5")));
        assert_eq!(of("timesheet.delete", &[named]), timesheet(None));
        let invoice = (subject::INVOICE, "4");
        assert_eq!(of("invoice.insert", &[both[1], invoice]), Interest::Invoice("4".into()));
        assert_eq!(of("invoice.update", &both[1..]), candidate);
        assert_eq!(of("candidate.update", &both), candidate);
        assert_eq!(of("salary.update", &both[1..]), candidate);
        let requisition = Interest::Requisitions(["8".into()].into());
        assert_eq!(of("job.update", &[(subject::REQUISITION, "8")]), requisition);
        let documents = Interest::Documents(["7".into()].into());
        assert_eq!(of("attachment.insert", &both), documents);
        assert_eq!(of("candidate attachment.insert", &both), documents);
        assert_eq!(of("attachment.insert", &[]), Interest::NotUnderstood);
        assert_eq!(of("contact.update", &[]), Interest::Nothing);
        assert_eq!(of("activity.update", &both[1..]), Interest::NotUnderstood);
        assert_eq!(of("weather.update", &both), Interest::NotUnderstood);
    }
}
