//! Certificates of insurance on their way in: found among JobDiva's files, or handed in at a door.
//!
//! Whoever finds one gives its bytes to [`take_in`]: checked, kept, and told to its workflow, in this order. Of whom one is
//! sent is in `certificates/scope.rs`: the insurer never hears of a candidate who is not known to be a contractor.
//! Sending, following, and that one content of two candidates who turn out to be one person is sent once, are the
//! workflows'.

use std::collections::BTreeSet;
use std::sync::Arc;

use integration_jobdiva::documents::{Among, Listed, Patterns};
use sha2::{Digest, Sha256};
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{self, Certificate, Found, Input, Origin};
use workflow_core::domain::contractor::StateKind;
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::machine::Kind as _;
use workflow_core::store::StoreError;

use crate::documents::{DocumentError, Documents};
use crate::systems::Connected;

/// The most digits that an id has.
const ID_DIGITS_MAX: usize = 20;

mod heirs;
mod scope;

pub use heirs::handed_on;
pub use scope::{in_scope, release};
use scope::{scope_of, unfit_placement};

/// How a tenant's certificates are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Between two looks at the files of everybody in scope.
    pub every: std::time::Duration,
    /// Which files are certificates.
    pub patterns: Patterns,
}

impl Default for Finding {
    fn default() -> Self {
        Self { every: std::time::Duration::from_secs(3600), patterns: Patterns::default() }
    }
}

/// A document that was found or handed in.
pub struct Arrived {
    /// Whose.
    pub candidate: CandidateId,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its file's name.
    pub name: PersonalText,
    /// Where it came from.
    pub origin: Origin,
    /// The placement that it was handed in for, where one was named.
    pub placement: Option<PlacementId>,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its certificate's stream.
    pub stream: StreamId,
    /// How that stands.
    pub state: &'static str,
    /// Whether the same content was there before.
    pub known: bool,
}

impl Taken {
    /// What whoever handed it in must know besides: that it is kept and not sent.
    pub fn note(&self) -> Option<&'static str> {
        (self.state == certificate::StateKind::Kept.name()).then_some(certificate::KEPT)
    }
}

/// Why a document was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It cannot be sent; the reason says what to do.
    #[error("{0}")]
    Unfit(certificate::Unfit),
    /// Nothing of this candidate may be sent.
    #[error("{0}")]
    OutOfScope(String),
    /// It was handed in for a placement that is not the candidate's, or is out of scope.
    #[error("{0}")]
    Placement(String),
    /// The candidate's id, or the placement's, is none. What was given is not repeated: it may name somebody.
    #[error("an id here is digits, as JobDiva shows it: the candidate's or the placement's is not")]
    Id,
    /// It could not be kept.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The engine did not take it.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Log(#[from] StoreError),
}

/// Whether a text is an id of JobDiva's: digits. Nothing else that a caller says is kept, shown or logged.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_DIGITS_MAX && text.bytes().all(|b| b.is_ascii_digit())
}

/// Checks a document, keeps it, and tells its workflow. Durable when this returns.
///
/// One that cannot be sent is told too where it was found in JobDiva, where nobody else would hear of it. A placement that
/// is not the candidate's, or is out of scope, is named to nobody: what was handed in for it is refused, what was found is
/// taken in without it.
pub async fn take_in(
    engine: &Engine<Insurance>,
    documents: &Arc<Documents>,
    tenant: &str,
    arrived: Arrived,
    source: Source,
) -> Result<Taken, TakeError> {
    let Arrived { candidate, bytes, name, origin, mut placement } = arrived;
    let sha256 = Documents::hash(&bytes);
    if !is_id(candidate.as_str()) || placement.as_ref().is_some_and(|id| !is_id(id.as_str())) {
        return Err(TakeError::Id);
    }
    let stream = certificate::stream(tenant, &candidate, &sha256).map_err(|_| TakeError::Id)?;
    let scope = scope_of(engine, tenant, &candidate)?;
    let unfit = certificate::check(&bytes);
    let by_hand = match &origin {
        Origin::HandedIn { .. } | Origin::Intake => true,
        Origin::Attachment { .. } | Origin::Onboarding { .. } | Origin::Twin { .. } => false,
    };
    if let Some(named) = &placement
        && let Some(why) = unfit_placement(engine, tenant, &candidate, named)?
    {
        if by_hand {
            return Err(TakeError::Placement(why));
        }
        tracing::info!(%tenant, %candidate, %why, "a certificate is taken in without its placement");
        placement = None;
    }
    let count = bytes.len() as u64;
    match unfit {
        Some(unfit) if by_hand => return Err(TakeError::Unfit(unfit)),
        Some(_) => {}
        None => {
            let (documents, subject) =
                (Arc::clone(documents), certificate::subject(tenant, &candidate));
            let kept = tokio::task::spawn_blocking(move || documents.keep(&subject, &bytes));
            kept.await.map_err(|error| HandleError::Stopped(error.to_string()))??;
        }
    }
    let known = engine.summary(&stream).is_some();
    let found = Found { candidate, sha256, bytes: count, name, origin, placement, unfit, scope };
    let handled =
        engine.handle::<Certificate>(&stream, Input::Found(Box::new(found)), source).await?;
    Ok(Taken { stream, state: handled.state, known })
}

/// What looking at one candidate's files came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// How many certificates were taken in.
    pub taken: usize,
    /// How many files could not be read; they are tried again.
    pub unread: usize,
}

