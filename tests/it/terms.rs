//! What facts amount to, in tables: scope, wage, dates, region, maps.

use jiff::tz::TimeZone;
use tests::world::{good, rules, set};
use workflow_core::domain::call::{CategoryCode, CoverageType, Wage};
use workflow_core::domain::facts::Facts;
use workflow_core::domain::rules::{CoverageRule, NonHourly, Rules};
use workflow_core::domain::terms::{Terms, Verdict, judge, start_passed};
use workflow_core::time::Timestamp;

/// A good placement with these changes: `pay=10; unit=day`.
fn facts(changes: &str) -> Facts {
    let mut facts = good(&"pl_1".into(), &"cand_1".into());
    for change in changes.split("; ").filter(|change| !change.is_empty()) {
        let (name, value) = change.split_once('=').expect("changes are like pay=10");
        set(&mut facts, name, value);
    }
    facts
}

#[track_caller]
fn ready_by(changes: &str, rules: &Rules) -> Terms {
    match judge(&facts(changes), rules) {
        Verdict::Ready(terms) => *terms,
        other => panic!("`{changes}` is {other:?}"),
    }
}

#[track_caller]
fn ready(changes: &str) -> Terms {
    ready_by(changes, &rules())
}

/// The codes of what is missing, in order.
#[track_caller]
fn held_by(changes: &str, rules: &Rules) -> Vec<String> {
    match judge(&facts(changes), rules) {
        Verdict::Held(missing) => missing.into_iter().map(|missing| missing.code).collect(),
        other => panic!("`{changes}` is {other:?}"),
    }
}

#[track_caller]
fn held(changes: &str) -> Vec<String> {
    held_by(changes, &rules())
}

#[track_caller]
fn text_of(changes: &str) -> String {
    match judge(&facts(changes), &rules()) {
        Verdict::Held(missing) => missing.into_iter().map(|missing| missing.text).collect(),
        other => panic!("`{changes}` is {other:?}"),
    }
}

#[track_caller]
fn out(changes: &str) -> String {
    match judge(&facts(changes), &rules()) {
        Verdict::Out(evidence) => evidence.code,
        other => panic!("`{changes}` is {other:?}"),
    }
}

#[test]
fn scope_follows_the_stronger_evidence() {
    // The position decides before everything else.
    assert_eq!(out("position=DIRECT  Placement; employment=1099"), "perm");
    // The pay record's category before the tenant's field, the field before the flags.
    assert_eq!(out("employment=W2; field=1099"), "w2");
    ready("employment=1099; field=W2");
    assert_eq!(out("employment=none; field=Employer of Record; c2c=yes"), "eor");
    assert_eq!(out("employment=none; c2c=yes"), "corp_to_corp");
    assert_eq!(out("employment=none; w2=yes"), "w2");
    ready("employment=  INDEPENDENT   contractor ");
    // An empty word says nothing, a flag that is not set neither.
    assert_eq!(held("employment=  "), ["category_missing"]);
    assert_eq!(held("employment=none; c2c=no; w2=no"), ["category_missing"]);
    assert_eq!(held("employment=1099; w2=yes"), ["category_conflict"]);
    assert_eq!(held("employment=W2; c2c=yes"), ["category_conflict"]);
    assert_eq!(held("employment=c2c; w2=yes"), ["category_conflict"]);
    assert_eq!(held("employment=none; c2c=yes; w2=yes"), ["category_conflict"]);
    assert_eq!(held("employment=Freelance"), ["category_unknown"]);
    // Out of scope is out of scope however little else is known.
    assert_eq!(out("employment=W2; pay=none; start=none; company=none"), "w2");
}

#[test]
fn corp_to_corp_is_in_where_the_tenant_includes_it() {
    let including = Rules { include_corp_to_corp: true, ..rules() };
    ready_by("employment=Corp to Corp", &including);
    ready_by("employment=none; c2c=yes", &including);
    assert_eq!(held_by("employment=c2c; w2=yes", &including), ["category_conflict"]);
}

