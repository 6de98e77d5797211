//! How calls are answered: by the rules of the two sides, noting what must never be asked.

use std::time::Duration;

use tests::peers::ats::person;
use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Bought, Call, ContractorId,
    JobId, PolicyId, PolicyStanding, QuoteId, References, Refusal, SessionId, Sighting, Span,
    Window,
};
use workflow_core::domain::facts::CandidateId;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::Timestamp;

use super::outside::{Assignment, Job, Outside, Policy, Quote, Session};

/// So old an attempt looks first, and its key is not honoured any more.
const AGED: Duration = Duration::from_secs(23 * 3600);

/// One attempt that arrives.
pub fn attempt(
    outside: &mut Outside,
    call: &Call,
    attempt: &Attempt,
    remembered: Option<&Outcome<Answer>>,
) -> Outcome<Answer> {
    note_out_of_scope(outside, call);
    note_past(outside, call, attempt);
    let aged = attempt.now.since(attempt.owed_since) >= AGED;
    if (attempt.look_first || aged)
        && let Some(found) = look_up(outside, call)
    {
        return Outcome::Answered(found);
    }
    match remembered {
        Some(outcome) if !aged && is_creation(call) => outcome.clone(),
        Some(_) | None => Outcome::Answered(answer(outside, call)),
    }
}

/// What is sent with an idempotency key.
fn is_creation(call: &Call) -> bool {
    match call {
        Call::LinkContractor { .. }
        | Call::CreateJob { .. }
        | Call::CreateQuote { .. }
        | Call::OpenApplication { .. }
        | Call::CreateAssignment { .. }
        | Call::RecordInvoice { .. } => true,
        Call::ReadPlacement { .. }
        | Call::ReadPerson { .. }
        | Call::UpdateContractor { .. }
        | Call::UpdateJob { .. }
        | Call::UpdateQuote { .. }
        | Call::ExpireApplication { .. }
        | Call::CancelAssignment { .. }
        | Call::ExtendCoverage { .. }
        | Call::ReadCoverage { .. }
        | Call::ReplaceInvoice { .. }
        | Call::WithdrawInvoice { .. }
        | Call::UploadCertificate { .. }
        | Call::Notify { .. } => false,
    }
}

fn references(call: &Call) -> Option<&References> {
    match call {
        Call::CreateJob { references, .. }
        | Call::UpdateJob { references, .. }
        | Call::CreateQuote { references, .. }
        | Call::UpdateQuote { references, .. }
        | Call::OpenApplication { references, .. }
        | Call::CreateAssignment { references, .. } => Some(references),
        Call::ReadPlacement { .. }
        | Call::ReadPerson { .. }
        | Call::LinkContractor { .. }
        | Call::UpdateContractor { .. }
        | Call::ExpireApplication { .. }
        | Call::CancelAssignment { .. }
        | Call::ExtendCoverage { .. }
        | Call::ReadCoverage { .. }
        | Call::RecordInvoice { .. }
        | Call::ReplaceInvoice { .. }
        | Call::WithdrawInvoice { .. }
        | Call::UploadCertificate { .. }
        | Call::Notify { .. } => None,
    }
}

fn note_out_of_scope(outside: &mut Outside, call: &Call) {
    let placement = references(call).map(|references| &references.placement);
    let row = placement.and_then(|placement| outside.ats.get(placement));
    if row.is_some_and(|row| !row.ever_in_scope) {
        let text = format!("the insurer was asked about {placement:?}, which never was in scope");
        outside.wrong(7, text);
    }
    if let Call::LinkContractor { candidate, .. } = call {
        let mut of = outside.ats.values().filter(|row| row.candidate == *candidate);
        if !of.any(|row| row.ever_in_scope) {
            outside
                .wrong(7, format!("the insurer was told of {candidate}, who never was in scope"));
        }
    }
}

/// A call that came to be owed when its window had begun already is one too many.
fn note_past(outside: &mut Outside, call: &Call, attempt: &Attempt) {
    if let Call::CreateQuote { window, references, .. }
    | Call::UpdateQuote { window, references, .. }
    | Call::CreateAssignment { window, references, .. } = call
        && attempt.owed_since >= window.effective
    {
        let text = format!("coverage in the past was asked for {}", references.placement);
        outside.wrong(6, text);
    }
}

