//! What a person orders, from the command line or from a program: each is an input to a workflow, kept in the log with
//! who and why. What is refused is refused in a sentence.
//!
//! Settling a flag, excluding, including, setting a fact, giving the application's link again, trying again now, pausing
//! and resuming. Forgetting a person is in `forget.rs`. On a stopped log all of it can be ordered but what needs the
//! other side: see [`Desk::running`].

use std::collections::BTreeSet;

use integration_1099policy::poll::Watch;
use serde::{Deserialize, Serialize};
use workflow_core::dispatch::Dispatcher;
use workflow_core::domain::Insurance;
use workflow_core::domain::by_hand::Fact;
use workflow_core::domain::call::Side;
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::gate::{self, Behind, Gate};
use workflow_core::domain::placement::{self, Placement, State};
use workflow_core::engine::{Engine, HandleError, Handled, Source};
use workflow_core::id::{Key, StreamId};

use crate::gates::{Gates, named};
use crate::notify::Subscriber;
use crate::pulse::{Beat, Pulse};
use crate::read;
use crate::systems::{JOBDIVA, POLICY, Systems};
use crate::views;

mod name;
mod offers;
mod papers;

/// An order: what, about what, who and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// What is to be done.
    pub deed: Deed,
    /// About what.
    pub about: About,
    /// Why, in the person's words; it is kept, so it must not name a candidate.
    pub reason: String,
    /// Who.
    pub by: String,
}

/// What can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Settle a flag.
    Resolve(How),
    /// Take a placement out of scope.
    Exclude,
    /// Take a placement into scope.
    Include,
    /// Set a missing fact.
    Set {
        /// Its name, such as `wage`.
        fact: String,
        /// Its value, as it is written.
        value: String,
    },
    /// Give the application's link again.
    Resend,
    /// Try now what waits for its next try.
    Retry,
    /// Send nothing until it is resumed.
    Pause,
    /// Let it go on.
    Resume,
}

/// How a flag is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Go on where it stopped.
    Return,
    /// Read it again and start from what is known.
    Restart,
    /// What is covered stays as it is.
    Accept,
    /// It is settled outside: close it.
    Close,
}

/// What an order is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// One instance: `51000777`, `acme/51000777`, `contractor/70001203`, `acme/contractor/70001203`,
    /// `certificate/70001203.8f3a`, `invoice/51000777.2026-04-05`.
    One(String),
    /// Everything of a tenant.
    Tenant(String),
    /// Everything that is asked of one adapter, of one tenant or of all.
    Adapter {
        /// `jobdiva` or `1099policy`.
        adapter: String,
        /// The tenant; `None` is all.
        tenant: Option<String>,
    },
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// [`views::VERSION`].
    pub version: u32,
    /// What it was done to.
    pub to: Vec<Moved>,
    /// The application's link, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// How many calls are tried now, where that was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<u64>,
}

/// One thing that an order was about, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its stream.
    pub stream: String,
    /// Its state's name.
    pub state: String,
    /// Why it is there, in plain words.
    pub why: String,
    /// How many events the order led to; none when there was nothing to change.
    pub events: usize,
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// Which one is not clear, or the order is not understood.
    #[error("{0}")]
    Unclear(String),
    /// The rules say no.
    #[error("{0}")]
    Refused(String),
    /// Not now.
    #[error("{0}")]
    NotNow(String),
    /// The engine did not take it.
    #[error(transparent)]
    Engine(HandleError),
}

impl From<HandleError> for OrderError {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Rejected(no) => OrderError::Refused(no.message),
            error @ (HandleError::UnknownTenant(_) | HandleError::UnknownWorkflow(_)) => {
                OrderError::Unknown(error.to_string())
            }
            error @ (HandleError::BadInput(_)
            | HandleError::Defect(_)
            | HandleError::Replay(_)
            | HandleError::NoRoom(_)
            | HandleError::Stopped(_)) => OrderError::Engine(error),
        }
    }
}

/// Where orders are taken.
pub struct Desk<'a> {
    /// The engine.
    pub engine: &'a Engine<Insurance>,
    /// The tenants that there are.
    pub tenants: &'a [String],
    /// What is at work; `None` on a stopped log, where nothing can be tried or asked for.
    pub running: Option<Running<'a>>,
}

/// What is at work in a running process.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    /// Who performs the calls.
    pub dispatcher: &'a Dispatcher<Insurance, Systems>,
    /// The tenants' systems.
    pub systems: &'a Systems,
    /// What the loops are doing.
    pub pulse: &'a Pulse,
}

