//! Two candidates become one in the ATS: one contractor at the insurer, or a person's choice; nobody applies twice.

use tests::story::check;

#[test]
fn an_applicant_merged_into_a_new_candidate_goes_on_with_the_same_application() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        and   cand_7 has the e-mail kim@real.test
        when  the ATS merges cand_1 into cand_7
        then  cand_1 is Merged: merged into candidate cand_7
        and   cand_7 is OptingIn: applying for placement pl_1
        and   pl_1 is ApplicationPending
        and   pl_2 is Quoted: waiting for its turn
        and   the insurer knows cand_7 by kim@real.test
        and   the insurer has 1 contractor, 1 session, 2 jobs
        when  the ATS reports pl_1, pl_2
        then  FlagRaised never for pl_1
        when  the application of pl_1 is completed
        then  pl_1 is Active
        and   pl_2 is Assigned
        and   cand_7 is OptedIn
        and   the insurer has 1 contractor, 1 session, 1 assignment
    ",
    );
}

#[test]
fn a_covered_candidate_merged_brings_the_opt_in_along() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   cand_7 has the e-mail none
        when  the ATS merges cand_1 into cand_7
        and   the ATS reports pl_1
        then  pl_1 is Active
        and   cand_7 is OptedIn
        when  pl_2 of cand_7
        and   the ATS reports pl_2
        then  pl_2 is Assigned
        and   the insurer has 1 contractor, 1 session, 1 assignment
        and   FlagRaised never for pl_1
    ",
    );
}

/// Found by random worlds: the turn for an application was given, and the assignment was taken for no answer.
#[test]
fn a_policy_on_file_that_is_told_while_a_merge_is_worked_out_leads_to_an_assignment() {
    check(
        "
        given pl_1 of cand_1
        and   cand_7 has the e-mail none
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once the contractor of cand_1 buys a policy elsewhere
        when  at once the ATS merges cand_1 into cand_7
        and   at once a call takes off
        and   at once one call is made, twice
        then  cand_7 is Succeeding
        and   pl_1 is Quoted: waiting for its turn
        when  its answer lands
        then  cand_7 is OptedIn
        and   pl_1 is Assigned
        and   the insurer has 1 contractor, 1 assignment, 0 sessions
    ",
    );
}

#[test]
fn a_placement_that_ended_before_the_merge_comes_back_under_the_new_id() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   the ATS reports pl_1 with stage=ended
        and   cand_7 has the e-mail none
        when  the ATS merges cand_1 into cand_7
        then  pl_1 is Completed
        when  the ATS reports pl_1 with stage=working
        then  pl_1 is Flagged: alive again in the ATS
        when  the operator returns pl_1: they still work there
        then  pl_1 is Active
        and   the insurer has 1 contractor, 1 session, 0 assignments
    ",
    );
}

#[test]
fn a_candidate_without_contractor_brings_only_placements() {
    check(
        "
        given pl_7 of cand_7
        and   the ATS reports pl_7
        and   the insurer knows a stranger with cand_1@real.test
        and   pl_1 of cand_1
        and   the ATS reports pl_1
        then  cand_1 is Flagged
        and   pl_1 is Flagged
        when  the ATS merges cand_1 into cand_7
        then  pl_1 is Quoted: waiting for its turn
        and   cand_7 is OptingIn
        and   the insurer has 2 contractors, 1 session
    ",
    );
}

#[test]
fn both_known_to_the_insurer_is_a_persons_choice_and_nobody_applies_meanwhile() {
    check(
        "
        given pl_1 of cand_1
        and   pl_7 of cand_7
        and   the ATS reports pl_1, pl_7
        and   the application of pl_1 is completed
        then  pl_1 is Active
        and   pl_7 is ApplicationPending
        when  the ATS merges cand_1 into cand_7
        then  cand_7 is Contested: candidate cand_1, opted in
        and   cand_7 is Contested: candidate cand_7, applying for placement pl_7
        and   pl_1 is Active
        when  pl_8 of cand_7
        and   the ATS reports pl_8
        then  pl_8 is Flagged: say which one stays
        and   the insurer has 2 contractors, 2 sessions, 1 live session
        when  the operator keeps cn_99 for cand_7: the one with the policy
        then  that was refused: not_a_rival
    ",
    );
}

