//! What the desk has besides placements: a certificate that the contractor brings, and weeks of work.

use sha2::{Digest as _, Sha256};
use tests::world::TENANT;
use workflow_core::domain::call::{CertificateId, Review};
use workflow_core::domain::certificate::{self, Certificate, Found, Origin, Scope};
use workflow_core::domain::facts::{CandidateId, Date, PersonalText};
use workflow_core::domain::invoice::{self, Invoice, Standing};
use workflow_core::domain::timesheet::{Approval, Hours, Line, Paid, Sheet, Timesheet};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::money::Decimal;

use super::desk::Desk;

/// The one document that there is.
pub const PDF: &[u8] = b"%PDF-1.7 of the contractor's own insurance";

fn sha256() -> String {
    hex::encode(Sha256::digest(PDF))
}

/// The stream of the document, brought by the one candidate.
pub fn certificate() -> StreamId {
    certificate::stream(TENANT, &CandidateId::from("cand_1"), &sha256()).unwrap()
}

/// The stream of the first placement's week that ends then.
pub fn week(ending: Date) -> StreamId {
    invoice::stream(TENANT, &"pl_1".into(), ending).unwrap()
}

impl Desk {
    /// The candidate hands the document in.
    pub async fn hands_in(&self) {
        let found = Found {
            candidate: "cand_1".into(),
            sha256: sha256(),
            bytes: PDF.len() as u64,
            name: PersonalText("Kim Doe COI.pdf".into()),
            origin: Origin::HandedIn { by: "kim".into() },
            placement: None,
            unfit: None,
            scope: Scope::Known,
        };
        let input = certificate::Input::Found(Box::new(found));
        let stream = certificate();
        let told = self.engine().handle::<Certificate>(&stream, input, source());
        told.await.expect("it is taken");
    }

    /// What was read of a certificate's review.
    pub async fn reviewed(&self, certificate: &CertificateId, review: Review) {
        for stream in self.engine().find(certificate.as_str()) {
            let input = certificate::Input::Reviewed(review.clone());
            let told = self.engine().handle::<Certificate>(&stream, input, source()).await;
            assert!(matches!(told, Ok(_) | Err(HandleError::Rejected(_))), "{told:?}");
        }
    }

    /// The first placement's timesheet of a week is approved, over so many hours at its rate of 95.00.
    pub async fn works(&self, ending: Date, hours: i64) {
        let paid = Paid::Rate { amount: Decimal::from(95), unit: Some("hour".into()) };
        let line = Line { kind: Hours::Regular, hours: Decimal::from(hours), paid };
        let sheet = Sheet {
            id: format!("ts_{ending}").as_str().into(),
            approval: Approval::Approved,
            lines: vec![line],
            total_hours: None,
            currency: None,
            changed: None,
            unreadable: Vec::new(),
        };
        let timesheet = Timesheet { placement: "pl_1".into(), week_ending: ending, sheet };
        let standing = Standing::of(Some(&self.state("pl_1")));
        let input = invoice::Input::Observed { timesheet: Box::new(timesheet), standing };
        let stream = week(ending);
        let told = self.engine().handle::<Invoice>(&stream, input, source());
        told.await.expect("it is taken");
    }

    /// What a person reads of a stream.
    #[track_caller]
    pub fn shows(&self, stream: &StreamId, wanted: &str) {
        let summary = self.engine().summary(stream).expect("there is one");
        let reads = format!("{}: {}", summary.state, summary.headline);
        assert!(
            reads.contains(wanted),
            "{stream} is `{reads}`, not `{wanted}`\n{}",
            self.describe()
        );
    }
}

fn source() -> Source {
    Source::new("test", "")
}
