//! The rules that hold in every world. Each is named by what it forbids.
//!
//! Rule 1, 2 and 6 are noted by the insurer the moment they are broken (`tests::peers::insurer`). Rules 2 and 9 by its ledger
//! are in `seen.rs`, rule 5 in `losses.rs`, rule 7 in `scope.rs`, rule 11 in `people.rs`.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tests::peers::insurer::Certificate;
use tests::world::{Town, World};
use workflow_core::domain::call::{AssignmentStanding, PolicyStanding, ReviewStanding, Wage};
use workflow_core::domain::contractor;
use workflow_core::domain::placement::{
    Back, Evidence, Issue, Readiness, Road, State as Placement,
};
use workflow_core::engine::{Engine, Summary, Wait};
use workflow_core::id::StreamId;
use workflow_core::money::Cents;
use workflow_core::time::Clock;

use super::scope::Scope;
use super::seen::{Seen, count};
use super::{losses, papers, people, placement, weeks};

pub(super) type Checked = Result<(), TestCaseError>;

/// What holds after every single deed.
pub(super) fn at_every_moment(world: &World) -> Checked {
    let violations = world.insurer().books().violations.clone();
    prop_assert!(violations.is_empty(), "the insurer saw what must never be: {violations:?}");
    weeks::one_of_a_week(world)?;
    covered_only_by_what_was_in_force(world)?;
    nothing_acknowledged_is_lost(world)?;
    nobody_waits_for_nothing(world)
}

/// What holds once the dust has settled.
pub(super) fn in_the_end(town: &mut Town, scopes: &[Scope]) -> Checked {
    for (world, scope) in town.worlds().iter().zip(scopes) {
        seen(world).keeps(scope)?;
        nothing_is_open_unknown(world)?;
        nobody_waits_for_what_cannot_come(world)?;
        messages_came_once(world)?;
        the_merged_are_left_alone(world)?;
        papers::in_the_end(world)?;
        weeks::in_the_end(world)?;
    }
    people::are_not_named(town)?;
    the_same_log_gives_the_same_world(town)
}

/// Rule 3: what anybody was told is in the log, whatever happened since. (What leaves before the log has what owes it is
/// a violation already when it leaves.)
fn nothing_acknowledged_is_lost(world: &World) -> Checked {
    for (stream, version) in world.acknowledged() {
        let durable = world.durable(&stream);
        prop_assert!(durable >= version, "{stream} was at {version}, the log has {durable}");
    }
    Ok(())
}

/// One tenant's world, from the insurer's books and the engine.
pub(super) fn seen(world: &World) -> Seen {
    let books = world.insurer().books().clone();
    let mut seen = Seen {
        rates: vec![Wage::Hourly(Cents(9_500)), Wage::Hourly(Cents(12_050))],
        now: world.clock.now(),
        ..Seen::default()
    };
    for candidate in books.contractors.values().filter_map(|it| it.candidate.as_ref()) {
        count(&mut seen.contractors, candidate);
    }
    for job in books.jobs.values() {
        count(&mut seen.jobs, &job.placement);
        seen.wages.push(job.terms.wage);
    }
    for session in books.sessions.values().filter(|session| session.is_live()) {
        if let Some(quote) = books.quotes.get(&session.quote) {
            count(&mut seen.sessions, &quote.contractor);
        }
    }
    for assignment in books.assignments.values().filter(|it| books.is_live(it)) {
        count(&mut seen.assignments, &assignment.job);
    }
    // What broke down in the insurer's review may come once more.
    let came = |it: &&Certificate| it.review.standing != ReviewStanding::Error;
    for certificate in books.certificates.values().filter(came) {
        let upload = &certificate.upload;
        count(&mut seen.uploads, format!("{} {}", upload.contractor, upload.sha256));
    }
    for invoice in books.invoices.values() {
        let (job, period) = (&invoice.bill.job, &invoice.bill.period);
        count(&mut seen.invoices, format!("{job} {}", period.first_day));
    }
    for heard in &books.heard {
        let mut parts = heard.stream.splitn(3, '/');
        let (workflow, key) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
        let first = key.split('.').next().unwrap_or(key).to_owned();
        match workflow {
            "placement" | "invoice" => seen.placements.insert(first),
            "contractor" | "certificate" => seen.people.insert(first),
            _ => seen.placements.insert(heard.stream.clone()),
        };
    }
    for number in 0..4 {
        let name = placement(number);
        let currency = world.ats().get(&name).and_then(|facts| facts.pay?.currency);
        if currency.as_deref() != Some("USD") {
            seen.not_understood.insert(name.to_string());
        }
        let Some(state) = world.placement(&name) else { continue };
        if let Some(at) = losses::of(world, &state) {
            seen.lost.insert(name.to_string(), at);
        }
        if let Some(at) = losses::closed_at(world.engine(), &world.stream(&name), &state) {
            seen.closed.insert(name.to_string(), at);
        }
        seen.states.insert(name.to_string(), state);
    }
    seen
}