#[test]
fn stages_decide_before_anything_else() {
    let verdict = |changes| judge(&facts(changes), &rules());
    assert!(matches!(verdict("stage=canceled; employment=W2"), Verdict::Off(_)));
    assert!(matches!(verdict("stage=deleted"), Verdict::Off(_)));
    let ended = verdict("stage=2026-05-01");
    assert_eq!(ended, Verdict::Over(Some("2026-05-01".parse().expect("a date"))));
    // Without a day of its own the end date is the end.
    assert_eq!(verdict("stage=ended"), Verdict::Over(facts("").end));
    assert_eq!(held("stage=offer"), ["offer"]);
    // A word that nobody has explained holds what would be insured, and nothing else.
    assert_eq!(held("stage=offer; status=Badge Check"), ["offer", "status_unmapped"]);
    assert_eq!(held("stage=working; status=Badge Check"), ["status_unmapped"]);
    assert_eq!(out("status=Badge Check; employment=W2"), "w2");
    assert!(matches!(verdict("stage=canceled; status=Badge Check"), Verdict::Off(_)));
    ready("stage=working");
}

#[test]
fn wages_by_unit() {
    let hourly = |changes: &str| match ready(changes).job.wage {
        Wage::Hourly(cents) => cents.0,
        other => panic!("`{changes}` pays {other}"),
    };
    for unit in ["H", "hour", "Hourly", "USD/Hour", " hr "] {
        assert_eq!(hourly(&format!("unit={unit}")), 9500, "{unit}");
    }
    // Half to even.
    for (pay, cents) in
        [("0.125", 12), ("0.135", 14), ("82.505", 8250), ("82.515", 8252), ("82.5051", 8251)]
    {
        assert_eq!(hourly(&format!("pay={pay}")), cents, "{pay}");
    }
    let fee = |changes: &str| ready(changes).job.wage;
    assert_eq!(fee("unit=Project; pay=12000").to_string(), "12000.00 in all");
    assert_eq!(held("unit=day"), ["rate_not_hourly"]);
    assert_eq!(held("unit=Y"), ["rate_not_hourly"]);
    assert_eq!(held("unit=fortnight"), ["unit_unknown"]);
    assert_eq!(held("pay=none"), ["pay_missing"]);
    assert_eq!(held("pay=-5"), ["pay_zero"]);
    assert_eq!(held("pay=0"), ["pay_zero"]);
    assert_eq!(held("pay=99999999999999999999"), ["pay_beyond"]);
}

#[test]
fn currencies() {
    ready("currency=none");
    ready("currency= ");
    ready("currency=usd");
    assert_eq!(held("currency=CAD"), ["currency"]);
}

#[test]
fn a_rate_that_is_not_hourly_becomes_a_fee_where_the_tenant_says_so() {
    let fees = Rules { non_hourly: NonHourly::FlatFee, ..rules() };
    // (start, end inclusive, unit, pay, dollars in all); begun units count whole.
    let table = [
        ("2026-03-16", "2026-03-16", "day", "400", "400.00"),
        ("2026-03-16", "2026-03-22", "day", "400", "2800.00"),
        ("2026-03-16", "2026-03-22", "week", "2000", "2000.00"),
        ("2026-03-16", "2026-03-23", "week", "2000", "4000.00"),
        ("2026-03-16", "2026-04-15", "month", "8000.50", "8000.50"),
        ("2026-03-16", "2026-04-16", "month", "8000.50", "16001.00"),
        ("2026-01-31", "2026-02-27", "month", "100", "100.00"),
        ("2026-01-31", "2026-02-28", "month", "100", "200.00"),
        ("2026-03-16", "2027-03-15", "year", "120000", "120000.00"),
        ("2026-03-16", "2026-06-30", "year", "120000", "120000.00"),
        ("2028-02-29", "2029-02-27", "year", "1", "1.00"),
    ];
    for (start, end, unit, pay, dollars) in table {
        let changes = format!("start={start}; end={end}; unit={unit}; pay={pay}");
        let wage = ready_by(&changes, &fees).job.wage.to_string();
        assert_eq!(wage, format!("{dollars} in all"), "{changes}");
    }
    assert_eq!(held_by("unit=day; end=none", &fees), ["end_missing", "term_missing"]);
}

#[track_caller]
fn window(zone: &str, start: &str, end: &str, wanted: (&str, &str)) {
    let zone = TimeZone::get(zone).expect("the zone is bundled");
    let rules = Rules { zone, ..rules() };
    let window = ready_by(&format!("start={start}; end={end}"), &rules).window;
    let moment =
        |text: &str| Timestamp::from(text.parse::<jiff::Timestamp>().expect("a moment")).as_secs();
    let is = (window.effective.as_secs(), window.until.as_secs());
    assert_eq!(is, (moment(wanted.0), moment(wanted.1)), "{start} to {end}");
}

