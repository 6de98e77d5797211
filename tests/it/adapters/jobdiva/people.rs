//! People: read apart from the placement, merged and deleted.

use integration_jobdiva::simulator::Mutation;
use workflow_core::domain::call::Answer;
use workflow_core::domain::facts::{Person, Place, Stage};
use workflow_core::outcome::Outcome;

use super::judged::line;
use super::world::{SEED, Tenant, read_person};

const NO_EMAIL: u64 = 70_011_000_058;

async fn person(tenant: &Tenant, candidate: u64) -> Option<Person> {
    match read_person(&tenant.jobdiva, candidate, tenant.now()).await {
        Outcome::Answered(Answer::PersonRead(person)) => Some(person),
        Outcome::Answered(Answer::PersonUnknown) => None,
        other => panic!("{candidate}: {other:?}"),
    }
}

#[tokio::test]
async fn every_seed_candidate_is_a_person() {
    let tenant = Tenant::standard().await;
    for placement in SEED {
        let facts = tenant.facts(placement).await.unwrap();
        let id: u64 = facts.candidate.as_str().parse().unwrap();
        let person = person(&tenant, id).await.unwrap();
        let name = format!("{}.{}@example.com", person.first_name, person.last_name);
        let email = (id != NO_EMAIL).then(|| name.to_lowercase());
        assert_eq!(person.email, email, "{id}: names carry no blanks, so they make the address");
        assert_eq!(person.phone, Some(format!("559-555-{:04}", id % 10_000)));
        assert_eq!(person.home, facts.home, "{id}");
    }
}

#[tokio::test]
async fn the_candidate_without_e_mail_has_everything_else() {
    let tenant = Tenant::standard().await;
    let home = Place { state: Some("TX".into()), country: None, remote: false };
    let expected = Person {
        first_name: "Dmitri".into(),
        last_name: "Halloway".into(),
        email: None,
        phone: Some("559-555-0058".into()),
        home,
    };
    assert!(person(&tenant, NO_EMAIL).await == Some(expected.clone()));
    let email = "dmitri@example.com".to_owned();
    tenant.change(Mutation::SetEmail { candidate: NO_EMAIL, email: email.clone() });
    assert!(person(&tenant, NO_EMAIL).await == Some(Person { email: Some(email), ..expected }));
    assert!(person(&tenant, 70_019_999_999).await.is_none());
}

#[tokio::test]
async fn a_merged_candidate_is_gone_and_the_placement_names_the_other() {
    let tenant = Tenant::standard().await;
    let cursor = tenant.poll_all(None).await.cursor;
    let (old, new) = (70_011_000_061, 70_011_000_062);
    tenant.change(Mutation::Merge { old, new });
    assert!(person(&tenant, old).await.is_none());
    assert!(person(&tenant, new).await.is_some());
    for (placement, rate) in [(51_000_795, "75.00"), (51_000_796, "70.00")] {
        let facts = tenant.facts(placement).await.unwrap();
        assert_eq!(facts.candidate.as_str(), new.to_string(), "{placement}");
        assert!(line(&facts).contains(rate), "each keeps its own record: {}", line(&facts));
    }
    tenant.until("2026-03-24T09:03").await;
    let polled = tenant.poll_all(Some(cursor)).await;
    assert_eq!(polled.touched, ["51000795".into()].into());
}

#[tokio::test]
async fn a_deleted_candidate_leaves_a_placement_that_can_be_read() {
    let tenant = Tenant::standard().await;
    tenant.change(Mutation::DeleteCandidate { candidate: 70_011_000_056 });
    assert!(person(&tenant, 70_011_000_056).await.is_none());
    let facts = tenant.facts(51_000_791).await.unwrap();
    assert_eq!((facts.stage, facts.home), (Stage::Starting, Place::default()));
    assert_eq!(facts.unreadable, []);
}
