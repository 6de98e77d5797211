//! The rules that must hold, each by its number and its words, as far as states and books show it.
//!
//! Rule 3 (nothing is sent that is not in the log first) and 8 (the state is the fold of the events) the explorer keeps
//! by the way it goes; 9 and 11 have nothing to do with the order of things.

use tests::world::stream;
use workflow_core::domain::call::{ApplicationStanding, AssignmentStanding, PolicyStanding};
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{
    Back, Basis, Evidence, Intent, Placement, Readiness, Road, State,
};
use workflow_core::explore::{Invariant, Scene as SceneOf, When};

use super::Insured;
use super::outside::Version;

type Scene<'a> = SceneOf<'a, Insured>;
type Holds = Result<(), String>;

pub const ORDER: &str =
    "1: no quote before contractor and job, no session or assignment before a quote";
pub const ONE_OF_EACH: &str = "2: one contractor, one job, one live session per contractor, one live assignment per placement";
pub const ADDRESS: &str = "2: of two people with one e-mail both are known, each once";
pub const KNOWN: &str = "2: what is live at the insurer is known to the placement it was made for";
pub const EVIDENCE: &str = "4: Active only on what the insurer has had in force";
pub const LOSS: &str = "5: a loss of coverage always ends in Flagged";
pub const PAST: &str = "6: coverage is never asked for in the past";
pub const SCOPE: &str = "7: a non-contractor placement causes no requests";
pub const WAITS: &str = "10: nobody waits for what cannot come";
pub const TERMS: &str = "changes: a placement goes on only with a quote for its own terms";
pub const CALLED_OFF: &str =
    "changes: what was called off or out of scope does not stay on the road";
pub const FOLLOWED: &str = "changes: a placement on the road has the terms that the ATS has";

