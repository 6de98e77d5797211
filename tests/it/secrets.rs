//! Errors tell of nobody and open nothing, however a connection fails: neither as text nor as `Debug`, with all their causes.
//!
//! JobDiva's login has the password in its URL, 1099Policy's look-up of a contractor the e-mail; both clients are held
//! against servers that misbehave at each stage. What is logged meanwhile is heard too.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{self as policy, Environment, LinkTemplates};
use integration_jobdiva::JobDiva;
use integration_jobdiva::config::{self as jobdiva, Login};
use tests::canary::{self, Watch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use workflow_core::domain::call::Call;
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::{SystemClock, Timestamp};

/// Beside the shapes that are looked for anyway.
const PASSWORD: &str = "simulated & not secret";
const KEY: &str = "t9k_test_canary_4711";

/// What a server does with a request once it has read some of it.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Nobody listens.
    Closed,
    /// The connection ends without a byte.
    Silent,
    /// These bytes, and the end.
    Says(&'static str),
    /// This status and this body.
    Answers(&'static str, &'static str),
    /// Nothing, until the client gives up.
    Stalls,
}

const TROUBLES: [Trouble; 9] = [
    Trouble::Closed,
    Trouble::Silent,
    Trouble::Stalls,
    Trouble::Says("this is no HTTP\r\n\r\n"),
    Trouble::Says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":"),
    Trouble::Answers("302 Found\r\nlocation: http://127.0.0.1:9/elsewhere", ""),
    Trouble::Answers("502 Bad Gateway", "<html>no</html>"),
    Trouble::Answers(
        "500 No",
        r#"{"message":"Invalid username/password: api-user@example.com, simulated & not secret"}"#,
    ),
    Trouble::Answers(
        "400 No",
        r#"{"error_code":"duplicate_email","message":"ana@example.test is taken, ask 559-555-0142"}"#,
    ),
];

async fn server(trouble: Trouble) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    if matches!(trouble, Trouble::Closed) {
        return address;
    }
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let said = match trouble {
                    Trouble::Says(text) => text.to_owned(),
                    Trouble::Answers(head, body) => {
                        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                    }
                    Trouble::Stalls => std::future::pending().await,
                    Trouble::Silent | Trouble::Closed => String::new(),
                };
                let _ = stream.write_all(said.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    address
}

#[track_caller]
fn silent(what: &str, text: &str) {
    assert_eq!(canary::canary(text), None, "{what}: {text}");
    let lower = text.to_lowercase();
    assert!(
        !lower.contains("http://") && !lower.contains("password="),
        "{what} shows a URL: {text}"
    );
}

/// An error in every way in which it may be written down.
#[track_caller]
fn silent_error(what: &str, error: &(dyn Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        silent(what, &error.to_string());
        silent(what, &format!("{error:?} {error:#?}"));
        cause = error.source();
    }
}

fn ats(address: SocketAddr, login: Login) -> JobDiva {
    let password = integration_jobdiva::secret::Secret::new(PASSWORD);
    let mut config = jobdiva::Config::new("4711", "api-user@example.com", password);
    config.base_url = format!("http://{address}");
    config.login = login;
    config.read_timeout = Duration::from_millis(200);
    JobDiva::new(config, std::sync::Arc::new(SystemClock)).expect("the settings are sound")
}

fn insurer(address: SocketAddr) -> Ten99Policy {
    let links = LinkTemplates { success_url: String::new(), cancel_url: String::new() };
    let key = integration_1099policy::secret::Secret::new(KEY);
    let mut config = policy::Config::new(key, Environment::Sandbox, links);
    config.base_url = format!("http://{address}");
    config.total_timeout = Duration::from_millis(200);
    Ten99Policy::new(config).expect("the settings are sound")
}

fn attempt(operation: &str) -> Attempt {
    let stream = StreamId::parse("contractor/acme/7").expect("it is a stream");
    let key = Key::of(&stream, Version(1), operation);
    let (now, look_first) = (Timestamp::from_secs(1_774_357_200), true);
    Attempt { stream, key, generation: 1, earlier: 1, owed_since: now, now, look_first }
}

#[tokio::test]
async fn a_login_that_fails_shows_neither_password_nor_address() {
    let _watch = Watch::new();
    for trouble in TROUBLES {
        for login in [Login::V2Pair, Login::V2Text, Login::V2Login, Login::V1Text] {
            let jobdiva = ats(server(trouble).await, login);
            let error = jobdiva.log_in().await.expect_err("the server misbehaves");
            silent_error(&format!("{trouble:?} {login:?}"), &error);
            silent("the handle", &format!("{:?}", jobdiva.refused()));
            silent("the settings", &format!("{:?}", jobdiva.config().password));
        }
    }
}

#[tokio::test]
async fn a_look_up_by_e_mail_that_fails_shows_no_e_mail() {
    let _watch = Watch::new();
    for trouble in TROUBLES {
        let insurer = insurer(server(trouble).await);
        let person = tests::peers::ats::person("Zaphkiel", Some("zaphkiel@canary.test"));
        let link = Call::LinkContractor {
            candidate: "7".into(),
            person,
            email: "zaphkiel@canary.test".into(),
        };
        let outcome = insurer.perform(&link, &attempt("link")).await;
        if let Outcome::Again(again) = &outcome {
            silent(&format!("{trouble:?}"), &again.reason);
        }
        let error = insurer.category_codes().await.expect_err("the server misbehaves");
        silent_error(&format!("{trouble:?}"), &error);
        silent("the handle", &format!("{:?}", insurer.refused()));
    }
}
