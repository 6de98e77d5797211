//! The line to JobDiva cut at every stage of every read: nothing half read passes for the whole, no mark moves past what was
//! not read, and what is read afterwards is what an undisturbed line gives.

use std::collections::BTreeSet;
use std::fmt::Debug;

use integration_jobdiva::JobDiva;
use integration_jobdiva::config::{Config, TimesheetPay};
use integration_jobdiva::error::Error;
use integration_jobdiva::poll::{Cursor, Polled};
use integration_jobdiva::simulator::Behaviour;
use workflow_core::outcome::Outcome;

use super::tenant::{DAY, Tenant, person};
use crate::line::{Cut, End, Line, Part};

/// Each stage once, and three of them with a reset too.
fn ways() -> Vec<(Cut, End)> {
    let resets = [Cut::Connected, Cut::Request(Part::HalfHead), Cut::Answer(Part::HalfBody)];
    let closed = Cut::all().into_iter().map(|cut| (cut, End::Closed));
    closed.chain(resets.map(|cut| (cut, End::Reset))).collect()
}

/// A tenant in the middle of its spring, and the line before it.
struct Trial {
    tenant: Tenant,
    line: Line,
}

impl Trial {
    async fn begin() -> Self {
        let tenant = Tenant::with(Behaviour::default()).await;
        tenant.until("2026-04-21T09:00").await;
        let line = Line::before(&tenant.sim.base_url()).await;
        Self { tenant, line }
    }

    /// A client that knows nothing yet, over the line.
    fn client(&self) -> JobDiva {
        let (url, pay) = (self.line.base_url(), Some(TimesheetPay::Rate));
        self.tenant.seen_with(|config: &mut Config| {
            (config.base_url, config.timesheets) = (url, pay);
        })
    }

    async fn poll(&self, jobdiva: &JobDiva, cursor: Option<&Cursor>) -> Polled {
        let kept = cursor.map(|cursor| Cursor::from_bytes(&cursor.to_bytes()).unwrap());
        jobdiva.poll(kept, self.tenant.now()).await.unwrap()
    }
}

/// Everything that polls told of, but for how they went.
fn told(polls: &[&Polled]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for polled in polls {
        let shown = |of: &str, what: &dyn Debug| format!("{of} {what:?}");
        all.extend(polled.touched.iter().map(|id| shown("touched", id)));
        all.extend(polled.submittals.iter().map(|id| shown("submittal", id)));
        all.extend(polled.candidates.iter().map(|id| shown("candidate", id)));
        all.extend(polled.requisitions.iter().map(|id| shown("requisition", id)));
        all.extend(polled.billed.iter().map(|billed| shown("billed", billed)));
        all.extend(polled.timesheets.iter().map(|sheet| shown("timesheet", sheet)));
        all.extend(polled.merged.iter().map(|pair| shown("merged", &pair)));
        all.extend(polled.gone.iter().map(|id| shown("gone", id)));
        all.extend(polled.deleted.iter().map(|id| shown("deleted", id)));
    }
    all
}

fn unheard(error: &Error) -> bool {
    matches!(error, Error::NotSent { .. } | Error::NoAnswer { .. })
}

const FEEDS: [&str; 10] = [
    "candidate.merged",
    "candidate.deleted",
    "placement.deleted",
    "placement.delta",
    "pay.delta",
    "billing.delta",
    "candidate.delta",
    "job.delta",
    "timesheet.delta",
    "invoice.delta",
];

