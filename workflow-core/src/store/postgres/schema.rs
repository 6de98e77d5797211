//! The database's tables, in versions: each start brings them up to date, one process at a time.
//!
//! A version that has been given out is never changed: the next one changes what it left.

use crate::store::StoreError;
use crate::store::postgres::Settings;
use crate::store::postgres::connection::{Connection, Failure};

const VERSIONS: [&str; 4] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];
/// How the server keeps what is long, which its kin leave to themselves: what comes squeezed is not squeezed again, and
/// JSON is, by the quick way where the server was built with it.
const TUNED: &str = "\
ALTER TABLE log_record ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE log_record SET (toast_tuple_target = 8160);
DO $$ BEGIN
    ALTER TABLE log_record ALTER COLUMN told SET COMPRESSION lz4;
EXCEPTION WHEN OTHERS THEN
    ALTER TABLE log_record ALTER COLUMN told SET STORAGE EXTERNAL;
END $$";
/// How many shards a new database gets, where the settings do not say.
const SHARDS: u16 = 16;
const ACTION: &str = "bringing the database's tables up to date";
/// Of an advisory lock: "workflow" in ASCII.
const LOCK: i64 = 0x776f_726b_666c_6f77;

const META: &str =
    "CREATE TABLE IF NOT EXISTS log_meta (name text PRIMARY KEY, value bigint NOT NULL)";
const KNOWN: &str = "SELECT to_regclass('log_meta') IS NOT NULL";
const READ: &str = "SELECT name, value FROM log_meta";

/// What the database says of itself.
#[derive(Clone, Copy, Default)]
struct Noted {
    version: i64,
    shards: i64,
}

/// Applies what is missing; gives the number of shards. A database that is up to date is only read.
pub(super) async fn prepare(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<u16, Failure> {
    let newest = VERSIONS.len() as i64;
    let mut noted = read(connection).await?;
    if noted.version < newest {
        noted = migrate(connection, settings).await?;
    }
    if noted.version > newest {
        return Err(Failure::Refused(StoreError::Format {
            path: "the database".to_owned(),
            found: noted.version.to_string(),
            known: newest.to_string(),
            advice: "a newer version of this program has been at work there: use that one",
        }));
    }
    match settings.shards {
        Some(asked) if i64::from(asked) != noted.shards => {
            let source = format!(
                "the database was made with {} shards, the settings ask for {asked}: that number is for life, since \
                 it says where each tenant's log is",
                noted.shards
            );
            let action = "opening the database";
            Err(Failure::Refused(StoreError::Io { action, source: source.into() }))
        }
        Some(_) | None => Ok(u16::try_from(noted.shards).unwrap_or(u16::MAX)),
    }
}

async fn read(connection: &mut Connection) -> Result<Noted, Failure> {
    let known = connection.query(ACTION, KNOWN, &[]).await?;
    if !known.first().is_some_and(|row| row.get(0)) {
        return Ok(Noted::default());
    }
    read_meta(connection).await
}

async fn read_meta(connection: &mut Connection) -> Result<Noted, Failure> {
    let mut noted = Noted::default();
    for row in connection.query(ACTION, READ, &[]).await? {
        match row.get::<_, &str>(0) {
            "version" => noted.version = row.get(1),
            "shards" => noted.shards = row.get(1),
            // Another version's.
            _ => {}
        }
    }
    Ok(noted)
}

/// One transaction under a lock, so that of several runners that start together one does it and the others find it done.
async fn migrate(connection: &mut Connection, settings: &Settings) -> Result<Noted, Failure> {
    let lock = if settings.portable {
        // Making a table that is there already, at the same time as another, may fail: then it is there.
        if let Err(Failure::Lost(lost)) = connection.batch(ACTION, META).await {
            return Err(Failure::Lost(lost));
        }
        let row = "INSERT INTO log_meta (name, value) VALUES ('version', 0) ON CONFLICT (name) DO NOTHING";
        connection.batch(ACTION, row).await?;
        "SELECT value FROM log_meta WHERE name = 'version' FOR UPDATE".to_owned()
    } else {
        format!("SELECT pg_advisory_xact_lock({LOCK})")
    };
    connection.batch(ACTION, &format!("BEGIN; {lock}")).await?;
    let migrated = migrate_locked(connection, settings).await;
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.batch(ACTION, end).await;
    let noted = migrated?;
    ended.map(|()| noted)
}

async fn migrate_locked(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<Noted, Failure> {
    // Whether the table is there is not asked: without a lock on it the server may answer from what it remembers.
    if !settings.portable {
        connection.batch(ACTION, META).await?;
    }
    let mut noted = read_meta(connection).await?;
    let missing = VERSIONS.iter().skip(usize::try_from(noted.version).unwrap_or(usize::MAX));
    for sql in missing {
        connection.batch(ACTION, sql).await?;
        noted.version += 1;
    }
    if !settings.portable {
        connection.batch(ACTION, TUNED).await?;
    }
    if noted.shards == 0 {
        noted.shards = i64::from(settings.shards.unwrap_or(SHARDS).max(1));
        connection.batch(ACTION, &fill(noted.shards)).await?;
    }
    let note = format!(
        "INSERT INTO log_meta (name, value) VALUES ('version', {}), ('shards', {}) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        noted.version, noted.shards
    );
    connection.batch(ACTION, &note).await?;
    Ok(noted)
}

/// A row for each shard, at the beginning of its log and held by nobody.
fn fill(shards: i64) -> String {
    let all = (0..shards).map(|shard| format!("({shard})")).collect::<Vec<_>>().join(", ");
    let genesis = "0".repeat(64);
    format!(
        "INSERT INTO log_shard (shard, next, hash, fence, asked) \
         SELECT s, 0, decode('{genesis}', 'hex'), 0, 0 FROM (VALUES {all}) AS every (s); \
         INSERT INTO log_lease (shard, fence, holder, expires_at) \
         SELECT s, 0, NULL, clock_timestamp() FROM (VALUES {all}) AS every (s)"
    )
}
