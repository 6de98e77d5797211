//! 1099Policy's half: the key and its environment, each list, the maps of companies and categories, the registered webhook,
//! the dialect, the clock.

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{AuthScheme, Config, Environment, EnvironmentHeader};
use integration_1099policy::doctor::{Came, Dialect, Examined, Listing, SeenWord};
use integration_1099policy::setup::{Category, Entity};
use workflow_core::domain::call::{CategoryCode, EntityId, Side};
use workflow_core::time::{Clock as _, SystemClock, Timestamp};

use super::finding::{Code, Finding, Line, Severity, Sure};
use super::words::{self, Word};
use crate::config::Tenant;

/// Signatures are taken within five minutes; a clock that is off by more than one deserves a look.
const SKEW_SECS: u64 = 60;

/// The configuration's table.
const TABLE: &str = "1099policy";

/// What was found, and what JobDiva's half can use of it.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    /// The client companies, where they could be read.
    pub(super) entities: Vec<Entity>,
    /// The approved categories, where they could be read.
    pub(super) categories: Vec<Category>,
    /// Its own words, with what each is read as.
    pub(super) words: Vec<Word>,
}

pub(super) async fn examine(tenant: &Tenant) -> Looked {
    let mut looked = Looked::default();
    looked.findings.push(environment(&tenant.policy));
    looked.findings.extend(key_and_environment(&tenant.policy));
    let policy = match Ten99Policy::new(tenant.policy.clone()) {
        Ok(policy) => policy,
        Err(error) => {
            let what = error.to_string();
            let finding = found(Severity::Person, Code::Settings, "[tenant.1099policy]", what);
            looked.findings.push(finding.todo("correct the configuration: runner check"));
            return looked;
        }
    };
    // The machine's clock is what is looked at here.
    let mut began = SystemClock.now();
    let mut examined = policy.examine().await;
    if is_refused(&examined)
        && let Some((policy, told)) = taken_otherwise(&tenant.policy).await
    {
        looked.findings.extend(told);
        began = SystemClock.now();
        examined = policy.examine().await;
    }
    looked.findings.extend(lists(&tenant.policy, &examined.lists));
    if !answers(&examined) {
        return looked;
    }
    looked.findings.extend(clocks(examined.service_time, began, SystemClock.now()));
    looked.findings.extend(dialect(&tenant.policy, examined.dialect));
    looked.findings.extend(webhook(tenant, examined.endpoints.as_deref()));
    looked.words = examined.words.iter().map(word).collect();
    for (about, kind) in
        [("events", "event"), ("policies", "policy status"), ("certificates", "certificate status")]
    {
        let told = words::shown(&looked.words, kind);
        if !told.is_empty() {
            looked.findings.push(found(Severity::Note, Code::Vocabulary, about, told));
        }
    }
    if let Some(entities) = examined.entities {
        looked.findings.extend(mapped_entities(tenant, &entities));
        looked.entities = entities;
    }
    if let Some(categories) = examined.categories {
        looked.findings.extend(mapped_categories(tenant, &categories));
        looked.categories = categories;
    }
    looked
}

fn word(seen: &SeenWord) -> Word {
    let SeenWord { kind, word, means } = seen.clone();
    Word { system: crate::systems::POLICY, kind, word, called: None, means, line: None }
}

fn found(
    severity: Severity,
    code: Code,
    about: impl Into<String>,
    what: impl Into<String>,
) -> Finding {
    Finding::new(severity, Side::Insurer, code, about, what)
}

/// Whether anything came at all: of a refused key nothing more can be said.
fn answers(examined: &Examined) -> bool {
    examined.lists.iter().any(|list| match list.came {
        Came::Items(_) | Came::Empty | Came::Differs(_) => true,
        Came::Refused(_) | Came::Unavailable(_) => false,
    })
}

/// Which environment is meant, in plain words.
fn environment(config: &Config) -> Finding {
    let what = match config.environment {
        Environment::Sandbox => "the sandbox: nothing is insured, nothing is charged",
        Environment::Production => "PRODUCTION: coverage is bought and cards are charged",
    };
    found(Severity::Note, Code::Environment, host(&config.base_url), what)
}

/// The host alone: a URL may hold more than its reader should see.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    rest.rsplit('@').next().unwrap_or_default().to_owned()
}

/// A key tells by its spelling for which environment it is.
fn key_and_environment(config: &Config) -> Option<Finding> {
    let key = config.api_key.reveal();
    let (of_key, word) = match (key.contains("_test_"), key.contains("_live_")) {
        (true, false) => (Environment::Sandbox, "sandbox"),
        (false, true) => (Environment::Production, "production"),
        _ => return None,
    };
    if of_key == config.environment {
        return None;
    }
    let what = format!(
        "the key is one for {word}, the configuration says environment = \"{}\"",
        config.environment.as_str()
    );
    let todo = "use the other key, or change the environment if that is what is meant";
    let line = Line::text(TABLE, "environment", word, Sure::Open);
    Some(found(Severity::Person, Code::KeyEnvironment, "api_key", what).todo(todo).line(line))
}

