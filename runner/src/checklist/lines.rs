//! The nine lines, in the guide's order and words, each with what was compared.

use workflow_core::domain::call::{QuoteId, Wage};
use workflow_core::domain::certificate;
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::invoice::{self, Invoice, Standing};
use workflow_core::domain::placement::{Back, Basis, Engagement, Evidence, Hired, State};
use workflow_core::domain::terms::{self, Verdict};
use workflow_core::domain::timesheet::{Approval, Hours, Line as Work, Paid, Sheet, Timesheet};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::money::Decimal;

use super::clean::{self, Cleaned, Left};
use super::rig::Rig;
use super::{ChecklistError, Ended, Line, Report, Say, Stop, VERSION, door};
use crate::certificates::TakeError;
use crate::config::Checklist;

const TITLES: [&str; 9] = [
    "Candidate exists in 1099Policy as a Contractor with valid or proxy email",
    "Job created with accurate compensation, wage_type, region, and JobDiva metadata",
    "Quote created with coverage types and placement dates",
    "Application Session redirects and completes successfully",
    "Assignment aligns with placement start and end dates",
    "BYO-COI path tested independently from fractional coverage",
    "Optional invoice recorded when final remuneration differs",
    "Webhook handlers are idempotent and retry-safe",
    "Only contractor placements flow through this integration",
];

/// The smallest thing that is a PDF by its first bytes and its last.
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// Evidence, or what is wrong.
type Found = Result<String, String>;

/// What a line came to; an outer error ends the whole run.
type Tried = Result<Found, ChecklistError>;

/// Goes through the nine lines, until they are through, or the run is told to stop, or it cannot go on; then cleans up,
/// whichever it was. Told once more, it undoes nothing further, and says what is left.
pub(super) async fn all(
    rig: &Rig,
    on: &Checklist,
    against: String,
    say: Say<'_>,
    stop: &mut Stop,
) -> Report {
    let (mut left, mut lines) = (Left::default(), Vec::new());
    let ended = tokio::select! {
        biased;
        () = told(stop) => Some(Ended::Told),
        through = each(rig, on, &mut left, &mut lines, &mut *say) => {
            through.err().map(|error| Ended::Broken(error.to_string()))
        }
    };
    say(match &ended {
        None => "cleaning up",
        Some(Ended::Told) => "told to stop: cleaning up; told once more, what is open stays",
        Some(Ended::Broken(_)) => "it cannot go on: cleaning up",
    });
    let mut cleaned = Cleaned::default();
    tokio::select! {
        biased;
        () = told(stop) => cleaned.trouble("cleaning up", &"it was told once more to stop"),
        () = clean::up(rig, on, left, &mut cleaned) => {}
    }
    let (undone, left) = cleaned.said(rig);
    Report { version: VERSION, against, lines, undone, left, ended }
}

/// Waits until the run is told to stop (once more).
async fn told(stop: &mut Stop) {
    if stop.changed().await.is_err() {
        // Nobody is left who could.
        std::future::pending::<()>().await;
    }
}

/// The nine lines, one after the other.
async fn each(
    rig: &Rig,
    on: &Checklist,
    left: &mut Left,
    lines: &mut Vec<Line>,
    say: Say<'_>,
) -> Result<(), ChecklistError> {
    let mut note = |say: &mut dyn FnMut(&str), found: Found| {
        let number = lines.len() + 1;
        let (passed, evidence) = match found {
            Ok(evidence) => (true, evidence),
            Err(wrong) => (false, wrong),
        };
        say(&format!("{number}/9 {}: {evidence}", if passed { "passed" } else { "FAILED" }));
        lines.push(Line { number, title: TITLES[number - 1], passed, evidence });
    };
    let opened = |state: &State| {
        matches!(
            state,
            State::ApplicationPending { .. } | State::Assigned { .. } | State::Active { .. }
        )
    };
    say(&format!("reading placement {} and asking for its coverage", on.placement));
    rig.read(&on.placement).await?;
    let first = rig.until(&on.placement, opened).await?;
    note(say, contractor(rig, on).await?);
    note(say, job(rig, on).await?);
    note(say, quote(rig, on, first.as_ref()).await?);
    let applied = application(rig, on, first.as_ref(), &mut *say).await?;
    note(say, applied);
    note(say, assignment(rig, on).await?);
    note(say, certificate(rig, on).await?);
    note(say, pay(rig, on, left).await?);
    note(say, door::knock(rig, &on.placement).await?);
    note(say, scope(rig, on).await?);
    Ok(())
}

