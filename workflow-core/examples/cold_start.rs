//! What opening a log costs: makes a log of realistic placements in a directory, then opens it and says how long that
//! took and how much memory the process holds.
//!
//! ```text
//! cargo run --release --example cold_start -- make  <dir> <groups> <ended>   a group: 10 placements, one contractor
//! cargo run --release --example cold_start -- sled  <dir>                    sled alone
//! cargo run --release --example cold_start -- open  <dir>                    the store, then the engine
//! cargo run --release --example cold_start -- fold                           decoding and evolving, one core
//! ```
//!
//! One group is run once through the real engine, with the answers that the outside would give; all others are that
//! group's events under other ids. `ended` groups have come to their end, and so have all deliveries.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::tz::TimeZone;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Call, CategoryCode,
    ContractorId, EntityId, JobId, PolicyId, PolicyStanding, QuoteId, SessionId, Sighting, Span,
};
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::facts::{
    CandidateId, Company, CompanyId, Engaged, Facts, Pay, Person, Place, PlacementId,
    RequisitionId, Role, Stage,
};
use workflow_core::domain::gate::Gate;
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::notice::Notice;
use workflow_core::domain::placement::{self, Placement};
use workflow_core::domain::rules::Rules;
use workflow_core::engine::{Engine, Source, Summary, replay};
use workflow_core::id::{Position, StreamId, Version};
use workflow_core::inbox::{self, Delivery, Inbox};
use workflow_core::record::{NewEvent, Recorded};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::sled::SledStore;
use workflow_core::store::{Append, Store};
use workflow_core::time::{ManualClock, Timestamp};

/// Stands in every id of the one group that is run, and is replaced by the group's number.
const MARK: &str = "9999999";
const PLACEMENTS: usize = 10;
const BEGINNING: Timestamp = Timestamp::from_secs(1_772_463_600);

type Failure = Box<dyn Error>;

fn rules() -> Result<Rules, Failure> {
    let mut rules = Rules::usual(TimeZone::get("America/New_York")?, "relay.acme.test");
    rules.entities.insert(CompanyId("co_1".into()), EntityId("en_1".into()));
    rules.job_categories.insert("software".into(), CategoryCode("jc_software".into()));
    Ok(rules)
}

fn facts(placement: &PlacementId) -> Result<Facts, Failure> {
    Ok(Facts {
        placement: placement.clone(),
        candidate: CandidateId(format!("cand_{MARK}")),
        requisition: RequisitionId(format!("rq-{placement}")),
        stage: Stage::Starting,
        engaged: Engaged {
            position: Some("Contract".into()),
            category: Some("Independent Contractor".into()),
            ..Engaged::default()
        },
        start: Some("2026-03-16".parse()?),
        end: Some("2026-06-30".parse()?),
        pay: Some(Pay {
            amount: "95.00".parse()?,
            unit: "H".into(),
            currency: Some("USD".into()),
            source: "pay record 1".into(),
        }),
        worksite: Place { state: Some("NY".into()), country: Some("US".into()), remote: false },
        requisition_place: Place::default(),
        home: Place::default(),
        role: Role {
            title: Some("Platform Engineer".into()),
            description: Some("Keeps the platform up".into()),
            category: Some("Software".into()),
        },
        company: Some(Company { id: CompanyId("co_1".into()), name: Some("Initech".into()) }),
        unmapped_status: None,
        unreadable: Vec::new(),
    })
}

fn engine(store: Arc<dyn Store>) -> Result<Engine<Insurance>, Failure> {
    let rules = Arc::new(rules()?);
    let of = move |tenant: &str| (tenant == "acme").then(|| Arc::clone(&rules));
    let clock = Arc::new(ManualClock::at(BEGINNING));
    let builder = Engine::<Insurance>::builder(store, clock, Arc::new(of));
    let builder = builder.workflow::<Placement>().workflow::<Contractor>();
    let builder = builder.workflow::<Invoice>().workflow::<Gate>().workflow::<Notice>();
    Ok(builder.workflow::<Inbox<Insurance>>().open()?)
}

