//! One connection: how it is made and made safe, and what its failures mean for what was asked.
//!
//! Absent: the name of a user, a password or a value in any message.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Row, Statement};

use crate::store::StoreError;
use crate::store::postgres::Settings;
use crate::store::postgres::tls::Tls;

type Source = Box<dyn std::error::Error + Send + Sync>;
/// What is sent beside a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Why something asked was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection is gone, or nobody answered in time: it may have been done, be under way, or not.
    Lost(Source),
    /// It was not done, and may succeed when it is asked again.
    Again(Source),
    /// It was not done and will not be.
    Refused(StoreError),
}

impl Failure {
    pub(super) fn into_error(self, action: &'static str) -> StoreError {
        match self {
            Failure::Lost(source) | Failure::Again(source) => StoreError::Io { action, source },
            Failure::Refused(error) => error,
        }
    }

    /// What the database answered to `action`.
    pub(super) fn of(action: &'static str, error: &tokio_postgres::Error) -> Self {
        let source: Source = said(error).into();
        let Some(answer) = error.as_db_error() else { return Failure::Lost(source) };
        let code = answer.code().code();
        match code {
            // The disk of the database is full; the transaction was undone.
            "53100" => {
                Failure::Refused(StoreError::Full { action, path: "the database".to_owned() })
            }
            // Somebody else's transaction, a limit of connections, a start that is under way.
            "40001" | "40P01" | "55P03" | "57014" | "53300" | "57P03" => Failure::Again(source),
            // The server goes down, or is no primary any more: somewhere there may be another one.
            "57P01" | "57P02" | "25006" | "58030" => Failure::Lost(source),
            _ if code.starts_with("08") => Failure::Lost(source),
            _ => Failure::Refused(StoreError::Io { action, source }),
        }
    }
}

