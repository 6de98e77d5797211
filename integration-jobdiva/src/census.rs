//! Counting all placements, page by page, for those that no feed ever told of.
//!
//! `searchStart` pages loosely: pages share a row, and rows were seen to fall between two pages. So every step goes back
//! by one row, and a second walk begins later, which shifts the borders of the pages. Whether `offset` counts rows or
//! pages is not published: a page that does not begin where the one before ended tells. Of a
//! line is taken whose it is, and whether it may be a hire that is not over; what is true is read by
//! [`JobDiva::assemble`], which falls back on the line where the placement itself may not be read. A service may give
//! fewer lines than were asked for: a page is full when it has as many as the first one had.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use workflow_core::domain::facts::PlacementId;
use workflow_core::time::Timestamp;

use crate::JobDiva;
use crate::error::Error;
use crate::operations::{Field, OffsetUnit, Operation, PageBase, Paging, Param};
use crate::paging::is_no_page;
use crate::request::Part;
use crate::standing::Standing;
use crate::wire::columns::Kind;
use crate::wire::reader::Reader;
use crate::wire::row::Row;

/// How often the whole is walked through.
const WALKS: u8 = 2;
/// So many lines a page may have that only repeats the end of the one before.
const REPEATED_MAX: u64 = 2;

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
    /// How many lines the first page had: as many as a page has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
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
            lines: None,
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

    /// The number of the first page, where pages are asked for by their numbers.
    fn page_base(&self) -> Option<PageBase> {
        match &self.client().spec(Operation::PlacementCensus).paging {
            Paging::Page { base, .. } => Some(*base),
            Paging::None | Paging::Offset { .. } => None,
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
        let part = page_rows.map_or(Part::Whole, |_| Part::At(place.offset));
        // Page 0 is asked for whatever number the first one has: a wrong one would lose it without a word.
        let unsure = self.page_base().filter(|_| place.offset == 0);
        let lines = match self.client().part(operation, &values, Kind::Start, part).await {
            Ok(answer) => answer.rows,
            Err(error) if unsure.is_some_and(|base| is_no_page(&error, base)) => Vec::new(),
            Err(error) => return Err(error),
        };
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
        let hires: BTreeSet<PlacementId> = hires
            .filter_map(|(id, row)| {
                let id = id.clone()?;
                self.remember_new(id.as_str(), row);
                Some(id)
            })
            .collect();
        let full = page_rows.is_some_and(|most| place.is_full(lines.len() as u64, most));
        // Where 0 is taken for 1, the first page comes twice.
        let twice = self.page_base().is_some() && place.offset == 1;
        let stuck = full && !twice && ids.is_subset(&place.before);
        let next = if place.is_no_row_count(&ids, self.offset_unit()) {
            Some(place.by_pages())
        } else if (full && !stuck) || (unsure.is_some() && lines.is_empty()) {
            Some(place.further(ids, lines.len() as u64))
        } else {
            place.again()
        };
        Ok(Page { hires, lines: lines.len(), next, incomplete: stuck })
    }

    /// Whether a line may be a hire that is not over: a bare offer is none.
    fn may_be_open_hire(&self, row: &Row, today: Date) -> bool {
        let word = row.text(Field::StartStatus);
        let standing = word.map(|word| self.config().standings.of(word));
        let agreed = match standing {
            None => row.text(Field::PlacedOn).is_some(),
            Some(Some(Standing::Offer | Standing::Canceled)) => false,
            // A word that nobody has explained is for a person to see.
            Some(Some(Standing::Starting | Standing::Working | Standing::Ended) | None) => true,
        };
        let over = row.day(Field::ActivityEnd, &self.client().zone).is_some_and(|end| end < today);
        agreed && !over
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

    /// Whether there may be more behind a page of so many lines, of which so many were asked for.
    fn is_full(&self, lines: u64, most: u64) -> bool {
        let full = match self.lines {
            Some(first) => lines >= first,
            None => lines > REPEATED_MAX,
        };
        // More than was asked for is everything: the service does not page.
        full && lines <= most
    }

    fn by_pages(&self) -> Self {
        Self { counts: Counts::Pages, offset: 1, ..self.clone() }
    }

    fn further(&self, before: BTreeSet<PlacementId>, lines: u64) -> Self {
        let step = match self.counts {
            Counts::Rows => lines.saturating_sub(1).max(1),
            Counts::Pages => 1,
        };
        let first = self.lines.or((lines > 0).then_some(lines));
        Self { offset: self.offset + step, lines: first, before, ..self.clone() }
    }

    fn again(&self) -> Option<Self> {
        let walk = self.walk + 1;
        let (offset, lines, before) = (0, None, BTreeSet::new());
        (walk < WALKS).then(|| Self { walk, offset, lines, before, ..self.clone() })
    }
}
