//! The checklist on the built-in simulators: their own people and placements, and a timesheet filed for the occasion.

use std::time::Duration;

use integration_1099policy::simulator as insurer;
use integration_jobdiva::config::TimesheetPay;
use integration_jobdiva::simulator as ats;
use jiff::civil::date;
use workflow_core::domain::rules::{Invoices, Send};
use workflow_core::time::ManualClock;

use super::ChecklistError;
use super::world::World;
use crate::config::{CallsAtOnce, Certificates, Checklist, Pace, SecretFiles, Tenant};
use crate::demo::settings;

/// A first engagement from 2026-04-01 to 2026-04-17, the same contractor's second one from its last day on, and an hourly
/// employee's.
const FIRST: u64 = 51_000_797;
const SECOND: &str = "51000798";
const EMPLOYEE: &str = "51000779";

/// How far the clock moves at a time.
const STEP: Duration = Duration::from_secs(3600);

/// Both simulators on one clock.
pub(super) struct Simulated {
    clock: ManualClock,
    jobdiva: ats::Simulator,
    policy: insurer::Simulator,
}

impl Simulated {
    pub(super) fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    pub(super) async fn pass(&self) {
        self.clock.advance(STEP);
        if let Err(error) = self.jobdiva.tick().await {
            tracing::error!(%error, "the JobDiva simulator stands still");
        }
        self.policy.tick().await;
    }

    pub(super) async fn stop(self) {
        self.jobdiva.stop().await;
        self.policy.stop().await;
    }
}

/// Starts the simulators; the tenant that knows them, and what to try things on.
pub(super) async fn start() -> Result<(Tenant, Checklist, World), ChecklistError> {
    let clock = ManualClock::at(ats::seed::START);
    let io = |what| move |source| ChecklistError::Io { what, source };
    let jobdiva = ats::Config { clock: clock.clone(), ..ats::Config::default() };
    let jobdiva = ats::Simulator::start(jobdiva).await;
    let jobdiva = jobdiva.map_err(io("starting the JobDiva simulator"))?;
    let policy = insurer::Config { clock: clock.clone(), ..insurer::Config::default() };
    let policy = insurer::Simulator::start(policy).await;
    let policy = policy.map_err(io("starting the 1099Policy simulator"))?;
    clock.set(ats::seed::START);
    let setup = |error: &dyn std::fmt::Display| ChecklistError::Simulators(error.to_string());
    let filed = jobdiva.mutate(ats::Mutation::AddTimesheet {
        placement: FIRST,
        week_ending: date(2026, 4, 5),
        hours: "26.5".into(),
        decision: ats::Decision::Approved,
    });
    let filed = filed.map_err(|error| setup(&error))?;
    let mut rules = settings::rules().map_err(|error| setup(&error))?;
    rules.invoices = Invoices { send: Send::WhenDifferent, ..Invoices::default() };
    let mut jobdiva_config = settings::jobdiva_config(&jobdiva);
    jobdiva_config.timesheets = Some(TimesheetPay::Rate);
    let tenant = Tenant {
        name: settings::TENANT.to_owned(),
        jobdiva: jobdiva_config,
        jobdiva_hook: None,
        policy: settings::policy_config(&policy),
        policy_hook: None,
        rules,
        pace: Pace::default(),
        checklist: None,
        certificates: Certificates::default(),
        calls_at_once: CallsAtOnce::default(),
        secret_files: SecretFiles::default(),
        notify: Vec::new(),
    };
    let on = Checklist {
        placement: FIRST.to_string().as_str().into(),
        returning: Some(SECOND.into()),
        employee: Some(EMPLOYEE.into()),
        timesheet: Some(filed.id.to_string().as_str().into()),
    };
    Ok((tenant, on, World::Simulated(Simulated { clock, jobdiva, policy })))
}
