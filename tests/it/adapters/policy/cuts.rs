//! The line to the insurer cut at every stage of every call that changes something: what is known then is said rightly,
//! and in the end there is one of each.
//!
//! Each attempt is told the way the engine tells it ([`Insurer::settled`] does the same); through the engine itself the
//! POSTs go in `recovery/cuts.rs`. The table of stages in `docs/http.md` is this file in words.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use integration_1099policy::simulator::Ledger;
use jiff::civil::date;
use tokio::task::JoinSet;
use workflow_core::domain::call::{Answer, Bill, Call, JobTerms, Upload, Wage};
use workflow_core::money::Cents;
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};

use super::super::line::{Cut, End, Line, Part};
use super::world::{Insurer, Work, client, work};

/// Every call that changes something at the insurer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    LinkContractor,
    UpdateContractor,
    CreateJob,
    UpdateJob,
    CreateQuote,
    UpdateQuote,
    OpenApplication,
    ExpireApplication,
    CreateAssignment,
    CancelAssignment,
    ExtendCoverage,
    UploadCertificate,
    RecordInvoice,
    ReplaceInvoice,
    WithdrawInvoice,
}

const DEEDS: [Deed; 15] = [
    Deed::LinkContractor,
    Deed::UpdateContractor,
    Deed::CreateJob,
    Deed::UpdateJob,
    Deed::CreateQuote,
    Deed::UpdateQuote,
    Deed::OpenApplication,
    Deed::ExpireApplication,
    Deed::CreateAssignment,
    Deed::CancelAssignment,
    Deed::ExtendCoverage,
    Deed::UploadCertificate,
    Deed::RecordInvoice,
    Deed::ReplaceInvoice,
    Deed::WithdrawInvoice,
];

/// A call, with the bytes that it sends beside it.
struct Asked {
    call: Call,
    pdf: Option<Vec<u8>>,
}

impl From<Call> for Asked {
    fn from(call: Call) -> Self {
        Self { call, pdf: None }
    }
}

/// One deed, tried again and again with other records, over a line that may be cut.
struct Trial {
    deed: Deed,
    insurer: Insurer,
    line: Line,
    /// Over the line; the insurer's own client goes straight.
    policy: Ten99Policy,
    /// How often it was tried: each time with records of its own.
    tries: u32,
}

/// What one try came to.
struct Tried {
    answer: Answer,
    failed: Vec<Again>,
    made: BTreeMap<&'static str, i64>,
}

impl Trial {
    async fn of(deed: Deed, patience: Option<Duration>) -> Self {
        let insurer = Insurer::standard().await;
        insurer.insured(&work("1", "11")).await;
        let line = Line::before(&insurer.sim.base_url()).await;
        let policy = client(&insurer.sim, |config| {
            config.base_url = line.base_url();
            config.read_timeout = patience.unwrap_or(config.read_timeout);
            config.file_timeout = patience.unwrap_or(config.file_timeout);
        });
        Self { deed, insurer, line, policy, tries: 0 }
    }

    /// The deed with records that nobody has yet, and everything that it needs.
    async fn ready(&self) -> Asked {
        let number: &'static str = format!("{}", 100 + self.tries).leak();
        let (fresh, second) = (work(number, number), work(number, "11"));
        let insurer = &self.insurer;
        match self.deed {
            Deed::LinkContractor => fresh.link().into(),
            Deed::UpdateContractor => {
                let (contractor, _) = insurer.known(&fresh).await;
                let (candidate, person) = (fresh.candidate.into(), fresh.person());
                let email = format!("new_{number}@example.test").into();
                Call::UpdateContractor { contractor, candidate, person, email }.into()
            }
            Deed::CreateJob => fresh.job().into(),
            Deed::UpdateJob => {
                let (_, job) = insurer.known(&fresh).await;
                let terms = JobTerms { wage: Wage::Hourly(Cents(10_100)), ..fresh.terms() };
                Call::UpdateJob { job, references: fresh.references(), terms }.into()
            }
            Deed::CreateQuote => {
                let (contractor, job) = insurer.known(&fresh).await;
                fresh.quote(&contractor, &job).into()
            }
            Deed::UpdateQuote => update_quote(insurer, &fresh).await.into(),
            Deed::OpenApplication => {
                let (contractor, job) = insurer.known(&fresh).await;
                let issued = insurer.answer(number, fresh.quote(&contractor, &job)).await;
                let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
                fresh.apply(&quote).into()
            }
            Deed::ExpireApplication => {
                let session = insurer.applying(&fresh).await.session;
                Call::ExpireApplication { session }.into()
            }
            Deed::CreateAssignment => {
                let (contractor, job) = insurer.known(&second).await;
                second.assign(&contractor, &job).into()
            }
            Deed::CancelAssignment => {
                let (_, job, assignment) = insurer.assigned(&second).await;
                Call::CancelAssignment { assignment, job }.into()
            }
            Deed::ExtendCoverage => {
                let (_, job, _) = insurer.assigned(&second).await;
                let longer = Work { last_day: date(2026, 12, 31), ..second };
                Call::ExtendCoverage { job, until: longer.window().until }.into()
            }
            Deed::UploadCertificate => certificate(insurer, &fresh).await,
            Deed::RecordInvoice | Deed::ReplaceInvoice | Deed::WithdrawInvoice => {
                self.invoice(&fresh).await.into()
            }
        }
    }

