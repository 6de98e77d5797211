//! Who the contractor is to the insurer, refusals, and what operators do.

use tests::story::check;

#[test]
fn a_shared_e_mail_gives_the_second_a_made_up_one() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_2 has the e-mail kim@real.test
        and   pl_1 of cand_1
        and   pl_2 of cand_2
        when  the ATS reports pl_1
        and   the ATS reports pl_2
        then  pl_2 is ApplicationPending
        and   the insurer knows cand_1 by kim@real.test
        and   the insurer knows cand_2 by candidate_cand_2@relay.acme.test
        and   ProxyChosen once for cand_2
        when  cand_2 is now called Robin
        and   the ATS reports candidate cand_2
        then  the insurer knows cand_2 by candidate_cand_2@relay.acme.test
        and   the insurer knows cand_2 as Robin
    ",
    );
}

#[test]
fn a_person_without_e_mail_gets_a_made_up_one() {
    check(
        "
        given cand_1 has the e-mail none
        and   pl_1 of cand_1
        when  the ATS reports pl_1
        then  pl_1 is ApplicationPending
        and   the insurer knows cand_1 by candidate_cand_1@relay.acme.test
        when  cand_1 has the e-mail kim@real.test
        and   the ATS reports candidate cand_1
        then  the insurer knows cand_1 by kim@real.test
    ",
    );
}

#[test]
fn the_e_mail_of_a_stranger_is_flagged_until_retried() {
    check(
        "
        given the insurer knows a stranger with cand_1@real.test
        and   pl_1 of cand_1
        and   pl_2 of cand_1
        when  the ATS reports pl_1, pl_2
        then  pl_1 is Flagged: belongs to contractor
        and   pl_2 is Flagged: was not made from this ATS
        and   cand_1 is Flagged
        when  the stranger gives up cand_1@real.test
        and   the operator retries cand_1
        then  cand_1 is OptingIn
        and   pl_1 is ApplicationPending
        and   pl_2 is Quoted
        and   the insurer has 2 contractors, 2 jobs, 1 session
    ",
    );
}

#[test]
fn a_restarted_placement_frees_its_flagged_contractor() {
    check(
        "
        given the insurer knows a stranger with cand_1@real.test
        and   pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        then  cand_1 is Flagged
        when  the operator restarts pl_2: try again
        then  cand_1 is Flagged
        and   pl_2 is Flagged: belongs to contractor
        when  the stranger gives up cand_1@real.test
        and   the operator restarts pl_2: it is free now
        then  cand_1 is OptingIn
        and   pl_1 is ApplicationPending
        and   pl_2 is Quoted
        and   the insurer has 2 contractors, 2 jobs, 1 session
    ",
    );
}

#[test]
fn a_reported_person_frees_their_flagged_contractor() {
    check(
        "
        given the insurer knows a stranger with kim@real.test
        and   cand_1 has the e-mail kim@real.test
        and   pl_1 of cand_1
        and   the ATS reports pl_1
        then  pl_1 is Flagged: belongs to contractor
        when  cand_1 has the e-mail lee@real.test
        and   the ATS reports candidate cand_1
        then  cand_1 is OptingIn
        and   pl_1 is ApplicationPending
        and   the insurer knows cand_1 by lee@real.test
    ",
    );
}

#[test]
fn a_changed_person_is_told_once() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  cand_1 is now called Robin
        and   the ATS reports candidate cand_1
        and   the ATS reports candidate cand_1
        then  the insurer knows cand_1 as Robin
        and   the insurer heard update_contractor 1x
        and   PersonChanged once for cand_1
    ",
    );
}

#[test]
fn an_update_to_an_e_mail_that_is_taken_keeps_a_made_up_one() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_2
        and   the ATS reports pl_1, pl_2
        when  cand_2 has the e-mail cand_1@real.test
        and   the ATS reports candidate cand_2
        then  cand_2 is OptingIn
        and   the insurer knows cand_1 by cand_1@real.test
        and   the insurer knows cand_2 by candidate_cand_2@relay.acme.test
    ",
    );
}

#[test]
fn a_person_who_changes_while_the_e_mail_is_contested_is_not_forgotten() {
    check(
        "
        given cand_2 has the e-mail kim@real.test
        and   pl_2 of cand_2
        and   the ATS reports pl_2
        and   cand_1 has the e-mail kim@real.test
        and   pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made
        when  at once cand_1 is now called Robin
        and   at once the ATS reports candidate cand_1
        and   the world settles
        then  the insurer knows cand_1 as Robin
        and   the insurer knows cand_1 by candidate_cand_1@relay.acme.test
    ",
    );
}

#[test]
fn an_update_that_is_refused_is_noted_and_the_next_one_is_tried() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the insurer will refuse update_contractor with bad_name
        when  cand_1 is now called R.
        and   the ATS reports candidate cand_1
        then  cand_1 is OptingIn: applying
        and   UpdateRefused once for cand_1
        when  cand_1 is now called Robin
        and   the ATS reports candidate cand_1
        then  the insurer knows cand_1 as Robin
    ",
    );
}

