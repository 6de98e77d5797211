//! What the laws must know of the contractor workflow.

use proptest::prelude::*;
use proptest::sample::select;
use workflow_core::domain::contractor::{Contractor, Input, Legacy, Progress, State};
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{Ended, Need};
use workflow_core::domain::rules::Rules;
use workflow_core::id::StreamId;
use workflow_core::laws::{AnswerOf, CallOf, Trial};

use super::answers;

pub(super) struct OfContractor;

fn placement() -> BoxedStrategy<PlacementId> {
    select(vec!["pl_1", "pl_2", "pl_3"]).prop_map(PlacementId::from).boxed()
}

fn reason() -> BoxedStrategy<String> {
    Just("because".to_owned()).boxed()
}

/// What a third candidate leaves; the placements are those that ask here, too.
fn legacy() -> BoxedStrategy<Legacy> {
    let progress = prop_oneof![
        Just(Progress::Known),
        (placement(), 1..4_u32).prop_map(|(holder, round)| Progress::Applying { holder, round }),
        Just(Progress::OptedIn),
    ];
    let placements = prop::collection::btree_set(placement(), 0..3);
    (answers::contractor(), progress, placements)
        .prop_map(|(contractor, progress, placements)| Legacy {
            from: "cand_3".into(),
            contractor,
            progress,
            placements,
        })
        .boxed()
}

impl Trial for OfContractor {
    type Workflow = Contractor;

    fn stream() -> StreamId {
        StreamId::parse("contractor/main/cand_1").expect("a stream's name")
    }

    fn rules() -> Rules {
        tests::world::rules()
    }

    fn answer(call: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        answers::answer(call)
    }

    fn input(_: Option<&State>) -> BoxedStrategy<Input> {
        let need = select(vec![Need::Either, Need::Application, Need::Assignment]);
        let ended = select(vec![Ended::Insured, Ended::Unused]);
        prop_oneof![
            8 => placement().prop_map(|placement| Input::LinkAsked { placement }),
            8 => (placement(), 1..4_u32, need)
                .prop_map(|(placement, round, need)| Input::RoadAsked { placement, round, need }),
            8 => (placement(), 1..4_u32, ended)
                .prop_map(|(placement, round, ended)| Input::TurnOver { placement, round, ended }),
            4 => (select(vec!["cand_1.aa", "cand_1.bb"]), super::certificate::word()).prop_map(
                |(certificate, word)| Input::CertificateTold { certificate: certificate.into(), word }
            ),
            4 => answers::person().prop_map(Input::Observed),
            2 => answers::candidate().prop_map(|into| Input::Merged { into }),
            2 => legacy().prop_map(Input::Inherit),
            2 => (answers::contractor(), reason())
                .prop_map(|(contractor, reason)| Input::Keep { contractor, reason }),
            2 => reason().prop_map(|reason| Input::Retry { reason }),
            1 => reason().prop_map(|reason| Input::SetEmail { email: "kim@other.test".into(), reason }),
            1 => reason().prop_map(|reason| Input::Retire { reason }),
            1 => reason().prop_map(|reason| Input::Forget { reason }),
        ]
        .boxed()
    }

    fn repeats(_: Option<&State>, input: &Input) -> Option<&'static str> {
        match input {
            Input::LinkAsked { .. } => Some(
                "a message: the engine delivers it once, and each asking is answered by its number",
            ),
            Input::RoadAsked { .. } | Input::TurnOver { .. } | Input::CertificateTold { .. } => {
                Some(
                    "a message: recorded even where it changes nothing, so that it does not come again",
                )
            }
            Input::Inherit(_) => Some("a message: the engine delivers it once"),
            Input::Observed(_)
            | Input::Merged { .. }
            | Input::Keep { .. }
            | Input::Answered { .. }
            | Input::Retry { .. }
            | Input::SetEmail { .. }
            | Input::Retire { .. }
            | Input::Forget { .. } => None,
        }
    }
}
