//! Reading an answer whole that comes in pages.
//!
//! A page that is not full is the last. A page that repeats the one before would go on for ever: where it is larger than
//! was asked for, the service does not page at all and everything is there; else nobody can tell, and the answer counts
//! as not read, so that no mark moves past it. Whether pages are counted from 0 or from 1 is not published, and a wrong
//! number would lose the first page without a word: so page 0 is asked for too, until an answer has shown which it is. A
//! walk through all placements is kept page by page instead (`census.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::client::Client;
use crate::error::Error;
use crate::operations::{OffsetUnit, Operation, PageBase, Paging, Param, Spec};
use crate::request::Part;
use crate::wire::columns::Kind;
use crate::wire::row::Row;

/// More pages than any window has: where paging goes wrong it ends here.
const PAGES_MAX: u64 = 2000;

/// Where the pages of each operation were seen to begin, since the process started.
#[derive(Default)]
pub(crate) struct Begins(Mutex<BTreeMap<Operation, FirstPage>>);

/// The first page, as an answer has shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstPage {
    Zero,
    One,
}

impl Begins {
    fn of(&self, operation: Operation) -> Option<FirstPage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&operation).copied()
    }

    /// Learns it; a setting that says otherwise is told of once.
    fn learn(&self, operation: Operation, first: FirstPage, said: PageBase) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.insert(operation, first).is_some() {
            return;
        }
        let name = operation.name();
        match (said, first) {
            (PageBase::Zero, FirstPage::One) => {
                tracing::warn!(operation = name, "pages are counted from 1: set `paging.base = 1`");
            }
            (PageBase::One, FirstPage::Zero) => {
                tracing::warn!(operation = name, "page 0 has rows: set `paging.base = 0`");
            }
            (PageBase::Auto, _)
            | (PageBase::Zero, FirstPage::Zero)
            | (PageBase::One, FirstPage::One) => {}
        }
    }
}

/// One question, of which the answer comes in pages.
#[derive(Clone, Copy)]
struct Question<'a> {
    operation: Operation,
    values: &'a [(Param, &'a str)],
    kind: Kind,
}

impl Client {
    /// All rows that an operation answers with, for these values of its parameters.
    pub(crate) async fn rows(
        &self,
        operation: Operation,
        values: &[(Param, &str)],
        kind: Kind,
    ) -> Result<Vec<Row>, Error> {
        let asked = Question { operation, values, kind };
        match &self.spec(operation).paging {
            Paging::None => Ok(self.part(operation, values, kind, Part::Whole).await?.rows),
            Paging::Page { base, size, .. } => self.by_number(asked, *base, *size as usize).await,
            Paging::Offset { unit, size, .. } => {
                let step = match unit {
                    OffsetUnit::Rows | OffsetUnit::Auto => u64::from(*size),
                    OffsetUnit::Pages => 1,
                };
                self.by_offset(asked, step, *size as usize).await
            }
        }
    }

    async fn page(&self, asked: Question<'_>, place: u64) -> Result<Vec<Row>, Error> {
        let Question { operation, values, kind } = asked;
        Ok(self.part(operation, values, kind, Part::At(place)).await?.rows)
    }

    async fn by_offset(
        &self,
        asked: Question<'_>,
        step: u64,
        size: usize,
    ) -> Result<Vec<Row>, Error> {
        let mut found = Found::of(self.spec(asked.operation));
        for nth in 0..PAGES_MAX {
            let page = found.take(self.page(asked, nth * step).await?);
            if page.rows != size {
                return Ok(found.rows);
            }
            if page.new == 0 {
                break;
            }
        }
        Err(stands_still(asked.operation))
    }

