//! The log of a large firm, for the pages: placements of which some are held for one of several causes and some flagged for
//! others, an inbox with thousands that nobody understood, and requests to the insurer with their answers.
//!
//! One vault seals and opens all of it: what each page decrypts in life, it decrypts here. Absent: bodies of requests,
//! which no page but one opens, one at a time.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::date;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tests::world::{self, BEGINNING, TENANT};
use tokio::task::JoinSet;
use workflow_core::codec;
use workflow_core::domain::Insurance;
use workflow_core::domain::facts::{CandidateId, CompanyId, Facts, Place, PlacementId};
use workflow_core::domain::placement::{Input, Placement};
use workflow_core::engine::{Engine, Source};
use workflow_core::id::{StreamId, Version};
use workflow_core::inbox::{self, Delivery, Inbox};
use workflow_core::record::{Cause, NewEvent};
use workflow_core::seal::{DataKey, Destroyed, Found, KeyStore, Subject, Vault, VaultError};
use workflow_core::store::sled::SledStore;
use workflow_core::store::{Append, Store as _};
use workflow_core::time::{ManualClock, Timestamp};

use super::placements;

/// Of so many placements one is held for each of the five causes below.
const HELD_EACH: u64 = 15;
/// Of so many that are not held, one is flagged.
const FLAGGED_EACH: u64 = 40;
/// So many deliveries were put aside...
pub const PUT_ASIDE: usize = 3_000;
/// ...and so many wait.
pub const WAITING: usize = 2_000;
/// So many requests were sent about each of the first [`ASKED_ABOUT`].
const REQUESTS_EACH: u64 = 4;
/// So many placements have requests on record.
const ASKED_ABOUT: u64 = 10_000;
/// And so many about the one that is looked at.
const REQUESTS_LOOKED_AT: u64 = 60;

/// Keys that follow from whose they are: two processes have the same vault without a file for each person.
struct Derived;

impl KeyStore for Derived {
    fn find(&self, subject: &Subject) -> Found {
        Found::Key(DataKey::from_bytes(Sha256::digest(subject.as_str()).into()))
    }

    fn create(&self, _: &Subject, _: DataKey) -> Result<(), VaultError> {
        Ok(())
    }

    fn destroy(&self, _: &Subject) -> Result<Destroyed, VaultError> {
        Ok(Destroyed::Before)
    }
}

/// The firm's vault.
pub fn vault() -> Arc<Vault> {
    Vault::new(Derived)
}

/// The placement that pages about one are asked for.
pub fn middle(count: u64) -> String {
    format!("pl_{:06}", count / 2)
}

/// Fills a log; so many placements.
pub fn fill(dir: &Path, count: u64) {
    placements::fill_with(dir, vault(), count, varied);
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let engine = world::engine(store, vault(), ManualClock::at(BEGINNING), world::rules());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("a runtime can be built");
    runtime.block_on(async {
        flagged(&engine, count).await;
        delivered(&engine).await;
    });
    engine.stop();
    drop(engine);
    asked(dir, count);
}

fn is_held(number: u64) -> bool {
    number % HELD_EACH < 5
}

fn varied(number: u64, facts: &mut Facts) {
    match number % HELD_EACH {
        0 => facts.pay = None,
        1 => facts.worksite = Place::default(),
        2 => facts.start = None,
        3 => facts.company = None,
        4 => facts.pay.iter_mut().for_each(|pay| pay.currency = Some("CAD".into())),
        _ => {}
    }
    let firm = number % 40;
    if let Some(company) = facts.company.as_mut().filter(|_| firm > 0) {
        company.name = Some(format!("Client {firm:02} of the firm"));
        company.id = CompanyId("co_1".into());
    }
    // Some begin soon: the pages put those first.
    if let Some(start) = facts.start.as_mut() {
        *start = date(2026, 3, 16 + i8::try_from(number % 15).unwrap_or_default());
    }
}

