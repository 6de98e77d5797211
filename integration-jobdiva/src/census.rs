//! Counting all placements, page by page, for those that no feed ever told of.
//!
//! `searchStart` pages loosely: pages share a row, and rows were seen to fall between two pages. So every step goes back
//! by one row, and a second walk begins later, which shifts the borders of the pages. Whether `offset` counts rows or
//! pages is not published: a page that does not begin where the one before ended tells. Only ids are taken from a
//! line, and whether it may be a hire that is not over; what is true is read by [`JobDiva::assemble`].

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use workflow_core::domain::facts::PlacementId;
use workflow_core::time::Timestamp;

use crate::JobDiva;
use crate::error::Error;
use crate::operations::{Field, OffsetUnit, Operation, Paging, Param};
use crate::request::Part;
use crate::wire::columns::Kind;
use crate::wire::reader::Reader;
use crate::wire::row::Row;

/// How often the whole is walked through.
const WALKS: u8 = 2;

/// How far a census has come; keep it after each page, and go on there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Placements whose first day of work is this one or later.
    from: Date,
    /// The day on which the census began.
    today: Date,
    walk: u8,
    offset: u64,
    counts: Counts,
    /// The ids of the page before: a full page that brings nothing new would go on for ever.
    before: BTreeSet<PlacementId>,
}

/// What `offset` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Counts {
    Rows,
    Pages,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Placements that may be hires, and are not over.
    pub hires: BTreeSet<PlacementId>,
    /// How many lines it had.
    pub lines: usize,
    /// Where to go on; `None` when the census is done.
    pub next: Option<Place>,
    /// Whether paging stood still: there may be more than was shown.
    pub incomplete: bool,
}

impl JobDiva {
    /// Where a census begins that reaches so far back.
    pub fn census(&self, reach: std::time::Duration, now: Timestamp) -> Place {
        let zone = &self.client().zone;
        let day = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).date();
        let back = i64::try_from(reach.as_millis()).unwrap_or(i64::MAX);
        let from = day(Timestamp(now.0.saturating_sub(back).max(0)));
        Place {
            from,
            today: day(now),
            walk: 0,
            offset: 0,
            counts: match self.offset_unit() {
                OffsetUnit::Rows | OffsetUnit::Auto => Counts::Rows,
                OffsetUnit::Pages => Counts::Pages,
            },
            before: BTreeSet::new(),
        }
    }

    /// Rows of a page of the census; `None` where it comes whole.
    fn page_rows(&self) -> Option<u64> {
        match &self.client().spec(Operation::PlacementCensus).paging {
            Paging::None => None,
            Paging::Page { size, .. } | Paging::Offset { size, .. } => Some(u64::from(*size)),
        }
    }

    /// What the first page is called.
    fn first_page(&self) -> u64 {
        match &self.client().spec(Operation::PlacementCensus).paging {
            Paging::Page { base, .. } => u64::from(*base),
            Paging::None | Paging::Offset { .. } => 0,
        }
    }

    fn offset_unit(&self) -> OffsetUnit {
        match &self.client().spec(Operation::PlacementCensus).paging {
            Paging::Offset { unit, .. } => *unit,
            Paging::None | Paging::Page { .. } => OffsetUnit::Pages,
        }
    }

    /// Reads one page.
    pub async fn census_page(&self, place: &Place) -> Result<Page, Error> {
        let from = format!("{}T00:00:00", place.first_day());
        let (operation, values) = (Operation::PlacementCensus, [(Param::StartFrom, from.as_str())]);
        let page_rows = self.page_rows();
        let part = page_rows.map_or(Part::Whole, |_| Part::At(self.first_page() + place.offset));
        let lines = self.client().part(operation, &values, Kind::Start, part).await?.rows;
        let mut reader = Reader::new(&self.client().zone);
        let mut id = |row: &Row| {
            let name = Operation::PlacementCensus.name();
            let own = reader.id(name, row, Field::Id);
            own.or_else(|| reader.id(name, row, Field::Placement)).map(PlacementId)
        };
        let all: Vec<(Option<PlacementId>, &Row)> =
            lines.iter().map(|row| (id(row), row)).collect();
        let ids: BTreeSet<PlacementId> = all.iter().filter_map(|(id, _)| id.clone()).collect();
        let hires = all.iter().filter(|(_, row)| self.may_be_open_hire(row, place.today));
        let hires = hires.filter_map(|(id, _)| id.clone()).collect();
        let full = page_rows.is_some_and(|most| lines.len() as u64 >= most);
        let stuck = full && ids.is_subset(&place.before);
        let next = if place.is_no_row_count(&ids, self.offset_unit()) {
            Some(place.by_pages())
        } else if full && !stuck {
            Some(place.further(ids, page_rows.unwrap_or_default()))
        } else {
            place.again()
        };
        Ok(Page { hires, lines: lines.len(), next, incomplete: stuck })
    }

    /// Whether a line may be a hire that is not over: a bare offer is none.
    fn may_be_open_hire(&self, row: &Row, today: Date) -> bool {
        let status = row.text(Field::StartStatus).unwrap_or_default().to_ascii_lowercase();
        let placed = row.text(Field::PlacedOn).is_some();
        let agreed = placed || !["", "offer"].contains(&status.as_str());
        let off = ["cancel", "reject", "declin"].iter().any(|word| status.contains(word));
        let over = row.day(Field::ActivityEnd, &self.client().zone).is_some_and(|end| end < today);
        agreed && !off && !over && status != "offer"
    }
}

impl Place {
    /// The second walk begins later by a part of the way that is no round number of pages.
    fn first_day(&self) -> Date {
        let days = self.from.until(self.today).map(|span| span.get_days()).unwrap_or_default();
        let later = if self.walk == 0 { 0 } else { days / 3 };
        self.from.checked_add(jiff::Span::new().days(later)).unwrap_or(self.from)
    }

    /// Going back by one row, a page must begin with the last one of the page before.
    fn is_no_row_count(&self, ids: &BTreeSet<PlacementId>, unit: OffsetUnit) -> bool {
        unit == OffsetUnit::Auto
            && self.counts == Counts::Rows
            && self.offset > 0
            && ids.is_disjoint(&self.before)
    }

    fn by_pages(&self) -> Self {
        Self { counts: Counts::Pages, offset: 1, ..self.clone() }
    }

    fn further(&self, before: BTreeSet<PlacementId>, page_rows: u64) -> Self {
        let step = match self.counts {
            Counts::Rows => page_rows - 1,
            Counts::Pages => 1,
        };
        Self { offset: self.offset + step, before, ..self.clone() }
    }

    fn again(&self) -> Option<Self> {
        let walk = self.walk + 1;
        (walk < WALKS).then(|| Self { walk, offset: 0, before: BTreeSet::new(), ..self.clone() })
    }
}
