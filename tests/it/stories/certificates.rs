//! A contractor's own certificate: alone, without any purchase; and where the tenant lets it stand in for one.

use tests::story::{check, check_in};
use tests::world::{self, World};
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::rules::Replaces;

/// A world whose tenant lets a certificate stand in for purchase.
fn replacing(min_remaining_days: Option<u16>) -> World {
    let mut rules = world::rules();
    rules.certificates.replaces_purchase = Replaces::WhereSatisfied;
    rules.certificates.satisfies = [CoverageType::General, CoverageType::WorkersComp].into();
    rules.certificates.min_remaining_days = min_remaining_days;
    World::with_rules(rules)
}

#[test]
fn a_certificate_needs_no_placement() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        when  cand_1 hands in paper_a
        then  paper_a is Uploaded
        and   cand_1 is Linked
        and   the insurer has 1 contractor, 1 certificate, no jobs, no quotes
        when  the review of paper_a begins
        then  paper_a is Processing
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  paper_a is Approved: approved: general until 2027-01-01, workers-comp until 2027-01-01
        and   paper_a went certificate_found, contractor_linked, certificate_uploaded, review_begun, review_approved
        when  the engine restarts
        then  paper_a is Approved
        when  it is 2027-01-02 12:00
        then  paper_a is Expired
    ",
    );
}

#[test]
fn the_same_content_is_handed_in_once_by_whichever_road() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        when  paper_a of cand_1 is found, twice
        and   cand_1 hands in paper_a, twice
        then  paper_a went certificate_found, contractor_linked, certificate_uploaded, found_again
        and   the insurer has 1 certificate
        and   the insurer heard upload_certificate 1x
        when  cand_1 hands in paper_b
        then  the insurer has 2 certificates, 1 contractor
        when  the engine restarts
        and   paper_a of cand_1 is found
        then  the insurer has 2 certificates
        and   FoundAgain once for paper_a
    ",
    );
}

#[test]
fn a_lost_answer_is_looked_up_by_name() {
    for lost in [
        "lose upload_certificate before its effect",
        "lose upload_certificate after its effect",
        "burn upload_certificate before its effect",
        "burn upload_certificate after its effect",
        "miss upload_certificate",
    ] {
        check(&format!(
            "
            given cand_1 has the e-mail kim@real.test
            and   the insurer will {lost}
            when  cand_1 hands in paper_a
            then  paper_a is Uploaded
            and   the insurer has 1 certificate
            "
        ));
    }
}

#[test]
fn a_restart_while_it_is_sent_sends_it_once() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   at once cand_1 hands in paper_a
        and   at once one call is made
        and   at once one call is made
        and   at once a call takes off
        when  the engine restarts
        then  paper_a is Uploaded
        and   the insurer has 1 certificate
    ",
    );
}

#[test]
fn what_is_flagged_or_denied_is_a_persons() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        when  the review of paper_a flags general until 2027-01-01
        then  paper_a is Flagged: flagged by the insurer (GL aggregate)
        when  the operator resubmits paper_a: perhaps now
        then  that was refused: reviewed
        when  the operator accepts paper_a:
        then  that was refused: no_reason
        when  the operator accepts paper_a: the broker vouches for it
        then  paper_a is Approved: accepted by a person (the broker vouches for it): general until 2027-01-01
        when  everything is polled
        then  paper_a is Approved: accepted by a person
        when  the review of paper_a denies general until 2027-01-01
        then  paper_a is Denied
        when  the operator withdraws paper_a: another one came
        then  paper_a is Withdrawn: another one came
        when  cand_1 hands in paper_a
        then  the insurer has 1 certificate
        and   paper_a is Withdrawn
    ",
    );
}

#[test]
fn a_reviewer_at_the_insurer_may_let_it_pass() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        and   the review of paper_a flags
        when  the review of paper_a approves general until 2027-01-01
        then  paper_a is Approved
        and   paper_a went certificate_found, contractor_linked, certificate_uploaded, review_flagged, review_approved
    ",
    );
}

#[test]
fn a_review_that_breaks_down_is_found_by_polling_and_sent_again_by_a_person() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        when  the review of paper_a breaks down
        then  paper_a is Uploaded
        when  everything is polled
        then  paper_a is Error: broke down
        when  the operator resubmits paper_a: once more
        then  paper_a is Uploaded
        and   the insurer has 2 certificates, 1 contractor
        when  the review of paper_a approves general until 2027-01-01
        then  paper_a is Approved
    ",
    );
}

#[test]
fn a_review_that_never_ends_is_a_persons() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        and   the review of paper_a begins
        when  it is 2026-03-04 12:00
        then  paper_a is Error: has not ended in a day
        when  the review of paper_a approves general until 2027-01-01
        then  paper_a is Approved
    ",
    );
}

