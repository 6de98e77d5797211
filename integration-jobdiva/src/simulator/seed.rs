//! The seed data: one tenant on 2026-03-24 at 09:00 Eastern, with at least one placement of each kind.
//!
//! All names are made up. Live starts lie one to four weeks ahead, so coverage can be bought in time. Billing records
//! show three hours after the hire, pay records an hour later, both approved two hours after that (with the default
//! [`super::Behaviour`]). The right end is that of a tenant with default rules, whose records are left alone:
//!
//! | Placement | Candidate | Kind | Right end |
//! |---|---|---|---|
//! | 51000777 | 70011000042 | 1099 hourly, hired this morning | insured from 2026-04-06 |
//! | 51000778 | 70011000043 | corp-to-corp | never sent: a company is paid |
//! | 51000779 | 70011000044 | W-2 hourly | never sent |
//! | 51000780 | 70011000045 | W-2 salaried | never sent |
//! | 51000781 | 70011000046 | Direct Placement | never sent: permanent |
//! | 51000782 | 70011000047 | no pay record, and none comes | waits for a pay record |
//! | 51000783 | 70011000048 | conflicting: Independent Contractor, W2 flag 1 | held for review |
//! | 51000784 | 70011000049 | 1099 with a day rate | held: a day rate needs a rule |
//! | 51000785 | 70011000050 | 1099 with yearly pay | held: yearly pay needs a rule |
//! | 51000786 | 70011000051 | 1099 in Toronto, CAD | held: not US dollars |
//! | 51000787 | 70011000052 | 1099 that ended on 2026-02-27 | ended; never insured |
//! | 51000788 | 70011000053 | 1099; on 2026-04-17 terminated that day, end was 2026-08-28 | insured, then ended early |
//! | 51000789 | 70011000054 | 1099, start cancelled on 2026-03-20 | cancelled; never insured |
//! | 51000790 | 70011000055 | a bare offer | no placement yet: waits |
//! | 51000791 | 70011000056 | 1099 remote, worksite empty | insured; region from the job (CA) or home (OR) by rule |
//! | 51000792 | 70011000057 | 1099; on 2026-04-20 a second RECID: 80 becomes 88 from 2026-05-04 | insured; wage updated |
//! | 51000793 | 70011000058 | 1099, no e-mail | insured through a relay address |
//! | 51000794 | 70011000059 | 1099 with a COI attachment, two files of one name | insured, or covered by the COI by rule |
//! | 51000795 | 70011000061 | 1099; week to 2026-04-05 approved on 2026-04-07 | insured; one week invoiced |
//! | 51000796 | 70011000062 | 1099; week to 2026-04-05 rejected on 2026-04-07 | insured; nothing invoiced |
//! | 51000797 | 70011000060 | 1099, a first engagement, 2026-04-01 to 2026-04-17 | insured |
//! | 51000798 | 70011000060 | the same contractor on the same job again: hired 2026-03-28, starts 2026-04-17, the last day of the first | insured by assignment; contractor reused |
//! | 51000799 | 70011000063 | 1099, one of two at once for a new candidate | insured |
//! | 51000800 | 70011000063 | the other of the two, another client | insured; one contractor for both |
//! | 50900777 | 70011000042 | W-2 hourly in 2024, the same person as 51000777 | never sent: W-2 and ended |
//!
//! Companies: 8801 Halvorsen Freight, 8802 Brightwater Studio; 9907 is a payee. Contacts: 9120 and 9121. One client invoice,
//! 4400501, for the approved week. Job categories: Information Technology, Design, Engineering. Next: [`super::Mutation`] to change any of it.

use jiff::civil::{Date, date};
use workflow_core::time::Timestamp;

use super::behaviour::Behaviour;
use super::eastern::{in_2026, moment};
use super::encoding::base64;
use super::mutations::Arrival;
use super::state::{
    Activity, Attachment, Billing, Candidate, Closing, Company, Contact, Decision, Invoice, Job,
    Salary, State, Termination, Timesheet,
};

/// The dataset's present: 2026-03-24T09:00 in New York.
pub const START: Timestamp = Timestamp(1_774_357_200_000);

const CONTRACTOR: &str = "Independent Contractor";