/// Looks at a candidate's files in JobDiva and takes in what is new and a certificate by its type or name.
///
/// Which files were read before is kept as hashes of what the list says of them, so that none is read twice in vain.
pub async fn look(
    engine: &Engine<Insurance>,
    connected: &Connected,
    documents: &Arc<Documents>,
    (candidate, placements): (&CandidateId, &BTreeSet<PlacementId>),
) -> Result<Looked, LookError> {
    let mut looked = Looked::default();
    let Some(finding) = &connected.tenant.certificates.finding else { return Ok(looked) };
    let tenant = &connected.tenant.name;
    let cursor = cursor(tenant, candidate.as_str());
    let kept = engine.store().cursor(&cursor)?;
    let mut read: BTreeSet<String> =
        kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let files = connected.jobdiva.documents(candidate, placements).await?;
    let marks: Vec<(String, &Listed)> = files.iter().map(|file| (mark(file), file)).collect();
    let before = read.clone();
    // What the list no longer shows need not be remembered.
    read.retain(|known| marks.iter().any(|(mark, _)| mark == known));
    for (mark, file) in marks {
        if read.contains(&mark) || !finding.patterns.fits(file.kind.as_deref(), file.name.as_str())
        {
            continue;
        }
        match one(engine, connected, documents, candidate, file).await {
            Ok(taken) => {
                looked.taken += usize::from(taken);
                read.insert(mark);
            }
            Err(stopped @ LookError::Handle(HandleError::Stopped(_))) => return Err(stopped),
            Err(error) => {
                looked.unread += 1;
                tracing::warn!(%tenant, %candidate, %error, "a file could not be taken in: next time again");
            }
        }
    }
    if read != before {
        let bytes = serde_json::to_vec(&read).unwrap_or_default();
        engine.store().set_cursor(&cursor, &bytes)?;
    }
    Ok(looked)
}

fn cursor(tenant: &str, candidate: &str) -> String {
    format!("{tenant}/files/{candidate}")
}

/// Where is kept which files of a contractor's candidate were read.
pub(crate) fn files_cursor(contractor: &StreamId) -> String {
    cursor(contractor.tenant(), contractor.key())
}

/// Why a candidate's files could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// JobDiva does not give them.
    #[error(transparent)]
    JobDiva(#[from] integration_jobdiva::error::Error),
    /// It lists an attachment, and gives nothing of it.
    #[error("JobDiva lists an attachment and gives nothing of it")]
    Nothing,
    /// The log does not keep what was seen.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document could not be kept.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The engine did not take it.
    #[error(transparent)]
    Handle(#[from] HandleError),
}

/// Whether the file was taken in; one that is out of scope, or an onboarding document that is empty, is not, and is not
/// asked for again. Of an attachment there is always something: JobDiva gives it another time.
async fn one(
    engine: &Engine<Insurance>,
    connected: &Connected,
    documents: &Arc<Documents>,
    candidate: &CandidateId,
    file: &Listed,
) -> Result<bool, LookError> {
    let Some(bytes) = connected.jobdiva.document(candidate, file).await? else {
        return match &file.among {
            Among::Attachments => Err(LookError::Nothing),
            Among::Onboarding(_) => Ok(false),
        };
    };
    let (origin, placement) = match &file.among {
        Among::Attachments => (Origin::Attachment { id: file.id.clone() }, None),
        Among::Onboarding(placement) => {
            let origin = Origin::Onboarding { placement: placement.clone(), id: file.id.clone() };
            (origin, Some(placement.clone()))
        }
    };
    let name = file.name.clone();
    let arrived = Arrived { candidate: candidate.clone(), bytes, name, origin, placement };
    let source = crate::read::poll_source();
    match take_in(engine, documents, &connected.tenant.name, arrived, source).await {
        Ok(taken) => {
            tracing::info!(stream = %taken.stream, state = taken.state, "a certificate was found");
            Ok(true)
        }
        Err(
            error @ (TakeError::OutOfScope(_)
            | TakeError::Placement(_)
            | TakeError::Id
            | TakeError::Unfit(_)),
        ) => {
            tracing::info!(%candidate, %error, "a file was left where it is");
            Ok(false)
        }
        Err(TakeError::Document(error)) => Err(error.into()),
        Err(TakeError::Handle(error)) => Err(error.into()),
        Err(TakeError::Log(error)) => Err(error.into()),
    }
}

/// What a list says of a file, as a hash: names of files name people.
fn mark(file: &Listed) -> String {
    let mut hash = Sha256::new();
    let among = match &file.among {
        Among::Attachments => String::new(),
        Among::Onboarding(placement) => placement.to_string(),
    };
    let texts = [
        Some(&among),
        file.id.as_ref(),
        Some(&file.name.0),
        file.kind.as_ref(),
        file.uploaded.as_ref(),
    ];
    for text in texts {
        let text = text.map_or("", String::as_str);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hex::encode(&hash.finalize()[..16])
}

/// Removes what is left of the documents of people who were forgotten: the keys were destroyed before.
pub fn sweep(engine: &Engine<Insurance>, documents: &Documents) {
    let forgotten = [StateKind::Forgotten, StateKind::Gone].map(|kind| kind.name());
    for summary in engine.summaries_in("contractor", &forgotten) {
        let subject = workflow_core::seal::Subject::from(&summary.stream);
        if documents.has(&subject)
            && let Err(error) = documents.forget(&subject)
        {
            tracing::error!(stream = %summary.stream, %error, "a forgotten person's documents could not be removed; nothing opens them");
        }
    }
}
