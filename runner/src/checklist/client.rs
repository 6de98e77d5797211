//! The one request that the checklist makes itself: to its own door on this machine.

use std::time::Duration;

/// A request to this very machine that takes longer has failed.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// Posts a body under one signature header; the status, or why there is none.
pub(super) async fn post(
    url: &str,
    (header, signature): (&str, &str),
    body: &str,
) -> Result<u16, String> {
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWERED_WITHIN).build();
    let client = client.map_err(|error| error.to_string())?;
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header(header, signature)
        .body(body.to_owned());
    let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
    Ok(answer.status().as_u16())
}
