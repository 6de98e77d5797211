//! Signed webhooks: what changed is collected for some seconds, sent once due, and tried again a few times.
//!
//! Everything is timed on the simulator's clock: nothing goes out unless someone drives it. A message has no event
//! id and no time, may come twice, out of order or never. The wire is in [`super::client`].

use std::fmt;
use std::io;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha1::Sha1;
use workflow_core::time::Timestamp;

use super::behaviour::{Behaviour, BillingDates};
use super::client::Heard;
use super::envelope::{dice, roughen};
use super::feeds::{self, Feed};
use super::rows::{Udfs, View};
use super::server::Shared;
use super::state::{Moments, State};

/// What a webhook is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordType {
    /// A candidate.
    Candidate,
    /// A job.
    Job,
    /// A submittal, hire, start.
    Activity,
    /// A billing record; the id is `employee/record`.
    Billing,
    /// A pay record; the id is `employee/record`.
    Salary,
    /// A timesheet.
    Timesheet,
}

impl RecordType {
    /// Every type, as switched on by default.
    pub const ALL: [Self; 6] =
        [Self::Candidate, Self::Job, Self::Activity, Self::Billing, Self::Salary, Self::Timesheet];

    fn feed(self) -> Feed {
        match self {
            Self::Candidate => Feed::Candidates,
            Self::Job => Feed::Jobs,
            Self::Activity => Feed::Activities,
            Self::Billing => Feed::Billing,
            Self::Salary => Feed::Salary,
            Self::Timesheet => Feed::Timesheets,
        }
    }
}

/// What happened to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// It is new.
    Insert,
    /// It changed.
    Update,
    /// It is gone; the message has no data.
    Delete,
}

/// Where webhooks go; set in JobDiva's screens, never through its API.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTarget {
    /// Plain `http` address.
    pub url: String,
    /// The signature secret.
    pub secret: String,
    /// Whether the signature is written `sha1=…` or bare.
    #[serde(default = "yes")]
    pub is_prefixed: bool,
    /// The types switched on.
    #[serde(default = "all_types")]
    pub types: Vec<RecordType>,
}

fn yes() -> bool {
    true
}

fn all_types() -> Vec<RecordType> {
    RecordType::ALL.to_vec()
}

/// Without the secret and without the address, whose path may be a secret too.
impl fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookTarget").field("types", &self.types).finish_non_exhaustive()
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not sent yet, or to be tried again.
    Waiting,
    /// Answered 200 with `true`.
    Delivered,
    /// All tries used up.
    Failed,
    /// Lost on purpose; never sent.
    Dropped,
}

/// One message and its tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Counts from 1 within a dataset.
    pub number: u64,
    /// What it is about.
    pub record_type: RecordType,
    /// The record's id.
    pub id: String,
    /// What happened.
    pub operation: Operation,
    /// When it is next due.
    pub due: Timestamp,
    /// Tries so far.
    pub attempts: u32,
    /// How it stands.
    pub outcome: Outcome,
    /// The bytes sent; none before the first try.
    pub body: Option<String>,
}

impl State {
    /// Turns what came by itself since the last scan into webhooks.
    pub(super) fn scan(&mut self, behaviour: &Behaviour, now: Timestamp) {
        let since = self.scanned;
        if now <= since {
            return;
        }
        self.scanned = now;
        let mut news: Vec<(Timestamp, RecordType, String, Operation)> = Vec::new();
        let mut note = |kind: RecordType, id: String, record: &dyn Moments| {
            let moments = record.moments();
            let created = moments.first().copied();
            for at in moments.into_iter().filter(|at| since < *at && *at <= now) {
                let is_new = Some(at) == created;
                let operation = if is_new { Operation::Insert } else { Operation::Update };
                if created.is_some_and(|created| created <= at) {
                    news.push((at, kind, id.clone(), operation));
                }
            }
        };
        for of in self.candidates.values() {
            note(RecordType::Candidate, of.id.to_string(), of);
        }
        for of in self.jobs.values() {
            note(RecordType::Job, of.id.to_string(), of);
        }
        for of in self.activities.values().filter(|of| of.deleted.is_none()) {
            note(RecordType::Activity, of.id.to_string(), of);
        }
        for of in self.billing.iter().filter(|of| !of.deleted) {
            note(RecordType::Billing, format!("{}/{}", of.employee, of.rec), of);
        }
        for of in self.salary.iter().filter(|of| !of.deleted) {
            note(RecordType::Salary, format!("{}/{}", of.employee, of.rec), of);
        }
        for of in self.timesheets.iter().filter(|of| of.deleted.is_none()) {
            note(RecordType::Timesheet, of.id.to_string(), of);
        }
        news.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        for (at, kind, id, operation) in news {
            self.announce(behaviour, kind, id, operation, at);
        }
    }