/// What the outside answers, in ids that end in the placement's.
fn answer(stream: &StreamId, call: &Call) -> Answer {
    let key = stream.key();
    match call {
        Call::ReadPerson { .. } => Answer::PersonRead(Person {
            first_name: "Kim".into(),
            last_name: "Doe".into(),
            email: Some(format!("kim.{MARK}@real.test")),
            phone: None,
            home: Place { state: Some("NY".into()), country: None, remote: false },
        }),
        Call::LinkContractor { .. } => {
            Answer::ContractorLinked { contractor: ContractorId(format!("cn_8f3a2b{key}")) }
        }
        Call::CreateJob { .. } => Answer::JobReady { job: JobId(format!("jb_8f3a2b{key}")) },
        Call::CreateQuote { .. } => {
            Answer::QuoteIssued { quote: QuoteId(format!("qt_8f3a2b{key}")), net_rate: Some(112) }
        }
        Call::OpenApplication { .. } => Answer::ApplicationOpened {
            session: SessionId(format!("as_8f3a2b{key}")),
            url: format!("https://apply.insurer.test/session/as_8f3a2b{key}"),
        },
        Call::CreateAssignment { .. } => Answer::AssignmentCreated {
            assignment: AssignmentId(format!("an_8f3a2b{key}")),
            policy: Some(PolicyId(format!("pl_8f3a2b{key}"))),
        },
        Call::ReadPlacement { .. }
        | Call::UpdateContractor { .. }
        | Call::UpdateJob { .. }
        | Call::ExpireApplication { .. }
        | Call::CancelAssignment { .. }
        | Call::UpdateQuote { .. }
        | Call::ExtendCoverage { .. }
        | Call::ReadCoverage { .. }
        | Call::RecordInvoice { .. }
        | Call::ReplaceInvoice { .. }
        | Call::WithdrawInvoice { .. }
        | Call::UploadCertificate { .. }
        | Call::Notify { .. } => Answer::ContractorUpdated,
    }
}

async fn tell(
    engine: &Engine<Insurance>,
    stream: &StreamId,
    input: placement::Input,
    by: &str,
) -> Result<(), Failure> {
    engine.handle::<Placement>(stream, input, Source::new(by, "")).await?;
    quiet(engine).await
}

/// Answers every call and waits for every message.
async fn quiet(engine: &Engine<Insurance>) -> Result<(), Failure> {
    loop {
        let mut changes = engine.changes();
        while engine.messages_waiting() > 0 {
            changes.changed().await?;
        }
        let Some(call) = engine.owed_calls().into_iter().next() else { return Ok(()) };
        engine.answer(&call, answer(&call.stream, &call.call), "dispatch").await?;
    }
}

async fn deliver(engine: &Engine<Insurance>, id: &str, kind: &str) -> Result<(), Failure> {
    let delivery = Delivery {
        source: "insurer".into(),
        kind: kind.into(),
        subjects: [("policy".to_owned(), format!("pl_8f3a2b{id}"))].into(),
        size: 812,
        sha256: "c0ffee".repeat(11)[..64].to_owned(),
    };
    let stream = inbox::stream("acme", "insurer", &format!("evt_{id}"))?;
    let source = || Source::new("webhook:insurer", format!("evt_{id}"));
    let received = inbox::Input::Received(delivery);
    engine.handle::<Inbox<Insurance>>(&stream, received, source()).await?;
    let settled = inbox::Input::Settled { outcome: "read and told to one placement".into() };
    engine.handle::<Inbox<Insurance>>(&stream, settled, source()).await?;
    Ok(())
}

/// The events of one group on the road to coverage, and those that end it.
async fn group() -> Result<(Vec<Recorded>, Vec<Recorded>), Failure> {
    let store = Arc::new(MemoryStore::new());
    let engine = engine(store.clone())?;
    let mut streams = Vec::new();
    for i in 0..PLACEMENTS {
        let placement = PlacementId(format!("{MARK}{i}"));
        let stream = StreamId::new("placement", "acme", placement.as_str())?;
        let observed = placement::Input::Observed(Box::new(facts(&placement)?));
        tell(&engine, &stream, observed, "poll:ats").await?;
        let key = stream.key().to_owned();
        let state = engine.summary(&stream).ok_or("it is there")?.state;
        let sighting = if state == "ApplicationPending" {
            let session = SessionId(format!("as_8f3a2b{key}"));
            let quote = Some(QuoteId(format!("qt_8f3a2b{key}")));
            let standing = ApplicationStanding::Open { step: "contractor_information".into() };
            let seen = Sighting::Application { session, quote, standing };
            tell(&engine, &stream, placement::Input::Seen(seen), "webhook:insurer").await?;
            let policy = PolicyId(format!("pl_8f3a2b{key}"));
            let quote = QuoteId(format!("qt_8f3a2b{key}"));
            let effective = Timestamp::from_secs(1_773_633_600);
            let expires = Timestamp::from_secs(1_782_878_400);
            let standing = PolicyStanding::Active;
            Sighting::Policy { policy, quote, standing, effective, expires }
        } else {
            let assignment = AssignmentId(format!("an_8f3a2b{key}"));
            let job = JobId(format!("jb_8f3a2b{key}"));
            let standing = AssignmentStanding::Active;
            let (dates, policy_dates) = (Span::default(), Span::default());
            Sighting::Assignment { assignment, job, standing, dates, policy_dates }
        };
        deliver(&engine, &key, "policy.active").await?;
        tell(&engine, &stream, placement::Input::Seen(sighting), "webhook:insurer").await?;
        streams.push((stream, placement));
    }
    let covered = engine.position();
    for (stream, placement) in &streams {
        let mut facts = facts(placement)?;
        facts.stage = Stage::Ended { on: None };
        let observed = placement::Input::Observed(Box::new(facts));
        tell(&engine, stream, observed, "poll:ats").await?;
    }
    for summary in engine.summaries("placement").iter().take(2) {
        println!("{} {}: {} {:?}", summary.stream, summary.state, summary.headline, summary.waits);
    }
    engine.stop();
    let mut events = Vec::new();
    store.scan(Position(0), &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })?;
    let rest = events.split_off(usize::try_from(covered.0)?);
    Ok((events, rest))
}

