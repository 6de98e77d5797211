//! Every call owed to the insurer, when nothing is in the way.

use integration_1099policy::config::{
    AuthScheme, Config, ContractorShape, EnvironmentHeader, JobRegion, MetadataOn,
};
use integration_1099policy::poll::Watch;
use integration_1099policy::simulator::{
    AssignmentMismatch, Config as Simulated, ContractorRequired, EmailCase, Ledger, Rules, Script,
};
use jiff::ToSpan;
use jiff::civil::date;
use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Call, ContractorId,
    CoverageType, JobId, PolicyId, PolicyStanding, Sighting, Span, Wage,
};
use workflow_core::money::Cents;

use super::world::{DAY, HOUR, Insurer, Work, refused, work};

/// What was said to the insurer, word by word.
fn spoken(ledger: &Ledger) -> Vec<&str> {
    let words = ledger.dialects.keys().map(String::as_str);
    words.filter(|word| !word.starts_with("told.")).collect()
}

fn rules(change: impl FnOnce(&mut Rules)) -> Simulated {
    let mut simulated = Simulated::default();
    change(&mut simulated.rules);
    simulated
}

/// The whole way of a first-time contractor and of the same one returning.
async fn both_roads(insurer: &Insurer) {
    let (contractor, policy) = by_application(insurer).await;
    let job = by_assignment(insurer, contractor, policy).await;
    let ledger = insurer.sim.ledger();
    assert_eq!(ledger.contractors_by_candidate, [("70011000060".to_owned(), 1)].into());
    let expected = [("51000797".to_owned(), 1), ("51000798".to_owned(), 1)];
    assert_eq!(ledger.jobs_by_placement, expected.into());
    assert_eq!((ledger.quotes, ledger.sessions_opened), (1, 1));
    assert_eq!(ledger.assignments_live_by_job, [(job.to_string(), 1)].into());
}

async fn by_application(insurer: &Insurer) -> (ContractorId, PolicyId) {
    let work = work("51000797", "70011000060");
    let applied = insurer.applying(&work).await;
    let session = async || insurer.see(Watch::Session(applied.session.clone())).await;
    let at = |step: Option<&str>| {
        let standing = match step {
            Some(step) => ApplicationStanding::Open { step: step.to_owned() },
            None => ApplicationStanding::Complete,
        };
        let quote = Some(applied.quote.clone());
        vec![Sighting::Application { session: applied.session.clone(), quote, standing }]
    };
    assert_eq!(session().await, at(Some("verify_info")));
    assert_eq!(insurer.see(Watch::Quote(applied.quote.clone())).await, []);
    insurer.sim.advance(HOUR).await;
    assert_eq!(session().await, at(Some("application_questions")));
    insurer.sim.advance(2 * HOUR).await;
    assert_eq!(session().await, at(None));
    let seen = insurer.see(Watch::Quote(applied.quote.clone())).await;
    let [Sighting::Policy { policy, .. }] = &seen[..] else { panic!("{seen:?}") };
    let in_force = Sighting::Policy {
        policy: policy.clone(),
        quote: applied.quote.clone(),
        standing: PolicyStanding::Active,
        effective: work.window().effective,
        expires: work.window().until,
    };
    assert_eq!(insurer.see(Watch::Policy(policy.clone())).await, seen);
    assert_eq!(seen, [in_force]);
    let again = insurer.answer("again", work.apply(&applied.quote)).await;
    assert_eq!(again, Answer::ApplicationComplete);
    (applied.contractor, policy.clone())
}

