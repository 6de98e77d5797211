//! The two meet: what JobDiva says of the seed, judged, is what the insurer accepts, to the returning contractor.

use std::collections::BTreeMap;

use integration_1099policy::poll::Watch;
use workflow_core::domain::call::{Answer, Call, QuoteId};
use workflow_core::domain::facts::CandidateId;
use workflow_core::domain::terms::{Terms, Verdict, judge};
use workflow_core::outcome::Outcome;
use workflow_core::time::Clock;

use super::jobdiva::judged::rules;
use super::jobdiva::world::{SEED, Tenant, read_person};
use super::policy::world::{HOUR, Insurer};

/// The terms of every placement that is ready, when all are hired and nothing has begun.
async fn ready(tenant: &Tenant) -> Vec<Terms> {
    tenant.until("2026-03-29T09:00").await;
    let mut ready = Vec::new();
    for placement in SEED {
        let facts = tenant.facts(placement).await.unwrap();
        if let Verdict::Ready(terms) = judge(&facts, &rules()) {
            ready.push(*terms);
        }
    }
    ready
}

async fn link(tenant: &Tenant, candidate: &CandidateId) -> Call {
    let id = candidate.as_str().parse().unwrap();
    let read = read_person(&tenant.jobdiva, id, tenant.now()).await;
    let Outcome::Answered(Answer::PersonRead(person)) = read else { panic!("{read:?}") };
    let email = person.email.clone().unwrap_or_else(|| rules().proxy_email(candidate));
    Call::LinkContractor { candidate: candidate.clone(), person, email: email.into() }
}

/// What the insurer answers when it is asked for a quote on these terms, and its call for an assignment instead.
async fn quoted(tenant: &Tenant, insurer: &Insurer, terms: &Terms) -> (Answer, Call) {
    let references = terms.references.clone();
    let name = |operation: &str| format!("{}-{operation}", references.placement);
    let linked = insurer.answer(&name("link"), link(tenant, &references.candidate).await).await;
    let Answer::ContractorLinked { contractor } = linked else { panic!("{linked:?}") };
    let call = Call::CreateJob { references: references.clone(), terms: terms.job.clone() };
    let made = insurer.answer(&name("job"), call).await;
    let Answer::JobReady { job } = made else { panic!("{}: {made:?}", references.placement) };
    let (coverage, window) = (terms.coverage.clone(), terms.window);
    let quote = Call::CreateQuote {
        references: references.clone(),
        contractor: contractor.clone(),
        job: job.clone(),
        coverage: coverage.clone(),
        window,
    };
    let assign = Call::CreateAssignment {
        references: references.clone(),
        contractor,
        job,
        coverage,
        window,
    };
    (insurer.answer(&name("quote"), quote).await, assign)
}

async fn complete(insurer: &Insurer, terms: &Terms, quote: QuoteId) {
    let references = terms.references.clone();
    let call = Call::OpenApplication { references: references.clone(), quote: quote.clone() };
    let opened = insurer.answer(&format!("{}-apply", references.placement), call).await;
    assert!(matches!(opened, Answer::ApplicationOpened { .. }), "{opened:?}");
    insurer.sim.advance(4 * HOUR).await;
    assert_eq!(insurer.see(Watch::Quote(quote)).await.len(), 1);
}

#[tokio::test]
async fn every_ready_seed_placement_is_insurable_and_the_returning_contractor_is_recognised() {
    let tenant = Tenant::standard().await;
    let terms = ready(&tenant).await;
    let insurer = Insurer::standard().await;
    insurer.sim.clock().set(tenant.sim.clock().now());
    let mut roads = BTreeMap::new();
    for terms in &terms {
        let placement = terms.references.placement.to_string();
        let road = match quoted(&tenant, &insurer, terms).await {
            (Answer::QuoteIssued { quote, .. }, _) => {
                complete(&insurer, terms, quote).await;
                "application"
            }
            (Answer::MatchingPolicy, assign) => {
                let created = insurer.answer(&format!("{placement}-assign"), assign).await;
                assert!(matches!(created, Answer::AssignmentCreated { .. }), "{created:?}");
                "assignment"
            }
            (other, _) => panic!("{placement}: {other:?}"),
        };
        roads.insert(placement, road);
    }
    let by = |wanted: &str| -> Vec<&str> {
        let those = roads.iter().filter(|(_, road)| **road == wanted);
        those.map(|(placement, _)| placement.as_str()).collect()
    };
    assert_eq!(by("assignment"), ["51000798"]);
    assert_eq!(
        by("application"),
        [
            "51000777", "51000788", "51000791", "51000792", "51000793", "51000794", "51000795",
            "51000796", "51000797", "51000799", "51000800"
        ]
    );
    let ledger = insurer.sim.ledger();
    assert_eq!(ledger.contractors_by_candidate.len(), 10, "two candidates have two placements");
    assert!(ledger.contractors_by_candidate.values().all(|count| *count == 1));
    assert!(ledger.jobs_by_placement.values().all(|count| *count == 1));
    let relayed = "candidate_70011000058@relay.example.test";
    assert_eq!(ledger.contractors_by_email.get(relayed), Some(&1), "the one without an e-mail");
}
