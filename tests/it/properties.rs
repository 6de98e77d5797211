//! Rules that hold in every world, however it goes: random placements, facts, orders, faults, restarts, moments, candidates
//! who are merged, certificates and weeks of work.
//!
//! A world has one tenant, two or three on one log, and is a list of [`Deed`]s of theirs. Afterwards the faults stop,
//! everything is polled, the world settles, and the rules are looked at: `rules.rs`. proptest prints the deeds of a world
//! that breaks one. `papers.rs` and `weeks.rs` have the deeds and the rules of certificates and invoices.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tests::peers::fault::Fault;
use tests::world::{Town, World, good, set};
use workflow_core::domain::call::{AssignmentStanding, PolicyStanding};
use workflow_core::domain::contractor;
use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::domain::placement::{Input, Resolution};

mod drift;
mod found;
mod http;
mod index;
mod losses;
mod papers;
mod people;
mod planted;
mod rules;
mod scope;
mod seen;
mod weeks;

use people::{NAMES, somebody};
use scope::Scope;

/// One thing that happens. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Deed {
    /// The ATS changes a placement and reports it.
    Report { placement: u8, change: Option<(&'static str, &'static str)> },
    /// The ATS changes a placement in silence.
    Change { placement: u8, change: (&'static str, &'static str) },
    /// The placement's facts are all good again, and reported.
    Mend { placement: u8 },
    /// The ATS forgets a placement.
    Forget { placement: u8 },
    /// A person is renamed, or gets another e-mail, and is reported.
    Person { candidate: u8, email: u8 },
    /// Two candidates are made one.
    Merge { old: u8, into: u8 },
    /// Calls are made and answered.
    Steps(u8),
    /// A call takes off; its answer stays away.
    TakeOff(u8),
    /// An answer comes.
    Land(u8),
    /// Signals arrive, maybe the same one twice, and one is worked off.
    Deliver { pick: u8, twice: bool },
    /// The contractor or the insurer does something to a session.
    Session { pick: u8, what: u8 },
    /// A policy changes.
    Policy { pick: u8, what: u8 },
    /// An assignment changes.
    Assignment { pick: u8, what: u8 },
    /// A contractor buys a policy elsewhere.
    Elsewhere { pick: u8 },
    /// A certificate is found, maybe once more.
    Paper { candidate: u8, which: u8, handed_in: bool },
    /// The insurer's review of a certificate goes on.
    Review { pick: u8, what: u8 },
    /// A person takes a certificate for good, takes it back, or sends it again.
    PaperDesk { pick: u8, what: u8 },
    /// A week's timesheet is filed, corrected, approved, or loses its approval.
    Week { placement: u8, which: u8, hours: u8, what: u8 },
    /// An invoice is paid, or a person has a look at it.
    WeekDesk { pick: u8, what: u8 },
    /// An operator settles a flag, or takes a placement out.
    Operator { placement: u8, what: u8 },
    /// An operator lets a contractor be tried again.
    Retry { candidate: u8 },
    /// Something will go wrong.
    Fault { operation: &'static str, what: u8 },
    /// Time passes, and timers fire or are late.
    Pass { hours: u16, fire: bool },
    /// The process ends and begins again.
    Restart,
    /// The insurer forgets every key, long before its time.
    KeysForgotten,
    /// Nothing is left to do for a while.
    Settle,
}

const CHANGES: &[(&str, &str)] = &[
    ("stage", "canceled"),
    ("stage", "deleted"),
    ("stage", "ended"),
    ("stage", "2026-04-15"),
    ("stage", "working"),
    ("stage", "offer"),
    ("employment", "W2"),
    ("employment", "1099"),
    ("employment", "Mystery"),
    ("w2", "yes"),
    ("pay", "120.50"),
    ("currency", "CAD"),
    ("start", "2026-03-05"),
    ("start", "2026-03-20"),
    ("start", "2026-03-01"),
    ("end", "2026-09-30"),
    ("end", "2026-12-31"),
    ("end", "2026-03-31"),
    ("end", "none"),
    ("state", "NJ"),
    ("category", "Nursing"),
    ("category", "Mining"),
    ("company", "co_9"),
    ("title", "Nurse"),
    ("candidate", "cand_2"),
    ("unreadable", "STARTDATE"),
];

