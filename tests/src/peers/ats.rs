//! The applicant tracking system: placements and persons, as they are now.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use workflow_core::domain::call::{Answer, Call, Refusal};
use workflow_core::domain::facts::{CandidateId, Facts, Person, Place, PlacementId};
use workflow_core::outcome::Outcome;

use super::fault::{Fault, Faults};

/// The ATS.
#[derive(Debug, Default)]
pub struct Ats {
    placements: Mutex<BTreeMap<PlacementId, Facts>>,
    persons: Mutex<BTreeMap<CandidateId, Person>>,
    merged: Mutex<BTreeMap<CandidateId, CandidateId>>,
    /// What goes wrong with the next reads.
    pub faults: Faults,
}

impl Ats {
    /// Sets a placement as it is now; of a merged candidate it is the other one's.
    pub fn put(&self, mut facts: Facts) {
        while let Some(into) = lock(&self.merged).get(&facts.candidate).cloned() {
            facts.candidate = into;
        }
        lock(&self.placements).insert(facts.placement.clone(), facts);
    }

    /// A placement as it is now.
    pub fn get(&self, placement: &PlacementId) -> Option<Facts> {
        lock(&self.placements).get(placement).cloned()
    }

    /// Deletes a placement's record.
    pub fn forget(&self, placement: &PlacementId) {
        lock(&self.placements).remove(placement);
    }

    /// Sets a person as they are now.
    pub fn put_person(&self, candidate: CandidateId, person: Person) {
        if self.is_merged(&candidate) {
            return;
        }
        lock(&self.persons).insert(candidate, person);
    }

    /// Makes one candidate of two: the placements are the other one's.
    pub fn merge(&self, old: &CandidateId, into: &CandidateId) {
        for facts in lock(&self.placements).values_mut() {
            if facts.candidate == *old {
                facts.candidate.clone_from(into);
            }
        }
        self.forget_person(old);
        lock(&self.merged).insert(old.clone(), into.clone());
    }

    /// Whether a candidate is another one now.
    pub fn is_merged(&self, candidate: &CandidateId) -> bool {
        lock(&self.merged).contains_key(candidate)
    }

    /// Who a candidate is by now.
    pub fn now(&self, candidate: &CandidateId) -> CandidateId {
        let merged = lock(&self.merged);
        let mut who = candidate;
        while let Some(into) = merged.get(who) {
            who = into;
        }
        who.clone()
    }

    /// Deletes a person's record.
    pub fn forget_person(&self, candidate: &CandidateId) {
        lock(&self.persons).remove(candidate);
    }

    /// A person as they are now.
    pub fn person(&self, candidate: &CandidateId) -> Option<Person> {
        lock(&self.persons).get(candidate).cloned()
    }

    /// Makes one attempt at a read.
    pub fn perform(&self, call: &Call, operation: &str) -> Outcome<Answer> {
        match self.faults.take(operation) {
            Some(Fault::Refuse(code)) => {
                let message = format!("the ATS says {code}");
                return Outcome::Answered(Answer::Refused(Refusal { status: 400, code, message }));
            }
            Some(Fault::NotSent) => return Outcome::not_sent("the ATS is out of reach"),
            Some(_) => return Outcome::unknown("the ATS did not answer"),
            None => {}
        }
        Outcome::Answered(match call {
            Call::ReadPlacement { placement } => match self.get(placement) {
                Some(facts) => Answer::PlacementRead(Box::new(facts)),
                None => Answer::PlacementUnknown,
            },
            Call::ReadPerson { candidate } => match self.person(candidate) {
                Some(person) => Answer::PersonRead(person),
                None => Answer::PersonUnknown,
            },
            other => panic!("the ATS was asked for {other:?}"),
        })
    }
}

/// A person with this e-mail.
pub fn person(name: &str, email: Option<&str>) -> Person {
    Person {
        first_name: name.to_owned(),
        last_name: "Doe".into(),
        email: email.map(str::to_owned),
        phone: None,
        home: Place { state: Some("NY".into()), country: None, remote: false },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