/// What an error says, without the details in which PostgreSQL repeats values.
fn said(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return format!("{} ({})", answer.message(), answer.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Where the database is and how it is reached.
pub(super) struct Place {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

impl Place {
    /// Reads an address. TLS is asked for wherever the way leaves this machine, unless `plain` allows to go without.
    pub(super) fn of(settings: &Settings) -> Result<Self, StoreError> {
        let bad =
            |source: Source| StoreError::Io { action: "reading the database's address", source };
        let (url, roots) = without_libpq_words(&settings.url);
        let mut config = Config::from_str(&url).map_err(|e| bad(said(&e).into()))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(bad("it names no host".into()));
        }
        let here = |host: &Host| match host {
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let far = !config.get_hosts().iter().all(here)
            || !config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
        if far && !settings.plain {
            config.ssl_mode(SslMode::Require);
        }
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.application_name("workflow");
        config.connect_timeout(settings.connect_timeout);
        config.keepalives_idle(Duration::from_secs(15));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
        Ok(Self { config, tls: Tls::trusting(roots.as_deref())? })
    }
}

/// An address without the words that libpq knows and our client does not: certificates are always checked here, so that
/// `verify-full` and `verify-ca` are `require`. With the file of authorities, where one was named.
fn without_libpq_words(url: &str) -> (String, Option<PathBuf>) {
    let Some((before, words)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut roots = None;
    let mut kept = Vec::new();
    for word in words.split('&') {
        match word.split_once('=') {
            Some(("sslmode", "verify-full" | "verify-ca")) => {
                kept.push("sslmode=require".to_owned());
            }
            Some(("sslmode", "allow")) => kept.push("sslmode=prefer".to_owned()),
            Some(("sslrootcert", "system")) => {}
            Some(("sslrootcert", file)) => roots = Some(PathBuf::from(file.replace("%2F", "/"))),
            Some(_) | None => kept.push(word.to_owned()),
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    (format!("{before}{mark}{}", kept.join("&")), roots)
}

/// A connection with what was prepared on it.
pub(super) struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    warned: Arc<AtomicBool>,
    limit: Duration,
}

impl Connection {
    /// Connects to a server that can be written to and that keeps what it acknowledges. `heard` is called with each
    /// notification.
    pub(super) async fn make(
        place: &Place,
        settings: &Settings,
        heard: impl Fn() + Send + 'static,
    ) -> Result<Self, Failure> {
        const ACTION: &str = "connecting to the database";
        let connecting = place.config.connect(place.tls.clone());
        let limit = settings.connect_timeout * 4;
        let late = |_| Failure::Lost("no answer in time".into());
        let connected = tokio::time::timeout(limit, connecting).await.map_err(late)?;
        let (client, mut connection) = connected.map_err(|e| Failure::of(ACTION, &e))?;
        let warned = Arc::new(AtomicBool::new(false));
        let warn = Arc::clone(&warned);
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    AsyncMessage::Notice(_) => warn.store(true, Ordering::Release),
                    AsyncMessage::Notification(_) => heard(),
                    // The client's enum may grow.
                    _ => {}
                }
            }
        });
        let limit = settings.statement_timeout + settings.connect_timeout;
        let mut made = Self { client, statements: HashMap::new(), warned, limit };
        made.prepare_session(settings).await?;
        Ok(made)
    }

    async fn prepare_session(&mut self, settings: &Settings) -> Result<(), Failure> {
        const ACTION: &str = "preparing the connection to the database";
        let timeout = settings.statement_timeout.as_millis();
        let set = format!(
            "SET statement_timeout = {timeout}; SET idle_in_transaction_session_timeout = {timeout}; \
             SET client_min_messages = warning; SET TIME ZONE 'UTC'"
        );
        self.batch(ACTION, &set).await?;
        self.warned.store(false, Ordering::Release);
        if settings.accept_loss {
            return Ok(());
        }
        let asked =
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')";
        for row in self.query(ACTION, asked, &[]).await? {
            let (name, setting): (&str, &str) = (row.get(0), row.get(1));
            if setting == "off" {
                let source = format!(
                    "the server has {name} = off and may lose what it acknowledged; set it to on, or accept the loss \
                     in the settings"
                );
                let action = "entrusting the log to the database";
                return Err(Failure::Refused(StoreError::Io { action, source: source.into() }));
            }
        }
        Ok(())
    }

    /// Whether it can be used again.
    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Whether the server warned of something since this was asked last. It does so when a commit did not wait for a
    /// standby.
    pub(super) fn was_warned(&self) -> bool {
        self.warned.swap(false, Ordering::AcqRel)
    }

    /// Statements without values.
    pub(super) async fn batch(&self, action: &'static str, sql: &str) -> Result<(), Failure> {
        self.in_time(action, self.client.batch_execute(sql)).await
    }

    /// Asks with a statement that is kept prepared.
    pub(super) async fn query(
        &mut self,
        action: &'static str,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.prepared(action, sql).await?;
        self.in_time(action, self.client.query(&statement, values)).await
    }

    /// The same, for how many rows it changed.
    pub(super) async fn execute(
        &mut self,
        action: &'static str,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<u64, Failure> {
        let statement = self.prepared(action, sql).await?;
        self.in_time(action, self.client.execute(&statement, values)).await
    }

    async fn prepared(
        &mut self,
        action: &'static str,
        sql: &'static str,
    ) -> Result<Statement, Failure> {
        Ok(match self.statements.entry(sql) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => {
                let preparing = self.client.prepare(sql);
                let prepared = tokio::time::timeout(self.limit, preparing).await;
                let prepared = prepared.map_err(|_| Failure::Lost("no answer in time".into()))?;
                new.insert(prepared.map_err(|e| Failure::of(action, &e))?).clone()
            }
        })
    }

    /// A server that is cut off does not answer at all; it is given the time it gives itself, and a little more.
    async fn in_time<T>(
        &self,
        action: &'static str,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.limit, asked).await {
            Ok(answered) => answered.map_err(|e| Failure::of(action, &e)),
            Err(_) => Err(Failure::Lost("no answer in time".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str, plain: bool) -> SslMode {
        let settings = Settings { url: url.to_owned(), plain, ..Settings::default() };
        Place::of(&settings).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_told() {
        assert_eq!(mode("postgres://a@db.example.com/x", false), SslMode::Require);
        assert_eq!(mode("postgres://a@db.example.com/x?sslmode=disable", false), SslMode::Require);
        assert_eq!(mode("postgres://a@db.example.com/x?sslmode=disable", true), SslMode::Disable);
        assert_eq!(mode("postgres://a@127.0.0.1/x", false), SslMode::Prefer);
        assert_eq!(mode("postgres://a@127.0.0.1,db.example.com/x", false), SslMode::Require);
        assert_eq!(mode("host=/run/postgresql user=a", false), SslMode::Prefer);
    }

    #[test]
    fn the_words_of_libpq_are_understood() {
        assert_eq!(mode("postgres://a@db/x?sslmode=verify-full", true), SslMode::Require);
        let (url, roots) =
            without_libpq_words("postgres://a@db/x?sslrootcert=/etc/ca.pem&connect_timeout=3");
        assert_eq!(url, "postgres://a@db/x?connect_timeout=3");
        assert_eq!(roots, Some(PathBuf::from("/etc/ca.pem")));
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_repeated() {
        let settings =
            Settings { url: "postgres://kim:hunter2@[/x".to_owned(), ..Settings::default() };
        let error = Place::of(&settings).err().map(|e| format!("{e:?}")).unwrap();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
