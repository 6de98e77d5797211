//! How the insurer answers, and how one attempt at it goes: keys are honoured for a day, failures are replayed, and an
//! attempt that may not be the first looks before it makes anything.

use std::time::Duration;

use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Bought, Call, ContractorId,
    JobId, PolicyId, PolicyStanding, QuoteId, Refusal, SessionId, Sighting, Span,
};
use workflow_core::domain::facts::{CandidateId, Person};
use workflow_core::money::Cents;
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};
use workflow_core::time::Timestamp;

use super::Subject;
use super::books::{Assignment, Books, Certificate, Heard, Job, Policy, Quote, Session, Stored};
use crate::peers::fault::Fault;

/// So long a key is honoured.
const KEY_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The category that is never insured.
pub const RISKY: &str = "jc_risky";

/// One attempt, with what goes wrong with it.
pub(super) fn attempt(
    books: &mut Books,
    call: &Call,
    operation: &str,
    attempt: &Attempt,
    fault: Option<Fault>,
) -> Outcome<Answer> {
    match &fault {
        Some(Fault::NotSent) => return Outcome::not_sent("the insurer is out of reach"),
        Some(Fault::LostBefore) => return Outcome::unknown("no answer"),
        Some(Fault::LostAfter | Fault::Burned | Fault::BurnedAfter | Fault::Refuse(_)) | None => {}
    }
    let key = attempt.idempotency_key();
    let stream = attempt.stream.to_string();
    note_unquoted(books, call, &stream);
    books.heard.push(Heard { operation: operation.to_owned(), stream, key: key.clone() });
    note_past(books, call, attempt);
    note_mistaken(books, call);
    let aged = attempt.now.since(attempt.owed_since) >= Duration::from_secs(23 * 3600);
    // What concerns an invoice looks first what is there, always.
    let of_invoice = matches!(
        call,
        Call::RecordInvoice { .. } | Call::ReplaceInvoice { .. } | Call::WithdrawInvoice { .. }
    );
    if (attempt.look_first || aged || of_invoice)
        && let Some(found) = look_up(books, call)
    {
        return Outcome::Answered(found);
    }
    // What is read is read anew each time.
    if let Call::ReadCoverage { .. } = call {
        return match fault {
            None => Outcome::Answered(answer(books, call, attempt.now)),
            Some(Fault::Refuse(code)) => Outcome::Answered(no(&code)),
            Some(_) => Outcome::unknown("no answer"),
        };
    }
    books.keys.retain(|_, (at, _)| attempt.now.since(*at) < KEY_LIFE);
    match books.keys.get(&key).map(|(_, stored)| stored.clone()) {
        Some(Stored::Answer(answer)) => return Outcome::Answered(answer),
        Some(Stored::Failure) => return burned(),
        None => {}
    }
    // Refused is only what was never done.
    if let Some(Fault::Refuse(code)) = fault {
        if code == "contractor_has_matching_policy" {
            return Outcome::Answered(Answer::MatchingPolicy);
        }
        let message = format!("the insurer says {code}");
        return Outcome::Answered(Answer::Refused(Refusal { status: 400, code, message }));
    }
    if fault == Some(Fault::Burned) {
        books.keys.insert(key, (attempt.now, Stored::Failure));
        return burned();
    }
    let answer = answer(books, call, attempt.now);
    if fault == Some(Fault::BurnedAfter) {
        books.keys.insert(key, (attempt.now, Stored::Failure));
        return burned();
    }
    books.keys.insert(key, (attempt.now, Stored::Answer(answer.clone())));
    match fault {
        Some(Fault::LostAfter) => Outcome::unknown("no answer"),
        _ => Outcome::Answered(answer),
    }
}

fn burned() -> Outcome<Answer> {
    let reason = "the insurer failed".to_owned();
    Outcome::Again(Again { trace: Trace::Burned, after: None, reason })
}

