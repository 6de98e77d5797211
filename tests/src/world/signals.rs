//! The insurer's signals: kept in the inbox, then worked off by reading what they name. A signal about something that no
//! placement knows (yet) stays in the inbox.

use std::collections::{BTreeMap, BTreeSet};

use integration_1099policy::poll::Watch;
use runner::poll;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{AssignmentId, CertificateId, PolicyId, SessionId, Sighting};
use workflow_core::domain::certificate::{self, Certificate};
use workflow_core::domain::placement::{self, Placement};
use workflow_core::engine::{HandleError, Source, Summary};
use workflow_core::id::StreamId;
use workflow_core::inbox::{self, Delivery, Inbox};

use super::World;
use crate::peers::insurer::Subject;

impl World {
    /// Puts every signal that went out into the inbox, without working it off.
    pub async fn receive(&mut self) {
        for subject in self.insurer().take_signals() {
            self.receive_signal(&subject).await;
        }
    }

    /// Puts one signal into the inbox, as a delivery of its own.
    pub async fn receive_signal(&mut self, subject: &Subject) {
        self.delivered += 1;
        let id = format!("{}-{}", self.delivered, self.engine().position());
        self.receive_as(&id, subject).await;
    }

    /// Puts a signal into the inbox under the provider's id for it.
    pub async fn receive_as(&mut self, id: &str, subject: &Subject) {
        let (kind, name) = match subject {
            Subject::Session(id) => ("session", id.to_string()),
            Subject::Assignment(id) => ("assignment", id.to_string()),
            Subject::Policy(id) => ("policy", id.to_string()),
            Subject::Certificate(id) => ("certificate", id.to_string()),
        };
        let delivery = Delivery {
            source: "insurer".into(),
            kind: format!("{kind}.changed"),
            subjects: BTreeMap::from([(kind.to_owned(), name)]),
            size: 0,
            sha256: String::new(),
        };
        let stream = inbox::stream(self.tenant, "insurer", id).expect("test ids are plain");
        let input = inbox::Input::Received(delivery);
        let source = Source::new("webhook:insurer", id);
        self.engine().handle::<Inbox<Insurance>>(&stream, input, source).await.expect("it is kept");
    }

    /// Works off one delivery that a placement knows of; `false` when there is none.
    pub async fn deliver_one(&mut self) -> bool {
        self.receive().await;
        for waiting in self.waiting() {
            if self.work_off(&waiting.stream).await {
                return true;
            }
        }
        false
    }

    /// The deliveries that wait.
    pub fn waiting(&self) -> Vec<Summary> {
        self.summaries("delivery")
    }

    /// Works off one delivery; `false` when nobody knows what it names.
    pub async fn work_off(&mut self, delivery: &StreamId) -> bool {
        let state = self.engine().state::<Inbox<Insurance>>(delivery).expect("it can be read");
        let Some(inbox::State::Waiting { delivery: kept }) = state else { return false };
        let Some(subject) = subject(&kept) else { return false };
        let told = self.see(&subject).await;
        if told {
            let input = inbox::Input::Settled { outcome: "read".into() };
            let source = Source::new("inbox", delivery.as_str());
            let settled = self.engine().handle::<Inbox<Insurance>>(delivery, input, source).await;
            settled.expect("it is settled");
        }
        told
    }

    /// Reads something at the insurer and tells the placements that know it; `false` when none does.
    pub async fn see(&self, subject: &Subject) -> bool {
        let Some(sighting) = self.insurer().read(subject) else { return false };
        self.show(&sighting).await
    }

    /// Tells the placements that know what was read; `false` when none does.
    pub async fn show(&self, sighting: &Sighting) -> bool {
        let streams: BTreeSet<StreamId> = names(sighting)
            .iter()
            .flat_map(|name| self.find(name))
            .filter(|stream| stream.workflow() != "contractor")
            .collect();
        for stream in &streams {
            if let Sighting::Certificate { review, .. } = sighting {
                self.reviewed(stream, review.clone()).await;
                continue;
            }
            let input = placement::Input::Seen(sighting.clone());
            let source = Source::new("read:insurer", "");
            match self.engine().handle::<Placement>(stream, input, source).await {
                Ok(_) | Err(HandleError::Rejected(_)) => {}
                Err(error) => panic!("{stream}: {error}"),
            }
        }
        self.quiet().await;
        !streams.is_empty()
    }

    /// Reads what the product's polls read in the end, and nothing else: the resources that this tenant's placements wait
    /// for or rest on, and the certificates whose review may change.
    pub async fn sweep(&mut self) {
        for summary in self.summaries("placement") {
            let state = self.engine().state::<Placement>(&summary.stream);
            let watches = state.expect("the log can be read");
            for watch in watches.iter().flat_map(poll::watched) {
                self.look_at(&watch).await;
            }
        }
        let reviewed =
            |state| poll::REVIEWS_OPEN.contains(&state) || poll::REVIEWS_OVER.contains(&state);
        for summary in self.summaries("certificate").iter().filter(|it| reviewed(it.state)) {
            let state = self.engine().state::<Certificate>(&summary.stream);
            let state = state.expect("the log can be read");
            if let Some(sent) = state.as_ref().and_then(certificate::State::sent) {
                self.see(&Subject::Certificate(sent.certificate.clone())).await;
            }
        }
    }

    async fn look_at(&self, watch: &Watch) {
        let subjects = match watch {
            Watch::Quote(quote) => {
                let books = self.insurer().books();
                let of_it = books.policies.iter().filter(|(_, policy)| policy.quote == *quote);
                of_it.map(|(id, _)| Subject::Policy(id.clone())).collect()
            }
            Watch::Session(id) => vec![Subject::Session(id.clone())],
            Watch::Assignment(id) => vec![Subject::Assignment(id.clone())],
            Watch::Policy(id) => vec![Subject::Policy(id.clone())],
            Watch::Certificate(id) => vec![Subject::Certificate(id.clone())],
        };
        for subject in subjects {
            self.see(&subject).await;
        }
    }
}

fn subject(delivery: &Delivery) -> Option<Subject> {
    let (kind, id) = delivery.subjects.first_key_value()?;
    Some(match kind.as_str() {
        "session" => Subject::Session(SessionId(id.clone())),
        "assignment" => Subject::Assignment(AssignmentId(id.clone())),
        "certificate" => Subject::Certificate(CertificateId(id.clone())),
        _ => Subject::Policy(PolicyId(id.clone())),
    })
}

fn names(sighting: &Sighting) -> Vec<String> {
    match sighting {
        Sighting::Policy { policy, quote, .. } => vec![policy.to_string(), quote.to_string()],
        Sighting::Assignment { assignment, job, .. } => {
            vec![assignment.to_string(), job.to_string()]
        }
        Sighting::Certificate { certificate, .. } => vec![certificate.to_string()],
        Sighting::Application { session, quote, .. } => {
            let quote = quote.iter().map(ToString::to_string);
            std::iter::once(session.to_string()).chain(quote).collect()
        }
    }
}
