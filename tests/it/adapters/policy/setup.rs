//! What is read and prepared before work begins.

use integration_1099policy::setup::Was;

use super::super::jobdiva::judged;
use super::world::Insurer;

#[tokio::test]
async fn the_maps_of_the_demo_are_the_insurers_own() {
    let insurer = Insurer::standard().await;
    let rules = judged::rules();
    let codes: Vec<String> =
        insurer.policy.category_codes().await.unwrap().into_iter().map(|c| c.code.0).collect();
    for code in rules.job_categories.values() {
        assert!(codes.contains(&code.0), "{code} is not among {codes:?}");
    }
    let entities = insurer.policy.entities().await.unwrap();
    let mut known: Vec<(&str, &str)> =
        entities.iter().map(|entity| (entity.id.as_str(), entity.name.as_str())).collect();
    known.sort_unstable();
    assert_eq!(
        known,
        [("en_Brightwater1", "Brightwater Studio"), ("en_Halvorsen1", "Halvorsen Freight")]
    );
    for entity in rules.entities.values() {
        assert!(known.iter().any(|(id, _)| *id == entity.as_str()), "{entity}");
    }
}

#[tokio::test]
async fn the_webhook_endpoint_is_made_once_and_tells_its_secret() {
    let insurer = Insurer::standard().await;
    let url = "http://127.0.0.1:1/hooks/acme";
    let made = insurer.policy.ensure_webhook_endpoint(url).await.unwrap();
    assert_eq!(made.was, Was::Created);
    let found = insurer.policy.ensure_webhook_endpoint(url).await.unwrap();
    assert_eq!((found.was, &found.id), (Was::Found, &made.id));
    let secret = |endpoint: &integration_1099policy::setup::WebhookEndpoint| {
        endpoint.secret.as_ref().unwrap().reveal().to_owned()
    };
    assert_eq!(secret(&found), secret(&made));
    let other = insurer.policy.ensure_webhook_endpoint("http://127.0.0.1:1/other").await.unwrap();
    assert_eq!(other.was, Was::Created);
    assert_ne!(secret(&other), secret(&made), "each endpoint has its own");
}
