//! The facts of one placement out of the rows that were read. Pure.
//!
//! Raw where judgement is needed: units, categories and currencies stay in JobDiva's words. What the client is billed
//! and the requisition's pay range are deliberately not looked at.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use workflow_core::domain::facts::{
    CandidateId, Company, CompanyId, Engaged, Facts, Pay, Place, PlacementId, RequisitionId, Role,
};
use workflow_core::money::Decimal;

use super::choose::{Record, Records};
use super::stage::Signs;
use crate::config::Config;
use crate::operations::Field;
use crate::wire::html;
use crate::wire::reader::Reader;
use crate::wire::row::Row;

const ACTIVITY: &str = "activity";

/// Everything that was read of one placement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The submittal that became it.
    pub(crate) activity: Option<Row>,
    /// Its line of a search, where the submittal itself could not be read.
    pub(crate) start: Option<Row>,
    /// The assignment itself, without its sections.
    pub(crate) assignment: Option<Row>,
    /// Its pay records.
    pub(crate) pay: Vec<Row>,
    /// Its billing records.
    pub(crate) billing: Vec<Row>,
    /// Its overheads, which hold two flags.
    pub(crate) overheads: Vec<Row>,
    /// The candidate's home.
    pub(crate) home: Option<Row>,
    /// The requisition.
    pub(crate) job: Option<Row>,
}

impl Sources {
    /// The first id in a column, of the rows that may hold it.
    fn id(&self, reader: &mut Reader<'_>, column: Field) -> Option<String> {
        let single = self.activity.iter().chain(&self.assignment);
        single
            .chain(&self.pay)
            .chain(&self.billing)
            .find_map(|row| reader.id("placement", row, column))
    }

    /// Who works, where it is said.
    pub(crate) fn candidate(&self, zone: &TimeZone) -> Option<CandidateId> {
        self.id(&mut Reader::new(zone), Field::Candidate).map(CandidateId)
    }

    /// Which requisition is filled, where it is said.
    pub(crate) fn requisition(&self, zone: &TimeZone) -> Option<RequisitionId> {
        self.id(&mut Reader::new(zone), Field::Requisition).map(RequisitionId)
    }

    /// The facts; `None` when nothing says who works, or on what.
    pub(crate) fn facts(
        &self,
        placement: &PlacementId,
        config: &Config,
        zone: &TimeZone,
        today: Date,
    ) -> Option<Facts> {
        let candidate = self.candidate(zone)?;
        let requisition = self.requisition(zone)?;
        let mut view = View::new(self, config, zone, today);
        let mut facts = Facts {
            placement: placement.clone(),
            candidate,
            requisition,
            stage: view.signs().stage(),
            engaged: view.engaged(),
            start: view.start,
            end: view.end,
            pay: view.pay(),
            worksite: view.worksite(),
            requisition_place: view.requisition_place(),
            home: view.home(),
            role: view.role(),
            company: view.company(),
            unmapped_status: None,
            unreadable: Vec::new(),
        };
        let unknown = |word: &&str| config.standings.of(word).is_none();
        facts.unmapped_status = view.status().filter(unknown).map(str::to_owned);
        facts.unreadable = view.reader.into_unreadable();
        Some(facts)
    }
}

/// The sources with the records chosen and the dates known.
struct View<'a> {
    sources: &'a Sources,
    config: &'a Config,
    reader: Reader<'a>,
    pay: Records<'a>,
    billing: Records<'a>,
    /// The pay record that applies.
    paid_by: Option<Record<'a>>,
    /// The billing record that applies.
    billed_by: Option<Record<'a>>,
    terminated_on: Option<Date>,
    start: Option<Date>,
    end: Option<Date>,
    today: Date,
}

