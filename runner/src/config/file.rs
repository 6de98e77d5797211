//! The keys of the configuration file, from its root.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::reader::{Problem, Problems, Section, Source};
use super::settings::Setting;
use super::{Config, Tenant, log, overrides, page, tenant, webhooks};

/// Where webhooks come in unless the file says otherwise.
const HOOKS: &str = "127.0.0.1:8099";
/// Where the command line asks unless the file says otherwise.
const ADMIN: &str = "127.0.0.1:8098";

/// Reads a configuration file and the secrets that it names. All mistakes are reported at once.
pub fn load(file: &Path) -> Result<Config, Problems> {
    text_of(file).and_then(|text| parse(&text, file, &|name| std::env::var(name).ok()))
}

/// Reads a configuration file, and tells where each value in force comes from.
pub fn settings(file: &Path) -> Result<Vec<Setting>, Problems> {
    let text = text_of(file)?;
    read(&text, file, &|name| std::env::var(name).ok()).map(|(_, settings)| settings)
}

fn text_of(file: &Path) -> Result<String, Problems> {
    std::fs::read_to_string(file).map_err(|error| Problems {
        file: file.to_owned(),
        problems: vec![Problem {
            file: None,
            line: 0,
            key: "file".into(),
            what: format!("cannot be read: {error}; `runner init` writes one to begin with"),
        }],
    })
}

/// Reads a configuration from text. Paths in it are relative to the folder of `file`; `env` looks variables up.
pub fn parse(
    text: &str,
    file: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Problems> {
    read(text, file, env).map(|(config, _)| config)
}

fn read(
    text: &str,
    file: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(Config, Vec<Setting>), Problems> {
    let fail = |problems| Problems { file: file.to_owned(), problems };
    let source = Source::new(text);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            source.note(offset, "syntax", error.message().to_owned());
            return Err(fail(source.into_problems()));
        }
    };
    let base = file.parent().unwrap_or(Path::new("."));
    let named = overrides::read(table.get_ref(), base);
    let sources: Vec<Option<Source<'_>>> =
        named.iter().map(|named| named.as_ref().map(overrides::Named::source)).collect();
    let tables: Vec<_> =
        sources.iter().map(|source| source.as_ref().and_then(overrides::table)).collect();
    let over: Overrides<'_> =
        sources.iter().zip(&tables).map(|(s, t)| s.as_ref().zip(t.as_ref())).collect();
    let root = Section::root(&source, table.get_ref());
    let config = config(&root, base, env, &over);
    root.finish();
    drop(over);
    let mut settings = source.settings(file);
    settings.extend(sources.iter().flatten().flat_map(|source| source.settings(file)));
    let problems =
        overrides::problems(std::iter::once(source).chain(sources.into_iter().flatten()));
    match config {
        Some(config) if problems.is_empty() => Ok((config, settings)),
        _ => Err(fail(problems)),
    }
}

/// Each tenant's overrides, in the tenants' order.
type Overrides<'a> = Vec<Option<(&'a Source<'a>, &'a DeTable<'a>)>>;

fn config<'a>(
    root: &Section<'a>,
    base: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    over: &Overrides<'a>,
) -> Option<Config> {
    let data_dir = root.required("data_dir", "the folder of the log");
    let listen = root.section("listen");
    let hooks = address(&listen, "hooks", HOOKS);
    let admin = address(&listen, "admin", ADMIN);
    if admin.is_some_and(|admin| !admin.ip().is_loopback()) {
        listen.note(
            "admin",
            "the admin door is for this machine only: it must be a loopback address",
        );
    }
    let sources = webhooks::sources(&listen);
    let pages = address(&listen, "page", page::ADDRESS);
    listen.finish();
    let sections = root.sections("tenant");
    if sections.is_empty() {
        root.note("tenant", "missing: expected at least one table headed [[tenant]]");
    }
    let read = tenant::Reading { base, env };
    let page = pages.and_then(|address| page::page(root.section("page"), address, &read));
    let section = root.section("log");
    let master_key = log::master_key(&section);
    let log = log::log(section, &read);
    let under = |(index, section): (usize, Section<'a>)| {
        // Asked for, so that it is known; it was read before anything else.
        let _ = section.text(overrides::KEY);
        match over.get(index).copied().flatten() {
            Some((source, table)) => section.under(source, table),
            None => section,
        }
    };
    let tenants: Vec<_> = sections
        .into_iter()
        .enumerate()
        .map(|section| tenant::tenant(under(section), &read))
        .collect();
    let tenants: Option<Vec<_>> = tenants.into_iter().collect();
    let tenants = tenants?;
    for (index, tenant) in tenants.iter().enumerate() {
        if tenants[..index].iter().any(|other| other.name == tenant.name) {
            root.note("tenant", format!("two tenants are called `{}`", tenant.name));
        }
    }
    let tenants = sharing(root, tenants);
    Some(Config {
        data_dir: base.join(PathBuf::from(data_dir?)),
        master_key: base.join(master_key),
        hooks: hooks?,
        sources: sources?,
        admin: admin?,
        page: page?,
        log: log?,
        tenants,
    })
}

/// Finds what no two tenants may have in common, and tells those apart that share an account at the insurer.
fn sharing(root: &Section<'_>, mut tenants: Vec<Tenant>) -> Vec<Tenant> {
    let account = |tenant: &Tenant| {
        let policy = &tenant.policy;
        (policy.base_url.clone(), policy.environment, policy.api_key.reveal().to_owned())
    };
    for index in 1..tenants.len() {
        let (before, rest) = tenants.split_at_mut(index);
        let Some(tenant) = rest.first_mut() else { break };
        for other in before {
            let same = account(other) == account(tenant);
            if same {
                other.policy.shared_as = Some(other.name.clone());
                tenant.policy.shared_as = Some(tenant.name.clone());
            }
            let both = other.policy.shared_as.is_some() && tenant.policy.shared_as.is_some();
            if both && other.rules.relay_domain == tenant.rules.relay_domain {
                root.note(
                    "tenant",
                    format!(
                        "tenants `{}` and `{}` share a 1099Policy account and a relay_domain: their made-up \
                         e-mail addresses would collide; give each a relay_domain of its own",
                        other.name, tenant.name
                    ),
                );
            }
            let jobdiva =
                |tenant: &Tenant| tenant.jobdiva_hook.as_ref().map(|h| h.endpoint.clone());
            let policy = |tenant: &Tenant| tenant.policy_hook.as_ref().map(|h| h.endpoint.clone());
            let common = |one: Option<String>, other: Option<String>| one.is_some() && one == other;
            if common(jobdiva(other), jobdiva(tenant)) || common(policy(other), policy(tenant)) {
                let (one, two) = (&other.name, &tenant.name);
                root.note(
                    "tenant",
                    format!("tenants `{one}` and `{two}` have one webhook endpoint"),
                );
            }
        }
    }
    tenants
}

fn address(section: &Section<'_>, key: &str, default: &str) -> Option<SocketAddr> {
    let parse = |text: &str| text.parse().ok();
    section.usual_text(key, default);
    if section.text(key).is_none() {
        return parse(default);
    }
    section.parsed(key, "an address such as \"127.0.0.1:8099\"", parse)
}