/// The same event under another group's number.
fn renamed(event: &Recorded, mark: &str) -> Result<Append, Failure> {
    let text = |text: &str| text.replace(MARK, mark);
    let mut content = event.event.content.clone();
    let mut at = 0;
    while let Some(found) = content[at..].windows(MARK.len()).position(|w| w == MARK.as_bytes()) {
        at += found;
        content[at..at + MARK.len()].copy_from_slice(mark.as_bytes());
    }
    let mut cause = event.event.cause.clone();
    (cause.key, cause.actor) = (text(&cause.key), text(&cause.actor));
    let new = NewEvent { cause, content, ..event.event.clone() };
    let stream = StreamId::parse(&text(event.stream.as_str()))?;
    let expected = Version(event.version.0 - 1);
    Ok(Append { stream, expected, events: vec![new] })
}

fn make(dir: &Path, groups: usize, ended: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (road, rest) = runtime.block_on(group())?;
    println!("a group has {} events, {} more when it ends", road.len(), rest.len());
    let store = SledStore::open(dir)?;
    for number in 0..groups + ended {
        let mark = format!("{number:07}");
        let rest = if number < ended { &rest[..] } else { &[] };
        let appends: Vec<Append> =
            road.iter().chain(rest).map(|e| renamed(e, &mark)).collect::<Result<_, _>>()?;
        for chunk in appends.chunks(64) {
            for done in store.append(chunk)? {
                done?;
            }
        }
    }
    println!("{} events", store.head().next);
    store.close()?;
    Ok(())
}

fn memory(what: &str, since: Instant) -> Result<(), Failure> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        let found = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        found.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    let (ms, busy) = (since.elapsed().as_millis(), busy_ms());
    println!(
        "{what:<28} {ms:>6} ms, {busy:>6} ms busy so far   {} MB, at most {} MB",
        line("VmRSS"),
        line("VmHWM")
    );
    Ok(())
}

/// So long this thread had a core: on a machine that does other things too, this is what the work costs.
fn busy_ms() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let busy = times.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok());
    busy.unwrap_or(0) / 1_000_000
}

fn sled_alone(dir: &Path) -> Result<(), Failure> {
    let start = Instant::now();
    let config = sled::Config::new().path(dir.join("log")).cache_capacity(64 << 20);
    let db = config.flush_every_ms(None).open()?;
    let tree = db.open_tree("log")?;
    memory("sled opened", start)?;
    let last = tree.last()?.ok_or("it is empty")?;
    memory("sled, the last record", start)?;
    let records = tree.range(last.0..).count();
    println!("{records}");
    Ok(())
}

fn open(dir: &Path) -> Result<(), Failure> {
    let start = Instant::now();
    memory("nothing", start)?;
    let store = Arc::new(SledStore::open(dir)?);
    memory("the store opened", start)?;
    let engine = engine(store.clone())?;
    memory("the engine opened", start)?;
    let asked = Instant::now();
    let lines = engine.summaries("placement").len();
    memory(&format!("{lines} placements listed"), asked)?;
    let asked = Instant::now();
    let flagged = |s: &Summary| s.state == "Flagged";
    let page = engine.summaries_of("placement", flagged, None, 100).len();
    memory(&format!("{page} flagged found"), asked)?;
    let asked = Instant::now();
    let counts = engine.counts("placement");
    let us = asked.elapsed().as_micros();
    println!("counted in {us} us: {} Active", counts.get("Active").copied().unwrap_or(0));
    engine.stop();
    drop(engine);
    let asked = Instant::now();
    drop(store);
    memory("closed", asked)?;
    Ok(())
}

fn fold() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (road, rest) = runtime.block_on(group())?;
    let of = |i: usize| format!("placement/acme/{MARK}{i}");
    let streams: Vec<Vec<Recorded>> = (0..PLACEMENTS)
        .map(|i| road.iter().chain(&rest).filter(|e| e.stream.as_str() == of(i)).cloned().collect())
        .collect();
    let (mut events, start, busy) = (0, Instant::now(), busy_ms());
    while start.elapsed().as_secs() < 3 {
        for stream in &streams {
            let state = replay::<placement::Machine>(stream)?;
            assert!(state.is_some());
            events += stream.len();
        }
    }
    let took = (busy_ms() - busy).max(1);
    println!("decode and evolve: {} events per second of one core", events as u64 * 1000 / took);
    Ok(())
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["make", dir, groups, ended] => make(Path::new(dir), groups.parse()?, ended.parse()?),
        ["sled", dir] => sled_alone(Path::new(dir)),
        ["open", dir] => open(Path::new(dir)),
        ["fold"] => fold(),
        _ => Err("say make, sled, open or fold".into()),
    }
}