impl<'a> View<'a> {
    fn new(sources: &'a Sources, config: &'a Config, zone: &'a TimeZone, today: Date) -> Self {
        let mut reader = Reader::new(zone);
        let pay = Records::new(&mut reader, "pay record", &sources.pay, Field::PayStart);
        let billing =
            Records::new(&mut reader, "billing record", &sources.billing, Field::BillingStart);
        let mut activity =
            |column| sources.activity.as_ref().and_then(|row| reader.date(ACTIVITY, row, column));
        let terminated_on = activity(Field::TerminatedOn);
        let activity_start = activity(Field::ActivityStart);
        let activity_end = activity(Field::ActivityEnd);
        let mut last = |records: &Records<'a>, column| {
            records.last().and_then(|record| reader.date(&record.label, record.row, column))
        };
        let billing_end = last(&billing, Field::BillingEnd);
        let pay_end = last(&pay, Field::PayEnd);
        let start = billing.first_day().or_else(|| pay.first_day()).or(activity_start);
        let end = terminated_on.or(billing_end).or(activity_end).or(pay_end);
        // The day by which records are chosen: the first day of work, or today when that has passed.
        let on = start.map_or(today, |start| start.max(today));
        let (paid_by, billed_by) = (pay.effective(on).cloned(), billing.effective(on).cloned());
        Self {
            sources,
            config,
            reader,
            pay,
            billing,
            paid_by,
            billed_by,
            terminated_on,
            start,
            end,
            today,
        }
    }

    /// The word for how the start stands; what was remembered is older than what a search says now.
    fn status(&self) -> Option<&'a str> {
        let Sources { start, activity, assignment, billing, .. } = self.sources;
        let rows = start.iter().chain(activity).chain(assignment).chain(billing);
        rows.into_iter().find_map(|row| row.text(Field::StartStatus))
    }

    fn signs(&mut self) -> Signs {
        let status = self.status().and_then(|word| self.config.standings.of(word));
        let Self { sources, reader, pay, billing, .. } = self;
        let activity = sources.activity.as_ref();
        let records = sources.pay.len() + sources.billing.len();
        let mut says = |record: &Record<'_>, column| {
            reader.flag(&record.label, record.row, column) == Some(true)
        };
        let begun = billing.live.iter().any(|record| says(record, Field::Begun));
        let over =
            billing.last().is_some_and(|last| says(last, Field::Closed) || says(last, Field::Over));
        Signs {
            gone: activity.is_none() && records > 0 && pay.undeleted + billing.undeleted == 0,
            status,
            hired: activity.and_then(|row| reader.flag(ACTIVITY, row, Field::Hired)),
            rejected: activity.and_then(|row| reader.flag(ACTIVITY, row, Field::Rejected)),
            rejected_on: activity.and_then(|row| reader.date(ACTIVITY, row, Field::RejectedOn)),
            placed_on: activity.and_then(|row| reader.date(ACTIVITY, row, Field::PlacedOn)),
            records: !pay.live.is_empty() || !billing.live.is_empty(),
            begun,
            over,
            terminated_on: self.terminated_on,
            start: self.start,
            end: self.end,
            today: self.today,
        }
    }

    fn engaged(&mut self) -> Engaged {
        let position = self.of_activity(Field::Position).or_else(|| self.of_job(Field::Position));
        let paid_by = self.paid_by.clone();
        let category = paid_by
            .as_ref()
            .and_then(|pay| self.reader.text(&pay.label, pay.row, Field::Employment));
        Engaged {
            position,
            category,
            tenant_field: self.tenant_field(),
            corp_to_corp: self.any_flag(Field::CorpToCorp),
            w2: self.any_flag(Field::W2),
        }
    }

    /// The tenant's own field: the assignment's beats the person's.
    fn tenant_field(&mut self) -> Option<String> {
        let label = self.config.tenant_field.as_deref()?;
        let records = self.paid_by.iter().chain(&self.billed_by);
        for record in records {
            if let Some(text) = self.reader.user_field(&record.label, record.row, label) {
                return Some(text);
            }
        }
        let others = [
            ("assignment", &self.sources.assignment),
            (ACTIVITY, &self.sources.activity),
            ("candidate", &self.sources.home),
        ];
        others
            .into_iter()
            .find_map(|(name, row)| self.reader.user_field(name, row.as_ref()?, label))
    }

    /// Yes when any record that applies says yes; no when some say no and none yes.
    fn any_flag(&mut self, column: Field) -> Option<bool> {
        let number = self.paid_by.as_ref().and_then(|pay| pay.row.text(Field::Record));
        let overheads = self.sources.overheads.iter().filter(|row| {
            let own = row.text(Field::Record);
            own.is_none() || own == number
        });
        let rows = self
            .sources
            .activity
            .iter()
            .map(|row| (ACTIVITY, row))
            .chain(self.paid_by.iter().map(|pay| (pay.label.as_str(), pay.row)))
            .chain(self.sources.assignment.iter().map(|row| ("assignment", row)))
            .chain(overheads.map(|row| ("overheads", row)));
        rows.filter_map(|(label, row)| self.reader.flag(label, row, column)).reduce(|a, b| a || b)
    }

    /// The pay record's rate, or else what was agreed at the hire.
    fn pay(&mut self) -> Option<Pay> {
        if let Some(pay) = self.paid_by.clone() {
            let own = self.config.pay_field.as_deref().and_then(|label| pay.row.user_field(label));
            if let Some(cell) = own.or_else(|| pay.row.cell(Field::PayAmount)) {
                return self.rate(&pay.label, pay.row, cell, Field::PayUnit);
            }
        }
        let activity = self.sources.activity.as_ref()?;
        // The activity writes a zero where nothing is agreed yet.
        let cell = activity.cell(Field::AgreedPay)?;
        if self.reader.money(ACTIVITY, cell)?.amount.is_zero() {
            return None;
        }
        self.rate(ACTIVITY, activity, cell, Field::AgreedUnit)
    }

    fn rate(
        &mut self,
        label: &str,
        row: &Row,
        cell: &crate::wire::row::Cell,
        unit: Field,
    ) -> Option<Pay> {
        let money = self.reader.money(label, cell)?;
        if money.amount <= Decimal::ZERO {
            self.reader.note(label, &cell.column, &format!("`{}` is no rate of pay", money.amount));
            return None;
        }
        let Some(unit) = self.reader.text(label, row, unit).or(money.unit) else {
            self.reader.note(label, &cell.column, "has no unit: per hour, per day, ..");
            return None;
        };
        let own = self.reader.text(label, row, Field::Currency).or(money.currency);
        let currency = own
            .or_else(|| self.of_billing(Field::Currency))
            .or_else(|| self.of_activity(Field::Currency))
            .or_else(|| self.of_job(Field::Currency));
        Some(Pay { amount: money.amount, unit, currency, source: label.to_owned() })
    }

    fn worksite(&mut self) -> Place {
        let location = self.of_billing(Field::WorkLocation);
        Place {
            state: self.of_billing(Field::WorkState),
            country: self.of_billing(Field::WorkCountry),
            remote: location.is_some_and(|text| is_remote(&text)),
        }
    }

    fn requisition_place(&mut self) -> Place {
        let flexibility = self.of_job(Field::Flexibility);
        Place {
            state: self.of_job(Field::State),
            country: self.of_job(Field::Country),
            remote: flexibility.is_some_and(|text| is_remote(&text)),
        }
    }

    fn home(&mut self) -> Place {
        match &self.sources.home {
            Some(row) => home(&mut self.reader, row),
            None => Place::default(),
        }
    }

    fn role(&mut self) -> Role {
        let title = self.of_job(Field::Title).or_else(|| self.of_activity(Field::Title));
        let description = self.of_job(Field::Description).map(|text| html::text(&text));
        Role {
            title,
            description: description.filter(|text| !text.is_empty()),
            category: self.of_job(Field::Category),
        }
    }

    fn company(&mut self) -> Option<Company> {
        let Sources { activity, job, .. } = self.sources;
        let billing = self.billed_by.as_ref().map(|record| record.row);
        let mut rows = activity.iter().chain(job).chain(billing);
        let id = rows.find_map(|row| self.reader.id("company", row, Field::Company))?;
        let mut rows = job.iter().chain(activity);
        let name = rows.find_map(|row| self.reader.text("company", row, Field::CompanyName));
        Some(Company { id: CompanyId(id), name })
    }

    fn of_activity(&mut self, column: Field) -> Option<String> {
        self.reader.text(ACTIVITY, self.sources.activity.as_ref()?, column)
    }

    fn of_job(&mut self, column: Field) -> Option<String> {
        self.reader.text("job", self.sources.job.as_ref()?, column)
    }

    fn of_billing(&mut self, column: Field) -> Option<String> {
        let record = self.billed_by.clone()?;
        self.reader.text(&record.label, record.row, column)
    }
}

/// Where a candidate lives.
pub(crate) fn home(reader: &mut Reader<'_>, row: &Row) -> Place {
    Place {
        state: reader.text("candidate", row, Field::State),
        country: reader.text("candidate", row, Field::Country),
        remote: false,
    }
}

/// Wholly remote: a hybrid place is still a place.
fn is_remote(location: &str) -> bool {
    let text = location.to_ascii_lowercase();
    text.contains("remote")
        && !["hybrid", "onsite", "on-site", "not "].iter().any(|w| text.contains(w))
}
