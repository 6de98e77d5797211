//! Everything the simulator knows: one book of objects per tenant and environment, and what all books share.
//!
//! Absent: time. The clock is an argument; `agenda.rs` plays what time brings.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::time::Timestamp;

use super::agenda::{Agenda, Deed};
use super::assignments::Assignment;
use super::auth;
use super::categories::Category;
use super::certificates::Certificate;
use super::config::Config;
use super::contractors::Contractor;
use super::endpoints::Endpoint;
use super::entities::Entity;
use super::events::Event;
use super::faults::Faults;
use super::idempotency::Kept;
use super::ids;
use super::invoices::Invoice;
use super::jobs::Job;
use super::ledger::{Ledger, RequestSeen};
use super::policies::Policy;
use super::quotes::Quote;
use super::script::Script;
use super::sessions::Session;
use super::webhooks::Outbox;

/// The whole state, as it is kept on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct World {
    /// The simulated time at the last save.
    pub(super) clock: Timestamp,
    pub(super) books: BTreeMap<String, Book>,
    pub(super) shared: Shared,
    pub(super) kept: Kept,
}

/// What belongs to no single tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shared {
    seed: u64,
    counter: u64,
    /// Answers given; apart from `counter`, so that looking changes no later id.
    answers: u64,
    pub(super) agenda: Agenda,
    pub(super) outbox: Outbox,
    pub(super) scripts: BTreeMap<String, Script>,
    pub(super) faults: Faults,
    pub(super) ledger: Ledger,
    /// The newest requests; a record for the running process, not part of what is resumed.
    #[serde(skip)]
    pub(super) requests: VecDeque<RequestSeen>,
}

impl Shared {
    pub(super) fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn mint_request(&mut self) -> String {
        self.answers += 1;
        ids::base62(!self.seed, self.answers, "req_", 14)
    }

    pub(super) fn mint(&mut self, prefix: &str, len: usize) -> String {
        let counter = self.count();
        ids::base62(self.seed, counter, prefix, len)
    }
}

/// One tenant's objects in one environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Book {
    pub(super) entities: Shelf<Entity>,
    pub(super) categories: Shelf<Category>,
    pub(super) contractors: Shelf<Contractor>,
    pub(super) jobs: Shelf<Job>,
    pub(super) quotes: Shelf<Quote>,
    pub(super) sessions: Shelf<Session>,
    pub(super) policies: Shelf<Policy>,
    pub(super) assignments: Shelf<Assignment>,
    pub(super) invoices: Shelf<Invoice>,
    pub(super) certificates: Shelf<Certificate>,
    pub(super) events: Shelf<Event>,
    pub(super) endpoints: Shelf<Endpoint>,
}

impl Book {
    /// A tenant as its dashboard left it: two client companies, three approved categories.
    pub(super) fn seeded(now: Timestamp) -> Self {
        let mut book = Self {
            entities: Shelf::default(),
            categories: Shelf::default(),
            contractors: Shelf::default(),
            jobs: Shelf::default(),
            quotes: Shelf::default(),
            sessions: Shelf::default(),
            policies: Shelf::default(),
            assignments: Shelf::default(),
            invoices: Shelf::default(),
            certificates: Shelf::default(),
            events: Shelf::default(),
            endpoints: Shelf::default(),
        };
        for (id, name) in
            [("en_Halvorsen1", "Halvorsen Freight"), ("en_Brightwater1", "Brightwater Studio")]
        {
            book.entities.add(Entity::seeded(id, name, now.as_secs()));
        }
        for (id, name) in [
            ("jc_DataAnalyst", "Data Analyst"),
            ("jc_Designer", "Designer"),
            ("jc_Engineer", "Engineer"),
        ] {
            book.categories.add(Category::approved(id, name));
        }
        book
    }
}

impl World {
    pub(super) fn new(cfg: &Config, now: Timestamp) -> Self {
        let seeded = |(key, tenant): (&String, &String)| {
            (format!("{tenant}/{}", auth::environment_of(key)), Book::seeded(now))
        };
        Self {
            clock: now,
            books: cfg.keys.iter().map(seeded).collect(),
            shared: Shared {
                seed: cfg.seed,
                counter: 0,
                answers: 0,
                agenda: Agenda::default(),
                outbox: Outbox::default(),
                scripts: cfg.scripts.clone(),
                faults: Faults::default(),
                ledger: Ledger::default(),
                requests: VecDeque::new(),
            },
            kept: Kept::default(),
        }
    }

