//! 9 to 11, 23 and 24: how values, envelopes, dates and money are written.

use integration_jobdiva::simulator::{AssignmentForm, Behaviour, BillingDates};
use workflow_core::domain::call::Answer;
use workflow_core::domain::facts::Facts;
use workflow_core::outcome::Outcome;

use super::tenant::{PAY, Tenant};

const NO_EMAIL: u64 = 70_011_000_058;

/// Care: `""`, null, `"Null"` and a missing key are one and the same, and blanks at the end are none of a name.
#[tokio::test]
async fn switch_09_empties_come_in_four_ways() {
    let smooth = Tenant::with(Behaviour { ragged_values: false, ..Behaviour::default() }).await;
    smooth.until("2026-04-21T09:00").await;
    let expected = smooth.all_facts().await;
    for seed in [1099, 7, 42] {
        let ragged = Tenant::with(Behaviour { seed, ..Behaviour::default() }).await;
        ragged.until("2026-04-21T09:00").await;
        assert!(ragged.all_facts().await == expected, "seed {seed}");
        for candidate in 70_011_000_042..=70_011_000_063 {
            let (one, other) = (ragged.person(candidate).await, smooth.person(candidate).await);
            assert!(one == other, "seed {seed}, candidate {candidate}");
        }
    }
}

/// Care: one bare object is a row; an empty object, an empty list and null are no rows, and no error.
#[tokio::test]
async fn switch_10_one_row_and_no_row_change_their_shape() {
    let tenant = Tenant::with(Behaviour::default()).await;
    for round in 0..6 {
        let Outcome::Answered(Answer::PersonRead(person)) = tenant.person(NO_EMAIL).await else {
            panic!("round {round}")
        };
        assert_eq!(person.last_name, "Halloway");
        let nobody = tenant.person(70_011_999_999).await;
        assert_eq!(nobody, Outcome::Answered(Answer::PersonUnknown), "round {round}");
        assert_eq!(tenant.facts(51_999_999).await, None, "round {round}");
    }
    let (_, mut polled) = tenant.poll_all(None).await;
    for _ in 0..4 {
        tenant.sim.advance(super::tenant::DAY * 60).await.unwrap();
        let (_, next) = tenant.poll_all(Some(&polled.cursor)).await;
        assert_eq!(next.unreadable, []);
        polled = next;
    }
}

/// Care: the tenant's own fields are asked for by label, and found under the spelling with underscores.
#[tokio::test]
async fn switch_11_own_fields_come_only_when_asked_for() {
    let tenant = Tenant::configured(Behaviour::default(), |config| {
        config.tenant_field = Some("Employment Type".to_owned());
    })
    .await;
    tenant.until("2026-03-25T09:00").await;
    let field = |facts: Option<Facts>| facts.unwrap().engaged.tenant_field;
    assert_eq!(field(tenant.facts(51_000_777).await).as_deref(), Some("1099"));
    assert_eq!(field(tenant.facts(51_000_779).await).as_deref(), Some("W2"));
    tenant.sim.revoke("bi/EmployeeAssignmentRecordsDetail").unwrap();
    assert_eq!(field(tenant.facts(51_000_778).await).as_deref(), Some("C2C"));
}

/// Care: `04/06/2026` is the sixth of April, wherever a billing record comes from.
#[tokio::test]
async fn switch_23_billing_dates_are_iso_or_american() {
    let mut seen = Vec::new();
    for billing_dates in [BillingDates::Iso, BillingDates::Us] {
        let tenant = Tenant::with(Behaviour { billing_dates, ..Behaviour::default() }).await;
        tenant.until("2026-04-21T09:00").await;
        let whole = tenant.all_facts().await;
        // By way of the employee the dates are written as in the feed.
        tenant.sim.revoke("bi/EmployeeAssignmentRecordsDetail").unwrap();
        assert!(tenant.all_facts().await == whole, "{billing_dates:?}");
        tenant.poll_all(None).await;
        assert!(tenant.sim.count(PAY) > 0);
        seen.push(whole);
    }
    assert!(seen[0] == seen[1]);
    let marisol = seen[0][1].as_ref().unwrap();
    assert_eq!(marisol.start.unwrap().to_string(), "2026-04-06");
}

/// Care: ids are texts of any length, a person may have no e-mail, descriptions are freed of HTML, and money may be a text
/// with its unit behind a stroke.
#[tokio::test]
async fn switch_24_oddities_of_records_are_read() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let assignment = AssignmentForm::Labels;
    let labelled = Tenant::with(Behaviour { assignment, ..Behaviour::default() }).await;
    let wall = "2026-04-21T09:00";
    tenant.until(wall).await;
    labelled.until(wall).await;
    for placement in [51_000_777, 51_000_780, 51_000_784, 51_000_793, 51_000_799_u64] {
        let (facts, other) =
            (tenant.facts(placement).await.unwrap(), labelled.facts(placement).await.unwrap());
        assert!(facts.candidate.as_str().parse::<u64>().unwrap() > u64::from(u32::MAX));
        let title = facts.role.title.clone().unwrap();
        let described = format!("{title} for a client project.\nR&D team.");
        assert_eq!(facts.role.description, Some(described));
        let (pay, labelled_pay) = (facts.pay.unwrap(), other.pay.unwrap());
        assert_eq!(pay.amount.normalize(), labelled_pay.amount.normalize(), "{placement}");
        assert_eq!(pay.unit.chars().next(), labelled_pay.unit.chars().next(), "{placement}");
        assert_eq!((facts.stage, facts.start, facts.end), (other.stage, other.start, other.end));
        assert_eq!((facts.engaged, facts.worksite), (other.engaged, other.worksite));
        assert_eq!((facts.unreadable, other.unreadable), (vec![], vec![]));
    }
    let Outcome::Answered(Answer::PersonRead(person)) = tenant.person(NO_EMAIL).await else {
        panic!("not read")
    };
    assert_eq!((person.first_name.as_str(), person.email), ("Dmitri", None));
}
