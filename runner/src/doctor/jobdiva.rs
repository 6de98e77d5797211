//! JobDiva's half: the login, every operation once with something harmless, other ways where one does not work.
//!
//! What is found to work is used from then on, so that one difference does not hide the next: a renamed column is read under
//! its new name, and the words in it are looked at too. What the words mean for the tenant's maps is `doctor/words.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use integration_jobdiva::JobDiva;
use integration_jobdiva::config::{Config, Login, TokenHeader};
use integration_jobdiva::error::Error;
use integration_jobdiva::operations::{Field, Need, Operation, Param, Spec};
use integration_jobdiva::probe::{Harmless, Outcome, Probe, Vocabulary};
use workflow_core::domain::call::Side;
use workflow_core::time::Clock;

use super::columns::{self, listed};
use super::finding::{Code, Finding, Line, Severity, Sure, quoted};
use super::policy::host;
use super::ways::{self, Way, by_another_way, table};
use crate::config::Tenant;

/// How far back what has no windows is asked, where its rows tell the tenant's words and name ids to ask for.
const TELLING: Duration = Duration::from_secs(13 * 86_400);
/// How far back else; and a feed that fails over its own window.
const HARMLESS: Duration = Duration::from_secs(3600);
/// Those whose rows name ids to ask for and the tenant's words.
const FIRST: [Operation; 6] = [
    Operation::PlacementDelta,
    Operation::PlacementDeltaAlt,
    Operation::PlacementCensus,
    Operation::PayDelta,
    Operation::BillingDelta,
    Operation::JobDelta,
];
/// How many requisitions are read for their categories and clients.
const JOBS_MAX: usize = 20;

/// The configuration's table.
const TABLE: &str = "jobdiva";

/// What was found, and the tenant's words.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) words: Vocabulary,
    /// What each operation was found to answer with.
    pub(super) operations: Vec<Probe>,
}

pub(super) fn found(
    severity: Severity,
    code: Code,
    about: impl Into<String>,
    what: impl Into<String>,
) -> Finding {
    Finding::new(severity, Side::Ats, code, about, what)
}

pub(super) async fn examine(tenant: &Tenant, clock: &Arc<dyn Clock>) -> Looked {
    let mut looked = Looked::default();
    let Some(config) = log_in(tenant, clock, &mut looked.findings).await else { return looked };
    let mut service = Service {
        config,
        own: OnceLock::new(),
        clock: Arc::clone(clock),
        known: BTreeMap::new(),
        jobs: BTreeSet::new(),
        tenant,
        heard: Heard::Nothing,
        narrowed: false,
    };
    for operation in in_order() {
        let mut probe = service.look(operation, &mut looked.findings).await;
        merge(&mut looked.words, std::mem::take(&mut probe.vocabulary));
        looked.operations.push(probe);
    }
    let jobs: Vec<String> = service.jobs.iter().take(JOBS_MAX).cloned().collect();
    for (read, job) in jobs.iter().enumerate() {
        service.known.insert(Param::Job, job.clone());
        let Some(probe) = service.probed(Operation::JobGet).await else { continue };
        merge(&mut looked.words, probe.vocabulary);
        if let Outcome::Failed { why } = probe.outcome {
            let what = format!("{read} of {} requisitions read for their words: {why}", jobs.len());
            let about = Operation::JobGet.name();
            looked.findings.push(found(Severity::Note, Code::Operation, about, what));
            break;
        }
    }
    looked
}

/// What names ids comes before what asks for them.
fn in_order() -> Vec<Operation> {
    let mut order: Vec<Operation> = Operation::ALL.to_vec();
    order.retain(|operation| !operation.name().starts_with("auth."));
    order.sort_by_key(|operation| FIRST.iter().position(|f| f == operation).unwrap_or(FIRST.len()));
    order
}

