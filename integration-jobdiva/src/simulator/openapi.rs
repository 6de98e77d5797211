//! The surface as an OpenAPI 3.1 document, so that others can develop against the simulator.
//!
//! Paths and words come from [`super::routes`], parameters from [`super::metrics`] and [`super::search`]. What BI methods
//! answer is described as loosely as the vendor does: the columns are found by calling.

use serde_json::{Map, Value, json};

use super::auth::Login;
use super::bi::Call;
use super::control::CONTROLS;
use super::envelope::Shape;
use super::metrics::{Kind, Parameter};
use super::routes::{CONTROL, Leads, ROUTES, Route};

/// The document, for a simulator at `base_url`.
pub(super) fn document(base_url: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES.iter() {
        let item = paths.entry(route.path.as_str()).or_insert_with(|| json!({}));
        item[route.method.to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "JobDiva, simulated",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A simulator written from public sources; not the vendor's. Control requests for records, \
                clock, faults, grants and webhooks are under /__sim. A path that is not here is answered 401, as the \
                service does.",
        },
        "servers": [{ "url": base_url }],
        "security": [{ "bearer": [] }, { "raw": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "raw": { "type": "apiKey", "in": "header", "name": "Authorization" },
            },
            "schemas": schemas(),
        },
    })
}

