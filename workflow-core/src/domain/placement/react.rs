//! What each state of a placement is owed, when it wants its timer, and by what names it is found.

use super::machine::placement::State;
use super::state::{
    Amendment, Application, Back, Basis, Engagement, Evidence, Hired, Intent, Leave, Need,
    Readiness, Release, Road, Turn, Wanted,
};
use crate::domain::call::{AssignmentId, Call, JobId, PolicyId, QuoteId};
use crate::domain::contractor::{self, Contractor};
use crate::domain::facts::{CandidateId, PlacementId, RequisitionId};
use crate::id::StreamId;
use crate::time::Timestamp;
use crate::workflow::{Owed, Tell};

/// The obligations of a state.
pub(super) fn react(stream: &StreamId, state: &State) -> Vec<Owed<Call>> {
    match state {
        State::Discovered { placement, readiness, .. } => discovered(stream, placement, readiness),
        State::ContractorReady { engagement, job, intent } => {
            let mut owed = release(stream, engagement);
            owed.push(make_job(engagement, job));
            owed.extend(overdue(intent));
            owed.extend(super::remind::words(state).map(Owed::Person));
            owed
        }
        State::JobReady { hired } => {
            let mut owed = release(stream, &hired.engagement);
            owed.push(quote(hired));
            owed
        }
        State::Quoted { hired, basis, road, intent } => {
            let mut owed = quoted(stream, hired, basis, *road);
            owed.extend(overdue(intent));
            owed.extend(super::remind::words(state).map(Owed::Person));
            owed
        }
        State::ApplicationPending { application, intent, .. } => match intent {
            Intent::Stay | Intent::Late { .. } => {
                let mut owed = vec![Owed::Signal("the contractor's application")];
                owed.extend(super::remind::words(state).map(Owed::Person));
                owed
            }
            Intent::Hold { .. }
            | Intent::Cancel { .. }
            | Intent::Change { .. }
            | Intent::Exclude { .. } => {
                let mut owed = vec![Owed::Call {
                    operation: "expire_application".into(),
                    call: Call::ExpireApplication { session: application.session.clone() },
                }];
                owed.extend(super::remind::words(state).map(Owed::Person));
                owed
            }
        },
        State::Assigned { hired, assignment, intent, .. } => {
            let mut owed = assigned(stream, hired, assignment, intent);
            owed.extend(super::remind::words(state).map(Owed::Person));
            owed
        }
        State::Active { hired, coverage } => {
            let mut owed = release(stream, &hired.engagement);
            owed.extend(extend(hired));
            owed.extend(read(hired, &coverage.evidence));
            owed.push(Owed::Signal("the end of the engagement, a change, or a loss"));
            owed.extend(super::remind::words(state).map(Owed::Person));
            owed
        }
        State::Flagged { issue, back } => {
            let mut owed = back.engagement().map_or(Vec::new(), |e| release(stream, e));
            owed.push(Owed::Person(super::headline::flagged(issue, back)));
            owed
        }
        State::Excluded { release, .. } => {
            let mut owed = released(stream, release);
            owed.push(Owed::Signal("another classification in the ATS"));
            owed
        }
        State::Completed { hired, .. } => release(stream, &hired.engagement),
        State::Canceled { release, .. } => released(stream, release),
    }
}

fn discovered(
    stream: &StreamId,
    placement: &PlacementId,
    readiness: &Readiness,
) -> Vec<Owed<Call>> {
    match readiness {
        Readiness::Unread => vec![Owed::Call {
            operation: "read_placement".into(),
            call: Call::ReadPlacement { placement: placement.clone() },
        }],
        Readiness::Held { .. } => vec![Owed::Signal("the missing facts")],
        Readiness::Ready { terms } => {
            let ask = contractor::Input::LinkAsked { placement: placement.clone() };
            let to = contractor_stream(stream, &terms.references.candidate);
            let tell = to.map(|to| Owed::Tell(Tell::new::<Contractor>("ask_link", to, &ask)));
            tell.into_iter().chain([Owed::Signal("the contractor")]).collect()
        }
    }
}