/// A call that came to be owed when its window had begun already is one too many.
fn note_past(books: &mut Books, call: &Call, attempt: &Attempt) {
    let window = if let Call::CreateQuote { window, .. }
    | Call::UpdateQuote { window, .. }
    | Call::CreateAssignment { window, .. } = call
    {
        Some(*window)
    } else if let Call::OpenApplication { quote, .. } = call {
        books.quotes.get(quote).map(|it| it.window)
    } else {
        None
    };
    if window.is_some_and(|window| attempt.owed_since >= window.effective) {
        let text = format!("coverage in the past was asked for by {}", attempt.stream);
        books.violations.push(text);
    }
}

/// Nothing is quoted before contractor and job are there; nothing is applied for, and nothing assigned, before it was
/// quoted.
fn note_unquoted(books: &mut Books, call: &Call, stream: &str) {
    let mut note = |text: &str| books.violations.push(format!("{stream} {text}"));
    if let Call::CreateQuote { contractor, job, references, .. } = call {
        let known = books.contractors.contains_key(contractor);
        let own = books.jobs.get(job).is_some_and(|it| it.placement == references.placement);
        if !known || !own {
            note("asked for a quote before contractor and job");
        }
    } else if let Call::OpenApplication { quote, references } = call {
        let quoted = books.quotes.get(quote);
        if quoted.is_none_or(|it| it.placement != references.placement) {
            note("applied for what was never quoted to it");
        }
    } else if let Call::CreateAssignment { .. } = call {
        let quoted = |heard: &Heard| heard.stream == stream && heard.operation == "create_quote";
        if !books.heard.iter().any(quoted) {
            note("asked for an assignment that was never quoted");
        }
    }
}

/// Coverage for one person's placement on another person's contractor is the worst that can be asked for.
fn note_mistaken(books: &mut Books, call: &Call) {
    if let Call::CreateQuote { contractor, references, .. }
    | Call::UpdateQuote { contractor, references, .. }
    | Call::CreateAssignment { contractor, references, .. } = call
        && let Some(known) = books.contractors.get(contractor)
        && known.candidate.as_ref().map(|of| books.person(of))
            != Some(books.person(&references.candidate))
    {
        let text = format!("{references:?} was asked for on the contractor of another: {known:?}");
        books.violations.push(text);
    }
}

/// What an earlier attempt may have left.
fn look_up(books: &Books, call: &Call) -> Option<Answer> {
    match call {
        Call::CreateJob { references, .. } => {
            let of = |job: &Job| job.placement == references.placement;
            let found = books.jobs.iter().find(|(_, job)| of(job))?;
            Some(Answer::JobReady { job: found.0.clone() })
        }
        Call::CreateQuote { job, window, contractor, .. } => {
            let of =
                |q: &Quote| q.job == *job && q.window == *window && q.contractor == *contractor;
            let (id, _) = books.quotes.iter().rev().find(|(_, quote)| of(quote))?;
            if books.jobs.get(job).is_some_and(|job| job.terms.category.as_str() == RISKY) {
                return Some(Answer::QuoteIneligible { quote: id.clone() });
            }
            Some(Answer::QuoteIssued { quote: id.clone(), net_rate: None })
        }
        Call::OpenApplication { quote, .. } => {
            let (id, _) = books.sessions.iter().find(|(_, s)| s.quote == *quote && s.is_live())?;
            Some(Answer::ApplicationOpened { session: id.clone(), url: format!("https://a/{id}") })
        }
        // By whose it is and under what name it came, as the guide has it.
        Call::UploadCertificate { upload } => {
            let of = |it: &Certificate| {
                (&it.upload.contractor, &it.upload.file_name)
                    == (&upload.contractor, &upload.file_name)
            };
            let (id, _) = books.certificates.iter().find(|(_, it)| of(it))?;
            Some(Answer::CertificateUploaded { certificate: id.clone() })
        }
        Call::CreateAssignment { job, window, .. } => {
            let live = |it: &Assignment| {
                it.job == *job
                    && it.window == *window
                    && it.standing != AssignmentStanding::Canceled
            };
            let (id, found) = books.assignments.iter().find(|(_, it)| live(it))?;
            let policy = Some(found.policy.clone());
            Some(Answer::AssignmentCreated { assignment: id.clone(), policy })
        }
        Call::RecordInvoice { bill } => {
            let (id, found) = books.invoice_like(bill)?;
            let invoice = id.clone();
            Some(match found.bill.gross == bill.gross {
                true => Answer::InvoiceRecorded { invoice, premium: None },
                false => Answer::InvoiceExists { invoice, says: Some(found.bill.gross) },
            })
        }
        Call::ReplaceInvoice { invoice, bill } => {
            let by_id = books.invoices.get_key_value(invoice);
            let Some((id, found)) = by_id.or_else(|| books.invoice_like(bill)) else {
                return Some(Answer::InvoiceUnknown);
            };
            let done = found.bill.gross == bill.gross;
            done.then(|| Answer::InvoiceRecorded { invoice: id.clone(), premium: None })
        }
        Call::WithdrawInvoice { invoice, .. } => {
            (!books.invoices.contains_key(invoice)).then_some(Answer::InvoiceUnknown)
        }
        _ => None,
    }
}