#[test]
fn a_candidate_the_ats_does_not_know_is_flagged() {
    check(
        "
        given pl_1 of cand_1 with candidate=cand_9
        when  the ATS reports pl_1
        then  pl_1 is Flagged: the ATS does not know the candidate
        and   the insurer has no contractors
    ",
    );
}

#[test]
fn a_retired_candidate_stops_its_placements() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        when  the operator retires cand_1: merged into cand_7
        then  cand_1 is Retired
        and   pl_1 is Canceled: merged into cand_7
        and   pl_2 is Canceled: merged into cand_7
        and   the insurer has no live sessions
    ",
    );
}

#[track_caller]
fn refused(operation: &str, says: &str, then: &str) {
    check(&format!(
        "
        given pl_1 of cand_1
        and   the insurer will refuse {operation} with broken
        when  the ATS reports pl_1
        then  pl_1 is Flagged: {says} was refused: the insurer says broken
        when  the operator {then} pl_1: fixed
        then  pl_1 is ApplicationPending
        and   the insurer has 1 contractor, 1 job, 1 session
        "
    ));
}

#[test]
fn a_refusal_is_flagged_and_goes_on_by_return_or_restart() {
    for then in ["returns", "restarts"] {
        refused("create_job", "create job", then);
        refused("create_quote", "create quote", then);
        refused("open_application", "open application", then);
    }
}

#[test]
fn a_refused_link_is_the_contractors_flag() {
    check(
        "
        given pl_1 of cand_1
        and   the insurer will refuse link_contractor with broken
        when  the ATS reports pl_1
        then  cand_1 is Flagged: link contractor was refused
        and   pl_1 is Flagged: link contractor was refused
        when  the operator retries cand_1
        then  pl_1 is ApplicationPending
    ",
    );
}

#[test]
fn a_refused_assignment_is_flagged() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   pl_2 of cand_1
        and   the insurer will refuse create_assignment with broken
        when  the ATS reports pl_2
        then  pl_2 is Flagged: create assignment was refused
        when  the operator returns pl_2: fixed
        then  pl_2 is Assigned
    ",
    );
}

#[test]
fn a_refused_read_is_a_persons() {
    check(
        "
        given pl_1 of cand_1
        and   the insurer will refuse create_job with broken
        and   the ATS reports pl_1
        and   the ATS will refuse read_placement with forbidden
        when  the operator restarts pl_1: read it again
        then  pl_1 is Flagged: read placement was refused
        when  the operator returns pl_1: access was given
        then  pl_1 is ApplicationPending
    ",
    );
}

#[test]
fn a_placement_reported_after_a_refused_read_is_not_read_again() {
    check(
        "
        given pl_1 of cand_1
        and   the insurer will refuse create_job with broken
        and   the ATS reports pl_1
        and   the ATS will refuse read_placement with forbidden
        when  the operator restarts pl_1: read it again
        then  pl_1 is Flagged: read placement was refused
        when  the ATS will refuse read_placement with forbidden
        and   the ATS reports pl_1
        then  pl_1 is ApplicationPending
    ",
    );
}

#[test]
fn taking_a_placement_out_twice_is_recorded_once() {
    check(
        "
        given pl_1 of cand_1 with pay=none
        and   the ATS reports pl_1
        when  the operator excludes pl_1: an employee after all
        and   the operator excludes pl_1: an employee after all
        then  pl_1 is Excluded
        and   PlacementExcluded once for pl_1
    ",
    );
}

#[test]
fn a_flag_is_closed_with_a_reason_only() {
    check(
        "
        given pl_1 of cand_1
        and   the insurer will refuse create_job with broken
        and   the ATS reports pl_1
        when  the operator closes pl_1:
        then  that was refused: no_reason
        when  the operator closes pl_1: not wanted
        then  pl_1 is Canceled: closed by a person: not wanted
        when  the operator closes pl_1: again
        then  that was refused: not_flagged
        when  the operator closes pl_8: what
        then  that was refused: unknown_placement
    ",
    );
}

#[test]
fn closing_what_is_open_undoes_it_first() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the ATS reports pl_1 with employment=Mystery
        when  the operator closes pl_1: not wanted
        then  pl_1 is Canceled: closed by a person
        and   the insurer has 1 session, no live sessions
        and   cand_1 is Linked
    ",
    );
}

#[test]
fn a_placement_that_was_closed_in_the_same_breath_frees_its_turn() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        and   quietly the application of pl_1 is completed
        when  quietly the ATS reports pl_1 with stage=canceled
        then  pl_1 is Flagged
        when  the world settles
        then  pl_2 is Assigned
    ",
    );
}