const OPERATIONS: &[&str] = &[
    "*",
    "read_person",
    "link_contractor",
    "create_job",
    "update_job",
    "create_quote",
    "update_quote",
    "extend_coverage",
    "read_coverage",
    "open_application",
    "expire_application",
    "create_assignment",
    "cancel_assignment",
    "update_contractor",
    "adopt_contractor",
    "upload_certificate",
    "record_invoice",
    "replace_invoice",
    "withdraw_invoice",
];

fn deed() -> impl Strategy<Value = Deed> {
    let change = || prop::sample::select(CHANGES);
    let operation = prop::sample::select(OPERATIONS);
    prop_oneof![
        7 => (0..4u8, prop::option::weighted(0.4, change()))
            .prop_map(|(placement, change)| Deed::Report { placement, change }),
        1 => (0..4u8, change()).prop_map(|(placement, change)| Deed::Change { placement, change }),
        2 => (0..4u8).prop_map(|placement| Deed::Mend { placement }),
        1 => (0..4u8).prop_map(|placement| Deed::Forget { placement }),
        1 => (0..3u8, 0..5u8).prop_map(|(candidate, email)| Deed::Person { candidate, email }),
        1 => (0..3u8, 0..3u8).prop_map(|(old, into)| Deed::Merge { old, into }),
        8 => (1..6u8).prop_map(Deed::Steps),
        3 => any::<u8>().prop_map(Deed::TakeOff),
        3 => any::<u8>().prop_map(Deed::Land),
        4 => (any::<u8>(), any::<bool>()).prop_map(|(pick, twice)| Deed::Deliver { pick, twice }),
        4 => (any::<u8>(), 0..8u8).prop_map(|(pick, what)| Deed::Session { pick, what }),
        2 => (any::<u8>(), 0..3u8).prop_map(|(pick, what)| Deed::Policy { pick, what }),
        3 => (any::<u8>(), 0..5u8).prop_map(|(pick, what)| Deed::Assignment { pick, what }),
        1 => any::<u8>().prop_map(|pick| Deed::Elsewhere { pick }),
        2 => (0..3u8, 0..2u8, any::<bool>()).prop_map(
            |(candidate, which, handed_in)| Deed::Paper { candidate, which, handed_in }
        ),
        2 => (any::<u8>(), 0..8u8).prop_map(|(pick, what)| Deed::Review { pick, what }),
        1 => (any::<u8>(), 0..4u8).prop_map(|(pick, what)| Deed::PaperDesk { pick, what }),
        3 => (0..4u8, 0..2u8, prop::sample::select(vec![8u8, 40, 41]), 0..8u8).prop_map(
            |(placement, which, hours, what)| Deed::Week { placement, which, hours, what }
        ),
        1 => (any::<u8>(), 0..3u8).prop_map(|(pick, what)| Deed::WeekDesk { pick, what }),
        3 => (0..4u8, 0..4u8).prop_map(|(placement, what)| Deed::Operator { placement, what }),
        1 => (0..3u8).prop_map(|candidate| Deed::Retry { candidate }),
        3 => (operation, 0..6u8).prop_map(|(operation, what)| Deed::Fault { operation, what }),
        2 => (1..200u16, any::<bool>()).prop_map(|(hours, fire)| Deed::Pass { hours, fire }),
        2 => Just(Deed::Restart),
        1 => Just(Deed::KeysForgotten),
        5 => Just(Deed::Settle),
    ]
}

fn placement(number: u8) -> PlacementId {
    PlacementId(format!("pl_{number}"))
}

fn candidate(number: u8) -> CandidateId {
    CandidateId(format!("cand_{number}"))
}

/// How a world begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// Whether it is under way already.
    seasoned: bool,
    /// Whether the last placement is an employee's, until it is reported otherwise.
    employee: bool,
}

fn start() -> impl Strategy<Value = Start> {
    any::<(bool, bool)>().prop_map(|(seasoned, employee)| Start { seasoned, employee })
}

/// Placements 0 and 1 are one candidate's, 2 and 3 another's each; candidates 0 and 1 share an e-mail.
async fn begin(world: &mut World) {
    for number in 0..3 {
        let email = if number == 2 { None } else { Some("kim@real.test") };
        world.ats().put_person(candidate(number), somebody(NAMES[0], email));
    }
    world.insurer().know_stranger("stranger@real.test", None);
    for number in 0..4u8 {
        let who = candidate(number.saturating_sub(1));
        world.ats().put(good(&placement(number), &who));
    }
}