fn make_job(engagement: &Engagement, job: &Wanted) -> Owed<Call> {
    let (references, terms) = (engagement.references(), engagement.terms.job.clone());
    match job {
        Wanted::Create => Owed::Call {
            operation: "create_job".into(),
            call: Call::CreateJob { references, terms },
        },
        Wanted::Update(job) => Owed::Call {
            operation: "update_job".into(),
            call: Call::UpdateJob { job: job.clone(), references, terms },
        },
    }
}

/// A quote that is brought up to date, or a new one.
fn quote(hired: &Hired) -> Owed<Call> {
    match &hired.engagement.amendment {
        Amendment::Quote(quote) => update_quote(hired, quote),
        Amendment::None | Amendment::Extend(_) | Amendment::Close { .. } => ask_quote(hired),
    }
}

fn ask_quote(hired: &Hired) -> Owed<Call> {
    let terms = hired.terms();
    Owed::Call {
        operation: "create_quote".into(),
        call: Call::CreateQuote {
            references: terms.references.clone(),
            contractor: hired.engagement.contractor.clone(),
            job: hired.job.clone(),
            coverage: terms.coverage.clone(),
            window: terms.window,
        },
    }
}

fn update_quote(hired: &Hired, quote: &QuoteId) -> Owed<Call> {
    let terms = hired.terms();
    Owed::Call {
        operation: "update_quote".into(),
        call: Call::UpdateQuote {
            quote: quote.clone(),
            references: terms.references.clone(),
            contractor: hired.engagement.contractor.clone(),
            job: hired.job.clone(),
            coverage: terms.coverage.clone(),
            window: terms.window,
        },
    }
}

fn assigned(
    stream: &StreamId,
    hired: &Hired,
    assignment: &AssignmentId,
    intent: &Intent,
) -> Vec<Owed<Call>> {
    let mut owed = release(stream, &hired.engagement);
    if intent.undoes() {
        owed.push(Owed::Call {
            operation: "cancel_assignment".into(),
            call: Call::CancelAssignment { assignment: assignment.clone(), job: hired.job.clone() },
        });
        return owed;
    }
    owed.extend(extend(hired));
    owed.push(Owed::Signal("the assignment to come into force"));
    owed
}

/// The later end that is asked for, if one is.
fn extend(hired: &Hired) -> Option<Owed<Call>> {
    let Amendment::Extend(terms) = &hired.engagement.amendment else { return None };
    Some(Owed::Call {
        operation: "extend_coverage".into(),
        call: Call::ExtendCoverage { job: hired.job.clone(), until: terms.window.until },
    })
}

/// What covers is read once more before the placement is closed.
fn read(hired: &Hired, evidence: &Evidence) -> Option<Owed<Call>> {
    let bought = evidence.bought().filter(|_| hired.is_closing())?;
    Some(Owed::Call { operation: "read_coverage".into(), call: Call::ReadCoverage { bought } })
}

/// A person is told that work has begun, while the call in flight goes on.
fn overdue(intent: &Intent) -> Option<Owed<Call>> {
    let Intent::Late { days } = intent else { return None };
    Some(Owed::Person(super::headline::begun(*days)))
}

fn quoted(stream: &StreamId, hired: &Hired, basis: &Basis, road: Road) -> Vec<Owed<Call>> {
    let terms = hired.terms();
    match (road, basis) {
        (Road::Asked(need), _) => ask_road(stream, hired, need),
        (Road::Taken(Leave::Application), Basis::Quote { quote, .. }) => vec![Owed::Call {
            operation: "open_application".into(),
            call: Call::OpenApplication {
                references: hired.engagement.references(),
                quote: quote.clone(),
            },
        }],
        (Road::Taken(Leave::Assignment), _)
        | (Road::Taken(Leave::Application), Basis::MatchingPolicy) => vec![Owed::Call {
            operation: "create_assignment".into(),
            call: Call::CreateAssignment {
                references: hired.engagement.references(),
                contractor: hired.engagement.contractor.clone(),
                job: hired.job.clone(),
                coverage: terms.coverage.clone(),
                window: terms.window,
            },
        }],
    }
}

