//! What a configuration may say of the door, and what it may not: refused at the start, with the reason and the line.

use std::net::IpAddr;

use integration_1099policy::receive::Profile;
use integration_jobdiva::receive::{Algorithm, Encoding, Prefix, Require};
use runner::config::{self, Config};
use runner::endpoint;

use super::listening::{JOBDIVA_ENDPOINT, POLICY_ENDPOINT};

/// A configuration with both webhooks, and what is said in them.
fn text(listen: &str, jobdiva: &str, policy: &str) -> String {
    format!(
        r#"
data_dir = "data"
[listen]
{listen}
[[tenant]]
name = "globex"
[tenant.jobdiva]
client_id = "1"
username = "u"
password_file = "some"
[tenant.jobdiva.webhook]
{jobdiva}
[tenant.1099policy]
environment = "sandbox"
api_key_file = "some"
success_url = "https://d.example.com/{{placement}}"
cancel_url = "https://d.example.com/{{placement}}"
[tenant.1099policy.webhook]
{policy}
[tenant.contractor]
relay_domain = "relay.example.com"
"#
    )
}

fn parse(listen: &str, jobdiva: &str, policy: &str) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in [("some", "t9k_test_some"), ("other", "other"), ("empty", "\n")] {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    let text = text(listen, jobdiva, policy);
    let read = config::parse(&text, &dir.path().join("runner.toml"), &|_| None);
    read.map_err(|problems| problems.to_string())
}

fn jobdiva(more: &str) -> String {
    format!("endpoint = \"{JOBDIVA_ENDPOINT}\"\nsecret_file = \"some\"\n{more}")
}

fn policy(more: &str) -> String {
    format!("endpoint = \"{POLICY_ENDPOINT}\"\nsecret_file = \"some\"\n{more}")
}

#[track_caller]
fn refused(listen: &str, jobdiva: &str, policy: &str, expected: &str) {
    let said = parse(listen, jobdiva, policy).err().expect("it is taken");
    assert!(said.contains(expected), "{expected} is not in: {said}");
    assert!(!said.contains(JOBDIVA_ENDPOINT) && !said.contains("t9k_test_some"), "{said}");
}

const T_V1: &str = "profile = \"t-v1\"";

#[test]
fn both_doors_are_on_this_machine_unless_told_otherwise() {
    let config = parse("", &jobdiva(""), &policy(T_V1)).unwrap();
    let here: IpAddr = "127.0.0.1".parse().unwrap();
    assert_eq!((config.hooks.ip(), config.admin.ip()), (here, here));
    assert!(config.sources.trusted_proxies.is_empty(), "nobody is believed");
    refused("admin = \"0.0.0.0:1\"", &jobdiva(""), &policy(T_V1), "must be a loopback address");
}

#[test]
fn an_empty_secret_is_refused_at_the_start() {
    let empty =
        |name: &str| format!("endpoint = \"{JOBDIVA_ENDPOINT}\"\n{name}_file = \"empty\"\n");
    refused("", &empty("secret"), &policy(T_V1), "the secret is empty");
    let rotating = jobdiva("previous_secret_file = \"empty\"");
    refused("", &rotating, &policy(T_V1), "the secret is empty");
    let none = format!("endpoint = \"{JOBDIVA_ENDPOINT}\"\n");
    refused("", &none, &policy(T_V1), "missing: expected `secret_file` or `secret_env`");
    let own = format!("endpoint = \"{POLICY_ENDPOINT}\"\nsecret_file = \"empty\"\n{T_V1}");
    refused("", &jobdiva(""), &own, "the secret is empty");
    let same = jobdiva("previous_secret_file = \"some\"");
    refused("", &same, &policy(T_V1), "nothing is rotated");
}

#[test]
fn an_endpoint_that_somebody_could_guess_is_refused_with_the_way_to_make_one() {
    for (endpoint, why) in [
        ("a-test-endpoint-0001", "random bits, fewer than 128"),
        ("correct-horse-battery-staple-on-the-moon", "it reads like words"),
        ("9f86d081884c7d659a2feaa0c55ad015-globex", "it holds a word"),
        ("9f86d081/84c7d659a2feaa0c55ad015b", "other than letters, digits"),
    ] {
        let text = format!("endpoint = \"{endpoint}\"\nsecret_file = \"some\"\n");
        refused("", &text, &policy(T_V1), why);
        refused("", &text, &policy(T_V1), "`runner webhook endpoint` makes one");
        refused("", &jobdiva(""), &format!("{text}{T_V1}"), why);
    }
}

