//! Certificates in a world: a paper's name is its content, and its content its name.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use workflow_core::domain::call::Review;
use workflow_core::domain::certificate::{self, Certificate, Found, Input, Origin, Scope, Unfit};
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};
use workflow_core::engine::{HandleError, Handled, Source};
use workflow_core::id::StreamId;

use super::World;

/// Whose each paper is.
pub(super) type Papers = BTreeMap<String, CandidateId>;

impl World {
    /// A paper was found, or handed in.
    pub async fn find_paper(
        &mut self,
        paper: &str,
        candidate: &CandidateId,
        origin: Origin,
        placement: Option<PlacementId>,
        (unfit, scope): (Option<Unfit>, Scope),
    ) -> Result<Handled, HandleError> {
        self.papers.insert(paper.to_owned(), candidate.clone());
        let found = Found {
            candidate: candidate.clone(),
            sha256: sha256(paper),
            bytes: paper.len() as u64,
            name: PersonalText(format!("{paper} of Kim Doe.pdf")),
            origin,
            placement,
            unfit,
            scope,
        };
        self.tell_paper(paper, Input::Found(Box::new(found))).await
    }

    /// Tells a certificate something.
    pub async fn tell_paper(&self, paper: &str, input: Input) -> Result<Handled, HandleError> {
        let stream = self.paper_stream(paper).expect("somebody has that paper");
        let source = Source::new("operator:kim", "");
        let handled = self.engine().handle::<Certificate>(&stream, input, source).await;
        self.acknowledge(&stream, &handled);
        handled
    }

    /// The stream of a paper, once somebody has it.
    pub fn paper_stream(&self, paper: &str) -> Option<StreamId> {
        // Of several who have it the last one is meant, unless one is named.
        let (paper, named) = match paper.split_once(" of ") {
            Some((paper, who)) => (paper, Some(CandidateId(who.to_owned()))),
            None => (paper, None),
        };
        let candidate = named.as_ref().or_else(|| self.papers.get(paper))?;
        Some(
            certificate::stream(self.tenant, candidate, &sha256(paper))
                .expect("test ids are plain"),
        )
    }

    /// The state of a paper's certificate.
    pub fn paper(&self, paper: &str) -> Option<certificate::State> {
        let stream = self.paper_stream(paper)?;
        self.engine().state::<Certificate>(&stream).expect("the log can be read")
    }

    /// What was read of a certificate's review.
    pub(super) async fn reviewed(&self, stream: &StreamId, review: Review) {
        let source = Source::new("read:insurer", "");
        match self.engine().handle::<Certificate>(stream, Input::Reviewed(review), source).await {
            Ok(_) | Err(HandleError::Rejected(_)) => {}
            Err(error) => panic!("{stream}: {error}"),
        }
    }
}

/// The hash of a paper's content, in hexadecimal.
pub fn sha256(paper: &str) -> String {
    hex::encode(Sha256::digest(paper.as_bytes()))
}