    async fn invoice(&self, fresh: &Work) -> Call {
        let (applied, _) = self.insurer.insured(fresh).await;
        let week = Work { last_day: date(2026, 4, 12), ..fresh.clone() };
        let bill = Bill {
            candidate: week.candidate.into(),
            contractor: applied.contractor,
            job: applied.job,
            gross: Cents(415_625),
            period: week.window(),
        };
        let record = Call::RecordInvoice { bill: bill.clone() };
        if self.deed == Deed::RecordInvoice {
            return record;
        }
        let recorded = self.insurer.answer(fresh.placement, record).await;
        let Answer::InvoiceRecorded { invoice, .. } = recorded else { panic!("{recorded:?}") };
        match self.deed {
            Deed::WithdrawInvoice => Call::WithdrawInvoice { invoice, bill },
            _ => Call::ReplaceInvoice { invoice, bill: Bill { gross: Cents(390_000), ..bill } },
        }
    }

    /// Makes the deed over the line, cut or not, until it is answered.
    async fn try_with(&mut self, cut: Option<(usize, Cut, End)>) -> Tried {
        self.tries += 1;
        let asked = self.ready().await;
        let before = made(&self.insurer.sim.ledger());
        let name = format!("{:?}-{}", self.deed, self.tries);
        let mut attempt = self.insurer.attempt(&name, "deed");
        self.line.arm(cut).await;
        let mut failed = Vec::new();
        let answer = loop {
            let again = match self.perform(&asked, &attempt).await {
                Outcome::Answered(answer) => break answer,
                Outcome::Again(again) => again,
            };
            self.line.mend();
            attempt.earlier += 1;
            attempt.look_first |= again.trace != Trace::None;
            attempt.generation += u32::from(again.trace == Trace::Burned);
            failed.push(again);
            assert!(failed.len() < 6, "{name} {cut:?}: no answer: {failed:?}");
        };
        let after = made(&self.insurer.sim.ledger());
        let made = after.into_iter().map(|(what, count)| (what, count - before[what])).collect();
        Tried { answer, failed, made }
    }

    async fn perform(&self, asked: &Asked, attempt: &Attempt) -> Outcome<Answer> {
        match (&asked.call, &asked.pdf) {
            (Call::UploadCertificate { upload }, Some(pdf)) => {
                self.policy.upload(upload, pdf, attempt).await
            }
            (call, _) => self.policy.perform(call, attempt).await,
        }
    }

    /// Undisturbed once, then cut in each of these ways: what is said of the first attempt, and what is left.
    async fn cut(mut self, ways: Vec<(Cut, End)>) -> usize {
        let whole = self.try_with(None).await;
        assert!(whole.failed.is_empty() && !matches!(whole.answer, Answer::Refused(_)));
        let lines = self.line.seen();
        let change = lines.iter().position(|line| !line.starts_with("GET ")).unwrap();
        let mut cuts: Vec<(usize, Cut, End)> =
            ways.iter().map(|(cut, end)| (change, *cut, *end)).collect();
        if change > 0 {
            // What is read before is cut, too: it leaves no trace.
            cuts.push((0, Cut::Answer(Part::HalfBody), End::Closed));
        }
        for (nth, cut, end) in &cuts {
            let of = format!("{:?} {cut:?} {end:?} at {}", self.deed, lines[*nth]);
            let tried = self.try_with(Some((*nth, *cut, *end))).await;
            assert!(self.line.was_cut(), "{of}: it was not reached");
            let first = tried.failed.first().unwrap_or_else(|| panic!("{of}: it did not fail"));
            let not_sent = first.reason.starts_with("not sent: ");
            assert!(not_sent || first.reason.starts_with("no answer: "), "{of}: {}", first.reason);
            match cut {
                Cut::BeforeConnecting => assert!(not_sent, "{of}: {}", first.reason),
                // A connection that is reset at once may never have been one.
                Cut::Connected => {}
                Cut::Request(_) | Cut::Answer(_) => {
                    assert!(!not_sent, "{of}: {}", first.reason);
                }
            }
            let traceless = not_sent || *nth < change;
            let trace = if traceless { Trace::None } else { Trace::Unknown };
            assert_eq!(first.trace, trace, "{of}: {}", first.reason);
            assert_eq!(tried.made, whole.made, "{of}: {:?}", tried.failed);
            assert_eq!(discriminant(&tried.answer), discriminant(&whole.answer), "{of}");
        }
        one_of_each(&self.insurer.sim.ledger(), self.deed);
        cuts.len()
    }
}

