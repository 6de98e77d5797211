//! What can be set: the port, the keys, the clock, and every switch the vendor's documents leave open.
//!
//! Each switch names how well its default is known: documented, inferred, or unknown. Absent: the faults (set
//! while running, `faults.rs`). Next: `switches.rs`, the same as a file says it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use workflow_core::time::{ManualClock, Timestamp};

use super::script::Script;
use super::webhooks::Order;

/// The API key that works unless [`Config::keys`] says otherwise.
pub const DEFAULT_KEY: &str = "t9k_test_simulator";

/// 2026-03-24T13:00:00Z: where the simulated clock stands at first.
pub const DEFAULT_START: Timestamp = Timestamp::from_secs(1_774_357_200);

/// How one simulator is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The simulated time; keep a clone to move it. A loaded state sets it to the saved moment.
    pub clock: ManualClock,
    /// API key -> tenant name. Objects of two tenants, and of a tenant's two environments, never meet.
    pub keys: BTreeMap<String, String>,
    /// Every id follows from this and a counter.
    pub seed: u64,
    /// The file the whole state is kept in; none keeps it in memory.
    pub persist: Option<PathBuf>,
    /// Simulated seconds per real second, played by a background task; none: the clock moves only when told.
    pub pace: Option<u32>,
    /// What each contractor does, by e-mail local part or `custom_metadata.jobdiva_candidate_id`.
    pub scripts: BTreeMap<String, Script>,
    /// The vendor's behaviour where it is a choice.
    pub rules: Rules,
    /// How webhooks leave.
    pub webhooks: WebhookRules,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            clock: ManualClock::at(DEFAULT_START),
            keys: BTreeMap::from([(DEFAULT_KEY.to_owned(), "simulator".to_owned())]),
            seed: 1099,
            persist: None,
            pace: None,
            scripts: BTreeMap::new(),
            rules: Rules::default(),
            webhooks: WebhookRules::default(),
        }
    }
}

/// The vendor's behaviour where its documents leave a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Refuse fields the reference does not list (unknown; default false, and both dialects are taken).
    pub strict_unknown_fields: bool,
    /// Whether a contractor must bring phone and address (documented as required, guides omit them: lenient).
    pub contractor_required: ContractorRequired,
    /// How e-mails are compared for uniqueness (unknown; default exact).
    pub email_case: EmailCase,
    /// A key that comes again with another body (unknown; default the literal reading: replay).
    pub key_reuse: KeyReuse,
    /// Life of an idempotency key (documented: 24 hours).
    pub idempotency_ttl_secs: u64,
    /// Life of an application session nobody finishes (unknown; default 7 days).
    pub session_lifetime_secs: u64,
    /// A manual review is answered after this (help page: within 24 hours).
    pub review_secs: u64,
    /// A contractor without a fitting policy (both shapes were seen; default the 201 result).
    pub assignment_mismatch: AssignmentMismatch,
    /// How long a policy must last to carry an assignment (silent; default until the assignment begins).
    pub policy_reach: PolicyReach,
    /// Whether work that begins today can still be covered (reference: only the future; a help page: on or after the day
    /// of the request; default only the future).
    pub starts: Starts,
    /// In whose words events and certificates are told (default the reference's; the guides' are others).
    pub words: Words,
    /// Until when a quote can be changed (documented: until a policy is issued).
    pub quote_changes: QuoteChanges,
    /// From a bound assignment to the charge of the card (documented: 24 hours).
    pub charge_after_secs: u64,
    /// From an extension to `assignment.extended` with fresh certificates (unknown; default 10 minutes).
    pub extend_refresh_secs: u64,
    /// The organisation pays every premium itself (documented switch; default false).
    pub withhold_premium: bool,
    /// What a new `gross_pay` does to an invoice (documented as "may replace"; default replaces).
    pub reprice: Reprice,
    /// Whether invoices can be filtered by `contractor` (the text says so, the name is inferred; default true).
    pub invoice_contractor_filter: bool,
    /// Echo `custom_metadata` on quote, session, assignment and certificate (not documented; default false).
    pub echo_extra_metadata: bool,
    /// Whether the organisation has an insurance requirement to review certificates by (default true).
    pub insurance_requirement: bool,
    /// `pending` -> `processing` (inferred; default 10 s).
    pub certificate_processing_secs: u64,
    /// `pending` -> result (guide: 1 to 2 minutes; default 90 s).
    pub certificate_result_secs: u64,
    /// Send `certificate.error` (the guides contradict each other; default false).
    pub certificate_error_event: bool,
    /// Send `policy.expired` (only in integration guides; default false).
    pub policy_expired_event: bool,
    /// Where a calendar day begins, for "next day" and "same day" (unknown; default UTC).
    pub business_tz: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            strict_unknown_fields: false,
            contractor_required: ContractorRequired::Lenient,
            email_case: EmailCase::Exact,
            key_reuse: KeyReuse::Replay,
            idempotency_ttl_secs: 24 * 3600,
            session_lifetime_secs: 7 * 24 * 3600,
            review_secs: 24 * 3600,
            assignment_mismatch: AssignmentMismatch::Result,
            policy_reach: PolicyReach::ToTheStart,
            starts: Starts::InTheFuture,
            words: Words::Reference,
            quote_changes: QuoteChanges::UntilPolicy,
            charge_after_secs: 24 * 3600,
            extend_refresh_secs: 600,
            withhold_premium: false,
            reprice: Reprice::Replaces,
            invoice_contractor_filter: true,
            echo_extra_metadata: false,
            insurance_requirement: true,
            certificate_processing_secs: 10,
            certificate_result_secs: 90,
            certificate_error_event: false,
            policy_expired_event: false,
            business_tz: "UTC".to_owned(),
        }
    }
}

