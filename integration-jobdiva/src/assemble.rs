//! One placement's facts: reads what JobDiva holds of it and puts it together.
//!
//! Reading is here; what is made of the rows is pure: `assemble/facts.rs` composes, `assemble/choose.rs` picks the records
//! that count, `assemble/stage.rs` tells how far the placement has come. The person's name and addresses are not
//! read here but in `perform.rs`.

mod choose;
pub(crate) mod facts;
mod stage;

use workflow_core::domain::facts::{Facts, PlacementId, Stage};

use crate::JobDiva;
use crate::error::Error;
use crate::operations::{Field, Operation, Param};
use crate::wire::columns::Kind;
use crate::wire::row::Row;
use crate::wire::scalar;
use facts::Sources;

/// What an operation that may not be granted gave.
enum Given {
    Rows(Vec<Row>),
    NotGranted(Error),
}

impl JobDiva {
    /// Everything known of one placement now; `None` when JobDiva has no such placement.
    ///
    /// Fails when JobDiva cannot be read; a value that cannot be understood is a line in [`Facts::unreadable`] instead.
    pub async fn assemble(&self, placement: &PlacementId) -> Result<Option<Facts>, Error> {
        let client = self.client();
        if scalar::id(placement.as_str()) != Ok(Some(placement.as_str())) {
            return Ok(None);
        }
        let Some(mut sources) = self.sources(placement).await? else { return Ok(None) };
        let zone = &client.zone;
        let today = client.clock.now().to_jiff().to_zoned(zone.clone()).date();
        let Some(facts) = sources.facts(placement, &client.config, zone, today) else {
            let why = "the placement names no candidate or no job".to_owned();
            return Err(Error::Unreadable { operation: Operation::PlacementDetail.name(), why });
        };
        match facts.stage {
            Stage::Deleted => return Ok(Some(facts)),
            // An offer too: a requisition that was not read would look like one without a place and a category.
            Stage::Offer
            | Stage::Starting
            | Stage::Working
            | Stage::Ended { .. }
            | Stage::Canceled => {}
        }
        sources.job = self.one(Operation::JobGet, facts.requisition.as_str(), Kind::Job).await?;
        sources.home =
            self.one(Operation::CandidateGet, facts.candidate.as_str(), Kind::Home).await?;
        Ok(sources.facts(placement, &client.config, zone, today))
    }

    /// The activity and the records of a placement.
    async fn sources(&self, placement: &PlacementId) -> Result<Option<Sources>, Error> {
        let id = placement.as_str();
        let detail = self.given(Operation::PlacementDetail, id, Kind::Activity).await?;
        let assignment = self.given(Operation::PlacementAssignment, id, Kind::Record).await?;
        let mut sources = Sources::default();
        let mut unknown = None;
        match detail {
            Given::Rows(rows) => {
                sources.activity = rows.into_iter().find(|row| is_of(row, id, Unnamed::Fits))
            }
            Given::NotGranted(error) => {
                sources.activity = self.remembered(id);
                sources.start = self.searched(id, &sources).await?;
                unknown = sources.activity.is_none().then_some(error);
            }
        }
        let mut ungranted = None;
        match assignment {
            Given::Rows(rows) => {
                for row in rows.into_iter().filter(|row| is_of(row, id, Unnamed::Misses)) {
                    take_assignment(&mut sources, row);
                }
            }
            Given::NotGranted(error) => ungranted = Some(error),
        }
        let has_records = !sources.pay.is_empty() || !sources.billing.is_empty();
        if !has_records && sources.activity.as_ref().is_some_and(may_be_hire) {
            self.add_records(&mut sources, id, ungranted).await?;
        }
        if sources.activity.is_none() && sources.assignment.is_some() {
            // The detail is silent, but the assignment exists: what a feed said of it will do for its ids.
            let names_both = sources.candidate(&self.client().zone).is_some()
                && sources.requisition(&self.client().zone).is_some();
            if !names_both {
                sources.activity = self.remembered(id);
            }
        }
        match (sources.activity.is_some() || sources.assignment.is_some(), unknown) {
            (true, _) => Ok(Some(sources)),
            (false, Some(error)) => Err(error),
            (false, None) => Ok(None),
        }
    }