/// All of them.
pub fn all() -> Vec<Invariant<Insured>> {
    let always =
        |name, holds: fn(&Scene<'_>) -> Holds| Invariant { name, when: When::Always, holds };
    let at_rest =
        |name, holds: fn(&Scene<'_>) -> Holds| Invariant { name, when: When::AtRest, holds };
    vec![
        always(ORDER, |scene| nothing_wrong(scene, 1)),
        always(ONE_OF_EACH, |scene| nothing_wrong(scene, 2)),
        always(EVIDENCE, covered_only_by_what_was_in_force),
        always(PAST, |scene| nothing_wrong(scene, 6)),
        always(SCOPE, |scene| nothing_wrong(scene, 7)),
        always(TERMS, quoted_for_its_own_terms),
        at_rest(ADDRESS, everybody_is_known_once),
        at_rest(KNOWN, what_is_live_is_known),
        at_rest(LOSS, a_loss_is_flagged),
        at_rest(WAITS, nobody_waits_for_what_cannot_come),
        at_rest(CALLED_OFF, called_off_is_off),
        at_rest(FOLLOWED, the_terms_are_followed),
    ]
}

fn nothing_wrong(scene: &Scene<'_>, rule: u8) -> Holds {
    match &scene.world.wrong {
        Some((broken, how)) if *broken == rule => Err(how.clone()),
        Some(_) | None => Ok(()),
    }
}

fn placements<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a str, &'a State)> {
    scene.states::<Placement>().map(|(stream, state)| (stream.key(), state))
}

fn covered_only_by_what_was_in_force(scene: &Scene<'_>) -> Holds {
    for (name, state) in placements(scene) {
        let State::Active { coverage, .. } = state else { continue };
        let had = match &coverage.evidence {
            // A policy is issued in force.
            Evidence::Policy { policy, .. } => scene.world.policies.contains_key(policy),
            Evidence::Assignment { assignment, .. } => {
                scene.world.assignments.get(assignment).is_some_and(|it| it.was_active)
            }
            // Nobody brings a certificate here.
            Evidence::Certificate { .. } => false,
        };
        if !had {
            return Err(format!("{name} is Active on {:?}", coverage.evidence));
        }
    }
    Ok(())
}

/// What was quoted is the job and the window that the state carries.
fn quoted_for_its_own_terms(scene: &Scene<'_>) -> Holds {
    for (name, state) in placements(scene) {
        let (hired, quote) = match state {
            State::Quoted { hired, basis: Basis::Quote { quote, .. }, .. } => (hired, quote),
            State::ApplicationPending { hired, application, .. } => (hired, &application.quote),
            _ => continue,
        };
        let Some(quoted) = scene.world.quotes.get(quote) else {
            return Err(format!("{name} goes on with {quote}, which does not exist"));
        };
        let terms = hired.terms();
        if (quoted.window, &quoted.terms) != (terms.window, &terms.job) {
            return Err(format!("{name} goes on with {quote}, which is for other terms"));
        }
    }
    Ok(())
}

/// The second one of an e-mail has a made-up one, and nobody stands aside because of it.
fn everybody_is_known_once(scene: &Scene<'_>) -> Holds {
    for (stream, state) in scene.states::<Contractor>() {
        let of = scene.world.contractors.values().filter(|of| of.as_str() == stream.key()).count();
        let known = matches!(
            state,
            contractor::State::Linked { .. }
                | contractor::State::OptingIn { .. }
                | contractor::State::OptedIn { .. }
        );
        if !known || of != 1 {
            return Err(format!("{stream} is {:?}, and has {of} contractors", state.kind()));
        }
    }
    let by_made_up = |address: &String| address.starts_with("candidate_");
    let real = scene.world.addresses.keys().filter(|address| !by_made_up(address)).count();
    if real > 1 { Err(format!("{real} people share one address")) } else { Ok(()) }
}

/// A person may close a placement that is covered, and settles it at the insurer.
fn what_is_live_is_known(scene: &Scene<'_>) -> Holds {
    let known = |id: &str| scene.find(id).next().is_some();
    let sessions = scene.world.sessions.iter().filter(|(_, session)| session.is_live());
    for (id, session) in sessions {
        if !known(id.as_str()) {
            return Err(format!("session {id} of {} is open and nobody knows", session.quote));
        }
    }
    for (id, assignment) in &scene.world.assignments {
        let state = scene.state::<Placement>(&stream(&assignment.placement));
        let a_persons = matches!(state, Some(State::Canceled { .. } | State::Flagged { .. }));
        if scene.world.is_live(assignment) && !a_persons && !known(id.as_str()) {
            return Err(format!("assignment {id} is live and nobody knows"));
        }
    }
    Ok(())
}

fn a_loss_is_flagged(scene: &Scene<'_>) -> Holds {
    let stands = |policy| {
        let known = scene.world.policies.get(policy);
        known.is_some_and(|it| it.standing == PolicyStanding::Active)
    };
    for (name, state) in placements(scene) {
        let State::Active { coverage, .. } = state else { continue };
        let in_force = match &coverage.evidence {
            Evidence::Policy { policy, .. } => stands(policy),
            Evidence::Assignment { assignment, policy } => {
                let known = scene.world.assignments.get(assignment);
                known.is_some_and(|it| it.standing == AssignmentStanding::Active)
                    && policy.as_ref().is_none_or(stands)
            }
            Evidence::Certificate { .. } => false,
        };
        if !in_force {
            return Err(format!("{name} is Active on {:?}, which is lost", coverage.evidence));
        }
        if coverage.expires <= scene.now {
            return Err(format!("{name} is Active beyond its coverage"));
        }
    }
    Ok(())
}

fn nobody_waits_for_what_cannot_come(scene: &Scene<'_>) -> Holds {
    for (stream, state) in scene.states::<Contractor>() {
        let contractor::State::OptingIn { holder, .. } = state else { continue };
        let holds = matches!(
            scene.state::<Placement>(&tests::world::stream(holder)),
            Some(
                State::ApplicationPending { .. }
                    | State::Flagged { back: Back::Application { .. }, .. }
            )
        );
        if !holds {
            return Err(format!("{stream} waits for {holder}, which holds nothing"));
        }
    }
    placements(scene).try_for_each(|(name, state)| waits_rightly(scene, name, state))
}

fn waits_rightly(scene: &Scene<'_>, name: &str, state: &State) -> Holds {
    let wrong = |what: &str| Err(format!("{name} {what}"));
    match state {
        State::Discovered { readiness: Readiness::Unread, .. } => wrong("is unread"),
        State::Discovered { readiness: Readiness::Ready { .. }, .. } => {
            wrong("waits for its contractor")
        }
        State::ContractorReady { .. } | State::JobReady { .. } => {
            wrong("is on its way and nothing is owed")
        }
        State::Quoted { road: Road::Taken(_), .. } => wrong("has its turn and nothing is owed"),
        State::Quoted { hired, .. } => {
            let who = &hired.terms().references.candidate;
            let stream = tests::world::contractor_stream(who);
            match scene.state::<Contractor>(&stream) {
                Some(contractor::State::OptingIn { holder, .. }) if holder.as_str() != name => {
                    Ok(())
                }
                _ => wrong("waits for a turn that nobody has"),
            }
        }
        State::ApplicationPending { application, .. } => {
            match scene.world.sessions.get(&application.session).map(|it| &it.standing) {
                Some(ApplicationStanding::Open { .. } | ApplicationStanding::ManualReview) => {
                    Ok(())
                }
                _ => wrong("waits for a session that is over"),
            }
        }
        State::Assigned { assignment, .. } => {
            let known = scene.world.assignments.get(assignment);
            match known.is_some_and(|it| it.standing == AssignmentStanding::Pending) {
                true => Ok(()),
                false => wrong("waits for an assignment that is settled"),
            }
        }
        State::Discovered { readiness: Readiness::Held { .. }, .. }
        | State::Active { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Ok(()),
    }
}

fn called_off_is_off(scene: &Scene<'_>) -> Holds {
    for (placement, row) in &scene.world.ats {
        let off = matches!(row.version, Version::Canceled | Version::W2 | Version::Ended);
        let Some(state) = scene.state::<Placement>(&stream(placement)) else { continue };
        let left = match (row.version, state) {
            // A placement that ended while covered is complete.
            (
                _,
                State::Canceled { .. }
                | State::Excluded { .. }
                | State::Flagged { .. }
                | State::Completed { .. },
            ) => true,
            (_, _) => !off,
        };
        if !left {
            return Err(format!("{placement} is {} and stays", row.version.words()));
        }
    }
    Ok(())
}

fn the_terms_are_followed(scene: &Scene<'_>) -> Holds {
    for (placement, row) in &scene.world.ats {
        let PlacementId(name) = placement;
        let hired = match scene.state::<Placement>(&stream(placement)) {
            Some(
                State::Quoted { hired, intent: Intent::Stay, .. }
                | State::ApplicationPending { hired, intent: Intent::Stay, .. }
                | State::Assigned { hired, intent: Intent::Stay, .. }
                | State::Active { hired, .. },
            ) => hired,
            _ => continue,
        };
        let facts = row.version.facts(placement, &row.candidate);
        let day = hired.terms().window.first_day;
        let dear = hired.terms().job.wage.to_string();
        let pay = facts.pay.map(|pay| format!("{} per hour", pay.amount));
        let last = Some(hired.terms().window.last_day);
        if facts.start != Some(day) || facts.end != last || pay.as_ref() != Some(&dear) {
            return Err(format!("{name} goes on from {day} at {dear}, the ATS says otherwise"));
        }
    }
    Ok(())
}