async fn update_quote(insurer: &Insurer, fresh: &Work) -> Call {
    let applied = insurer.applying(fresh).await;
    let later = Work { last_day: date(2026, 12, 31), ..fresh.clone() };
    Call::UpdateQuote {
        quote: applied.quote,
        references: later.references(),
        contractor: applied.contractor,
        job: applied.job,
        coverage: later.coverage.clone(),
        window: later.window(),
    }
}

async fn certificate(insurer: &Insurer, fresh: &Work) -> Asked {
    let (contractor, _) = insurer.known(fresh).await;
    let number = fresh.placement;
    let upload = Upload {
        contractor,
        candidate: fresh.candidate.into(),
        placement: Some(number.into()),
        sha256: number.repeat(22)[..64].to_owned(),
        file_name: format!("coi-{number}.pdf"),
    };
    let pdf = format!("%PDF-1.7\n1 0 obj {number}\n%%EOF\n").into_bytes();
    Asked { call: Call::UploadCertificate { upload }, pdf: Some(pdf) }
}

/// How many of everything were ever made, or live.
fn made(ledger: &Ledger) -> BTreeMap<&'static str, i64> {
    let sum = |counts: &BTreeMap<String, u64>| i64::try_from(counts.values().sum::<u64>()).unwrap();
    let charges: usize = ledger.charges_cents.values().map(Vec::len).sum();
    BTreeMap::from([
        ("contractors", sum(&ledger.contractors_by_candidate)),
        ("contractors by e-mail", sum(&ledger.contractors_by_email)),
        ("jobs", sum(&ledger.jobs_by_placement)),
        ("quotes", i64::try_from(ledger.quotes).unwrap()),
        ("sessions", i64::try_from(ledger.sessions_opened).unwrap()),
        ("live sessions", i64::try_from(ledger.sessions_live).unwrap()),
        ("policies", sum(&ledger.policies_by_quote)),
        ("assignments", sum(&ledger.assignments_by_job)),
        ("live assignments", sum(&ledger.assignments_live_by_job)),
        ("charges", i64::try_from(charges).unwrap()),
        ("certificates", sum(&ledger.certificates_by_hash)),
        ("invoices", sum(&ledger.invoices_by_period)),
    ])
}

#[track_caller]
fn one_of_each(ledger: &Ledger, of: Deed) {
    crate::recovery::desk::one_of_each(ledger, &format!("{of:?}"));
    for counts in [&ledger.certificates_by_hash, &ledger.invoices_by_period] {
        assert!(counts.values().all(|count| *count == 1), "{of:?}: {counts:?}");
    }
}

/// Each deed with each of these cuts; how many there were.
async fn all(ways: &[(Cut, End)], patience: Option<Duration>) -> usize {
    let mut trials = JoinSet::new();
    for deed in DEEDS {
        let ways = ways.to_vec();
        trials.spawn(async move { Trial::of(deed, patience).await.cut(ways).await });
    }
    trials.join_all().await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_stage_each_call_says_what_is_known_and_there_is_one_of_each() {
    let mut ways = Vec::new();
    for cut in Cut::all() {
        ways.push((cut, End::Closed));
        if cut != Cut::BeforeConnecting {
            ways.push((cut, End::Reset));
        }
    }
    let cuts = all(&ways, None).await;
    assert!(cuts >= DEEDS.len() * ways.len(), "{cuts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_falls_silent_is_given_up_and_there_is_one_of_each() {
    let ways = [
        Cut::Connected,
        Cut::Request(Part::HalfHead),
        Cut::Answer(Part::Nothing),
        Cut::Answer(Part::AllButOne),
    ];
    all(&ways.map(|cut| (cut, End::Silence)), Some(Duration::from_secs(2))).await;
}