/// Rule 4: Active only on what the insurer really had in force at some moment until now.
fn covered_only_by_what_was_in_force(world: &World) -> Checked {
    let books = || world.insurer().books();
    for number in 0..4 {
        let Some(Placement::Active { coverage, .. }) = world.placement(&placement(number)) else {
            continue;
        };
        let had = match &coverage.evidence {
            Evidence::Policy { policy, .. } => books().policies.get(policy).is_some_and(|policy| {
                policy.past.iter().any(|(_, standing)| *standing == PolicyStanding::Active)
            }),
            Evidence::Assignment { assignment, .. } => books()
                .assignments
                .get(assignment)
                .is_some_and(|it| it.past.iter().any(|(_, s)| *s == AssignmentStanding::Active)),
            Evidence::Certificate { certificate, accepted } => {
                papers::was_good(world, certificate, accepted)
            }
        };
        prop_assert!(had, "pl_{number} is Active on what was never in force: {coverage:?}");
    }
    Ok(())
}

/// Rule 10: every instance that is no end waits for something.
fn nobody_waits_for_nothing(world: &World) -> Checked {
    for workflow in ["placement", "contractor", "certificate", "invoice", "delivery"] {
        for summary in world.summaries(workflow) {
            prop_assert!(
                summary.terminal || !summary.waits.is_empty(),
                "{} is {} and waits for nothing",
                summary.stream,
                summary.state
            );
        }
    }
    Ok(())
}

/// Rule 2, the other way round: what is live at the insurer is known here. (Second ones of a kind are violations already
/// when they are made.)
pub(super) fn nothing_is_open_unknown(world: &World) -> Checked {
    let books = world.insurer().books();
    for (id, session) in books.sessions.iter().filter(|(_, session)| session.is_live()) {
        let known = !world.find(id.as_str()).is_empty();
        prop_assert!(known, "session {id} of {} is open and nobody knows", session.quote);
    }
    for (id, assignment) in &books.assignments {
        let live = books.is_live(assignment);
        let canceled = matches!(
            world.placement(&assignment.placement),
            Some(Placement::Canceled { .. } | Placement::Flagged { .. })
        );
        // A person may close a placement that is covered, and settles it at the insurer.
        let known = canceled || !world.find(id.as_str()).is_empty();
        prop_assert!(!live || known, "assignment {id} is live and nobody knows");
    }
    Ok(())
}

/// Rule 10 by what the others really do: a signal that is waited for can still come.
pub(super) fn nobody_waits_for_what_cannot_come(world: &World) -> Checked {
    let owed = world.owed_calls();
    prop_assert!(owed.is_empty(), "calls stay owed: {owed:?}");
    for number in 0..3 {
        let who = super::candidate(number);
        let Some(contractor::State::OptingIn { holder, .. }) = world.contractor(&who) else {
            continue;
        };
        let holds = matches!(
            world.placement(&holder),
            Some(
                Placement::ApplicationPending { .. }
                    | Placement::Flagged { back: Back::Application { .. }, .. }
            )
        );
        prop_assert!(
            holds,
            "{} waits for {holder}, which holds nothing",
            world.contractor_stream(&who)
        );
    }
    for number in 0..4 {
        let name = placement(number);
        let Some(state) = world.placement(&name) else { continue };
        waits_rightly(world, number, &state)?;
    }
    Ok(())
}

/// Nobody who is another one by now has placements still: each is told, however many merges were on their way.
fn the_merged_are_left_alone(world: &World) -> Checked {
    for number in 0..4 {
        let state = world.placement(&placement(number));
        let of = match &state {
            Some(
                Placement::Discovered { brief, .. }
                | Placement::Flagged { back: Back::Discovered { brief, .. }, .. },
            ) => &brief.candidate,
            Some(
                Placement::ContractorReady { engagement, .. }
                | Placement::Flagged { back: Back::Contractor { engagement, .. }, .. },
            ) => &engagement.terms.references.candidate,
            Some(
                Placement::JobReady { hired }
                | Placement::Quoted { hired, .. }
                | Placement::ApplicationPending { hired, .. }
                | Placement::Assigned { hired, .. }
                | Placement::Active { hired, .. }
                | Placement::Flagged {
                    back:
                        Back::Job { hired }
                        | Back::Quote { hired, .. }
                        | Back::Application { hired, .. }
                        | Back::Assignment { hired, .. }
                        | Back::Coverage { hired, .. }
                        | Back::Lost { hired, .. },
                    ..
                },
            ) => &hired.engagement.terms.references.candidate,
            Some(
                Placement::Excluded { .. }
                | Placement::Completed { .. }
                | Placement::Canceled { .. },
            )
            | None => continue,
        };
        prop_assert!(!world.ats().is_merged(of), "pl_{number} is {of}'s still: {state:?}");
    }
    Ok(())
}