/// What an earlier attempt may have left.
fn look_up(outside: &Outside, call: &Call) -> Option<Answer> {
    match call {
        Call::CreateJob { references, .. } => {
            let of = |job: &Job| job.placement == references.placement;
            let (job, _) = outside.jobs.iter().find(|(_, job)| of(job))?;
            Some(Answer::JobReady { job: job.clone() })
        }
        Call::CreateQuote { job, window, contractor, .. } => {
            let terms = &outside.jobs.get(job)?.terms;
            let of = |q: &Quote| {
                (&q.job, &q.window, &q.contractor, &q.terms) == (job, window, contractor, terms)
            };
            let (quote, _) = outside.quotes.iter().rev().find(|(_, quote)| of(quote))?;
            Some(Answer::QuoteIssued { quote: quote.clone(), net_rate: None })
        }
        Call::OpenApplication { quote, .. } => {
            let of = |session: &Session| session.quote == *quote && session.is_live();
            let (session, _) = outside.sessions.iter().find(|(_, session)| of(session))?;
            Some(opened(session))
        }
        Call::CreateAssignment { job, window, .. } => {
            let live = |it: &Assignment| {
                it.job == *job
                    && it.window == *window
                    && it.standing != AssignmentStanding::Canceled
            };
            let (assignment, found) = outside.assignments.iter().find(|(_, it)| live(it))?;
            let (assignment, policy) = (assignment.clone(), Some(found.policy.clone()));
            Some(Answer::AssignmentCreated { assignment, policy })
        }
        _ => None,
    }
}

fn answer(outside: &mut Outside, call: &Call) -> Answer {
    match call {
        Call::ReadPlacement { placement } => match outside.ats.get(placement) {
            Some(row) => {
                Answer::PlacementRead(Box::new(row.version.facts(placement, &row.candidate)))
            }
            None => Answer::PlacementUnknown,
        },
        Call::ReadPerson { .. } => Answer::PersonRead(person("Kim", Some("kim@real.test"))),
        Call::LinkContractor { candidate, email, .. } => link(outside, candidate, email.as_str()),
        Call::UpdateContractor { contractor, email, .. } => {
            let contractor = contractor.clone();
            match taken(outside, email.as_str()) {
                Some((other, candidate)) if other != contractor => {
                    Answer::EmailTaken { contractor: other, candidate: Some(candidate) }
                }
                Some(_) | None => {
                    outside.addresses.retain(|_, known| *known != contractor);
                    outside.addresses.insert(email.as_str().to_owned(), contractor);
                    Answer::ContractorUpdated
                }
            }
        }
        Call::CreateJob { references, terms } => {
            let placement = references.placement.clone();
            let earlier = outside.jobs.values().filter(|job| job.placement == placement).count();
            if earlier > 0 {
                outside.wrong(2, format!("a second job for {placement}"));
            }
            let job = JobId(Outside::id("jb", placement.as_str(), earlier));
            outside.jobs.insert(job.clone(), Job { placement, terms: terms.clone() });
            Answer::JobReady { job }
        }
        Call::UpdateJob { job, terms, .. } => {
            let Some(known) = outside.jobs.get_mut(job) else { return no("job_not_found") };
            known.terms = terms.clone();
            Answer::JobReady { job: job.clone() }
        }
        Call::CreateQuote { references, contractor, job, window, .. } => {
            quote(outside, references, contractor, job, window)
        }
        Call::UpdateQuote { quote, job, contractor, window, .. } => {
            change(outside, quote, job, contractor, window)
        }
        Call::ExtendCoverage { job, until } => extend(outside, job, *until),
        Call::ReadCoverage { bought } => Answer::CoverageRead { seen: covers(outside, bought) },
        Call::OpenApplication { quote, .. } => open(outside, quote),
        Call::ExpireApplication { session } => expire(outside, session),
        Call::CreateAssignment { references, contractor, job, window, .. } => {
            assign(outside, references, contractor, job, window)
        }
        Call::CancelAssignment { assignment, .. } => cancel(outside, assignment),
        // Invoices are not explored: no timesheet comes in.
        Call::RecordInvoice { .. } | Call::ReplaceInvoice { .. } | Call::WithdrawInvoice { .. } => {
            no("no_invoices_here")
        }
        Call::UploadCertificate { .. } => no("nobody_brings_certificates_here"),
        Call::Notify { .. } => no("nobody_is_told_here"),
    }
}

/// Who is known by an e-mail.
fn taken(outside: &Outside, email: &str) -> Option<(ContractorId, CandidateId)> {
    let contractor = outside.addresses.get(email)?;
    Some((contractor.clone(), outside.contractors.get(contractor)?.clone()))
}