fn ask_road(stream: &StreamId, hired: &Hired, need: Need) -> Vec<Owed<Call>> {
    let references = &hired.terms().references;
    let Turn::Asked { round } = hired.engagement.turn else { return Vec::new() };
    let ask = contractor::Input::RoadAsked { placement: references.placement.clone(), round, need };
    let to = contractor_stream(stream, &references.candidate);
    let tell = to.map(|to| Owed::Tell(Tell::new::<Contractor>("ask_road", to, &ask)));
    tell.into_iter().chain([Owed::Signal("its turn with the contractor")]).collect()
}

fn release(stream: &StreamId, engagement: &Engagement) -> Vec<Owed<Call>> {
    let references = &engagement.terms.references;
    tell_over(stream, &references.candidate, &references.placement, engagement.turn)
}

fn released(stream: &StreamId, release: &Release) -> Vec<Owed<Call>> {
    tell_over(stream, &release.candidate, &release.placement, release.turn)
}

/// Tells the contractor that the placement's turn is over, once it is.
fn tell_over(
    stream: &StreamId,
    candidate: &CandidateId,
    placement: &PlacementId,
    turn: Turn,
) -> Vec<Owed<Call>> {
    let Turn::Over { round, ended } = turn else { return Vec::new() };
    let over = contractor::Input::TurnOver { placement: placement.clone(), round, ended };
    let to = contractor_stream(stream, candidate);
    to.map(|to| Owed::Tell(Tell::new::<Contractor>("tell_over", to, &over))).into_iter().collect()
}

/// The stream of the candidate's contractor. `None` for an id that cannot stand in a stream's name: `decide` holds
/// such a placement before it comes here.
pub(super) fn contractor_stream(stream: &StreamId, candidate: &CandidateId) -> Option<StreamId> {
    StreamId::new("contractor", stream.tenant(), candidate.as_str()).ok()
}

/// When a state wants its timer: the start that must not pass uncovered, the end of coverage, the end of work, and before
/// that whenever somebody is to be reminded of one.
pub(super) fn due(state: &State) -> Option<Timestamp> {
    let ends = ends(state);
    super::remind::next(state).into_iter().chain(ends).min()
}

fn ends(state: &State) -> Option<Timestamp> {
    match state {
        State::Discovered { readiness: Readiness::Ready { terms }, .. } => {
            Some(terms.window.effective)
        }
        State::ContractorReady { engagement, intent, .. } => begins(engagement, intent),
        State::Quoted { hired, intent, road: Road::Taken(_), .. } => {
            begins(&hired.engagement, intent)
        }
        // What is being undone is told of when its time comes: see `remind.rs`.
        State::ApplicationPending { intent, .. } | State::Assigned { intent, .. }
            if intent.undoes() =>
        {
            None
        }
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. } => Some(hired.terms().window.effective),
        State::Active { hired, coverage } => match hired.engagement.amendment {
            Amendment::Extend(_) => Some(coverage.expires),
            // What is read decides.
            Amendment::Close { .. } => None,
            Amendment::None | Amendment::Quote(_) => {
                Some(coverage.expires.min(hired.terms().window.until))
            }
        },
        State::Discovered { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => None,
    }
}

/// Who works, as far as the state says; `None` once the placement was called off.
pub fn candidate(state: &State) -> Option<&CandidateId> {
    match state {
        State::Discovered { brief, .. } | State::Excluded { brief, .. } => Some(&brief.candidate),
        State::ContractorReady { engagement, .. } => Some(&engagement.terms.references.candidate),
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. }
        | State::Active { hired, .. }
        | State::Completed { hired, .. } => Some(&hired.terms().references.candidate),
        State::Flagged { back: Back::Discovered { brief, .. }, .. } => Some(&brief.candidate),
        State::Flagged { back, .. } => back.engagement().map(|e| &e.terms.references.candidate),
        State::Canceled { .. } => None,
    }
}

/// When the work begins that a call in flight is for, unless a person was told already or it comes to nothing.
fn begins(engagement: &Engagement, intent: &Intent) -> Option<Timestamp> {
    match intent {
        Intent::Stay => Some(engagement.terms.window.effective),
        Intent::Change { terms } => Some(terms.window.effective),
        Intent::Cancel { .. }
        | Intent::Exclude { .. }
        | Intent::Hold { .. }
        | Intent::Late { .. } => None,
    }
}