fn waits_rightly(world: &World, number: u8, state: &Placement) -> Checked {
    let books = world.insurer().books();
    match state {
        Placement::Discovered { readiness, brief, .. } => {
            prop_assert!(*readiness != Readiness::Unread, "pl_{number} is unread");
            if matches!(readiness, Readiness::Ready { .. }) {
                let contractor = world.contractor(&brief.candidate);
                prop_assert!(false, "pl_{number} waits for its contractor: {contractor:?}");
            }
        }
        Placement::ContractorReady { .. } | Placement::JobReady { .. } => {
            prop_assert!(false, "pl_{number} is on its way and nothing is owed");
        }
        Placement::Quoted { road, hired, .. } => {
            prop_assert!(matches!(road, Road::Asked(_)), "pl_{number} has its turn, nothing owed");
            let who = &hired.terms().references.candidate;
            let busy = match world.contractor(who) {
                Some(contractor::State::OptingIn { holder, .. }) => holder != placement(number),
                _ => false,
            };
            prop_assert!(busy, "pl_{number} waits for a turn that nobody has");
        }
        Placement::ApplicationPending { application, .. } => {
            let live = books.sessions.get(&application.session).is_some_and(|it| {
                it.is_live() || books.policies.values().all(|p| p.quote != application.quote)
            });
            prop_assert!(live, "pl_{number} waits for a session that is over");
            let over = books.sessions.get(&application.session).is_some_and(|it| {
                matches!(
                    it.standing,
                    workflow_core::domain::call::ApplicationStanding::Expired
                        | workflow_core::domain::call::ApplicationStanding::Ineligible
                )
            });
            prop_assert!(!over, "pl_{number} waits for a session that ended");
        }
        Placement::Assigned { assignment, .. } => {
            let pending = books
                .assignments
                .get(assignment)
                .is_some_and(|it| it.standing == AssignmentStanding::Pending);
            prop_assert!(pending, "pl_{number} waits for an assignment that is settled");
        }
        Placement::Flagged { issue: Issue::Contractor { .. }, back } => {
            if let Back::Discovered { brief, .. } = back {
                let linked = matches!(
                    world.contractor(&brief.candidate),
                    Some(
                        contractor::State::Linked { .. }
                            | contractor::State::OptingIn { .. }
                            | contractor::State::OptedIn { .. }
                    )
                );
                prop_assert!(!linked, "pl_{number} is flagged for a contractor that is linked");
            }
        }
        Placement::Active { .. }
        | Placement::Flagged { .. }
        | Placement::Excluded { .. }
        | Placement::Completed { .. }
        | Placement::Canceled { .. } => {}
    }
    Ok(())
}

/// Rule 8: another engine on the same log has the same states, lines and obligations.
fn the_same_log_gives_the_same_world(town: &mut Town) -> Checked {
    let before = picture(town.engine());
    let position = town.engine().position();
    let other = town.replayed();
    let after = picture(&other);
    if !std::ptr::eq(town.engine(), &other) {
        other.stop();
    }
    let stayed = town.engine().position() == position;
    prop_assert!(stayed, "opening the log again appended to it");
    prop_assert_eq!(before, after);
    Ok(())
}

/// What an engine says of everything that it has.
pub(super) fn picture(engine: &Engine<workflow_core::domain::Insurance>) -> Vec<String> {
    let of = |workflow| engine.summaries(workflow).into_iter();
    let all = ["placement", "contractor", "certificate", "invoice", "delivery"];
    let lines = all.into_iter().flat_map(of).map(|summary| {
        let Summary { stream, state, terminal, version, updated_at, headline, waits } = summary;
        // A message that changed nothing left no trace: another engine on the log tells it again, in vain.
        let lasting = |wait: &Wait| !matches!(wait, Wait::Message(_));
        let waits: Vec<Wait> = waits.into_iter().filter(lasting).collect();
        format!("{stream} {state} {terminal} {version} {updated_at} {headline} {waits:?}")
    });
    let owed = engine.owed_calls().into_iter().map(|call| format!("{} {:?}", call.key, call.since));
    lines.chain(owed).collect()
}

/// A message's key is the cause of at most one input's events in the receiver.
fn messages_came_once(world: &World) -> Checked {
    let mut seen: BTreeSet<(StreamId, String)> = BTreeSet::new();
    for workflow in ["placement", "contractor", "certificate", "invoice", "delivery"] {
        for summary in world.summaries(workflow) {
            let mut last = String::new();
            let history = world.engine().history(&summary.stream);
            let history = history.map_err(|e| TestCaseError::fail(e.to_string()))?;
            for recorded in history {
                let cause = recorded.event.cause;
                if !cause.actor.starts_with("stream:") {
                    last.clear();
                    continue;
                }
                // The events of one input stand together.
                if cause.key != last {
                    let first = seen.insert((summary.stream.clone(), cause.key.clone()));
                    prop_assert!(first, "message {} came twice", cause.key);
                }
                last = cause.key;
            }
        }
    }
    Ok(())
}
