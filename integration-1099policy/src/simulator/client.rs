//! Sends webhooks: the only outgoing network of the simulator.

use std::time::Duration;

use super::webhooks::Delivery;

/// How long a receiver may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Whoever sends: one pool of connections.
pub(super) struct Sender(reqwest::Client);

pub(super) fn build() -> std::io::Result<Sender> {
    // Another part of the process may have chosen a provider already; either serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().timeout(TIMEOUT).no_proxy();
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map(Sender)
        .map_err(std::io::Error::other)
}

/// One attempt: the status answered, or none when nobody answered.
pub(super) async fn send(
    Sender(client): &Sender,
    delivery: &Delivery,
    headers: Vec<(String, String)>,
) -> Option<u16> {
    let mut post = client.post(&delivery.url).header("content-type", "application/json");
    for (name, value) in headers {
        post = post.header(name, value);
    }
    let answer = post.body(delivery.body.clone()).send().await.ok()?;
    Some(answer.status().as_u16())
}
