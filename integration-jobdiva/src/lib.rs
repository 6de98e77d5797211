//! The JobDiva adapter: what an applicant tracking system's records say of placements, in the domain's words.
//!
//! Three functions and two readings, in the order in which a change travels:
//!
//! - [`receive`]: a webhook's bytes become verified [`delivery`]s that hold ids only; pure.
//! - [`interpret`]: a delivery says what to read; pure.
//! - [`poll`]: the delta feeds say which placements were touched, window by window.
//! - [`census`]: a count of all placements, for those that no feed told of.
//! - [`JobDiva::assemble`]: one placement's facts, read through the API.
//! - [`JobDiva::timesheet`]: one timesheet; the feed brings the others.
//! - [`JobDiva::perform`]: one attempt at a call that a workflow owes.
//! - [`documents`]: which files a candidate has, and their bytes.
//!
//! - [`JobDiva::probe`]: tries one operation without harm, and says how its answer fits; for setting a tenant up.
//!
//! Everything that is asked of JobDiva is a named operation ([`operations`]); what a tenant does otherwise is
//! [`config`]; what can go wrong, one variant per reaction, is [`error`]. The engine owns retries and waits: each
//! function here tries once. Nothing is ever written to JobDiva.
//!
//! Read `client.rs` next for what goes over the wire, `wire.rs` for how answers are read, `assemble.rs` for what
//! is made of them.

pub mod census;
pub mod config;
pub mod delivery;
pub mod documents;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod interpret;
pub mod invoice;
pub mod operations;
pub mod poll;
pub mod probe;
pub mod receive;
pub mod secret;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod standing;

mod assemble;
mod client;
mod paging;
mod perform;
mod pushback;
mod request;
mod timesheet;
mod token;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use workflow_core::time::{Clock, Timestamp};

use crate::client::Client;
use crate::config::{BadConfig, Config};
use crate::error::Error;
pub use crate::timesheet::timesheet_status;
use crate::wire::row::Row;

/// How many activities a feed gave are remembered, for tenants whose API user may not read one by its id.
const REMEMBERED_MAX: usize = 4096;

/// A handle to one tenant's JobDiva; clones share the connection and the login.
#[derive(Clone)]
pub struct JobDiva(Arc<Inner>);

struct Inner {
    client: Client,
    /// The activities last seen in a feed, by placement.
    activities: Mutex<BTreeMap<String, Row>>,
    /// Feeds that are not granted, and until when they are left alone.
    closed: Mutex<BTreeMap<&'static str, Timestamp>>,
}

impl JobDiva {
    /// A handle with these settings. Nothing is sent yet; fails only for settings that cannot work.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, BadConfig> {
        let client = Client::new(config, clock)?;
        let (activities, closed) = (Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { client, activities, closed })))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.client.config
    }

    /// Logs in, and says until when the token is good: a check of the credentials. Needed by nothing else.
    pub async fn log_in(&self) -> Result<Timestamp, Error> {
        self.0.client.log_in().await
    }

    /// Why the credentials are refused, in the service's words; `None` while nothing speaks against them. What waits for
    /// them may as well not be sent.
    pub fn refused(&self) -> Option<String> {
        self.0.client.refused()
    }

    /// Until when the login token in hand is good; `None` before the first login, and while one is under way.
    pub fn token_until(&self) -> Option<workflow_core::time::Timestamp> {
        self.0.client.token_until()
    }

    /// Takes another password, from the next login on.
    pub fn set_password(&self, password: secret::Secret) {
        self.0.client.set_password(password);
    }

    /// A person says that it may be asked now, whatever it wished and however long nobody answered.
    pub fn lift(&self) {
        self.0.client.lift();
    }

    /// The limits and the breaker as they stand.
    pub fn outlet(&self) -> workflow_core::outlet::Shown {
        self.0.client.outlet()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// Whether a feed is left alone because it is not granted.
    pub(crate) fn is_closed(&self, feed: &str, now: Timestamp) -> bool {
        let closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.get(feed).is_some_and(|until| *until > now)
    }

    /// Leaves a feed alone until a moment.
    pub(crate) fn close(&self, feed: &'static str, until: Timestamp) {
        let mut closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.insert(feed, until);
    }

    /// What a feed last said of a placement.
    pub(crate) fn remembered(&self, placement: &str) -> Option<Row> {
        let activities = self.0.activities.lock().unwrap_or_else(PoisonError::into_inner);
        activities.get(placement).cloned()
    }

    /// Keeps what a census says of a placement that no feed told of.
    pub(crate) fn remember_new(&self, placement: &str, start: &Row) {
        if self.remembered(placement).is_none() {
            self.remember(placement, start);
        }
    }

    /// Keeps what a feed says of a placement; the lowest ids, the oldest placements, are forgotten first.
    pub(crate) fn remember(&self, placement: &str, activity: &Row) {
        let mut activities = self.0.activities.lock().unwrap_or_else(PoisonError::into_inner);
        activities.insert(placement.to_owned(), activity.clone());
        if activities.len() > REMEMBERED_MAX {
            activities.pop_first();
        }
    }
}

impl fmt::Debug for JobDiva {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JobDiva").field(&self.0.client.config.base_url).finish()
    }
}