fn link(outside: &mut Outside, candidate: &CandidateId, email: &str) -> Answer {
    let known = outside.contractors.iter().find(|(_, of)| *of == candidate);
    if let Some((contractor, _)) = known {
        return Answer::ContractorLinked { contractor: contractor.clone() };
    }
    if let Some((contractor, other)) = taken(outside, email) {
        return Answer::EmailTaken { contractor, candidate: Some(other) };
    }
    let contractor = ContractorId(Outside::id("cn", candidate.as_str(), 0));
    outside.addresses.insert(email.to_owned(), contractor.clone());
    outside.contractors.insert(contractor.clone(), candidate.clone());
    Answer::ContractorLinked { contractor }
}

fn quote(
    outside: &mut Outside,
    references: &References,
    contractor: &ContractorId,
    job: &JobId,
    window: &Window,
) -> Answer {
    let placement = references.placement.clone();
    let Some(known) = outside.jobs.get(job) else {
        outside.wrong(1, format!("a quote for {placement} before its job"));
        return no("job_not_found");
    };
    let terms = known.terms.clone();
    match outside.contractors.get(contractor) {
        None => {
            outside.wrong(1, format!("a quote for {placement} before its contractor"));
            return no("contractor_not_found");
        }
        Some(of) if *of != references.candidate => {
            outside.wrong(2, format!("a quote for {placement} on the contractor of {of}"));
        }
        Some(_) => {}
    }
    if window.effective < outside.season.now() {
        return no("effective_date_in_the_past");
    }
    if outside.fitting(contractor, window).is_some() {
        outside.matched.insert(placement);
        return Answer::MatchingPolicy;
    }
    let earlier = outside.quotes.values().filter(|quote| quote.placement == placement).count();
    let quote = QuoteId(Outside::id("qt", placement.as_str(), earlier));
    let (contractor, job) = (contractor.clone(), job.clone());
    let quoted = Quote { placement, contractor, job, terms, window: *window };
    outside.quotes.insert(quote.clone(), quoted);
    Answer::QuoteIssued { quote, net_rate: None }
}

/// Until a policy came of it.
fn change(
    outside: &mut Outside,
    id: &QuoteId,
    job: &JobId,
    contractor: &ContractorId,
    window: &Window,
) -> Answer {
    if outside.policies.values().any(|policy| policy.quote == *id) {
        return Answer::QuoteFixed;
    }
    let Some(terms) = outside.jobs.get(job).map(|job| job.terms.clone()) else {
        return no("job_not_found");
    };
    if window.effective < outside.season.now() {
        return no("effective_date_in_the_past");
    }
    let matched = outside.fitting(contractor, window).is_some();
    let Some(quote) = outside.quotes.get_mut(id) else { return Answer::QuoteFixed };
    if matched {
        outside.matched.insert(quote.placement.clone());
        return Answer::MatchingPolicy;
    }
    (quote.terms, quote.window) = (terms, *window);
    Answer::QuoteIssued { quote: id.clone(), net_rate: None }
}

/// A later end, never a shorter one, and never of what is over.
fn extend(outside: &mut Outside, job: &JobId, until: Timestamp) -> Answer {
    let now = outside.season.now();
    let live = |it: &&mut Assignment| it.job == *job && it.standing != AssignmentStanding::Canceled;
    let end = match outside.assignments.values_mut().find(live) {
        Some(assignment) => &mut assignment.window.until,
        None => {
            let quotes = &outside.quotes;
            let of = |it: &&mut Policy| {
                it.standing == PolicyStanding::Active
                    && quotes.get(&it.quote).is_some_and(|quote| quote.job == *job)
            };
            match outside.policies.values_mut().find(of) {
                Some(policy) => &mut policy.expires,
                None => return no("no_active_policy"),
            }
        }
    };
    if *end <= now || until < *end {
        return no("end_date_invalid");
    }
    *end = until;
    Answer::CoverageExtended
}

/// What covers, as it stands; of an assignment the policy under it first.
fn covers(outside: &Outside, bought: &Bought) -> Vec<Sighting> {
    let policies = |id: &PolicyId| Some(policy_read(id, outside.policies.get(id)?));
    match bought {
        Bought::Policy { policy, .. } => policies(policy).into_iter().collect(),
        Bought::Assignment { assignment, policy } => {
            let own = outside.assignments.get(assignment).map(|it| assignment_read(assignment, it));
            policy.as_ref().and_then(policies).into_iter().chain(own).collect()
        }
    }
}

