//! A door with two hooks on a port of its own, a clock in the test's hand, and requests written by hand.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use integration_1099policy::config as policy;
use integration_1099policy::receive::Profile;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_jobdiva::config as jobdiva;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use runner::config::{
    CallsAtOnce, Certificates, JobDivaHook, Pace, PolicyHook, SecretFiles, Tenant,
};
use runner::ingress::{self, Counters, Door, Limits};
use runner::serve;
use runner::supervise;
use runner::systems::Systems;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use workflow_core::domain::Insurance;
use workflow_core::domain::rules::Rules;
use workflow_core::engine::Engine;
use workflow_core::seal::Vault;
use workflow_core::store::memory::MemoryStore;
use workflow_core::time::{ManualClock, Timestamp};

use crate::canary::{Watch, canary};

/// When it all begins.
pub const START: Timestamp = Timestamp::from_secs(1_774_267_200);
/// The last part of JobDiva's address.
pub const JOBDIVA_ENDPOINT: &str = "9f86d081884c7d659a2feaa0c55ad015";
/// The last part of 1099Policy's.
pub const POLICY_ENDPOINT: &str = "2c26b46b68ffc68ff99b453c1d304134";
/// What signs, and what signed before.
pub const SECRET: &str = "whsec_Y2FuYXJ5LXNlY3JldC1vZi10b2RheQ==";
/// See [`SECRET`].
pub const PREVIOUS: &str = "whsec_Y2FuYXJ5LXNlY3JldC1vZi1iZWZvcmU=";
/// The header of 1099Policy's signature.
pub const HEADER: &str = "Ten99Policy-Signature";

/// A tenant whose hooks are real and whose systems are not there.
pub fn tenant() -> Tenant {
    let nowhere = || "http://127.0.0.1:9".to_owned();
    let mut ats = jobdiva::Config::new("1", "nobody", JobDivaSecret::new("none"));
    ats.base_url = nowhere();
    let links = policy::LinkTemplates {
        success_url: "https://dashboard.example.com/{placement}".into(),
        cancel_url: "https://dashboard.example.com/{placement}".into(),
    };
    let key = PolicySecret::new("none");
    let mut insurer = policy::Config::new(key, policy::Environment::Sandbox, links);
    insurer.base_url = nowhere();
    let both = [SECRET, PREVIOUS];
    Tenant {
        name: "acme".to_owned(),
        jobdiva: ats,
        jobdiva_hook: Some(JobDivaHook::new(
            JOBDIVA_ENDPOINT.to_owned(),
            both.map(JobDivaSecret::new).into(),
        )),
        policy: insurer,
        policy_hook: Some(PolicyHook::new(
            POLICY_ENDPOINT.to_owned(),
            Profile::TimestampedV1 { header: HEADER.to_owned() },
            both.map(PolicySecret::new).into(),
        )),
        rules: Rules::usual(jiff::tz::TimeZone::UTC, "relay.example.com"),
        pace: Pace::default(),
        checklist: None,
        certificates: Certificates::default(),
        calls_at_once: CallsAtOnce::default(),
        secret_files: SecretFiles::default(),
        notify: Vec::new(),
    }
}

/// A door that listens.
pub struct Listening {
    /// Whose inbox it fills.
    pub engine: Engine<Insurance>,
    /// What came.
    pub counters: Arc<Counters>,
    /// Whose hooks there are.
    systems: Arc<Systems>,
    /// The time there.
    pub clock: ManualClock,
    /// Where it is.
    pub address: SocketAddr,
    _stop: watch::Sender<bool>,
    _watch: Watch,
}

impl Listening {
    /// As usual.
    pub async fn begin() -> Self {
        Self::with(tenant(), Limits::default(), serve::Limits::default()).await
    }