async fn by_assignment(insurer: &Insurer, known: ContractorId, policy: PolicyId) -> JobId {
    let work = Work { first_day: date(2026, 4, 20), ..work("51000798", "70011000060") };
    let (contractor, job) = insurer.known(&work).await;
    assert_eq!(contractor, known);
    let quoted = insurer.answer("second-quote", work.quote(&contractor, &job)).await;
    assert_eq!(quoted, Answer::MatchingPolicy);
    let created = insurer.answer("second-assign", work.assign(&contractor, &job)).await;
    let Answer::AssignmentCreated { assignment, policy: rests_on } = created else {
        panic!("{created:?}")
    };
    assert_eq!(rests_on, Some(policy));
    let standing = async || {
        let seen = insurer.see(Watch::Assignment(assignment.clone())).await;
        let [Sighting::Assignment { assignment, job, standing, dates, policy_dates }] = &seen[..]
        else {
            panic!("{seen:?}")
        };
        assert!(policy_dates.from.is_some() && policy_dates.until.is_some(), "{policy_dates:?}");
        (assignment.clone(), job.clone(), *standing, *dates)
    };
    // It has the dates that were asked for; those of the policy under it are that policy's.
    let dates = Span { from: Some(work.window().effective), until: Some(work.window().until) };
    let stands = |standing| (assignment.clone(), job.clone(), standing, dates);
    assert_eq!(standing().await, stands(AssignmentStanding::Pending));
    insurer.sim.advance(DAY - HOUR).await;
    assert_eq!(standing().await, stands(AssignmentStanding::Pending));
    assert!(!insurer.sim.ledger().charges_cents.contains_key(assignment.as_str()));
    insurer.sim.advance(HOUR).await;
    assert_eq!(standing().await, stands(AssignmentStanding::Active));
    assert_eq!(insurer.sim.ledger().charges_cents[assignment.as_str()].len(), 1);
    job
}

#[tokio::test]
async fn a_first_time_contractor_is_insured_and_a_returning_one_assigned() {
    let insurer = Insurer::standard().await;
    both_roads(&insurer).await;
    let ledger = insurer.sim.ledger();
    let expected = [
        "assignment.coverage_type",
        "assignment.no_metadata",
        "auth.bearer",
        "contractor.address",
        "contractor.flat",
        "contractor.phone",
        "dates.future",
        "environment.header",
        "job.address.region",
        "job.category_code",
        "job.per_placement",
        "job.wage_type.hourly",
        "key.idempotency-key",
        "key.ten99policy-idempotent-key",
        "quote.no_metadata",
        "session.no_metadata",
    ];
    assert_eq!(spoken(&ledger), expected);
    let keyed = insurer.sim.requests().into_iter().filter(|seen| seen.method == "POST");
    for seen in keyed {
        let key = seen.idempotency_key.unwrap();
        assert!(key.starts_with("acme/placement/"), "{key}");
        assert_eq!(seen.headers["idempotency-key"], key, "both names, one value");
        assert_eq!(seen.headers["ten99policy-environment"], "sandbox");
    }
}

#[tokio::test]
async fn a_server_that_takes_only_the_documented_fields_is_content() {
    let strict = rules(|rules| {
        rules.strict_unknown_fields = true;
        rules.contractor_required = ContractorRequired::Strict;
    });
    both_roads(&Insurer::with(strict, |_| {}).await).await;
}

#[tokio::test]
async fn the_guides_dialect_is_spoken_where_the_tenant_wants_it() {
    let insurer = Insurer::with(Simulated::default(), |config: &mut Config| {
        config.auth_scheme = AuthScheme::Basic;
        config.contractor_shape = ContractorShape::Contact;
        config.job_region = JobRegion::TopLevel;
        config.metadata_on = MetadataOn::Everything;
        config.environment_header = EnvironmentHeader::Omitted;
        config.idempotency_headers = vec!["Idempotency-Key".into()];
    })
    .await;
    both_roads(&insurer).await;
    let ledger = insurer.sim.ledger();
    let expected = [
        "assignment.coverage_type",
        "assignment.custom_metadata",
        "auth.basic",
        "contractor.address",
        "contractor.contact",
        "contractor.phone",
        "dates.future",
        "environment.key",
        "job.category_code",
        "job.per_placement",
        "job.region",
        "job.wage_type.hourly",
        "key.idempotency-key",
        "quote.custom_metadata",
        "session.custom_metadata",
    ];
    assert_eq!(spoken(&ledger), expected);
    assert!(insurer.sim.requests().iter().all(|seen| seen.auth_scheme == "basic"));
}

#[tokio::test]
async fn what_the_insurer_will_not_cover_is_said() {
    let insurer = Insurer::standard().await;
    let declined = work("1", "11");
    insurer.sim.script("11", Script { eligible: false, ..Script::default() });
    let (contractor, job) = insurer.known(&declined).await;
    let answer = insurer.answer("quote", declined.quote(&contractor, &job)).await;
    assert!(matches!(answer, Answer::QuoteIneligible { .. }), "{answer:?}");

    for mismatch in [AssignmentMismatch::Result, AssignmentMismatch::Error] {
        let insurer = Insurer::with(rules(|r| r.assignment_mismatch = mismatch), |_| {}).await;
        insurer.insured(&work("2", "12")).await;
        let other = Work { category: "jc_Engineer", ..work("3", "12") };
        let (contractor, job) = insurer.known(&other).await;
        let answer = insurer.answer("assign", other.assign(&contractor, &job)).await;
        let Answer::AssignmentIneligible { message } = answer else { panic!("{answer:?}") };
        assert!(message.contains("polic"), "{message}");
        assert_eq!(insurer.sim.ledger().assignments_live_by_job, [].into());
        let quoted = insurer.answer("quote", other.quote(&contractor, &job)).await;
        assert!(matches!(quoted, Answer::QuoteIssued { .. }), "no policy fits: {quoted:?}");
    }
}