/// A policy as it is read.
pub(super) fn policy_read(id: &PolicyId, it: &Policy) -> Sighting {
    let (policy, quote, standing) = (id.clone(), it.quote.clone(), it.standing);
    let (effective, expires) = (it.effective, it.expires);
    Sighting::Policy { policy, quote, standing, effective, expires }
}

/// An assignment as it is read.
pub(super) fn assignment_read(id: &AssignmentId, it: &Assignment) -> Sighting {
    let (assignment, job, standing) = (id.clone(), it.job.clone(), it.standing);
    let (dates, policy_dates) = (Span::default(), Span::default());
    Sighting::Assignment { assignment, job, standing, dates, policy_dates }
}

fn opened(session: &SessionId) -> Answer {
    Answer::ApplicationOpened { session: session.clone(), url: format!("https://a/{session}") }
}

fn open(outside: &mut Outside, quote: &QuoteId) -> Answer {
    let Some(quoted) = outside.quotes.get(quote) else {
        outside.wrong(1, format!("an application for {quote}, which is no quote"));
        return no("quote_not_found");
    };
    let contractor = quoted.contractor.clone();
    let complete = |s: &Session| s.quote == *quote && s.standing == ApplicationStanding::Complete;
    if outside.sessions.values().any(complete) {
        return Answer::ApplicationComplete;
    }
    let of_same = |session: &&Session| {
        session.is_live()
            && outside.quotes.get(&session.quote).is_some_and(|it| it.contractor == contractor)
    };
    if let Some(other) = outside.sessions.values().find(of_same) {
        let text = format!("a session for {quote} while one for {} is live", other.quote);
        outside.wrong(2, text);
    }
    let earlier = outside.sessions.values().filter(|session| session.quote == *quote).count();
    let session = SessionId(Outside::id("as", quote.as_str(), earlier));
    let standing = ApplicationStanding::Open { step: "not_started".into() };
    let opened_now = Session { quote: quote.clone(), standing };
    outside.sessions.insert(session.clone(), opened_now);
    opened(&session)
}

fn expire(outside: &mut Outside, session: &SessionId) -> Answer {
    let Some(known) = outside.sessions.get_mut(session) else { return no("session_not_found") };
    if known.standing == ApplicationStanding::Complete {
        return Answer::ApplicationComplete;
    }
    if known.is_live() {
        known.standing = ApplicationStanding::Expired;
    }
    Answer::ApplicationClosed
}

fn assign(
    outside: &mut Outside,
    references: &References,
    contractor: &ContractorId,
    job: &JobId,
    window: &Window,
) -> Answer {
    let placement = references.placement.clone();
    let quoted = outside.quotes.values().any(|quote| quote.placement == placement);
    if !quoted && !outside.matched.contains(&placement) {
        outside.wrong(1, format!("an assignment for {placement} before a quote or a policy"));
    }
    if window.effective < outside.season.now() {
        return no("effective_date_in_the_past");
    }
    let Some(policy) = outside.fitting(contractor, window) else {
        return Answer::AssignmentIneligible { message: "No matching policy found".into() };
    };
    let of = |it: &&Assignment| it.placement == placement;
    if outside.assignments.values().filter(of).any(|it| outside.is_live(it)) {
        outside.wrong(2, format!("a second live assignment for {placement}"));
    }
    let earlier = outside.assignments.values().filter(of).count();
    let assignment = AssignmentId(Outside::id("ag", placement.as_str(), earlier));
    let made = Assignment {
        placement,
        job: job.clone(),
        policy: policy.clone(),
        window: *window,
        standing: AssignmentStanding::Pending,
        was_active: false,
    };
    outside.assignments.insert(assignment.clone(), made);
    Answer::AssignmentCreated { assignment, policy: Some(policy) }
}

fn cancel(outside: &mut Outside, assignment: &AssignmentId) -> Answer {
    let now = outside.season.now();
    let Some(known) = outside.assignments.get_mut(assignment) else {
        return no("assignment_not_found");
    };
    if known.standing == AssignmentStanding::Canceled {
        return Answer::AssignmentCanceled;
    }
    if known.window.effective <= now {
        return Answer::AssignmentBegun;
    }
    known.standing = AssignmentStanding::Canceled;
    Answer::AssignmentCanceled
}

fn no(code: &str) -> Answer {
    let message = format!("the insurer says {code}");
    Answer::Refused(Refusal { status: 400, code: code.to_owned(), message })
}