#[test]
fn an_approval_without_days_stands_for_nothing_until_a_person_says_them() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        when  the review of paper_a approves
        then  paper_a is Approved: nobody said which days it covers
        when  the operator accepts paper_a: it is good
        then  that was refused: covers_nothing
        when  the operator accepts paper_a general until 2026-01-31: it is good
        then  that was refused: covers_nothing
        when  the operator accepts paper_a general until 2026-12-31: read on page one
        then  paper_a is Approved: accepted by a person (read on page one): general until 2026-12-31
    ",
    );
}

#[test]
fn what_is_no_pdf_is_never_sent() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        when  cand_1 hands in paper_a which is no PDF
        then  paper_a is Unfit: the file is no PDF
        and   the insurer has no contractors, no certificates
        and   the insurer heard nothing of cand_1
    ",
    );
}

#[test]
fn a_contractor_who_cannot_be_known_holds_it() {
    check(
        "
        when  cand_1 hands in paper_a
        then  cand_1 is Flagged
        and   paper_a is Held: the ATS does not know the candidate
        when  cand_1 has the e-mail kim@real.test
        and   the operator retries cand_1
        then  paper_a is Uploaded
        and   the insurer has 1 certificate
    ",
    );
}

#[test]
fn a_refused_document_is_held_and_goes_again_once_a_person_says_so() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   the insurer will refuse upload_certificate with no_insurance_requirement_found
        when  cand_1 hands in paper_a
        then  paper_a is Held: no_insurance_requirement_found
        when  the operator resubmits paper_a: the requirement is set up now
        then  paper_a is Uploaded
        and   the insurer has 1 certificate, 1 contractor
    ",
    );
}

#[test]
fn a_forgotten_persons_document_is_dropped_unless_it_was_sent() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        and   cand_1 hands in paper_a
        and   the insurer will refuse upload_certificate with odd
        and   cand_1 hands in paper_b
        then  paper_b is Held
        when  the operator forgets cand_1: erasure request 17
        then  paper_b is Dropped: the person was forgotten here: erasure request 17
        and   paper_a is Uploaded
        when  the review of paper_a approves general until 2027-01-01
        then  paper_a is Approved
        when  the engine restarts
        and   the review of paper_a denies
        then  paper_a is Denied
        and   PersonForgotten once for paper_a
        and   the insurer has 1 certificate
    ",
    );
}

#[test]
fn without_the_rule_everything_is_bought_all_the_same() {
    check(
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_1 hands in paper_a
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  pl_1 is ApplicationPending
        and   CertificatesNoted never for pl_1
        and   the insurer has 1 contractor, 1 session
    ",
    );
}

#[test]
fn a_certificate_that_stands_already_covers_without_purchase() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        when  the ATS reports pl_1
        then  pl_1 is Active: own certificate
        and   the insurer has 1 contractor, 1 job, no quotes, no sessions, no assignments
        and   cand_1 is Linked
        when  the engine restarts
        then  pl_1 is Active: nothing was bought
        when  pl_2 of cand_1
        and   the ATS reports pl_2
        then  pl_2 is Active
        and   the insurer has 2 jobs, no quotes
    ",
    );
}

#[test]
fn a_certificate_that_comes_while_the_application_is_open_closes_it() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   pl_2 of cand_1
        and   the ATS reports pl_1, pl_2
        and   cand_1 hands in paper_a
        then  pl_1 is ApplicationPending
        and   pl_2 is Quoted
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  pl_1 is Active: own certificate
        and   pl_2 is Active: own certificate
        and   the insurer has 1 session, no live sessions, no policies
        and   cand_1 is Linked
    ",
    );
}

#[test]
fn one_that_falls_while_a_person_says_which_contractor_stays_is_a_loss_all_the_same() {
    check_in(
        replacing(None),
        "
        given pl_7 of cand_7
        and   the ATS reports pl_7
        and   pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        then  pl_1 is Active: own certificate
        when  the ATS merges cand_1 into cand_7
        then  cand_7 is Contested
        and   pl_1 is Active: own certificate
        when  the review of paper_a denies
        then  pl_1 is Flagged: coverage lost
    ",
    );
}

#[test]
fn an_application_that_was_completed_just_before_is_not_asked_to_close_for_ever() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   cand_1 hands in paper_a
        then  pl_1 is ApplicationPending
        when  at once the review of paper_a approves general, workers-comp until 2027-01-01
        and   at once the application of pl_1 is completed
        and   the world settles
        then  pl_1 is Active: by policy
        and   the insurer heard expire_application 2x
        and   the insurer has 1 session, 1 policy
    ",
    );
}

#[test]
fn one_that_satisfies_a_part_or_runs_out_too_soon_changes_nothing() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general until 2027-01-01
        and   cand_1 hands in paper_b
        and   the review of paper_b approves general, workers-comp until 2026-05-01
        when  the ATS reports pl_1
        then  pl_1 is ApplicationPending
        and   the insurer has 1 session
    ",
    );
}

