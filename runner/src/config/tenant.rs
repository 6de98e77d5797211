//! The keys of one `[[tenant]]`.

use std::path::Path;

use integration_1099policy::config as policy;
use integration_jobdiva::config as jobdiva;
use integration_jobdiva::operations::{LOGIN, Operation, written_duration};
use integration_jobdiva::standing::{Standing, Standings};
use jiff::tz::TimeZone;
use workflow_core::domain::call::{CategoryCode, CoverageType, EntityId};
use workflow_core::domain::facts::{CompanyId, PlacementId};
use workflow_core::domain::rules::{
    Class, CoverageRule, Invoices, NonHourly, RateUnit, Rules, Send,
};
use workflow_core::domain::timesheet::TimesheetId;
use workflow_core::id::StreamId;
use workflow_core::money::Decimal;

use super::limits;
use super::reader::Section;
use super::settings::Origin;
use super::{
    CallsAtOnce, Checklist, Pace, SecretFiles, Tenant, certificates, notify, operations, webhooks,
};

/// What reading needs beside the text.
pub(super) struct Reading<'a> {
    /// The folder that paths are relative to.
    pub base: &'a Path,
    /// Looks an environment variable up.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// More connections to one system help nobody.
const CALLS_AT_ONCE_MAX: usize = 64;

const COVERAGE: &[(&str, CoverageType)] = &[
    ("general", CoverageType::General),
    ("professional", CoverageType::Professional),
    ("workers-comp", CoverageType::WorkersComp),
    ("media", CoverageType::Media),
    ("cyber", CoverageType::Cyber),
];

/// Reads one tenant; `None` when something is missing or wrong, which is noted.
pub(super) fn tenant(section: Section<'_>, read: &Reading<'_>) -> Option<Tenant> {
    let name = section.required("name", "a short name of a-z 0-9 - _");
    let name = name.filter(|name| {
        let good = StreamId::new("placement", name, "1").is_ok();
        if !good {
            section.note("name", format!("`{name}` has characters other than a-z 0-9 - _"));
        }
        good
    });
    let ats = section.section("jobdiva");
    let jobdiva = jobdiva(&ats, read);
    let jobdiva_hook = webhooks::jobdiva_hook(ats.section("webhook"), read, name.as_deref());
    let insurer = section.section("1099policy");
    let policy = policy(&insurer, read, name.as_deref());
    let policy_hook = webhooks::policy_hook(insurer.section("webhook"), read, name.as_deref());
    let calls_at_once = CallsAtOnce { jobdiva: at_once(&ats), policy: at_once(&insurer) };
    let file =
        |section: &Section<'_>, key: &str| section.text(key).map(|path| read.base.join(path));
    let secret_files = SecretFiles {
        jobdiva_password: file(&ats, "password_file"),
        policy_api_key: file(&insurer, "api_key_file"),
    };
    ats.finish();
    insurer.finish();
    let shorten_cover = section.flag("shorten_cover").unwrap_or(false);
    section.usual("shorten_cover", false);
    let mut rules = rules(&section).map(|rules| Rules { shorten_cover, ..rules });
    let certificates = certificates::certificates(&section, read, rules.as_mut());
    let (invoices, timesheets) = invoices(section.section("invoices"));
    let standings = standings(&section.section("statuses"));
    let pace = pace(section.section("pace"));
    let checklist = checklist(section.section("checklist"));
    let notify = notify::endpoints(section.sections("notify"), read);
    section.finish();
    Some(Tenant {
        name: name?,
        jobdiva: jobdiva::Config { timesheets, standings, ..jobdiva? },
        jobdiva_hook: jobdiva_hook?,
        policy: policy?,
        policy_hook: policy_hook?,
        rules: Rules { invoices, ..rules? },
        pace,
        checklist,
        certificates: certificates?,
        calls_at_once,
        secret_files,
        notify: notify?,
    })
}

/// How many calls one of the two systems bears at once.
fn at_once(section: &Section<'_>) -> usize {
    let usual = CallsAtOnce::default().policy;
    section.usual("calls_at_once", usual);
    let Some(number) = section.number("calls_at_once") else { return usual };
    match usize::try_from(number) {
        Ok(number @ 1..=CALLS_AT_ONCE_MAX) => number,
        _ => {
            section.note("calls_at_once", format!("expected 1 to {CALLS_AT_ONCE_MAX}"));
            usual
        }
    }
}

