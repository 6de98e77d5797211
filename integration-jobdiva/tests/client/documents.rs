//! Files of a candidate out of canned rows, where the list names placements; the rest is tested against the simulator.

use std::collections::BTreeSet;

use integration_jobdiva::documents::Among;
use workflow_core::domain::facts::PlacementId;

use crate::server::{Server, rows};

#[tokio::test]
async fn onboarding_documents_of_other_placements_than_those_asked_for_are_left_out() {
    let server = Server::start().await;
    let listed = r#"[
        {"ID":"1","PLACEMENTID":"51000794","FILENAME":"COI one.pdf","UPLOADEDON":"2026-03-24T09:00:00"},
        {"ID":"2","PLACEMENTID":"50900777","FILENAME":"COI two.pdf","UPLOADEDON":"2026-03-24T09:00:00"}]"#;
    server.on("/CandidateOnBoardingDocumentList", &[rows(listed)]);
    let placements: BTreeSet<PlacementId> = ["51000794".into(), "51000795".into()].into();
    let found = server.jobdiva().documents(&"70011000059".into(), &placements).await.unwrap();
    let among: Vec<&Among> = found.iter().map(|file| &file.among).collect();
    assert_eq!(among, [&Among::Onboarding("51000794".into())]);
}
