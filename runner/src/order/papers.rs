//! A person's word on a certificate or a pay period, said in the words that settle a flag.
//!
//! Each has verbs of its own (`runner certificate`, `runner invoices`), which can say more; what one of them alone can say
//! is answered with the line to type. Read `domain/certificate/decide.rs` and `domain/invoice/decide.rs` for what follows.

use workflow_core::domain::certificate::{self, Certificate};
use workflow_core::domain::invoice::{self, Invoice};
use workflow_core::engine::HandleError;
use workflow_core::id::StreamId;

use super::{Deed, Desk, Done, How, Order, OrderError, source};

/// The code of a certificate's refusal to be taken for good without its coverage and last day.
const COVERS_NOTHING: &str = "covers_nothing";

impl Desk<'_> {
    /// Return sends it again, accept takes it for good as the insurer read it, close takes it back.
    pub(super) async fn certificate(
        &self,
        stream: &StreamId,
        order: Order,
    ) -> Result<Done, OrderError> {
        let reason = order.reason.clone();
        let input = match &order.deed {
            Deed::Resolve(How::Return) => certificate::Input::Resubmit { reason },
            Deed::Resolve(How::Accept) => {
                certificate::Input::Accept { covers: Vec::new(), until: None, reason }
            }
            Deed::Resolve(How::Close) => certificate::Input::Withdraw { reason },
            Deed::Resolve(How::Restart)
            | Deed::Exclude
            | Deed::Include
            | Deed::Set { .. }
            | Deed::Resend
            | Deed::Retry
            | Deed::Pause
            | Deed::Resume => {
                let ways =
                    "accept (take it for good), return (send it again) or close (take it back)";
                return Err(settled_by(stream, &order, ways, "accept"));
            }
        };
        match self.engine.handle::<Certificate>(stream, input, source(&order.by)).await {
            Ok(handled) => Ok(self.done(stream, &handled)),
            Err(HandleError::Rejected(no)) if no.code == COVERS_NOTHING => {
                Err(OrderError::Refused(format!(
                    "{}: runner certificate accept {}/{} --covers general --until 2026-12-31 --reason {}",
                    no.message,
                    stream.tenant(),
                    stream.key(),
                    quoted(&order.reason)
                )))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Return tries again, close says that it is settled outside.
    pub(super) async fn invoice(
        &self,
        stream: &StreamId,
        order: Order,
    ) -> Result<Done, OrderError> {
        let reason = order.reason.clone();
        let input = match &order.deed {
            Deed::Resolve(How::Return) => invoice::Input::Retry { reason },
            Deed::Resolve(How::Close) => invoice::Input::Settle { reason },
            Deed::Resolve(How::Restart | How::Accept)
            | Deed::Exclude
            | Deed::Include
            | Deed::Set { .. }
            | Deed::Resend
            | Deed::Retry
            | Deed::Pause
            | Deed::Resume => {
                let ways = "return (judge it anew and try again) or close (it is settled outside)";
                return Err(settled_by(stream, &order, ways, "close"));
            }
        };
        let handled = self.engine.handle::<Invoice>(stream, input, source(&order.by)).await?;
        Ok(self.done(stream, &handled))
    }
}

/// What does not fit, with what does and the line to type.
fn settled_by(stream: &StreamId, order: &Order, ways: &str, such_as: &str) -> OrderError {
    let kind = if stream.workflow() == "invoice" { "pay period" } else { "certificate" };
    OrderError::Refused(format!(
        "a {kind} is settled by {ways}: runner resolve {stream} {such_as} --reason {}",
        quoted(&order.reason)
    ))
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
