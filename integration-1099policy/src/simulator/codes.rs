//! Every `error_code` that the vendor documents or its SDK knows, with the status it is answered under here.
//!
//! Statuses beyond 400, 401, 403, 404, 429 and 500 are inferred. Most codes come out of the rules by themselves; those
//! that nothing here can bring about, and all others too, come on request ([`super::FaultKind::Refused`]).

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($name:ident = $wire:literal $status:literal,)*) => {
        /// An `error_code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "a code says what it says; the vendor documents no more")]
        pub enum ErrorCode {
            $(#[serde(rename = $wire)] $name,)*
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name),*];

            /// As it is written on the wire.
            pub fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The status that it is answered under.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    GeneralError = "general_error" 500,
    General = "general" 500,
    DatabaseOperationalError = "database_operational_error" 503,
    DatabaseOperational = "database_operational" 503,
    InvalidApiKey = "invalid_api_key" 401,
    Authentication = "authentication" 401,
    AuthTokenExpired = "auth_token_expired" 401,
    InsufficientPermissions = "insufficient_permissions" 403,
    Permission = "permission" 403,
    NoTenantFound = "no_tenant_found" 403,
    ResourceNotFound = "resource_not_found" 404,
    InvalidInput = "invalid_input" 400,
    BadRequest = "bad_request" 400,
    RateLimit = "rate_limit" 429,
    Idempotency = "idempotency" 409,
    DuplicateEmail = "duplicate_email" 400,
    EffectiveDateInvalid = "effective_date_invalid" 400,
    EndDateInvalid = "end_date_invalid" 400,
    MissingJobCategoryCode = "missing_job_category_code" 400,
    InvalidJobCategoryCode = "invalid_job_category_code" 400,
    JobCategoryNotApproved = "job_category_not_approved" 400,
    InvoiceExists = "invoice_exists" 400,
    InvalidEntityId = "invalid_entity_id" 404,
    ContractorHasMatchingPolicy = "contractor_has_matching_policy" 400,
    ContractHasMatchingPolicy = "contract_has_matching_policy" 400,
    InvalidContractorId = "invalid_contractor_id" 404,
    InvalidJobId = "invalid_job_id" 404,
    InvalidQuoteId = "invalid_quote_id" 404,
    InvalidSessionId = "invalid_session_id" 404,
    InvalidPolicyId = "invalid_policy_id" 404,
    InvalidAssignmentId = "invalid_assignment_id" 404,
    InvalidInvoiceId = "invalid_invoice_id" 404,
    InvalidEventId = "invalid_event_id" 404,
    InvalidWebhookEndpointId = "invalid_webhook_endpoint_id" 404,
    SessionExpired = "session_expired" 400,
    ApplicationAlreadyComplete = "application_already_complete" 400,
    JobIsUsed = "job_is_used" 400,
    CantUpdateCreateNewQuote = "cant_update_create_new_quote" 400,
    PolicyAlreadyExists = "policy_already_exists" 400,
    NoActivePolicy = "no_active_policy" 400,
    InvoiceAlreadyPaid = "invoice_already_paid" 400,
    AgencyPayInvoiceExists = "agency_pay_invoice_exists" 400,
    InvoiceUneditableAlreadyExists = "invoice_uneditable_already_exists" 400,
    InvalidPaycycleStartdate = "invalid_paycycle_startdate" 400,
    InvalidPaycycleEnddate = "invalid_paycycle_enddate" 400,
    MissingCertificate = "missing_certificate" 400,
    MissingCertificates = "missing_certificates" 400,
    MissingContractorId = "missing_contractor_id" 400,
    InvalidFileType = "invalid_file_type" 400,
    InvalidMimeType = "invalid_mime_type" 400,
    InvalidFileSize = "invalid_file_size" 400,
    NoInsuranceRequirementFound = "no_insurance_requirement_found" 400,
    ContractorBlockedForWrites = "contractor_blocked_for_writes" 403,
    CustomApplicationsDisabled = "custom_applications_disabled" 403,
    InvalidWebhookSignature = "invalid_webhook_signature" 400,
    InvalidReturnUrl = "invalid_return_url" 400,
}
