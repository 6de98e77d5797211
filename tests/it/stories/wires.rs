//! What goes wrong between here and there: lost, late, doubled, interrupted.

use tests::story::{check, check_in};
use tests::world::World;

const OPERATIONS: &[&str] =
    &["read_person", "link_contractor", "create_job", "create_quote", "open_application"];

#[test]
fn whatever_is_lost_once_there_is_one_of_each_in_the_end() {
    for operation in OPERATIONS {
        for how in [
            format!("miss {operation}"),
            format!("lose {operation} before its effect"),
            format!("lose {operation} after its effect"),
            format!("burn {operation} before its effect"),
            format!("burn {operation} after its effect"),
        ] {
            let side = if *operation == "read_person" { "the ATS" } else { "the insurer" };
            check(&format!(
                "
                given pl_1 of cand_1
                and   {side} will {how}
                when  the ATS reports pl_1
                then  pl_1 is ApplicationPending
                and   the insurer has 1 contractor, 1 job, 1 session
                "
            ));
        }
    }
}

#[test]
fn a_lost_assignment_is_made_once() {
    for how in
        ["lose create_assignment after its effect", "burn create_assignment after its effect"]
    {
        check(&format!(
            "
            given pl_1 of cand_1
            and   the ATS reports pl_1
            and   the application of pl_1 is completed
            and   the insurer will {how}
            and   pl_2 of cand_1
            when  the ATS reports pl_2
            then  pl_2 is Assigned
            and   the insurer has 1 assignment
            "
        ));
    }
}

#[test]
fn a_late_answer_changes_nothing() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once one call is made
        then  pl_1 is JobReady
        when  at once a call takes off
        and   at once the ATS reports pl_1 with end=2026-07-31
        then  pl_1 is ContractorReady
        when  at once its answer lands
        then  pl_1 is ContractorReady
        when  the world settles
        then  pl_1 is ApplicationPending
        and   QuoteIssued once for pl_1
    ",
    );
}

#[test]
fn called_off_while_the_session_is_being_opened_closes_it() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   at once one call is made, twice
        and   at once one call is made, twice
        then  pl_1 is Quoted: opening
        when  at once a call takes off
        and   at once the ATS reports pl_1 with stage=canceled
        then  pl_1 is Quoted
        when  at once its answer lands
        and   the world settles
        then  pl_1 is Canceled
        and   the insurer has 1 session, no live sessions
        and   cand_1 is Linked
    ",
    );
}

#[test]
fn doubled_reports_and_signals_change_nothing() {
    check(
        "
        given pl_1 of cand_1
        when  the ATS reports pl_1, pl_1
        and   the ATS reports pl_1, twice
        then  TermsReady once for pl_1
        when  the application of pl_1 is completed
        and   everything is polled, twice
        and   the timers fire, twice
        then  pl_1 is Active
        and   CoverageStarted once for pl_1
        and   CoverageUpdated never for pl_1
    ",
    );
}

#[test]
fn a_signal_about_what_is_not_known_yet_is_kept() {
    check(
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   the insurer will lose open_application after its effect
        and   at once one call is made, twice
        and   at once one call is made, twice
        and   at once one call is made
        when  at once the application of pl_1 reaches payment
        and   at once the signals arrive
        and   the world settles
        then  pl_1 is ApplicationPending
    ",
    );
}

#[test]
fn the_road_goes_on_after_a_restart_on_disk() {
    check_in(
        World::on_disk(),
        "
        given pl_1 of cand_1
        and   at once the ATS reports pl_1
        and   the engine restarts
        then  pl_1 is ApplicationPending
        when  the engine restarts
        and   the application of pl_1 is completed
        and   the engine restarts
        then  pl_1 is Active
        and   the insurer has 1 contractor, 1 job, 1 quote, 1 session
        ",
    );
}

#[test]
fn a_placement_out_and_back_in_one_breath_gives_its_turn_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        use tests::world::{good, set};
        use workflow_core::domain::placement::{Input, State};
        let mut world = World::in_memory();
        let (first, second) = ("pl_1".into(), "pl_2".into());
        let who = "cand_1".into();
        world
            .ats()
            .put_person("cand_1".into(), tests::peers::ats::person("Kim", Some("k@real.test")));
        for placement in [&first, &second] {
            world.ats().put(good(placement, &who));
            world.observe(placement).await.expect("it is taken");
            world.settle().await;
        }
        let (mut out, mut unclear) = (good(&first, &who), good(&first, &who));
        set(&mut out, "employment", "W2");
        set(&mut unclear, "pay", "none");
        let session = world.insurer().session_of(&first).expect("it applies");
        world.insurer().run_out(&session);
        world.insurer().take_signals();
        let sighting = world.insurer().read(&tests::peers::insurer::Subject::Session(session));
        let sighting = sighting.expect("it is there");
        // All at once, so that the writer may take them as one group.
        let told = |input| world.tell(&first, input, "test");
        let (a, b, c) = tokio::join!(
            told(Input::Seen(sighting)),
            told(Input::Observed(Box::new(out))),
            told(Input::Observed(Box::new(unclear))),
        );
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        world.settle().await;
        let state = world.placement(&second);
        let applies = matches!(state, Some(State::ApplicationPending { .. }));
        assert!(applies, "{}", world.describe());
    });
}

#[test]
fn the_real_dispatcher_walks_the_same_road() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        use tests::peers::fault::Fault;
        use tests::world::good;
        use workflow_core::domain::placement::State;
        let mut world = World::in_memory();
        let (placement, who) = ("pl_1".into(), "cand_1".into());
        world.ats().put_person("cand_1".into(), tests::peers::ats::person("Kim", None));
        world.ats().put(good(&placement, &who));
        for operation in OPERATIONS {
            world.insurer().faults.plan(operation, Fault::BurnedAfter);
            world.insurer().faults.plan(operation, Fault::LostAfter);
        }
        world.observe(&placement).await.expect("it is taken");
        world.settle_by_dispatcher().await;
        let state = world.placement(&placement);
        let applies = matches!(state, Some(State::ApplicationPending { .. }));
        assert!(applies, "{}", world.describe());
        let books = world.insurer().books();
        assert!(books.violations.is_empty(), "{:?}", books.violations);
        assert_eq!((books.contractors.len(), books.jobs.len(), books.sessions.len()), (1, 1, 1));
    });
}
