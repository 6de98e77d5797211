//! The switches: each way in which the service is unkind, with its default.
//!
//! The number before each field is that of its switch in [`super::SWITCHES`], which says how well it is known. What
//! is marked (S1) rests on one unconfirmed source and (I) on inference: plausible, not certified, for a real tenant to
//! correct. A [`Behaviour`] is one tenant's dialect; `runner simulate jobdiva --dialect FILE` reads it from TOML, and a
//! field that the file leaves out keeps its default. What happens only on demand (revoked tokens, faults, merges,
//! deletes) is not here but in [`super::faults`] and [`super::mutations`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Which `Authorization` headers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderForm {
    /// `Bearer <jwt>` and the bare token.
    #[default]
    Both,
    /// Only `Bearer <jwt>`.
    BearerOnly,
    /// Only the bare token.
    RawOnly,
}

/// Whether a change at the very end of a window belongs to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowEnd {
    /// It does.
    #[default]
    Included,
    /// It belongs to the next window.
    Excluded,
}

/// What `offset` counts in the `search` methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffsetMode {
    /// Rows to skip.
    #[default]
    Row,
    /// Pages to skip.
    Page,
}

/// How billing dates are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingDates {
    /// `2026-04-06T00:00:00`.
    #[default]
    Iso,
    /// `04/06/2026`.
    Us,
}

/// How the assignment detail is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentForm {
    /// Nested billing, pay and overheads, with column names and numbers.
    #[default]
    Sections,
    /// One flat row with the labels of the screen and money as text: `"Pay Rate": "$95.00 / Hour"`.
    Labels,
}

/// The meaning of `pageNumber`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageBase {
    /// The first page is 0.
    Zero,
    /// The first page is 1; there is nothing on page 0.
    #[default]
    One,
    /// The first page is 1, and 0 means the same.
    OneOrZero,
    /// `pageNumber` and `pageSize` are ignored.
    Absent,
}

/// A token bucket per endpoint, refilled on the simulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[serde(default, deny_unknown_fields)]
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

impl Default for Mischief {
    fn default() -> Self {
        Self { duplicate_one_in: 5, drop_one_in: 10, reorder: true }
    }
}

/// Every switch; [`Behaviour::default`] is the service as described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// 1: seconds an access token lives (24 h; support's word).
    pub token_lifetime_secs: u32,
    /// 1: seconds a refresh token lives (30 d, S1).
    pub refresh_lifetime_secs: u32,
    /// 3: HTTP status of a bad login (500; three live observers).
    pub bad_login_status: u16,
    /// 4: which `Authorization` headers count.
    pub header: HeaderForm,
    /// 5: widest window in seconds; one second more is refused (14 d; S1, S6).
    pub max_window_secs: u32,
    /// 6: whether a `toDate` of exactly midnight means the end of that day (S1).
    pub widen_midnight: bool,
    /// 7: whether a change at the very end of a window belongs to it (I).
    pub window_end: WindowEnd,
    /// 8: whether a missing or odd date is a 400 (S1); else a missing one is yesterday or now, and ISO is read too.
    pub strict_dates: bool,
    /// 9: whether empties are a mix of `""`, null, `"Null"` and missing keys, and names carry blanks (S2, S5, S6, S11).
    pub ragged_values: bool,
    /// 10: whether a single row may come as a bare object, and no row as `[]`, `{}` or null in turn (S6).
    pub ragged_envelopes: bool,
    /// 9: chooses the mix of empties; the same seed gives the same mix.
    pub seed: u64,
    /// 11: whether user-defined fields come only when asked for (4 clients); else they always come.
    pub user_fields_on_request: bool,
    /// 12: whether the `search` methods ignore criteria they do not know (S2, S7); else such a search is a 400.
    pub ignore_unknown_criteria: bool,
    /// 13: what `offset` counts (unknown; row).
    pub offset: OffsetMode,
    /// 13: whether later pages of a search repeat the last row of the page before (S2).
    pub overlap: bool,
    /// 13: most rows that one search gives (S2).
    pub search_cap: u32,
    /// 14: the meaning of `pageNumber` (sources differ; 1).
    pub page_base: PageBase,
    /// 15: calls allowed per endpoint; none means no limit (numbers are not public).
    pub rate_limit: Option<RateLimit>,
    /// 17: methods that are not granted from the start, such as `bi/JobDetail`.
    pub not_granted: BTreeSet<String>,
    /// 17: HTTP status of other methods that are not granted (S1; 401, 403 and 500 are reported too).
    pub not_granted_status: u16,
    /// 17: HTTP status of BI methods that are not granted (S1).
    pub bi_not_granted_status: u16,
    /// 19: real milliseconds before an answer, by the end of the path or `*` (a week of activities took 50 s, S6).
    pub latency_millis: BTreeMap<String, u32>,
    /// 20: seconds between a hire and its billing record; the salary record follows an hour after that (I).
    pub record_delay_secs: u32,
    /// 20: seconds between a record and its approval (I).
    pub approval_delay_secs: u32,
    /// 21: whether a new rate overwrites the record at hand; else it is a record with a later EFFECTIVE_DATE.
    pub rate_change_in_place: bool,
    /// 22: whether the assignment detail also returns the employee's other starts (S2).
    pub related_starts: bool,
    /// 23: how billing dates are written (S2 ISO, S4 American).
    pub billing_dates: BillingDates,
    /// 24: how the assignment detail is laid out (both S2).
    pub assignment: AssignmentForm,
    /// 28: seconds in which changes of one record become one webhook (S1).
    pub coalesce_secs: u32,
    /// 28: tries for one webhook (S1).
    pub webhook_tries: u32,
    /// 28: seconds between two tries (S1).
    pub webhook_retry_secs: u32,
    /// 28: how unreliable webhook delivery is (I).
    pub mischief: Mischief,
    /// 29: seconds between a write and its being visible in BI methods (I).
    pub feed_lag_secs: u32,
    /// 30: most ids in one batch call (S9, S13).
    pub max_ids: u32,
    /// 30: HTTP status of a batch call with more (400 or 500; I).
    pub too_many_ids_status: u16,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            token_lifetime_secs: 86_400,
            refresh_lifetime_secs: 30 * 86_400,
            bad_login_status: 500,
            header: HeaderForm::Both,
            max_window_secs: 14 * 86_400,
            widen_midnight: true,
            window_end: WindowEnd::Included,
            strict_dates: true,
            ragged_values: true,
            ragged_envelopes: true,
            seed: 1099,
            user_fields_on_request: true,
            ignore_unknown_criteria: true,
            offset: OffsetMode::Row,
            overlap: true,
            search_cap: 100,
            page_base: PageBase::One,
            rate_limit: None,
            not_granted: BTreeSet::new(),
            not_granted_status: 403,
            bi_not_granted_status: 200,
            latency_millis: BTreeMap::new(),
            record_delay_secs: 3 * 3600,
            approval_delay_secs: 2 * 3600,
            rate_change_in_place: false,
            related_starts: true,
            billing_dates: BillingDates::Iso,
            assignment: AssignmentForm::Sections,
            coalesce_secs: 4,
            webhook_tries: 5,
            webhook_retry_secs: 5,
            mischief: Mischief::default(),
            feed_lag_secs: 0,
            max_ids: 100,
            too_many_ids_status: 400,
        }
    }
}