#[test]
fn what_init_writes_has_endpoints_of_its_own_that_nobody_guesses() {
    let (one, other) = (config::sample().unwrap(), config::sample().unwrap());
    let endpoints = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("# endpoint = \""));
        lines.map(|line| line.split('"').next().unwrap().to_owned()).collect()
    };
    let all = [endpoints(&one), endpoints(&other)].concat();
    assert_eq!(all.len(), 4, "{one}");
    for (index, made) in all.iter().enumerate() {
        assert_eq!(endpoint::check(made, &[]), Ok(()), "{made}");
        assert!(!all[..index].contains(made), "made twice");
    }
}

#[test]
fn a_tenant_says_how_its_jobdiva_signs_and_what_it_reads() {
    let usual = parse("", &jobdiva(""), &policy(T_V1)).unwrap();
    let hook = usual.tenants[0].jobdiva_hook.clone().unwrap();
    assert_eq!((hook.reply.as_str(), hook.signing), ("true", Default::default()));
    let own = r#"
headers = ["X-Hub-Signature-256", "X-Globex"]
algorithms = { "X-Globex" = "sha1" }
prefix = "none"
encoding = "base64"
require = false
reply_body = "OK"
allow_from = ["192.0.2.0/24", "2001:db8::1"]
[tenant.jobdiva.webhook.types]
"Assignment Hire" = "placement"
"#;
    let config = parse("", &jobdiva(own), &policy(T_V1)).unwrap();
    let hook = config.tenants[0].jobdiva_hook.clone().unwrap();
    let named = |name: &str, algorithm| (name.to_owned(), algorithm);
    assert_eq!(
        hook.signing.headers,
        [named("X-Hub-Signature-256", Algorithm::Sha256), named("X-Globex", Algorithm::Sha1)]
    );
    assert_eq!(
        (hook.signing.prefix, hook.signing.encoding, hook.signing.require),
        (Prefix::Absent, Encoding::Base64, Require::IfSigned)
    );
    assert_eq!((hook.reply.as_str(), hook.types["Assignment Hire"].as_str()), ("OK", "placement"));
    assert!(hook.allow_from[0].contains("192.0.2.9".parse().unwrap()));
    for (line, why) in [
        ("headers = []", "is not the name of a header"),
        ("headers = [\"X Y\"]", "`X Y` is not the name of a header"),
        ("algorithms = { \"X-Globex\" = \"sha1\" }", "name the headers in `headers` as well"),
        ("headers = [\"X-A\"]\nalgorithms = { \"X-A\" = \"md5\" }", "`md5` is not one of"),
        ("headers = [\"X-A\"]\nalgorithms = { \"X-B\" = \"sha1\" }", "unknown key"),
        ("prefix = \"maybe\"", "`maybe` is not one of"),
        ("allow_from = [\"everybody\"]", "`everybody` is no address"),
        ("[tenant.jobdiva.webhook.types]\nx = \"y\"", "none of the known types"),
    ] {
        refused("", &jobdiva(line), &policy(T_V1), why);
    }
}

#[test]
fn every_profile_has_a_name_and_the_door_its_limits() {
    let signature = || "Ten99Policy-Signature".to_owned();
    for (name, profile) in [
        ("shared-token", Profile::SharedToken { header: signature() }),
        ("hmac-hex", Profile::HmacHex { header: signature() }),
        ("t-v1", Profile::TimestampedV1 { header: signature() }),
    ] {
        let config = parse("", &jobdiva(""), &policy(&format!("profile = \"{name}\""))).unwrap();
        assert_eq!(config.tenants[0].policy_hook.as_ref().unwrap().profile, profile);
        assert_eq!(profile.name(), name);
    }
    let none = format!("endpoint = \"{POLICY_ENDPOINT}\"\nprofile = \"none\"");
    assert!(parse("", &jobdiva(""), &none).is_ok(), "unsigned, and read back");
    refused("", &jobdiva(""), &policy("profile = \"standard-webhooks\""), "base64 after `whsec_`");
    refused(
        "",
        &jobdiva(""),
        &policy("profile = \"hmac-hex\"\nheader = \" \""),
        "no header's name",
    );
    refused("", &jobdiva(""), &policy("profile = \"md5\""), "`md5` is not one of");
    let listen =
        "trusted_proxies = [\"10.0.0.0/8\"]\nrefused_per_minute = 7\nrequests_per_minute = 90";
    let sources = parse(listen, &jobdiva(""), &policy(T_V1)).unwrap().sources;
    assert_eq!((sources.refused_per_minute, sources.requests_per_minute), (7, Some(90)));
    assert!(sources.trusted_proxies[0].contains("10.1.2.3".parse().unwrap()));
    refused("refused_per_minute = 0", &jobdiva(""), &policy(T_V1), "expected 1 to 60000");
    refused("trusted_proxies = [\"10.0.0.0/99\"]", &jobdiva(""), &policy(T_V1), "is no address");
}