/// First name, last name, home state; ids count up from 70011000042.
const PEOPLE: [(&str, &str, &str); 22] = [
    ("Marisol", "Okafor", "CA"),
    ("Tobias", "Lindqvist", "WA"),
    ("Amara", "Castellan", "CA"),
    ("Desmond", "Pryce", "TX"),
    ("Yuki", "Harrowgate", "NY"),
    ("Ines", "Valderrama", "CA"),
    ("Callum", "Osei", "CA"),
    ("Petra", "Dunmore", "CO"),
    ("Rafael", "Brightwell", "IL"),
    ("Genevieve", "Tremblay", "ON"),
    ("Silas", "Merrow", "CA"),
    ("Noor", "Ashdown", "CA"),
    ("Bastian", "Corvey", "NV"),
    ("Odette", "Fairlie", "CA"),
    ("Kwame", "Ellsworth", "OR"),
    ("Linnea", "Sorrel", "CA"),
    ("Dmitri", "Halloway", "TX"),
    ("Priscilla", "Nakagawa", "NY"),
    ("Rosalind", "Achterberg", "CA"),
    ("Emeka", "Thornbury", "CA"),
    ("Saskia", "Wetherby", "NY"),
    ("Joaquin", "Pemberley", "CA"),
];

/// The candidate without an e-mail.
const NO_EMAIL: u64 = 70_011_000_058;

/// Id, title, category, company, city, state, position type.
const JOBS: [(u64, &str, &str, u64, &str, &str, &str); 8] = [
    (30_440_012, "Contract Data Analyst", "Information Technology", 8801, "Sacramento", "CA", ""),
    (30_440_013, "Platform Engineer", "Engineering", 8801, "Sacramento", "CA", ""),
    (30_440_014, "Product Designer", "Design", 8802, "Brooklyn", "NY", ""),
    (30_440_015, "Warehouse Systems Analyst", "Information Technology", 8801, "Austin", "TX", ""),
    (30_440_016, "Head of Design", "Design", 8802, "Brooklyn", "NY", "Direct Placement"),
    (30_440_017, "Integration Engineer", "Engineering", 8802, "Toronto", "ON", ""),
    (30_440_018, "Remote Support Engineer", "Engineering", 8801, "Sacramento", "CA", ""),
    (30_440_019, "Motion Designer", "Design", 8802, "Los Angeles", "CA", ""),
];

/// A placement to be; what is usual is filled in by [`plan`].
struct Plan {
    id: u64,
    candidate: u64,
    job: u64,
    start: Date,
    end: Date,
    pay: (&'static str, &'static str),
    category: Option<&'static str>,
    is_w2: bool,
    hired: Option<Timestamp>,
    location: &'static str,
}

fn plan(id: u64, candidate: u64, job: u64, start: Date) -> Plan {
    Plan {
        id,
        candidate,
        job,
        start,
        end: date(2026, 9, 30),
        pay: ("90", "H"),
        category: Some(CONTRACTOR),
        is_w2: false,
        hired: Some(in_2026(3, 23, 11, 30)),
        location: "Onsite",
    }
}

fn april(day: i8) -> Date {
    date(2026, 4, day)
}

/// The seed dataset at [`START`].
pub(super) fn dataset(behaviour: &Behaviour) -> State {
    let mut state = State { clock: START, scanned: START, ..State::default() };
    add_companies(&mut state);
    add_people(&mut state);
    add_jobs(&mut state);
    for plan in not_insured().into_iter().chain(insured()) {
        add(&mut state, behaviour, plan);
    }
    bend(&mut state, behaviour);
    add_timesheets(&mut state);
    add_invoice(&mut state);
    add_attachments(&mut state);
    state
}

