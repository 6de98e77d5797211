//! One webhook delivery as it is kept: which record changed, never what is in it.
//!
//! Making one is `receive.rs`; what to read because of it is `interpret.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A verified delivery about one record. No personal data, no raw body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The same delivery sent again has the same key: SHA-256 of type, operation, id and body, in hex.
    pub key: String,
    /// `type.operation` in lower case, such as `salary.update`.
    pub kind: String,
    /// The ids in it, by what they are the id of: the names in [`subject`].
    pub subjects: BTreeMap<String, String>,
    /// How many bytes the body had.
    pub size: usize,
    /// SHA-256 of the body, in hex.
    pub sha256: String,
}

impl Delivery {
    /// Whether it says that its record is gone.
    pub fn is_gone(&self) -> bool {
        matches!(self.operation(), "delete" | "deleted" | "remove" | "merge" | "merged")
    }

    /// The operation: what comes after the type.
    pub fn operation(&self) -> &str {
        self.kind.rsplit('.').next().unwrap_or_default()
    }
}

/// The names of ids in [`Delivery::subjects`].
pub mod subject {
    /// A placement: JobDiva's activity, start, interview schedule or submittal.
    pub const PLACEMENT: &str = "placement";
    /// A candidate, or an employee, which is the same.
    pub const CANDIDATE: &str = "candidate";
    /// A requisition.
    pub const REQUISITION: &str = "requisition";
    /// A client company.
    pub const COMPANY: &str = "company";
    /// A billing or pay record's number within its employee.
    pub const RECORD: &str = "record";
    /// A timesheet.
    pub const TIMESHEET: &str = "timesheet";
    /// A client invoice.
    pub const INVOICE: &str = "invoice";
}