#[tokio::test]
async fn the_past_and_more_than_a_year_are_refused() {
    let insurer = Insurer::standard().await;
    let past = Work { first_day: date(2026, 3, 24), ..work("1", "11") };
    let (contractor, job) = insurer.known(&past).await;
    let answer = insurer.answer("past", past.quote(&contractor, &job)).await;
    assert_eq!(refused(answer), (0, "effective_date_invalid".to_owned()), "it is not even sent");
    let year = Work { last_day: date(2027, 4, 5), ..work("1", "11") };
    let longer = Work { last_day: year.last_day + 1.day(), ..year.clone() };
    let answer = insurer.answer("longer", longer.quote(&contractor, &job)).await;
    assert_eq!(refused(answer), (400, "end_date_invalid".to_owned()));
    let answer = insurer.answer("year", year.quote(&contractor, &job)).await;
    assert!(matches!(answer, Answer::QuoteIssued { .. }), "{answer:?}");
}

#[tokio::test]
async fn an_application_is_closed_once_and_not_after_its_end() {
    let insurer = Insurer::standard().await;
    let applied = insurer.applying(&work("1", "11")).await;
    let close = Call::ExpireApplication { session: applied.session.clone() };
    assert_eq!(insurer.answer("close", close.clone()).await, Answer::ApplicationClosed);
    assert_eq!(insurer.answer("again", close).await, Answer::ApplicationClosed);
    let seen = insurer.see(Watch::Session(applied.session)).await;
    assert!(matches!(
        &seen[..],
        [Sighting::Application { standing: ApplicationStanding::Expired, .. }]
    ));
    let (applied, _) = insurer.insured(&work("2", "12")).await;
    let close = Call::ExpireApplication { session: applied.session };
    assert_eq!(insurer.answer("late", close).await, Answer::ApplicationComplete);
    let unknown = Call::ExpireApplication { session: "ias_none".into() };
    assert_eq!(refused(insurer.answer("none", unknown).await).0, 404);
    assert_eq!(insurer.sim.ledger().sessions_live, 0);
}

#[tokio::test]
async fn an_assignment_is_undone_before_its_first_day_only() {
    let insurer = Insurer::standard().await;
    insurer.insured(&work("1", "11")).await;
    let undo = |assignment: &AssignmentId, job: &JobId| Call::CancelAssignment {
        assignment: assignment.clone(),
        job: job.clone(),
    };
    let (_, job, assignment) = insurer.assigned(&work("2", "11")).await;
    let call = undo(&assignment, &job);
    assert_eq!(insurer.answer("undo", call.clone()).await, Answer::AssignmentCanceled);
    assert_eq!(insurer.answer("again", call).await, Answer::AssignmentCanceled);
    let (_, begun_job, begun) = insurer.assigned(&work("3", "11")).await;
    insurer.sim.advance(14 * DAY).await;
    let call = undo(&begun, &begun_job);
    assert_eq!(insurer.answer("late", call).await, Answer::AssignmentBegun);
    let ledger = insurer.sim.ledger();
    assert!(!ledger.charges_cents.contains_key(assignment.as_str()), "undone before the charge");
    assert_eq!(ledger.assignments_live_by_job, [(begun_job.to_string(), 1)].into());
    let seen = insurer.see(Watch::Assignment(assignment)).await;
    let [Sighting::Assignment { job: of, standing, .. }] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((of, *standing), (&job, AssignmentStanding::Canceled));
}

