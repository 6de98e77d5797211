//! The shapes of what is sent and answered, as the OpenAPI document shows them.
//!
//! Written down by hand from the API reference; a test compares them with what the simulator really answers. What may be
//! asked of which path: `openapi.rs`.

use serde_json::{Map, Value, json};

use super::codes::ErrorCode;

/// How a field is written.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// Whole number; cents where it is money.
    Int,
    /// Unix seconds UTC.
    Moment,
    Flag,
    /// Keys and values of the caller's own.
    Object,
    Objects,
    Coverage,
    Texts,
    File,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Another shape.
    Shape(&'static str),
}

/// Whether a field of an answer is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Always,
    /// Always, and sometimes `null`.
    OrNull,
    /// Only where it applies.
    Sometimes,
}

use Kind::{Coverage, File, Flag, Int, Moment, Object, Objects, Shape, Text, Texts, Word};
use There::{Always, OrNull, Sometimes};

pub(super) const WAGE_TYPES: Kind = Word(&["flatfee", "hourly", "unit", "blended"]);

/// A field of an answer: name, kind, and whether it is there.
type Field = (&'static str, Kind, There);

/// The shape of what lies below a path, and of what lies inside it.
const SHAPES: &[(&str, &[Field])] = &[
    (
        "Address",
        &[
            ("country", Text, OrNull),
            ("line1", Text, OrNull),
            ("line2", Text, OrNull),
            ("locality", Text, OrNull),
            ("postalcode", Text, OrNull),
            ("region", Text, OrNull),
        ],
    ),
    ("CoverageLimit", &[("aggregate_limit", Int, OrNull), ("occurrence_limit", Int, OrNull)]),
    ("Links", &[("gl_coi_pdf_url", Text, OrNull), ("wc_coi_pdf_url", Text, OrNull)]),
    ("Eligibility", &[("result", Flag, Always), ("message", Text, Always)]),
    (
        "Entity",
        &[
            ("id", Text, Always),
            ("name", Text, Always),
            ("address", Shape("Address"), OrNull),
            ("coverage_limit", Shape("CoverageLimit"), OrNull),
            ("required_coverage", Texts, Always),
            ("created", Moment, Always),
        ],
    ),
    (
        "Contractor",
        &[
            ("id", Text, Always),
            ("email", Text, Always),
            ("first_name", Text, Always),
            ("last_name", Text, Always),
            ("middle_name", Text, OrNull),
            ("company_name", Text, OrNull),
            ("phone", Text, OrNull),
            ("address", Shape("Address"), OrNull),
            ("custom_metadata", Object, Always),
            ("withhold_premium", Flag, Always),
            ("created", Moment, Always),
        ],
    ),
    ("JobCategory", &[("category_code", Text, Always), ("name", Text, Always)]),
    (
        "Job",
        &[
            ("id", Text, Always),
            ("name", Text, Always),
            ("description", Text, Always),
            ("entity", Text, Always),
            ("category_code", Text, Always),
            ("wage", Int, Always),
            ("wage_type", WAGE_TYPES, Always),
            ("address", Shape("Address"), OrNull),
            ("custom_metadata", Object, Always),
            ("years_experience", Int, OrNull),
            ("withhold_premium", Flag, Always),
            ("created", Moment, Always),
        ],
    ),
    (
        "Quote",
        &[
            ("id", Text, Always),
            ("contractor", Text, Always),
            ("job", Text, Always),
            ("coverage_type", Coverage, Always),
            ("effective_date", Moment, Always),
            ("end_date", Moment, Always),
            ("eligible", Flag, Always),
            ("net_rate", Int, Always),
            ("gl_net_rate", Int, OrNull),
            ("wc_net_rate", Int, OrNull),
            ("quote_json", Object, Always),
            ("created", Moment, Always),
            ("custom_metadata", Object, Sometimes),
        ],
    ),
    (
        "ApplicationSession",
        &[
            ("id", Text, Always),
            ("quote", Text, OrNull),
            ("success_url", Text, Always),
            ("cancel_url", Text, Always),
            ("expired", Flag, Always),
            ("step", Word(&super::sessions::STEPS), Always),
            ("url", Text, Always),
            ("created", Moment, Always),
            ("custom_metadata", Object, Sometimes),
        ],
    ),
    (
        "Policy",
        &[
            ("id", Text, Always),
            ("quote", Text, Always),
            ("status", Word(&["active", "cancelled", "expired"]), Always),
            ("is_active", Flag, Always),
            ("effective_date", Moment, Always),
            ("expiration_date", Moment, Always),
            ("pdf_url", Text, Always),
            ("certificates", Shape("Links"), Always),
            ("created", Moment, Always),
        ],
    ),
    (
        "Assignment",
        &[
            ("id", Text, Always),
            ("bind", Flag, Always),
            ("contractor", Text, Always),
            ("job", Text, Always),
            ("policy", Text, OrNull),
            ("coverage_type", Coverage, Always),
            ("effective_date", Moment, Always),
            ("end_date", Moment, Always),
            ("eligible", Shape("Eligibility"), Always),
            ("net_rate", Int, OrNull),
            ("certificates", Shape("Links"), OrNull),
            ("created", Moment, Always),
            ("cancelled", Flag, Sometimes),
            ("cancellation_date", Moment, Sometimes),
            ("cancellation_reason", Text, Sometimes),
            ("certificate_refresh_pending", Flag, Sometimes),
            ("custom_metadata", Object, Sometimes),
        ],
    ),
    (
        "Invoice",
        &[
            ("id", Text, Always),
            ("contractor", Text, Always),
            ("job", Text, Always),
            ("gross_pay", Int, Always),
            ("paycycle_startdate", Moment, Always),
            ("paycycle_enddate", Moment, Always),
            ("premium_due", Int, Always),
            ("purchase_order_number", Text, OrNull),
            ("created", Moment, Always),
        ],
    ),
    (
        "Certificate",
        &[
            ("id", Text, Always),
            ("contractor", Text, Always),
            ("filename", Text, Always),
            ("status", Text, Always),
            ("review_results", Shape("Review"), OrNull),
            ("pdf_url", Text, OrNull),
            ("created", Moment, Always),
            ("updated", Moment, Always),
            ("custom_metadata", Object, Sometimes),
        ],
    ),
    (
        "Review",
        &[
            ("id", Text, Always),
            ("status", Text, Always),
            ("summary", Object, Always),
            ("created", Moment, Always),
            ("updated", Moment, Always),
            ("audit_results", Objects, Sometimes),
            ("parsed_certificate_json", Object, Sometimes),
        ],
    ),
    (
        "Event",
        &[
            ("id", Text, Always),
            ("type", Text, Always),
            ("created", Moment, Always),
            ("data", Object, Always),
        ],
    ),
    (
        "WebhookEndpoint",
        &[
            ("id", Text, Always),
            ("url", Text, Always),
            ("description", Text, OrNull),
            ("events", Texts, Always),
            ("secret", Text, Always),
            ("created", Moment, Always),
        ],
    ),
    (
        "Deleted",
        &[
            ("id", Text, Always),
            ("object", Text, Always),
            ("deleted", Flag, Always),
            ("deleted_at", Moment, Always),
        ],
    ),
];

/// The shape below each path, by its beginning; the longest that fits counts.
const BELOW: &[(&str, &str)] = &[
    ("/category_codes", "JobCategory"),
    ("/entities", "Entity"),
    ("/contractors", "Contractor"),
    ("/contractors/{id}/policies", "Policy"),
    ("/jobs", "Job"),
    ("/quotes", "Quote"),
    ("/apply/sessions", "ApplicationSession"),
    ("/policies", "Policy"),
    ("/assignments", "Assignment"),
    ("/invoices", "Invoice"),
    ("/files/certificates", "Certificate"),
    ("/events", "Event"),
    ("/webhook_endpoints", "WebhookEndpoint"),
];

/// The schema of what an operation answers.
pub(super) fn answered(method: &str, path: &str) -> Value {
    if method == "DELETE" {
        return reference("Deleted");
    }
    if path == "/assignments/extend" {
        return json!({ "oneOf": [reference("Assignment"), reference("Quote")] });
    }
    let fitting = BELOW.iter().filter(|(start, _)| path.starts_with(start));
    let (_, shape) = fitting.max_by_key(|(start, _)| start.len()).unwrap_or(&("", "Error"));
    if method == "GET" && !path.ends_with("{id}") {
        json!({ "type": "array", "items": reference(shape) })
    } else {
        reference(shape)
    }
}

/// Every shape by its name, and the one of errors.
pub(super) fn components() -> Value {
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.wire()).collect();
    let mut all = Map::new();
    for (name, fields) in SHAPES {
        let properties: Map<String, Value> = fields
            .iter()
            .map(|(name, kind, there)| ((*name).to_owned(), property(*kind, *there)))
            .collect();
        let always = fields.iter().filter(|(_, _, there)| *there != Sometimes);
        let required: Vec<&str> = always.map(|(name, _, _)| *name).collect();
        let shape = json!({ "type": "object", "required": required, "properties": properties });
        all.insert((*name).to_owned(), shape);
    }
    let error = json!({
        "type": "object",
        "required": ["error_code", "message"],
        "properties": {
            "error_code": { "type": "string", "examples": codes },
            "message": { "description": "a text, or an object of field to problems" },
        },
    });
    all.insert("Error".to_owned(), error);
    Value::Object(all)
}

fn property(kind: Kind, there: There) -> Value {
    match there {
        OrNull => json!({ "anyOf": [schema(kind), { "type": "null" }] }),
        Always | Sometimes => schema(kind),
    }
}

fn reference(shape: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{shape}") })
}

pub(super) fn schema(kind: Kind) -> Value {
    match kind {
        Text => json!({ "type": "string" }),
        Int => json!({ "type": "integer" }),
        Moment => json!({ "type": "integer", "description": "Unix seconds UTC" }),
        Flag => json!({ "type": "boolean" }),
        Object => json!({ "type": "object" }),
        Objects => json!({ "type": "array", "items": { "type": "object" } }),
        Texts => json!({ "type": "array", "items": { "type": "string" } }),
        File => json!({ "type": "string", "contentMediaType": "application/pdf" }),
        Coverage => json!({
            "type": "array",
            "items": { "enum": ["general", "professional", "workers-comp", "media", "cyber"] },
        }),
        Word(words) => json!({ "enum": words }),
        Shape(name) => reference(name),
    }
}