fn lists(config: &Config, lists: &[Listing]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Listing { name, path, came } in lists {
        let about = format!("{name} ({path})");
        findings.push(match came {
            Came::Items(count) => {
                found(Severity::Good, Code::List, about, format!("{count} read, as documented"))
            }
            Came::Empty => {
                found(Severity::Good, Code::List, about, "empty: its shape cannot be told yet")
            }
            Came::Differs(how) => found(Severity::Person, Code::ListDiffers, about, how.join("; "))
                .todo("report it: the adapter reads documented shapes only"),
            Came::Refused(refusal) if refusal.status == 401 => {
                let todo = "look at the file of the key; the dashboard shows which keys are good";
                found(Severity::Person, Code::KeyRefused, "api_key", "the key is refused")
                    .todo(todo)
            }
            Came::Refused(refusal) => {
                let what = format!("refused: {} {}", refusal.status, refusal.code);
                let todo = "ask 1099Policy to grant it to this key";
                found(Severity::Person, Code::ListRefused, about, what).todo(todo)
            }
            Came::Unavailable(why) => {
                let todo = "try again; if it stays so, look at base_url, proxy and firewall";
                let about = match findings.is_empty() {
                    true => host(&config.base_url),
                    false => about,
                };
                found(Severity::Unreachable, Code::Unreachable, about, why.as_str()).todo(todo)
            }
        });
    }
    findings
}

/// Whether the very first list says no, and no other says anything else.
fn is_refused(examined: &Examined) -> bool {
    let first = examined.lists.first().map(|list| &list.came);
    matches!(first, Some(Came::Refused(_))) && !answers(examined)
}

/// A key that is refused one way may be taken another way: the other scheme, or without the environment's header.
async fn taken_otherwise(config: &Config) -> Option<(Ten99Policy, Vec<Finding>)> {
    let (scheme, scheme_word) = match config.auth_scheme {
        AuthScheme::Bearer => (AuthScheme::Basic, "basic"),
        AuthScheme::Basic => (AuthScheme::Bearer, "bearer"),
    };
    let (header, header_word) = match config.environment_header {
        EnvironmentHeader::Sent => (EnvironmentHeader::Omitted, "omitted"),
        EnvironmentHeader::Omitted => (EnvironmentHeader::Sent, "sent"),
    };
    let own = (config.auth_scheme, config.environment_header);
    for (auth_scheme, environment_header) in [(scheme, own.1), (own.0, header), (scheme, header)] {
        let other = Config { auth_scheme, environment_header, ..config.clone() };
        // Without the header the key must name the environment.
        let Ok(policy) = Ten99Policy::new(other) else { continue };
        if policy.category_codes().await.is_err() {
            continue;
        }
        let mut findings = Vec::new();
        if auth_scheme == scheme {
            let what = "the key is refused as it is presented";
            let line = Line::text(TABLE, "auth", scheme_word, Sure::Known);
            let finding = found(Severity::Person, Code::KeyRefused, "api_key", what).line(line);
            findings.push(finding.todo(format!("it is taken as auth = \"{scheme_word}\"")));
        }
        if environment_header == header {
            let what = "the environment is refused as it is told";
            let line = Line::text(TABLE, "environment_header", header_word, Sure::Known);
            let about = "Ten99Policy-Environment";
            let finding = found(Severity::Person, Code::EnvironmentHeader, about, what).line(line);
            let todo = format!("it is taken with environment_header = \"{header_word}\"");
            findings.push(finding.todo(todo));
        }
        return Some((policy, findings));
    }
    None
}

/// How far the machine's clock and the service's are apart.
fn clocks(service: Option<Timestamp>, before: Timestamp, after: Timestamp) -> Option<Finding> {
    let service = service?;
    let (ahead, behind) = (before.since(service).as_secs(), service.since(after).as_secs());
    let (secs, word) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
    if secs <= SKEW_SECS {
        return Some(found(Severity::Good, Code::Clock, "Date", "this machine's clock agrees"));
    }
    let what = format!("this machine's clock is {secs} s {word} the service's");
    let todo =
        "set the clock (NTP): signatures older than 300 s are refused, dates of coverage follow it";
    Some(found(Severity::Person, Code::Clock, "Date", what).todo(todo))
}