/// A world that is under way: one placement covered by its policy, the next of the same candidate by assignment.
async fn season(world: &mut World) {
    world.observe(&placement(0)).await.ok();
    world.settle().await;
    if let Some(session) = world.insurer().session_of(&placement(0)) {
        world.insurer().complete(&session);
    }
    world.settle().await;
    world.observe(&placement(1)).await.ok();
    world.settle().await;
}

fn pick<T: Clone>(all: &[T], number: u8) -> Option<T> {
    (!all.is_empty()).then(|| all[usize::from(number) % all.len()].clone())
}

async fn happen(world: &mut World, deed: &Deed) {
    match deed {
        Deed::Report { .. }
        | Deed::Change { .. }
        | Deed::Mend { .. }
        | Deed::Forget { .. }
        | Deed::Person { .. }
        | Deed::Merge { .. } => in_the_ats(world, deed).await,
        Deed::Paper { .. }
        | Deed::Review { .. }
        | Deed::PaperDesk { .. }
        | Deed::Week { .. }
        | Deed::WeekDesk { .. } => on_paper(world, deed).await,
        Deed::Session { .. }
        | Deed::Policy { .. }
        | Deed::Assignment { .. }
        | Deed::Elsewhere { .. } => at_the_insurer(world, deed),
        Deed::Steps(count) => {
            for _ in 0..*count {
                world.step().await;
            }
        }
        Deed::TakeOff(number) => {
            let mut owed = world.owed_calls();
            owed.retain(|call| !world.flying.iter().any(|(flying, _)| flying.key == call.key));
            if let Some(call) = pick(&owed, *number) {
                world.attempt(call).await;
            }
        }
        Deed::Land(number) => {
            if !world.flying.is_empty() {
                world.land(usize::from(*number) % world.flying.len()).await;
            }
        }
        Deed::Deliver { pick: number, twice } => {
            world.receive().await;
            let waiting = world.waiting();
            if let Some(delivery) = pick(&waiting, *number) {
                world.work_off(&delivery.stream).await;
                if *twice {
                    world.sweep().await;
                }
            }
        }
        Deed::Operator { placement: number, what } => operator(world, *number, *what).await,
        Deed::Retry { candidate: number } => {
            let input = contractor::Input::Retry { reason: "again".into() };
            drop(world.tell_contractor(&candidate(*number), input).await);
        }
        Deed::Fault { operation, what } => fault(world, operation, *what),
        Deed::Pass { hours, fire } => {
            world.clock.advance(Duration::from_secs(u64::from(*hours) * 3600));
            // Calls may be made late, but never by the engine's own doing after a timer that was due.
            if *fire {
                world.fire().await;
            }
        }
        Deed::Restart => world.restart(),
        Deed::KeysForgotten => world.insurer().forget_keys(),
        Deed::Settle => world.settle().await,
    }
}

async fn on_paper(world: &mut World, deed: &Deed) {
    match deed {
        Deed::Paper { candidate, which, handed_in } => {
            papers::found(world, *candidate, *which, *handed_in).await;
        }
        Deed::Review { pick, what } => papers::reviewed(world, *pick, *what),
        Deed::PaperDesk { pick, what } => papers::desk(world, *pick, *what).await,
        Deed::Week { placement, which, hours, what } => {
            weeks::reported(world, *placement, *which, *hours, *what).await;
        }
        Deed::WeekDesk { pick, what } => weeks::desk(world, *pick, *what).await,
        _ => {}
    }
}

async fn in_the_ats(world: &mut World, deed: &Deed) {
    let number = match deed {
        Deed::Report { placement, change } => {
            if let (Some((name, value)), Some(mut facts)) =
                (change, world.ats().get(&self::placement(*placement)))
            {
                set_if(&mut facts, name, value);
                world.ats().put(facts);
            }
            *placement
        }
        Deed::Change { placement, change: (name, value) } => {
            if let Some(mut facts) = world.ats().get(&self::placement(*placement)) {
                set_if(&mut facts, name, value);
                world.ats().put(facts);
            }
            return;
        }
        Deed::Mend { placement } => {
            let who = candidate(placement.saturating_sub(1));
            world.ats().put(good(&self::placement(*placement), &who));
            *placement
        }
        Deed::Forget { placement } => {
            world.ats().forget(&self::placement(*placement));
            *placement
        }
        Deed::Person { candidate: number, email } => {
            let emails =
                [None, Some("kim@real.test"), Some("lee@real.test"), Some("stranger@real.test")];
            let email = emails.get(usize::from(*email)).copied().flatten();
            let who = somebody(NAMES[1], email);
            world.ats().put_person(candidate(*number), who.clone());
            let input = contractor::Input::Observed(who);
            drop(world.tell_contractor(&candidate(*number), input).await);
            return;
        }
        Deed::Merge { old, into } => {
            let (old, into) = (candidate(*old), candidate(*into));
            if old != into && !world.ats().is_merged(&old) && !world.ats().is_merged(&into) {
                world.merge(&old, &into);
                drop(world.tell_contractor(&old, contractor::Input::Merged { into }).await);
            }
            return;
        }
        _ => return,
    };
    world.observe(&placement(number)).await.ok();
}