#[test]
fn the_contractor_that_is_kept_is_the_one_that_goes_on() {
    check(
        "
        given pl_1 of cand_1
        and   pl_7 of cand_7
        and   the ATS reports pl_1, pl_7
        and   the application of pl_1 is completed
        and   the ATS merges cand_1 into cand_7
        and   pl_8 of cand_7
        and   the ATS reports pl_8
        then  pl_8 is Flagged: say which one stays
        when  the operator keeps cand_1 for cand_7:
        then  that was refused: no_reason
        when  the operator keeps cand_1 for cand_7: the one with the policy
        then  cand_7 is OptedIn
        and   pl_8 is Assigned
        and   pl_1 is Active
        and   pl_7 is ApplicationPending
        and   the insurer has 2 contractors, 2 sessions
        when  the operator keeps cand_7 for cand_7: the other one after all
        then  that was refused: not_contested
    ",
    );
}

#[test]
fn a_turn_that_ends_while_a_person_decides_is_not_lost() {
    check(
        "
        given pl_1 of cand_1
        and   pl_7 of cand_7
        and   the ATS reports pl_1, pl_7
        and   the ATS merges cand_1 into cand_7
        then  cand_7 is Contested
        when  the application of pl_1 runs out
        and   the application of pl_7 is completed
        then  cand_7 is Contested: candidate cand_7, opted in
        and   cand_7 is Contested: candidate cand_1, known
        when  the operator keeps cand_7 for cand_7: it has the policy
        then  cand_7 is OptedIn
        and   pl_7 is Active
        and   pl_1 is Flagged: ran out before the contractor finished it
    ",
    );
}

#[test]
fn a_report_that_comes_before_the_merge_is_told_heals() {
    check(
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        and   the application of pl_1 is completed
        and   cand_7 has the e-mail kim@real.test
        and   the ATS merges cand_1 into cand_7 unreported
        when  the ATS reports pl_1, pl_2
        then  pl_1 is Flagged: candidate was cand_1, is cand_7
        and   pl_2 is Flagged: the worker is another one
        when  the ATS merges cand_1 into cand_7
        then  pl_1 is Active
        and   pl_2 is Assigned
        and   cand_7 is OptedIn
        and   the insurer has 1 contractor, 1 session
    ",
    );
}

#[test]
fn a_merge_while_the_link_is_in_flight_loses_no_contractor() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made
        and   at once a call takes off
        and   cand_7 has the e-mail kim@real.test
        when  at once the ATS merges cand_1 into cand_7
        then  cand_1 is Merging
        when  at once its answer lands
        and   the world settles
        then  cand_1 is Merged
        and   cand_7 is OptingIn
        and   pl_1 is ApplicationPending
        and   the insurer has 1 contractor, 1 session, 1 live session
    ",
    );
}

#[test]
fn a_merge_while_the_session_is_being_opened_leaves_one_live_session() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once one call is made, twice
        then  pl_1 is Quoted: opening
        when  at once a call takes off
        and   cand_7 has the e-mail kim@real.test
        and   at once the ATS merges cand_1 into cand_7
        and   at once its answer lands
        and   the world settles
        then  cand_7 is OptingIn
        and   pl_1 is ApplicationPending
        and   the insurer has 1 contractor, 1 live session
    ",
    );
}

#[test]
fn merged_twice_over_it_is_the_last_one_that_has_it() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_7 has the e-mail kim@real.test
        and   cand_9 has the e-mail lee@real.test
        and   the ATS merges cand_1 into cand_7
        when  the ATS merges cand_7 into cand_9
        then  cand_9 is OptingIn
        and   the insurer knows cand_9 by lee@real.test
        when  the application of pl_1 is completed
        then  pl_1 is Active
        and   cand_9 is OptedIn
        and   the insurer has 1 contractor, 1 session
    ",
    );
}

#[test]
fn what_cannot_be_taken_over_waits_for_a_person_with_its_contractor() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_7 has the e-mail kim@real.test
        and   the insurer will refuse adopt_contractor with broken
        when  the ATS merges cand_1 into cand_7
        then  cand_7 is Succeeding: adopt contractor was refused
        and   pl_1 is ApplicationPending
        when  the application of pl_1 is completed
        then  cand_7 is Succeeding
        and   pl_1 is Active
        when  the operator retries cand_7: mended
        then  cand_7 is OptedIn
        and   the insurer has 1 contractor, 1 session
    ",
    );
}

#[test]
fn told_twice_and_across_a_restart_it_is_one_merge() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_7 has the e-mail kim@real.test
        when  at once the ATS merges cand_1 into cand_7, twice
        and   the engine restarts
        then  cand_7 is OptingIn
        and   CandidateMerged once for cand_1
        and   LegacyReceived once for cand_7
        and   CandidateReplaced once for pl_1
    ",
    );
}