impl Desk<'_> {
    /// Carries an order out.
    pub async fn take(&self, order: Order) -> Result<Done, OrderError> {
        if order.reason.trim().is_empty() {
            let what = "say why, with --reason: it is kept with the decision";
            return Err(OrderError::Refused(what.to_owned()));
        }
        match (&order.deed, &order.about) {
            (Deed::Pause | Deed::Resume, _) => self.gate(&order).await,
            (Deed::Retry, _) => self.retry(&order).await,
            (_, About::One(name)) => {
                let stream = self.one(name)?;
                match stream.workflow() {
                    "placement" => self.placement(&stream, order).await,
                    "contractor" => self.contractor(&stream, order).await,
                    "certificate" => self.certificate(&stream, order).await,
                    "invoice" => self.invoice(&stream, order).await,
                    other => Err(OrderError::Refused(format!("that cannot be done to a {other}"))),
                }
            }
            (_, About::Tenant(_) | About::Adapter { .. }) => {
                Err(OrderError::Unclear("that is ordered for one placement at a time".into()))
            }
        }
    }

    fn moved(&self, stream: &StreamId, handled: &Handled) -> Moved {
        let why = self.engine.summary(stream).map(|summary| summary.headline);
        Moved {
            stream: stream.to_string(),
            state: handled.state.to_owned(),
            why: why.unwrap_or_default(),
            events: handled.events,
        }
    }

    fn done(&self, stream: &StreamId, handled: &Handled) -> Done {
        let to = vec![self.moved(stream, handled)];
        Done { version: views::VERSION, to, link: None, tried: None }
    }

    async fn placement(&self, stream: &StreamId, order: Order) -> Result<Done, OrderError> {
        let Order { deed, reason, by, .. } = order;
        let source = source(&by);
        let input = match deed {
            Deed::Resolve(how) => {
                let resolution = how.resolution();
                placement::Input::Resolve { resolution, reason }
            }
            Deed::Exclude => placement::Input::Exclude { reason },
            Deed::Include => placement::Input::Include { by, reason },
            Deed::Set { fact, value } if fact == "email" => {
                let contractor = self.contractor_of(stream)?;
                return self.set_email(&contractor, &value, reason, source).await;
            }
            Deed::Set { fact, value } => {
                let fact = Fact::parse(&fact, &value).map_err(|why| {
                    OrderError::Unclear(why.replace("what can: ", "what can: email, "))
                })?;
                placement::Input::Set { fact, by, reason }
            }
            Deed::Resend => return self.resend(stream, reason, source).await,
            Deed::Retry | Deed::Pause | Deed::Resume => return Err(astray()),
        };
        let handled = self.engine.handle::<Placement>(stream, input, source).await?;
        Ok(self.done(stream, &handled))
    }

    async fn contractor(&self, stream: &StreamId, order: Order) -> Result<Done, OrderError> {
        let Order { deed, reason, by, .. } = order;
        let source = source(&by);
        let refuse = |why: &str| Err(OrderError::Refused(why.to_owned()));
        let input = match deed {
            Deed::Resolve(How::Return | How::Restart) => contractor::Input::Retry { reason },
            Deed::Resolve(How::Close) => {
                let flagged = contractor::StateKind::Flagged;
                let state = self.engine.summary(stream).map(|summary| summary.state);
                if state != Some(workflow_core::machine::Kind::name(flagged)) {
                    return refuse("it is not flagged: there is nothing to resolve");
                }
                contractor::Input::Retire { reason }
            }
            Deed::Resolve(How::Accept) => {
                return refuse("a contractor has nothing to accept: return (try again) or close");
            }
            Deed::Set { fact, value } if fact == "email" => {
                return self.set_email(stream, &value, reason, source).await;
            }
            Deed::Set { .. } => return refuse("of a contractor only the email can be set"),
            Deed::Exclude | Deed::Include | Deed::Resend => {
                return refuse("that is for a placement, not for a contractor");
            }
            Deed::Retry | Deed::Pause | Deed::Resume => return Err(astray()),
        };
        let handled = self.engine.handle::<Contractor>(stream, input, source).await?;
        Ok(self.done(stream, &handled))
    }

    async fn set_email(
        &self,
        stream: &StreamId,
        email: &str,
        reason: String,
        source: Source,
    ) -> Result<Done, OrderError> {
        let input = contractor::Input::SetEmail { email: email.into(), reason };
        let handled = self.engine.handle::<Contractor>(stream, input, source).await?;
        Ok(self.done(stream, &handled))
    }

    /// The contractor of the placement's worker, once it has asked for one.
    fn contractor_of(&self, stream: &StreamId) -> Result<StreamId, OrderError> {
        let state = self.engine.state::<Placement>(stream)?;
        let candidate = state.as_ref().and_then(placement::candidate);
        let of = |id: &str| StreamId::new("contractor", stream.tenant(), id).ok();
        let contractor = candidate.and_then(|candidate| of(candidate.as_str()));
        contractor.filter(|contractor| self.engine.summary(contractor).is_some()).ok_or_else(|| {
            OrderError::Refused(format!(
                "nothing of the worker of {} is known here yet: no e-mail is needed before the \
                 placement is ready",
                stream.key()
            ))
        })
    }

    /// The link is asked for at the insurer first: what ran out is no help to anybody.
    async fn resend(
        &self,
        stream: &StreamId,
        reason: String,
        source: Source,
    ) -> Result<Done, OrderError> {
        let running = self.running.ok_or_else(|| {
            let why = "whether the link still works is asked at the insurer: start the service, then resend";
            OrderError::Refused(why.to_owned())
        })?;
        let open = |state: Option<State>| match state {
            Some(State::ApplicationPending { application, .. }) => Some(application),
            Some(_) | None => None,
        };
        if let Some(application) = open(self.engine.state::<Placement>(stream)?) {
            self.may_send(running, stream, Side::Insurer)?;
            let connected = running.systems.of(stream.tenant());
            let connected =
                connected.ok_or_else(|| OrderError::Unknown("no such tenant".into()))?;
            let _turn = connected.turns.sightings.lock().await;
            let watch = [Watch::Session(application.session)];
            let now = self.engine.clock().now();
            let seen = connected.policy.observe(&watch, now).await;
            if let Some((_, error)) = seen.unread.first() {
                let why = error.as_ref().map(ToString::to_string).unwrap_or_default();
                return Err(OrderError::NotNow(format!("1099Policy could not be asked: {why}")));
            }
            for sighting in &seen.sightings {
                let told = read::tell(self.engine, stream.tenant(), sighting, &source).await;
                told.map_err(|error| OrderError::NotNow(error.to_string()))?;
            }
        }
        let input = placement::Input::Resend { reason };
        let handled = self.engine.handle::<Placement>(stream, input, source).await?;
        let link = open(self.engine.state::<Placement>(stream)?).map(|it| it.url);
        Ok(Done { link, ..self.done(stream, &handled) })
    }

    /// An order that would send something where nothing may be sent is refused.
    fn may_send(
        &self,
        running: Running<'_>,
        stream: &StreamId,
        side: Side,
    ) -> Result<(), OrderError> {
        match running.systems.gates().why(stream.tenant(), side, Some(stream)) {
            Some(why) => Err(OrderError::Refused(format!("{why}; resume it first"))),
            None => Ok(()),
        }
    }

    async fn retry(&self, order: &Order) -> Result<Done, OrderError> {
        let running = self.running.ok_or_else(|| {
            let why =
                "nothing waits on a stopped log: all that is owed is tried at once when it starts";
            OrderError::Refused(why.to_owned())
        })?;
        let (behind, tenant, whose) = match &order.about {
            About::One(name) => {
                let stream = self.one(name)?;
                let contractor = self.contractor_of(&stream).ok();
                let tenant = stream.tenant().to_owned();
                let whose: BTreeSet<_> =
                    [Some(stream.clone()), contractor].into_iter().flatten().collect();
                (Behind::Instance(stream), tenant, Some(whose))
            }
            About::Tenant(tenant) => (Behind::Tenant, self.known(tenant)?, None),
            About::Adapter { .. } => {
                return Err(OrderError::Unclear(
                    "retry is for an ID, or for --tenant T --all".into(),
                ));
            }
        };
        let which = |key: &Key| match &whose {
            Some(whose) => whose.iter().any(|stream| key.is_of(stream)),
            None => key.stream().is_some_and(|stream| stream.tenant() == tenant),
        };
        let sides = [Side::Ats, Side::Insurer];
        if let Some(why) = self.all_paused(running.systems.gates(), &behind, &tenant) {
            return Err(OrderError::Refused(format!("{why}; resume it first")));
        }
        let refused = running.systems.of(&tenant).is_some_and(|connected| {
            sides.into_iter().any(|side| connected.refused(side).is_some())
        });
        let waiting = running.dispatcher.waiting(which);
        if waiting == 0 && !(refused && behind == Behind::Tenant) {
            let what = "nothing of it waits for its next try: what it owes is tried at once, and what it waits for \
                        comes by itself";
            return Err(OrderError::Refused(what.to_owned()));
        }
        let (by, reason) = (order.by.clone(), order.reason.clone());
        let input = gate::Input::Retry { by, reason, calls: waiting as u64 };
        let stream = behind.stream(&tenant).map_err(|bad| OrderError::Unclear(bad.to_string()))?;
        let handled = self.engine.handle::<Gate>(&stream, input, source(&order.by)).await?;
        if let Some(connected) = running.systems.of(&tenant) {
            for side in sides {
                connected.probe.ask(side);
                connected.lift(side);
            }
            connected.subscribers.values().for_each(Subscriber::lift);
        }
        let tried = running.dispatcher.retry_now(which);
        let shown = match &behind {
            Behind::Instance(instance) => instance.clone(),
            Behind::Tenant | Behind::System(_) => stream,
        };
        Ok(Done {
            tried: Some(tried as u64),
            ..self.done(&shown, &self.standing(&shown, &handled))
        })
    }

    /// What an instance is, after something was ordered about it that did not move it.
    fn standing(&self, stream: &StreamId, handled: &Handled) -> Handled {
        let state = self.engine.summary(stream).map_or(handled.state, |summary| summary.state);
        Handled { state, ..handled.clone() }
    }

    fn all_paused(&self, gates: &Gates, behind: &Behind, tenant: &str) -> Option<String> {
        let instance = match behind {
            Behind::Instance(stream) => Some(stream),
            Behind::Tenant | Behind::System(_) => None,
        };
        let ats = gates.why(tenant, Side::Ats, instance)?;
        gates.why(tenant, Side::Insurer, instance).map(|_| ats)
    }

    fn known(&self, tenant: &str) -> Result<String, OrderError> {
        match self.tenants.iter().any(|known| known == tenant) {
            true => Ok(tenant.to_owned()),
            false => {
                let known = self.tenants.join(", ");
                Err(OrderError::Unknown(format!(
                    "no tenant is called {tenant}; there are: {known}"
                )))
            }
        }
    }

    async fn gate(&self, order: &Order) -> Result<Done, OrderError> {
        let gates: Vec<(Behind, String)> = match &order.about {
            About::One(name) => {
                let stream = self.one(name)?;
                let tenant = stream.tenant().to_owned();
                vec![(Behind::Instance(stream), tenant)]
            }
            About::Tenant(tenant) => vec![(Behind::Tenant, self.known(tenant)?)],
            About::Adapter { adapter, tenant } => {
                let side = side(adapter)?;
                let tenants = match tenant {
                    Some(tenant) => vec![self.known(tenant)?],
                    None => self.tenants.to_vec(),
                };
                tenants.into_iter().map(|tenant| (Behind::System(side), tenant)).collect()
            }
        };
        let (mut to, mut refused) = (Vec::new(), None);
        for (behind, tenant) in gates {
            match self.turn(&behind, &tenant, order).await {
                Ok(moved) => to.push(moved),
                Err(error @ OrderError::Refused(_)) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (to.is_empty(), refused) {
            (true, Some(refused)) => Err(refused),
            _ => Ok(Done { version: views::VERSION, to, link: None, tried: None }),
        }
    }

    /// Shuts or opens one gate.
    async fn turn(
        &self,
        behind: &Behind,
        tenant: &str,
        order: &Order,
    ) -> Result<Moved, OrderError> {
        let stream = behind.stream(tenant).map_err(|bad| OrderError::Unclear(bad.to_string()))?;
        let (by, reason) = (order.by.clone(), order.reason.clone());
        // An endpoint is no workflow and has no end.
        let ended = |stream: &StreamId| {
            stream.workflow() != "notify"
                && self.engine.summary(stream).is_none_or(|it| it.terminal)
        };
        let input = match (&order.deed, behind) {
            (Deed::Pause, Behind::Instance(instance)) if ended(instance) => {
                let what =
                    format!("{} has come to its end: nothing is sent for it", instance.key());
                return Err(OrderError::Refused(what));
            }
            (Deed::Pause, _) => gate::Input::Pause { by, reason },
            (_, Behind::Instance(instance)) if ended(instance) => {
                gate::Input::Remove { by, reason }
            }
            (_, _) => gate::Input::Resume { by, reason },
        };
        let handled = self.engine.handle::<Gate>(&stream, input, source(&order.by)).await?;
        if let Some(running) = self.running {
            running.systems.gates().load(self.engine);
            if order.deed == Deed::Resume {
                for worker in ["poll", "inbox"] {
                    let name = format!("{worker}/{tenant}");
                    if running.pulse.beats().contains_key(&name) {
                        running.pulse.set(&name, Beat::Working);
                    }
                }
            }
            running.dispatcher.look_again();
        }
        let name = match behind {
            Behind::Instance(instance) => instance.to_string(),
            Behind::Tenant => format!("tenant {tenant}"),
            Behind::System(side) => format!("{} of tenant {tenant}", named(*side)),
        };
        let mut moved = self.moved(&stream, &handled);
        moved.stream = name;
        Ok(moved)
    }
}

/// The adapter's side.
fn side(adapter: &str) -> Result<Side, OrderError> {
    match adapter {
        JOBDIVA => Ok(Side::Ats),
        POLICY => Ok(Side::Insurer),
        other => Err(OrderError::Unknown(format!(
            "no adapter is called {other}; there are: {JOBDIVA}, {POLICY}"
        ))),
    }
}

fn source(by: &str) -> Source {
    Source::new(format!("operator:{by}"), "")
}

fn astray() -> OrderError {
    OrderError::Unclear("that is ordered otherwise".into())
}
