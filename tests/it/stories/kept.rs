//! Certificates that are only kept, of somebody who turns out an employee.

use tests::story::check;

#[test]
fn what_is_kept_of_an_employee_is_a_persons_and_sent_by_nobody() {
    check(
        "
        when  cand_1 hands in paper_a out of scope
        then  paper_a is Kept: kept, and not sent
        when  cand_1 turns out an employee by paper_a
        then  paper_a is Held: every placement of theirs is out of scope: withdraw it
        when  the operator resubmits paper_a: the client asks for it
        then  that was refused: not_in_scope
        and   paper_a is Held: kept, and not sent
        and   the insurer heard nothing of cand_1
        when  the operator withdraws paper_a: not ours to keep
        then  paper_a is Dropped: not sent: not ours to keep
        and   the insurer heard nothing of cand_1
        ",
    );
}

#[test]
fn what_is_kept_of_an_employee_who_becomes_a_contractor_is_sent() {
    check(
        "
        given pl_1 of cand_1
        when  cand_1 hands in paper_a out of scope
        and   cand_1 turns out an employee by paper_a
        then  paper_a is Held: out of scope
        when  the ATS reports pl_1
        and   cand_1 turns out a contractor by paper_a
        then  paper_a is Uploaded
        and   paper_a went certificate_kept, certificate_held, scope_seen, contractor_linked, certificate_uploaded
        ",
    );
}
