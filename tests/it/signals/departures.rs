//! Candidates and placements that are merged, deleted or redacted in JobDiva, on both roads.

use integration_1099policy::simulator::Advance;
use integration_jobdiva::simulator::Mutation;

use super::{Road, World};

const ROADS: [Road; 2] = [Road::Webhooks, Road::Polling];

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_candidate_goes_on_as_the_other_one() {
    for road in ROADS {
        let mut world = World::new(road).await;
        let (placement, old) = world.hire("Ines");
        world.news().await;
        world.is(&placement, "ApplicationPending", "");
        // One whom no placement of a contractor names.
        let stays = 70_011_000_044;
        world.change(Mutation::Merge { old: old.parse().unwrap(), new: stays });
        world.news().await;
        world.news().await;
        assert_eq!(world.line("contractor", &old).0, "Merged", "{road:?}");
        assert_eq!(world.line("contractor", &stays.to_string()).0, "OptingIn", "{road:?}");
        world.is(&placement, "ApplicationPending", "");
        let session = world.session(&placement);
        assert!(world.demo.policy().advance_session(&session, Advance::Complete));
        world.news().await;
        world.is(&placement, "Active", "");
        assert_eq!(world.line("contractor", &stays.to_string()).0, "OptedIn", "{road:?}");
        let history = world.history("placement", &placement);
        assert!(!history.contains(&"flag_raised".to_owned()), "{road:?}: {history:?}");
        let ledger = world.demo.policy().ledger();
        assert_eq!(ledger.contractors_by_candidate.get(&old), Some(&1), "{road:?}");
        assert_eq!(ledger.contractors_by_candidate.get(&stays.to_string()), None, "{road:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_candidate_stops_and_a_deleted_placement_is_canceled() {
    for road in ROADS {
        let mut world = World::new(road).await;
        let (covered, candidate) = world.hire("Ines");
        let (other, _) = world.hire("Maja");
        world.news().await;
        let session = world.session(&covered);
        assert!(world.demo.policy().advance_session(&session, Advance::Complete));
        world.news().await;
        world.is(&covered, "Active", "");
        world.change(Mutation::DeleteCandidate { candidate: candidate.parse().unwrap() });
        world.change(Mutation::Delete { placement: other.parse().unwrap() });
        world.news().await;
        world.is(&covered, "Flagged", "the candidate is gone from the ATS");
        world.is(&other, "Canceled", "gone from the ATS");
        assert_eq!(world.line("contractor", &candidate).0, "Retired", "{road:?}");
        assert_eq!(world.parked(), [""; 0]);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_name_stays_with_jobdiva() {
    for road in ROADS {
        let mut world = World::new(road).await;
        let (placement, candidate) = world.hire("Ines");
        world.news().await;
        world.change(Mutation::Redact { candidate: candidate.parse().unwrap() });
        world.news().await;
        let (state, why) = world.line("contractor", &candidate);
        assert_eq!(state, "OptingIn");
        assert!(why.contains("the name is taken out in the ATS"), "{road:?}: {why}");
        let listed = world.insurer("/contractors?email=ines.varga%40example.com").await;
        assert_eq!(listed[0]["first_name"], "Ines", "{road:?}");
        world.is(&placement, "ApplicationPending", "");
        world.end().await;
    }
}
