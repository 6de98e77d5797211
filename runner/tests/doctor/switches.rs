//! Each of the thirty switches of JobDiva's simulator, thrown alone: the doctor names what can be seen from outside, and the file
//! that it suggests mends what configuration can mend; with all others nothing is the matter, for the client takes both.
//! `docs/doctor.md` has the same table.

use integration_jobdiva::simulator::{
    AssignmentForm, Behaviour, BillingDates, Fault, FaultKind, HeaderForm, Mutation, OffsetMode,
    PageBase, RateLimit, SWITCHES, Simulator, WindowEnd,
};
use runner::doctor::{Report, Severity};

use super::jobdiva::{clock, services_with};
use super::settings::{Settings, clean, put, wrong};

/// What becomes of a switch that is thrown.
enum Seen {
    /// It is named by this code, and the suggested file mends it.
    Mended(&'static str),
    /// It is named by this code; it passes by itself.
    Told(&'static str),
    /// There is a note with this in it, and nothing to do.
    Noted(&'static str),
    /// Nothing is said: why not.
    Taken(&'static str),
}

use Seen::{Mended, Noted, Taken, Told};

/// A way to throw a switch.
struct Thrown {
    number: u8,
    behaviour: fn(&mut Behaviour),
    demand: fn(&Simulator),
    seen: Seen,
}

const fn thrown(number: u8, behaviour: fn(&mut Behaviour), seen: Seen) -> Thrown {
    Thrown { number, behaviour, demand: |_| {}, seen }
}

const fn asked(number: u8, demand: fn(&Simulator), seen: Seen) -> Thrown {
    Thrown { number, behaviour: |_| {}, demand, seen }
}

fn faulty(simulator: &Simulator, path: &str, kind: FaultKind, count: Option<u32>) {
    simulator.fault(Fault { path: path.to_owned(), kind, count }).unwrap();
}

/// In the order of the switches; one of several values may have a line of its own.
const ALL: [Thrown; 36] = [
    thrown(1, |it| it.token_lifetime_secs = 600, Taken("a new login in time")),
    asked(2, |it| it.revoke_tokens().unwrap(), Taken("a new login after a 401")),
    thrown(3, |it| it.bad_login_status = 401, Taken("a refused login is known by either status")),
    thrown(4, |it| it.header = HeaderForm::RawOnly, Mended("token_header")),
    thrown(4, |it| it.header = HeaderForm::BearerOnly, Taken("the default")),
    thrown(5, |it| it.max_window_secs = 7 * 86_400, Mended("window_width")),
    thrown(5, |it| it.max_window_secs = 36 * 3600, Mended("window_width")),
    thrown(
        6,
        |it| it.widen_midnight = false,
        Taken("no window ends there but by chance, and they overlap"),
    ),
    thrown(7, |it| it.window_end = WindowEnd::Excluded, Taken("windows overlap")),
    thrown(8, |it| it.strict_dates = false, Taken("dates are always sent")),
    thrown(9, |it| it.seed = 7, Taken("every mix is read")),
    thrown(9, |it| it.ragged_values = false, Taken("every mix is read")),
    thrown(10, |it| it.ragged_envelopes = false, Taken("every envelope is read")),
    thrown(11, |it| it.user_fields_on_request = false, Taken("what is not asked for is not read")),
    thrown(12, |it| it.ignore_unknown_criteria = false, Taken("only known criteria are sent")),
    thrown(13, |it| it.offset = OffsetMode::Page, Taken("the first two pages tell")),
    thrown(13, |it| it.search_cap = 3, Taken("what adds nothing new is the end")),
    thrown(14, |it| it.page_base = PageBase::Zero, Taken("no paging unless it is switched on")),
    thrown(14, |it| it.page_base = PageBase::Absent, Taken("no paging unless it is switched on")),
    thrown(
        15,
        |it| it.rate_limit = Some(RateLimit { burst: 2, per_minute: 1, retry_after: true }),
        Noted("requisitions read"),
    ),
    thrown(
        15,
        |it| it.rate_limit = Some(RateLimit { burst: 1, per_minute: 1, retry_after: true }),
        Told("unreachable"),
    ),
    asked(
        16,
        |it| faulty(it, "bi/NewUpdatedSalaryRecords", FaultKind::QueueFull, Some(1)),
        Told("unreachable"),
    ),
    thrown(
        17,
        |it| it.not_granted = ["bi/MergedCandidates".to_owned()].into(),
        Mended("not_granted"),
    ),
    asked(18, poisoned, Noted("a long window fails")),
    asked(
        19,
        |it| faulty(it, "*", FaultKind::Slow { millis: 1 }, None),
        Taken("minutes are waited for"),
    ),
    thrown(20, |it| it.record_delay_secs = 60 * 86_400, Taken("of no rows nothing is said")),
    thrown(21, |it| it.rate_change_in_place = true, Taken("what applies on a day is chosen")),
    thrown(22, |it| it.related_starts = false, Taken("others' rows are left out")),
    thrown(23, |it| it.billing_dates = BillingDates::Us, Taken("both are read")),
    thrown(24, |it| it.assignment = AssignmentForm::Labels, Taken("both are read")),
    asked(
        25,
        |it| mutate(it, Mutation::Merge { old: 70_011_000_042, new: 70_011_000_057 }),
        Taken("the pairs are read"),
    ),
    asked(
        26,
        |it| mutate(it, Mutation::Delete { placement: 51_000_777 }),
        Taken("who is gone is not asked for"),
    ),
    asked(27, |_| {}, Taken("names are compared so")),
    thrown(28, |it| it.coalesce_secs = 60, Taken("`--door` and `--capture` try webhooks")),
    thrown(29, |it| it.feed_lag_secs = 90, Taken("windows end two minutes ago")),
    thrown(30, |it| it.max_ids = 1, Taken("one id is asked for at a time")),
];

fn mutate(simulator: &Simulator, mutation: Mutation) {
    simulator.mutate(mutation).unwrap();
}

fn poisoned(simulator: &Simulator) {
    let row = "51000777".to_owned();
    faulty(simulator, "bi/NewUpdatedActivityRecords", FaultKind::Poison { row }, None);
}

/// What the doctor says of a switch that is thrown, and once the file that it suggests is used.
async fn examined(switch: &Thrown) -> (Report, Option<Report>) {
    let (jobdiva, policy) = services_with(switch.behaviour).await;
    (switch.demand)(&jobdiva);
    let settings = Settings::new(&jobdiva.base_url(), &policy.base_url());
    let report = settings.examined_at(None, clock(&jobdiva)).await;
    let Some(suggested) = &report.suggested else { return (report, None) };
    put(&settings, "acme.toml", suggested);
    let mended =
        settings.with("name = \"acme\"\n", "name = \"acme\"\noverrides_file = \"acme.toml\"\n");
    let after = mended.examined_at(None, clock(&jobdiva)).await;
    (report, Some(after))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_switch_is_named_and_mended_or_nothing_is_the_matter() {
    for switch in &ALL {
        let number = switch.number;
        let (report, after) = examined(switch).await;
        let all: Vec<_> = report.wrong().collect();
        match &switch.seen {
            Mended(code) => {
                assert!(
                    !all.is_empty() && wrong(&report).iter().all(|it| it == code),
                    "{number}: {all:#?}"
                );
                clean(&after.unwrap_or_else(|| panic!("{number}: nothing is suggested")));
            }
            Told(code) => {
                assert!(
                    !all.is_empty() && wrong(&report).iter().all(|it| it == code),
                    "{number}: {all:#?}"
                );
                assert!(all.iter().all(|finding| !finding.todo.is_empty()), "{number}: {all:#?}");
            }
            Noted(words) => {
                assert!(all.is_empty(), "{number}: {all:#?}");
                let note = report.findings.iter().find(|finding| finding.what.contains(words));
                let note = note.unwrap_or_else(|| panic!("{number}: {:#?}", report.findings));
                assert_eq!(note.severity, Severity::Note, "{number}");
            }
            Taken(_) => {
                assert!(all.is_empty(), "{number}: {all:#?}");
                assert_eq!(report.suggested, None, "{number}");
            }
        }
    }
}

#[test]
fn every_switch_is_thrown_and_stands_in_the_documents_table() {
    let numbers: Vec<u8> = SWITCHES.iter().map(|switch| switch.number).collect();
    let mut thrown: Vec<u8> = ALL.iter().map(|switch| switch.number).collect();
    thrown.dedup();
    assert_eq!(thrown, numbers);
    let expected: Vec<String> = SWITCHES
        .iter()
        .map(|switch| {
            let own = ALL.iter().filter(|of| of.number == switch.number);
            let mut said: Vec<String> = own
                .map(|of| match of.seen {
                    Mended(code) => format!("`{code}`, mended by the file"),
                    Told(code) => format!("`{code}`, to be tried again"),
                    Noted(words) => format!("a note: \"{words}\""),
                    Taken(why) => format!("nothing: {why}"),
                })
                .collect();
            said.dedup();
            format!("| {} | {} | {} |", switch.number, switch.what, said.join("; "))
        })
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
    let page = std::fs::read_to_string(path).unwrap();
    let is_row = |line: &&str| {
        line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let table = page.split_once("## Each switch alone").expect("the table is there").1;
    let rows: Vec<&str> = table.lines().filter(is_row).collect();
    assert_eq!(rows, expected, "the table should read:\n{}", expected.join("\n"));
}