    /// Adds a change to the message being collected for its record, or starts one.
    pub(super) fn announce(
        &mut self,
        behaviour: &Behaviour,
        kind: RecordType,
        id: String,
        operation: Operation,
        at: Timestamp,
    ) {
        if !self.webhook.as_ref().is_some_and(|target| target.types.contains(&kind)) {
            return;
        }
        let collecting =
            self.deliveries.iter_mut().rev().find(|of| {
                of.record_type == kind && of.id == id && of.attempts == 0 && at < of.due
            });
        if let Some(message) = collecting {
            message.operation = match (message.operation, operation) {
                (_, Operation::Delete) => Operation::Delete,
                (Operation::Insert, _) => Operation::Insert,
                (Operation::Update | Operation::Delete, other) => other,
            };
            return;
        }
        let number = self.deliveries.len() as u64 + 1;
        let due = at.plus(Duration::from_secs(behaviour.coalesce_secs.into()));
        let one_in = |n: u32, what: &str| {
            n > 0 && dice(&[what, &number.to_string()], behaviour.seed).is_multiple_of(n.into())
        };
        let is_lost = one_in(behaviour.mischief.drop_one_in, "drop");
        let message = Delivery {
            number,
            record_type: kind,
            id,
            operation,
            due,
            attempts: 0,
            outcome: if is_lost { Outcome::Dropped } else { Outcome::Waiting },
            body: None,
        };
        self.deliveries.push(message.clone());
        if !is_lost && one_in(behaviour.mischief.duplicate_one_in, "duplicate") {
            self.deliveries.push(Delivery { number: number + 1, ..message });
        }
    }

    fn take_due(&mut self, behaviour: &Behaviour, now: Timestamp) -> Vec<Post> {
        let Some(target) = self.webhook.clone() else { return Vec::new() };
        let due = self.deliveries.iter().filter(|of| of.outcome == Outcome::Waiting);
        let mut due: Vec<Delivery> = due.filter(|of| of.due <= now).cloned().collect();
        due.sort_by_key(|of| (of.due, of.number));
        if behaviour.mischief.reorder {
            due.reverse();
        }
        let post = |of: Delivery| {
            let body = of.body.clone().unwrap_or_else(|| self.message(behaviour, &of, now));
            let signature = signature(&target, &body);
            Post { number: of.number, url: target.url.clone(), signature, body }
        };
        due.into_iter().map(post).collect()
    }

    /// The body: the row of the delta feed as it is when the message is made.
    fn message(&self, behaviour: &Behaviour, of: &Delivery, now: Timestamp) -> String {
        let view = View { at: now, udfs: Udfs::All, billing_dates: BillingDates::Iso };
        let mut body = json!({
            "type": of.record_type,
            "operation": of.operation,
            "id": of.id,
        });
        let rows = feeds::changed(self, of.record_type.feed(), view, |_| true);
        if let Some(found) = rows.into_iter().find(|found| found.key == of.id)
            && of.operation != Operation::Delete
        {
            let mut row = found.row;
            roughen(&mut row, &found.key, behaviour);
            if of.record_type == RecordType::Candidate {
                row.insert("QUALIFICATIONS".into(), json!([]));
            }
            body["data"] = json!([row]);
        }
        body.to_string()
    }

    fn settle(&mut self, behaviour: &Behaviour, post: &Post, heard: &Heard, now: Timestamp) {
        let Some(of) = self.deliveries.iter_mut().find(|of| of.number == post.number) else {
            return;
        };
        of.attempts += 1;
        of.body = Some(post.body.clone());
        let is_taken =
            matches!(heard, Heard::Answer { status: 200, body } if body.trim() == "true");
        of.outcome = if is_taken {
            Outcome::Delivered
        } else if of.attempts >= behaviour.webhook_tries {
            Outcome::Failed
        } else {
            of.due = now.plus(Duration::from_secs(behaviour.webhook_retry_secs.into()));
            Outcome::Waiting
        };
    }

    /// Gives failed messages a fresh set of tries; the service does this from a scheduler.
    pub(super) fn resend_failed(&mut self, now: Timestamp) -> usize {
        let failed = self.deliveries.iter_mut().filter(|of| of.outcome == Outcome::Failed);
        let again = failed.map(|of| {
            (of.outcome, of.attempts, of.due) = (Outcome::Waiting, 0, now);
        });
        again.count()
    }
}

struct Post {
    number: u64,
    url: String,
    signature: String,
    body: String,
}

fn signature(target: &WebhookTarget, body: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(target.secret.as_bytes()).expect("any key length");
    mac.update(body.as_bytes());
    let digest = hex::encode(mac.finalize().into_bytes());
    if target.is_prefixed { format!("sha1={digest}") } else { digest }
}

/// Sends what is due at the present moment, each message once; answers how many tries were made.
pub(super) async fn deliver(shared: &Shared) -> io::Result<usize> {
    let _one_driver = shared.sending.lock().await;
    let behaviour = &shared.settings.behaviour;
    let posts = shared.change(|state, now| {
        state.scan(behaviour, now);
        state.take_due(behaviour, now)
    })?;
    for post in &posts {
        let heard = shared.sender.post(&post.url, &post.signature, post.body.clone()).await;
        shared.change(|state, now| state.settle(behaviour, post, &heard, now))?;
    }
    Ok(posts.len())
}
