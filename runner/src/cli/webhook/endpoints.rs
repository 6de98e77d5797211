//! `runner webhook register`, `list` and `remove`: what 1099Policy knows of our door. JobDiva has no call for it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use integration_1099policy::Ten99Policy;
use integration_1099policy::setup::Was;
use serde::Serialize;

use super::Whose;
use crate::cli::{Failure, Outcome, failed, say, say_json, say_versioned};
use crate::config::Tenant;
use crate::systems::POLICY;

/// Tell 1099Policy where our door is; found again where it knows it already.
///
/// URL is the whole address, or scheme and host where the endpoint is configured. The secret
/// that 1099Policy answers with goes into a new file that only its owner can read; it is
/// never printed.
///
/// Example: runner webhook register https://hooks.example.com --secret-file secrets/hook
#[derive(Debug, Args)]
pub(super) struct Register {
    #[command(flatten)]
    whose: Whose,
    /// Where 1099Policy reaches the door.
    url: String,
    /// Where to put the secret; an existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// List the endpoints that 1099Policy sends to.
///
/// Example: runner webhook list --json
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    whose: Whose,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Take an endpoint away from 1099Policy, by its id.
///
/// Example: runner webhook remove whe_4kQ7mT2x
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    whose: Whose,
    /// Its id, as `runner webhook list` shows it.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn connect(tenant: &Tenant) -> Result<Ten99Policy, Failure> {
    Ten99Policy::new(tenant.policy.clone()).map_err(|error| Failure::Config(error.to_string()))
}

/// The address that 1099Policy is told.
fn address(tenant: &Tenant, url: &str) -> Result<String, Failure> {
    let bad = |what: &str| Err(Failure::Usage(what.to_owned()));
    let Some((scheme, rest)) = url.split_once("://") else {
        return bad("the address begins with https://");
    };
    let local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| rest.starts_with(host));
    if scheme != "https" && !(scheme == "http" && local) {
        return bad("the address begins with https://: plain http is for this machine only");
    }
    let own = tenant.policy_hook.as_ref().map(|hook| hook.endpoint.as_str());
    match rest.split_once('/').map_or("", |(_, path)| path).trim_matches('/') {
        "" => match own {
            Some(endpoint) => {
                Ok(format!("{}/hooks/{POLICY}/{endpoint}", url.trim_end_matches('/')))
            }
            None => bad(
                "no endpoint is configured under [tenant.1099policy.webhook]: give the whole address, \
                 https://HOST/hooks/1099policy/ENDPOINT (`runner webhook endpoint` makes one)",
            ),
        },
        path => match (path.strip_prefix("hooks/1099policy/"), own) {
            (None, _) => bad("the path is /hooks/1099policy/ENDPOINT"),
            (Some(given), Some(own)) if given != own => bad(
                "the endpoint is not the one that is configured under [tenant.1099policy.webhook]",
            ),
            (Some(given), _) => match crate::endpoint::check(given, &[&tenant.name]) {
                Ok(()) => Ok(url.to_owned()),
                Err(guessable) => bad(&format!("{guessable}; `runner webhook endpoint` makes one")),
            },
        },
    }
}

impl Register {
    pub(super) async fn run(self) -> Outcome {
        let config = self.whose.load()?;
        let tenant = self.whose.tenant(&config)?;
        let url = address(tenant, &self.url)?;
        if let Some(file) = self.secret_file.as_deref().filter(|file| file.exists()) {
            let file = file.display();
            let why = format!("{file} exists already; choose another --secret-file");
            return Err(Failure::Failed(why));
        }
        let policy = connect(tenant)?;
        let made = policy.ensure_webhook_endpoint(&url).await.map_err(|error| failed(&error))?;
        let was = match made.was {
            Was::Created => "made",
            Was::Found => "there already",
        };
        if self.json {
            let kept = match (&self.secret_file, &made.secret) {
                (Some(file), Some(secret)) => {
                    keep(file, secret.reveal())?;
                    Some(file)
                }
                (None, _) | (_, None) => None,
            };
            return say_versioned(
                &serde_json::json!({ "id": made.id, "was": was, "secret_file": kept }),
            );
        }
        say(&format!(
            "{} is {was}, for all events, in the {}",
            made.id,
            tenant.policy.environment.as_str()
        ))?;
        match (&self.secret_file, made.secret) {
            (Some(file), Some(secret)) => {
                keep(file, secret.reveal())?;
                let file = file.display();
                say(&format!(
                    "its secret is in {file}: name it as secret_file under [tenant.1099policy.webhook]"
                ))
            }
            (None, Some(_)) => say("its secret was shown: say --secret-file FILE to keep it"),
            (_, None) => say("its secret was not shown: copy it from 1099Policy's dashboard"),
        }
    }
}

/// Writes a secret for its owner alone.
fn keep(file: &Path, secret: &str) -> Outcome {
    let opened = std::fs::File::options().write(true).create_new(true).mode(0o600).open(file);
    let written = opened.and_then(|mut file| {
        file.write_all(secret.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        let file = file.display();
        Failure::Failed(format!(
            "{file} was not written: {error}; run it again with another --secret-file"
        ))
    })
}

/// An endpoint as it is listed.
#[derive(Serialize)]
struct Line {
    id: String,
    /// Without what nobody is to guess.
    address: String,
    is_ours: bool,
    events: Vec<String>,
}

impl List {
    pub(super) async fn run(self) -> Outcome {
        let config = self.whose.load()?;
        let tenant = self.whose.tenant(&config)?;
        let known = connect(tenant)?.webhook_endpoints().await.map_err(|error| failed(&error))?;
        let own = tenant.policy_hook.as_ref().map(|hook| hook.endpoint.as_str());
        let line = |endpoint: integration_1099policy::setup::RegisteredEndpoint| {
            let last = endpoint.url.rsplit('/').next().unwrap_or_default();
            Line {
                id: endpoint.id,
                is_ours: own == Some(last),
                address: shortened(&endpoint.url),
                events: endpoint.events,
            }
        };
        let lines: Vec<Line> = known.into_iter().map(line).collect();
        if self.json {
            return say_json(&serde_json::json!({ "version": 1, "endpoints": lines }));
        }
        if lines.is_empty() {
            return say("1099Policy knows no endpoint: `runner webhook register URL` tells it one");
        }
        for line in lines {
            let ours = if line.is_ours { "  (this tenant's door)" } else { "" };
            let all = line.events.is_empty() || line.events.iter().any(|event| event == "*");
            let events = if all { "all events".to_owned() } else { line.events.join(", ") };
            say(&format!("{}  {}  {events}{ours}", line.id, line.address))?;
        }
        Ok(())
    }
}

/// An address whose last part is only begun: who sees it cannot knock.
fn shortened(url: &str) -> String {
    match url.rsplit_once('/') {
        Some((front, last)) if last.len() > 8 && front.contains("://") => {
            let begun: String = last.chars().take(4).collect();
            format!("{front}/{begun}...")
        }
        _ => url.to_owned(),
    }
}

impl Remove {
    pub(super) async fn run(self) -> Outcome {
        let config = self.whose.load()?;
        let tenant = self.whose.tenant(&config)?;
        let policy = connect(tenant)?;
        let removed = policy.remove_webhook_endpoint(&self.id).await;
        match removed.map_err(|error| failed(&error))? {
            true if self.json => say_versioned(&serde_json::json!({ "removed": self.id })),
            true => say(&format!("{} is gone; polling goes on finding everything", self.id)),
            false => Err(Failure::NotFound(format!("1099Policy knows no endpoint {}", self.id))),
        }
    }
}