/// Logs in, in the configured way or in one that works; the settings that do.
async fn log_in(
    tenant: &Tenant,
    clock: &Arc<dyn Clock>,
    findings: &mut Vec<Finding>,
) -> Option<Config> {
    let config = tenant.jobdiva.clone();
    let about = host(&config.base_url);
    let jobdiva = match JobDiva::new(config.clone(), Arc::clone(clock)) {
        Ok(jobdiva) => jobdiva,
        Err(error) => {
            let finding =
                found(Severity::Person, Code::Settings, "[tenant.jobdiva]", error.to_string());
            findings.push(finding.todo("correct the configuration: runner check"));
            return None;
        }
    };
    let error = match jobdiva.log_in().await {
        Ok(until) => {
            let hours = until.since(clock.now()).as_secs() / 3600;
            let what = format!("logged in; the token is good for {hours} h");
            findings.push(found(Severity::Good, Code::Login, about, what));
            return Some(config);
        }
        Err(error) => error,
    };
    let Error::Credentials { message, .. } = &error else {
        let todo = "try again; if it stays so, look at base_url, proxy and firewall";
        findings.push(
            found(Severity::Unreachable, Code::Unreachable, about, error.to_string()).todo(todo),
        );
        return None;
    };
    for (login, word) in [
        (Login::V2Pair, "v2_pair"),
        (Login::V2Text, "v2_text"),
        (Login::V2Login, "v2_login"),
        (Login::V1Text, "v1_text"),
    ] {
        let other = Config { login, ..config.clone() };
        let Ok(jobdiva) = JobDiva::new(other.clone(), Arc::clone(clock)) else { continue };
        if login != config.login && jobdiva.log_in().await.is_ok() {
            let what = "the login is refused as configured, and taken in another way";
            let line = Line::text(TABLE, "login", word, Sure::Known);
            let finding = found(Severity::Person, Code::LoginWay, about, what).line(line);
            findings.push(finding.todo(format!("use login = \"{word}\"")));
            return Some(other);
        }
    }
    let todo =
        "look at client_id, username and the password's file; JobDiva Support unlocks API users";
    let what = format!("the login is refused: {message}");
    findings.push(found(Severity::Person, Code::LoginRefused, about, what).todo(todo));
    None
}

/// The service, as it was found to be asked so far.
struct Service<'a> {
    config: Config,
    /// A client by these settings, so that one login serves all that works.
    own: OnceLock<JobDiva>,
    clock: Arc<dyn Clock>,
    /// Ids to ask for.
    known: BTreeMap<Param, String>,
    /// Requisitions that were named.
    jobs: BTreeSet<String>,
    tenant: &'a Tenant,
    /// Whether the form of the token's header is known to be taken.
    heard: Heard,
    /// Whether it is known how wide a window may be: one was read whole, or all were made narrower.
    narrowed: bool,
}

/// Whether any operation has answered to a token yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// All were told that they are not logged in, or none was asked.
    Nothing,
    /// One was let in.
    Something,
}

/// Another way that works: what is otherwise, the settings with it, and what came.
struct Found {
    ways: Vec<Way>,
    config: Config,
    probe: Probe,
}