/// Which contractor fields are demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractorRequired {
    /// E-mail and names.
    Lenient,
    /// Phone and address too, as the newest reference page says.
    Strict,
}

/// How e-mails are compared for uniqueness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailCase {
    /// Byte for byte.
    Exact,
    /// Without regard to ASCII case.
    Insensitive,
}

/// What a known idempotency key with another body gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyReuse {
    /// The stored answer.
    Replay,
    /// 409 `idempotency`.
    Conflict,
    /// 400 `idempotency`.
    BadRequest,
}

/// How "no policy fits" is said on `POST /assignments`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentMismatch {
    /// 201 with `eligible.result` false.
    Result,
    /// 400 `no_active_policy`, "No matching policy found for assignment.".
    Error,
}

/// How long a policy must last to carry an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyReach {
    /// Until the assignment begins: what has run out by then carries nothing.
    ToTheStart,
    /// Until today: having opted in is enough.
    Today,
}

/// Which days coverage may begin on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    /// Moments after the request's.
    InTheFuture,
    /// Any moment of the request's own day, too.
    SameDay,
}

/// In whose words events and certificates are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// `policy.cancelled`, `certificate.approved`, status `approved`.
    Reference,
    /// `policy.canceled`, `certificate.validated`, status `valid`.
    Guide,
}

/// Until when a quote can be changed; then it is `cant_update_create_new_quote`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteChanges {
    /// Until a policy is issued.
    UntilPolicy,
    /// Never.
    Never,
}

/// What a new `gross_pay` does to an unpaid invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reprice {
    /// A replacement with another id; the old one is gone.
    Replaces,
    /// The same invoice with another premium.
    InPlace,
}

/// How webhooks are signed and retried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookRules {
    /// The signature (header and algorithm are unknown; default `t-v1`).
    pub signing: Signing,
    /// The header of the `hmac-hex` and `t-v1` profiles (unknown).
    pub header: String,
    /// Seconds from the event to the first attempt, then from each failure to the next (unknown).
    pub retry_secs: Vec<u64>,
    /// In which order deliveries due together leave.
    pub order: Order,
}

impl Default for WebhookRules {
    fn default() -> Self {
        Self {
            signing: Signing::TimestampV1,
            header: "Ten99Policy-Signature".to_owned(),
            retry_secs: vec![0, 10, 60, 300],
            order: Order::AsHappened,
        }
    }
}

/// A way to sign a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signing {
    /// No signature.
    None,
    /// Hex HMAC-SHA256 of the body.
    HmacHex,
    /// `t=<seconds>,v1=<hex>` over `<t>.<body>`.
    #[serde(rename = "t-v1")]
    TimestampV1,
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>` over `<id>.<t>.<body>`.
    StandardWebhooks,
}
