//! Reading an answer whole that comes in pages.
//!
//! A page that is not full is the last. A page that repeats the one before would go on for ever: where it is larger than
//! was asked for, the service does not page at all and everything is there; else nobody can tell, and the answer counts
//! as not read, so that no mark moves past it. A walk through all placements is kept page by page instead
//! (`census.rs`).

use std::collections::BTreeSet;

use crate::client::Client;
use crate::error::Error;
use crate::operations::{OffsetUnit, Operation, Paging, Param, Spec};
use crate::request::Part;
use crate::wire::columns::Kind;
use crate::wire::row::Row;

/// More pages than any window has: where paging goes wrong it ends here.
const PAGES_MAX: u64 = 2000;

impl Client {
    /// All rows that an operation answers with, for these values of its parameters.
    pub(crate) async fn rows(
        &self,
        operation: Operation,
        values: &[(Param, &str)],
        kind: Kind,
    ) -> Result<Vec<Row>, Error> {
        let spec = self.spec(operation);
        let Some(pages) = Pages::of(&spec.paging) else {
            return Ok(self.part(operation, values, kind, Part::Whole).await?.rows);
        };
        let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
        for page in 0..PAGES_MAX {
            let place = Part::At(pages.first + page * pages.step);
            let rows = self.part(operation, values, kind, place).await?.rows;
            let count = rows.len() as u64;
            let before = seen.len();
            for row in rows {
                if seen.insert(identity(spec, &row)) {
                    all.push(row);
                }
            }
            if count != pages.size {
                return Ok(all);
            }
            if seen.len() == before {
                break;
            }
        }
        let why = "paging stands still: a full page repeats what was there; correct `paging`, or set it to none";
        Err(Error::Unreadable { operation: operation.name(), why: why.to_owned() })
    }
}

/// Where pages begin and how far apart they are.
struct Pages {
    first: u64,
    step: u64,
    size: u64,
}

impl Pages {
    fn of(paging: &Paging) -> Option<Self> {
        match paging {
            Paging::None => None,
            Paging::Page { base, size, .. } => {
                Some(Self { first: u64::from(*base), step: 1, size: u64::from(*size) })
            }
            Paging::Offset { unit, size, .. } => {
                let size = u64::from(*size);
                let step = match unit {
                    OffsetUnit::Rows | OffsetUnit::Auto => size,
                    OffsetUnit::Pages => 1,
                };
                Some(Self { first: 0, step, size })
            }
        }
    }
}

/// What tells a row from others: its key, and what is in it, because several rows may have one key.
fn identity(spec: &Spec, row: &Row) -> String {
    let key: Vec<&str> = spec.key.iter().filter_map(|field| row.text(*field)).collect();
    format!("{}/{}", key.join("/"), row.digest())
}