fn set_if(facts: &mut workflow_core::domain::facts::Facts, name: &str, value: &str) {
    let of_pay = matches!(name, "pay" | "currency");
    if !of_pay || facts.pay.is_some() {
        set(facts, name, value);
    }
}

fn at_the_insurer(world: &World, deed: &Deed) {
    let insurer = world.insurer();
    match deed {
        Deed::Session { pick: number, what } => {
            let all: Vec<_> = insurer.books().sessions.keys().cloned().collect();
            let Some(session) = pick(&all, *number) else { return };
            match what {
                0 => insurer.decline(&session),
                1 => insurer.run_out(&session),
                2 => insurer.review(&session),
                3 => insurer.advance(&session, "payment"),
                _ => {
                    insurer.complete(&session);
                }
            }
        }
        Deed::Policy { pick: number, what } => {
            let all: Vec<_> = insurer.books().policies.keys().cloned().collect();
            let Some(policy) = pick(&all, *number) else { return };
            let standing = match what {
                0 => PolicyStanding::Canceled,
                1 => PolicyStanding::Expired,
                _ => PolicyStanding::Active,
            };
            // A policy does not take up again what was given up with it.
            let under: Vec<_> = insurer
                .books()
                .assignments
                .iter()
                .filter(|(_, it)| it.policy == policy)
                .map(|(id, _)| id.clone())
                .collect();
            for id in under.iter().filter(|id| world.find(id.as_str()).is_empty()) {
                insurer.set_assignment(id, AssignmentStanding::Canceled);
            }
            insurer.set_policy(&policy, standing);
        }
        Deed::Assignment { pick: number, what } => {
            let all: Vec<_> = insurer
                .books()
                .assignments
                .iter()
                .map(|(id, a)| (id.clone(), a.standing))
                .collect();
            let Some((assignment, known)) = pick(&all, *number) else { return };
            // What was cancelled stays so, and nobody pays for what was bought anew.
            let forgotten = world.find(assignment.as_str()).is_empty();
            if known == AssignmentStanding::Canceled
                || (known == AssignmentStanding::ChargeFailed && forgotten)
            {
                return;
            }
            let standing = match what {
                0 => AssignmentStanding::Canceled,
                1 => AssignmentStanding::ChargeFailed,
                _ => AssignmentStanding::Active,
            };
            insurer.set_assignment(&assignment, standing);
        }
        Deed::Elsewhere { pick: number } => {
            let all: Vec<_> = insurer.books().contractors.keys().cloned().collect();
            if let Some(contractor) = pick(&all, *number) {
                insurer.bought_elsewhere(&contractor);
            }
        }
        _ => {}
    }
}

async fn operator(world: &World, number: u8, what: u8) {
    let reason = "seen to".to_owned();
    let input = match what {
        0 => Input::Resolve { resolution: Resolution::Return, reason },
        1 => Input::Resolve { resolution: Resolution::Restart, reason },
        2 => Input::Resolve { resolution: Resolution::Close, reason },
        _ => Input::Exclude { reason },
    };
    drop(world.tell(&placement(number), input, "operator:kim").await);
}

fn fault(world: &World, operation: &str, what: u8) {
    let fault = match what {
        0 => Fault::NotSent,
        1 => Fault::LostBefore,
        2 => Fault::LostAfter,
        3 => Fault::Burned,
        4 => Fault::BurnedAfter,
        _ => Fault::Refuse("broken".into()),
    };
    match operation {
        "read_person" => world.ats().faults.plan(operation, fault),
        _ => world.insurer().faults.plan(operation, fault),
    }
}

/// Something that happens at one of the tenants.
type Local = (u8, Deed);

