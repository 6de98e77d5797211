//! What is changed at the insurer after it was made: a quote until a policy came of it, the end of what covers.

use integration_1099policy::poll::Watch;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use workflow_core::domain::call::{Answer, Call, ContractorId, JobId, QuoteId, Sighting};
use workflow_core::time::Timestamp;

use super::world::{DAY, HOUR, Insurer, Work, refused, work};

fn change(work: &Work, quote: &QuoteId, contractor: &ContractorId, job: &JobId) -> Call {
    Call::UpdateQuote {
        quote: quote.clone(),
        references: work.references(),
        contractor: contractor.clone(),
        job: job.clone(),
        coverage: work.coverage.clone(),
        window: work.window(),
    }
}

fn extend(job: &JobId, work: &Work, last_day: Date) -> Call {
    let until = Work { last_day, ..work.clone() }.window().until;
    Call::ExtendCoverage { job: job.clone(), until }
}

/// When the policy of a quote runs out.
async fn expires(insurer: &Insurer, quote: &QuoteId) -> Timestamp {
    let seen = insurer.see(Watch::Quote(quote.clone())).await;
    let [Sighting::Policy { expires, .. }] = &seen[..] else { panic!("{seen:?}") };
    *expires
}

#[tokio::test]
async fn a_quote_is_changed_in_place_until_a_policy_came_of_it() {
    let insurer = Insurer::standard().await;
    let applied = insurer.applying(&work("1", "11")).await;
    let (quote, contractor, job) = (&applied.quote, &applied.contractor, &applied.job);
    let later =
        Work { first_day: date(2026, 4, 13), last_day: date(2026, 12, 31), ..work("1", "11") };
    for name in ["once", "twice"] {
        let changed = insurer.answer(name, change(&later, quote, contractor, job)).await;
        let Answer::QuoteIssued { quote: same, net_rate: Some(_) } = &changed else {
            panic!("{changed:?}")
        };
        assert_eq!(same, quote);
    }
    let past = Work { first_day: date(2026, 3, 24), ..later.clone() };
    let answer = insurer.answer("past", change(&past, quote, contractor, job)).await;
    assert_eq!(refused(answer), (400, "effective_date_invalid".to_owned()));
    // What the contractor signs is insured as the quote says by then.
    insurer.sim.advance(4 * HOUR).await;
    assert_eq!(expires(&insurer, quote).await, later.window().until);
    let fixed = insurer.answer("fixed", change(&work("1", "11"), quote, contractor, job)).await;
    assert_eq!(fixed, Answer::QuoteFixed);
    let none = insurer.answer("none", change(&later, &"qt_none".into(), contractor, job)).await;
    assert_eq!(none, Answer::QuoteFixed);
    assert_eq!(insurer.sim.ledger().quotes, 1);
}

#[tokio::test]
async fn a_quote_is_not_changed_where_a_policy_fits_meanwhile() {
    let insurer = Insurer::standard().await;
    let second = work("2", "11");
    let (contractor, job) = insurer.known(&second).await;
    let issued = insurer.answer("quote", second.quote(&contractor, &job)).await;
    let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
    insurer.insured(&work("1", "11")).await;
    let later = Work { last_day: date(2026, 12, 31), ..second };
    let answer = insurer.answer("later", change(&later, &quote, &contractor, &job)).await;
    assert_eq!(answer, Answer::MatchingPolicy);
}

#[tokio::test]
async fn an_assignment_lasts_longer_and_never_shorter() {
    let insurer = Insurer::standard().await;
    insurer.insured(&work("1", "11")).await;
    let second = work("2", "11");
    let (_, job, assignment) = insurer.assigned(&second).await;
    for name in ["once", "twice"] {
        let call = extend(&job, &second, date(2026, 12, 31));
        assert_eq!(insurer.answer(name, call).await, Answer::CoverageExtended);
    }
    let shorter = insurer.answer("shorter", extend(&job, &second, date(2026, 11, 30))).await;
    assert_eq!(refused(shorter), (400, "end_date_invalid".to_owned()));
    let year = second.first_day + 1.year();
    let longer = insurer.answer("longer", extend(&job, &second, year)).await;
    assert_eq!(refused(longer), (400, "end_date_invalid".to_owned()));
    let nothing = insurer.answer("none", extend(&"jb_none".into(), &second, year)).await;
    assert_eq!(refused(nothing), (404, "invalid_job_id".to_owned()));
    let undo = Call::CancelAssignment { assignment, job: job.clone() };
    assert_eq!(insurer.answer("undo", undo).await, Answer::AssignmentCanceled);
    let gone = insurer.answer("gone", extend(&job, &second, date(2027, 1, 31))).await;
    assert_eq!(refused(gone).0, 400);
    assert_eq!(insurer.sim.ledger().assignments_by_job[job.as_str()], 1);
}

#[tokio::test]
async fn the_policy_of_a_jobs_own_quote_lasts_longer_while_it_lasts() {
    let insurer = Insurer::standard().await;
    let first = work("1", "11");
    let (applied, _) = insurer.insured(&first).await;
    let later = date(2026, 12, 31);
    let call = extend(&applied.job, &first, later);
    assert_eq!(insurer.answer("later", call).await, Answer::CoverageExtended);
    let until = Work { last_day: later, ..first.clone() }.window().until;
    assert_eq!(expires(&insurer, &applied.quote).await, until);
    insurer.sim.advance(300 * DAY).await;
    let over = insurer.answer("over", extend(&applied.job, &first, date(2027, 2, 28))).await;
    assert_eq!(refused(over), (400, "end_date_invalid".to_owned()));
}
