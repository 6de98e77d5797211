//! The table of the placement workflow: which event leads where. No judgement: that is `decide.rs`.

use serde::{Deserialize, Serialize};

use super::state::{
    Amendment, Application, Back, Basis, Coverage, Ended, Engagement, Hired, Intent, Issue, Need,
    Readiness, Release, Reminder, Rest, Road, Wanted,
};
use crate::domain::by_hand::SetFact;
use crate::domain::call::{AssignmentId, ContractorId, JobId, PolicyId};
use crate::domain::certificate::Proof;
use crate::domain::facts::{CandidateId, Date, PlacementId};
use crate::domain::terms::{Brief, Missing, OutOfScope, Terms};
use crate::machine;

/// One staffing placement on its way to being insured.
#[machine]
pub mod placement {
    use super::*;

    /// Where a placement stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum State {
        /// Seen in the ATS; facts read, maybe incomplete.
        Discovered {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by.
            brief: Brief,
            /// The job to make, or to take up again.
            job: Wanted,
            /// Whether the facts suffice.
            readiness: Readiness,
        },
        /// The insurer knows the contractor; the job is being made.
        ContractorReady {
            /// Terms and contractor.
            engagement: Engagement,
            /// The job to make or to change.
            job: Wanted,
            /// What to do once the call in flight is answered.
            intent: Intent,
        },
        /// The insurer knows the job; a quote is asked for.
        JobReady {
            /// Terms, contractor and job.
            hired: Hired,
        },
        /// Entitled to coverage; on the way to it.
        Quoted {
            /// Terms, contractor and job.
            hired: Hired,
            /// What entitles it.
            basis: Basis,
            /// Which way it goes.
            road: Road,
            /// What to do once the call in flight is answered.
            intent: Intent,
        },
        /// The contractor's application is open.
        ApplicationPending {
            /// Terms, contractor and job.
            hired: Hired,
            /// The session.
            application: Application,
            /// What to do once the session is closed.
            intent: Intent,
        },
        /// The assignment exists; it is not in force yet.
        Assigned {
            /// Terms, contractor and job.
            hired: Hired,
            /// The assignment.
            assignment: AssignmentId,
            /// The policy it rests on, where told.
            policy: Option<PolicyId>,
            /// What to do once the assignment is undone.
            intent: Intent,
        },
        /// Coverage is in force for the window.
        Active {
            /// Terms, contractor and job.
            hired: Hired,
            /// The coverage.
            coverage: Coverage,
        },
        /// A person must look.
        Flagged {
            /// Why.
            issue: Issue,
            /// Where it goes on afterwards.
            back: Back,
        },
        /// Not a contractor placement.
        Excluded {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by.
            brief: Brief,
            /// Why.
            evidence: OutOfScope,
            /// The job to make, or to take up again, should it come back.
            job: Wanted,
            /// What its contractor is still told.
            release: Release,
        },
        /// The engagement ended with coverage to its end.
        #[terminal(reopens)]
        Completed {
            /// Terms, contractor and job.
            hired: Hired,
            /// The coverage it had.
            coverage: Coverage,
            /// The last day of work, where it came before the last day of coverage.
            early: Option<Date>,
        },
        /// The placement was called off; what was open is undone.
        #[terminal(reopens)]
        Canceled {
            /// Why.
            reason: String,
            /// What its contractor is still told.
            release: Release,
            /// What it goes on from, should it come back to life.
            rest: Rest,
        },
    }

    /// What happened to a placement.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// The ATS has it.
        PlacementFound {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by.
            brief: Brief,
        },
        /// Its facts do not suffice (yet).
        TermsHeld {
            /// What a person recognises it by.
            brief: Brief,
            /// What is missing.
            missing: Vec<Missing>,
        },
        /// Its facts suffice.
        TermsReady {
            /// What a person recognises it by.
            brief: Brief,
            /// What would be insured.
            terms: Terms,
        },
        /// The contractor exists at the insurer.
        ContractorLinked {
            /// What is to be insured.
            terms: Terms,
            /// The contractor.
            contractor: ContractorId,
        },
        /// The candidate is another one in the ATS now: the same person.
        CandidateReplaced {
            /// Which one.
            candidate: CandidateId,
        },
        /// The person has another contractor at the insurer now.
        ContractorReplaced {
            /// Which one.
            contractor: ContractorId,
        },
        /// The job exists at the insurer, with the present terms.
        JobLinked {
            /// The job.
            job: JobId,
        },
        /// The insurer made an offer, or has a policy that fits.
        QuoteIssued {
            /// Which.
            basis: Basis,
        },
        /// The contractor's queue gave the placement its turn.
        RoadTaken {
            /// Which way it goes.
            road: Road,
        },
        /// The policy on file does not fit: it asks again, for an application.
        AssignmentRefused {
            /// What the insurer says.
            message: String,
        },
        /// An application session is open.
        ApplicationOpened {
            /// The session.
            application: Application,
        },
        /// The contractor has come further.
        ApplicationProgressed {
            /// The session as it stands.
            application: Application,
        },
        /// An assignment exists.
        AssignmentCreated {
            /// Its id.
            assignment: AssignmentId,
            /// The policy it rests on, where told.
            policy: Option<PolicyId>,
        },
        /// The contractor's own certificates that stand now: they may stand in for bought coverage.
        CertificatesNoted {
            /// Which, and for what.
            proofs: Vec<Proof>,
        },
        /// Coverage was seen in force at the insurer.
        CoverageStarted {
            /// What was seen.
            hired: Hired,
            /// The coverage.
            coverage: Coverage,
        },
        /// Coverage in force was seen with other dates.
        CoverageUpdated {
            /// The coverage.
            coverage: Coverage,
        },
        /// Coverage was lost.
        CoverageLost {
            /// How.
            issue: Issue,
            /// Where to go on once a person has looked.
            back: Back,
        },
        /// A person was reminded of what is about to run out, or told of what is not undone in time.
        Reminded {
            /// Of what.
            reminder: Reminder,
        },
        /// What is to happen once the call in flight is out of the way.
        IntentChanged {
            /// What.
            intent: Intent,
        },
        /// The quote at hand cannot be changed any more: a new one is asked for.
        QuoteGivenUp,
        /// What is to be amended at the insurer.
        AmendmentChanged {
            /// What.
            amendment: Amendment,
        },
        /// What is bought lasts longer now.
        CoverageExtended {
            /// What is insured now.
            terms: Terms,
        },
        /// An assignment that has not begun to cover is undone.
        UndoingBegun {
            /// Terms, contractor and job.
            hired: Hired,
            /// The assignment.
            assignment: AssignmentId,
            /// The policy it rests on, where told.
            policy: Option<PolicyId>,
            /// What to do once it is undone.
            intent: Intent,
        },
        /// The terms changed before anything was bought.
        TermsChanged {
            /// What is to be insured now.
            terms: Terms,
        },
        /// A person must look.
        FlagRaised {
            /// Why.
            issue: Issue,
            /// Where to go on once a person has looked.
            back: Back,
        },
        /// It is read again from the start.
        Restarted {
            /// What a person recognises it by.
            brief: Brief,
            /// Its name in the ATS.
            placement: PlacementId,
            /// The job to make, or to take up again.
            job: Wanted,
            /// Why, in the person's words.
            reason: String,
        },
        /// It goes on where the job is made.
        ResumedAtContractor {
            /// Terms and contractor.
            engagement: Engagement,
            /// The job to make or to change.
            job: Wanted,
            /// Why, in the person's words.
            reason: String,
        },
        /// It goes on where a quote is asked for.
        ResumedAtJob {
            /// Terms, contractor and job.
            hired: Hired,
            /// Why, in the person's words.
            reason: String,
        },
        /// It asks again for its way from the quote.
        ResumedAtQuote {
            /// Terms, contractor and job.
            hired: Hired,
            /// What entitles it.
            basis: Basis,
            /// Why, in the person's words.
            reason: String,
        },
        /// It waits again for the contractor's application.
        ResumedAtApplication {
            /// Terms, contractor and job.
            hired: Hired,
            /// The session.
            application: Application,
            /// What to do once the session is closed.
            intent: Intent,
            /// Why, in the person's words.
            reason: String,
        },
        /// It waits again for the assignment to come into force.
        ResumedAtAssignment {
            /// Terms, contractor and job.
            hired: Hired,
            /// The assignment.
            assignment: AssignmentId,
            /// The policy it rests on, where told.
            policy: Option<PolicyId>,
            /// What to do once the assignment is undone.
            intent: Intent,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person accepts it as covered, on coverage seen before.
        CoverageAccepted {
            /// Terms, contractor and job.
            hired: Hired,
            /// The coverage.
            coverage: Coverage,
            /// Why, in the person's words.
            reason: String,
        },
        /// It is no contractor placement.
        PlacementExcluded {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by.
            brief: Brief,
            /// Why.
            evidence: OutOfScope,
            /// The job to make, or to take up again, should it come back.
            job: Wanted,
            /// What its contractor is still told.
            release: Release,
        },
        /// A person set a fact that the ATS does not give: it is judged anew.
        FactSet {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by, with the fact.
            brief: Brief,
            /// The job to make, or to take up again.
            job: Wanted,
            /// The fact, with who and why.
            set: SetFact,
        },
        /// A person took it into scope: it is judged anew.
        TakenIn {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by, with the decision.
            brief: Brief,
            /// The job to make, or to take up again.
            job: Wanted,
            /// What was overridden; none where a person had taken it out.
            over: Option<String>,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person asked for the application's link again.
        LinkGiven {
            /// Where the contractor completes it.
            url: String,
            /// Why, in the person's words.
            reason: String,
        },
        /// It is a contractor placement after all.
        Reclassified {
            /// What a person recognises it by.
            brief: Brief,
        },
        /// It was called off, and nothing is open any more.
        PlacementCanceled {
            /// Why.
            reason: String,
            /// What its contractor is still told.
            release: Release,
            /// What it goes on from, should it come back to life.
            rest: Rest,
        },
        /// Its engagement ended with coverage to the end.
        PlacementCompleted,
        /// Its engagement ended before its coverage does.
        EndedEarly {
            /// The last day of work.
            on: Date,
        },
        /// The ATS has it alive again: it begins anew.
        PlacementReopened {
            /// Its name in the ATS.
            placement: PlacementId,
            /// What a person recognises it by.
            brief: Brief,
            /// The job to make, or to take up again.
            job: Wanted,
        },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            PlacementFound { placement, brief } => {
                let (job, readiness) = (Wanted::Create, Readiness::Unread);
                Some(Discovered { placement, brief, job, readiness })
            }
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            // The facts.
            (Discovered { placement, job, .. }, TermsHeld { brief, missing }) => {
                Some(Discovered { placement, brief, job, readiness: Readiness::Held { missing } })
            }
            (Discovered { placement, job, .. }, TermsReady { brief, terms }) => {
                Some(Discovered { placement, brief, job, readiness: Readiness::Ready { terms } })
            }

            // The road.
            (Discovered { job, .. }, ContractorLinked { terms, contractor }) => {
                Some(ContractorReady {
                    engagement: Engagement::new(terms, contractor),
                    job,
                    intent: Intent::Stay,
                })
            }
            (ContractorReady { engagement, .. }, JobLinked { job }) => {
                Some(JobReady { hired: Hired { engagement: engagement.arrived(), job } })
            }
            (JobReady { hired }, QuoteIssued { basis }) => Some(Quoted {
                hired: hired.amended(Amendment::None).asking(),
                road: Road::Asked(basis.need()),
                basis,
                intent: Intent::Stay,
            }),
            (JobReady { hired }, QuoteGivenUp) => {
                Some(JobReady { hired: hired.amended(Amendment::None) })
            }
            (Quoted { hired, basis, intent, .. }, RoadTaken { road }) => {
                Some(Quoted { hired: hired.arrived(), basis, road, intent })
            }
            (Quoted { hired, basis, intent, .. }, AssignmentRefused { .. }) => {
                let road = Road::Asked(Need::Application);
                Some(Quoted { hired: hired.asking(), basis, road, intent })
            }
            (Quoted { hired, intent, .. }, ApplicationOpened { application }) => {
                Some(ApplicationPending { hired, application, intent })
            }
            (ApplicationPending { hired, intent, .. }, ApplicationProgressed { application }) => {
                Some(ApplicationPending { hired, application, intent })
            }
            (Quoted { hired, intent, .. }, AssignmentCreated { assignment, policy }) => {
                Some(Assigned { hired, assignment, policy, intent })
            }

            // The same person under another id, and at the insurer.
            (Discovered { placement, brief, job, readiness }, CandidateReplaced { candidate }) => {
                let brief = brief.of_candidate(&candidate);
                let readiness = readiness.of_candidate(&candidate);
                Some(Discovered { placement, brief, job, readiness })
            }
            (ContractorReady { engagement, job, intent }, CandidateReplaced { candidate }) => {
                let intent = intent.of_candidate(&candidate);
                Some(ContractorReady { engagement: engagement.under_way(&candidate), job, intent })
            }
            (JobReady { hired }, CandidateReplaced { candidate }) => {
                Some(JobReady { hired: hired.of_candidate(&candidate) })
            }
            (Quoted { hired, basis, road, intent }, CandidateReplaced { candidate }) => {
                let hired = match road {
                    Road::Asked(_) => hired.of_candidate(&candidate),
                    Road::Taken(_) => hired.under_way(&candidate),
                };
                Some(Quoted { hired, basis, road, intent: intent.of_candidate(&candidate) })
            }
            (
                ApplicationPending { hired, application, intent },
                CandidateReplaced { candidate },
            ) => {
                let (hired, intent) =
                    (hired.of_candidate(&candidate), intent.of_candidate(&candidate));
                Some(ApplicationPending { hired, application, intent })
            }
            (Assigned { hired, assignment, policy, intent }, CandidateReplaced { candidate }) => {
                let (hired, intent) =
                    (hired.of_candidate(&candidate), intent.of_candidate(&candidate));
                Some(Assigned { hired, assignment, policy, intent })
            }
            (Active { hired, coverage }, CandidateReplaced { candidate }) => {
                Some(Active { hired: hired.of_candidate(&candidate), coverage })
            }
            (Completed { hired, coverage, early }, CandidateReplaced { candidate }) => {
                Some(Completed { hired: hired.of_candidate(&candidate), coverage, early })
            }
            (ContractorReady { engagement, job, intent }, ContractorReplaced { contractor }) => {
                Some(ContractorReady { engagement: engagement.by(contractor), job, intent })
            }
            (JobReady { hired } | Quoted { hired, .. }, ContractorReplaced { contractor }) => {
                Some(JobReady { hired: hired.by(contractor) })
            }

            // Coverage.
            (
                JobReady { .. }
                | Quoted { .. }
                | ApplicationPending { .. }
                | Assigned { .. }
                | Flagged { .. },
                CoverageStarted { hired, coverage },
            ) => Some(Active { hired: hired.over(coverage.evidence.ended()), coverage }),
            (Active { hired, .. }, CoverageUpdated { coverage }) => {
                Some(Active { hired, coverage })
            }
            (
                Quoted { .. }
                | ApplicationPending { .. }
                | Assigned { .. }
                | Active { .. }
                | Flagged { .. },
                CoverageLost { issue, back },
            ) => Some(Flagged { issue, back }),
            (Active { hired, coverage }, PlacementCompleted) => {
                Some(Completed { hired, coverage, early: None })
            }
            (Active { hired, coverage }, EndedEarly { on }) => {
                Some(Completed { hired, coverage, early: Some(on) })
            }

            // A later end.
            (Assigned { hired, assignment, policy, intent }, AmendmentChanged { amendment }) => {
                Some(Assigned { hired: hired.amended(amendment), assignment, policy, intent })
            }
            (Active { hired, coverage }, AmendmentChanged { amendment }) => {
                Some(Active { hired: hired.amended(amendment), coverage })
            }
            (Assigned { hired, assignment, policy, intent }, CoverageExtended { terms }) => {
                Some(Assigned { hired: hired.with(terms), assignment, policy, intent })
            }
            (Active { hired, coverage }, CoverageExtended { terms }) => Some(Active {
                coverage: coverage.lasting(terms.window.until),
                hired: hired.with(terms),
            }),

            // The contractor's own certificates.
            (ContractorReady { engagement, job, intent }, CertificatesNoted { proofs }) => {
                Some(ContractorReady { engagement: engagement.knowing(proofs), job, intent })
            }
            (JobReady { hired }, CertificatesNoted { proofs }) => {
                Some(JobReady { hired: hired.knowing(proofs) })
            }
            (Quoted { hired, basis, road, intent }, CertificatesNoted { proofs }) => {
                Some(Quoted { hired: hired.knowing(proofs), basis, road, intent })
            }
            (ApplicationPending { hired, application, intent }, CertificatesNoted { proofs }) => {
                Some(ApplicationPending { hired: hired.knowing(proofs), application, intent })
            }
            (Assigned { hired, assignment, policy, intent }, CertificatesNoted { proofs }) => {
                Some(Assigned { hired: hired.knowing(proofs), assignment, policy, intent })
            }
            (Active { hired, coverage }, CertificatesNoted { proofs }) => {
                Some(Active { hired: hired.knowing(proofs), coverage })
            }
            (Flagged { issue, back }, CertificatesNoted { proofs }) => {
                Some(Flagged { issue, back: back.knowing(&proofs) })
            }

            // Reminders.
            (ApplicationPending { hired, application, intent }, Reminded { reminder }) => {
                let application = application.reminded(reminder);
                Some(ApplicationPending { hired, application, intent })
            }
            (Active { hired, coverage }, Reminded { reminder }) => {
                Some(Active { hired: hired.reminded(reminder), coverage })
            }
            (ContractorReady { engagement, job, intent }, Reminded { reminder }) => {
                Some(ContractorReady { engagement: engagement.overdue(reminder), job, intent })
            }
            (Quoted { hired, basis, road, intent }, Reminded { reminder }) => {
                Some(Quoted { hired: hired.overdue(reminder), basis, road, intent })
            }
            (Assigned { hired, assignment, policy, intent }, Reminded { reminder }) => {
                Some(Assigned { hired: hired.overdue(reminder), assignment, policy, intent })
            }

            // Changes while a call is in flight, or something bought is to be undone first.
            (ContractorReady { engagement, job, .. }, IntentChanged { intent }) => {
                Some(ContractorReady { engagement, job, intent })
            }
            (Quoted { hired, basis, road, .. }, IntentChanged { intent }) => {
                Some(Quoted { hired, basis, road, intent })
            }
            (ApplicationPending { hired, application, .. }, IntentChanged { intent }) => {
                Some(ApplicationPending { hired, application, intent })
            }
            (Assigned { hired, assignment, policy, .. }, IntentChanged { intent }) => {
                let hired = hired.amended(Amendment::None);
                Some(Assigned { hired, assignment, policy, intent })
            }
            (Active { .. }, UndoingBegun { hired, assignment, policy, intent }) => {
                Some(Assigned { hired, assignment, policy, intent })
            }

            // Changes.
            (ContractorReady { engagement, job, .. }, TermsChanged { terms }) => {
                let amendment = engagement.amendment.clone();
                let engagement = engagement.with(terms).amended(amendment);
                Some(ContractorReady { engagement, job, intent: Intent::Stay })
            }
            // A quote that is being changed is given up: the change before may still be on its way.
            (JobReady { hired } | Assigned { hired, .. }, TermsChanged { terms }) => {
                let engagement = hired.changed(terms, Amendment::None);
                let job = Wanted::Update(hired.job);
                Some(ContractorReady { engagement, job, intent: Intent::Stay })
            }
            (Quoted { hired, basis, .. }, TermsChanged { terms }) => {
                let engagement = hired.changed(terms, basis.outdated());
                let job = Wanted::Update(hired.job);
                Some(ContractorReady { engagement, job, intent: Intent::Stay })
            }
            (ApplicationPending { hired, application, .. }, TermsChanged { terms }) => {
                let engagement = hired.changed(terms, Amendment::Quote(application.quote));
                let job = Wanted::Update(hired.job);
                Some(ContractorReady { engagement, job, intent: Intent::Stay })
            }
            (
                Discovered { .. }
                | ContractorReady { .. }
                | JobReady { .. }
                | Quoted { .. }
                | ApplicationPending { .. }
                | Assigned { .. }
                | Active { .. }
                | Flagged { .. }
                | Completed { .. }
                | Canceled { .. },
                FlagRaised { issue, back },
            ) => Some(Flagged { issue, back }),

            // A person has looked.
            (Flagged { .. }, Restarted { brief, placement, job, .. }) => {
                Some(Discovered { placement, brief, job, readiness: Readiness::Unread })
            }
            (Flagged { .. }, ResumedAtContractor { engagement, job, .. }) => {
                let engagement = engagement.over(Ended::Unused);
                Some(ContractorReady { engagement, job, intent: Intent::Stay })
            }
            (Flagged { .. }, ResumedAtJob { hired, .. }) => {
                Some(JobReady { hired: hired.over(Ended::Unused) })
            }
            (Flagged { .. }, ResumedAtQuote { hired, basis, .. }) => {
                let road = Road::Asked(basis.need());
                Some(Quoted { hired: hired.asking(), road, basis, intent: Intent::Stay })
            }
            (Flagged { .. }, ResumedAtApplication { hired, application, intent, .. }) => {
                Some(ApplicationPending { hired, application, intent })
            }
            (Flagged { .. }, ResumedAtAssignment { hired, assignment, policy, intent, .. }) => {
                Some(Assigned { hired, assignment, policy, intent })
            }
            (Flagged { .. }, CoverageAccepted { hired, coverage, .. }) => {
                Some(Active { hired, coverage })
            }

            // A person knows what the ATS does not say.
            (Discovered { .. } | Flagged { .. }, FactSet { placement, brief, job, .. }) => {
                Some(Discovered { placement, brief, job, readiness: Readiness::Unread })
            }
            (
                Discovered { .. } | Flagged { .. } | Excluded { .. },
                TakenIn { placement, brief, job, .. },
            ) => Some(Discovered { placement, brief, job, readiness: Readiness::Unread }),
            (ApplicationPending { hired, application, intent }, LinkGiven { .. }) => {
                Some(ApplicationPending { hired, application, intent })
            }

            // The ends of the road.
            (
                Discovered { .. }
                | ContractorReady { .. }
                | JobReady { .. }
                | Quoted { .. }
                | ApplicationPending { .. }
                | Assigned { .. }
                | Flagged { .. }
                | Excluded { .. },
                PlacementExcluded { placement, brief, evidence, job, release },
            ) => Some(Excluded { placement, brief, evidence, job, release }),
            (Excluded { placement, job, .. }, Reclassified { brief }) => {
                Some(Discovered { placement, brief, job, readiness: Readiness::Unread })
            }
            (
                Discovered { .. }
                | ContractorReady { .. }
                | JobReady { .. }
                | Quoted { .. }
                | ApplicationPending { .. }
                | Assigned { .. }
                | Flagged { .. }
                | Excluded { .. },
                PlacementCanceled { reason, release, rest },
            ) => Some(Canceled { reason, release, rest }),

            // Back to life.
            (Completed { .. } | Canceled { .. }, PlacementReopened { placement, brief, job }) => {
                Some(Discovered { placement, brief, job, readiness: Readiness::Unread })
            }

            _ => None,
        }
    }
}
