//! The road for when webhooks are off or lost: the list of events, and the resources themselves.
//!
//! The list of events is documented to show its newest part only, so a sweep can find that it has missed some; then, and
//! every night, reading the resources of every open placement ([`Ten99Policy::observe`]) is what makes nothing lost.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::domain::call::{
    AssignmentId, CertificateId, PolicyId, QuoteId, SessionId, Sighting,
};
use workflow_core::time::Timestamp;

use crate::Ten99Policy;
use crate::delivery::Delivery;
use crate::failure::Error;
use crate::pages::{self, Walk, Walked};
use crate::wire::{Listed, lenient};

/// How far behind the newest known event a sweep reads again: an event may show up later than it is dated.
const OVERLAP_SECS: i64 = 3600;

/// How far a sweep has come. Keep it only after every delivery of the sweep is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCursor {
    /// The newest event seen.
    pub newest: Option<String>,
    /// When that was created.
    pub created: Option<Timestamp>,
}

/// What a sweep found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Oldest first, in the shape of webhooks and with the same keys. Some may be known already, from the overlap.
    pub deliveries: Vec<Delivery>,
    /// Where the next sweep begins.
    pub cursor: SweepCursor,
    /// Events may lie between the last sweep and this one that the list no longer shows: observe everything.
    pub gap: bool,
}

/// One resource of an open placement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watch {
    /// The policies that came from a quote.
    Quote(QuoteId),
    /// An application session.
    Session(SessionId),
    /// An assignment.
    Assignment(AssignmentId),
    /// A policy.
    Policy(PolicyId),
    /// A certificate, with its review: where that broke down, no webhook tells.
    Certificate(CertificateId),
}

/// What reading a set of resources gave.
#[derive(Debug, Default)]
pub struct Observed {
    /// What was seen.
    pub sightings: Vec<Sighting>,
    /// What the provider no longer has: coverage that rested on it is lost.
    pub missing: Vec<Watch>,
    /// What was not read, each with its reason; after an outage or a refused key, all the rest.
    pub unread: Vec<(Watch, Option<Error>)>,
}

/// An event as lists show it.
#[derive(Deserialize)]
struct Event(Value);

impl Listed for Event {
    fn id(&self) -> Option<&str> {
        self.0["id"].as_str()
    }
    fn created(&self) -> Option<Timestamp> {
        lenient::moment_of(&self.0["created"])
    }
}

impl Ten99Policy {
    /// Reads the events since the last sweep. The first sweep reads as far back as the list goes, at most 50 pages.
    pub async fn sweep_events(&self, cursor: &SweepCursor) -> Result<Swept, Error> {
        let since = cursor.created.map(|c| Timestamp::from_secs(c.as_secs() - OVERLAP_SECS));
        let page_size = self.config().page_size;
        let walk = Walk { path: "/events", filter: None, since, page_size };
        let walked: Walked<Event> = pages::walk(self.client(), &walk).await?;
        let reached = cursor.newest.as_ref().is_none_or(|newest| {
            walked.items.iter().any(|event| event.id() == Some(newest.as_str()))
        });
        let newest = walked.items.iter().max_by_key(|event| event.created());
        let next = match newest {
            Some(event) if event.created() >= cursor.created => {
                SweepCursor { newest: event.id().map(str::to_owned), created: event.created() }
            }
            Some(_) | None => cursor.clone(),
        };
        let deliveries = walked
            .items
            .iter()
            .rev()
            .filter_map(|Event(event)| Delivery::of_event(event, event.to_string().as_bytes()));
        Ok(Swept { deliveries: deliveries.collect(), cursor: next, gap: !reached })
    }

    /// Reads resources as they stand at `now`. One that fails does not keep the others from being read, unless the
    /// provider is out of reach or refuses the key.
    pub async fn observe(&self, what: &[Watch], now: Timestamp) -> Observed {
        let mut observed = Observed::default();
        let mut rest = what.iter();
        for watch in rest.by_ref() {
            match self.read_watched(watch, now).await {
                Ok(Some(sightings)) => observed.sightings.extend(sightings),
                Ok(None) => observed.missing.push(watch.clone()),
                Err(error) => {
                    let stop = is_about_all(&error);
                    observed.unread.push((watch.clone(), Some(error)));
                    if stop {
                        break;
                    }
                }
            }
        }
        observed.unread.extend(rest.map(|watch| (watch.clone(), None)));
        observed
    }

    async fn read_watched(
        &self,
        watch: &Watch,
        now: Timestamp,
    ) -> Result<Option<Vec<Sighting>>, Error> {
        Ok(match watch {
            Watch::Quote(quote) => Some(self.policies_of(quote, now).await?),
            Watch::Session(session) => self.session(session).await?.map(|seen| vec![seen]),
            Watch::Assignment(id) => self.assignment(id).await?.map(|seen| vec![seen]),
            Watch::Policy(policy) => self.policy(policy, now).await?.map(|seen| vec![seen]),
            Watch::Certificate(id) => self.certificate(id).await?.map(|seen| vec![seen]),
        })
    }
}

fn is_about_all(error: &Error) -> bool {
    match error {
        Error::Unavailable { .. } => true,
        Error::Refused(refusal) => crate::stops_the_connector(refusal),
        Error::Unreadable(_) => false,
    }
}
