//! `runner resolve`: a person settles a flag.

use clap::{Args, ValueEnum};

use super::order::Ordered;
use super::{Outcome, exclude::Exclude};
use crate::order::{About, Deed, How};

/// Settle a flag.
///
/// Of a placement, a contractor (contractor/ID), a certificate (certificate/NAME) or a pay period (invoice/ID). The reason and your name are kept with the decision.
///
/// return: go on where it stopped, with what is known now. restart: read it again and start from there (before anything
/// is bought). accept: what is covered stays covered as it is, whatever the flag says. close: it is settled outside; what
/// is open at the insurer is undone, and the placement is over. Of a contractor: return tries again, close gives it up. Of a
/// certificate: return sends it again, accept takes it for good as the insurer read it, close takes it back. Of a pay
/// period: return tries again, close says that it is settled outside.
///
/// On a stopped log it needs --config.
///
/// Example: runner resolve 51000796 return --reason "the broker renewed the policy"
///
/// Example: runner resolve contractor/70001203 return --reason "the address is free again"
///
/// Example: runner resolve invoice/51000797.2026-04-05 close --reason "the broker agreed"
#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// The placement's id in JobDiva, contractor/ID, certificate/NAME or invoice/ID; with several tenants, TENANT/ID.
    id: String,
    /// How.
    how: Word,
    #[command(flatten)]
    ordered: Ordered,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Word {
    /// Go on where it stopped.
    Return,
    /// Read it again and start from what is known.
    Restart,
    /// What is covered stays as it is.
    Accept,
    /// Close it: it is settled outside.
    Close,
    /// Take it out of scope: a verb of its own now.
    #[value(hide = true)]
    Exclude,
}

impl Resolve {
    pub(super) async fn run(self) -> Outcome {
        let Self { id, how, ordered } = self;
        let how = match how {
            Word::Return => How::Return,
            Word::Restart => How::Restart,
            Word::Accept => How::Accept,
            Word::Close => How::Close,
            Word::Exclude => return Exclude { id, ordered }.run().await,
        };
        ordered.give(Deed::Resolve(how), About::One(id)).await
    }
}
