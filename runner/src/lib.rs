//! Runs the placement workflows against JobDiva and 1099Policy, as a process or embedded.
//!
//! An embedder reads or builds a [`config::Config`] and calls [`Runner::start`]; the binary does the same. In reading
//! order: [`config`] (what it is told), [`systems`] (the adapters), [`ingress`] (the webhook door), [`receivers`] (whom it believes), [`endpoint`] (its addresses), [`webhook_trial`] (why a
//! delivery is refused), [`inbox`] (working
//! deliveries off), [`poll`] (looking without being told), [`certificates`] and [`intake`] (documents that contractors
//! bring), [`notify`] (whom we tell), [`documents`] (their bytes), [`forget`] (a person), [`order`] (what people decide),
//! [`gates`] (what is paused), [`credentials`] (a tenant whose login is refused), [`tenants`] (each as it stands),
//! [`workplace`] (the loops on one log), [`supervise`] (the process: its doors, started and stopped), [`signing`] (where the log ends, signed), [`audit`] (what an auditor
//! asks), [`admin`] and [`views`] (what it answers), [`metrics`] (what a machine is told), [`web`] (the pages), [`cli`] (the command
//! line), [`demo`] (the whole of it on simulators).
//!
//! ```no_run
//! # async fn embed() -> Result<(), Box<dyn std::error::Error>> {
//! let config = runner::config::load("runner.toml".as_ref())?;
//! let runner = runner::Runner::start(config).await?;
//! for placement in runner.engine().summaries("placement") {
//!     tracing::info!(stream = %placement.stream, state = placement.state, why = %placement.headline);
//! }
//! runner.stop().await?;
//! # Ok(())
//! # }
//! ```

pub mod admin;
pub mod audit;
pub mod certificates;
pub mod checklist;
pub mod cli;
pub mod config;
pub mod credentials;
#[cfg(feature = "simulators")]
pub mod demo;
pub mod disclosure;
pub mod doctor;
pub mod documents;
pub mod endpoint;
pub mod forget;
pub mod gates;
pub mod hold;
pub mod inbox;
pub mod ingress;
pub mod intake;
pub mod lineage;
pub mod metrics;
pub mod notify;
pub mod operations;
pub mod order;
pub mod parked;
pub mod people;
pub mod poll;
pub mod pulse;
pub mod read;
pub mod receivers;
pub mod serve;
pub mod service_manager;
#[cfg(feature = "postgres")]
pub mod shards;
pub mod signing;
pub mod supervise;
pub mod systems;
pub mod tail;
pub mod telemetry;
pub mod tenants;
pub mod terminal;
pub mod timesheets;
pub mod unread;
pub mod views;
pub mod web;
pub mod webhook_trial;
pub mod workplace;

pub use supervise::{Options, Runner, StartError, StopError};