/// Lives through the deeds, then lets the dust settle.
async fn live(town: &mut Town, start: Start, deeds: &[Local]) -> Result<(), TestCaseError> {
    let mut scopes = Vec::new();
    for world in town.worlds() {
        begin(world).await;
        if start.employee {
            let mut facts = world.ats().get(&placement(3)).expect("it was put there");
            set(&mut facts, "employment", "W2");
            world.ats().put(facts);
        }
        if start.seasoned {
            season(world).await;
        }
        let mut scope = Scope::default();
        scope.note(world);
        scopes.push(scope);
    }
    for (at, deed) in deeds {
        match deed {
            Deed::Restart => town.restart(),
            Deed::Settle => town.settle().await,
            _ => {
                let at = usize::from(*at) % town.worlds().len();
                let (world, scope) = (&mut town.worlds()[at], &mut scopes[at]);
                if may_be(world, scope, deed) {
                    happen(world, deed).await;
                }
                scope.note(world);
            }
        }
        for world in town.worlds() {
            rules::at_every_moment(world)?;
        }
    }
    calm(town).await;
    for world in town.worlds() {
        rules::at_every_moment(world)?;
    }
    rules::in_the_end(town, &scopes)?;
    // One log and one index for all of them.
    town.worlds().first().map_or(Ok(()), drift::none)
}

/// The process takes in no certificate of somebody who has no placement in scope.
fn may_be(world: &World, scope: &Scope, deed: &Deed) -> bool {
    let Deed::Paper { candidate: number, .. } = deed else { return true };
    scope.knows(&world.ats().now(&candidate(*number)))
}

/// No faults any more; everything is read on both sides, and what that leads to may bring more.
async fn calm(town: &mut Town) {
    for world in town.worlds() {
        world.ats().faults.clear();
        world.insurer().faults.clear();
        while !world.flying.is_empty() {
            world.land(0).await;
        }
    }
    town.settle().await;
    for _ in 0..4 {
        for world in town.worlds() {
            for number in 0..4 {
                world.observe(&placement(number)).await.ok();
            }
            world.sweep().await;
            weeks::look_up(world).await;
        }
        town.settle().await;
    }
}

fn run(town: impl FnOnce() -> Town, start: Start, deeds: &[Local]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|e| TestCaseError::fail(e.to_string()))?;
    runtime.block_on(async {
        let mut town = town();
        let lived = live(&mut town, start, deeds).await;
        lived.map_err(|e| TestCaseError::fail(format!("{e}\n{}", town.describe())))
    })
}

/// How many worlds: `PROPTEST_CASES`, where it is set, else the usual number. The usual ones are always the same, unless
/// `PROPTEST_RNG_SEED` says otherwise: there a change is judged, not luck. Who says how many wants new ones each time.
pub fn config(usual: u32, max_shrink_iters: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    let usual = ProptestConfig {
        cases: cases.unwrap_or(usual),
        max_shrink_iters,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng_seed = match (usual.rng_seed, cases) {
        (RngSeed::Random, None) => RngSeed::Fixed(1099),
        (seed, _) => seed,
    };
    ProptestConfig { rng_seed, ..usual }
}

/// The same for worlds that take so much longer: of a long run they have a sixteenth.
fn rarer(usual: u32, max_shrink_iters: u32) -> ProptestConfig {
    let config = config(usual, max_shrink_iters);
    let cases = match std::env::var("PROPTEST_CASES") {
        Ok(_) => config.cases.div_ceil(16),
        Err(_) => config.cases,
    };
    ProptestConfig { cases, ..config }
}

fn local() -> impl Strategy<Value = Local> {
    (prop_oneof![3 => Just(0u8), 1 => Just(1), 1 => Just(2)], deed())
}

proptest! {
    #![proptest_config(config(320, 2_000))]

    #[test]
    fn every_world_keeps_the_rules(
        tenants in 1..=3usize,
        start in start(),
        deeds in prop::collection::vec(local(), 1..80),
    ) {
        run(|| Town::in_memory(tenants), start, &deeds)?;
    }
}

proptest! {
    #![proptest_config(rarer(24, 200))]

    #[test]
    fn every_world_on_disk_keeps_the_rules(
        tenants in 1..=3usize,
        start in start(),
        deeds in prop::collection::vec(local(), 1..40),
    ) {
        run(|| Town::on_disk(tenants), start, &deeds)?;
    }
}
