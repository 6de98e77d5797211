//! The switches: each way in which the service is unkind, with its default.
//!
//! What is marked (S1) rests on one unconfirmed source: plausible, not certified, for a real tenant to correct. What happens
//! only on demand (revoked tokens, faults, grants, merges, deletes) is not here but in [`super::faults`] and
//! [`super::mutations`].

use serde::{Deserialize, Serialize};

/// Which `Authorization` headers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderForm {
    /// `Bearer <jwt>` and the bare token.
    #[default]
    Both,
    /// Only `Bearer <jwt>`.
    BearerOnly,
    /// Only the bare token.
    RawOnly,
}

/// What `offset` counts in `searchStart`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OffsetMode {
    /// Rows to skip.
    #[default]
    Row,
    /// Pages to skip.
    Page,
}

/// How billing dates are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BillingDates {
    /// `2026-04-06T00:00:00`.
    #[default]
    Iso,
    /// `04/06/2026`.
    Us,
}

/// The meaning of `pageNumber`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageBase {
    /// The first page is 0.
    Zero,
    /// The first page is 1.
    #[default]
    One,
    /// `pageNumber` and `pageSize` are ignored.
    Absent,
}

/// A token bucket per endpoint, refilled on the simulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Calls that may come at once.
    pub burst: u32,
    /// Calls given back per minute.
    pub per_minute: u32,
    /// Whether a 429 carries `Retry-After` (seconds).
    pub retry_after: bool,
}

/// How unreliable webhook delivery is; zero switches a kind of mischief off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mischief {
    /// One message in this many is sent twice.
    pub duplicate_one_in: u32,
    /// One message in this many is never sent.
    pub drop_one_in: u32,
    /// Whether messages due together are sent newest first.
    pub reorder: bool,
}

impl Mischief {
    /// Every message exactly once, oldest first.
    pub const NONE: Self = Self { duplicate_one_in: 0, drop_one_in: 0, reorder: false };
}

/// Every switch; [`Behaviour::default`] is the service as described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Behaviour {
    /// Seconds an access token lives (24 h).
    pub token_lifetime_secs: u32,
    /// Seconds a refresh token lives (30 d, S1).
    pub refresh_lifetime_secs: u32,
    /// Which `Authorization` headers count.
    pub header: HeaderForm,
    /// Widest window in seconds; one second more is refused (14 d).
    pub max_window_secs: u32,
    /// Whether a `toDate` of exactly midnight means the end of that day (S1).
    pub widen_midnight: bool,
    /// Whether empties are a mix of `""`, null, `"Null"` and missing keys, and names carry blanks.
    pub ragged_values: bool,
    /// Whether a single row may come as a bare object, and no row as `[]`, `{}` or null in turn.
    pub ragged_envelopes: bool,
    /// Chooses the mix of empties; the same seed gives the same mix.
    pub seed: u64,
    /// What `offset` counts in `searchStart`.
    pub offset: OffsetMode,
    /// Whether later pages of `searchStart` repeat the last row of the page before.
    pub overlap: bool,
    /// Most rows one `searchStart` gives.
    pub search_cap: u32,
    /// The meaning of `pageNumber`.
    pub page_base: PageBase,
    /// Calls allowed per endpoint; none means no limit.
    pub rate_limit: Option<RateLimit>,
    /// Seconds between a hire and its billing record; the salary record follows an hour after that.
    pub record_delay_secs: u32,
    /// Seconds between a record and its approval.
    pub approval_delay_secs: u32,
    /// Whether the assignment detail also returns the employee's other starts.
    pub related_starts: bool,
    /// How billing dates are written.
    pub billing_dates: BillingDates,
    /// Seconds between a write and its being visible in BI methods.
    pub feed_lag_secs: u32,
    /// Most ids in one batch call.
    pub max_ids: u32,
    /// Seconds in which changes of one record become one webhook (S1).
    pub coalesce_secs: u32,
    /// Tries for one webhook (S1).
    pub webhook_tries: u32,
    /// Seconds between two tries (S1).
    pub webhook_retry_secs: u32,
    /// How unreliable webhook delivery is.
    pub mischief: Mischief,
    /// HTTP status of `jobdiva/*` methods that are not granted; BI methods answer 200 with a text (S1).
    pub not_granted_status: u16,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            token_lifetime_secs: 86_400,
            refresh_lifetime_secs: 30 * 86_400,
            header: HeaderForm::Both,
            max_window_secs: 14 * 86_400,
            widen_midnight: true,
            ragged_values: true,
            ragged_envelopes: true,
            seed: 1099,
            offset: OffsetMode::Row,
            overlap: true,
            search_cap: 100,
            page_base: PageBase::One,
            rate_limit: None,
            record_delay_secs: 3 * 3600,
            approval_delay_secs: 2 * 3600,
            related_starts: true,
            billing_dates: BillingDates::Iso,
            feed_lag_secs: 0,
            max_ids: 100,
            coalesce_secs: 4,
            webhook_tries: 5,
            webhook_retry_secs: 5,
            mischief: Mischief { duplicate_one_in: 5, drop_one_in: 10, reorder: true },
            not_granted_status: 403,
        }
    }
}
