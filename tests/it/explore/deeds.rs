//! What happens by itself: both sides are read, people apply, underwriters change their minds, operators settle flags.

use tests::world::stream;
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentStanding, PolicyId, PolicyStanding, QuoteId, Sighting,
};
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{Input, Placement, Resolution};
use workflow_core::explore::{Deed, Pace, Told};
use workflow_core::time::Timestamp;

use super::calls;
use super::outside::{Outside, Policy, Version};

type Deeds = Vec<Deed<Outside>>;

/// All that may happen next; the ATS may come to have any of `versions`.
pub fn all(now: &Outside, versions: &[(&'static str, Version)]) -> Deeds {
    let mut deeds = reports(now);
    deeds.extend(sightings(now));
    deeds.extend(changes(now, versions));
    deeds.extend(sessions(now));
    deeds.extend(policies(now));
    deeds.extend(assignments(now));
    deeds.extend(people(now));
    deeds
}

/// The world after a change.
fn with(now: &Outside, change: impl FnOnce(&mut Outside)) -> Outside {
    let mut after = now.clone();
    change(&mut after);
    after
}

/// The ATS is read at any time, be it by a poll or for a signal.
fn reports(now: &Outside) -> Deeds {
    let deed = |(placement, row): (&PlacementId, &super::outside::Row)| {
        let facts = row.version.facts(placement, &row.candidate);
        let told = Told::to::<Placement>(stream(placement), &Input::Observed(Box::new(facts)));
        let what = format!("the ATS reports {placement}, {}", row.version.words());
        Deed::new(what, Pace::Certain, now.clone()).told(told)
    };
    now.ats.iter().map(deed).collect()
}

/// So is everything at the insurer: signals may be lost, late and double.
fn sightings(now: &Outside) -> Deeds {
    let mut deeds = Vec::new();
    let mut seen = |what: String, names: Vec<String>, sighting: Sighting| {
        let told = Told::to_named::<Placement>(names, &Input::Seen(sighting));
        deeds.push(Deed::new(what, Pace::Certain, now.clone()).told(told));
    };
    for (session, it) in &now.sessions {
        let what = format!("session {session} is read, {}", name(&it.standing));
        let names = vec![session.to_string(), it.quote.to_string()];
        let (session, quote) = (session.clone(), Some(it.quote.clone()));
        let standing = it.standing.clone();
        seen(what, names, Sighting::Application { session, quote, standing });
    }
    for (policy, it) in &now.policies {
        let what = format!("policy {policy} is read, {:?}", it.standing);
        let names = vec![policy.to_string(), it.quote.to_string()];
        seen(what, names, calls::policy_read(policy, it));
    }
    for (assignment, it) in &now.assignments {
        let what = format!("assignment {assignment} is read, {:?}", it.standing);
        let names = vec![assignment.to_string(), it.job.to_string()];
        seen(what, names, calls::assignment_read(assignment, it));
    }
    deeds
}

fn name(standing: &ApplicationStanding) -> &'static str {
    match standing {
        ApplicationStanding::Open { .. } => "Open",
        ApplicationStanding::ManualReview => "ManualReview",
        ApplicationStanding::Complete => "Complete",
        ApplicationStanding::Ineligible => "Ineligible",
        ApplicationStanding::Expired => "Expired",
    }
}

fn changes(now: &Outside, versions: &[(&'static str, Version)]) -> Deeds {
    if now.left.changes == 0 {
        return Vec::new();
    }
    let mut deeds = Vec::new();
    for (placement, version) in versions {
        let placement = PlacementId((*placement).into());
        let Some(row) = now.ats.get(&placement) else { continue };
        if row.version == *version {
            continue;
        }
        let after = with(now, |after| {
            after.left.changes -= 1;
            let row = after.ats.get_mut(&placement).expect("it is there");
            row.version = *version;
            row.ever_in_scope |= *version != Version::W2;
        });
        let what = format!("the ATS changes {placement}: {}", version.words());
        deeds.push(Deed::new(what, Pace::Possible, after));
    }
    deeds
}

fn sessions(now: &Outside) -> Deeds {
    let mut deeds = Vec::new();
    for (session, it) in &now.sessions {
        let ends = |standing: ApplicationStanding, failure: u8| {
            with(now, |after| {
                after.left.failures -= failure;
                let it = after.sessions.get_mut(session).expect("it is there");
                it.standing = standing;
            })
        };
        if it.is_live() {
            let after = ends(ApplicationStanding::Complete, 0);
            let what = format!("the contractor completes {session}");
            deeds.push(Deed::new(what, Pace::Possible, after));
            if now.left.failures > 0 {
                let after = ends(ApplicationStanding::Expired, 1);
                deeds.push(Deed::new(format!("{session} runs out"), Pace::Possible, after));
                let after = ends(ApplicationStanding::Ineligible, 1);
                deeds.push(Deed::new(format!("{session} is declined"), Pace::Possible, after));
            }
        }
        let issued = now.policies.values().any(|policy| policy.quote == it.quote);
        if it.standing == ApplicationStanding::Complete && !issued {
            let after = with(now, |after| after.issue(&it.quote));
            let what = format!("a policy is issued for {}", it.quote);
            deeds.push(Deed::new(what, Pace::Certain, after));
        }
    }
    deeds
}

fn policies(now: &Outside) -> Deeds {
    let mut deeds = Vec::new();
    for (policy, it) in &now.policies {
        let to = |standing: PolicyStanding, lost: u8, back: u8| {
            with(now, |after| {
                after.left.losses -= lost;
                after.left.returns -= back;
                let it = after.policies.get_mut(policy).expect("it is there");
                it.standing = standing;
            })
        };
        match it.standing {
            PolicyStanding::Active if it.expires <= now.season.now() => {
                let after = to(PolicyStanding::Expired, 0, 0);
                deeds.push(Deed::new(format!("policy {policy} runs out"), Pace::Certain, after));
            }
            PolicyStanding::Active if now.left.losses > 0 => {
                let after = to(PolicyStanding::Canceled, 1, 0);
                let what = format!("policy {policy} is cancelled");
                deeds.push(Deed::new(what, Pace::Possible, after));
            }
            PolicyStanding::Canceled if now.left.returns > 0 => {
                let after = to(PolicyStanding::Active, 0, 1);
                let what = format!("policy {policy} is in force again");
                deeds.push(Deed::new(what, Pace::Possible, after));
            }
            PolicyStanding::Active | PolicyStanding::Canceled | PolicyStanding::Expired => {}
        }
    }
    if now.left.elsewhere > 0
        && let Some((contractor, _)) = now.contractors.first_key_value()
    {
        let after = with(now, |after| {
            after.left.elsewhere -= 1;
            let year_secs = 365 * 24 * 3600;
            let effective = after.season.now();
            let policy = Policy {
                quote: QuoteId("qt_elsewhere".into()),
                contractor: contractor.clone(),
                standing: PolicyStanding::Active,
                effective,
                expires: Timestamp::from_secs(effective.as_secs() + year_secs),
            };
            after.policies.insert(PolicyId("py_elsewhere".into()), policy);
        });
        let what = "the contractor buys a policy elsewhere";
        deeds.push(Deed::new(what, Pace::Possible, after));
    }
    deeds
}

fn assignments(now: &Outside) -> Deeds {
    use AssignmentStanding::{Active, Canceled, ChargeFailed, Pending};
    let mut deeds = Vec::new();
    for (assignment, it) in &now.assignments {
        let to = |standing: AssignmentStanding, lost: u8, back: u8| {
            with(now, |after| {
                after.left.losses -= lost;
                after.left.returns -= back;
                let it = after.assignments.get_mut(assignment).expect("it is there");
                it.standing = standing;
                it.was_active |= standing == Active;
            })
        };
        let mut deed = |what: &str, pace, after| {
            deeds.push(Deed::new(format!("assignment {assignment} {what}"), pace, after));
        };
        let lost = now.left.losses > 0;
        match it.standing {
            Pending => {
                deed("is charged and in force", Pace::Certain, to(Active, 0, 0));
                if lost {
                    deed("cannot be charged", Pace::Possible, to(ChargeFailed, 1, 0));
                }
            }
            Active if lost => {
                deed("is cancelled by the insurer", Pace::Possible, to(Canceled, 1, 0));
                deed("loses its charge", Pace::Possible, to(ChargeFailed, 1, 0));
            }
            ChargeFailed if now.left.returns > 0 => {
                deed("is charged after all", Pace::Possible, to(Active, 0, 1));
            }
            Active | ChargeFailed | Canceled => {}
        }
    }
    deeds
}

/// Operators and time.
fn people(now: &Outside) -> Deeds {
    let mut deeds = Vec::new();
    if now.left.operator > 0 {
        let after = with(now, |after| after.left.operator -= 1);
        for placement in now.ats.keys() {
            for resolution in [Resolution::Return, Resolution::Restart, Resolution::Close] {
                let input = Input::Resolve { resolution, reason: "seen to".into() };
                let told = Told::to::<Placement>(stream(placement), &input);
                let what = format!("an operator settles {placement} ({resolution:?})");
                deeds.push(Deed::new(what, Pace::Possible, after.clone()).told(told));
            }
        }
    }
    if now.left.seasons > 0
        && let Some(next) = now.season.next()
    {
        let after = with(now, |after| {
            after.left.seasons -= 1;
            after.season = next;
        });
        deeds.push(Deed::new(format!("time passes: {next:?}"), Pace::Possible, after));
    }
    deeds
}