impl Service<'_> {
    /// Tries an operation as the settings in hand say; `None` for settings that cannot work.
    async fn probed_with(&self, config: &Config, operation: Operation) -> Option<Probe> {
        let jobdiva = JobDiva::new(config.clone(), Arc::clone(&self.clock)).ok()?;
        Some(self.asked(&jobdiva, config, operation).await)
    }

    async fn asked(&self, jobdiva: &JobDiva, config: &Config, operation: Operation) -> Probe {
        // A feed as wide as it will be read: a limit that it alone has shows in no shorter window.
        let reach = match (&config.registry.of(operation).window, FIRST.contains(&operation)) {
            (Some(window), _) => window.max,
            (None, true) => TELLING,
            (None, false) => HARMLESS,
        };
        self.asked_within(jobdiva, operation, reach).await
    }

    async fn asked_within(
        &self,
        jobdiva: &JobDiva,
        operation: Operation,
        reach: Duration,
    ) -> Probe {
        let known = self.known.clone();
        let harmless = Harmless { now: self.clock.now(), reach, known };
        jobdiva.probe(operation, &harmless).await
    }

    /// Tries an operation as it was found to work so far.
    async fn probed(&self, operation: Operation) -> Option<Probe> {
        if self.own.get().is_none() {
            let made = JobDiva::new(self.config.clone(), Arc::clone(&self.clock)).ok()?;
            // Nobody else has put one there meanwhile.
            drop(self.own.set(made));
        }
        Some(self.asked(self.own.get()?, &self.config, operation).await)
    }

    /// Goes on with these settings.
    fn go_on(&mut self, config: Config) {
        (self.config, self.own) = (config, OnceLock::new());
    }

    /// Looks at one operation, says what is so, and goes on with what works.
    async fn look(&mut self, operation: Operation, findings: &mut Vec<Finding>) -> Probe {
        let Some(mut probe) = self.probed(operation).await else {
            return self.jobdiva_probe_of_nothing(operation).await;
        };
        let about = format!("{operation} ({})", self.config.registry.of(operation).path);
        let around = self.around(operation, &about, &probe.outcome).await;
        let whole = around.is_none();
        if let Some((narrow, told)) = around {
            findings.push(told);
            probe = narrow;
        }
        let mut ways = 0;
        // One difference may stand behind another.
        while let Some(found) = self.other_way(operation, &probe.outcome).await {
            for way in &found.ways {
                findings.push(by_another_way(operation, &about, &probe.outcome, way));
                self.narrowed |= matches!(way, Way::Windows(_));
                ways += 1;
            }
            self.go_on(found.config);
            probe = found.probe;
        }
        if progress(&probe.outcome) > 0 {
            self.heard = Heard::Something;
        }
        // Where one is read over its whole window, a limit that shows later is that operation's own.
        let fed = self.config.registry.of(operation).window.is_some();
        self.narrowed |= fed && whole && progress(&probe.outcome) == WORKS;
        if ways == 0 || progress(&probe.outcome) < WORKS {
            findings.extend(self.outcome(&about, &probe));
        }
        let (mended, told) = self.mended(&about, &probe);
        findings.extend(told);
        if let Some(config) = mended
            && let Some(better) = self.probed_with(&config, operation).await
        {
            self.go_on(config);
            probe = better;
        }
        findings.extend(columns::told(&about, &probe));
        findings.extend(misread(&about, &probe));
        for (param, id) in &probe.samples {
            let known = self.known.entry(*param).or_insert_with(|| id.clone());
            // Somebody with a pay record has all the others too.
            if operation == Operation::PayDelta {
                known.clone_from(id);
            }
        }
        self.jobs.extend(probe.requisitions.iter().cloned());
        probe
    }

    /// Settings that were read and worked a moment ago work still.
    async fn jobdiva_probe_of_nothing(&self, operation: Operation) -> Probe {
        let mut config = self.tenant.jobdiva.clone();
        config.registry.of_mut(operation).enabled = false;
        let jobdiva = JobDiva::new(config, Arc::clone(&self.clock)).expect("they were checked");
        jobdiva.probe(operation, &Harmless::at(self.clock.now())).await
    }

    /// A feed that fails on a long stretch of time may answer for a short one: a row of the other is the reason then, and reading
    /// goes on around it.
    async fn around(
        &self,
        operation: Operation,
        about: &str,
        outcome: &Outcome,
    ) -> Option<(Probe, Finding)> {
        let Outcome::Failed { why } = outcome else { return None };
        let window = self.config.registry.of(operation).window.as_ref();
        window.filter(|window| window.max > HARMLESS)?;
        let own = self.own.get()?;
        let narrow = self.asked_within(own, operation, HARMLESS).await;
        if !matches!(narrow.outcome, Outcome::Ok { .. } | Outcome::Empty) {
            return None;
        }
        let what = format!("a long window fails, the last hour does not: {why}");
        let todo =
            "nothing: reading halves windows around such a row, and names those it leaves out";
        Some((narrow, found(Severity::Note, Code::Operation, about, what).todo(todo)))
    }

    /// The first other way that works; else the first that gets further.
    async fn other_way(&self, operation: Operation, outcome: &Outcome) -> Option<Found> {
        let mut further = None;
        for (ways, config) in self.others(operation, outcome) {
            let Some(probe) = self.probed_with(&config, operation).await else { continue };
            let came = progress(&probe.outcome);
            let found = Found { ways, config, probe };
            if came == WORKS {
                return Some(found);
            }
            if came > progress(outcome) && further.is_none() {
                further = Some(found);
            }
        }
        further
    }

    /// Every other way that may be tried, with the settings that it makes.
    fn others(&self, operation: Operation, outcome: &Outcome) -> Vec<(Vec<Way>, Config)> {
        let mut headers = vec![(Vec::new(), self.config.clone())];
        let mut all = Vec::new();
        // An unknown path answers as a token does that is not taken: the other form may be, here or there.
        if *outcome == Outcome::NotThere && self.heard == Heard::Nothing {
            let token_header = match self.config.token_header {
                TokenHeader::Bearer => TokenHeader::Raw,
                TokenHeader::Raw => TokenHeader::Bearer,
            };
            let config = Config { token_header, ..self.config.clone() };
            headers.push((vec![Way::Header(token_header)], config));
            all.extend(headers.last().cloned());
        }
        for (before, config) in headers {
            for (way, spec) in ways::of(operation, config.registry.of(operation), outcome) {
                let (way, config) = self.with(operation, way, spec, config.clone());
                all.push((before.iter().cloned().chain([way]).collect(), config));
            }
        }
        all
    }

    /// The settings with an operation's other spec. How wide a window may be is a rule of all, until one breaks it still.
    fn with(
        &self,
        operation: Operation,
        way: Way,
        spec: Spec,
        mut config: Config,
    ) -> (Way, Config) {
        let mut way = way;
        if let Way::Window(max) = way
            && !self.narrowed
        {
            config.registry.each_window(|window| window.max = window.max.min(max));
            way = Way::Windows(max);
        }
        *config.registry.of_mut(operation) = spec;
        (way, config)
    }

    /// What an operation that has no other way answered.
    fn outcome(&self, about: &str, probe: &Probe) -> Option<Finding> {
        let operation = probe.operation;
        let person = |code, what: String| found(Severity::Person, code, about, what);
        Some(match &probe.outcome {
            Outcome::Ok { rows } => found(
                Severity::Good,
                Code::Operation,
                about,
                format!("ok: {rows} rows, {}", probe.shape),
            ),
            Outcome::Empty => found(Severity::Good, Code::Operation, about, "ok: empty"),
            Outcome::SwitchedOff => {
                found(Severity::Note, Code::Operation, about, "switched off in the configuration")
            }
            Outcome::NotAsked { missing } => {
                let what = format!("not asked: no {missing} is known to ask it for");
                found(Severity::Note, Code::Operation, about, what)
            }
            Outcome::NotGranted { .. } => return Some(self.not_granted(about, operation)),
            Outcome::NotThere if self.is_used(operation) => {
                let paths = Line::text("jobdiva.paths", operation.name(), "/...", Sure::Open);
                person(Code::NotThere, "it answers as an unknown path does".to_owned())
                    .todo("ask JobDiva Support for its path, or to grant it")
                    .line(paths)
            }
            Outcome::NotThere => {
                found(Severity::Note, Code::Operation, about, "not there; nothing here uses it")
            }
            Outcome::LoginRefused { message } => person(Code::LoginRefused, message.clone()),
            Outcome::WrongParameter { message } | Outcome::WindowTooWide { message } => {
                let todo = "compare its parameters with your tenant's API page: runner operations";
                person(Code::WrongParameter, message.clone()).todo(todo)
            }
            Outcome::ShapeDiffers { why } => person(Code::ShapeDiffers, why.clone())
                .todo("report it with the shape; no row is read meanwhile"),
            Outcome::Failed { why } => {
                found(Severity::Unreachable, Code::Unreachable, about, why.clone())
                    .todo("try again")
            }
        })
    }

    fn not_granted(&self, about: &str, operation: Operation) -> Finding {
        let spec = self.config.registry.of(operation);
        let what = "not granted to the API user";
        if !self.is_used(operation) {
            return found(
                Severity::Note,
                Code::NotGranted,
                about,
                format!("{what}; nothing here uses it"),
            );
        }
        let todo = format!("ask JobDiva Support to grant {} to the API user", spec.path);
        let finding = found(Severity::Person, Code::NotGranted, about, what);
        match spec.need {
            Need::Required => finding.todo(format!("{todo}: nothing works without it")),
            Need::Helpful | Need::Optional | Need::Setup => {
                let line = Line::of(table(operation), "enabled", "false".into(), Sure::Known);
                finding.todo(format!("{todo}, or go without it")).line(line)
            }
        }
    }

    /// Whether anything that this tenant has switched on asks it.
    fn is_used(&self, operation: Operation) -> bool {
        let name = operation.name();
        let (timesheets, documents) =
            (self.config.timesheets.is_some(), self.tenant.certificates.finding.is_some());
        match name.split_once('.').map_or(name, |(family, _)| family) {
            "timesheet" | "invoice" => timesheets,
            "document" | "onboarding" => documents,
            "company" | "udf" | "limits" => false,
            _ => true,
        }
    }

    /// Renamed columns and other forms of dates: the settings that read them, and what is said of it.
    fn mended(&self, about: &str, probe: &Probe) -> (Option<Config>, Vec<Finding>) {
        let operation = probe.operation;
        let mut config = self.config.clone();
        let mut findings = Vec::new();
        for field in &probe.missing {
            let Some(column) = probe.likely.get(field) else {
                let what =
                    format!("no column for {field}; seen are {}", listed(&probe.columns_seen));
                findings.push(found(Severity::Note, Code::ColumnMissing, about, what));
                continue;
            };
            let spec = config.registry.of_mut(operation);
            let mut columns = vec![column.clone()];
            columns.extend(spec.columns(*field).iter().cloned());
            let value =
                format!("[{}]", columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", "));
            spec.fields.insert(*field, columns);
            let what = format!("{field} is not where it usually is; `{column}` looks like it");
            let line =
                Line::of(format!("{}.fields", table(operation)), field.name(), value, Sure::ByName);
            let todo = "read it from there, if that is what it is";
            findings.push(found(Severity::Person, Code::Column, about, what).todo(todo).line(line));
        }
        if let Some(form) = &probe.likely_date_format {
            config.registry.of_mut(operation).date_format = Some(form.clone());
            let line = Line::text(table(operation), "date_format", &form.to_string(), Sure::Known);
            let what = format!("dates come as {form}");
            findings.push(
                found(Severity::Person, Code::DateFormat, about, what)
                    .todo("read them so")
                    .line(line),
            );
        }
        let changed = findings.iter().any(|finding| !finding.lines.is_empty());
        (changed.then_some(config), findings)
    }
}

