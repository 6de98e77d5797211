//! One attempt at one owed call: at most one request that changes anything, and any number that only read.
//!
//! The engine owns retries; the attempt says what came before. A POST is repeated under its key while the provider
//! keeps keys (documented: 24 hours). Whenever an earlier attempt may have had an effect (its answer was lost, its key was
//! burned or is too old, or the process started since), that is looked up first, and adopted. So two things have to fail
//! before anything is made twice. One file per resource; read `perform/quote.rs` for the plainest one.

mod assignment;
mod certificate;
mod contractor;
mod coverage;
mod invoice;
mod job;
mod quote;
mod session;

pub(crate) use certificate::CERTIFICATES;

use std::time::Duration;

use serde_json::{Map, Value};
use workflow_core::domain::call::{Answer, Call, Refusal, Upload, Window};
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::outlet::Later;
use workflow_core::time::Timestamp;

use crate::Ten99Policy;
use crate::config::percent_encoded;
use crate::failure::Failure;
use crate::pages::{self, Walk, Walked};
use crate::wire::certificate::Form;
use crate::wire::quote::Asked;
use crate::wire::{self, Listed};

/// How long a key is trusted to protect a repeated POST: an hour less than the documented 24.
const KEY_LIFE: Duration = Duration::from_secs(23 * 3600);

/// How far before the call was owed a look-up reads: the two clocks may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(600);

/// The same for what may lie there from before, made for other terms: a second, which is how exactly the provider dates.
/// That of a clock that is ahead is not found then; its key still decides.
const CLOCK_SKEW_OF_OFFERS: Duration = Duration::from_secs(1);

/// A step of an attempt: its value, or the outcome that ends the attempt here.
type Step<T> = Result<T, Box<Outcome<Answer>>>;

impl Ten99Policy {
    /// Makes one attempt at a call that is owed to the insurer.
    ///
    /// A definite no is `Answered(Answer::Refused(_))`, unless it concerns the API key rather than the call
    /// ([`crate::stops_the_connector`]): then the call waits for a quarter of an hour. A call that is not the
    /// insurer's is refused with the code `wrong_side`.
    pub async fn perform(&self, call: &Call, attempt: &Attempt) -> Outcome<Answer> {
        let run = Run { policy: self, attempt };
        let done = match call {
            Call::LinkContractor { candidate, person, email } => {
                contractor::link(&run, candidate, person, email.as_str()).await
            }
            Call::UpdateContractor { contractor, candidate, person, email } => {
                contractor::update(&run, contractor, candidate, person, email.as_str()).await
            }
            Call::CreateJob { references, terms } => job::create(&run, references, terms).await,
            Call::UpdateJob { job, references, terms } => {
                job::update(&run, job, references, terms).await
            }
            Call::CreateQuote { references, contractor, job, coverage, window } => {
                let asked = Asked { references, contractor, job, coverage, window };
                quote::create(&run, &asked).await
            }
            Call::UpdateQuote { quote, references, contractor, job, coverage, window } => {
                let asked = Asked { references, contractor, job, coverage, window };
                quote::update(&run, quote, &asked).await
            }
            Call::OpenApplication { references, quote } => {
                session::open(&run, references, quote).await
            }
            Call::ExpireApplication { session } => session::expire(&run, session).await,
            Call::CreateAssignment { references, contractor, job, coverage, window } => {
                let asked = Asked { references, contractor, job, coverage, window };
                assignment::create(&run, &asked).await
            }
            Call::CancelAssignment { assignment, job } => {
                assignment::cancel(&run, assignment, job).await
            }
            Call::ExtendCoverage { job, until } => assignment::extend(&run, job, *until).await,
            Call::ReadCoverage { bought } => coverage::read(&run, bought).await,
            Call::RecordInvoice { bill } => invoice::record(&run, bill).await,
            Call::ReplaceInvoice { invoice, bill } => invoice::replace(&run, invoice, bill).await,
            Call::WithdrawInvoice { invoice, bill } => invoice::withdraw(&run, invoice, bill).await,
            Call::UploadCertificate { .. } => {
                // Its bytes are not in the call: see `Ten99Policy::upload`.
                Ok(Answer::DocumentGone)
            }
            Call::ReadPlacement { .. } | Call::ReadPerson { .. } | Call::Notify { .. } => {
                Ok(refused(0, "wrong_side", "this call is not the insurer's".to_owned()))
            }
        };
        done.map_or_else(|ended| *ended, Outcome::Answered)
    }

    /// Why no attempt at a call can begin now, and when one can: the insurer is not to be asked sooner, or did not answer
    /// lately. Asks nobody.
    pub fn later(&self, call: &Call) -> Option<Later> {
        let method = match call {
            Call::LinkContractor { .. }
            | Call::CreateJob { .. }
            | Call::CreateQuote { .. }
            | Call::OpenApplication { .. }
            | Call::ExpireApplication { .. }
            | Call::CreateAssignment { .. }
            | Call::CancelAssignment { .. }
            | Call::ExtendCoverage { .. }
            | Call::RecordInvoice { .. }
            | Call::UploadCertificate { .. } => "POST",
            Call::UpdateContractor { .. }
            | Call::UpdateJob { .. }
            | Call::UpdateQuote { .. }
            | Call::ReplaceInvoice { .. } => "PUT",
            Call::WithdrawInvoice { .. } => "DELETE",
            Call::ReadCoverage { .. } => "GET",
            Call::ReadPlacement { .. } | Call::ReadPerson { .. } | Call::Notify { .. } => {
                return None;
            }
        };
        self.client().later(method)
    }

