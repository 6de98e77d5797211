//! The laws of `workflow_core::laws`, one line for each workflow: the domain's and the inbox.
//!
//! Beside each line stands what the laws must know of it. A repeated input that may change something has its reason
//! there.

use proptest::prelude::*;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Answer;
use workflow_core::domain::gate::{self, Gate};
use workflow_core::id::StreamId;
use workflow_core::inbox::Inbox;
use workflow_core::laws::{AnswerOf, CallOf, Trial};

mod answers;
mod certificate;
mod contractor;
mod invoice;
mod notice;
mod placement;

use certificate::OfCertificate;
use contractor::OfContractor;
use invoice::OfInvoice;
use notice::OfNotice;
use placement::OfPlacement;

workflow_core::laws!(placement_workflow: OfPlacement);
workflow_core::laws!(contractor_workflow: OfContractor);
workflow_core::laws!(invoice_workflow: OfInvoice);
workflow_core::laws!(certificate_workflow: OfCertificate);
workflow_core::laws!(delivery_workflow: OfDelivery);
workflow_core::laws!(gate_workflow: OfGate);
workflow_core::laws!(notice_workflow: OfNotice);

/// A gate before everything of a tenant.
struct OfGate;

impl Trial for OfGate {
    type Workflow = Gate;

    fn stream() -> StreamId {
        StreamId::parse("gate/main/tenant").expect("a stream's name")
    }

    fn rules() -> workflow_core::domain::rules::Rules {
        tests::world::rules()
    }

    fn answer(_: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        // It owes no call.
        Just(Answer::ApplicationClosed).boxed()
    }

    fn input(_: Option<&gate::State>) -> BoxedStrategy<gate::Input> {
        let by = || "kim".to_owned();
        let reason = proptest::sample::select(vec!["because", "because", " "]);
        (0..5_u8, reason)
            .prop_map(move |(which, reason)| {
                let reason = reason.to_owned();
                match which {
                    0 => gate::Input::Pause { by: by(), reason },
                    1 => gate::Input::Resume { by: by(), reason },
                    2 => gate::Input::Remove { by: by(), reason },
                    3 => gate::Input::Retry { by: by(), reason, calls: 3 },
                    _ => {
                        let of = StreamId::parse("placement/main/pl_1").expect("a stream's name");
                        gate::Input::Disclose { by: by(), reason, of, position: 7 }
                    }
                }
            })
            .boxed()
    }

    fn repeats(_: Option<&gate::State>, input: &gate::Input) -> Option<&'static str> {
        match input {
            gate::Input::Retry { .. } | gate::Input::Disclose { .. } => {
                Some("each asking is an order of its own, and is kept")
            }
            gate::Input::Pause { .. } | gate::Input::Resume { .. } | gate::Input::Remove { .. } => {
                None
            }
        }
    }
}

/// The inbox with the domain's words.
struct OfDelivery;

impl Trial for OfDelivery {
    type Workflow = Inbox<Insurance>;

    fn stream() -> StreamId {
        StreamId::parse("delivery/main/insurer:ev_1").expect("a stream's name")
    }

    fn rules() -> workflow_core::domain::rules::Rules {
        tests::world::rules()
    }

    fn answer(_: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        // It owes no call.
        Just(Answer::ApplicationClosed).boxed()
    }
}
