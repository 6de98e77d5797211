//! A candidate is deleted, or their name is taken out, in the ATS.

use tests::story::check;

#[test]
fn a_deleted_candidate_stops_what_is_not_covered_and_flags_what_is() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   pl_3 of cand_1 with pay=none
        and   pl_4 of cand_1 with end=2026-12-31
        and   the ATS reports pl_1, pl_2, pl_3
        and   the application of pl_1 is completed
        and   the ATS reports pl_4
        then  pl_2 is Assigned
        and   pl_4 is ApplicationPending
        when  the ATS deletes cand_1
        then  cand_1 is Retired
        and   pl_1 is Flagged: the candidate is gone from the ATS (deleted in the ATS)
        and   pl_2 is Canceled: deleted in the ATS
        and   pl_4 is Canceled: deleted in the ATS
        and   the insurer has no live sessions, no live assignments
        when  the ATS reports pl_1
        then  pl_1 is Flagged: the candidate is gone
        when  the operator returns pl_1: they still work there
        then  pl_1 is Active
        when  the ATS deletes cand_1
        then  FlagRaised once for pl_1
    ",
    );
}

#[test]
fn a_placement_of_a_deleted_candidate_goes_nowhere() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the ATS deletes cand_1
        and   pl_2 of cand_1
        when  the ATS reports pl_2
        then  pl_2 is Canceled: deleted in the ATS
        and   the insurer has 1 contractor, 1 session, no live sessions
    ",
    );
}

#[test]
fn a_name_that_is_taken_out_is_not_told_to_the_insurer() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        when  cand_1 is now called REDACTED
        and   the ATS reports candidate cand_1
        and   the ATS reports candidate cand_1
        then  the insurer knows cand_1 as Kim
        and   cand_1 is OptingIn: the name is taken out in the ATS
        and   PersonRedacted once for cand_1
        and   the insurer heard update_contractor 0x
        when  the application of pl_1 is completed
        then  pl_1 is Active
        when  cand_1 is now called Robin
        and   the ATS reports candidate cand_1
        then  the insurer knows cand_1 as Robin
        and   cand_1 is OptedIn: placements go by assignment
    ",
    );
}

#[test]
fn nobody_without_a_name_is_made_known() {
    check(
        "
        given pl_1 of cand_1
        and   cand_1 is now called [redacted]
        when  the ATS reports pl_1
        then  cand_1 is Flagged: taken out in the ATS
        and   pl_1 is Flagged: taken out in the ATS
        and   the insurer has no contractors
    ",
    );
}
