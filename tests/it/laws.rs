//! The laws of `workflow_core::laws`, one line for each workflow: the domain's and the inbox.
//!
//! Beside each line stands what the laws must know of it. A repeated input that may change something has its reason
//! there.

use proptest::prelude::*;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Answer;
use workflow_core::id::StreamId;
use workflow_core::inbox::Inbox;
use workflow_core::laws::{AnswerOf, CallOf, Trial};

mod answers;
mod certificate;
mod contractor;
mod placement;

use certificate::OfCertificate;
use contractor::OfContractor;
use placement::OfPlacement;

workflow_core::laws!(placement_workflow: OfPlacement);
workflow_core::laws!(contractor_workflow: OfContractor);
workflow_core::laws!(certificate_workflow: OfCertificate);
workflow_core::laws!(delivery_workflow: OfDelivery);

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