/// Values that nothing makes sense of, by their form only.
fn misread(about: &str, probe: &Probe) -> Vec<Finding> {
    let of = |field: Field| probe.misread.iter().filter(move |misread| misread.field == field);
    let mut fields: Vec<Field> = probe.misread.iter().map(|misread| misread.field).collect();
    fields.dedup();
    let told = |field: Field| {
        let forms: Vec<String> =
            of(field).take(3).map(|it| format!("{} `{}` {}", it.column, it.form, it.why)).collect();
        let what = format!("{field} is not understood: {}", forms.join("; "));
        found(Severity::Note, Code::Misread, about, what)
            .todo("placements with such values are held, each saying so")
    };
    fields.into_iter().map(told).collect()
}

/// An operation that works.
const WORKS: u8 = 5;

/// How far an operation got: let in, its parameters understood, its window allowed, granted, read.
fn progress(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::SwitchedOff
        | Outcome::NotAsked { .. }
        | Outcome::NotThere
        | Outcome::LoginRefused { .. }
        | Outcome::Failed { .. } => 0,
        Outcome::WrongParameter { .. } => 1,
        Outcome::WindowTooWide { .. } => 2,
        Outcome::NotGranted { .. } => 3,
        Outcome::ShapeDiffers { .. } => 4,
        Outcome::Ok { .. } | Outcome::Empty => WORKS,
    }
}

fn merge(into: &mut Vocabulary, from: Vocabulary) {
    into.categories.extend(from.categories);
    into.units.extend(from.units);
    into.statuses.extend(from.statuses);
    into.timesheet_statuses.extend(from.timesheet_statuses);
    into.user_fields.extend(from.user_fields);
    into.job_categories.extend(from.job_categories);
    into.positions.extend(from.positions);
    into.currencies.extend(from.currencies);
    for (id, name) in from.companies {
        let known = into.companies.entry(id).or_default();
        *known = known.take().or(name);
    }
}