fn answer(books: &mut Books, call: &Call, now: Timestamp) -> Answer {
    match call {
        Call::LinkContractor { candidate, person, email } => {
            link(books, candidate, person, email.as_str())
        }
        Call::UpdateContractor { contractor, candidate, person, email } => {
            let other = books
                .contractors
                .iter()
                .find(|(id, c)| *id != contractor && c.email == email.as_str());
            if let Some((other, known)) = other {
                let candidate = known.candidate.clone();
                return Answer::EmailTaken { contractor: other.clone(), candidate };
            }
            if let Some(known) = books.contractors.get_mut(contractor) {
                known.email = email.as_str().to_owned();
                known.first_name.clone_from(&person.first_name);
                known.candidate = Some(candidate.clone());
            }
            Answer::ContractorUpdated
        }
        Call::CreateJob { references, terms } => {
            let job = Job { placement: references.placement.clone(), terms: terms.clone() };
            Answer::JobReady { job: books.add_job(job) }
        }
        Call::UpdateJob { job, terms, .. } => {
            let Some(known) = books.jobs.get_mut(job) else { return no("job_not_found") };
            known.terms = terms.clone();
            Answer::JobReady { job: job.clone() }
        }
        Call::CreateQuote { references, contractor, job, window, .. } => {
            let placement = references.placement.clone();
            let (contractor, job) = (contractor.clone(), job.clone());
            quote(books, Quote { placement, contractor, job, window: *window }, now)
        }
        Call::UpdateQuote { quote, contractor, job, window, references, .. } => {
            let placement = references.placement.clone();
            let (contractor, job) = (contractor.clone(), job.clone());
            change(books, quote, Quote { placement, contractor, job, window: *window }, now)
        }
        Call::ExtendCoverage { job, until } => extend(books, job, *until, now),
        Call::OpenApplication { quote, .. } => open(books, quote),
        Call::ExpireApplication { session } => expire(books, session),
        Call::CreateAssignment { .. } => assign(books, call, now),
        Call::CancelAssignment { assignment, .. } => cancel(books, assignment, now),
        Call::RecordInvoice { .. } | Call::ReplaceInvoice { .. } | Call::WithdrawInvoice { .. } => {
            invoice(books, call)
        }
        Call::UploadCertificate { upload } => {
            if !books.contractors.contains_key(&upload.contractor) {
                return no("contractor_not_found");
            }
            Answer::CertificateUploaded { certificate: books.add_certificate(upload) }
        }
        Call::ReadCoverage { bought } => Answer::CoverageRead { seen: covers(books, bought, now) },
        Call::ReadPlacement { .. } | Call::ReadPerson { .. } | Call::Notify { .. } => {
            no("wrong_side")
        }
    }
}

