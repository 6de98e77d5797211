//! What a person orders: of certificates and pay periods in the words that settle a flag, with the line to type where another
//! verb is needed; and that each order is kept with who and why, as an auditor is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;

use runner::audit::{Approval, Question, Source, Told, With, answer};
use runner::order::{About, Deed, Desk, Done, How, Order, OrderError};
use tests::story::lived;
use tests::world::{self, TENANT, World};
use workflow_core::domain::rules::Send;
use workflow_core::time::Clock;

/// Takes one order about one instance on a world's engine.
fn take(world: &World, about: &str, deed: Deed) -> Result<Done, OrderError> {
    give(world, About::One(about.to_owned()), deed)
}

fn give(world: &World, about: About, deed: Deed) -> Result<Done, OrderError> {
    let tenants = [TENANT.to_owned()];
    let desk = Desk { engine: world.engine(), tenants: &tenants, running: None };
    let order = Order { deed, about, reason: "it's agreed".into(), by: "kim".into() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(desk.take(order))
}

#[track_caller]
fn taken(world: &World, about: &str, how: How, state: &str) {
    let done = take(world, about, Deed::Resolve(how)).unwrap();
    assert_eq!(done.to[0].state, state, "{done:?}");
    assert!(done.to[0].events > 0, "{done:?}");
}

#[track_caller]
fn refused(world: &World, about: &str, deed: Deed, says: &str) {
    let why = take(world, about, deed).unwrap_err();
    assert!(matches!(why, OrderError::Refused(_)), "{why:?}");
    assert!(why.to_string().contains(says), "{why}");
}

/// A certificate of `cand_1`, by its whole name.
fn name(world: &World, paper: &str) -> String {
    world.paper_stream(paper).unwrap().key().to_owned()
}

#[test]
fn a_certificate_is_accepted_sent_again_and_taken_back() {
    let world = lived(
        World::in_memory(),
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        and   the review of paper_a flags general until 2027-01-01
        and   cand_1 hands in paper_b
        and   the review of paper_b breaks down
        and   everything is polled
        then  paper_a is Flagged
        and   paper_b is Error
        ",
    );
    let (a, b) = (name(&world, "paper_a"), name(&world, "paper_b"));
    taken(&world, &format!("certificate/{a}"), How::Accept, "Approved");
    taken(&world, &format!("{TENANT}/certificate/{b}"), How::Return, "Found");
    // Its name says what it is, and the beginning of it is enough.
    let (beginning, _) = a.split_at("cand_1.".len() + 8);
    taken(&world, beginning, How::Close, "Withdrawn");
    refused(&world, &a, Deed::Resolve(How::Close), "it counts for nothing already");
}

#[test]
fn several_of_one_beginning_are_told_apart() {
    let world = lived(
        World::in_memory(),
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        and   cand_1 hands in paper_b
        then  paper_a is Uploaded
        ",
    );
    let why = take(&world, "certificate/cand_1.", Deed::Resolve(How::Close)).unwrap_err();
    assert!(why.to_string().contains("several begin with certificate/cand_1."), "{why}");
    let why = take(&world, "certificate/cand_2.", Deed::Resolve(How::Close)).unwrap_err();
    assert!(matches!(why, OrderError::Unknown(_)), "{why:?}");
}

#[test]
fn what_a_certificate_needs_more_is_told_with_the_line_to_type() {
    let world = lived(
        World::in_memory(),
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        when  the review of paper_a approves
        then  paper_a is Approved: nobody said which days it covers
        ",
    );
    let own = name(&world, "paper_a");
    let line = format!(
        r"runner certificate accept acme/{own} --covers general --until 2026-12-31 --reason 'it'\''s agreed'"
    );
    refused(&world, &own, Deed::Resolve(How::Accept), &line);
    let line = format!(r"runner resolve certificate/acme/{own} accept --reason 'it'\''s agreed'");
    for deed in [Deed::Resolve(How::Restart), Deed::Exclude, Deed::Include, Deed::Resend] {
        refused(&world, &own, deed, &line);
    }
}

#[test]
fn a_pay_period_is_tried_again_and_settled() {
    let mut rules = world::rules();
    rules.invoices.send = Send::WhenDifferent;
    let world = lived(
        World::with_rules(rules),
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the insurer will refuse record_invoice with no_active_policy
        and   week 2026-03-22 of pl_1: 43 hours at 95
        and   the insurer will refuse record_invoice with no_active_policy
        and   week 2026-03-29 of pl_1: 43 hours at 95
        then  week 2026-03-22 of pl_1 is Flagged
        and   week 2026-03-29 of pl_1 is Flagged
        ",
    );
    let line = r"runner resolve invoice/acme/pl_1.2026-03-22 close --reason 'it'\''s agreed'";
    refused(&world, "pl_1.2026-03-22", Deed::Resolve(How::Accept), line);
    refused(&world, "invoice/pl_1.2026-03-22", Deed::Exclude, line);
    taken(&world, "invoice/pl_1.2026-03-22", How::Close, "Settled");
    refused(&world, "pl_1.2026-03-22", Deed::Resolve(How::Close), "not flagged");
    taken(&world, "pl_1.2026-03-29", How::Return, "Owed");
}

/// What an auditor is told of who decided what.
fn approvals(world: &World) -> Vec<Approval> {
    let source = Source::Store(&**world.engine().store());
    let with = With { source, vault: None, zones: BTreeMap::new(), now: world.clock.now() };
    let mut rows = Vec::new();
    let asked = answer(&Question::Approvals { from: None, to: None }, &with, &mut |told| {
        if let Told::Row(row) = told {
            rows.push(serde_json::from_value(row)?);
        }
        Ok(())
    });
    asked.unwrap();
    rows
}

const APPLYING: &str = "given pl_1 of cand_1\nand the ATS reports pl_1";
const REFUSED: &str = "given the insurer will refuse create_quote with broken\nand pl_1 of cand_1\n\
    and the ATS reports pl_1\nthen pl_1 is Flagged";
const LATE: &str = "given pl_1 of cand_1\nand the ATS reports pl_1\nand it is 2026-03-18 15:00\n\
    then pl_1 is Flagged";
const COVERED: &str = "given pl_1 of cand_1\nand the ATS reports pl_1\n\
    and the application of pl_1 is completed\nand the ATS reports pl_1 with pay=110\nthen pl_1 is Flagged";
const HELD: &str = "given pl_1 of cand_1 with pay=none\nand the ATS reports pl_1";
const OUT: &str = "given pl_1 of cand_1 with employment=W2\nand the ATS reports pl_1";
const MAILLESS: &str =
    "given cand_1 has the e-mail none\nand pl_1 of cand_1\nand the ATS reports pl_1";
const TAKEN: &str = "given pl_1 of cand_1\nand the insurer knows a stranger with cand_1@real.test\n\
    and the ATS reports pl_1\nthen cand_1 is Flagged";
const FLAGGED_PAPER: &str = "given cand_1 has the e-mail kim@real.test\nand cand_1 hands in paper_a\n\
    and the review of paper_a flags general until 2027-01-01";
const BROKEN_PAPER: &str = "given cand_1 has the e-mail kim@real.test\nand cand_1 hands in paper_a\n\
    and the review of paper_a breaks down\nand everything is polled";
const FLAGGED_WEEK: &str = "given pl_1 of cand_1\nand the ATS reports pl_1\n\
    and the application of pl_1 is completed\nand the insurer will refuse record_invoice with odd\n\
    and week 2026-03-22 of pl_1: 43 hours at 95";

fn set(fact: &str, value: &str) -> Deed {
    Deed::Set { fact: fact.into(), value: value.into() }
}

#[test]
fn every_order_is_kept_with_who_and_why() {
    use Deed::{Exclude, Include, Pause, Resolve};
    let week = "invoice/pl_1.2026-03-22";
    for (story, about, deed) in [
        (REFUSED, "pl_1", Resolve(How::Return)),
        (REFUSED, "pl_1", Resolve(How::Restart)),
        (REFUSED, "pl_1", Resolve(How::Close)),
        (LATE, "pl_1", Resolve(How::Close)),
        (COVERED, "pl_1", Resolve(How::Accept)),
        (COVERED, "pl_1", Resolve(How::Close)),
        (APPLYING, "pl_1", Exclude),
        (HELD, "pl_1", Exclude),
        (OUT, "pl_1", Include),
        (HELD, "pl_1", set("wage", "95.00/hour")),
        (MAILLESS, "pl_1", set("email", "kim@real.test")),
        (APPLYING, "pl_1", Pause),
        (TAKEN, "contractor/cand_1", Resolve(How::Return)),
        (TAKEN, "contractor/cand_1", Resolve(How::Close)),
        (FLAGGED_PAPER, "certificate/cand_1.", Resolve(How::Accept)),
        (FLAGGED_PAPER, "certificate/cand_1.", Resolve(How::Close)),
        (BROKEN_PAPER, "certificate/cand_1.", Resolve(How::Return)),
        (FLAGGED_WEEK, week, Resolve(How::Return)),
        (FLAGGED_WEEK, week, Resolve(How::Close)),
    ] {
        let mut rules = world::rules();
        rules.invoices.send = Send::WhenDifferent;
        let world = lived(World::with_rules(rules), story);
        let of = format!("{deed:?} of {about} after {story}");
        take(&world, about, deed).expect(&of);
        kept(&world, &of);
    }
}

/// The last decision in the log is this one's.
#[track_caller]
fn kept(world: &World, of: &str) {
    let all = approvals(world);
    let last = all.last().unwrap_or_else(|| panic!("{of}: nobody decided anything"));
    assert_eq!(last.who, "kim", "{of}: {last:?}");
    let why = last.reason.as_deref().unwrap_or_default();
    assert!(why.contains("it's agreed"), "{of}: {last:?}");
}

#[test]
fn what_is_paused_and_resumed_is_kept_with_who_and_why() {
    let world = lived(World::in_memory(), APPLYING);
    let adapter = |tenant: Option<&str>| About::Adapter {
        adapter: "1099policy".into(),
        tenant: tenant.map(str::to_owned),
    };
    for about in [
        About::One("pl_1".into()),
        About::Tenant(TENANT.into()),
        adapter(Some(TENANT)),
        adapter(None),
    ] {
        for deed in [Deed::Pause, Deed::Resume] {
            let of = format!("{deed:?} of {about:?}");
            give(&world, about.clone(), deed).expect(&of);
            kept(&world, &of);
        }
    }
}
