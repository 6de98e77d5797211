//! What every placement of the seed amounts to under usual rules, and when: the table that the demo is checked against.

use integration_jobdiva::simulator::Mutation;
use jiff::civil::date;
use jiff::tz::TimeZone;
use workflow_core::domain::call::Region;
use workflow_core::domain::facts::Facts;
use workflow_core::domain::rules::Rules;
use workflow_core::domain::terms::{Verdict, judge};

use super::world::{SEED, Tenant};

/// The moments at which the seed is judged, in Eastern wall time, and what is new by then.
const MOMENTS: [&str; 6] = [
    // The simulated start.
    "2026-03-24T09:00",
    // The pay and billing records of everyone hired until then are approved.
    "2026-03-25T09:00",
    // So are those of the contractor who was hired again.
    "2026-03-29T09:00",
    // One placement was terminated, another ended.
    "2026-04-21T09:00",
    // A new rate applies.
    "2026-05-04T09:00",
    // Everything has ended.
    "2026-10-02T09:00",
];

/// Usual rules with the two clients and the three job categories that the two simulators share.
pub fn rules() -> Rules {
    let zone = TimeZone::get("America/New_York").unwrap();
    let mut rules = Rules::usual(zone, "relay.example.test");
    for (company, entity) in [("8801", "en_Halvorsen1"), ("8802", "en_Brightwater1")] {
        rules.entities.insert(company.into(), entity.into());
    }
    for (category, code) in [
        ("information technology", "jc_DataAnalyst"),
        ("design", "jc_Designer"),
        ("engineering", "jc_Engineer"),
    ] {
        rules.job_categories.insert(category.into(), code.into());
    }
    rules
}

/// A verdict on one line.
pub fn line(facts: &Facts) -> String {
    match judge(facts, &rules()) {
        Verdict::Held(missing) => {
            let codes: Vec<String> = missing.into_iter().map(|missing| missing.code).collect();
            format!("held {}", codes.join(" "))
        }
        Verdict::Out(out) => format!("out {}", out.code),
        Verdict::Off(_) => "off".to_owned(),
        Verdict::Over(on) => format!("over {}", on.unwrap()),
        Verdict::Ready(terms) => {
            let region = match &terms.job.region {
                Some(Region { country, state }) => format!("{country}-{state}"),
                None => "remote".to_owned(),
            };
            let (window, job) = (terms.window, terms.job);
            let entity = job.entity.as_str().trim_start_matches("en_");
            let category = job.category.as_str().trim_start_matches("jc_");
            let (first, last) = (window.first_day, window.last_day);
            format!("ready {first}..{last} {} {region} {entity} {category}", job.wage)
        }
    }
}

#[tokio::test]
async fn every_seed_placement_amounts_to_what_its_table_says() {
    let tenant = Tenant::standard().await;
    let mut lives: Vec<Vec<String>> = vec![Vec::new(); SEED.len()];
    for moment in MOMENTS {
        tenant.until(moment).await;
        for (placement, life) in SEED.iter().zip(&mut lives) {
            let now = line(&tenant.facts(*placement).await.unwrap());
            if life.last().is_none_or(|before| before.split_once(": ").unwrap().1 != now) {
                life.push(format!("{}: {now}", &moment[5..10]));
            }
        }
    }
    let mut table = String::new();
    for (placement, life) in SEED.iter().zip(lives) {
        table += &format!("{placement} {}\n", life.join("\n         "));
    }
    assert_eq!(table, include_str!("judged.txt"), "the table now reads:\n{table}");
}

#[tokio::test]
async fn a_year_to_the_day_is_the_longest_engagement_that_can_be_insured() {
    let tenant = Tenant::standard().await;
    for (last, verdict) in [
        (date(2027, 4, 5), "ready 2026-04-06..2027-04-05 90.00 per hour US-CA Halvorsen1 Engineer"),
        // Coverage would end a day later, as that day is worked to its end.
        (date(2027, 4, 6), "held too_long"),
    ] {
        let (placement, start) = (51_000_779, date(2026, 4, 6));
        let category = "Independent Contractor".to_owned();
        tenant.change(Mutation::SetCategory { placement, category });
        tenant.change(Mutation::MoveDates { placement, start, end: Some(last) });
        assert_eq!(line(&tenant.facts(placement).await.unwrap()), verdict);
    }
}