/// What covers, as it stands; of an assignment the policy under it first.
fn covers(books: &Books, bought: &Bought, now: Timestamp) -> Vec<Sighting> {
    let policy = |id: &PolicyId| {
        let gone = || Sighting::policy_gone(id.clone(), QuoteId(String::new()), now);
        super::read(books, &Subject::Policy(id.clone())).unwrap_or_else(gone)
    };
    match bought {
        Bought::Policy { policy: id, .. } => vec![policy(id)],
        Bought::Assignment { assignment, policy: under } => {
            let own = super::read(books, &Subject::Assignment(assignment.clone()));
            let own = own.unwrap_or_else(|| Sighting::assignment_gone(assignment.clone()));
            under.iter().map(policy).chain([own]).collect()
        }
    }
}

fn cancel(books: &mut Books, assignment: &AssignmentId, now: Timestamp) -> Answer {
    match books.assignments.get(assignment) {
        None => no("assignment_not_found"),
        Some(known) if known.standing == AssignmentStanding::Canceled => Answer::AssignmentCanceled,
        Some(known) if known.window.effective <= now => Answer::AssignmentBegun,
        Some(_) => {
            books.set_assignment(assignment, AssignmentStanding::Canceled, now);
            Answer::AssignmentCanceled
        }
    }
}

fn invoice(books: &mut Books, call: &Call) -> Answer {
    match call {
        Call::RecordInvoice { bill } => match unknown(books, &bill.contractor, &bill.job) {
            Some(refused) => refused,
            None => Answer::InvoiceRecorded {
                invoice: books.add_invoice(bill.clone()),
                premium: Some(Cents(100)),
            },
        },
        Call::ReplaceInvoice { invoice, bill } => match books.invoices.get(invoice) {
            None => Answer::InvoiceUnknown,
            Some(known) if known.paid => Answer::InvoicePaid,
            Some(_) => {
                books.invoices.remove(invoice);
                let invoice = books.add_invoice(bill.clone());
                Answer::InvoiceRecorded { invoice, premium: Some(Cents(200)) }
            }
        },
        Call::WithdrawInvoice { invoice, .. } => match books.invoices.get(invoice) {
            Some(known) if known.paid => Answer::InvoicePaid,
            _ => {
                books.invoices.remove(invoice);
                Answer::InvoiceUnknown
            }
        },
        _ => no("wrong_call"),
    }
}

fn link(books: &mut Books, candidate: &CandidateId, person: &Person, email: &str) -> Answer {
    let known = books.contractors.iter().find(|(_, known)| known.email == email);
    if let Some((id, known)) = known {
        let (contractor, owner) = (id.clone(), known.candidate.clone());
        return match owner.as_ref() == Some(candidate) {
            true => Answer::ContractorLinked { contractor },
            false => Answer::EmailTaken { contractor, candidate: owner },
        };
    }
    let contractor = books.add_contractor(email, Some(candidate.clone()));
    if let Some(known) = books.contractors.get_mut(&contractor) {
        known.first_name.clone_from(&person.first_name);
    }
    Answer::ContractorLinked { contractor }
}

fn quote(books: &mut Books, quote: Quote, now: Timestamp) -> Answer {
    if let Some(refused) = unknown(books, &quote.contractor, &quote.job) {
        return refused;
    }
    if quote.window.effective < now {
        return no("effective_date_in_the_past");
    }
    if books.jobs.get(&quote.job).is_some_and(|job| job.terms.category.as_str() == RISKY) {
        return Answer::QuoteIneligible { quote: books.add_quote(quote) };
    }
    if books.fitting(&quote.contractor, &quote.window).is_some() {
        return Answer::MatchingPolicy;
    }
    Answer::QuoteIssued { quote: books.add_quote(quote), net_rate: Some(112) }
}

/// Until a policy came of it.
fn change(books: &mut Books, id: &QuoteId, wish: Quote, now: Timestamp) -> Answer {
    let issued = books.policies.values().any(|policy| policy.quote == *id);
    if issued || !books.quotes.contains_key(id) {
        return Answer::QuoteFixed;
    }
    if wish.window.effective < now {
        return no("effective_date_in_the_past");
    }
    if books.jobs.get(&wish.job).is_some_and(|job| job.terms.category.as_str() == RISKY) {
        return Answer::QuoteIneligible { quote: id.clone() };
    }
    if books.fitting(&wish.contractor, &wish.window).is_some() {
        return Answer::MatchingPolicy;
    }
    books.quotes.insert(id.clone(), wish);
    Answer::QuoteIssued { quote: id.clone(), net_rate: Some(112) }
}