#[tokio::test]
async fn a_poll_cut_at_any_stage_moves_no_mark_past_what_was_not_read() {
    let mut trial = Trial::begin().await;
    trial.line.arm(None).await;
    let whole = trial.poll(&trial.client(), None).await;
    assert_eq!(whole.failed, []);
    let requests = trial.line.seen();
    assert_eq!(requests.len(), 1 + FEEDS.len(), "a login, and each feed: {requests:?}");
    for nth in 0..requests.len() {
        // Whoever needs the login first fails with it; the next one logs in.
        let hit = FEEDS[nth.saturating_sub(1)];
        for (cut, end) in ways() {
            let about = format!("{hit}, request {nth}, {cut:?} {end:?}");
            trial.line.arm(Some((nth, cut, end))).await;
            let jobdiva = trial.client();
            let first = jobdiva.poll(None, trial.tenant.now()).await;
            assert!(trial.line.was_cut(), "{about}: it was not reached");
            trial.line.mend();
            // Where nobody listens any more, whoever comes after fails too; of the others one alone does.
            let nobody = cut == Cut::BeforeConnecting;
            let fails = |at: usize| FEEDS[at] == hit || (nobody && at >= nth.saturating_sub(1));
            let (first, next) = match first {
                Ok(first) => {
                    let failed = (0..FEEDS.len()).filter(|at| fails(*at)).count();
                    assert_eq!(first.failed.len(), failed, "{about}: {:?}", first.failed);
                    // After five failures in a row nobody is asked any more for a while.
                    let (met, spared) = first.failed.split_at(failed.min(5));
                    let is_spared = |error: &Error| matches!(error, Error::Busy { .. });
                    assert!(met.iter().all(unheard), "{about}: {met:?}");
                    assert!(spared.iter().all(is_spared), "{about}: {spared:?}");
                    for (at, feed) in FEEDS.into_iter().enumerate() {
                        let whole = whole.cursor.read_until(feed).filter(|_| !fails(at));
                        let mark = first.cursor.read_until(feed);
                        assert_eq!(mark, whole, "{about}: the mark of {feed}");
                    }
                    // A client that found nobody leaves everybody alone for a while; another one does not know.
                    (Some(first), if nobody { trial.client() } else { jobdiva })
                }
                Err(error) => {
                    assert!(nobody && unheard(&error), "{about}: {error}");
                    (None, trial.client())
                }
            };
            let second = trial.poll(&next, first.as_ref().map(|first| &first.cursor)).await;
            assert_eq!(second.failed, [], "{about}");
            assert_eq!(second.cursor, whole.cursor, "{about}: it is as if nothing had happened");
            let both: Vec<&Polled> = first.iter().chain([&second]).collect();
            assert_eq!(told(&both), told(&[&whole]), "{about}");
        }
    }
}

/// What is read one by one.
#[derive(Clone, Copy, Debug)]
enum Read {
    Placement,
    Person,
    Census,
    Files,
    File,
    Timesheet,
    Merged,
}

const READS: [Read; 7] = [
    Read::Placement,
    Read::Person,
    Read::Census,
    Read::Files,
    Read::File,
    Read::Timesheet,
    Read::Merged,
];

impl Read {
    /// What it gives, in words; an error says whether it may pass.
    async fn of(self, trial: &Trial, jobdiva: &JobDiva) -> Result<String, bool> {
        let now = trial.tenant.now();
        let nakagawa = "70011000059".into();
        match self {
            Read::Placement => words(jobdiva.assemble(&"51000777".into()).await),
            Read::Person => match person(jobdiva, 70_011_000_042, now).await {
                // A person shows nothing of itself: that it was read is all that counts here.
                Outcome::Answered(answer) => Ok(format!("{answer:?}")),
                Outcome::Again(_) => Err(true),
            },
            Read::Census => words(jobdiva.census_page(&jobdiva.census(DAY * 400, now)).await),
            Read::Files => words(jobdiva.documents(&nakagawa, &BTreeSet::new()).await),
            Read::File => {
                let files = trial.tenant.jobdiva.documents(&nakagawa, &BTreeSet::new()).await;
                words(jobdiva.document(&nakagawa, &files.unwrap()[0]).await)
            }
            Read::Timesheet => {
                let id = workflow_core::domain::timesheet::TimesheetId("6611200".into());
                words(jobdiva.timesheet(&id).await)
            }
            Read::Merged => {
                let since = workflow_core::time::Timestamp(now.0 - 86_400_000);
                words(jobdiva.merged_since(since, now).await)
            }
        }
    }
}

fn words<T: Debug>(read: Result<T, Error>) -> Result<String, bool> {
    read.map(|what| format!("{what:?}")).map_err(|error| error.may_pass())
}

#[tokio::test]
async fn a_read_cut_at_any_stage_says_so_and_gives_the_whole_the_next_time() {
    let mut trial = Trial::begin().await;
    for read in READS {
        trial.line.arm(None).await;
        let whole = read.of(&trial, &trial.client()).await;
        assert!(whole.as_ref().is_ok_and(|whole| whole != "None"), "{read:?}: {whole:?}");
        let requests = trial.line.seen();
        for (nth, request) in requests.iter().enumerate() {
            for (cut, end) in ways() {
                let about = format!("{read:?}, {request}, {cut:?} {end:?}");
                trial.line.arm(Some((nth, cut, end))).await;
                let jobdiva = trial.client();
                let first = read.of(&trial, &jobdiva).await;
                assert!(trial.line.was_cut(), "{about}: it was not reached");
                trial.line.mend();
                assert_eq!(first, Err(true), "{about}: half an answer is none, and it may pass");
                assert_eq!(read.of(&trial, &jobdiva).await, whole, "{about}");
            }
        }
    }
}
