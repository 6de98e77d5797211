//! What a person decides, in every state where it may be decided and in those where it may not: each refusal is a
//! sentence. Flags are settled in `changes.rs`, `coverage.rs` and `applications.rs` too.

use tests::story::check;

/// One placement in each state, by the lines that lead there.
const ROADS: [(&str, &str); 11] = [
    ("Discovered", "given pl_1 of cand_1 with pay=none\nwhen the ATS reports pl_1"),
    ("ContractorReady", "given pl_1 of cand_1\nwhen at once the ATS reports pl_1"),
    ("JobReady", "given pl_1 of cand_1\nwhen at once the ATS reports pl_1"),
    ("Quoted", "given pl_1 of cand_1\nwhen at once the ATS reports pl_1"),
    ("ApplicationPending", "given pl_1 of cand_1\nwhen the ATS reports pl_1"),
    (
        "Assigned",
        "given pl_0 of cand_1\nwhen the ATS reports pl_0\nand the application of pl_0 is completed\n\
         and pl_1 of cand_1\nand the ATS reports pl_1",
    ),
    (
        "Active",
        "given pl_1 of cand_1\nwhen the ATS reports pl_1\nand the application of pl_1 is completed",
    ),
    (
        "Flagged",
        "given pl_1 of cand_1\nwhen the ATS reports pl_1\nand the application of pl_1 is declined",
    ),
    ("Excluded", "given pl_1 of cand_1 with employment=W2\nwhen the ATS reports pl_1"),
    (
        "Completed",
        "given pl_1 of cand_1\nwhen the ATS reports pl_1\nand the application of pl_1 is completed\n\
         and the ATS reports pl_1 with stage=ended",
    ),
    (
        "Canceled",
        "given pl_1 of cand_1\nwhen the ATS reports pl_1\nand the ATS reports pl_1 with stage=canceled",
    ),
];

/// Gives an order in every state; `taken` names those where it is taken and the state it leads to, in all others it is
/// refused.
#[track_caller]
fn in_every_state(order: &str, taken: &[(&str, &str)]) {
    for (state, road) in ROADS {
        let taken = taken.iter().find(|(name, _)| *name == state);
        let look = match taken {
            Some((_, after)) => format!("then that was taken\nand pl_1 is {after}"),
            None => format!("then that was refused\nand pl_1 is {state}"),
        };
        // The first two are the person's and the contractor's.
        let calls = match state {
            "ContractorReady" => 2,
            "JobReady" => 3,
            "Quoted" => 4,
            _ => 0,
        };
        let road = format!("{road}\n{}", "and at once one call is made\n".repeat(calls));
        check(&format!(
            "{road}\nthen pl_1 is {state}\nwhen at once the operator {order}\n{look}\n"
        ));
    }
}

#[test]
fn a_missing_fact_is_set_where_it_is_missing() {
    in_every_state(
        "sets pl_1 wage=80/hour: the recruiter says so",
        &[("Discovered", "Discovered")],
    );
}

#[test]
fn a_placement_is_included_where_it_is_out_of_scope() {
    in_every_state("includes pl_1: counsel says so", &[("Excluded", "Discovered")]);
}

#[test]
fn a_link_is_given_again_where_an_application_is_open() {
    in_every_state(
        "resends pl_1: the contractor lost it",
        &[("ApplicationPending", "ApplicationPending")],
    );
}

#[test]
fn what_is_covered_is_accepted_where_a_flag_asks() {
    in_every_state("accepts pl_1: it is meant so", &[]);
    check(
        "
        given pl_1 of cand_1
        when  the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the ATS reports pl_1 with stage=canceled
        then  pl_1 is Flagged
        when  the operator accepts pl_1: it is meant so
        then  pl_1 is Active
        and   CoverageAccepted once for pl_1
        ",
    );
}

#[test]
fn every_order_needs_its_reason() {
    check(
        "
        given pl_1 of cand_1 with pay=none
        and   pl_2 of cand_2 with employment=W2
        and   pl_3 of cand_3
        when  the ATS reports pl_1,pl_2,pl_3
        and   the operator sets pl_1 wage=80/hour:
        then  that was refused: no_reason
        when  the operator includes pl_2:
        then  that was refused: no_reason
        when  the operator resends pl_3:
        then  that was refused: no_reason
        ",
    );
}

#[test]
fn a_fact_set_by_hand_goes_the_whole_road() {
    for (lacks, set) in [
        ("company=co_9", "entity=en_1"),
        ("category=Welding", "category=jc_software"),
        ("pay=none", "wage=95.00/hour"),
        ("unit=fortnight", "unit=hour"),
        ("unit=day", "wage=95.00/hour"),
        ("currency=CAD", "wage=95.00/hour"),
        ("start=none", "start=2026-03-16"),
        ("end=none", "end=2026-06-30"),
        ("state=none", "region=New York"),
        ("state=Atlantis", "region=remote"),
    ] {
        check(&format!(
            "
            given pl_1 of cand_1 with {lacks}
            when  the ATS reports pl_1
            then  pl_1 is Discovered: held
            when  the operator sets pl_1 {set}: the recruiter says so
            then  pl_1 is ApplicationPending
            and   FactSet once for pl_1
            when  the ATS reports pl_1
            then  pl_1 is ApplicationPending
            when  the application of pl_1 is completed
            then  pl_1 is Active
            "
        ));
    }
}

