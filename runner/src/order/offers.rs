//! Which orders would be taken at present: asked of the rules that decide, without giving the order. So a page shows only
//! buttons that do something. What is refused for reasons outside the workflow (credentials) is the desk's to say.

use workflow_core::domain::Insurance;
use workflow_core::domain::by_hand::{Fact, WRITTEN};
use workflow_core::domain::certificate::{self, Certificate};
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::invoice::{self, Invoice};
use workflow_core::domain::placement::{Input, Placement, Resolution};
use workflow_core::id::StreamId;
use workflow_core::machine::Kind as _;
use workflow_core::workflow::{Context, Workflow};

use super::{Deed, Desk, How};

/// Stands for a reason that somebody will give.
const REASON: &str = "asked";
/// Stands for an e-mail that somebody will give.
const EMAIL: &str = "asked@example.com";
/// The fact that is a contractor's and none of [`WRITTEN`]: name, form, and an example.
const EMAIL_WRITTEN: (&str, &str, &str) = ("email", "the worker's own", "kim@example.com");

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
            Deed::Pause => !is_paused && self.engine.summary(stream).is_some_and(|it| !it.terminal),
            Deed::Resume => is_paused,
            Deed::Retry => {
                let contractor = self.contractor_of(stream).ok();
                let mut meant = [Some(stream), contractor.as_ref()].into_iter().flatten();
                meant.any(|stream| running.dispatcher.is_waiting(stream))
            }
            Deed::Resolve(_) | Deed::Exclude | Deed::Include | Deed::Set { .. } | Deed::Resend => {
                match stream.workflow() {
                    "placement" => self.placement_would(deed, stream),
                    "contractor" => self.contractor_would(deed, stream),
                    "certificate" => self.certificate_would(deed, stream),
                    "invoice" => self.invoice_would(deed, stream),
                    _ => false,
                }
            }
        }
    }

    /// The facts that somebody could set now: name, form, and an example.
    pub fn settable(&self, stream: &StreamId) -> Vec<(&'static str, &'static str, &'static str)> {
        let would = |(name, _, example): &(&str, &str, &str)| {
            let (fact, value) = ((*name).to_owned(), (*example).to_owned());
            self.would_take(&Deed::Set { fact, value }, stream)
        };
        WRITTEN.iter().copied().chain([EMAIL_WRITTEN]).filter(would).collect()
    }

    fn placement_would(&self, deed: &Deed, stream: &StreamId) -> bool {
        let (reason, by) = (REASON.to_owned(), REASON.to_owned());
        let input = match deed {
            Deed::Resolve(how) => Input::Resolve { resolution: how.resolution(), reason },
            Deed::Exclude => Input::Exclude { reason },
            Deed::Include => Input::Include { by, reason },
            Deed::Set { fact, .. } if fact == EMAIL_WRITTEN.0 => {
                let contractor = self.contractor_of(stream);
                return contractor.is_ok_and(|contractor| self.contractor_would(deed, &contractor));
            }
            Deed::Set { fact, value } => match Fact::parse(fact, value) {
                Ok(fact) => Input::Set { fact, by, reason },
                Err(_) => return false,
            },
            Deed::Resend => Input::Resend { reason },
            Deed::Retry | Deed::Pause | Deed::Resume => return false,
        };
        self.leads_to_something::<Placement>(stream, input)
    }

    fn contractor_would(&self, deed: &Deed, stream: &StreamId) -> bool {
        let reason = REASON.to_owned();
        let input = match deed {
            Deed::Resolve(How::Return | How::Restart) => contractor::Input::Retry { reason },
            Deed::Resolve(How::Close) => {
                let state = self.engine.summary(stream).map(|summary| summary.state);
                if state != Some(contractor::StateKind::Flagged.name()) {
                    return false;
                }
                contractor::Input::Retire { reason }
            }
            Deed::Set { fact, .. } if fact == EMAIL_WRITTEN.0 => {
                contractor::Input::SetEmail { email: EMAIL.into(), reason }
            }
            Deed::Resolve(How::Accept)
            | Deed::Exclude
            | Deed::Include
            | Deed::Set { .. }
            | Deed::Resend
            | Deed::Retry
            | Deed::Pause
            | Deed::Resume => return false,
        };
        self.leads_to_something::<Contractor>(stream, input)
    }

    fn certificate_would(&self, deed: &Deed, stream: &StreamId) -> bool {
        let reason = REASON.to_owned();
        let input = match deed {
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
            | Deed::Resume => return false,
        };
        self.leads_to_something::<Certificate>(stream, input)
    }

    fn invoice_would(&self, deed: &Deed, stream: &StreamId) -> bool {
        let reason = REASON.to_owned();
        let input = match deed {
            Deed::Resolve(How::Return) => invoice::Input::Retry { reason },
            Deed::Resolve(How::Close) => invoice::Input::Settle { reason },
            Deed::Resolve(How::Restart | How::Accept)
            | Deed::Exclude
            | Deed::Include
            | Deed::Set { .. }
            | Deed::Resend
            | Deed::Retry
            | Deed::Pause
            | Deed::Resume => return false,
        };
        self.leads_to_something::<Invoice>(stream, input)
    }

    fn leads_to_something<W: Workflow<Domain = Insurance>>(
        &self,
        stream: &StreamId,
        input: W::Input,
    ) -> bool {
        let connected = self.running.and_then(|running| running.systems.of(stream.tenant()));
        let state = self.engine.state::<W>(stream).ok().flatten();
        let (Some(connected), Some(state)) = (connected, state) else { return false };
        let now = self.engine.clock().now();
        let context = Context { stream, now, rules: &connected.tenant.rules };
        W::decide(Some(&state), input, &context).is_ok_and(|events| !events.is_empty())
    }
}
