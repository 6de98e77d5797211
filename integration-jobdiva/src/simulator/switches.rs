//! The thirty switches on one page: what each does, its default, how it is turned, and how well it is known.
//!
//! Marks are those of the research they rest on: [D] official words that a source quotes, [Nx] seen in N independent
//! clients, [S1] one unconfirmed description of 2021, [I] inferred. Each switch has one test that drives the real
//! client, named for its number (`switch_05_...`, in the crate's `tests/switches`). The fields are in [`super::Behaviour`].

use serde::Serialize;

/// One way in which the service is unkind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// 1 to 30.
    pub number: u8,
    /// What happens.
    pub what: &'static str,
    /// What it stands at: `on`, `on demand`, or a value.
    pub default: &'static str,
    /// The fields of [`super::Behaviour`] that turn it; none: it is always so, or happens on demand.
    pub fields: &'static [&'static str],
    /// The control request that makes it happen; empty where there is none.
    pub demand: &'static str,
    /// How well it is known.
    pub mark: &'static str,
}

const fn switch(
    number: u8,
    what: &'static str,
    default: &'static str,
    fields: &'static [&'static str],
    demand: &'static str,
    mark: &'static str,
) -> Switch {
    Switch { number, what, default, fields, demand, mark }
}

/// All of them, by number.
pub const SWITCHES: [Switch; 30] = [
    switch(
        1,
        "a token is a JWT with `exp`, and ends",
        "24 h; refresh 30 d",
        &["token_lifetime_secs", "refresh_lifetime_secs"],
        "",
        "[3x]; refresh [S1]",
    ),
    switch(
        2,
        "every token is revoked before its end: 401",
        "on demand",
        &[],
        "POST tokens/revoke",
        "[2x]",
    ),
    switch(
        3,
        "a bad login is a 500 with `Invalid username/password`",
        "500",
        &["bad_login_status"],
        "",
        "[3x]",
    ),
    switch(4, "the bare token and `Bearer` both count", "both", &["header"], "", "[many]"),
    switch(
        5,
        "a window of more than 14 days is an error inside HTTP 200",
        "14 d",
        &["max_window_secs"],
        "",
        "[D] [2x]",
    ),
    switch(
        6,
        "a `toDate` of midnight means the end of that day",
        "on",
        &["widen_midnight"],
        "",
        "[S1]",
    ),
    switch(
        7,
        "windows are compared in Eastern wall time on DATEUPDATED, both ends included",
        "on",
        &["window_end"],
        "",
        "[2x]; ends [I]",
    ),
    switch(8, "a missing or odd date is a 400", "on", &["strict_dates"], "", "[S1]"),
    switch(
        9,
        "scalars are strings; empties are \"\", null, \"Null\" or missing; names end in blanks",
        "on, seed 1099",
        &["ragged_values", "seed"],
        "",
        "[3x]; blanks [1x]",
    ),
    switch(
        10,
        "one row may be a bare object; no row is [], {} or null in turn",
        "on",
        &["ragged_envelopes"],
        "",
        "[1x]",
    ),
    switch(
        11,
        "user-defined fields come only when asked for",
        "on",
        &["user_fields_on_request"],
        "",
        "[4x]",
    ),
    switch(
        12,
        "searches have spaced keys and epoch milliseconds, and ignore unknown criteria",
        "on",
        &["ignore_unknown_criteria"],
        "",
        "[3x]; ignoring [2x]",
    ),
    switch(
        13,
        "searchStart ignores a start id, repeats a row, counts rows or pages, gives at most 100",
        "row, overlap, 100",
        &["offset", "overlap", "search_cap"],
        "",
        "[1x]; offset unknown",
    ),
    switch(
        14,
        "`pageNumber` counts from 0 or 1, or is ignored; pages beyond the end are empty",
        "1",
        &["page_base"],
        "",
        "[3x], base unclear",
    ),
    switch(
        15,
        "a bucket of calls per endpoint; then 429 `Request Limit Exceeded`",
        "off",
        &["rate_limit"],
        "",
        "[2x]; numbers unknown",
    ),
    switch(
        16,
        "the queue is full: said inside HTTP 200",
        "on demand",
        &[],
        "POST faults {\"kind\":\"queue_full\"}",
        "[S1]",
    ),
    switch(
        17,
        "a method that is not granted answers in words",
        "none; 200 for BI, else 403",
        &["not_granted", "not_granted_status", "bi_not_granted_status"],
        "POST grants",
        "[S1]; status unclear",
    ),
    switch(
        18,
        "a poisoned row: every window with it is a 500 `Not an array`",
        "on demand",
        &[],
        "POST faults {\"kind\":\"poison\"}",
        "[1x]",
    ),
    switch(
        19,
        "an endpoint takes its time",
        "0",
        &["latency_millis"],
        "POST faults {\"kind\":\"slow\"}",
        "[1x]",
    ),
    switch(
        20,
        "pay and billing records come hours after the hire, unapproved at first",
        "3 h, pay 4 h; approved 2 h later",
        &["record_delay_secs", "approval_delay_secs"],
        "",
        "[I]",
    ),
    switch(
        21,
        "several records per placement: a new rate is a new record with a later date",
        "on",
        &["rate_change_in_place"],
        "POST mutate {\"change\":\"change_rate\"}",
        "[3x]",
    ),
    switch(
        22,
        "the assignment detail brings another start of the employee along",
        "on",
        &["related_starts"],
        "",
        "[1x]",
    ),
    switch(23, "billing dates are ISO or American", "ISO", &["billing_dates"], "", "[1x] each"),
    switch(
        24,
        "ids beyond 2^32, nobody's e-mail, HTML, money as text",
        "on; sections",
        &["assignment"],
        "",
        "[3x]; labels [1x]",
    ),
    switch(
        25,
        "a merged candidate: the old id is empty, a feed lists the pair, records move",
        "on demand",
        &[],
        "POST mutate {\"change\":\"merge\"}",
        "[2x]; columns [I]",
    ),
    switch(
        26,
        "a deleted row leaves the details and is listed by a feed",
        "on demand",
        &[],
        "POST mutate {\"change\":\"delete\"}",
        "[S1]",
    ),
    switch(
        27,
        "files go by name in any case, as Base64; two of one name cannot be told apart",
        "on",
        &[],
        "",
        "[2x]; columns [I]",
    ),
    switch(
        28,
        "webhooks: collected 4 s, HMAC-SHA1, 5 tries 5 s apart, `true` counts; doubled, swapped, lost",
        "on, `sha1=`",
        &["coalesce_secs", "webhook_tries", "webhook_retry_secs", "mischief"],
        "PUT webhooks {\"is_prefixed\":false}",
        "HMAC [3x]; timing [S1]; mischief [I]",
    ),
    switch(
        29,
        "a change shows in BI methods only some seconds after the write",
        "0 s",
        &["feed_lag_secs"],
        "",
        "[I]",
    ),
    switch(
        30,
        "a batch of more than 100 ids is refused",
        "100; 400",
        &["max_ids", "too_many_ids_status"],
        "",
        "[2x]; status [I]",
    ),
];
