//! The surface as an OpenAPI 3.1 document, so that others can develop against the simulator.
//!
//! Paths and words come from `routes.rs`, the shapes of what is answered from `schemas.rs`; here are the fields that the API
//! reference lists for what is sent.

use serde_json::{Map, Value, json};

use super::routes::{ROUTES, Route};
use super::schemas::{self, Kind, WAGE_TYPES, schema};

/// A field of a body: name, kind, and whether a POST needs it.
type Field = (&'static str, Kind, bool);

use Kind::{Coverage, File, Flag, Int, Moment, Object, Shape, Text, Texts};

/// The fields of what is sent, by the path that takes it.
const BODIES: &[(&str, &[Field])] = &[
    (
        "/entities",
        &[
            ("name", Text, true),
            ("address", Shape("Address"), false),
            ("coverage_limit", Shape("CoverageLimit"), false),
            ("required_coverage", Coverage, false),
        ],
    ),
    (
        "/contractors",
        &[
            ("email", Text, true),
            ("first_name", Text, true),
            ("last_name", Text, true),
            ("phone", Text, false),
            ("address", Shape("Address"), false),
            ("middle_name", Text, false),
            ("company_name", Text, false),
            ("tax_identification", Text, false),
            ("custom_metadata", Object, false),
            ("withhold_premium", Flag, false),
        ],
    ),
    (
        "/jobs",
        &[
            ("name", Text, true),
            ("description", Text, true),
            ("entity", Text, true),
            ("category_code", Text, true),
            ("wage", Int, true),
            ("wage_type", WAGE_TYPES, true),
            ("address", Shape("Address"), false),
            ("custom_metadata", Object, false),
            ("years_experience", Int, false),
            ("withhold_premium", Flag, false),
        ],
    ),
    (
        "/quotes",
        &[
            ("contractor", Text, true),
            ("job", Text, true),
            ("coverage_type", Coverage, true),
            ("effective_date", Moment, false),
            ("end_date", Moment, false),
        ],
    ),
    (
        "/apply/sessions",
        &[
            ("quote", Text, true),
            ("success_url", Text, true),
            ("cancel_url", Text, true),
            ("is_general_opt_in", Flag, false),
            ("contractor", Text, false),
            ("general_opt_in_work_state", Text, false),
        ],
    ),
    (
        "/policies",
        &[
            ("quote", Text, true),
            ("effective_date", Moment, false),
            ("expiration_date", Moment, false),
            ("is_active", Flag, false),
        ],
    ),
    (
        "/assignments",
        &[
            ("contractor", Text, true),
            ("job", Text, true),
            ("effective_date", Moment, false),
            ("end_date", Moment, false),
            ("coverage_type", Coverage, false),
            ("policy", Text, false),
            ("bind", Flag, false),
        ],
    ),
    ("/assignments/cancel", &[("job_id", Text, true), ("reason", Text, false)]),
    (
        "/assignments/extend",
        &[("job_id", Text, true), ("end_date", Moment, true), ("send_email", Flag, false)],
    ),
    (
        "/invoices",
        &[
            ("contractor", Text, true),
            ("job", Text, true),
            ("gross_pay", Int, true),
            ("paycycle_startdate", Moment, true),
            ("paycycle_enddate", Moment, true),
            ("purchase_order_number", Text, false),
        ],
    ),
    ("/files/certificates", &[("certificate", File, true), ("contractor", Text, true)]),
    (
        "/webhook_endpoints",
        &[("url", Text, true), ("description", Text, false), ("events", Texts, false)],
    ),
];

/// The document, for a simulator at `base_url`.
pub(super) fn document(base_url: &str, prefix: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "1099Policy, simulated",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A simulator written from public documentation; not the vendor's. Control endpoints \
                for clock, faults and contractors' behaviour are under /_sim.",
        },
        "servers": [{ "url": format!("{base_url}{prefix}") }],
        "security": [{ "bearer": [] }, { "basic": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "basic": { "type": "http", "scheme": "basic" },
            },
            "schemas": schemas::components(),
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "operationId": name(route),
        "parameters": parameters(route),
        "responses": {
            success(route): { "description": "done", "content": answer(route) },
            "default": {
                "description": "refused",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
            },
        },
    });
    if let Some(body) = body(route) {
        operation["requestBody"] = body;
    }
    operation
}

/// `post_apply_sessions_id_expire`.
fn name(route: &Route) -> String {
    let path = route.path.replace(['{', '}'], "").replace('/', "_");
    format!("{}{path}", route.method.to_ascii_lowercase())
}

fn success(route: &Route) -> &'static str {
    let makes = route.method == "POST" && BODIES.iter().any(|(path, _)| *path == route.path);
    let acts = route.path == "/assignments/cancel" || route.path == "/assignments/extend";
    if makes && !acts { "201" } else { "200" }
}

fn answer(route: &Route) -> Value {
    json!({ "application/json": { "schema": schemas::answered(route.method, route.path) } })
}

fn parameters(route: &Route) -> Value {
    let mut all = Vec::new();
    let mut add = |name: &str, place: &str, kind: &str| {
        let required = place == "path";
        all.push(
            json!({ "name": name, "in": place, "required": required, "schema": { "type": kind } }),
        );
    };
    if route.path.contains("{id}") {
        add("id", "path", "string");
    } else if route.method == "GET" {
        add("limit", "query", "integer");
        add("starting_after", "query", "string");
        add("ending_before", "query", "string");
    }
    match (route.method, route.path) {
        ("GET", "/contractors") => add("email", "query", "string"),
        ("GET", "/policies") => add("quote", "query", "string"),
        ("GET", "/files/certificates/{id}") => add("expand[]", "query", "string"),
        _ => {}
    }
    if route.method == "POST" {
        add("Ten99Policy-Idempotent-Key", "header", "string");
    }
    add("Ten99Policy-Environment", "header", "string");
    json!(all)
}

fn body(route: &Route) -> Option<Value> {
    if route.method != "POST" && route.method != "PUT" {
        return None;
    }
    let path = route.path.strip_suffix("/{id}").unwrap_or(route.path);
    let (_, fields) = BODIES.iter().find(|(taker, _)| *taker == path)?;
    let properties: Map<String, Value> =
        fields.iter().map(|(name, kind, _)| ((*name).to_owned(), schema(*kind))).collect();
    let needed = |field: &&Field| field.2 && route.method == "POST";
    let required: Vec<&str> = fields.iter().filter(needed).map(|field| field.0).collect();
    let file = fields.iter().any(|(_, kind, _)| matches!(kind, File));
    let mime = if file { "multipart/form-data" } else { "application/json" };
    let schema = json!({ "type": "object", "required": required, "properties": properties });
    Some(json!({ "required": true, "content": { mime: { "schema": schema } } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_takes_a_body_says_its_fields() {
        let document = document("http://127.0.0.1:1", "/api/v1");
        let bodies = ROUTES.iter().filter(|route| matches!(route.method, "POST" | "PUT"));
        for route in bodies.filter(|route| !route.path.ends_with("/expire")) {
            let method = route.method.to_ascii_lowercase();
            let described = &document["paths"][route.path][method]["requestBody"];
            assert!(described.is_object(), "{} {}", route.method, route.path);
        }
        let names: std::collections::BTreeSet<String> = ROUTES.iter().map(name).collect();
        assert_eq!(names.len(), ROUTES.len(), "operations have names of their own");
    }
}