fn not_insured() -> Vec<Plan> {
    const P: u64 = 70_011_000_000;
    const A: u64 = 30_440_012;
    let w2 = |category, plan| Plan { category: Some(category), is_w2: true, ..plan };
    vec![
        Plan { category: Some("Subcontract"), ..plan(51_000_778, P + 43, A, april(6)) },
        w2("Hourly Employee", plan(51_000_779, P + 44, A + 1, april(13))),
        Plan {
            pay: ("98000", "Y"),
            ..w2("Salaried Employee", plan(51_000_780, P + 45, A + 3, april(13)))
        },
        Plan {
            pay: ("140000", "Y"),
            category: None,
            ..plan(51_000_781, P + 46, 30_440_016, april(6))
        },
        Plan { category: None, ..plan(51_000_782, P + 47, A, april(8)) },
        Plan { is_w2: true, ..plan(51_000_783, P + 48, A + 1, april(6)) },
        Plan { pay: ("620", "D"), ..plan(51_000_784, P + 49, A + 2, april(6)) },
        Plan { pay: ("150000", "Y"), ..plan(51_000_785, P + 50, A + 1, april(13)) },
        Plan { pay: ("85.5", "H"), ..plan(51_000_786, P + 51, A + 5, april(13)) },
        Plan {
            end: date(2026, 2, 27),
            hired: Some(moment(date(2025, 8, 20).at(10, 0, 0, 0))),
            ..plan(51_000_787, P + 52, A, date(2025, 9, 1))
        },
        Plan { hired: Some(in_2026(3, 17, 14, 0)), ..plan(51_000_789, P + 54, A + 3, april(6)) },
        Plan { hired: None, ..plan(51_000_790, P + 55, A + 7, april(20)) },
        Plan {
            end: date(2024, 10, 31),
            pay: ("38", "H"),
            hired: Some(moment(date(2024, 4, 22).at(10, 0, 0, 0))),
            ..w2("Hourly Employee", plan(50_900_777, P + 42, A + 3, date(2024, 5, 6)))
        },
    ]
}

fn insured() -> Vec<Plan> {
    const P: u64 = 70_011_000_000;
    const A: u64 = 30_440_012;
    let both = Some(in_2026(3, 24, 8, 45));
    vec![
        Plan {
            pay: ("95", "H"),
            hired: Some(in_2026(3, 24, 8, 30)),
            ..plan(51_000_777, P + 42, A, april(6))
        },
        Plan { end: date(2026, 8, 28), ..plan(51_000_788, P + 53, A, april(6)) },
        Plan { location: "Remote", ..plan(51_000_791, P + 56, A + 6, april(13)) },
        Plan { pay: ("80", "H"), ..plan(51_000_792, P + 57, A, april(6)) },
        Plan { pay: ("62.98", "H"), ..plan(51_000_793, NO_EMAIL, A + 3, april(6)) },
        Plan { pay: ("110", "H"), ..plan(51_000_794, P + 59, A + 2, april(13)) },
        Plan {
            pay: ("75", "H"),
            hired: Some(in_2026(3, 20, 15, 0)),
            ..plan(51_000_795, P + 61, A + 1, date(2026, 3, 31))
        },
        Plan {
            pay: ("70", "H"),
            hired: Some(in_2026(3, 20, 15, 30)),
            ..plan(51_000_796, P + 62, A + 2, date(2026, 3, 31))
        },
        Plan {
            end: april(17),
            hired: Some(in_2026(3, 20, 10, 0)),
            ..plan(51_000_797, P + 60, A, april(1))
        },
        Plan {
            pay: ("97.5", "H"),
            hired: Some(in_2026(3, 28, 10, 0)),
            ..plan(51_000_798, P + 60, A, april(17))
        },
        Plan { hired: both, ..plan(51_000_799, P + 63, A, april(6)) },
        Plan { pay: ("88", "H"), hired: both, ..plan(51_000_800, P + 63, A + 7, april(7)) },
    ]
}

fn add_companies(state: &mut State) {
    let companies = [
        (8801, "Halvorsen Freight", "Sacramento", "CA"),
        (8802, "Brightwater Studio", "Brooklyn", "NY"),
        (9907, "Lindqvist Consulting LLC", "Seattle", "WA"),
    ];
    for (id, name, city, home) in companies {
        let (name, city, home) = (name.to_owned(), city.to_owned(), home.to_owned());
        let created = in_2026(3, 1, 7, 30);
        state.companies.insert(id, Company { id, name, city, state: home, created });
    }
    for (id, first, last, company) in
        [(9120, "Priya", "Nandakumar", 8801), (9121, "Owen", "Castellane", 8802)]
    {
        let email = format!("{first}.{last}@client.example.com").to_lowercase();
        let (first_name, last_name) = (first.to_owned(), last.to_owned());
        let created = in_2026(3, 1, 7, 45);
        let contact = Contact { id, first_name, last_name, company, email, created };
        state.contacts.insert(id, contact);
    }
}