    /// With a tenant and limits of the test's.
    pub async fn with(tenant: Tenant, limits: Limits, served: serve::Limits) -> Self {
        let over = crate::watched();
        let clock = ManualClock::at(START);
        let tenants = [tenant];
        let systems = Systems::connect(&tenants, &(Arc::new(clock.clone()) as _)).unwrap();
        let vault = Some(Vault::in_memory());
        let store = Arc::new(MemoryStore::new());
        let engine = supervise::open(store, vault, Arc::new(clock.clone()), &tenants).unwrap();
        let counters = Arc::<Counters>::default();
        let systems = Arc::new(systems);
        let door = Door {
            inboxes: Arc::new(engine.clone()),
            systems: Arc::clone(&systems),
            counters: Arc::clone(&counters),
            limits,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve::serve_within(listener, ingress::router(door), served, stopped));
        Self { engine, counters, systems, clock, address, _stop: stop, _watch: over }
    }

    /// How many events the log has.
    pub fn events(&self) -> u64 {
        self.engine.position().0
    }

    /// Looks at the files of the secrets, as the process does all the time.
    pub fn look(&self) {
        use workflow_core::time::Clock as _;
        for connected in self.systems.all() {
            connected.receivers.look(&connected.tenant, self.clock.now());
        }
    }

    /// Lets time pass.
    pub fn pass(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    /// Sends these bytes and reads all that comes back.
    pub async fn send(&self, bytes: &[u8]) -> Answer {
        send(self.address, bytes).await
    }

    /// Posts a body with headers, and nothing else.
    pub async fn post(&self, path: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
        self.send(&request(path, headers, body)).await
    }

    /// Posts what JobDiva signed with this secret.
    pub async fn jobdiva(&self, secret: &str, body: &str) -> Answer {
        self.post(&jobdiva_path(), &jobdiva_signed(secret, body), body.as_bytes()).await
    }

    /// Posts what 1099Policy signed with this secret at this moment.
    pub async fn policy(&self, secret: &str, at: Timestamp, body: &str) -> Answer {
        self.post(&policy_path(), &policy_signed(secret, at, body), body.as_bytes()).await
    }
}

/// Where JobDiva's hook is.
pub fn jobdiva_path() -> String {
    format!("/hooks/jobdiva/{JOBDIVA_ENDPOINT}")
}

/// Where 1099Policy's hook is.
pub fn policy_path() -> String {
    format!("/hooks/1099policy/{POLICY_ENDPOINT}")
}

/// JobDiva's signature.
pub fn jobdiva_signed(secret: &str, body: &str) -> Vec<(String, String)> {
    let secret = JobDivaSecret::new(secret);
    let value = integration_jobdiva::receive::signature(&secret, body.as_bytes()).unwrap();
    vec![("X-Hub-Signature".to_owned(), value)]
}

/// 1099Policy's signature, made without our code.
pub fn policy_signed(secret: &str, at: Timestamp, body: &str) -> Vec<(String, String)> {
    let secs = at.as_secs();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = mac.chain_update(format!("{secs}.{body}")).finalize().into_bytes();
    vec![(HEADER.to_owned(), format!("t={secs},v1={}", hex::encode(digest)))]
}

/// A message of JobDiva's about the placement of this number.
pub fn message(id: u32) -> String {
    format!(r#"{{"type":"activity","operation":"Update","id":"{id}","data":[{{"ID":"{id}"}}]}}"#)
}

/// An event of 1099Policy's.
pub fn event(id: u32) -> String {
    format!(r#"{{"id":"ev_{id}","type":"policy.active","created":1,"data":{{"id":"pl_{id}"}}}}"#)
}

/// A whole request.
pub fn request(path: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nHost: hooks\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

/// What was answered; nothing when the connection ended without a word.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status; 0 without an answer.
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(own, _)| *own == name).map(|(_, value)| value).next()
    }
}

/// Sends bytes to an address and reads until the other side ends.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Who is refused in the middle of a sentence may find that nobody listens any more.
    stream.write_all(bytes).await.ok();
    heard(&mut stream).await
}

/// Reads until the other side ends.
pub async fn heard(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.ok();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Answer::default() };
    assert_eq!(canary(&text), None, "an answer tells too much");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
