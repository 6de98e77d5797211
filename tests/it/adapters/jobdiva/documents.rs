//! Files of candidates: attachments and onboarding documents, looked up by name.

use std::collections::BTreeSet;

use integration_jobdiva::documents::{Among, Listed, Patterns};
use integration_jobdiva::simulator::Mutation;
use workflow_core::domain::facts::{CandidateId, PlacementId};

use super::world::Tenant;

const NAKAGAWA: &str = "70011000059";
const PLACEMENT: &str = "51000794";

async fn files(tenant: &Tenant) -> Vec<Listed> {
    let placements: BTreeSet<PlacementId> = [PLACEMENT.into()].into();
    tenant.jobdiva.documents(&NAKAGAWA.into(), &placements).await.unwrap()
}

async fn content(tenant: &Tenant, file: &Listed) -> Vec<u8> {
    let candidate = CandidateId::from(NAKAGAWA);
    tenant.jobdiva.document(&candidate, file).await.unwrap().unwrap()
}

#[tokio::test]
async fn attachments_are_listed_and_the_certificates_among_them_are_told_by_type_or_name() {
    let tenant = Tenant::standard().await;
    let files = files(&tenant).await;
    let usual = Patterns::default();
    let (certificates, others): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| usual.fits(file.kind.as_deref(), file.name.as_str()));
    assert_eq!((certificates.len(), others.len()), (2, 1));
    assert!(certificates.iter().all(|file| file.name.as_str() == "Nakagawa_COI_2026.pdf"));
    assert!(certificates.iter().all(|file| file.uploaded.is_some()));
    assert_eq!(format!("{:?}", certificates[0].name), "PersonalText(..)");
}

#[tokio::test]
async fn two_files_of_one_name_are_one_content_the_newer() {
    let tenant = Tenant::standard().await;
    let files = files(&tenant).await;
    let named: Vec<_> = files.iter().filter(|file| file.name.as_str().contains("COI")).collect();
    let (first, second) = (content(&tenant, named[0]).await, content(&tenant, named[1]).await);
    assert_eq!(first, second);
    assert_eq!(first, b"%PDF-1.4\n% final\n%%EOF\n");
}

#[tokio::test]
async fn onboarding_documents_are_found_by_the_placements_that_are_asked_for() {
    let tenant = Tenant::standard().await;
    tenant.change(Mutation::AddOnboardingDocument {
        placement: 51_000_794,
        file_name: "Certificate of Insurance.pdf".into(),
        content: b"%PDF-1.7 onboarding".to_vec(),
    });
    let files = files(&tenant).await;
    let of = |file: &&Listed| file.among == Among::Onboarding(PLACEMENT.into());
    let found: Vec<&Listed> = files.iter().filter(of).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(content(&tenant, found[0]).await, b"%PDF-1.7 onboarding");
    let other = Listed { among: Among::Onboarding("51000777".into()), ..found[0].clone() };
    let none = tenant.jobdiva.document(&NAKAGAWA.into(), &other).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn a_tenant_without_the_document_methods_has_no_files() {
    let tenant = Tenant::standard().await;
    tenant.sim.revoke("bi/CandidateAttachmentList").unwrap();
    tenant.sim.revoke("bi/CandidateOnBoardingDocumentList").unwrap();
    assert_eq!(files(&tenant).await, []);
}

#[tokio::test]
async fn a_candidate_without_files_and_one_that_is_no_candidate_have_none() {
    let tenant = Tenant::standard().await;
    for candidate in ["70011000042", "nobody", "../x"] {
        let found = tenant.jobdiva.documents(&candidate.into(), &BTreeSet::new()).await.unwrap();
        assert_eq!(found, [], "{candidate}");
    }
}