    /// The placement's line of a search for its candidate and requisition, where both are known. A search takes no id of a
    /// placement: what else it gives is passed over.
    async fn searched(&self, placement: &str, sources: &Sources) -> Result<Option<Row>, Error> {
        let zone = &self.client().zone;
        let (Some(candidate), Some(requisition)) =
            (sources.candidate(zone), sources.requisition(zone))
        else {
            return Ok(None);
        };
        let values = [(Param::Candidate, candidate.as_str()), (Param::Job, requisition.as_str())];
        match self.client().rows(Operation::PlacementSearch, &values, Kind::Start).await {
            Ok(rows) => Ok(rows.into_iter().find(|row| {
                let named = [Field::Id, Field::Placement];
                named.iter().any(|field| row.text(*field) == Some(placement))
            })),
            Err(Error::NotGranted { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The records by way of the employee, where the assignment told nothing.
    async fn add_records(
        &self,
        sources: &mut Sources,
        placement: &str,
        ungranted: Option<Error>,
    ) -> Result<(), Error> {
        let Some(candidate) = sources.candidate(&self.client().zone) else { return Ok(()) };
        let employee = candidate.as_str();
        let assignment = Operation::PlacementAssignment;
        let by_employee =
            self.given_by(assignment, Param::Employee, employee, Kind::Record).await?;
        if let Given::Rows(rows) = by_employee {
            for row in rows.into_iter().filter(|row| is_of(row, placement, Unnamed::Misses)) {
                take_assignment(sources, row);
            }
        }
        if !sources.pay.is_empty() || !sources.billing.is_empty() {
            return Ok(());
        }
        let pay = self.given(Operation::PayByEmployee, employee, Kind::Record).await?;
        let billing = self.given(Operation::BillingByEmployee, employee, Kind::Record).await?;
        let own = |rows: Vec<Row>| {
            rows.into_iter().filter(|row| is_of(row, placement, Unnamed::Misses)).collect()
        };
        match (pay, ungranted) {
            (Given::Rows(rows), _) => sources.pay = own(rows),
            // Neither way to the pay record is open: nothing could ever be said of the placement.
            (Given::NotGranted(_), Some(error)) => return Err(error),
            (Given::NotGranted(_), None) => {}
        }
        if let Given::Rows(rows) = billing {
            sources.billing = own(rows);
        }
        Ok(())
    }

    /// The single row of a record read by its own id.
    async fn one(&self, operation: Operation, id: &str, kind: Kind) -> Result<Option<Row>, Error> {
        let column = match kind {
            Kind::Job => Field::Requisition,
            Kind::Candidate | Kind::Home => Field::Candidate,
            Kind::Activity
            | Kind::Record
            | Kind::Timesheet
            | Kind::Document
            | Kind::Content
            | Kind::Touch
            | Kind::Start
            | Kind::Invoice
            | Kind::Merge
            | Kind::UserField => Field::Placement,
        };
        let rows = self.client().rows(operation, &[(operation.subject(), id)], kind).await?;
        Ok(rows.into_iter().find(|row| {
            let named = row.text(Field::Id).or_else(|| row.text(column));
            !row.is_empty() && named.is_none_or(|named| named == id)
        }))
    }

    /// The person behind a candidate id, as one row.
    pub(crate) async fn candidate(&self, id: &str) -> Result<Option<Row>, Error> {
        self.one(Operation::CandidateGet, id, Kind::Candidate).await
    }

    async fn given(&self, operation: Operation, id: &str, kind: Kind) -> Result<Given, Error> {
        self.given_by(operation, operation.subject(), id, kind).await
    }

    /// What an operation gives by one of its parameters; nothing where the tenant's API does not take that one.
    async fn given_by(
        &self,
        operation: Operation,
        by: Param,
        id: &str,
        kind: Kind,
    ) -> Result<Given, Error> {
        let name = self.client().spec(operation).params.get(&by);
        if name.is_none_or(String::is_empty) {
            return Ok(Given::Rows(Vec::new()));
        }
        match self.client().rows(operation, &[(by, id)], kind).await {
            Ok(rows) => Ok(Given::Rows(rows)),
            Err(error @ Error::NotGranted { .. }) => Ok(Given::NotGranted(error)),
            Err(error) => Err(error),
        }
    }
}

/// Whether a row that names no placement is taken for the one that was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unnamed {
    Fits,
    Misses,
}

/// Whether a row is of the placement: answers also bring related ones.
fn is_of(row: &Row, placement: &str, unnamed: Unnamed) -> bool {
    if row.text(Field::Placement).is_none() {
        return unnamed == Unnamed::Fits && !row.is_empty();
    }
    row.cells(Field::Placement).any(|cell| cell.is_text(placement))
}

/// Whether there may be pay and billing records: for a mere submittal the reads are spared.
pub(crate) fn may_be_hire(activity: &Row) -> bool {
    let hired = activity.text(Field::Hired).map(scalar::flag);
    let traces = [Field::PlacedOn, Field::TerminatedOn, Field::StartStatus];
    hired != Some(Ok(false)) || traces.iter().any(|column| activity.text(*column).is_some())
}

/// An assignment holds its records in sections, or, in an older form, is its own only record.
fn take_assignment(sources: &mut Sources, row: Row) {
    let section = |name| row.section(name).unwrap_or_default().to_vec();
    let (pay, billing) = (section(Field::PayRecords), section(Field::BillingRecords));
    let flat =
        row.section(Field::PayRecords).is_none() && row.section(Field::BillingRecords).is_none();
    let has = |wanted: &[Field]| wanted.iter().any(|column| row.cell(*column).is_some());
    if flat && has(&[Field::Employment, Field::PayAmount]) {
        sources.pay.push(row.clone());
    }
    if flat && has(&[Field::BillingStart, Field::WorkState, Field::Begun, Field::Closed]) {
        sources.billing.push(row.clone());
    }
    sources.pay.extend(pay);
    sources.billing.extend(billing);
    sources.overheads.extend(section(Field::Overheads));
    sources.assignment.get_or_insert(row);
}
