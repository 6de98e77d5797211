//! Performing a call that a workflow owes: one attempt, one outcome.
//!
//! Of the calls there are, only reading a placement and reading a person are JobDiva's: this integration writes nothing there.

use workflow_core::domain::call::{Answer, Call, Refusal};
use workflow_core::domain::facts::{CandidateId, Person};
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::outlet::Later;

use crate::JobDiva;
use crate::assemble::facts::home;
use crate::operations::{Field, Operation};
use crate::wire::reader::Reader;
use crate::wire::row::{Row, Value};
use crate::wire::scalar;

impl JobDiva {
    /// One attempt at `call`. A call that is the insurer's is refused: it should not have come here.
    pub async fn perform(&self, call: &Call, attempt: &Attempt) -> Outcome<Answer> {
        match call {
            Call::ReadPlacement { placement } => match self.assemble(placement).await {
                Ok(Some(facts)) => Outcome::Answered(Answer::PlacementRead(Box::new(facts))),
                Ok(None) => Outcome::Answered(Answer::PlacementUnknown),
                Err(error) => error.outcome(),
            },
            Call::ReadPerson { candidate } => self.read_person(candidate).await,
            Call::LinkContractor { .. }
            | Call::UpdateContractor { .. }
            | Call::CreateJob { .. }
            | Call::UpdateJob { .. }
            | Call::CreateQuote { .. }
            | Call::UpdateQuote { .. }
            | Call::OpenApplication { .. }
            | Call::ExpireApplication { .. }
            | Call::CreateAssignment { .. }
            | Call::CancelAssignment { .. }
            | Call::ExtendCoverage { .. }
            | Call::ReadCoverage { .. }
            | Call::RecordInvoice { .. }
            | Call::ReplaceInvoice { .. }
            | Call::WithdrawInvoice { .. }
            | Call::UploadCertificate { .. }
            | Call::Notify { .. } => Outcome::Answered(Answer::Refused(Refusal {
                status: 0,
                code: "not_for_jobdiva".to_owned(),
                message: format!("{}: JobDiva performs no such call", attempt.key),
            })),
        }
    }

    /// Why no attempt at `call` can begin now, and when one can: what it asks is not to be asked sooner, or nobody
    /// answered lately. Asks nobody.
    pub fn later(&self, call: &Call) -> Option<Later> {
        use Operation::{CandidateGet, JobGet, PlacementAssignment, PlacementDetail};
        let asked: &[Operation] = match call {
            Call::ReadPlacement { .. } => {
                &[PlacementDetail, PlacementAssignment, JobGet, CandidateGet]
            }
            Call::ReadPerson { .. } => &[CandidateGet],
            Call::LinkContractor { .. }
            | Call::UpdateContractor { .. }
            | Call::CreateJob { .. }
            | Call::UpdateJob { .. }
            | Call::CreateQuote { .. }
            | Call::UpdateQuote { .. }
            | Call::OpenApplication { .. }
            | Call::ExpireApplication { .. }
            | Call::CreateAssignment { .. }
            | Call::CancelAssignment { .. }
            | Call::ExtendCoverage { .. }
            | Call::ReadCoverage { .. }
            | Call::RecordInvoice { .. }
            | Call::ReplaceInvoice { .. }
            | Call::WithdrawInvoice { .. }
            | Call::UploadCertificate { .. }
            | Call::Notify { .. } => return None,
        };
        self.client().later(asked)
    }

    async fn read_person(&self, candidate: &CandidateId) -> Outcome<Answer> {
        let id = candidate.as_str();
        if scalar::id(id) != Ok(Some(id)) {
            return Outcome::Answered(Answer::PersonUnknown);
        }
        match self.candidate(id).await {
            Ok(Some(row)) => Outcome::Answered(Answer::PersonRead(self.person(&row))),
            Ok(None) => Outcome::Answered(Answer::PersonUnknown),
            Err(error) => error.outcome(),
        }
    }

    fn person(&self, row: &Row) -> Person {
        let text = |column| row.text(column).unwrap_or_default().to_owned();
        Person {
            first_name: text(Field::FirstName),
            last_name: text(Field::LastName),
            email: email(row),
            phone: row.text(Field::Phone).map(str::to_owned),
            home: home(&mut Reader::new(&self.client().zone), row),
        }
    }
}

/// The first e-mail that can be one: recruiters also write `none` there.
fn email(row: &Row) -> Option<String> {
    let plausible = |text: &&String| {
        let parts = text.split_once('@');
        parts.is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains('@')
        }) && !text.contains(char::is_whitespace)
    };
    row.cells(Field::Email)
        .filter_map(|cell| match &cell.value {
            Value::Text(text) => Some(text),
            Value::Nested => None,
        })
        .find(plausible)
        .cloned()
}