/// A secret: from a file (`<key>_file`) or from the environment (`<key>_env`), never from the file itself.
pub(super) fn secret(section: &Section<'_>, key: &str, read: &Reading<'_>) -> Option<String> {
    let (in_file, in_env) = (format!("{key}_file"), format!("{key}_env"));
    if section.text(key).is_some() {
        let what = format!("secrets do not stand in this file: use `{in_file}` or `{in_env}`");
        section.note(key, what);
        return None;
    }
    let found = match (section.text(&in_file), section.text(&in_env)) {
        (Some(path), None) => match std::fs::read_to_string(read.base.join(&path)) {
            Ok(text) => {
                section.hidden(key, Origin::SecretFile { path: read.base.join(&path) });
                Some((in_file, text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            Err(error) => {
                section.note(&in_file, format!("{path} cannot be read: {error}"));
                None
            }
        },
        (None, Some(name)) => match (read.env)(&name) {
            Some(value) => {
                section.hidden(key, Origin::Environment { variable: name });
                Some((in_env, value))
            }
            None => {
                section.note(&in_env, format!("the environment has no variable {name}"));
                None
            }
        },
        (Some(_), Some(_)) => {
            section.note(&in_env, format!("give `{in_file}` or `{in_env}`, not both"));
            None
        }
        (None, None) => {
            section.note(&in_file, format!("missing: expected `{in_file}` or `{in_env}`"));
            None
        }
    };
    let (key, value) = found?;
    if value.is_empty() {
        section.note(&key, "the secret is empty");
        return None;
    }
    Some(value)
}

fn jobdiva(section: &Section<'_>, read: &Reading<'_>) -> Option<jobdiva::Config> {
    let client_id = section.required("client_id", "the number that JobDiva Support issued");
    let username = section.required("username", "the API user's name");
    let password = secret(section, "password", read);
    let base_url = section.text("base_url");
    let login = section.word(
        "login",
        &[
            ("v2_pair", jobdiva::Login::V2Pair),
            ("v2_text", jobdiva::Login::V2Text),
            ("v2_login", jobdiva::Login::V2Login),
            ("v1_text", jobdiva::Login::V1Text),
        ],
    );
    let plain_http = section.flag("allow_plain_http").unwrap_or(false);
    let backfill_from =
        section.parsed("backfill_from", "a date such as \"2026-01-31\"", |text| text.parse().ok());
    let time_zone = section.text("time_zone");
    let (tenant_field, pay_field) =
        (section.text("worker_type_field"), section.text("pay_rate_field"));
    let token_header = section.word(
        "token_header",
        &[("bearer", jobdiva::TokenHeader::Bearer), ("raw", jobdiva::TokenHeader::Raw)],
    );
    let login = login.unwrap_or(jobdiva::Login::V2Pair);
    let registry = operations::registry(section, login, read);
    let user_fields = section.texts("user_fields");
    let pace = limits::limits(section.section("limits"), "operations", &limited_operations());
    let times = limits::timeouts(section.section("timeouts"), &["connect", "read"]);
    let password = integration_jobdiva::secret::Secret::new(password?);
    let mut config = jobdiva::Config::new(&client_id?, &username?, password);
    config.base_url = base_url.unwrap_or(config.base_url);
    config.login = login;
    config.token_header = token_header.unwrap_or(config.token_header);
    if plain_http {
        config.plain_http = jobdiva::PlainHttp::Anywhere;
    }
    config.backfill_from = backfill_from;
    config.time_zone = time_zone.unwrap_or(config.time_zone);
    config.tenant_field = tenant_field;
    config.pay_field = pay_field;
    config.user_fields = user_fields.unwrap_or_default();
    config.registry = registry;
    pace.apply(&mut config.limits);
    times.set("connect", &mut config.connect_timeout);
    times.set("read", &mut config.read_timeout);
    section.usual_text("base_url", &config.base_url);
    section.usual_text("login", "v2_pair");
    section.usual_text("token_header", "bearer");
    section.usual_text("time_zone", &config.time_zone);
    section.usual_texts("user_fields", &config.user_fields);
    section.usual("allow_plain_http", false);
    limits::usual(&section.section("limits"), &config.limits);
    let times = section.section("timeouts");
    times.usual_text("connect", written_duration(config.connect_timeout));
    times.usual_text("read", written_duration(config.read_timeout));
    Some(config)
}

/// The operations that have a limit of their own: all but the logins, which have one together.
fn limited_operations() -> Vec<(&'static str, &'static str)> {
    let is_login = |name: &str| name.starts_with("auth.") && name != "auth.refresh";
    let names = Operation::ALL.iter().map(|operation| operation.name());
    names.filter(|name| !is_login(name)).chain([LOGIN]).map(|name| (name, name)).collect()
}

fn policy(
    section: &Section<'_>,
    read: &Reading<'_>,
    tenant: Option<&str>,
) -> Option<policy::Config> {
    let api_key = secret(section, "api_key", read);
    section.required("environment", "\"sandbox\" or \"production\"");
    let environment = section.word(
        "environment",
        &[
            ("sandbox", policy::Environment::Sandbox),
            ("production", policy::Environment::Production),
        ],
    );
    let link = "an address with {placement} in it";
    let success_url = section.required("success_url", link);
    let cancel_url = section.required("cancel_url", link);
    let base_url = section.text("base_url");
    let auth = section.word(
        "auth",
        &[("bearer", policy::AuthScheme::Bearer), ("basic", policy::AuthScheme::Basic)],
    );
    let shape = section.word(
        "contractor_shape",
        &[("flat", policy::ContractorShape::Flat), ("contact", policy::ContractorShape::Contact)],
    );
    let region = section.word(
        "job_region",
        &[("address", policy::JobRegion::Address), ("top_level", policy::JobRegion::TopLevel)],
    );
    let metadata = metadata_on(section);
    let (environment_header, required) = more_dialect(section);
    let shared = section.flag("shared_account").unwrap_or(false);
    let headers = section.texts("idempotency_headers");
    let plain_http = section.flag("allow_plain_http").unwrap_or(false);
    let methods = [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("delete", "DELETE")];
    let pace = limits::limits(section.section("limits"), "methods", &methods);
    let keys = ["connect", "read", "total", "file"];
    let timeouts = section.section("timeouts");
    let by_method = limits::own_timeouts(timeouts.section("methods"), &methods);
    let operations = integration_1099policy::operation::ALL.map(|name| (name, name));
    let by_operation = limits::own_timeouts(timeouts.section("operations"), &operations);
    let times = limits::timeouts(timeouts, &keys);
    let api_key = integration_1099policy::secret::Secret::new(api_key?);
    let links = policy::LinkTemplates { success_url: success_url?, cancel_url: cancel_url? };
    let mut config = policy::Config::new(api_key, environment?, links);
    config.base_url = base_url.unwrap_or(config.base_url);
    config.auth_scheme = auth.unwrap_or(config.auth_scheme);
    config.contractor_shape = shape.unwrap_or(config.contractor_shape);
    config.job_region = region.unwrap_or(config.job_region);
    config.environment_header = environment_header.unwrap_or(config.environment_header);
    config.contractor_required = required.unwrap_or(config.contractor_required);
    config.metadata_on = metadata.unwrap_or(config.metadata_on);
    config.idempotency_headers = headers.unwrap_or(config.idempotency_headers);
    config.allow_plain_http = plain_http;
    pace.apply(&mut config.limits);
    times.set("connect", &mut config.connect_timeout);
    times.set("read", &mut config.read_timeout);
    times.set("total", &mut config.total_timeout);
    times.set("file", &mut config.file_timeout);
    config.method_timeouts = by_method;
    config.operation_timeouts = by_operation;
    config.shared_as = shared.then(|| tenant.map(str::to_owned)).flatten();
    policy_usual(section, &config);
    Some(config)
}

/// On which of the insurer's objects our ids go along.
fn metadata_on(section: &Section<'_>) -> Option<policy::MetadataOn> {
    section.word(
        "metadata_on",
        &[
            ("contractor_and_job", policy::MetadataOn::ContractorAndJob),
            ("everything", policy::MetadataOn::Everything),
        ],
    )
}

/// What counts of `[tenant.1099policy]` where nothing is said.
fn policy_usual(section: &Section<'_>, config: &policy::Config) {
    section.usual("shared_account", false);
    section.usual_text("base_url", &config.base_url);
    section.usual_text("auth", "bearer");
    section.usual_text("environment_header", "sent");
    section.usual_text("contractor_required", "names");
    section.usual_text("contractor_shape", "flat");
    section.usual_text("job_region", "address");
    section.usual_text("metadata_on", "contractor_and_job");
    section.usual_texts("idempotency_headers", &config.idempotency_headers);
    section.usual("allow_plain_http", false);
    limits::usual(&section.section("limits"), &config.limits);
    let times = section.section("timeouts");
    for (key, time) in [
        ("connect", config.connect_timeout),
        ("read", config.read_timeout),
        ("total", config.total_timeout),
        ("file", config.file_timeout),
    ] {
        times.usual_text(key, written_duration(time));
    }
}

/// How the environment is told, and what a contractor must have.
fn more_dialect(
    section: &Section<'_>,
) -> (Option<policy::EnvironmentHeader>, Option<policy::ContractorRequired>) {
    let header = section.word(
        "environment_header",
        &[
            ("sent", policy::EnvironmentHeader::Sent),
            ("omitted", policy::EnvironmentHeader::Omitted),
        ],
    );
    let required = section.word(
        "contractor_required",
        &[
            ("names", policy::ContractorRequired::Names),
            ("phone_and_address", policy::ContractorRequired::PhoneAndAddress),
        ],
    );
    (header, required)
}

fn checklist(section: Section<'_>) -> Option<Checklist> {
    if !section.is_present() {
        return None;
    }
    let placement = section.required("placement", "the id of a placement made for trying");
    let (returning, employee) =
        (section.text("returning_placement"), section.text("employee_placement"));
    let timesheet = section.text("timesheet").map(TimesheetId);
    section.finish();
    Some(Checklist {
        placement: PlacementId(placement?),
        returning: returning.map(PlacementId),
        employee: employee.map(PlacementId),
        timesheet,
    })
}

fn pace(section: Section<'_>) -> Pace {
    let usual = Pace::default();
    let pace = Pace {
        poll: section.duration("poll").unwrap_or(usual.poll),
        sweep: section.duration("sweep").unwrap_or(usual.sweep),
        reread: section.duration("reread").unwrap_or(usual.reread),
        census: section.duration("census").unwrap_or(usual.census),
        census_reach: section.duration("census_reach").unwrap_or(usual.census_reach),
    };
    for (key, usual) in [
        ("poll", usual.poll),
        ("sweep", usual.sweep),
        ("reread", usual.reread),
        ("census", usual.census),
        ("census_reach", usual.census_reach),
    ] {
        section.usual_text(key, written_duration(usual));
    }
    section.finish();
    pace
}

fn rules(section: &Section<'_>) -> Option<Rules> {
    let dates = section.section("dates");
    let zone = dates.parsed("zone", "an IANA time zone such as \"America/New_York\"", |name| {
        TimeZone::get(name).ok()
    });
    let default_zone = || TimeZone::get("America/New_York").ok();
    let zone = if dates.text("zone").is_some() { zone } else { default_zone() };
    let default_term_days =
        dates.number("default_term_days").and_then(|days| i32::try_from(days).ok());
    let remind_days = dates.days("remind_days");

    let contractor = section.section("contractor");
    let relay_domain =
        contractor.required("relay_domain", "the domain of made-up e-mail addresses");
    let include_corp_to_corp = contractor.flag("include_corp_to_corp");
    contractor.usual("include_corp_to_corp", false);
    let categories = words(
        &contractor.section("categories"),
        &[
            ("contractor", Class::Contractor),
            ("corp_to_corp", Class::CorpToCorp),
            ("w2", Class::W2),
            ("eor", Class::Eor),
        ],
    );
    contractor.finish();

    let mut rules = Rules::usual(zone?, relay_domain.as_deref().unwrap_or_default());
    rules.default_term_days = default_term_days;
    dates.usual_text("zone", "America/New_York");
    dates.usual("remind_days", format!("{:?}", rules.remind_days));
    dates.finish();
    rules.remind_days = remind_days.unwrap_or(rules.remind_days);
    rules.include_corp_to_corp = include_corp_to_corp.unwrap_or(false);
    rules.categories.extend(categories);
    wage(section.section("wage"), &mut rules);
    maps(section, &mut rules);
    coverage(section.section("coverage"), &mut rules);
    relay_domain.map(|_| rules)
}

/// What the tenant's words for how a start stands mean.
fn standings(section: &Section<'_>) -> Standings {
    let mut standings = Standings::default();
    for (word, standing) in words(section, &Standing::ALL) {
        standings.set(&word, standing);
    }
    standings
}

/// A table of the user's own words to a few of ours.
fn words<T: Copy>(section: &Section<'_>, known: &[(&str, T)]) -> Vec<(String, T)> {
    let pairs = section.map();
    pairs
        .into_iter()
        .filter_map(|(word, _)| {
            section.word(&word, known).map(|value| (word.to_lowercase(), value))
        })
        .collect()
}

fn wage(section: Section<'_>, rules: &mut Rules) {
    let non_hourly =
        section.word("non_hourly", &[("hold", NonHourly::Hold), ("flat_fee", NonHourly::FlatFee)]);
    rules.non_hourly = non_hourly.unwrap_or(rules.non_hourly);
    section.usual_text("non_hourly", "hold");
    section.usual_text("currency", &rules.currency);
    if let Some(currency) = section.text("currency") {
        rules.currency = currency;
    }
    rules.units.extend(words(
        &section.section("units"),
        &[
            ("hour", RateUnit::Hour),
            ("day", RateUnit::Day),
            ("week", RateUnit::Week),
            ("month", RateUnit::Month),
            ("year", RateUnit::Year),
            ("engagement", RateUnit::Engagement),
        ],
    ));
    section.finish();
}

fn maps(section: &Section<'_>, rules: &mut Rules) {
    let entities = section.section("entities").map();
    rules.entities = entities
        .into_iter()
        .map(|(company, entity)| (CompanyId(company), EntityId(entity)))
        .collect();
    let categories = section.section("job_categories").map();
    rules.job_categories = categories
        .into_iter()
        .map(|(word, code)| (word.to_lowercase(), CategoryCode(code)))
        .collect();
    for title in section.sections("title_category") {
        let word = title.required("word", "a word of the job's title");
        let code = title.required("code", "a code such as \"jc_...\"");
        title.finish();
        if let (Some(word), Some(code)) = (word, code) {
            rules.title_categories.push((word, CategoryCode(code)));
        }
    }
}

/// How invoices are made, and what timesheets hold: they are read only where they are needed.
fn invoices(section: Section<'_>) -> (Invoices, Option<jobdiva::TimesheetPay>) {
    let send = section.word(
        "send",
        &[
            ("never", Send::Never),
            ("when_different", Send::WhenDifferent),
            ("always", Send::Always),
        ],
    );
    let week_hours =
        section.parsed("week_hours", "the hours of a usual week such as \"37.5\"", |text| {
            let hours = text.parse().ok()?;
            (Decimal::ONE..=Decimal::from(168)).contains(&hours).then_some(hours)
        });
    let pay = section.word(
        "timesheet_pay",
        &[("rate", jobdiva::TimesheetPay::Rate), ("amount", jobdiva::TimesheetPay::Amount)],
    );
    let usual = Invoices::default();
    section.usual_text("send", "never");
    section.usual_text("week_hours", usual.week_hours);
    section.usual_text("timesheet_pay", "rate");
    section.finish();
    let invoices = Invoices {
        send: send.unwrap_or(usual.send),
        week_hours: week_hours.unwrap_or(usual.week_hours),
    };
    let pay = pay.unwrap_or(jobdiva::TimesheetPay::Rate);
    (invoices, (invoices.send != Send::Never).then_some(pay))
}

fn coverage(section: Section<'_>, rules: &mut Rules) {
    if let Some(types) = coverage_types(&section, "types") {
        rules.coverage = types;
    }
    let name =
        |of: &CoverageType| COVERAGE.iter().find(|(_, t)| t == of).map(|(n, _)| n.to_string());
    let usual: Vec<String> = rules.coverage.iter().filter_map(name).collect();
    section.usual_texts("types", &usual);
    for rule in section.sections("rule") {
        let company = rule.text("company").map(CompanyId);
        let (category, state) = (rule.text("category"), rule.text("state"));
        let types = coverage_types(&rule, "types");
        if types.is_none() {
            rule.note("types", "missing: expected the coverage that these placements need");
        }
        rule.finish();
        if let Some(coverage) = types {
            rules.coverage_rules.push(CoverageRule { company, category, state, coverage });
        }
    }
    section.finish();
}

pub(super) fn coverage_types(section: &Section<'_>, key: &str) -> Option<Vec<CoverageType>> {
    let words = section.texts(key)?;
    let known = |word: &String| COVERAGE.iter().find(|(name, _)| name == word).map(|(_, t)| *t);
    let types: Vec<Option<CoverageType>> = words.iter().map(known).collect();
    if types.iter().any(Option::is_none) || types.is_empty() {
        let names = COVERAGE.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        section.note(key, format!("expected some of: {names}"));
        return None;
    }
    types.into_iter().collect()
}
