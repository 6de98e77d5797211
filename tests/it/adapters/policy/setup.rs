//! What is read and prepared before work begins.

use integration_1099policy::setup::Was;

use super::super::jobdiva::judged;
use super::world::{Insurer, Work, work};

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

/// What anybody can look at without a key.
async fn shown(insurer: &Insurer, path: &str) -> (String, String) {
    let answer = reqwest::get(format!("{}{path}", insurer.sim.base_url())).await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (kind, answer.text().await.unwrap())
}

#[tokio::test]
async fn the_simulator_shows_its_state_and_describes_itself() {
    let insurer = Insurer::standard().await;
    let odd = Work { email: "a<b>&c@relay.example.test".into(), ..work("1", "11") };
    insurer.answer("link", odd.link()).await;
    let (kind, page) = shown(&insurer, "/").await;
    assert_eq!(kind, "text/html; charset=utf-8");
    assert!(page.contains("POST /contractors"), "{page}");
    assert!(page.contains("a&lt;b&gt;&amp;c@relay.example.test"), "{page}");

    let (kind, text) = shown(&insurer, "/openapi.json").await;
    assert_eq!(kind, "application/json");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let server = document["servers"][0]["url"].as_str().unwrap();
    assert_eq!(server, format!("{}/api/v1", insurer.sim.base_url()));
    // What is described is there: nothing of it is answered as an unknown path is.
    let paths = document["paths"].as_object().unwrap();
    // An unknown certificate is answered as an unknown path is.
    for (path, item) in paths.iter().filter(|(path, _)| *path != "/files/certificates/{id}") {
        for method in item.as_object().unwrap().keys() {
            let url = format!("{server}{}", path.replace("{id}", "xx_1"));
            let method: reqwest::Method = method.to_uppercase().parse().unwrap();
            let request = reqwest::Client::new().request(method.clone(), url);
            let answer = request.bearer_auth(insurer.sim.api_key()).send().await.unwrap();
            let said: serde_json::Value = answer.json().await.unwrap();
            assert_ne!(said["error_code"], "resource_not_found", "{method} {path}");
        }
    }
    assert!(paths.len() > 20, "{}", paths.len());
}
