//! Which orders would be taken at present: asked of the rules that decide, without giving the order. So a page shows only
//! buttons that do something. What is refused for reasons outside the workflow (a pause, credentials) is the desk's to say.

use workflow_core::domain::placement::{Input, Placement, Resolution};
use workflow_core::id::StreamId;
use workflow_core::workflow::{Context, Workflow as _};

use super::{Deed, Desk, How};

/// Stands for a reason that somebody will give.
const REASON: &str = "asked";

impl How {
    /// As the placement is told.
    pub(super) fn resolution(self) -> Resolution {
        match self {
            How::Return => Resolution::Return,
            How::Restart => Resolution::Restart,
            How::Accept => Resolution::Accept,
            How::Close => Resolution::Close,
        }
    }
}

impl Desk<'_> {
    /// Whether an order for this instance would lead to something now, as far as the rules can say beforehand.
    pub fn would_take(&self, deed: &Deed, stream: &StreamId) -> bool {
        let Some(running) = self.running else { return false };
        let is_paused = running.systems.gates().of_instance(stream).is_some();
        match deed {
            Deed::Pause => !is_paused,
            Deed::Resume => is_paused,
            Deed::Retry => running.dispatcher.waiting(|call| call.stream == *stream) > 0,
            Deed::Resolve(How::Accept) | Deed::Exclude | Deed::Include | Deed::Resend
                if stream.workflow() == "contractor" =>
            {
                false
            }
            Deed::Resolve(_) | Deed::Exclude | Deed::Include | Deed::Set { .. } | Deed::Resend => {
                stream.workflow() != "placement" || self.placement_would(deed, stream)
            }
        }
    }

    fn placement_would(&self, deed: &Deed, stream: &StreamId) -> bool {
        let (reason, by) = (REASON.to_owned(), REASON.to_owned());
        let input = match deed {
            Deed::Resolve(how) => Input::Resolve { resolution: how.resolution(), reason },
            Deed::Exclude => Input::Exclude { reason },
            Deed::Include => Input::Include { by, reason },
            Deed::Set { .. } | Deed::Resend | Deed::Retry | Deed::Pause | Deed::Resume => {
                return false;
            }
        };
        let connected = self.running.and_then(|running| running.systems.of(stream.tenant()));
        let state = self.engine.state::<Placement>(stream).ok().flatten();
        let (Some(connected), Some(state)) = (connected, state) else { return false };
        let now = self.engine.clock().now();
        let context = Context { stream, now, rules: &connected.tenant.rules };
        Placement::decide(Some(&state), input, &context).is_ok_and(|events| !events.is_empty())
    }
}