#[test]
fn what_is_set_is_judged_as_if_the_ats_had_said_it() {
    check(
        "
        given pl_1 of cand_1 with pay=none; end=none
        when  the ATS reports pl_1
        and   the operator sets pl_1 end=2026-02-01: a slip
        then  pl_1 is Discovered: lies before the start date
        when  the operator sets pl_1 end=2026-06-30: as it should be
        then  that was taken
        and   pl_1 is Discovered: no pay rate yet
        when  the operator sets pl_1 wage=600/day: by the day
        then  pl_1 is Discovered: paid per day
        when  the operator sets pl_1 wage=75/hour: as it should be
        then  pl_1 is ApplicationPending
        ",
    );
    check(
        "
        given pl_1 of cand_1 with pay=none
        when  the ATS reports pl_1
        and   the operator sets pl_1 region=NJ: she moved
        then  that was refused: not_missing
        when  the operator sets pl_1 wage=75: she told us
        then  pl_1 is Discovered: `` is no known rate unit
        when  the operator sets pl_1 unit=hour: of course
        then  pl_1 is ApplicationPending
        ",
    );
    check(
        "
        given pl_1 of cand_1 with state=none
        when  the ATS reports pl_1
        and   the operator sets pl_1 region=Atlantis: she told us
        then  that was refused: bad_fact
        ",
    );
}

#[test]
fn the_ats_wins_over_a_fact_set_by_hand() {
    // Before anything is bought the terms follow it.
    check(
        "
        given pl_1 of cand_1 with pay=none
        when  the ATS reports pl_1
        and   the operator sets pl_1 wage=80/hour: the recruiter says so
        then  pl_1 is ApplicationPending
        when  pl_1 of cand_1
        and   the ATS reports pl_1 with pay=90
        then  pl_1 is ApplicationPending
        and   TermsChanged once for pl_1
        ",
    );
    // What is bought is flagged, with the difference.
    check(
        "
        given pl_1 of cand_1 with end=none
        when  the ATS reports pl_1
        and   the operator sets pl_1 end=2026-06-30: by contract
        and   the application of pl_1 is completed
        then  pl_1 is Active
        when  the ATS reports pl_1 with end=2026-05-31
        then  pl_1 is Flagged: last day was 2026-06-30, is 2026-05-31
        ",
    );
    // The same value changes nothing.
    check(
        "
        given pl_1 of cand_1 with end=none
        when  the ATS reports pl_1
        and   the operator sets pl_1 end=2026-06-30: by contract
        and   the application of pl_1 is completed
        and   the ATS reports pl_1 with end=2026-06-30
        then  pl_1 is Active
        and   FlagRaised never for pl_1
        ",
    );
}

#[test]
fn a_fact_is_set_on_a_flag_too() {
    check(
        "
        given pl_1 of cand_1
        when  at once the ATS reports pl_1
        and   at once one call is made
        and   at once one call is made
        and   at once one call is made
        then  pl_1 is JobReady
        when  at once the ATS reports pl_1 with end=none
        then  pl_1 is Flagged: the facts no longer suffice
        when  the operator sets pl_1 end=2026-06-30: by contract
        then  pl_1 is ApplicationPending
        ",
    );
}

#[test]
fn a_placement_taken_in_goes_the_whole_road() {
    for facts in ["employment=Corp to Corp", "position=Direct Placement", "employment=W2"] {
        check(&format!(
            "
            given pl_1 of cand_1 with {facts}
            when  the ATS reports pl_1
            then  pl_1 is Excluded
            when  the operator includes pl_1: counsel says so
            then  pl_1 is ApplicationPending
            and   TakenIn once for pl_1
            when  the ATS reports pl_1
            then  pl_1 is ApplicationPending
            when  the application of pl_1 is completed
            and   the ATS reports pl_1
            then  pl_1 is Active
            "
        ));
    }
    for facts in ["w2=yes", "employment=none", "employment=Consultant"] {
        check(&format!(
            "
            given pl_1 of cand_1 with {facts}
            when  the ATS reports pl_1
            then  pl_1 is Discovered: held
            when  the operator includes pl_1: counsel says so
            then  pl_1 is ApplicationPending
            "
        ));
    }
    check(
        "
        given pl_1 of cand_1 with stage=ended
        when  the ATS reports pl_1
        and   the operator includes pl_1: it was forgotten
        then  that was refused: over
        ",
    );
}

