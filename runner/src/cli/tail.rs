//! `runner tail`: the log as it grows.
//!
//! With --follow it outlives the process that it follows: when that ends it waits for the next one, and goes on at the
//! position where it was.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use clap::Args;
use workflow_core::store::Store as _;
use workflow_core::store::sled::SledStore;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, failed};
use crate::supervise::LOG_DIR;
use crate::tail::{self, Asked, Line, Told};

/// How often is looked for a process to follow.
const LOOK: Duration = Duration::from_secs(1);

/// Follow the log.
///
/// A line for each event, the last 20 first; with --from everything from that position on, with --placement everything of
/// one placement. Personal data stays sealed. With --json each line is a JSON object with its `position`: to go on where
/// you were, say --from with the position after it.
///
/// Example: runner tail --follow
///
/// Example: runner tail --from 1200 --json
///
/// Example: runner tail --placement 51000777 --follow
#[derive(Debug, Args)]
pub(super) struct Tail {
    /// The first position.
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
    /// How many events before the end to begin, without --from.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, conflicts_with = "from")]
    last: u64,
    /// Wait for more, until ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// Only this placement's events: its id in JobDiva; with several tenants, TENANT/ID.
    #[arg(long, value_name = "ID")]
    placement: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// How following ended.
enum End {
    /// What there was is read.
    Read,
    /// Nobody reads what is printed any more.
    Unread,
}

impl Tail {
    pub(super) async fn run(self) -> Outcome {
        let Self { from, last, follow, placement, place, json } = self;
        let asked = Asked { from, last, placement, follow };
        if !follow {
            return once(&place, asked, json).await.map(drop);
        }
        tokio::select! {
            ended = follow_on(&place, asked, json) => ended,
            interrupted = tokio::signal::ctrl_c() => match interrupted {
                Ok(()) => Err(Failure::Interrupted),
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// Follows one process after the other.
async fn follow_on(place: &Place, mut asked: Asked, json: bool) -> Outcome {
    let mut waits = false;
    loop {
        match once(place, asked.clone(), json).await {
            Ok((End::Unread, _)) => return Ok(()),
            Ok((End::Read, next)) => asked.from = next.or(asked.from),
            // A process that is starting or ending at this moment.
            Err(Failure::Failed(_)) if waits => {}
            Err(failure) => return Err(failure),
        }
        if !waits {
            waits = true;
            let from = asked.from.map_or(String::new(), |from| format!(" from position {from} on"));
            drop(writeln!(io::stderr(), "runner: no process is at work; waiting for one{from}"));
        }
        loop {
            tokio::time::sleep(LOOK).await;
            if matches!(place.ask().await, Ok(Ask::Running(_))) {
                break;
            }
        }
    }
}

/// Prints what there is, or what a process tells until it ends; says where to go on.
async fn once(place: &Place, asked: Asked, json: bool) -> Result<(End, Option<u64>), Failure> {
    match place.ask().await? {
        Ask::Running(address) => {
            let (mut next, mut end) = (asked.from, End::Read);
            let told = ask::lines(&address, "/v1/tail", &asked, &mut |line| {
                match serde_json::from_str(line).map_err(|error| failed(&error))? {
                    Told::Event(line) => {
                        if matches!(print(&line, json)?, End::Unread) {
                            end = End::Unread;
                            return Err(Failure::Interrupted);
                        }
                        next = Some(line.position + 1);
                    }
                    Told::Reached(position) => next = Some(position),
                }
                Ok(())
            })
            .await;
            match (told, asked.follow) {
                (Err(Failure::Interrupted), _) if matches!(end, End::Unread) => Ok((end, next)),
                // The process went away in the middle; it is waited for.
                (Err(Failure::Failed(_)), true) if next.is_some() => Ok((end, next)),
                (told, _) => told.map(|()| (end, next)),
            }
        }
        Ask::Stopped(dir) => stopped(&dir, &asked, json),
    }
}

fn stopped(dir: &Path, asked: &Asked, json: bool) -> Result<(End, Option<u64>), Failure> {
    let store = SledStore::open(&dir.join(LOG_DIR)).map_err(|error| failed(&error))?;
    let head = store.head().next.0;
    let mut from = asked.begin(head);
    if from > head {
        let what = format!("the log ends at position {head}: there is no position {from} yet");
        return Err(Failure::NotFound(what));
    }
    let mut end = End::Read;
    'parts: while from < head {
        let part = tail::read(&store, asked, from).map_err(Failure::Failed)?;
        for line in &part.events {
            if matches!(print(line, json)?, End::Unread) {
                end = End::Unread;
                break 'parts;
            }
        }
        from = part.next;
    }
    store.close().map_err(|error| failed(&error))?;
    Ok((end, Some(from)))
}

fn print(line: &Line, json: bool) -> Result<End, Failure> {
    let text = match json {
        true => serde_json::to_string(line).map_err(|error| failed(&error))?,
        false => {
            let Line { position, stream, at, event, actor, .. } = line;
            let what = event.replace('_', " ");
            let reason = line.reason().map_or(String::new(), |reason| format!(": {reason}"));
            format!("{position:>6}  {at}  {stream:<34} {what} by {actor}{reason}")
        }
    };
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(End::Read),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(End::Unread),
        Err(error) => Err(error.into()),
    }
}
