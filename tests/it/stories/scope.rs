//! What reaches the insurer and what does not: exclusion, holds, reclassification.

use tests::story::{check, check_in};
use tests::world::{World, rules};

#[track_caller]
fn excluded(facts: &str, says: &str) {
    check(&format!(
        "
        given pl_1 of cand_1 with {facts}
        when  the ATS reports pl_1
        then  pl_1 is Excluded: {says}
        and   the insurer heard nothing of pl_1
        and   the insurer has no contractors
        "
    ));
}

#[track_caller]
fn held(facts: &str, says: &str) {
    check(&format!(
        "
        given pl_1 of cand_1 with {facts}
        when  the ATS reports pl_1
        then  pl_1 is Discovered: {says}
        and   the insurer heard nothing of pl_1
        and   the insurer has no contractors
        "
    ));
}

#[test]
fn what_is_no_contractor_placement_is_excluded_with_its_evidence() {
    excluded("employment=Hourly Employee", "employment category is `Hourly Employee`");
    excluded("employment=W-2", "employment category is `W-2`");
    excluded("employment=none; w2=yes", "the W-2 flag is set");
    excluded("position=Direct Placement", "position type is `Direct Placement`");
    excluded("employment=EOR", "employment category is `EOR`");
    excluded("employment=Corp to Corp", "employment category is `Corp to Corp`");
    excluded("employment=none; c2c=yes", "the corp-to-corp flag is set");
    excluded("employment=none; field=salaried employee", "worker type field");
    excluded("stage=ended", "nothing left to insure");
}

#[test]
fn corp_to_corp_is_insured_where_the_tenant_says_so() {
    let mut rules = rules();
    rules.include_corp_to_corp = true;
    check_in(
        World::with_rules(rules),
        "
        given pl_1 of cand_1 with employment=c2c
        when  the ATS reports pl_1
        then  pl_1 is ApplicationPending
        ",
    );
}

#[test]
fn every_missing_fact_holds_and_says_what_to_do() {
    held("stage=offer", "still an offer");
    held("employment=none", "no pay record says how the worker is engaged");
    held("employment=Consultant", "add to the configuration, under [tenant.contractor.categories]");
    held("w2=yes", "yet the W-2 flag is set: correct one of them");
    held("employment=none; w2=yes; c2c=yes", "yet the W-2 flag is set");
    held("employment=W2; c2c=yes", "yet the corp-to-corp flag is set");
    held("unreadable=Start STARTDATE", "Start STARTDATE cannot be read");
    held("start=none", "no start date");
    held("end=none", "no end date");
    held("end=2026-03-01", "lies before the start date");
    held("end=2028-03-01", "more than one year");
    held("pay=none", "no pay rate yet");
    held("pay=0", "not above zero");
    held("currency=CAD", "paid in CAD; only USD");
    held("unit=fortnight", "under [tenant.wage.units]: \"fortnight\"");
    held("unit=day", "paid per day");
    held("state=none", "no state of work");
    held("state=Ontario; country=Canada", "the work is in Canada");
    held("state=Atlantis", "`Atlantis` is no state");
    held("company=none", "no client company");
    held("company=co_9", "under [tenant.entities]: \"co_9\" = \"en_...\"");
    held("category=Welding", "under [tenant.job_categories]: \"welding\" = \"jc_...\"");
    held("title=none", "no title");
    held("start=2026-03-01", "work began on 2026-03-01, 2 days ago");
    held("candidate=a b", "the candidate's id");
}

#[test]
fn a_hold_lists_all_that_is_missing() {
    held(
        "pay=none; company=none",
        "no pay rate yet: waiting for the pay record; no client company",
    );
}

#[test]
fn a_hold_is_healed_by_better_facts() {
    check(
        "
        given pl_1 of cand_1 with pay=none; end=none
        when  the ATS reports pl_1
        and   the ATS reports pl_1 with end=2026-04-30
        then  pl_1 is Discovered: no pay rate yet
        when  the ATS reports pl_1
        then  TermsHeld twice for pl_1
        when  pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is ApplicationPending
    ",
    );
}

#[test]
fn a_start_that_passes_while_it_waits_holds() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        then  pl_1 is Discovered: waiting for the contractor
        when  at once it is 2026-03-16 04:00
        and   at once the timers fire
        then  pl_1 is Discovered: work began on 2026-03-16, 1 day ago
        when  the ATS reports pl_1 with start=2026-03-20
        then  pl_1 is ApplicationPending
    ",
    );
}

#[test]
fn an_excluded_placement_comes_back_once() {
    check(
        "
        given pl_1 of cand_1 with employment=W2
        and   the ATS reports pl_1, pl_1
        then  PlacementExcluded once for pl_1
        when  the ATS reports pl_1 with employment=1099
        then  pl_1 is ApplicationPending
        and   Reclassified once for pl_1
        when  the ATS reports pl_1 with employment=W2
        then  pl_1 is Excluded
        and   the insurer has 1 session, no live sessions
        and   cand_1 is Linked
        when  the ATS reports pl_1 with employment=1099
        then  pl_1 is ApplicationPending
        and   the insurer has 1 contractor, 1 job, 2 quotes, 2 sessions, 1 live session
    ",
    );
}

#[test]
fn what_a_person_took_out_only_a_person_takes_in() {
    check(
        "
        given pl_1 of cand_1 with pay=none
        and   the ATS reports pl_1
        when  the operator excludes pl_1: the client pays for it
        then  pl_1 is Excluded: taken out by a person: the client pays for it
        when  the ATS reports pl_1 with employment=1099
        then  pl_1 is Excluded
        and   the insurer heard nothing of pl_1
    ",
    );
}

#[test]
fn exclusion_by_hand_undoes_what_is_open_and_spares_what_is_bought() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        when  the operator excludes pl_1: no
        then  pl_1 is Excluded
        and   pl_2 is ApplicationPending
        when  the application of pl_2 is completed
        and   the operator excludes pl_2: no
        then  that was refused: bought
        and   pl_2 is Active
        when  the operator excludes pl_2:
        then  that was refused: no_reason
    ",
    );
}