fn add_people(state: &mut State) {
    for (id, (first, last, home)) in (70_011_000_042..).zip(PEOPLE) {
        let email = format!("{first}.{last}@example.com").to_lowercase();
        let created = in_2026(3, 2, 9, 15);
        let candidate = Candidate {
            id,
            first_name: first.into(),
            last_name: last.into(),
            email: if id == NO_EMAIL { String::new() } else { email },
            phone: format!("559-555-{:04}", id % 10_000),
            city: "Springfield".into(),
            state: home.into(),
            // Often empty for the home country.
            country: if home == "ON" { "CA".into() } else { String::new() },
            created,
            touched: created,
            deleted: None,
            merged: None,
        };
        state.candidates.insert(id, candidate);
    }
}

fn add_jobs(state: &mut State) {
    for (id, title, category, company, city, place, position) in JOBS {
        let is_canadian = place == "ON";
        let created = in_2026(3, 1, 8, 0);
        let job = Job {
            id,
            number: format!("26-{:05}", id - 30_439_595),
            title: title.into(),
            description: format!("<p>{title} for a <b>client</b> project.<br/>R&amp;D team.</p>"),
            category: category.into(),
            position_type: if position.is_empty() { "Contract" } else { position }.into(),
            company,
            city: city.into(),
            state: place.into(),
            country: if is_canadian { "CA" } else { "US" }.into(),
            pay_min: "60".into(),
            pay_max: "120".into(),
            pay_per: "H".into(),
            currency: if is_canadian { "CAD" } else { "USD" }.into(),
            created,
            touched: in_2026(3, 20, 16, 41),
            deleted: None,
            merged: None,
        };
        state.jobs.insert(id, job);
    }
}

fn add(state: &mut State, behaviour: &Behaviour, plan: Plan) {
    let job = state.jobs[&plan.job].clone();
    let is_c2c = plan.category == Some("Subcontract");
    let week = std::time::Duration::from_secs(7 * 86_400);
    let created =
        plan.hired.map_or(in_2026(3, 19, 10, 0), |at| Timestamp(at.0 - week.as_millis() as i64));
    state.activities.insert(
        plan.id,
        Activity {
            id: plan.id,
            candidate: plan.candidate,
            job: plan.job,
            position_type: job.position_type.clone(),
            start: plan.start,
            end: (job.position_type == "Contract").then_some(plan.end),
            pay_rate: plan.pay.0.into(),
            pay_per: plan.pay.1.into(),
            bill_rate: "128.5".into(),
            currency: job.currency.clone(),
            corp_to_corp: is_c2c,
            created: created.min(START),
            hired: plan.hired,
            cancelled: None,
            termination: None,
            touched: created.min(START),
            deleted: None,
        },
    );
    let Some(hired) = plan.hired.filter(|_| job.position_type == "Contract") else { return };
    let arrival = Arrival::after(hired, behaviour);
    let is_remote = plan.location == "Remote";
    let onsite = |text: &str| if is_remote { String::new() } else { text.to_owned() };
    state.billing.push(Billing {
        employee: plan.candidate,
        rec: state.next_billing_rec(plan.candidate),
        activity: plan.id,
        job: plan.job,
        start: plan.start,
        end: Some(plan.end),
        rate: "128.5".into(),
        per: "H".into(),
        currency: job.currency.clone(),
        location: plan.location.into(),
        work_city: onsite(&job.city),
        work_state: onsite(&job.state),
        work_country: onsite(&job.country),
        created: arrival.billing,
        approved: arrival.billing_approved,
        closing: None,
        touched: arrival.billing,
        deleted: false,
    });
    add_pay(state, &plan, &arrival);
}

/// The pay record, where the placement has one.
fn add_pay(state: &mut State, plan: &Plan, arrival: &Arrival) {
    let Some(category) = plan.category else { return };
    state.salary.push(Salary {
        employee: plan.candidate,
        rec: state.next_salary_rec(plan.candidate),
        activity: plan.id,
        job: plan.job,
        effective: plan.start,
        end: None,
        amount: plan.pay.0.into(),
        per: plan.pay.1.into(),
        category: category.into(),
        // A payee company is no proof of corp-to-corp: contractors have one too.
        payee_company: if plan.category == Some("Subcontract") || plan.id == 51_000_777 {
            9907
        } else {
            0
        },
        w2: plan.is_w2,
        c2c: plan.category == Some("Subcontract"),
        created: arrival.salary,
        approved: arrival.salary_approved,
        touched: arrival.salary,
        deleted: false,
    });
}