#[tokio::test]
async fn a_job_is_brought_up_to_date_until_it_is_invoiced() {
    let insurer = Insurer::standard().await;
    let work = work("1", "11");
    let (applied, _) = insurer.insured(&work).await;
    let update =
        |terms| Call::UpdateJob { job: applied.job.clone(), references: work.references(), terms };
    let ready = Answer::JobReady { job: applied.job.clone() };
    let mut terms = work.terms();
    terms.wage = Wage::FlatFee(Cents(1_200_000));
    assert_eq!(insurer.answer("wage", update(terms.clone())).await, ready);
    terms.region = None;
    assert_eq!(insurer.answer("remote", update(terms.clone())).await, ready);
    terms.region = work.terms().region;
    assert_eq!(insurer.answer("back", update(terms.clone())).await, ready);
    terms.category = "jc_Engineer".into();
    let kept = refused(insurer.answer("category", update(terms)).await);
    assert_eq!(kept, (200, "category_not_changed".to_owned()));

    let second = super::world::work("2", "11");
    let (_, job, _) = insurer.assigned(&second).await;
    insurer.sim.advance(DAY).await;
    let update =
        |terms| Call::UpdateJob { job: job.clone(), references: second.references(), terms };
    // Frozen as it is wanted is as good as brought up to date.
    let ready = Answer::JobReady { job: job.clone() };
    assert_eq!(insurer.answer("as-it-is", update(second.terms())).await, ready);
    let mut dearer = second.terms();
    dearer.wage = Wage::FlatFee(Cents(1_200_000));
    let frozen = update(dearer);
    assert_eq!(refused(insurer.answer("frozen", frozen).await), (400, "invoice_exists".to_owned()));
}

#[tokio::test]
async fn contractors_are_told_apart_by_candidate_and_kept_up_to_date() {
    for (email_case, other) in
        [(EmailCase::Exact, "ana@example.test"), (EmailCase::Insensitive, "Ana@Example.test")]
    {
        let insurer = Insurer::with(rules(|r| r.email_case = email_case), |_| {}).await;
        let ana = Work { email: "ana@example.test".into(), ..work("1", "11") };
        let ben = Work { email: other.into(), ..work("2", "12") };
        let linked = insurer.answer("ana", ana.link()).await;
        let Answer::ContractorLinked { contractor } = linked.clone() else { panic!("{linked:?}") };
        assert_eq!(insurer.answer("again", ana.link()).await, linked, "found by e-mail");
        let taken =
            Answer::EmailTaken { contractor: contractor.clone(), candidate: Some("11".into()) };
        assert_eq!(insurer.answer("ben", ben.link()).await, taken, "{email_case:?}");
        let proxied = insurer.answer("proxied", work("2", "12").link()).await;
        let Answer::ContractorLinked { contractor: second } = proxied else {
            panic!("{proxied:?}")
        };
        let update = |contractor: &_, work: &Work, email: &str| Call::UpdateContractor {
            contractor: Clone::clone(contractor),
            candidate: work.candidate.into(),
            person: work.person(),
            email: email.into(),
        };
        let moved = insurer.answer("moved", update(&contractor, &ana, "ana@new.test")).await;
        assert_eq!(moved, Answer::ContractorUpdated);
        let taken = insurer.answer("taken", update(&second, &ben, "ana@new.test")).await;
        assert_eq!(taken, Answer::EmailTaken { contractor, candidate: Some("11".into()) });
        assert_eq!(insurer.sim.ledger().contractors_by_candidate.values().sum::<u64>(), 2);
    }
}

#[tokio::test]
async fn a_blocked_contractor_and_an_unknown_category_are_refused() {
    let insurer = Insurer::standard().await;
    let blocked = work("1", "11");
    let (contractor, job) = insurer.known(&blocked).await;
    insurer.sim.script("11", Script { blocked: true, ..Script::default() });
    let answer = insurer.answer("quote", blocked.quote(&contractor, &job)).await;
    assert_eq!(refused(answer).1, "contractor_blocked_for_writes");
    let unknown = Work { category: "jc_None", ..work("2", "12") };
    assert_eq!(
        refused(insurer.answer("job", unknown.job()).await),
        (400, "invalid_job_category_code".to_owned())
    );
    insurer.sim.propose_category("jc_Later", "Later");
    let waiting = Work { category: "jc_Later", ..work("3", "12") };
    assert_eq!(refused(insurer.answer("wait", waiting.job()).await).1, "job_category_not_approved");
}

#[tokio::test]
async fn media_coverage_needs_general_coverage() {
    let insurer = Insurer::standard().await;
    let media = Work { coverage: vec![CoverageType::Media], ..work("1", "11") };
    let (contractor, job) = insurer.known(&media).await;
    let answer = insurer.answer("media", media.quote(&contractor, &job)).await;
    assert_eq!(refused(answer), (400, "invalid_input".to_owned()));
}
