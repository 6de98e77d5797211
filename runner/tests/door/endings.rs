//! Where the door leads: hooks that are there, nowhere else, and never somewhere else.

use std::sync::atomic::Ordering;

use runner::Runner;
use runner::admin::Address;
use runner::config::{Config, Log, Page};
use runner::ingress::sources::Rules;

use super::listening::{
    JOBDIVA_ENDPOINT, Listening, POLICY_ENDPOINT, SECRET, START, event, jobdiva_path,
    policy_signed, request, send, tenant,
};

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_not_found_and_nothing_of_it_is_read() {
    let door = Listening::begin().await;
    let near = [
        "none".to_owned(),
        JOBDIVA_ENDPOINT[..31].to_owned(),
        format!("{JOBDIVA_ENDPOINT}0"),
        JOBDIVA_ENDPOINT.to_uppercase(),
        POLICY_ENDPOINT.to_owned(),
    ];
    let mut asked = 0;
    for endpoint in near {
        // The body that is told of does not come: it is not waited for.
        let head = format!(
            "POST /hooks/jobdiva/{endpoint} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"
        );
        assert_eq!(door.send(head.as_bytes()).await.status, 404, "{endpoint}");
        asked += 1;
    }
    for source in ["1099policy", "nobody", "JobDiva"] {
        let path = format!("/hooks/{source}/{JOBDIVA_ENDPOINT}");
        assert_eq!(door.post(&path, &[], b"").await.status, 404, "{path}");
        asked += 1;
    }
    assert_eq!(door.counters.unknown.load(Ordering::Relaxed), asked);
    assert_eq!(door.counters.refused.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn no_answer_sends_anybody_elsewhere() {
    let door = Listening::begin().await;
    let whole = jobdiva_path();
    for path in ["/", "/hooks", "/hooks/", "/hooks/jobdiva", "//hooks/jobdiva/x", "/index.html"] {
        for method in ["GET", "POST", "HEAD", "OPTIONS"] {
            let text = format!("{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            let answer = door.send(text.as_bytes()).await;
            assert_eq!((answer.status, answer.header("location")), (404, None), "{method} {path}");
        }
    }
    for path in [format!("{whole}/"), format!("{whole}/x"), format!("/x{whole}")] {
        assert_eq!(door.post(&path, &[], b"").await.status, 404, "{path}");
    }
    let text = format!("GET {whole} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_eq!(door.send(text.as_bytes()).await.status, 405, "a browser is no provider");
}

#[tokio::test]
async fn the_operators_routes_are_on_a_listener_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let free = "127.0.0.1:0".parse().unwrap();
    let config = Config {
        data_dir: dir.path().join("data"),
        master_key: dir.path().join("key"),
        hooks: free,
        sources: Rules::default(),
        admin: free,
        page: Page::at(free),
        log: Log::default(),
        tenants: vec![tenant()],
    };
    let runner = Runner::start(config).await.unwrap();
    let Address { url, token, .. } = Address::read(&dir.path().join("data")).unwrap();
    let admin = url.strip_prefix("http://").unwrap().parse().unwrap();
    assert_ne!(runner.hooks(), admin);
    let bearer = [("Authorization".to_owned(), format!("Bearer {token}"))];
    for path in ["/v1/placements", "/v1/tenants", "/v1/webhooks", "/v1/inbox"] {
        let get = |headers: &[(String, String)]| {
            let text = String::from_utf8(request(path, headers, b"")).unwrap();
            text.replacen("POST", "GET", 1).into_bytes()
        };
        assert_eq!(send(runner.hooks(), &get(&bearer)).await.status, 404, "{path}");
        assert_eq!(send(admin, &get(&bearer)).await.status, 200, "{path}");
        assert_eq!(send(admin, &get(&[])).await.status, 401, "{path}");
    }
    for path in ["/v1/verify", "/v1/orders", "/v1/people/forget"] {
        assert_eq!(
            send(runner.hooks(), &request(path, &bearer, b"{}")).await.status,
            404,
            "{path}"
        );
    }
    // The admin door takes no webhook in, however well it is signed.
    let now = runner.engine().clock().now();
    let path = format!("/hooks/1099policy/{POLICY_ENDPOINT}");
    let signed = policy_signed(SECRET, now, &event(1));
    let whole = request(&path, &[signed, bearer.to_vec()].concat(), event(1).as_bytes());
    assert_eq!(send(admin, &whole).await.status, 404);
    assert_eq!(send(runner.hooks(), &whole).await.status, 200);
    let get = String::from_utf8(request("/v1/webhooks", &bearer, b"")).unwrap();
    let shown = send(admin, get.replacen("POST", "GET", 1).as_bytes()).await.body;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["hooks"]["acme/1099policy"]["taken"], 1);
    assert_eq!(shown["hooks"]["acme/jobdiva"]["taken"], 0);
    assert_ne!(now, START);
    runner.stop().await.unwrap();
}
