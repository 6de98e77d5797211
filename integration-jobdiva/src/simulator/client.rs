//! The wire of the webhook sender: one POST, over plain HTTP or not at all.
//!
//! It trusts no certificate, so an `https` target fails; simulators talk to loopback. What is sent, when and how
//! often is in [`super::webhooks`].

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// How long one try may take in real time.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// HTTP status and body.
    Answer { status: u16, body: String },
    /// No answer: refused, cut or too slow.
    Nothing,
}

pub(super) struct Sender(reqwest::Client);

impl Sender {
    pub(super) fn new() -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows the default versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .expect("a client of constant settings");
        Self(client)
    }

    pub(super) async fn post(&self, url: &str, signature: &str, body: String) -> Heard {
        let request = self
            .0
            .post(url)
            .header("content-type", "application/json")
            .header("x-hub-signature", signature)
            .body(body);
        let Ok(response) = request.send().await else { return Heard::Nothing };
        let status = response.status().as_u16();
        match response.text().await {
            Ok(body) => Heard::Answer { status, body },
            Err(_) => Heard::Nothing,
        }
    }
}
