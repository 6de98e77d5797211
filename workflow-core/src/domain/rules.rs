//! One tenant's rules: plain data, read from its configuration by the runner and given to every decision.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::call::{CategoryCode, CoverageType, EntityId};
use super::facts::{CandidateId, CompanyId};
use crate::money::Decimal;

/// How a worker is engaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A 1099 contractor: in scope.
    Contractor,
    /// Through a corporation: in scope where the tenant says so.
    CorpToCorp,
    /// On the payroll: out of scope.
    W2,
    /// Through an employer of record: out of scope.
    Eor,
}

/// What a pay rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    /// Per hour.
    Hour,
    /// Per day.
    Day,
    /// Per week.
    Week,
    /// Per month.
    Month,
    /// Per year.
    Year,
    /// Once for the whole engagement.
    Engagement,
}

impl RateUnit {
    /// All units.
    pub const ALL: [RateUnit; 6] = [
        RateUnit::Hour,
        RateUnit::Day,
        RateUnit::Week,
        RateUnit::Month,
        RateUnit::Year,
        RateUnit::Engagement,
    ];

    /// The word for one of it.
    pub fn word(self) -> &'static str {
        match self {
            RateUnit::Hour => "hour",
            RateUnit::Day => "day",
            RateUnit::Week => "week",
            RateUnit::Month => "month",
            RateUnit::Year => "year",
            RateUnit::Engagement => "engagement",
        }
    }
}

/// What to do with a rate per day, week, month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonHourly {
    /// Hold the placement.
    Hold,
    /// Turn it into a fee for the engagement, begun units counted whole.
    FlatFee,
}

/// Coverage asked for by some placements: every condition given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRule {
    /// Of this client.
    pub company: Option<CompanyId>,
    /// Of this job category, in the ATS's words.
    pub category: Option<String>,
    /// In this state, as a two-letter code.
    pub state: Option<String>,
    /// What they need.
    pub coverage: Vec<CoverageType>,
}

/// Which pay periods become invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send {
    /// None.
    Never,
    /// Those whose gross pay is another, to the cent, than what was quoted for the week.
    WhenDifferent,
    /// All.
    Always,
}

/// How invoices are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invoices {
    /// Which pay periods become invoices.
    pub send: Send,
    /// The hours of a usual week: what a quote per hour amounts to.
    pub week_hours: Decimal,
}

impl Default for Invoices {
    fn default() -> Self {
        Self { send: Send::Never, week_hours: Decimal::from(40) }
    }
}

/// What an approved certificate of insurance is worth to a placement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// Whether one may stand in for coverage that would otherwise be bought.
    pub replaces_purchase: Replaces,
    /// The coverage types for which one may stand; a placement that needs another type buys everything.
    pub satisfies: BTreeSet<CoverageType>,
    /// `None`: it must last to the placement's end. Else so many days from the day on which it is weighed are enough,
    /// and the placement is flagged when it runs out.
    pub min_remaining_days: Option<u16>,
}

/// Whether a certificate stands in for bought coverage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replaces {
    /// Certificates are followed, and everything is bought all the same.
    #[default]
    Never,
    /// A placement that a certificate satisfies buys nothing.
    WhereSatisfied,
}

/// One tenant's rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The zone of the tenant's business dates.
    pub zone: TimeZone,
    /// Whether corp-to-corp placements are insured too.
    pub include_corp_to_corp: bool,
    /// Employment categories, in lower case, to what they mean.
    pub categories: BTreeMap<String, Class>,
    /// Rate units, in lower case, to what they count.
    pub units: BTreeMap<String, RateUnit>,
    /// What to do with rates that are not per hour.
    pub non_hourly: NonHourly,
    /// The only currency that can be insured.
    pub currency: String,
    /// The term of a placement without an end date; without it such a placement is held.
    pub default_term_days: Option<i32>,
    /// Clients to the insurer's entities.
    pub entities: BTreeMap<CompanyId, EntityId>,
    /// Job categories, in lower case, to the insurer's codes.
    pub job_categories: BTreeMap<String, CategoryCode>,
    /// Words of a job's title to the insurer's codes; the first that fits.
    pub title_categories: Vec<(String, CategoryCode)>,
    /// State names and codes, in lower case, to codes.
    pub states: BTreeMap<String, String>,
    /// The usual coverage.
    pub coverage: Vec<CoverageType>,
    /// Exceptions to it; the first that fits.
    pub coverage_rules: Vec<CoverageRule>,
    /// The domain of made-up e-mail addresses for people without one.
    pub relay_domain: String,
    /// How invoices are made; not at all unless the tenant says so.
    pub invoices: Invoices,
    /// What certificates of insurance are worth.
    pub certificates: Certificates,
    /// So many days before work begins a person is reminded of an application that is still open.
    pub remind_days: Vec<u16>,
    /// Whether coverage that lasts longer than the work is a person's to shorten. The insurer has no call that does it.
    pub shorten_cover: bool,
}

impl Rules {
    /// Usual American rules without any map of clients or job categories, which no two tenants share.
    pub fn usual(zone: TimeZone, relay_domain: &str) -> Self {
        let class = |words: &[&str], class: Class| {
            words.iter().map(|word| ((*word).to_owned(), class)).collect::<Vec<_>>()
        };
        let categories = [
            class(&["independent contractor", "1099"], Class::Contractor),
            class(&["subcontract", "subcontractor", "corp to corp", "c2c"], Class::CorpToCorp),
            class(&["hourly employee", "salaried employee", "employee", "w2", "w-2"], Class::W2),
            class(&["eor", "employer of record"], Class::Eor),
        ];
        Self {
            zone,
            include_corp_to_corp: false,
            categories: categories.concat().into_iter().collect(),
            units: usual_units(),
            non_hourly: NonHourly::Hold,
            currency: "USD".into(),
            default_term_days: None,
            entities: BTreeMap::new(),
            job_categories: BTreeMap::new(),
            title_categories: Vec::new(),
            states: states(),
            coverage: vec![CoverageType::General, CoverageType::WorkersComp],
            coverage_rules: Vec::new(),
            relay_domain: relay_domain.to_owned(),
            invoices: Invoices::default(),
            certificates: Certificates::default(),
            remind_days: vec![2, 1],
            shorten_cover: false,
        }
    }

    /// The made-up e-mail of a candidate.
    pub fn proxy_email(&self, candidate: &CandidateId) -> String {
        format!("candidate_{candidate}@{}", self.relay_domain)
    }
}

fn usual_units() -> BTreeMap<String, RateUnit> {
    let words: [(&[&str], RateUnit); 6] = [
        (&["h", "hr", "hour", "hourly"], RateUnit::Hour),
        (&["d", "day", "daily"], RateUnit::Day),
        (&["w", "week", "weekly"], RateUnit::Week),
        (&["m", "month", "monthly"], RateUnit::Month),
        (&["y", "year", "yearly", "annual"], RateUnit::Year),
        (&["project", "fixed", "milestone", "engagement"], RateUnit::Engagement),
    ];
    let each = |(words, unit): &(&[&str], RateUnit)| {
        words.iter().map(|word| ((*word).to_owned(), *unit)).collect::<Vec<_>>()
    };
    words.iter().flat_map(each).collect()
}

fn states() -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for (code, name) in STATES {
        map.insert(code.to_lowercase(), (*code).to_owned());
        map.insert(name.to_lowercase(), (*code).to_owned());
    }
    map
}

/// The states, the district and the territories of the United States.
const STATES: &[(&str, &str)] = &[
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
    ("PR", "Puerto Rico"),
    ("GU", "Guam"),
    ("VI", "Virgin Islands"),
];