/// Terms and contractor, once the placement has them.
pub(super) fn engagement(state: &State) -> Option<&Engagement> {
    match state {
        State::ContractorReady { engagement, .. } => Some(engagement),
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. }
        | State::Active { hired, .. }
        | State::Completed { hired, .. } => Some(&hired.engagement),
        State::Flagged { back, .. } => back.engagement(),
        State::Discovered { .. } | State::Excluded { .. } | State::Canceled { .. } => None,
    }
}

/// Terms, contractor and job, once the placement has them.
pub(super) fn hired(state: &State) -> Option<&Hired> {
    match state {
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. }
        | State::Active { hired, .. }
        | State::Completed { hired, .. } => Some(hired),
        State::Flagged {
            back:
                Back::Job { hired }
                | Back::Quote { hired, .. }
                | Back::Application { hired, .. }
                | Back::Assignment { hired, .. }
                | Back::Coverage { hired, .. }
                | Back::Lost { hired, .. },
            ..
        } => Some(hired),
        State::Flagged { .. }
        | State::ContractorReady { .. }
        | State::Discovered { .. }
        | State::Excluded { .. }
        | State::Canceled { .. } => None,
    }
}

fn quote_of(state: &State) -> Option<&QuoteId> {
    match state {
        State::ApplicationPending { application, .. } => Some(&application.quote),
        State::Active { coverage, .. } | State::Completed { coverage, .. } => {
            match &coverage.evidence {
                Evidence::Policy { quote, .. } => Some(quote),
                Evidence::Assignment { .. } | Evidence::Certificate { .. } => None,
            }
        }
        State::Quoted { basis: Basis::Quote { quote, .. }, .. } => Some(quote),
        State::Quoted { .. }
        | State::Flagged { .. }
        | State::JobReady { .. }
        | State::Assigned { .. }
        | State::ContractorReady { .. }
        | State::Discovered { .. }
        | State::Excluded { .. }
        | State::Canceled { .. } => None,
    }
}

/// What is as it should be, and what is not, by name.
#[derive(Default)]
struct Compared {
    same: Vec<String>,
    other: Vec<String>,
}

impl Compared {
    fn is<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, wanted: &T) {
        match found == wanted {
            true => self.same.push(what.to_owned()),
            false => self.other.push(format!("{what} is {found:?}, not {wanted:?}")),
        }
    }

    fn found(self, of: &str) -> Found {
        match self.other.is_empty() {
            true => Ok(format!("{of}: as they should be: {}", self.same.join(", "))),
            false => Err(format!("{of}: {}", self.other.join("; "))),
        }
    }
}

async fn contractor(rig: &Rig, on: &Checklist) -> Tried {
    let state = rig.state(&on.placement)?;
    let Some(engagement) = state.as_ref().and_then(engagement) else {
        return Ok(Err(format!("no contractor: {}", rig.why(&on.placement))));
    };
    let candidate = &engagement.terms.references.candidate;
    let stream = StreamId::new("contractor", &rig.connected.tenant.name, candidate.as_str());
    let Ok(stream) = stream else { return Ok(Err("the candidate's id is no id".into())) };
    let known = match rig.engine.state::<Contractor>(&stream)? {
        Some(
            contractor::State::Linked { known }
            | contractor::State::OptingIn { known, .. }
            | contractor::State::OptedIn { known },
        ) => known,
        _ => return Ok(Err(format!("no contractor: {}", rig.why_not(&stream)))),
    };
    let echo = match rig.connected.policy.contractor_echo(&engagement.contractor).await {
        Ok(echo) => echo,
        Err(error) => return Ok(Err(format!("{}: {error}", engagement.contractor))),
    };
    let mut compared = Compared::default();
    // The address itself is personal: only whether it is the one is said.
    let has = |echo: Option<&str>, told: Option<&str>| {
        let plain = |text: &str| text.trim().to_ascii_lowercase();
        echo.map(plain) == told.map(plain) && echo.is_some_and(|address| address.contains('@'))
    };
    let kind = match &known.told.email {
        contractor::Email::Real => "real e-mail",
        contractor::Email::Proxy(_) => "proxy e-mail",
        contractor::Email::ByHand(_) => "e-mail set by hand",
    };
    compared.is(kind, &has(echo.email.as_deref(), known.told.address()), &true);
    let said = echo.metadata.get("jobdiva_candidate_id").map(String::as_str);
    compared.is("jobdiva_candidate_id", &said, &Some(candidate.as_str()));
    Ok(compared.found(&format!("contractor {} of candidate {candidate}", engagement.contractor)))
}

