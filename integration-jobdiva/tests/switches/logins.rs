//! 1 to 4: tokens and credentials.

use std::time::Duration;

use integration_jobdiva::config::TokenHeader;
use integration_jobdiva::error::Error;
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{Behaviour, HeaderForm, Mutation};
use workflow_core::outcome::Outcome;

use super::tenant::{LOGIN, MINUTE, PERSON, Tenant, is_read, person};

const MARISOL: u64 = 70_011_000_042;

/// Care: the end of a token is read from its `exp`, and it is replaced before that; no call is spent on a 401.
#[tokio::test]
async fn switch_01_tokens_end_when_they_say() {
    let tenant = Tenant::with(Behaviour { token_lifetime_secs: 900, ..Behaviour::default() }).await;
    for round in 1..=6_u64 {
        assert!(is_read(&tenant.person(MARISOL).await));
        assert_eq!(tenant.sim.count(LOGIN), round, "one login per life of a token");
        assert_eq!(tenant.sim.count(PERSON), round, "none was refused");
        tenant.sim.advance(MINUTE * 14).await.unwrap();
    }
}

/// Care: a 401 before a token's end costs one new login and one repetition, and nobody notices.
#[tokio::test]
async fn switch_02_tokens_are_revoked_early() {
    let tenant = Tenant::with(Behaviour::default()).await;
    for round in 1..=4_u64 {
        assert!(is_read(&tenant.person(MARISOL).await));
        assert_eq!(tenant.sim.count(LOGIN), round);
        assert_eq!(tenant.sim.count(PERSON), round * 2 - 1);
        tenant.sim.revoke_tokens().unwrap();
    }
}

/// Care: a 500 that speaks of the password is about the credentials: said once, not retried as an outage.
#[tokio::test]
async fn switch_03_a_bad_login_is_a_500() {
    for bad_login_status in [500, 401] {
        let tenant = Tenant::with(Behaviour { bad_login_status, ..Behaviour::default() }).await;
        let stranger = tenant.seen_with(|config| config.password = Secret::new("old password"));
        let refused = stranger.log_in().await.unwrap_err();
        assert!(matches!(refused, Error::Credentials { .. }), "{bad_login_status}: {refused}");
        assert!(stranger.refused().is_some());
        assert_eq!(tenant.sim.count(LOGIN), 1, "one attempt");
        stranger.set_password(Secret::new("simulated & not secret"));
        assert!(is_read(&person(&stranger, MARISOL, tenant.now()).await));
        assert_eq!(stranger.refused(), None, "it heals by itself");
    }
}

/// Care: a poll whose login is refused asks once, not once a feed, and takes no feed for one that is not granted: what was
/// merged meanwhile is told as soon as somebody is let in.
#[tokio::test]
async fn a_refused_login_is_no_feed_that_is_missing() {
    let tenant = Tenant::with(Behaviour::default()).await;
    tenant.until("2026-04-21T09:00").await;
    let stranger = tenant.seen_with(|config| config.password = Secret::new("old password"));
    let refused = stranger.poll(None, tenant.now()).await.unwrap_err();
    assert!(matches!(refused, Error::Credentials { .. }), "{refused}");
    assert_eq!(tenant.sim.count(LOGIN), 1, "ten feeds, one attempt");
    let since = tenant.now();
    assert!(stranger.merged_since(since, since).await.is_err(), "nothing was learned of merges");

    let (old, new) = (MARISOL, MARISOL + 1);
    tenant.change(Mutation::Merge { old, new });
    tenant.until("2026-04-21T10:00").await;
    stranger.set_password(Secret::new("simulated & not secret"));
    let merged = stranger.merged_since(since, tenant.now()).await.unwrap();
    let pairs: Vec<(&str, &str)> =
        merged.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    assert_eq!(pairs, [(old.to_string().as_str(), new.to_string().as_str())]);
}

/// Care: the token is written as the tenant wants it; where that is not known, the refusal is slow and in words, never a loop of
/// logins.
#[tokio::test]
async fn switch_04_one_form_of_the_header_may_be_all() {
    for (header, token_header) in [
        (HeaderForm::Both, TokenHeader::Bearer),
        (HeaderForm::Both, TokenHeader::Raw),
        (HeaderForm::BearerOnly, TokenHeader::Bearer),
        (HeaderForm::RawOnly, TokenHeader::Raw),
    ] {
        let behaviour = Behaviour { header, ..Behaviour::default() };
        let tenant = Tenant::configured(behaviour, |it| it.token_header = token_header).await;
        assert!(is_read(&tenant.person(MARISOL).await), "{header:?}");
        assert_eq!(tenant.sim.count(LOGIN), 1, "{header:?}");
    }
    let header = HeaderForm::RawOnly;
    let bare = Tenant::with(Behaviour { header, ..Behaviour::default() }).await;
    let Outcome::Again(again) = bare.person(MARISOL).await else { panic!("answered") };
    assert!(again.after >= Some(Duration::from_secs(300)), "{again:?}");
    assert_eq!(bare.sim.count(LOGIN), 2, "one new login, no loop");
}
