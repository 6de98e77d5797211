//! HTTP to the admin door of a running process on this machine.

use std::time::Duration;

use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::admin::Address;
use crate::cli::{Failure, failed};

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Asking.
    Get,
    /// Telling.
    Post,
}

fn client(within: Duration) -> Result<reqwest::Client, Failure> {
    built(reqwest::Client::builder().timeout(within))
}

/// For answers of any length.
fn patient() -> Result<reqwest::Client, Failure> {
    built(reqwest::Client::builder().read_timeout(Duration::from_secs(120)))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Failure> {
    // The door speaks plain HTTP on this machine, but a client without TLS cannot be built.
    drop(rustls::crypto::ring::default_provider().install_default());
    builder.no_proxy().build().map_err(|error| failed(&error.without_url()))
}

/// Whether the process that left the address still answers.
pub(super) async fn is_alive(address: &Address) -> bool {
    let Ok(client) = client(Duration::from_secs(2)) else { return false };
    let url = format!("{}/v1/placements/-/-", address.url);
    client.get(url).bearer_auth(&address.token).send().await.is_ok_and(|answer| {
        // Somebody else on that port knows neither the path nor the token. One of several runners does not know whose
        // placement is meant.
        matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST)
            && answer.headers().contains_key("x-runner")
    })
}

/// Sends a request and reads the answer.
pub(super) async fn request<T: DeserializeOwned>(
    address: &Address,
    verb: Verb,
    path: &str,
    body: Option<Value>,
) -> Result<T, Failure> {
    let client = client(Duration::from_secs(600))?;
    let answer = send(&client, address, verb, path, body).await?;
    answer.json().await.map_err(|error| failed(&error.without_url()))
}

/// Sends a request and gives the answer on as it comes; it may take as long as it likes, but not be silent for long.
pub(super) async fn stream(
    address: &Address,
    verb: Verb,
    path: &str,
    body: Option<Value>,
    each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let client = patient()?;
    let mut answer = send(&client, address, verb, path, body).await?;
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error.without_url()))? {
        each(&chunk)?;
    }
    Ok(())
}

/// Sends a request; gives the answer if it is a good one.
async fn send(
    client: &reqwest::Client,
    address: &Address,
    verb: Verb,
    path: &str,
    body: Option<Value>,
) -> Result<reqwest::Response, Failure> {
    let url = format!("{}{path}", address.url);
    let request = match verb {
        Verb::Get => client.get(url),
        Verb::Post => client.post(url),
    };
    let request = request.bearer_auth(&address.token);
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.map_err(|error| failed(&error.without_url()))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let problem: Value = answer.json().await.unwrap_or_default();
    let message =
        problem["error"].as_str().unwrap_or("the running process gave no reason").to_owned();
    Err(match status {
        StatusCode::NOT_FOUND => Failure::NotFound(message),
        StatusCode::CONFLICT => Failure::Refused(message),
        StatusCode::UNPROCESSABLE_ENTITY => Failure::Usage(message),
        _ => Failure::Failed(format!("{message} (HTTP {})", status.as_u16())),
    })
}