/// The lives that do not go straight: ended, terminated, cancelled, a new rate.
fn bend(state: &mut State, behaviour: &Behaviour) {
    let mut close = |placement, day, entered| {
        for of in state.billing.iter_mut().filter(|of| of.activity == placement) {
            of.closing = Some(Closing { day, entered });
        }
    };
    close(51_000_787, date(2026, 2, 27), in_2026(2, 27, 17, 0));
    close(51_000_788, april(17), in_2026(4, 17, 12, 0));
    close(50_900_777, date(2024, 10, 31), moment(date(2024, 11, 1).at(9, 0, 0, 0)));
    if let Some(of) = state.activities.get_mut(&51_000_788) {
        let reason = "Project cut short".to_owned();
        let (day, entered) = (april(17), in_2026(4, 17, 12, 0));
        of.termination = Some(Termination { day, reason, entered });
    }
    if let Some(of) = state.activities.get_mut(&51_000_789) {
        of.cancelled = Some(in_2026(3, 20, 9, 30));
    }
    let first = state.salary.iter().find(|of| of.activity == 51_000_792).cloned();
    state.salary.extend(first.map(|first| {
        let arrival = Arrival::after(in_2026(4, 20, 6, 0), behaviour);
        Salary {
            rec: first.rec + 1,
            amount: "88".into(),
            effective: date(2026, 5, 4),
            created: arrival.salary,
            approved: arrival.salary_approved,
            touched: arrival.salary,
            ..first
        }
    }));
}

fn add_timesheets(state: &mut State) {
    let sheets = [
        (6_611_200, 51_000_795, "40", "2.5", Decision::Approved),
        (6_611_201, 51_000_796, "60", "0", Decision::Rejected),
    ];
    for (id, placement, hours, overtime, decision) in sheets {
        let activity = &state.activities[&placement];
        state.timesheets.push(Timesheet {
            id,
            employee: activity.candidate,
            activity: placement,
            job: activity.job,
            week_ending: april(5),
            regular_hours: hours.into(),
            overtime_hours: overtime.into(),
            rate: activity.pay_rate.clone(),
            per: activity.pay_per.clone(),
            submitted: in_2026(4, 6, 8, 0),
            decision,
            decided: in_2026(4, 7, 10, 2),
            touched: in_2026(4, 6, 8, 0),
            deleted: None,
        });
    }
}

/// The client is billed for the approved week: 42.5 hours at 128.50.
fn add_invoice(state: &mut State) {
    let activity = &state.activities[&51_000_795];
    state.invoices.push(Invoice {
        id: 4_400_501,
        activity: activity.id,
        employee: activity.candidate,
        job: activity.job,
        from: date(2026, 3, 30),
        to: april(5),
        hours: "42.5".into(),
        amount: "5461.25".into(),
        created: in_2026(4, 9, 12, 0),
    });
}

fn add_attachments(state: &mut State) {
    let files = [
        (88_121, 70_011_000_059, "Nakagawa_COI_2026.pdf", "COI", in_2026(3, 10, 9, 0), "draft"),
        (88_122, 70_011_000_059, "Resume.pdf", "Other", in_2026(3, 10, 9, 5), "resume"),
        (88_123, 70_011_000_059, "Nakagawa_COI_2026.pdf", "COI", in_2026(3, 23, 13, 0), "final"),
    ];
    for (id, candidate, name, kind, uploaded, text) in files {
        state.attachments.push(Attachment {
            id,
            candidate,
            file_name: name.into(),
            kind: kind.into(),
            uploaded,
            content_base64: base64(format!("%PDF-1.4\n% {text}\n%%EOF\n").as_bytes()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dataset_starts_at_nine_in_new_york() {
        assert_eq!(START, in_2026(3, 24, 9, 0));
    }

    #[test]
    fn the_table_above_lists_every_placement() {
        let table: Vec<u64> = include_str!("seed.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | ")?.split(' ').next()?.parse().ok())
            .collect();
        let mut listed = table.clone();
        listed.sort_unstable();
        let held: Vec<u64> = dataset(&Behaviour::default()).activities.into_keys().collect();
        assert_eq!(listed, held);
    }
}
