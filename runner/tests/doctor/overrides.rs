//! `overrides_file`: what stands in it goes before, and its mistakes are told with its own name and lines.

use super::settings::{Settings, put};

const NOWHERE: &str = "http://127.0.0.1:9";

fn settings(overrides: &str) -> Settings {
    let settings = Settings::new(NOWHERE, NOWHERE)
        .with("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"acme.toml\"\n");
    put(&settings, "acme.toml", overrides);
    settings
}

#[test]
fn what_stands_in_a_file_of_overrides_goes_before() {
    let settings = settings(
        r#"
        [jobdiva]
        login = "v2_text"
        [1099policy]
        contractor_shape = "contact"
        [entities]
        "8802" = "en_Other"
        "8803" = "en_Third"
        [job_categories]
        "Design" = "jc_Other"
        [wage.units]
        "per diem" = "day"
        [[title_category]]
        word = "analyst"
        code = "jc_1"
        "#,
    )
    .with(
        "[tenant.entities]",
        "[[tenant.title_category]]\nword = \"clerk\"\ncode = \"jc_2\"\n[tenant.entities]",
    );
    let tenant = settings.tenant();
    use integration_1099policy::config::ContractorShape;
    use integration_jobdiva::config::Login;
    assert_eq!(tenant.jobdiva.login, Login::V2Text);
    assert_eq!(tenant.policy.contractor_shape, ContractorShape::Contact);
    let entities: Vec<(&str, &str)> =
        tenant.rules.entities.iter().map(|(c, e)| (c.as_str(), e.as_str())).collect();
    assert_eq!(entities, [("8801", "en_Halvorsen1"), ("8802", "en_Other"), ("8803", "en_Third")]);
    assert_eq!(tenant.rules.job_categories["design"].as_str(), "jc_Other");
    assert!(tenant.rules.units.contains_key("per diem"));
    let words: Vec<&str> = tenant.rules.title_categories.iter().map(|(w, _)| w.as_str()).collect();
    assert_eq!(words, ["analyst", "clerk"], "those of the overrides are tried first");
}

#[test]
fn its_mistakes_are_told_with_its_own_name_and_lines() {
    let settings = settings("[jobdiva]\nlogin = \"v3\"\nloggin = 1\n[entitys]\n\"1\" = \"en_1\"\n");
    let problems = settings.read().err().expect("it has mistakes").to_string();
    for expect in [
        "acme.toml:2: tenant.jobdiva.login: `v3` is not one of",
        "acme.toml:3: tenant.jobdiva.loggin: unknown key; did you mean `login`?",
        "acme.toml:4: tenant.entitys: unknown key; did you mean `entities`?",
    ] {
        assert!(problems.contains(expect), "{expect} is not in {problems}");
    }
    let broken = self::settings("[jobdiva\n").read().err().expect("it is no TOML").to_string();
    assert!(broken.contains("acme.toml:1: syntax"), "{broken}");
    let gone = self::settings("");
    std::fs::remove_file(gone.dir.path().join("acme.toml")).unwrap();
    let gone = gone.read().err().expect("it is not there").to_string();
    assert!(gone.contains("acme.toml:1: overrides_file: cannot be read"), "{gone}");
}