#[test]
fn what_a_person_took_out_a_person_takes_in() {
    check(
        "
        given pl_1 of cand_1 with pay=none
        when  the ATS reports pl_1
        and   the operator excludes pl_1: insured elsewhere
        then  pl_1 is Excluded
        when  pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is Excluded
        when  the operator includes pl_1: not insured elsewhere after all
        then  pl_1 is ApplicationPending
        when  the ATS reports pl_1 with employment=W2
        then  pl_1 is Excluded
        ",
    );
}

#[test]
fn later_evidence_against_an_inclusion_raises_a_flag() {
    // Before anything is bought, while waiting for a fact.
    check(
        "
        given pl_1 of cand_1 with employment=Corp to Corp; pay=none
        when  the ATS reports pl_1
        and   the operator includes pl_1: counsel says so
        then  pl_1 is Discovered: no pay rate yet
        when  the ATS reports pl_1 with employment=W2
        then  pl_1 is Flagged: employment category is `W2`; yet a person took the placement into scope
        and   the insurer has no contractors
        when  the operator includes pl_1: counsel says so again
        then  pl_1 is Discovered: no pay rate yet
        when  the ATS reports pl_1 with employment=Salaried Employee
        then  pl_1 is Flagged: employment category is `Salaried Employee`
        when  the operator excludes pl_1: now it is too much
        then  pl_1 is Excluded
        ",
    );
    // It heals where the evidence goes away.
    check(
        "
        given pl_1 of cand_1 with employment=Corp to Corp; pay=none
        when  the ATS reports pl_1
        and   the operator includes pl_1: counsel says so
        and   the ATS reports pl_1 with employment=W2
        then  pl_1 is Flagged
        when  pl_1 of cand_1
        and   the ATS reports pl_1 with employment=1099
        then  pl_1 is ApplicationPending
        ",
    );
    // While the application is open, and while covered.
    for covered in ["", "and the application of pl_1 is completed"] {
        let before = if covered.is_empty() { "ApplicationPending" } else { "Active" };
        check(&format!(
            "
            given pl_1 of cand_1 with employment=Corp to Corp
            when  the ATS reports pl_1
            and   the operator includes pl_1: counsel says so
            {covered}
            then  pl_1 is {before}
            when  the ATS reports pl_1 with employment=W2
            then  pl_1 is Flagged: yet a person took the placement into scope
            when  the operator includes pl_1: counsel says so again
            then  pl_1 is {before}
            when  the ATS reports pl_1
            then  pl_1 is {before}
            "
        ));
    }
}

#[test]
fn how_one_worker_is_engaged_says_nothing_of_another() {
    check(
        "
        given pl_1 of cand_1 with employment=Corp to Corp; pay=none
        when  the ATS reports pl_1
        and   the operator includes pl_1: counsel says so
        then  pl_1 is Discovered: no pay rate yet
        when  the ATS reports pl_1 with candidate=cand_2
        then  pl_1 is Excluded: employment category is `Corp to Corp`
        ",
    );
}

#[test]
fn a_placement_that_turned_w2_while_covered_is_kept_by_including_it() {
    check(
        "
        given pl_1 of cand_1
        when  the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the ATS reports pl_1 with employment=W2
        then  pl_1 is Flagged: yet coverage is bought
        when  the operator includes pl_1: a clerk's slip
        then  pl_1 is Active
        when  the ATS reports pl_1
        then  pl_1 is Active
        ",
    );
}

#[test]
fn a_link_is_given_again_and_a_new_one_where_it_ran_out() {
    check(
        "
        given pl_1 of cand_1
        when  the ATS reports pl_1
        and   the operator resends pl_1: she lost it
        then  LinkGiven once for pl_1
        and   the insurer has 1 session
        when  the application of pl_1 runs out
        then  pl_1 is Flagged: ran out
        when  the operator resends pl_1: she was on leave
        then  pl_1 is ApplicationPending
        and   the insurer has 1 live session
        ",
    );
}

#[test]
fn an_e_mail_is_set_where_the_ats_has_none() {
    check(
        "
        given pl_1 of cand_1
        and   cand_1 has the e-mail none
        when  the ATS reports pl_1
        then  the insurer knows cand_1 by candidate_cand_1@relay.acme.test
        when  the operator sets cand_1 email=nonsense: she told us
        then  that was refused: bad_fact
        when  the operator sets cand_1 email=kim@home.test: she told us
        then  the insurer knows cand_1 by kim@home.test
        and   EmailSet once for cand_1
        when  the ATS reports candidate cand_1
        then  the insurer knows cand_1 by kim@home.test
        when  cand_1 has the e-mail kim@work.test
        and   the ATS reports candidate cand_1
        then  the insurer knows cand_1 by kim@work.test
        when  the operator sets cand_1 email=kim@home.test: she told us
        then  that was refused: not_missing
        ",
    );
}
