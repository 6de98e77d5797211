//! 25 to 27: merges, deletions and files.

use std::collections::{BTreeMap, BTreeSet};

use integration_jobdiva::simulator::{Behaviour, Mutation};
use workflow_core::domain::call::Answer;
use workflow_core::domain::facts::CandidateId;
use workflow_core::outcome::Outcome;

use super::tenant::{HOUR, Tenant, ids};

fn candidate(id: u64) -> CandidateId {
    CandidateId(id.to_string())
}

/// Care: the pair of a merge is read from its feed, an old id that answers nothing is nobody, and the placement names the
/// one who stays.
#[tokio::test]
async fn switch_25_a_candidate_is_merged() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let (_, polled) = tenant.poll_all(None).await;
    let (old, new) = (70_011_000_061, 70_011_000_062);
    tenant.change(Mutation::Merge { old, new });
    tenant.sim.advance(HOUR).await.unwrap();
    let polled = tenant.poll(Some(&polled.cursor)).await;
    assert_eq!(polled.merged, BTreeMap::from([(candidate(old), candidate(new))]));
    assert!(polled.touched.is_superset(&ids(&[51_000_795])));
    assert_eq!(tenant.person(old).await, Outcome::Answered(Answer::PersonUnknown));
    for (placement, rate) in [(51_000_795, "75"), (51_000_796, "70")] {
        let facts = tenant.facts(placement).await.unwrap();
        assert_eq!(facts.candidate, candidate(new), "{placement}");
        let amount = facts.pay.unwrap().amount.normalize().to_string();
        assert_eq!(amount, rate, "each keeps its own record, under a new number");
    }
}

/// Care: what left the details is gone, is told by the feed of deleted rows, and is missed without that feed too.
#[tokio::test]
async fn switch_26_a_row_is_deleted() {
    for not_granted in [vec![], vec!["bi/DeletedActivityRecords", "bi/DeletedCandidateRecords"]] {
        let feeds = not_granted.is_empty();
        let not_granted = not_granted.into_iter().map(str::to_owned).collect();
        let tenant = Tenant::with(Behaviour { not_granted, ..Behaviour::default() }).await;
        let (_, polled) = tenant.poll_all(None).await;
        tenant.change(Mutation::Delete { placement: 51_000_778 });
        tenant.change(Mutation::DeleteCandidate { candidate: 70_011_000_044 });
        tenant.sim.advance(HOUR).await.unwrap();
        let polled = tenant.poll(Some(&polled.cursor)).await;
        assert_eq!(polled.failed, []);
        // Its records say so themselves.
        assert!(polled.touched.is_superset(&ids(&[51_000_778])), "{:?}", polled.touched);
        assert_eq!(polled.deleted, if feeds { ids(&[51_000_778]) } else { ids(&[]) });
        let gone: BTreeSet<_> = feeds.then(|| candidate(70_011_000_044)).into_iter().collect();
        assert_eq!(polled.gone, gone);
        assert_eq!(tenant.facts(51_000_778).await, None);
        let nobody = tenant.person(70_011_000_044).await;
        assert_eq!(nobody, Outcome::Answered(Answer::PersonUnknown));
        let orphan = tenant.facts(51_000_779).await.unwrap();
        assert_eq!(orphan.home.state, None, "the placement of one who is gone is still read");
    }
}

/// Care: files are asked for by name, with every sign that a name may hold; two of one name give the newer for both, and
/// Base64 becomes bytes.
#[tokio::test]
async fn switch_27_files_go_by_name() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let nakagawa = candidate(70_011_000_059);
    let odd = "COI & more + 100% #2 (Ñ).pdf";
    tenant.change(Mutation::AddAttachment {
        candidate: 70_011_000_059,
        file_name: odd.into(),
        kind: "COI".into(),
        content: vec![0, 159, 146, 150, 255],
    });
    let files = tenant.jobdiva.documents(&nakagawa, &BTreeSet::new()).await.unwrap();
    let mut contents = Vec::new();
    for file in &files {
        let content = tenant.jobdiva.document(&nakagawa, file).await.unwrap();
        contents.push((file.name.as_str().to_owned(), content.unwrap()));
    }
    let of = |name: &str| -> Vec<&[u8]> {
        let named = contents.iter().filter(|(own, _)| own == name);
        named.map(|(_, content)| content.as_slice()).collect()
    };
    let newer: &[u8] = b"%PDF-1.4\n% final\n%%EOF\n";
    assert_eq!(of("Nakagawa_COI_2026.pdf"), [newer, newer]);
    assert_eq!(of(odd), [&[0, 159, 146, 150, 255][..]]);
}