#[test]
fn days_begin_at_local_midnight_and_the_last_one_counts() {
    let (new_york, phoenix) = ("America/New_York", "America/Phoenix");
    let w = window;
    w(new_york, "2026-01-05", "2026-01-05", ("2026-01-05T05:00:00Z", "2026-01-06T05:00:00Z"));
    // The clocks go forward on 2026-03-08 and back on 2026-11-01: those days have 23 and 25 hours.
    w(new_york, "2026-03-08", "2026-03-08", ("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"));
    w(new_york, "2026-03-07", "2026-03-07", ("2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z"));
    w(new_york, "2026-11-01", "2026-11-01", ("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"));
    w(new_york, "2026-03-01", "2026-10-31", ("2026-03-01T05:00:00Z", "2026-11-01T04:00:00Z"));
    w(phoenix, "2026-03-08", "2026-11-01", ("2026-03-08T07:00:00Z", "2026-11-02T07:00:00Z"));
    // A leap day, and the end of a year.
    w(new_york, "2028-02-29", "2028-02-29", ("2028-02-29T05:00:00Z", "2028-03-01T05:00:00Z"));
    w(new_york, "2028-02-28", "2028-02-28", ("2028-02-28T05:00:00Z", "2028-02-29T05:00:00Z"));
    w(phoenix, "2026-12-31", "2026-12-31", ("2026-12-31T07:00:00Z", "2027-01-01T07:00:00Z"));
    // Where the clock skips midnight, the day begins after it.
    w(
        "America/Havana",
        "2026-03-08",
        "2026-03-08",
        ("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
    );
}

#[test]
fn dates_that_cannot_be_insured_hold() {
    assert_eq!(held("start=none"), ["start_missing"]);
    assert_eq!(held("end=none"), ["end_missing"]);
    assert_eq!(held("start=2026-05-02; end=2026-05-01"), ["dates_reversed"]);
    ready("start=2026-05-01; end=2026-05-01");
    // At most one year from the first moment to the last.
    ready("start=2026-03-16; end=2027-03-15");
    assert_eq!(held("start=2026-03-16; end=2027-03-16"), ["too_long"]);
    ready("start=2027-03-01; end=2028-02-29");
    assert_eq!(held("start=2027-03-01; end=2028-03-01"), ["too_long"]);
    let default = Rules { default_term_days: Some(30), ..rules() };
    let terms = ready_by("start=2026-03-16; end=none", &default);
    assert_eq!(terms.window.last_day.to_string(), "2026-04-15");
    assert_eq!(held("unreadable=ENDDATE"), ["unreadable"]);
}

#[test]
fn a_start_passes_at_its_first_moment() {
    let window = ready("").window;
    let secs = window.effective.as_secs();
    let zone = rules().zone;
    let at = |offset: i64| start_passed(&window, Timestamp::from_secs(secs + offset), &zone);
    assert_eq!(at(-1), None);
    assert_eq!(at(0), Some(1));
    assert_eq!(at(24 * 3600 - 1), Some(1));
    assert_eq!(at(24 * 3600), Some(2));
}

#[test]
fn regions_fall_back_from_worksite_to_home() {
    let state = |changes: &str| ready(changes).job.region.map(|region| region.state);
    assert_eq!(state("").as_deref(), Some("NY"));
    assert_eq!(state("state=new  york").as_deref(), Some("NY"));
    assert_eq!(state("state=District of Columbia").as_deref(), Some("DC"));
    assert_eq!(state("state=none; requisition-state=Texas; home=CA").as_deref(), Some("TX"));
    assert_eq!(state("state= ; home=ca").as_deref(), Some("CA"));
    assert_eq!(state("country=U.S.A.").as_deref(), Some("NY"));
    assert_eq!(state("country=none").as_deref(), Some("NY"));
    assert_eq!(state("remote=yes"), None);
    assert_eq!(state("remote=yes; state=none"), None);
    assert_eq!(held("state=none"), ["region_missing"]);
    assert_eq!(held("state=Ontario; country=Canada"), ["country"]);
    assert_eq!(held("state=none; country=Canada; requisition-state=NY"), ["country"]);
    assert_eq!(held("state=Ontario"), ["state_unknown"]);
}

#[test]
fn a_missing_row_is_named_with_the_line_to_add() {
    assert!(text_of("company=co_77").ends_with("under [tenant.entities]: \"co_77\" = \"en_...\""));
    let line = "under [tenant.job_categories]: \"glass blowing\" = \"jc_...\"";
    assert!(text_of("category=Glass  Blowing").ends_with(line));
    let line = "under [tenant.job_categories]: \"platform engineer\" = \"jc_...\"";
    assert!(text_of("category=none").ends_with(line));
    let text = text_of("status=Badge  Check");
    assert!(text.contains("under [tenant.statuses]: \"badge check\" = \"offer\" |"), "{text}");
    assert!(text_of("unit=Fort Night").contains("under [tenant.wage.units]: \"fort night\" ="));
    let text = text_of("employment=Free Lance");
    assert!(text.contains("under [tenant.contractor.categories]: \"free lance\" ="), "{text}");
    assert_eq!(held("company=none"), ["company_missing"]);
    assert_eq!(held("title=none"), ["title_missing"]);
    assert_eq!(held("title=  "), ["title_missing"]);
}

#[test]
fn all_that_is_missing_is_told_at_once_in_one_order() {
    let all = "employment=none; start=none; pay=none; state=none; company=none; category=none; title=none";
    let codes = [
        "category_missing",
        "start_missing",
        "pay_missing",
        "region_missing",
        "company_missing",
        "category_unmapped",
        "title_missing",
    ];
    assert_eq!(held(all), codes);
}

#[test]
fn categories_by_map_then_by_title() {
    let mut rules = rules();
    rules.title_categories = vec![
        ("Nurse".into(), CategoryCode("jc_n".into())),
        ("Lead".into(), CategoryCode("jc_l".into())),
    ];
    let code = |changes: &str| ready_by(changes, &rules).job.category.0;
    assert_eq!(code("category=SOFTWARE; title=Nurse"), "jc_software");
    assert_eq!(code("category=Other; title=Lead nurse"), "jc_n");
    assert_eq!(code("category=none; title=Team LEAD"), "jc_l");
}

#[test]
fn coverage_by_the_first_rule_that_fits() {
    let mut rules = rules();
    let rule = |company: Option<&str>, category: Option<&str>, state: Option<&str>, coverage| {
        CoverageRule {
            company: company.map(Into::into),
            category: category.map(Into::into),
            state: state.map(Into::into),
            coverage: vec![coverage],
        }
    };
    rules.coverage_rules = vec![
        rule(Some("co_1"), Some("Software"), Some("TX"), CoverageType::Cyber),
        rule(Some("co_2"), None, None, CoverageType::Media),
        rule(None, Some("nursing"), None, CoverageType::Professional),
    ];
    let coverage = |changes: &str| ready_by(changes, &rules).coverage;
    assert_eq!(coverage("state=Texas"), [CoverageType::Cyber]);
    assert_eq!(coverage("category=NURSING"), [CoverageType::Professional]);
    assert_eq!(coverage(""), [CoverageType::General, CoverageType::WorkersComp]);
    // Remote work is in no state.
    assert_eq!(
        coverage("state=TX; remote=yes"),
        [CoverageType::General, CoverageType::WorkersComp]
    );
}

#[test]
fn a_description_is_never_empty() {
    assert_eq!(ready("description=none").job.description, "Platform Engineer");
    assert_eq!(ready("").job.description, "Keeps the platform up");
}

#[test]
fn differences_name_what_is_insured_and_nothing_else() {
    let terms = ready("");
    let differ = |changes: &str| {
        let found = terms.differences(&ready(changes));
        found.into_iter().map(|d| format!("{}: {} -> {}", d.term, d.was, d.is)).collect::<Vec<_>>()
    };
    assert_eq!(differ("title=Other; description=none"), Vec::<String>::new());
    assert_eq!(differ("end=2026-07-01"), ["last day: 2026-06-30 -> 2026-07-01"]);
    assert_eq!(differ("pay=100"), ["wage: 95.00 per hour -> 100.00 per hour"]);
    assert_eq!(
        differ("remote=yes; candidate=c2"),
        ["candidate: cand_1 -> c2", "region: US-NY -> remote"]
    );
}