    /// Makes one attempt at handing in a certificate: the call that [`Call::UploadCertificate`] asks for, with the
    /// document's bytes, which no call carries.
    pub async fn upload(&self, upload: &Upload, pdf: &[u8], attempt: &Attempt) -> Outcome<Answer> {
        let run = Run { policy: self, attempt };
        let done = certificate::upload(&run, upload, pdf).await;
        done.map_or_else(|ended| *ended, Outcome::Answered)
    }
}

/// One attempt under way.
struct Run<'a> {
    policy: &'a Ten99Policy,
    attempt: &'a Attempt,
}

impl Run<'_> {
    /// Whether an earlier attempt may have had an effect that the key no longer protects.
    fn must_look_first(&self) -> bool {
        let attempt = self.attempt;
        attempt.look_first
            || attempt.generation > 1
            || attempt.now.since(attempt.owed_since) >= KEY_LIFE
    }

    /// The refusal of coverage that would begin in the past, of which nothing was ever sent: a clock of theirs that is
    /// behind ours might take it, and work would be covered that had begun. Where an attempt may have had an effect, its
    /// answer is asked for under its key.
    fn too_late(&self, window: &Window) -> Option<Answer> {
        let attempt = self.attempt;
        let first = attempt.earlier == 0 && !attempt.look_first && attempt.generation == 1;
        (first && window.effective <= attempt.now).then(|| {
            let message =
                format!("not sent: coverage would begin on {}, in the past", window.first_day);
            refused(0, "effective_date_invalid", message)
        })
    }

    /// Whether the provider still knows the key of whatever attempt came before, by what it documents.
    fn key_protects(&self) -> bool {
        let attempt = self.attempt;
        attempt.generation == 1 && attempt.now.since(attempt.owed_since) < KEY_LIFE
    }

    /// The one request of this attempt that creates or acts.
    async fn post(&self, path: &str, body: Map<String, Value>) -> Result<Value, Failure> {
        self.policy.client().post(path, &Value::Object(body), self.attempt).await
    }

    /// The one request of this attempt that sends a file.
    async fn post_form(&self, path: &str, form: Form) -> Result<Value, Failure> {
        self.policy.client().post_form(path, form, self.attempt).await
    }

    /// The one request of this attempt that updates.
    async fn put(&self, path: &str, body: Map<String, Value>) -> Result<Value, Failure> {
        self.policy.client().put(path, &Value::Object(body)).await
    }

    /// Reads one object.
    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        what: &str,
        path: &str,
    ) -> Result<T, Failure> {
        wire::object(what, self.policy.client().get(path, &[]).await?)
    }

    /// What was created since the call is owed, and fits; oldest last. Where the list does not go back that far, nothing
    /// is found as long as the key protects; past that a person has to look.
    async fn look_for<T: Listed>(&self, path: &str, fits: impl Fn(&T) -> bool) -> Step<Vec<T>> {
        self.look_back(path, CLOCK_SKEW, fits).await
    }

    /// The same of what was created no longer than `skew` before the call came to be owed.
    async fn look_back<T: Listed>(
        &self,
        path: &str,
        skew: Duration,
        fits: impl Fn(&T) -> bool,
    ) -> Step<Vec<T>> {
        let walk = Walk {
            path,
            filter: None,
            since: Some(self.owed_before(skew)),
            page_size: self.policy.config().page_size,
        };
        let walked: Walked<T> =
            pages::walk(self.policy.client(), &walk).await.map_err(|f| self.lookup_ended(f))?;
        let fitting: Vec<T> = walked.items.into_iter().filter(fits).collect();
        if fitting.is_empty() && !walked.whole {
            if self.key_protects() {
                tracing::debug!(stream = %self.attempt.stream, path, "the list ends early: the key decides");
                return Ok(fitting);
            }
            return Err(ended(refused(
                200,
                "lookup_incomplete",
                format!("{path} could not be read back to when the call was first made"),
            )));
        }
        if fitting.len() > 1 {
            tracing::warn!(stream = %self.attempt.stream, path, found = fitting.len(), "1099Policy holds duplicates");
        }
        Ok(fitting)
    }

    /// A moment before the call came to be owed. A clock that was ahead then, and was put right since, hides nothing.
    fn owed_before(&self, skew: Duration) -> Timestamp {
        earlier(self.attempt.owed_since.min(self.attempt.now), skew)
    }

    fn post_ended(&self, failure: Failure) -> Box<Outcome<Answer>> {
        Box::new(failure.of_post(self.attempt))
    }

    fn put_ended(&self, failure: Failure) -> Box<Outcome<Answer>> {
        Box::new(failure.of_put(self.attempt))
    }

    fn lookup_ended(&self, failure: Failure) -> Box<Outcome<Answer>> {
        Box::new(failure.of_lookup(self.attempt))
    }
}

/// An answer that ends the attempt where it stands.
fn ended(answer: Answer) -> Box<Outcome<Answer>> {
    Box::new(Outcome::Answered(answer))
}

fn refused(status: u16, code: &str, message: String) -> Answer {
    Answer::Refused(Refusal { status, code: code.to_owned(), message })
}

/// `/contractors/<id>`, whatever the id holds.
fn path_of(resource: &str, id: &str) -> String {
    format!("{resource}/{}", percent_encoded(id))
}

fn earlier(moment: Timestamp, by: Duration) -> Timestamp {
    Timestamp(moment.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// The id that a success must carry.
fn told<T>(id: Option<T>, what: &str) -> Result<T, Failure> {
    id.ok_or_else(|| Failure::Unreadable(format!("a {what} without id")))
}