/// A later end, for the job's assignment or for the policy of its quote: never a shorter one, never of what is over.
fn extend(books: &mut Books, job: &JobId, until: Timestamp, now: Timestamp) -> Answer {
    let refused = |current: Timestamp| {
        let year_secs = 366 * 24 * 3600;
        let over = current <= now;
        let too_long = until.as_secs() - now.as_secs() > 2 * year_secs;
        (over || until < current || too_long).then(|| no("end_date_invalid"))
    };
    let live = |it: &&Assignment| it.job == *job && it.standing != AssignmentStanding::Canceled;
    let assignment = books.assignments.iter().rev().find(|(_, it)| live(it));
    if let Some((id, known)) = assignment.map(|(id, known)| (id.clone(), known.window.until)) {
        return refused(known).unwrap_or_else(|| {
            books.extend_assignment(&id, until);
            Answer::CoverageExtended
        });
    }
    if books.assignments.values().any(|it| it.job == *job) {
        return no("bad_request");
    }
    let of_job = |policy: &Policy| books.quotes.get(&policy.quote).is_some_and(|q| q.job == *job);
    let policy = books.policies.iter().rev().find(|(_, policy)| of_job(policy));
    match policy.map(|(id, policy)| (id.clone(), policy.standing, policy.expires)) {
        None => no("invalid_job_id"),
        Some((_, standing, _)) if standing != PolicyStanding::Active => no("no_active_policy"),
        Some((id, _, expires)) => refused(expires).unwrap_or_else(|| {
            books.extend_policy(&id, until);
            Answer::CoverageExtended
        }),
    }
}

fn open(books: &mut Books, quote: &QuoteId) -> Answer {
    if !books.quotes.contains_key(quote) {
        return no("quote_not_found");
    }
    let complete = |s: &Session| s.quote == *quote && s.standing == ApplicationStanding::Complete;
    if books.sessions.values().any(complete) {
        return Answer::ApplicationComplete;
    }
    let session = books.add_session(quote);
    let url = format!("https://a/{session}");
    Answer::ApplicationOpened { session, url }
}

fn expire(books: &mut Books, session: &SessionId) -> Answer {
    match books.sessions.get(session) {
        None => no("session_not_found"),
        Some(known) if known.standing == ApplicationStanding::Complete => {
            Answer::ApplicationComplete
        }
        Some(known) => {
            if known.is_live() {
                books.set_session(session, ApplicationStanding::Expired);
            }
            Answer::ApplicationClosed
        }
    }
}

fn assign(books: &mut Books, call: &Call, now: Timestamp) -> Answer {
    let Call::CreateAssignment { references, contractor, job, window, .. } = call else {
        return no("wrong_call");
    };
    if let Some(refused) = unknown(books, contractor, job) {
        return refused;
    }
    if window.effective < now {
        return no("effective_date_in_the_past");
    }
    let Some(policy) = books.fitting(contractor, window) else {
        return Answer::AssignmentIneligible { message: "No matching policy found".into() };
    };
    let standing = AssignmentStanding::Pending;
    let assignment = books.add_assignment(Assignment {
        placement: references.placement.clone(),
        job: job.clone(),
        policy: policy.clone(),
        window: *window,
        says: Span { from: Some(window.effective), until: Some(window.until) },
        standing,
        past: vec![(now, standing)],
    });
    Answer::AssignmentCreated { assignment, policy: Some(policy) }
}

fn unknown(books: &Books, contractor: &ContractorId, job: &JobId) -> Option<Answer> {
    if !books.contractors.contains_key(contractor) {
        return Some(no("contractor_not_found"));
    }
    (!books.jobs.contains_key(job)).then(|| no("job_not_found"))
}

fn no(code: &str) -> Answer {
    let message = format!("the insurer says {code}");
    Answer::Refused(Refusal { status: 400, code: code.to_owned(), message })
}