async fn flagged(engine: &Engine<Insurance>, count: u64) {
    const WHY: [&str; 4] = [
        "the e-mail address is refused",
        "two candidates have one e-mail address",
        "the insurer blocks it",
        "the name is missing",
    ];
    let numbers = (0..count).filter(|number| !is_held(*number) && number % FLAGGED_EACH == 7);
    let mut told = JoinSet::new();
    for number in numbers {
        let engine = engine.clone();
        told.spawn(async move {
            let stream = world::stream(&PlacementId(format!("pl_{number:06}")));
            let candidate = CandidateId(format!("cand_{number:06}"));
            let reason = WHY[(number / FLAGGED_EACH % 4) as usize].to_owned();
            let input = Input::ContractorFlagged { candidate, reason };
            let handled =
                engine.handle::<Placement>(&stream, input, Source::new("contractor", "")).await;
            assert_eq!(handled.expect("it is told").state, "Flagged");
        });
    }
    while let Some(done) = told.join_next().await {
        done.expect("no task fails");
    }
}

async fn delivered(engine: &Engine<Insurance>) {
    let mut told = JoinSet::new();
    for number in 0..PUT_ASIDE + WAITING {
        let engine = engine.clone();
        told.spawn(async move {
            let id = format!("jobdiva:{number:06}");
            let stream = StreamId::new("delivery", TENANT, &id).expect("a plain name");
            let delivery = Delivery {
                source: "jobdiva".into(),
                kind: format!("kind.{}", number % 7),
                subjects: [("placement".to_owned(), format!("pl_{number:06}"))].into(),
                size: 400,
                sha256: "ab".repeat(32),
            };
            let parked =
                inbox::Input::Parked { reason: format!("`kind.{}` is not understood", number % 7) };
            let inputs = [inbox::Input::Received(delivery), parked];
            for input in inputs.into_iter().take(if number < PUT_ASIDE { 2 } else { 1 }) {
                let source = Source::new("webhook:jobdiva", "");
                engine.handle::<Inbox<Insurance>>(&stream, input, source).await.expect("taken");
            }
        });
        while told.len() >= 1_000 {
            told.join_next().await.expect("some are under way").expect("no task fails");
        }
    }
    while let Some(done) = told.join_next().await {
        done.expect("no task fails");
    }
}

/// What is kept of an exchange in the clear, by its stored names.
#[derive(Serialize)]
enum Kept {
    Exchanged {
        at: Timestamp,
        generation: u32,
        attempt: u32,
        method: &'static str,
        path: &'static str,
        idempotency_key: String,
        sent_bytes: u64,
        status: u16,
        request_id: String,
        answer_bytes: u64,
    },
}

/// Appends the exchanges, each as the writer keeps it beside the answer that it brought.
fn asked(dir: &Path, count: u64) {
    const CALLS: [(&str, &str); 4] = [
        ("create_job", "/api/v1/jobs"),
        ("create_quote", "/api/v1/quotes"),
        ("open_application", "/api/v1/application_sessions"),
        ("read_policy", "/api/v1/policies"),
    ];
    let store = SledStore::open(dir).expect("the store opens");
    let looked_at = (count / 2, REQUESTS_LOOKED_AT);
    let others = (0..ASKED_ABOUT.min(count / 2)).map(|number| (number, REQUESTS_EACH));
    let mut group = Vec::new();
    for (number, version) in
        others.chain([looked_at]).flat_map(|(number, each)| (0..each).map(move |v| (number, v)))
    {
        let (operation, path) = CALLS[(version % 4) as usize];
        let key = format!("{TENANT}/placement/pl_{number:06}/{}/{operation}", version + 1);
        let kept = Kept::Exchanged {
            at: BEGINNING,
            generation: 0,
            attempt: 1,
            method: "POST",
            path,
            idempotency_key: format!("idem-{number}-{version}"),
            sent_bytes: 420,
            status: 200,
            request_id: format!("req_{number}_{version}"),
            answer_bytes: 800,
        };
        let event = NewEvent {
            kind: "exchanged".into(),
            schema: 1,
            recorded_at: BEGINNING,
            cause: Cause { input: "attempted".into(), key, actor: "dispatcher".into() },
            content: codec::encode(&kept).expect("it can be written"),
        };
        group.push(Append {
            stream: StreamId::new("exchange", TENANT, &format!("{number:06}")).expect("a name"),
            expected: Version(version),
            events: vec![event],
        });
        if group.len() >= 500 {
            append(&store, &std::mem::take(&mut group));
        }
    }
    append(&store, &group);
    store.close().expect("the store closes");
}

fn append(store: &SledStore, group: &[Append]) {
    let outcomes = store.append(group).expect("the store appends");
    assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
}