    async fn by_number(
        &self,
        asked: Question<'_>,
        base: PageBase,
        size: usize,
    ) -> Result<Vec<Row>, Error> {
        let mut found = Found::of(self.spec(asked.operation));
        let known = self.begins.of(asked.operation);
        let zero = match known {
            Some(FirstPage::One) => Zero::None,
            Some(FirstPage::Zero) | None => self.page_zero(asked, base, &mut found).await?,
        };
        match &zero {
            Zero::Rows(count) => {
                self.begins.learn(asked.operation, FirstPage::Zero, base);
                if *count != size {
                    return Ok(found.rows);
                }
            }
            Zero::None if known == Some(FirstPage::Zero) => return Ok(found.rows),
            Zero::None | Zero::Failed(_) => {}
        }
        for number in 1..PAGES_MAX {
            let page = found.take(self.page(asked, number).await?);
            match &zero {
                Zero::Failed(error) => return Err(error.clone()),
                Zero::None if number == 1 && page.rows > 0 => {
                    self.begins.learn(asked.operation, FirstPage::One, base);
                }
                Zero::None | Zero::Rows(_) => {}
            }
            if page.rows != size {
                return Ok(found.rows);
            }
            // Where 0 is taken for 1, the first page comes twice.
            let twice = number == 1 && matches!(zero, Zero::Rows(_));
            if page.new == 0 && !twice {
                break;
            }
        }
        Err(stands_still(asked.operation))
    }

    /// What page 0 gives while nobody knows whether there is one.
    async fn page_zero(
        &self,
        asked: Question<'_>,
        base: PageBase,
        found: &mut Found<'_>,
    ) -> Result<Zero, Error> {
        match self.page(asked, 0).await {
            Ok(rows) if rows.is_empty() => Ok(Zero::None),
            Ok(rows) => Ok(Zero::Rows(found.take(rows).rows)),
            Err(error) if is_no_page(&error, base) => Ok(Zero::None),
            Err(Error::Unavailable { operation, status, after, message })
                if base == PageBase::Auto =>
            {
                let message = format!(
                    "{message} (page 0 fails, page 1 does not: if it stays so, set `paging.base` to 1, or to 0 where \
                     pages are counted from there)"
                );
                Ok(Zero::Failed(Error::Unavailable { operation, status, after, message }))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a failure of page 0 says that pages begin with 1.
pub(crate) fn is_no_page(error: &Error, base: PageBase) -> bool {
    match base {
        PageBase::Zero => false,
        PageBase::Auto => matches!(error, Error::Refused { .. }),
        PageBase::One => {
            matches!(error, Error::Refused { .. } | Error::Unavailable { status: 500, .. })
        }
    }
}

/// What page 0 gave.
enum Zero {
    /// Nothing: there is none, or there are no rows at all.
    None,
    /// So many rows.
    Rows(usize),
    /// A failure that may be about the page, or about something else.
    Failed(Error),
}

/// What was found so far.
struct Found<'a> {
    spec: &'a Spec,
    rows: Vec<Row>,
    seen: BTreeSet<String>,
}

/// What a page brought.
struct Taken {
    rows: usize,
    new: usize,
}

impl<'a> Found<'a> {
    fn of(spec: &'a Spec) -> Self {
        Self { spec, rows: Vec::new(), seen: BTreeSet::new() }
    }

    fn take(&mut self, rows: Vec<Row>) -> Taken {
        let (count, before) = (rows.len(), self.rows.len());
        for row in rows {
            if self.seen.insert(identity(self.spec, &row)) {
                self.rows.push(row);
            }
        }
        Taken { rows: count, new: self.rows.len() - before }
    }
}

fn stands_still(operation: Operation) -> Error {
    let why = "paging stands still: a full page repeats what was there; correct `paging`, or set it to none";
    Error::Unreadable { operation: operation.name(), why: why.to_owned() }
}

/// What tells a row from others: its key, and what is in it, because several rows may have one key.
fn identity(spec: &Spec, row: &Row) -> String {
    let key: Vec<&str> = spec.key.iter().filter_map(|field| row.text(*field)).collect();
    format!("{}/{}", key.join("/"), row.digest())
}
