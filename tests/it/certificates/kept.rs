//! What is only kept, of one who turns out an employee and of one who is merged; and a file that was found for a placement
//! which is not to be named.

use std::sync::Arc;

use integration_jobdiva::simulator::Mutation;
use runner::certificates::{self, Arrived};
use runner::demo::INTAKE_TOKEN;
use runner::documents::Documents;
use workflow_core::domain::certificate::{Certificate, Origin};
use workflow_core::domain::facts::{PersonalText, PlacementId};
use workflow_core::engine::Source;
use workflow_core::seal::Vault;

use super::{HIRED, HOUR, Played};

/// Takes the employee's road: a pay record says that they are one.
async fn employed(played: &mut Played, placement: u64) {
    let (amount, per) = ("40".to_owned(), "H".to_owned());
    let category = "Hourly Employee".to_owned();
    let record = Mutation::AddPayRecord { placement, amount, per, category };
    played.demo.jobdiva().mutate(record).unwrap();
    // JobDiva approves a record a day later.
    played.demo.advance(26 * HOUR).await.unwrap();
    played.pass(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_one_who_turns_out_an_employee_is_a_persons() {
    let mut played = Played::for_hours(1).await;
    let before = played.uploads();
    let placement = played.hire_without_records();
    let candidate = (70_019_000_000 + placement - 51_900_000 - 1).to_string();
    played.pass(1).await;
    let of = [("candidate", candidate.as_str())];
    let (_, made) = played.hand_in(INTAKE_TOKEN, &of, b"%PDF-1.7 of an employee").await;
    assert_eq!(made["state"], "Kept");
    employed(&mut played, placement).await;
    let line = played.certificates_of(&candidate).remove(0);
    assert_eq!(line.state, "Held", "{line:?}");
    assert!(line.why.contains("out of scope"), "{line:?}");
    // Not a signal that may never come: a person.
    assert!(line.waits.iter().any(|wait| wait.contains("a person")), "{line:?}");
    assert_eq!(played.uploads(), before);
    let ledger = played.demo.policy().ledger();
    assert!(!ledger.requests_by_candidate.contains_key(&candidate));
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_one_who_is_merged_goes_on_with_the_other_one() {
    let mut played = Played::for_hours(1).await;
    let before = played.uploads();
    let [old, new] = [(); 2].map(|()| played.hire_without_records());
    let candidate = |placement: u64| 70_019_000_000 + placement - 51_900_000 - 1;
    played.pass(1).await;
    let (gone, stays) = (candidate(old).to_string(), candidate(new).to_string());
    let pdf = b"%PDF-1.7 of one person by two names";
    let (_, made) = played.hand_in(INTAKE_TOKEN, &[("candidate", &gone)], pdf).await;
    assert_eq!(made["state"], "Kept");
    let merge = Mutation::Merge { old: candidate(old), new: candidate(new) };
    played.demo.jobdiva().mutate(merge).unwrap();
    played.pass(2).await;
    let line = played.certificates_of(&gone).remove(0);
    assert_eq!(line.state, "Dropped", "{line:?}");
    assert!(line.why.contains(&format!("as certificate {stays}.")), "{line:?}");
    assert_eq!(played.certificates_of(&stays)[0].state, "Kept");
    assert_eq!(played.uploads(), before);

    // Once the other one is known to be a contractor, it is sent: once, and as theirs.
    let (amount, per) = ("77.25".to_owned(), "H".to_owned());
    let category = "Independent Contractor".to_owned();
    let record = Mutation::AddPayRecord { placement: new, amount, per, category };
    played.demo.jobdiva().mutate(record).unwrap();
    played.demo.advance(26 * HOUR).await.unwrap();
    played.pass(3).await;
    assert_eq!(played.certificates_of(&stays)[0].state, "Approved");
    assert_eq!(played.uploads(), before + 1);
    let ledger = played.demo.policy().ledger();
    assert!(!ledger.requests_by_candidate.contains_key(&gone), "nothing names who is gone");
    played.demo.stop().await.unwrap();
}

/// JobDiva's list named a placement that is another's, or out of scope, by the time that the file was read.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_found_for_such_a_placement_is_sent_without_it() {
    let mut played = Played::for_hours(2).await;
    let folder = tempfile::tempdir().unwrap();
    for (candidate, placement) in [(HIRED, "51000777"), ("70011000042", "50900777")] {
        let before = played.demo.policy().ledger().requests_by_placement.get(placement).copied();
        let documents = Arc::new(Documents::new(folder.path(), Vault::in_memory()));
        let placement = PlacementId::from(placement);
        let origin = Origin::Onboarding { placement: placement.clone(), id: None };
        let arrived = Arrived {
            candidate: candidate.into(),
            bytes: b"%PDF-1.7 found for another".to_vec(),
            name: PersonalText("coi.pdf".into()),
            origin,
            placement: Some(placement.clone()),
        };
        let engine = played.demo.engine();
        let source = Source::new("poll:ats", "");
        let taken = certificates::take_in(engine, &documents, "acme", arrived, source).await;
        let stream = taken.unwrap().stream;
        played.pass(1).await;
        let state = played.demo.engine().state::<Certificate>(&stream).unwrap().unwrap();
        assert_eq!(state.paper().placement, None, "{state:?}");
        assert_eq!(state.paper().origins.len(), 1, "where it was found is kept: {state:?}");
        let after =
            played.demo.policy().ledger().requests_by_placement.get(placement.as_str()).copied();
        assert_eq!(after, before, "{placement} was named");
    }
    played.demo.stop().await.unwrap();
}
