//! What the laws must know of the notice workflow.

use proptest::prelude::*;
use proptest::sample::select;
use workflow_core::domain::notice::{Input, Note, Notice, State, Topic};
use workflow_core::domain::rules::Rules;
use workflow_core::id::StreamId;
use workflow_core::laws::{AnswerOf, CallOf, Trial};
use workflow_core::time::Timestamp;

use super::answers;

pub(super) struct OfNotice;

fn note() -> BoxedStrategy<Note> {
    select(Topic::ALL.to_vec())
        .prop_map(|topic| Note {
            endpoint: "office".into(),
            id: "msg_1".into(),
            topic,
            placement: "pl_1".into(),
            at: Timestamp::from_secs(1_774_267_200),
            state: "Active".into(),
            link: None,
            uncovered_from: None,
        })
        .boxed()
}

impl Trial for OfNotice {
    type Workflow = Notice;

    fn stream() -> StreamId {
        StreamId::parse("notice/main/office:pl_1:7").expect("a stream's name")
    }

    fn rules() -> Rules {
        tests::world::rules()
    }

    fn answer(call: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        answers::answer(call)
    }

    fn input(_: Option<&State>) -> BoxedStrategy<Input> {
        let reason = || select(vec!["because", "because", " "]).prop_map(str::to_owned);
        prop_oneof![
            3 => note().prop_map(|note| Input::Owe { note }),
            2 => reason().prop_map(|reason| Input::Retry { reason }),
            1 => reason().prop_map(|reason| Input::Drop { reason }),
        ]
        .boxed()
    }
}
