//! A person is forgotten: what goes on, what ends on a desk, and what never comes back.

use tests::story::check;

#[test]
fn what_was_bought_stays_and_what_waits_is_flagged() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        then  cand_1 is OptingIn
        when  the operator forgets cand_1: erasure request 17
        then  cand_1 is Forgotten: erasure request 17
        and   pl_1 is ApplicationPending
        and   pl_2 is Flagged: the person was forgotten here
        when  the application of pl_1 is completed
        then  pl_1 is Active
        when  the engine restarts
        then  cand_1 is Forgotten
        and   pl_1 is Active
    ",
    );
}

#[test]
fn a_placement_that_comes_later_is_told() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the operator forgets cand_1: asked
        and   pl_2 of cand_1
        when  the ATS reports pl_2
        then  pl_2 is Flagged: the person was forgotten here: asked
        and   cand_1 is Forgotten
        and   the insurer has 1 contractor, 1 job
        when  the operator restarts pl_2: perhaps now
        then  pl_2 is Flagged: the person was forgotten here
    ",
    );
}

#[test]
fn what_is_read_of_a_forgotten_person_is_not_taken() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the operator forgets cand_1: asked
        when  cand_1 is now called Robin
        and   the ATS reports candidate cand_1
        then  cand_1 went candidate_found, person_read, contractor_linked, road_asked, application_granted, person_forgotten
        and   the insurer heard update_contractor 0x
        when  the operator forgets cand_1: asked again
        then  that was taken
        and   PersonForgotten once for cand_1
        when  the operator retries cand_1
        then  that was refused: forgotten
    ",
    );
}

#[test]
fn an_answer_in_flight_brings_nothing_back() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once a call takes off
        when  at once the operator forgets cand_1: asked
        and   its answer lands
        then  cand_1 went candidate_found, person_forgotten
        and   pl_1 is Flagged: the person was forgotten here
        and   the insurer has no contractors
    ",
    );
}

#[test]
fn one_who_is_retired_can_be_forgotten_and_one_forgotten_retired() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_2
        and   the ATS reports pl_1, pl_2
        when  the operator retires cand_1: merged
        and   the operator forgets cand_1: asked
        then  cand_1 is Gone: the person was forgotten here
        when  the operator forgets cand_2: asked
        and   the operator retires cand_2: merged
        then  cand_2 is Gone
        when  the operator forgets cand_3: asked
        then  that was refused: unknown_contractor
        when  the operator forgets cand_2:
        then  that was taken
    ",
    );
}

#[test]
fn forgetting_needs_a_reason() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  the operator forgets cand_1:
        then  that was refused: no_reason
        and   cand_1 is OptingIn
    ",
    );
}

#[test]
fn one_who_was_merged_is_forgotten_under_every_id() {
    for named in ["cand_1", "cand_7", "cand_9"] {
        check(&format!(
            "
            given pl_1 of cand_1
            and   cand_1 has the e-mail thornbury@real.test
            and   the ATS reports pl_1
            and   cand_7 has the e-mail achterberg@real.test
            and   the ATS merges cand_1 into cand_7
            and   the ATS merges cand_7 into cand_9
            and   pl_2 of cand_2
            and   the ATS reports pl_2
            when  the operator forgets {named}: erasure request 17
            then  cand_1 is Forgotten
            and   cand_7 is Forgotten
            and   cand_9 is Forgotten
            and   cand_2 is OptingIn
            when  the engine restarts
            and   the operator forgets {named}: again
            then  that was taken
            and   PersonForgotten once for cand_1
            and   PersonForgotten once for cand_9
            "
        ));
    }
}
