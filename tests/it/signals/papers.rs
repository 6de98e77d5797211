//! A certificate that the insurer has no more: what stood on it is not covered any more, by whichever road it is noticed.

use integration_1099policy::simulator::Seal;
use integration_jobdiva::simulator::Mutation;
use runner::config::Config;
use runner::views;
use serde_json::json;
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::rules::Replaces;
use workflow_core::id::StreamId;

use super::{DAY, HOUR, Road, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_gone_at_the_insurer_covers_nothing_by_webhook() {
    gone(Road::Webhooks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_gone_at_the_insurer_covers_nothing_by_polling_alone() {
    gone(Road::Polling).await;
}

fn replacing(config: &mut Config) {
    let certificates = &mut config.tenants[0].rules.certificates;
    certificates.replaces_purchase = Replaces::WhereSatisfied;
    certificates.satisfies = [CoverageType::General, CoverageType::WorkersComp].into();
}

async fn gone(road: Road) {
    let mut world = World::with(road, replacing).await;
    let (placement, candidate) = world.hire("Ines");
    world.change(Mutation::AddAttachment {
        candidate: candidate.parse().unwrap(),
        file_name: "coi.pdf".into(),
        kind: "COI".into(),
        content: b"%PDF-1.7 of Ines".to_vec(),
    });
    for _ in 0..4 {
        world.pass(HOUR).await;
    }
    world.is(&placement, "Active", "own certificate");
    let list = views::certificates(world.demo.engine(), &[]).certificates;
    let key = &list.iter().find(|line| line.id.starts_with(&candidate)).unwrap().id;
    let stream = StreamId::new("certificate", "acme", key).unwrap();
    let shown = views::certificate(world.demo.engine(), &stream, &[]).unwrap().unwrap();
    let id = shown.certificate.unwrap();

    assert!(world.demo.policy().remove_certificate(&id));
    match road {
        Road::Webhooks => {
            let event = json!({ "id": "ev_late", "type": "certificate.denied", "created": 1,
                "data": { "id": id } });
            assert_eq!(world.demo.policy().inject_event(&event, Seal::Genuine), 1);
            world.news().await;
        }
        Road::Polling => world.pass(DAY).await,
    }
    let (state, why) = world.line("certificate", key);
    assert!(state == "Error" && why.contains("does not have it any more"), "{state}: {why}");
    world.is(&placement, "Flagged", "certificate does not stand any more");
    // Noticed once, however often it is looked for.
    world.pass(DAY).await;
    let events = world.history("certificate", key);
    assert_eq!(events.iter().filter(|kind| *kind == "certificate_gone").count(), 1, "{events:?}");
    assert_eq!(world.parked(), [""; 0]);
    world.end().await;
}