#[test]
fn merged_on_before_it_was_taken_over_it_reaches_the_last_one() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   cand_7 has the e-mail kim@real.test
        and   cand_9 has the e-mail lee@real.test
        when  at once the ATS merges cand_1 into cand_7
        and   at once the ATS merges cand_7 into cand_9
        and   the world settles
        then  CandidateReplaced twice for pl_1
        and   cand_9 is OptedIn
        and   the insurer has 1 contractor
        when  the ATS reports pl_1
        then  pl_1 is Active
        and   FlagRaised never for pl_1
    ",
    );
}

#[test]
fn merged_twice_over_while_the_session_is_being_opened_it_begins_anew_with_the_last_one() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once one call is made, twice
        then  pl_1 is Quoted: opening
        when  at once a call takes off
        and   cand_7 has the e-mail kim@real.test
        and   cand_9 has the e-mail lee@real.test
        and   at once the ATS merges cand_1 into cand_7
        and   at once the ATS merges cand_7 into cand_9
        and   at once its answer lands
        and   the world settles
        then  cand_9 is OptingIn
        and   pl_1 is ApplicationPending
        and   the insurer has 1 contractor, 1 live session
        when  the ATS reports pl_1
        then  FlagRaised never for pl_1
    ",
    );
}

#[test]
fn a_certificate_that_was_sent_before_the_merge_is_not_sent_again_for_the_other_candidate() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_1 hands in paper_a
        then  paper_a is Uploaded
        when  cand_7 has the e-mail kim@real.test
        and   the ATS merges cand_1 into cand_7
        and   paper_a of cand_7 is found
        then  paper_a is Dropped: the same content was handed in as certificate cand_1.
        and   the insurer has 1 contractor, 1 certificate
    ",
    );
}

#[test]
fn a_document_of_both_is_sent_once_where_one_of_them_waits_when_the_merge_is_told() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_1 hands in paper_a
        then  paper_a is Uploaded
        when  cand_7 has the e-mail kim@real.test
        and   at once paper_a of cand_7 is found
        then  paper_a is Found
        when  at once the ATS merges cand_1 into cand_7
        and   the world settles
        then  paper_a is Dropped: the same content was handed in as certificate cand_1.
        and   the insurer has 1 contractor, 1 certificate
        when  the engine restarts
        then  the insurer has 1 certificate
    ",
    );
}

#[test]
fn a_document_that_went_out_for_both_before_the_merge_is_noticed_and_said() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_1 hands in paper_a
        and   pl_7 of cand_7
        and   the ATS reports pl_7
        and   paper_a of cand_7 is found
        then  paper_a is Uploaded
        and   the insurer has 2 contractors, 2 certificates
        when  the ATS merges cand_1 into cand_7
        and   the operator keeps cand_7 for cand_7: it is the real one
        then  paper_a of cand_1 is Uploaded: sent twice: certificate cand_7.
        and   FoundAgain once for paper_a of cand_1
        when  the engine restarts
        then  FoundAgain once for paper_a of cand_1
    ",
    );
}

#[test]
fn a_job_that_is_being_made_is_the_other_candidates_once_they_are_one() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        then  pl_1 is ContractorReady
        when  at once a call takes off
        and   cand_7 has the e-mail kim@real.test
        and   at once the ATS merges cand_1 into cand_7
        and   at once the ATS reports pl_1
        and   at once its answer lands
        and   the world settles
        then  pl_1 is ApplicationPending
        and   cand_7 is OptingIn
        and   FlagRaised never for pl_1
        and   the insurer has 1 contractor, 1 job, 1 live session
    ",
    );
}

#[test]
fn a_turn_that_was_nothing_to_the_candidate_before_the_merge_is_nothing_after_a_restart() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   cand_7 has the e-mail kim@real.test
        and   cand_9 has the e-mail lee@real.test
        and   the insurer will refuse adopt_contractor with broken
        when  the ATS merges cand_1 into cand_7
        then  cand_7 is Succeeding: adopt contractor was refused
        when  the policy of pl_1 is cancelled
        and   the operator closes pl_1: settled at the insurer
        then  pl_1 is Canceled
        when  the ATS merges cand_7 into cand_9
        and   the engine restarts
        then  TurnSettled never for cand_7
        and   cand_9 is OptedIn
    ",
    );
}

/// No timer came in time: what is asked for anew because of the merge would begin in the past.
#[test]
fn a_merge_after_the_start_has_passed_is_a_persons() {
    check(
        "
        given pl_1 of cand_1
        and   cand_7 has the e-mail none
        when  at once the ATS reports pl_1
        and   at once one call is made
        and   at once one call is made
        and   at once one call is made
        then  pl_1 is JobReady
        when  at once it is 2026-03-17 13:00
        and   the ATS merges cand_1 into cand_7
        then  pl_1 is Flagged: work has begun without coverage, 2 days so far
        and   the insurer has 1 contractor, 1 job, 0 quotes
    ",
    );
}