/// The name by which the placements of one candidate are found.
pub fn candidate_alias(candidate: &CandidateId) -> String {
    format!("candidate:{candidate}")
}

/// The name by which the placements that fill one requisition are found.
pub fn requisition_alias(requisition: &RequisitionId) -> String {
    format!("requisition:{requisition}")
}

/// The ids by which signals find the placement: the insurer's own, the ATS's with a prefix.
pub(super) fn aliases(state: &State) -> Vec<String> {
    let mut names = Names::default();
    match state {
        State::Discovered { brief, .. } | State::Excluded { brief, .. } => {
            names.ats(&brief.candidate, &brief.requisition);
        }
        State::Canceled { .. } => {}
        State::ContractorReady { engagement, .. } => names.engagement(engagement),
        State::JobReady { hired } => names.hired(hired),
        State::Quoted { hired, basis, .. } => {
            names.hired(hired);
            names.basis(basis);
        }
        State::ApplicationPending { hired, application, .. } => {
            names.hired(hired);
            names.application(application);
        }
        State::Assigned { hired, assignment, policy, .. } => {
            names.hired(hired);
            names.assignment(assignment, policy.as_ref());
        }
        State::Active { hired, coverage } | State::Completed { hired, coverage, .. } => {
            names.hired(hired);
            names.evidence(&coverage.evidence);
        }
        State::Flagged { back, .. } => names.back(back),
    }
    names.0
}

#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn ats(&mut self, candidate: &CandidateId, requisition: &RequisitionId) {
        self.0.push(candidate_alias(candidate));
        self.0.push(requisition_alias(requisition));
    }

    fn engagement(&mut self, engagement: &Engagement) {
        let references = &engagement.terms.references;
        self.ats(&references.candidate, &references.requisition);
        self.0.push(engagement.contractor.to_string());
    }

    fn job(&mut self, job: &JobId) {
        self.0.push(job.to_string());
    }

    fn hired(&mut self, hired: &Hired) {
        self.engagement(&hired.engagement);
        self.job(&hired.job);
    }

    fn basis(&mut self, basis: &Basis) {
        match basis {
            Basis::Quote { quote, .. } => self.0.push(quote.to_string()),
            Basis::MatchingPolicy => {}
        }
    }

    fn application(&mut self, application: &Application) {
        self.0.push(application.quote.to_string());
        self.0.push(application.session.to_string());
    }

    fn assignment(&mut self, assignment: &AssignmentId, policy: Option<&PolicyId>) {
        self.0.push(assignment.to_string());
        self.0.extend(policy.map(PolicyId::to_string));
    }

    fn evidence(&mut self, evidence: &Evidence) {
        match evidence {
            Evidence::Policy { policy, quote } => {
                self.0.push(policy.to_string());
                self.0.push(quote.to_string());
            }
            Evidence::Assignment { assignment, policy } => {
                self.assignment(assignment, policy.as_ref());
            }
            // Signals about a certificate are its own workflow's.
            Evidence::Certificate { .. } => {}
        }
    }

    fn back(&mut self, back: &Back) {
        match back {
            Back::Discovered { brief, .. } => self.ats(&brief.candidate, &brief.requisition),
            Back::Contractor { engagement, .. } => self.engagement(engagement),
            Back::Job { hired } => self.hired(hired),
            Back::Quote { hired, basis } => {
                self.hired(hired);
                self.basis(basis);
            }
            Back::Application { hired, application, .. } => {
                self.hired(hired);
                self.application(application);
            }
            Back::Assignment { hired, assignment, policy, .. } => {
                self.hired(hired);
                self.assignment(assignment, policy.as_ref());
            }
            Back::Coverage { hired, coverage, .. } => {
                self.hired(hired);
                self.evidence(&coverage.evidence);
            }
            Back::Lost { hired, evidence, .. } => {
                self.hired(hired);
                self.evidence(evidence);
            }
        }
    }
}