    /// The desk at which one request or deed of `scope` is handled.
    pub(super) fn desk<'a>(
        &'a mut self,
        cfg: &'a Config,
        scope: &'a str,
        now: Timestamp,
    ) -> Desk<'a> {
        let book = self.books.entry(scope.to_owned()).or_insert_with(|| Book::seeded(now));
        Desk { cfg, scope, now, book, shared: &mut self.shared }
    }

    /// The ledger with its live counts taken now.
    pub(super) fn ledger(&self, now: Timestamp) -> Ledger {
        let mut ledger = self.shared.ledger.clone();
        for book in self.books.values() {
            for session in book.sessions.newest().filter(|s| s.is_live()) {
                ledger.sessions_live += 1;
                let contractor = session.contractor.clone();
                *ledger.sessions_live_by_contractor.entry(contractor).or_default() += 1;
            }
            for assignment in book.assignments.newest().filter(|a| a.is_live(now.as_secs())) {
                *ledger.assignments_live_by_job.entry(assignment.job.clone()).or_default() += 1;
            }
        }
        ledger
    }
}

/// One book open, with what is shared, at one moment.
pub(super) struct Desk<'a> {
    pub(super) cfg: &'a Config,
    pub(super) scope: &'a str,
    pub(super) now: Timestamp,
    pub(super) book: &'a mut Book,
    pub(super) shared: &'a mut Shared,
}

impl Desk<'_> {
    pub(super) fn now_secs(&self) -> i64 {
        self.now.as_secs()
    }

    pub(super) fn strict(&self) -> bool {
        self.cfg.rules.strict_unknown_fields
    }

    pub(super) fn mint(&mut self, prefix: &str) -> String {
        self.shared.mint(prefix, 10)
    }

    pub(super) fn mint_ulid(&mut self, prefix: &str) -> String {
        let counter = self.shared.count();
        ids::ulid(self.shared.seed, counter, prefix, self.now)
    }

    /// Puts `deed` on the agenda, `secs` from now.
    pub(super) fn later(&mut self, secs: u64, deed: Deed) {
        let due = self.now.plus(Duration::from_secs(secs));
        self.shared.agenda.put(due, self.scope, deed);
    }

    /// What `contractor` does: by candidate id, else by e-mail local part, else the default.
    pub(super) fn script(&self, contractor: &str) -> Script {
        let Some(contractor) = self.book.contractors.get(contractor) else {
            return Script::default();
        };
        let candidate = contractor.candidate();
        let local = contractor.about.email.split('@').next().unwrap_or_default();
        let scripts = &self.shared.scripts;
        candidate
            .and_then(|id| scripts.get(&id))
            .or_else(|| scripts.get(local))
            .cloned()
            .unwrap_or_default()
    }
}

/// A kept object.
pub(super) trait Row {
    fn id(&self) -> &str;
}

/// Objects of one kind in order of creation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shelf<T> {
    next: u64,
    rows: BTreeMap<u64, T>,
    seqs: BTreeMap<String, u64>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { next: 0, rows: BTreeMap::new(), seqs: BTreeMap::new() }
    }
}

impl<T: Row> Shelf<T> {
    pub(super) fn add(&mut self, row: T) {
        self.next += 1;
        self.seqs.insert(row.id().to_owned(), self.next);
        self.rows.insert(self.next, row);
    }

    pub(super) fn seq(&self, id: &str) -> Option<u64> {
        self.seqs.get(id).copied()
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(&self.seq(id)?)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let seq = self.seq(id)?;
        self.rows.get_mut(&seq)
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<T> {
        let seq = self.seqs.remove(id)?;
        self.rows.remove(&seq)
    }

    pub(super) fn newest(&self) -> impl Iterator<Item = &T> {
        self.rows.values().rev()
    }
}

/// `custom_metadata` as it is shown where the reference does not document it.
pub(super) fn echo_extra(view: &mut Value, cfg: &Config, metadata: &super::fields::Json) {
    if cfg.rules.echo_extra_metadata {
        view["custom_metadata"] = Value::Object(metadata.clone());
    }
}