fn schemas() -> Value {
    json!({
        "Tokens": {
            "type": "object",
            "properties": { "token": { "type": "string" }, "refreshtoken": { "type": "string" } },
        },
        "Rows": {
            "type": "object",
            "description": "A message that begins with Error is an error, whatever the HTTP status.",
            "properties": { "message": { "type": "string" }, "data": {} },
        },
        "HeaderRows": {
            "type": "object",
            "properties": {
                "message": { "type": "string" },
                "data": { "type": "array", "items": { "type": "array", "items": { "type": "string" } } },
            },
        },
        "Error": {
            "type": "object",
            "properties": {
                "timestamp": { "type": "string" },
                "status": { "type": "integer" },
                "error": { "type": "string" },
                "message": { "type": "string" },
                "path": { "type": "string" },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "operationId": name(route),
        "tags": [tag(route.leads)],
        "parameters": parameters(route.leads),
        "responses": {
            "200": { "description": "done", "content": answer(route.leads) },
            "default": {
                "description": "refused",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
            },
        },
    });
    if let Some(body) = body(route) {
        operation["requestBody"] = body;
    }
    if is_open(route.leads) {
        operation["security"] = json!([]);
    }
    operation
}

/// `get_apiv2_bi_JobDetail`.
fn name(route: &Route) -> String {
    let path = route.path.trim_matches('/').replace(['/', '.'], "_");
    format!("{}_{path}", route.method.to_ascii_lowercase())
}

fn tag(leads: Leads) -> &'static str {
    match leads {
        Leads::Login(_) | Leads::ValidateUser => "logins",
        Leads::Bi(Call { shape: Shape::Objects, .. }) => "bi",
        Leads::Bi(Call { shape: Shape::HeaderRows, .. }) => "bi, version 1",
        Leads::Search(_) => "searches",
        Leads::Control(_) | Leads::Page | Leads::Document => "the simulator itself",
    }
}

fn is_open(leads: Leads) -> bool {
    match leads {
        Leads::Login(login) => login != Login::Refresh,
        Leads::Control(_) | Leads::Page | Leads::Document => true,
        Leads::Bi(_) | Leads::Search(_) | Leads::ValidateUser => false,
    }
}

fn parameters(leads: Leads) -> Vec<Value> {
    let text = |name: &str| json!({ "name": name, "in": "query", "required": true, "schema": { "type": "string" } });
    match leads {
        Leads::Login(Login::Pair | Login::Text) => {
            ["clientid", "username", "password"].map(text).to_vec()
        }
        Leads::Bi(call) => {
            let own = call.metric.read.parameters().into_iter().map(parameter);
            let fields = Parameter { name: "userFieldsName", kind: Kind::Ids, required: false };
            let form = Parameter { name: "alternateFormat", kind: Kind::Text, required: false };
            own.chain([parameter(fields), parameter(form)]).collect()
        }
        Leads::Login(Login::Body | Login::Refresh)
        | Leads::Search(_)
        | Leads::ValidateUser
        | Leads::Control(_)
        | Leads::Page
        | Leads::Document => Vec::new(),
    }
}

fn parameter(of: Parameter) -> Value {
    let schema = match of.kind {
        Kind::Id | Kind::Number => json!({ "type": "integer", "format": "int64" }),
        Kind::Ids => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Wall => json!({ "type": "string", "examples": ["03/24/2026 09:00:00"] }),
        Kind::Text => json!({ "type": "string" }),
    };
    let mut said =
        json!({ "name": of.name, "in": "query", "required": of.required, "schema": schema });
    match of.kind {
        Kind::Ids => (said["style"], said["explode"]) = (json!("form"), json!(true)),
        Kind::Wall => said["description"] = json!("MM/dd/yyyy HH:mm:ss, US Eastern"),
        Kind::Id | Kind::Number | Kind::Text => {}
    }
    said
}

fn answer(leads: Leads) -> Value {
    let of = |name: &str| json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
    match leads {
        Leads::Login(Login::Text) => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Leads::Login(Login::Pair | Login::Body | Login::Refresh) => of("Tokens"),
        Leads::Bi(Call { shape: Shape::Objects, .. }) => of("Rows"),
        Leads::Bi(Call { shape: Shape::HeaderRows, .. }) => of("HeaderRows"),
        Leads::Search(_) => json!({ "application/json": { "schema": { "type": "array" } } }),
        Leads::ValidateUser => json!({ "application/json": { "schema": { "type": "boolean" } } }),
        Leads::Page => json!({ "text/html": { "schema": { "type": "string" } } }),
        Leads::Control(_) | Leads::Document => json!({ "application/json": { "schema": {} } }),
    }
}

fn body(route: &Route) -> Option<Value> {
    let object = |properties: Value| {
        let schema = json!({ "type": "object", "properties": properties });
        json!({ "required": true, "content": { "application/json": { "schema": schema } } })
    };
    match route.leads {
        Leads::Login(Login::Body) => Some(object(json!({
            "clientId": { "type": "integer", "format": "int64" },
            "userName": { "type": "string" },
            "password": { "type": "string" },
        }))),
        Leads::Search(search) => {
            let any = |name: &&str| ((*name).to_owned(), json!({}));
            Some(object(Value::Object(search.criteria().iter().map(any).collect())))
        }
        Leads::Control(_) => {
            let same = |path: &str| route.path.strip_prefix(CONTROL) == Some(path);
            let control = CONTROLS.iter().find(|of| of.method == route.method && same(of.path))?;
            let example: Value = serde_json::from_str(control.example).ok()?;
            Some(json!({ "required": true, "content": {
                "application/json": { "schema": { "type": "object" }, "example": example },
            } }))
        }
        Leads::Login(Login::Pair | Login::Text | Login::Refresh)
        | Leads::Bi(_)
        | Leads::ValidateUser
        | Leads::Page
        | Leads::Document => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_names_every_route_and_nothing_else() {
        let document = document("http://127.0.0.1:1");
        let paths = document["paths"].as_object().expect("paths");
        let named: BTreeSet<(String, &str)> = paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().expect("methods").keys();
                methods.map(move |method| (method.to_uppercase(), path.as_str()))
            })
            .collect();
        let served: BTreeSet<(String, &str)> =
            ROUTES.iter().map(|route| (route.method.to_owned(), route.path.as_str())).collect();
        assert_eq!(named, served);
        let ids: BTreeSet<String> = ROUTES.iter().map(name).collect();
        assert_eq!(ids.len(), ROUTES.len(), "operations have names of their own");
    }
}
