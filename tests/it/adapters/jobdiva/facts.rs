//! What is read of every placement of the seed, and what changes while the clock goes on.

use integration_jobdiva::config::Login;
use integration_jobdiva::operations::Operation;
use integration_jobdiva::simulator::{Behaviour, BillingDates};
use workflow_core::domain::call::{Answer, Call};
use workflow_core::domain::facts::{Facts, Place};
use workflow_core::outcome::Outcome;

use super::world::{SEED, Tenant, attempt, facts};

const MOMENTS: [&str; 5] = [
    "2026-03-24T09:00",
    "2026-03-25T09:00",
    "2026-03-29T09:00",
    "2026-04-21T09:00",
    "2026-05-04T09:00",
];

/// Facts in parts, each of which may change by itself.
fn parts(facts: &Facts) -> Vec<String> {
    let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let flag = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    let place = |place: &Place| {
        let remote = if place.remote { " remote" } else { "" };
        format!("{} {}{remote}", word(&place.state), word(&place.country))
    };
    let day = |day: Option<jiff::civil::Date>| day.map_or("-".to_owned(), |day| day.to_string());
    let engaged = &facts.engaged;
    let company = facts.company.as_ref().unwrap();
    let pay = facts.pay.as_ref().map_or("no pay".to_owned(), |pay| {
        format!("{} {} {} by {}", pay.amount, pay.unit, word(&pay.currency), pay.source)
    });
    vec![
        format!("candidate {}", facts.candidate),
        format!("requisition {}", facts.requisition),
        format!("{:?}", facts.stage),
        format!("{} {}", word(&engaged.position), word(&engaged.category)),
        format!("c2c {} w2 {}", flag(engaged.corp_to_corp), flag(engaged.w2)),
        format!("{}..{}", day(facts.start), day(facts.end)),
        pay,
        format!("at {}", place(&facts.worksite)),
        format!("requisition at {}", place(&facts.requisition_place)),
        format!("home {}", place(&facts.home)),
        format!("{} ({})", word(&facts.role.title), word(&facts.role.category)),
        format!("for {} {}", company.id, word(&company.name)),
    ]
}

#[tokio::test]
async fn every_seed_placement_is_read_as_it_was_sown() {
    let tenant = Tenant::standard().await;
    let mut lives: Vec<(Vec<String>, Vec<String>)> = vec![Default::default(); SEED.len()];
    for moment in MOMENTS {
        tenant.until(moment).await;
        for (placement, (last, life)) in SEED.iter().zip(&mut lives) {
            let facts = tenant.facts(*placement).await.unwrap();
            assert_eq!(facts.placement.as_str(), placement.to_string());
            assert_eq!(facts.unreadable, [], "{placement}");
            let title = facts.role.title.clone().unwrap();
            let described = format!("{title} for a client project.\nR&D team.");
            assert_eq!(facts.role.description, Some(described), "no HTML is left: {placement}");
            let now = parts(&facts);
            let new: Vec<&str> =
                now.iter().filter(|part| !last.contains(part)).map(String::as_str).collect();
            if !new.is_empty() {
                life.push(format!("{}: {}", &moment[5..10], new.join(" | ")));
            }
            *last = now;
        }
    }
    let mut table = String::new();
    for (placement, (_, life)) in SEED.iter().zip(lives) {
        table += &format!("{placement} {}\n", life.join("\n         "));
    }
    assert_eq!(table, include_str!("facts.txt"), "the table now reads:\n{table}");
}

#[tokio::test]
async fn a_tenant_of_another_dialect_reads_the_same_facts() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-04-21T09:00").await;
    // Version 1 of the API: header rows, and the token as text.
    let v1 = tenant.seen_with(|config| {
        config.login = Login::V1Text;
        for operation in Operation::ALL {
            if let Some(method) = operation.usual().path.strip_prefix("/apiv2/bi/") {
                config.registry.of_mut(*operation).path = format!("/api/bi/{method}");
            }
        }
    });
    let american =
        Tenant::with(Behaviour { billing_dates: BillingDates::Us, ..Behaviour::default() }, |_| {})
            .await;
    american.until("2026-04-21T09:00").await;
    for placement in SEED {
        let expected = tenant.facts(placement).await;
        assert_eq!(facts(&v1, placement).await, expected, "header rows");
        assert_eq!(american.facts(placement).await, expected, "American dates");
    }
    assert_eq!(tenant.sim.count("/api/authenticate"), 1);
    assert!(tenant.sim.count("/api/bi/EmployeeSalaryRecordsDetail") > 0, "no sections there");
}

#[tokio::test]
async fn every_login_opens_the_same_door() {
    let tenant = Tenant::standard().await;
    for (login, path) in [
        (Login::V2Pair, "/apiv2/v2/authenticate"),
        (Login::V2Text, "/apiv2/authenticate"),
        (Login::V2Login, "/apiv2/v2/login"),
        (Login::V1Text, "/api/authenticate"),
    ] {
        let jobdiva = tenant.seen_with(|config| config.login = login);
        let until = jobdiva.log_in().await.unwrap();
        assert_eq!(until, tenant.now().plus(super::world::DAY), "{path}");
        assert!(facts(&jobdiva, 51_000_783).await.is_some());
        assert_eq!(tenant.sim.count(path), 1, "{path}");
    }
}

#[tokio::test]
async fn the_tenants_own_pay_field_is_asked_for_and_used() {
    let tenant = Tenant::with(Behaviour::default(), |config| {
        config.pay_field = Some("Pay Rate to Vendor".to_owned());
    })
    .await;
    let facts = tenant.facts(51_000_793).await.unwrap();
    assert_eq!(facts.pay.unwrap().amount.to_string(), "62.98");
    assert_eq!(facts.unreadable, []);
}

#[tokio::test]
async fn what_is_no_placement_is_none() {
    let tenant = Tenant::standard().await;
    assert_eq!(tenant.facts(51_999_999).await, None);
    assert_eq!(tenant.jobdiva.assemble(&"pl_1".into()).await.unwrap(), None, "no id of JobDiva's");
    for (placement, known) in [("51000777", true), ("51999999", false)] {
        let call = Call::ReadPlacement { placement: placement.into() };
        let expected = match tenant.facts(placement.parse().unwrap()).await {
            Some(facts) => Answer::PlacementRead(Box::new(facts)),
            None => Answer::PlacementUnknown,
        };
        assert_eq!(known, expected != Answer::PlacementUnknown);
        let answer = attempt(&tenant.jobdiva, call, tenant.now()).await;
        assert_eq!(answer, Outcome::Answered(expected));
    }
}

#[tokio::test]
async fn a_method_that_is_not_granted_is_worked_around_where_there_is_a_way() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-03-25T09:00").await;
    let mut expected = Vec::new();
    for placement in SEED {
        expected.push(tenant.facts(placement).await);
    }
    tenant.sim.revoke("bi/EmployeeAssignmentRecordsDetail").unwrap();
    for (placement, expected) in SEED.iter().zip(&expected) {
        assert_eq!(&tenant.facts(*placement).await, expected, "by way of the employee");
    }
    tenant.sim.grant("bi/EmployeeAssignmentRecordsDetail").unwrap();
    tenant.sim.revoke("bi/SubmittalDetail").unwrap();
    tenant.poll_all(None).await;
    let recent = [51_000_777, 51_000_778, 51_000_781, 51_000_782, 51_000_789, 51_000_791];
    for (placement, expected) in SEED.iter().zip(&expected).filter(|(id, _)| recent.contains(id)) {
        assert_eq!(&tenant.facts(*placement).await, expected, "the feed told of it");
    }
}