async fn job(rig: &Rig, on: &Checklist) -> Tried {
    let state = rig.state(&on.placement)?;
    let Some(hired) = state.as_ref().and_then(hired) else {
        return Ok(Err(format!("no job: {}", rig.why(&on.placement))));
    };
    let echo = match rig.connected.policy.job_echo(&hired.job).await {
        Ok(echo) => echo,
        Err(error) => return Ok(Err(format!("{}: {error}", hired.job))),
    };
    let (terms, references) = (&hired.terms().job, &hired.terms().references);
    let (cents, kind) = match terms.wage {
        Wage::Hourly(cents) => (cents, "hourly"),
        Wage::FlatFee(cents) => (cents, "flatfee"),
    };
    let mut compared = Compared::default();
    compared.is("wage", &echo.wage, &Some(cents));
    compared.is("wage_type", &echo.wage_type.as_deref(), &Some(kind));
    let region = terms.region.as_ref().map(|region| region.state.clone());
    compared.is("region", &echo.region, &region);
    for (name, id) in [
        ("jobdiva_placement_id", references.placement.as_str()),
        ("jobdiva_job_id", references.requisition.as_str()),
        ("jobdiva_candidate_id", references.candidate.as_str()),
    ] {
        compared.is(name, &echo.metadata.get(name).map(String::as_str), &Some(id));
    }
    Ok(compared.found(&format!("job {}, {}", hired.job, terms.wage)))
}

async fn quote(rig: &Rig, on: &Checklist, first: Option<&State>) -> Tried {
    let Some((hired, quote)) = first.and_then(|state| Some((hired(state)?, quote_of(state)?)))
    else {
        let why = rig.why(&on.placement);
        return Ok(Err(format!("no quote ({why}): a candidate new to the insurer is needed")));
    };
    let echo = match rig.connected.policy.quote_echo(quote).await {
        Ok(echo) => echo,
        Err(error) => return Ok(Err(format!("{quote}: {error}"))),
    };
    let terms = hired.terms();
    let mut wanted: Vec<String> = terms
        .coverage
        .iter()
        .filter_map(|kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned))
        .collect();
    wanted.sort();
    let mut compared = Compared::default();
    compared.is(
        "contractor",
        &echo.contractor.as_deref(),
        &Some(hired.engagement.contractor.as_str()),
    );
    compared.is("job", &echo.job.as_deref(), &Some(hired.job.as_str()));
    compared.is(&format!("coverage {}", wanted.join("+")), &echo.coverage, &wanted);
    let (first_day, last_day) = (terms.window.first_day, terms.window.last_day);
    compared.is(&format!("start {first_day}"), &echo.effective, &Some(terms.window.effective));
    compared.is(&format!("end {last_day}"), &echo.end, &Some(terms.window.until));
    Ok(compared.found(&format!("quote {quote}")))
}

async fn application(rig: &Rig, on: &Checklist, first: Option<&State>, say: Say<'_>) -> Tried {
    let Some(State::ApplicationPending { application, .. }) = first else {
        let why = rig.why(&on.placement);
        return Ok(Err(format!(
            "no application ({why}): a candidate new to the insurer is needed"
        )));
    };
    if rig.world.needs_a_person() {
        let wait = rig.world.wait().as_secs() / 60;
        say(&format!("complete the application within {wait} minutes: {}", application.url));
    }
    let active = |state: &State| matches!(state, State::Active { .. });
    let Some(State::Active { coverage, .. }) = rig.until(&on.placement, active).await? else {
        let why = rig.why(&on.placement);
        return Ok(Err(format!("session {} led to no coverage: {why}", application.session)));
    };
    let echo = match rig.connected.policy.session_echo(&application.session).await {
        Ok(echo) => echo,
        Err(error) => return Ok(Err(format!("{}: {error}", application.session))),
    };
    let mut compared = Compared::default();
    let wanted = rig.connected.policy.success_url(on.placement.as_str());
    compared.is("redirect", &echo.success_url, &Some(wanted));
    compared.is("completed", &echo.complete, &true);
    let policy = match &coverage.evidence {
        Evidence::Policy { policy, .. } => policy.to_string(),
        Evidence::Assignment { assignment, .. } => assignment.to_string(),
        Evidence::Certificate { certificate, .. } => {
            return Ok(Err(format!("nothing was bought: certificate {certificate} covers it")));
        }
    };
    Ok(compared.found(&format!("session {}, policy {policy} in force", application.session)))
}

