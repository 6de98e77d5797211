//! The laws for the example's two workflows, which know nothing of the domain. Feature `testing`.
//!
//! Those of the domain's workflows and of the inbox are in the crate `tests`.

#![cfg(feature = "testing")]

use proptest::prelude::*;
use workflow_core::id::StreamId;
use workflow_core::laws::{AnswerOf, CallOf, InputOf, StateOf, Trial};

#[path = "../examples/library_loan.rs"]
#[allow(dead_code, reason = "the example is run elsewhere")]
mod library_loan;

use library_loan::{Copy, CopyInput, Loan, LoanInput};

workflow_core::laws!(loan_workflow: OfLoan);
workflow_core::laws!(copy_workflow: OfCopy);

/// A name that a stream can have, one of a few.
fn name() -> BoxedStrategy<String> {
    prop::sample::select(vec!["1", "2", "3"]).prop_map(str::to_owned).boxed()
}

struct OfLoan;

impl Trial for OfLoan {
    type Workflow = Loan;

    fn stream() -> StreamId {
        StreamId::parse("loan/main/1").expect("a stream's name")
    }

    fn rules() {}

    fn answer(_: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        Just(()).boxed()
    }

    fn input(_: Option<&StateOf<Self>>) -> BoxedStrategy<InputOf<Self>> {
        prop_oneof![
            name().prop_map(|copy| LoanInput::Request { reader: "reader-7".into(), copy }),
            Just(LoanInput::Granted),
            Just(LoanInput::Due),
            Just(LoanInput::Reminded),
            Just(LoanInput::Return),
        ]
        .boxed()
    }
}

struct OfCopy;

impl Trial for OfCopy {
    type Workflow = Copy;

    fn stream() -> StreamId {
        StreamId::parse("copy/main/dune-3").expect("a stream's name")
    }

    fn rules() {}

    fn answer(_: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        Just(()).boxed()
    }
    fn input(_: Option<&StateOf<Self>>) -> BoxedStrategy<InputOf<Self>> {
        prop_oneof![
            4 => name().prop_map(|loan| CopyInput::Wanted { loan }),
            4 => name().prop_map(|loan| CopyInput::Back { loan }),
            1 => Just(CopyInput::Withdraw),
        ]
        .boxed()
    }
}