#[test]
fn a_denial_later_is_a_loss_and_another_certificate_heals_it() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        then  pl_1 is Active
        when  the review of paper_a denies
        then  paper_a is Denied
        and   pl_1 is Flagged: certificate does not stand any more
        when  cand_1 hands in paper_b
        and   the review of paper_b approves general, workers-comp until 2027-06-30
        then  pl_1 is Active: own certificate
        and   the insurer has no quotes
    ",
    );
}

#[test]
fn a_second_certificate_takes_the_place_of_the_one_that_falls() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-06-30
        and   cand_1 hands in paper_b
        and   the review of paper_b approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        when  the operator withdraws paper_a: it was forged
        then  pl_1 is Active: own certificate
        and   CoverageUpdated once for pl_1
        when  the operator withdraws paper_b: this one too
        then  pl_1 is Flagged: certificate does not stand any more
    ",
    );
}

#[test]
fn what_runs_out_before_the_work_does_is_flagged() {
    check_in(
        replacing(Some(30)),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2026-05-01
        when  the ATS reports pl_1
        then  pl_1 is Active: own certificate
        when  it is 2026-05-01 12:00
        then  pl_1 is Flagged: certificate ran out
        and   paper_a is Expired
    ",
    );
}

#[test]
fn what_is_called_off_while_a_certificate_covers_it_is_closed_by_a_person() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with stage=canceled
        then  pl_1 is Flagged: yet it is covered by the contractor's own certificate
        when  the operator closes pl_1: seen
        then  pl_1 is Canceled
    ",
    );
}

#[test]
fn what_is_bought_stays_bought() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   the ATS reports pl_1
        and   the application of pl_1 is completed
        and   cand_1 hands in paper_a
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  pl_1 is Active: by policy
        when  the policy of pl_1 is cancelled
        then  pl_1 is Active: own certificate
    ",
    );
}

#[test]
fn another_worker_is_not_covered_by_the_first_ones_certificate() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   pl_2 of cand_2
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        when  the ATS reports pl_1, pl_2
        then  pl_1 is Active: own certificate
        and   pl_2 is ApplicationPending
    ",
    );
}

#[test]
fn a_candidate_who_is_gone_while_a_certificate_covers_the_work_has_nothing_bought() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        then  pl_1 is Active: own certificate
        when  the ATS deletes cand_1
        then  pl_1 is Flagged: the candidate is gone from the ATS (deleted in the ATS), yet it is covered by the contractor's own certificate: close the placement, or return to it
        when  the operator returns pl_1: they still work there
        then  pl_1 is Active: own certificate
        and   the insurer has no quotes
    ",
    );
}

#[test]
fn other_terms_while_a_certificate_covers_the_work_speak_of_no_purchase() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        when  the ATS reports pl_1 with pay=110
        then  pl_1 is Flagged: changed while it is covered by the contractor's own certificate: wage
    ",
    );
}

#[test]
fn work_that_ends_early_under_a_certificate_leaves_nothing_to_shorten() {
    let mut world = replacing(None);
    world.rules.shorten_cover = true;
    world.restart();
    check_in(
        world,
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        and   it is 2026-05-26 13:00
        when  the ATS reports pl_1 with stage=2026-05-25
        then  pl_1 is Completed: work ended on 2026-05-25
    ",
    );
}

#[test]
fn what_is_handed_in_before_anybody_knows_a_contractor_is_kept_and_sent_later() {
    check(
        "
        given cand_1 has the e-mail kim@real.test
        when  cand_1 hands in paper_a out of scope, twice
        then  paper_a is Kept: kept, and not sent
        and   the insurer has no contractors, no certificates
        when  the operator resubmits paper_a: send it all the same
        then  that was refused: not_in_scope
        when  the engine restarts
        and   cand_1 turns out a contractor by paper_a, twice
        then  paper_a is Uploaded
        and   paper_a went certificate_kept, scope_seen, contractor_linked, certificate_uploaded
        and   the insurer has 1 contractor, 1 certificate
    ",
    );
}

#[test]
fn one_that_the_insurer_has_no_more_covers_nothing_until_it_is_sent_again() {
    check_in(
        replacing(None),
        "
        given pl_1 of cand_1
        and   cand_1 hands in paper_a
        and   the review of paper_a approves general, workers-comp until 2027-01-01
        and   the ATS reports pl_1
        then  pl_1 is Active: own certificate
        when  the insurer deletes paper_a
        then  paper_a is Error: the insurer does not have it any more
        and   pl_1 is Flagged: certificate does not stand any more
        when  the operator resubmits paper_a: it was deleted by mistake
        then  paper_a is Uploaded
        and   CertificateGone once for paper_a
        when  the review of paper_a approves general, workers-comp until 2027-01-01
        then  pl_1 is Active: own certificate
    ",
    );
}