async fn assignment(rig: &Rig, on: &Checklist) -> Tried {
    let Some(placement) = &on.returning else {
        let what = "name another placement of the same candidate: `returning_placement` under [tenant.checklist]";
        return Ok(Err(what.into()));
    };
    let covered =
        |state: &State| matches!(state, State::Assigned { .. } | State::ApplicationPending { .. });
    rig.read(placement).await?;
    let state = rig.until(placement, covered).await?;
    let Some(State::Assigned { hired, assignment, .. }) = &state else {
        return Ok(Err(format!("no assignment: {}", rig.why(placement))));
    };
    let echo = match rig.connected.policy.assignment_echo(assignment).await {
        Ok(echo) => echo,
        Err(error) => return Ok(Err(format!("{assignment}: {error}"))),
    };
    let window = &hired.terms().window;
    let mut compared = Compared::default();
    compared.is(
        "contractor",
        &echo.contractor.as_deref(),
        &Some(hired.engagement.contractor.as_str()),
    );
    compared.is("job", &echo.job.as_deref(), &Some(hired.job.as_str()));
    compared.is(&format!("start {}", window.first_day), &echo.effective, &Some(window.effective));
    compared.is(&format!("end {}", window.last_day), &echo.end, &Some(window.until));
    Ok(compared.found(&format!("assignment {assignment} of placement {placement}")))
}

async fn certificate(rig: &Rig, on: &Checklist) -> Tried {
    let state = rig.state(&on.placement)?;
    let Some(engagement) = state.as_ref().and_then(engagement) else {
        return Ok(Err(format!("no contractor: {}", rig.why(&on.placement))));
    };
    let placements = || on.returning.iter().chain([&on.placement]).map(|it| rig.why(it));
    let before: Vec<String> = placements().collect();
    let stream = match rig.hand_in(&engagement.terms.references.candidate, PDF).await {
        Ok(stream) => stream,
        Err(TakeError::Handle(stopped @ HandleError::Stopped(_))) => return Err(stopped.into()),
        Err(error) => return Ok(Err(format!("it was not taken in: {error}"))),
    };
    let state = rig.reviewed(&stream).await?;
    let sent = state.as_ref().and_then(certificate::State::sent);
    let Some(id) = sent.map(|sent| sent.certificate.to_string()) else {
        return Ok(Err(format!("the upload failed: {}", rig.why_not(&stream))));
    };
    let found = format!("certificate {id}: uploaded, {}", rig.why_not(&stream));
    let is_reviewed = matches!(
        state,
        Some(
            certificate::State::Approved { .. }
                | certificate::State::Flagged { .. }
                | certificate::State::Denied { .. }
        )
    );
    Ok(match (is_reviewed, placements().eq(before)) {
        (true, true) => Ok(format!("{found}; no placement moved by it")),
        (false, true) => Err(found),
        (_, false) => Err(format!("{found}; yet a placement moved meanwhile")),
    })
}

