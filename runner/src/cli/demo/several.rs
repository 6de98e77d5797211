//! `runner demo --runners N`: the demo on several processes and one PostgreSQL, with one of them killed half-way.

use std::io::Read as _;
use std::path::Path;

use super::super::run::Signals;
use super::super::{Failure, Outcome, failed, say};
use crate::demo::several::{At, Membership, Several};
use crate::demo::{Ending, Screen};
use crate::shards::Member;
use crate::telemetry::{self, Form};

/// Plays the demo on so many runners.
pub(super) async fn play(
    data: &Path,
    runners: usize,
    database: Option<String>,
    screen: &mut Screen,
) -> Result<Ending, Failure> {
    if runners < 2 {
        return Err(Failure::Usage("--runners: at least 2, of which one is killed".to_owned()));
    }
    if data.join("simulators").exists() {
        let what = "holds a demo already: its world and a new database would not fit";
        return Err(Failure::Failed(format!("{} {what}; name another --data", data.display())));
    }
    let program = std::env::current_exe()?;
    let at = database.map_or(At::Package, At::Url);
    let started = Several::start(data, &program, runners, at).await;
    let mut several = started.map_err(|error| failed(&error))?;
    let mut signals = Signals::new()?;
    let mut told = |line: &str| drop(say(&format!("\n== {line}\n")));
    let played = tokio::select! {
        played = several.play_with_a_loss(screen, &mut told) => played,
        () = signals.next() => {
            drop(several.stop().await);
            return Err(Failure::Interrupted);
        }
    };
    let stopped = several.stop().await;
    let ending = played.map_err(|error| failed(&error))?;
    stopped.map_err(|error| failed(&error))?;
    Ok(ending)
}

/// Is one of its runners, until it is told to stop or the demo is gone.
pub(super) async fn be(data: &Path) -> Outcome {
    telemetry::to_stderr(Form::Lines, "info");
    let membership = Membership::read(data)?;
    let (config, options) = membership.configured(data).map_err(|error| failed(&error))?;
    let mut signals = Signals::new()?;
    let mut member = Member::start_with(config, options).await.map_err(|error| failed(&error))?;
    let (gone, demo) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Nothing is ever written there: it ends with whoever holds the other end.
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        // Where nobody waits any more, it has ended already.
        let _ = gone.send(());
    });
    let ended = tokio::select! {
        () = signals.next() => None,
        _ = demo => None,
        error = member.ended() => Some(error),
    };
    let stopped = member.stop().await;
    match ended {
        Some(error) => Err(failed(&error)),
        None => stopped.map_err(|error| failed(&error)),
    }
}
