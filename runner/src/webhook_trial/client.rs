//! The one request of a trial: to the own door, as a provider would send it. No redirect is followed.

use std::time::Duration;

use super::Capture;

/// As patient as the least patient provider.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// More of an answer is not read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What the door answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Where it would lead, when it is a redirect.
    pub(super) is_redirect: bool,
}

/// Posts a delivery; otherwise why nothing was answered.
pub(super) async fn post(url: &str, capture: &Capture) -> Result<Answer, String> {
    rustls_provider();
    let client = reqwest::Client::builder()
        .timeout(ANSWERED_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(described)?;
    let mut request = client.post(url).header("content-type", "application/json");
    for (name, value) in &capture.headers {
        request = request.header(name, value);
    }
    let mut response = request.body(capture.body.clone()).send().await.map_err(described)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(described)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    Ok(Answer { status: status.as_u16(), body, is_redirect: status.is_redirection() })
}

/// The innermost reason; the address has the endpoint in it and is not told.
fn described(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWERED_WITHIN.as_secs());
    }
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn rustls_provider() {
    // An error means that one is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
}