async fn pay(rig: &Rig, on: &Checklist, left: &mut Left) -> Tried {
    let state = rig.state(&on.placement)?;
    let standing = Standing::of(state.as_ref());
    let Standing::Covered { work } = &standing else {
        return Ok(Err(format!("no coverage to invoice: {}", rig.why(&on.placement))));
    };
    let (timesheet, whence) = match &on.timesheet {
        Some(id) => match rig.connected.jobdiva.timesheet(id).await {
            Ok(Some(timesheet)) => (timesheet, format!("timesheet {id}")),
            Ok(None) => return Ok(Err(format!("JobDiva has no timesheet {id}"))),
            Err(error) => return Ok(Err(format!("timesheet {id}: {error}"))),
        },
        None => match made_up(on, work) {
            Some(timesheet) => (timesheet, "a timesheet made up".to_owned()),
            None => return Ok(Err("the placement is not paid per hour".into())),
        },
    };
    let tenant = &rig.connected.tenant.name;
    let Some(stream) = invoice::stream(tenant, &timesheet.placement, timesheet.week_ending) else {
        return Ok(Err("the timesheet's placement is no id".into()));
    };
    // Before it is sent: whatever comes in between, there is something to withdraw.
    left.invoice = Some((stream.clone(), timesheet.clone()));
    let input = invoice::Input::Observed { timesheet: Box::new(timesheet), standing };
    rig.engine.handle::<Invoice>(&stream, input, Source::new("checklist", "")).await?;
    let Some(invoice::State::Recorded { entry, book }) = rig.settled_invoice(&stream).await? else {
        return Ok(Err(format!("no invoice: {}", rig.why_not(&stream))));
    };
    let echo = match rig.connected.policy.invoice_echo(&entry.invoice).await {
        Ok(echo) => echo,
        Err(error) => return Ok(Err(format!("{}: {error}", entry.invoice))),
    };
    let mut compared = Compared::default();
    compared.is("gross pay", &echo.gross, &Some(entry.account.gross));
    compared.is("start of the pay cycle", &echo.start, &Some(book.period.effective));
    compared.is("end of the pay cycle", &echo.end, &Some(book.period.until));
    let off = if rig.invoices_off { " (invoices are off in the configuration)" } else { "" };
    let what = format!("invoice {}, {}, by {whence}{off}", entry.invoice, entry.account.words());
    Ok(compared.found(&what))
}

/// An hour more than was quoted, in the first week.
fn made_up(on: &Checklist, work: &invoice::Work) -> Option<Timesheet> {
    let Wage::Hourly(cents) = work.wage else { return None };
    let to_sunday = 6 - i64::from(work.first_day.weekday().to_monday_zero_offset());
    let week_ending =
        work.first_day.checked_add(jiff::Span::new().try_days(to_sunday).ok()?).ok()?;
    let paid = Paid::Rate { amount: Decimal::new(cents.0, 2), unit: Some("hour".into()) };
    Some(Timesheet {
        placement: on.placement.clone(),
        week_ending,
        sheet: Sheet {
            id: "made-up".into(),
            approval: Approval::Approved,
            lines: vec![Work { kind: Hours::Regular, hours: Decimal::from(41), paid }],
            total_hours: None,
            currency: None,
            changed: None,
            unreadable: Vec::new(),
        },
    })
}

async fn scope(rig: &Rig, on: &Checklist) -> Tried {
    let Some(placement) = &on.employee else {
        let what = "name a placement of an employee: `employee_placement` under [tenant.checklist]";
        return Ok(Err(what.into()));
    };
    // Told only once its records say so: of a contractor coverage would be asked for.
    let facts = match rig.connected.jobdiva.assemble(placement).await {
        Ok(Some(facts)) => facts,
        Ok(None) => return Ok(Err(format!("JobDiva has no placement {placement}"))),
        Err(error) => return Ok(Err(format!("placement {placement}: {error}"))),
    };
    if !matches!(terms::judge(&facts, &rig.connected.tenant.rules), Verdict::Out(_)) {
        let what = "is no employee's by its records; nothing was sent of it";
        return Ok(Err(format!("placement {placement} {what}")));
    }
    rig.read(placement).await?;
    let excluded = |state: &State| matches!(state, State::Excluded { .. });
    let state = rig.until(placement, excluded).await?;
    let Some(State::Excluded { brief, .. }) = &state else {
        return Ok(Err(format!("it is not kept out: {}", rig.why(placement))));
    };
    let tenant = &rig.connected.tenant.name;
    let (own, all) = rig.asked(&format!("placement/{tenant}/{placement}"));
    let (of_person, _) = rig.asked(&format!("contractor/{tenant}/{}", brief.candidate));
    let why = rig.why(placement);
    let found = format!(
        "placement {placement} {why}; {} of {all} calls to the insurer are about it",
        own + of_person
    );
    Ok(if own + of_person == 0 { Ok(found) } else { Err(found) })
}