fn dialect(config: &Config, dialect: Dialect) -> Vec<Finding> {
    use integration_1099policy::config::{ContractorShape, JobRegion, MetadataOn};
    let mut findings = Vec::new();
    if dialect.contact && config.contractor_shape == ContractorShape::Flat {
        let what = "contractors of this account carry name and e-mail inside `contact`";
        let line = Line::text(TABLE, "contractor_shape", "contact", Sure::Known);
        findings.push(
            found(Severity::Person, Code::ContractorShape, "contractors", what)
                .todo("write them so")
                .line(line),
        );
    }
    if dialect.top_level_region && config.job_region == JobRegion::Address {
        let what = "jobs of this account carry `region` at the top, not inside `address`";
        let line = Line::text(TABLE, "job_region", "top_level", Sure::Known);
        findings.push(
            found(Severity::Person, Code::JobRegion, "jobs", what).todo("write it so").line(line),
        );
    }
    if dialect.metadata_on_everything && config.metadata_on == MetadataOn::ContractorAndJob {
        let what = "not only contractors and jobs of this account carry `custom_metadata`";
        let line = Line::text(TABLE, "metadata_on", "everything", Sure::Known);
        let finding = found(Severity::Person, Code::MetadataOn, "custom_metadata", what).line(line);
        findings.push(finding.todo("write our ids there too: whoever looks finds them"));
    }
    findings
}

/// Whether the tenant's door is registered.
fn webhook(tenant: &Tenant, endpoints: Option<&[String]>) -> Option<Finding> {
    let endpoints = endpoints?;
    let count = endpoints.len();
    let Some(hook) = &tenant.policy_hook else {
        let what = format!("{count} registered; this configuration has none: polling only");
        return Some(found(Severity::Note, Code::Webhook, "webhook endpoints", what));
    };
    if endpoints.contains(&hook.endpoint) {
        let what = format!("registered (of {count})");
        return Some(found(Severity::Good, Code::Webhook, "webhook endpoints", what));
    }
    let what = format!("none of the {count} registered ends in this configuration's endpoint");
    let todo = "register http(s)://YOUR-HOST/hooks/1099policy/ENDPOINT; polling works meanwhile";
    Some(found(Severity::Person, Code::WebhookMissing, "webhook endpoints", what).todo(todo))
}

/// Each entity that the map names must be there.
fn mapped_entities(tenant: &Tenant, there: &[Entity]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (company, entity) in &tenant.rules.entities {
        if there.iter().any(|known| known.id == *entity) {
            continue;
        }
        let EntityId(id) = entity;
        let what = format!("company {company} is mapped to {id}, which 1099Policy does not have");
        let todo = format!("map it to one of: {}", names(there.iter().map(|e| (&e.id.0, &e.name))));
        let line = Line::text("entities", company.as_str(), "en_...", Sure::Open);
        let finding =
            found(Severity::Person, Code::EntityUnknown, format!("company {company}"), what);
        findings.push(finding.todo(todo).line(line));
    }
    if findings.is_empty() {
        let what = format!("{} mapped, all there", tenant.rules.entities.len());
        findings.push(found(Severity::Good, Code::Entities, "[tenant.entities]", what));
    }
    findings
}

/// Each code that the maps name must be approved.
fn mapped_categories(tenant: &Tenant, approved: &[Category]) -> Vec<Finding> {
    let rules = &tenant.rules;
    let by_category =
        rules.job_categories.iter().map(|(word, code)| (word, code, "job_categories"));
    let by_title = rules.title_categories.iter().map(|(word, code)| (word, code, "title_category"));
    let mut findings = Vec::new();
    for (word, CategoryCode(code), table) in by_category.chain(by_title) {
        if approved.iter().any(|known| known.code.0 == *code) {
            continue;
        }
        let what = format!("`{word}` is mapped to {code}, which is not approved for this account");
        let list = names(approved.iter().map(|c| (&c.code.0, &c.name)));
        let finding =
            found(Severity::Person, Code::CategoryUnknown, format!("[tenant.{table}]"), what)
                .todo(format!("ask 1099Policy to approve it, or map to one of: {list}"));
        findings.push(match table {
            "job_categories" => finding.line(Line::text(table, word, "jc_...", Sure::Open)),
            _ => finding,
        });
    }
    if findings.is_empty() {
        let count = rules.job_categories.len() + rules.title_categories.len();
        let what = format!("{count} mapped, all approved");
        findings.push(found(Severity::Good, Code::Categories, "[tenant.job_categories]", what));
    }
    findings
}

/// Ids with their names, for a person to choose from; the first twenty.
fn names<'a>(all: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let shown: Vec<String> = all.take(20).map(|(id, name)| format!("{id} ({name})")).collect();
    if shown.is_empty() { "none: create one first".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_in_seconds_and_in_which_direction() {
        let at = Timestamp::from_secs;
        let told = |service: i64| clocks(Some(at(service)), at(1_000), at(1_002)).unwrap();
        assert_eq!(told(1_001).severity, Severity::Good);
        assert_eq!(told(1_040).severity, Severity::Good);
        assert_eq!(told(1_102).what, "this machine's clock is 100 s behind the service's");
        assert_eq!(told(900).what, "this machine's clock is 100 s ahead of the service's");
        assert_eq!(clocks(None, at(0), at(0)), None);
    }

    #[test]
    fn of_an_address_only_the_host_is_told() {
        assert_eq!(host("https://user:pass@api.example.com:8443/x?y=z"), "api.example.com:8443");
    }
}
