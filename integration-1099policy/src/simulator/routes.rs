//! Method and path -> operation: the whole surface on one page.

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::Desk;
use super::{
    assignments, categories, certificates, contractors, endpoints, entities, events, invoices,
    jobs, policies, quotes, sessions,
};

pub(super) fn dispatch(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let segments = request.segments();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["category_codes"]) => categories::index(desk, request),

        ("GET", ["entities"]) => entities::index(desk, request),
        ("POST", ["entities"]) => entities::create(desk, request),
        ("GET", ["entities", id]) => entities::show(desk, id),
        ("PUT", ["entities", id]) => entities::update(desk, id, request),
        ("DELETE", ["entities", id]) => entities::delete(desk, id),

        ("GET", ["contractors"]) => contractors::index(desk, request),
        ("POST", ["contractors"]) => contractors::create(desk, request),
        ("GET", ["contractors", id]) => contractors::show(desk, id),
        ("PUT", ["contractors", id]) => contractors::update(desk, id, request),
        ("DELETE", ["contractors", id]) => contractors::delete(desk, id),
        ("GET", ["contractors", id, "policies"]) => contractors::policies(desk, id, request),

        ("GET", ["jobs"]) => jobs::index(desk, request),
        ("POST", ["jobs"]) => jobs::create(desk, request),
        ("GET", ["jobs", id]) => jobs::show(desk, id),
        ("PUT", ["jobs", id]) => jobs::update(desk, id, request),
        ("DELETE", ["jobs", id]) => jobs::delete(desk, id),

        ("GET", ["quotes"]) => quotes::index(desk, request),
        ("POST", ["quotes"]) => quotes::create(desk, request),
        ("GET", ["quotes", id]) => quotes::show(desk, id),
        ("PUT", ["quotes", id]) => quotes::update(desk, id, request),

        ("GET", ["apply", "sessions"]) => sessions::index(desk, request),
        ("POST", ["apply", "sessions"]) => sessions::create(desk, request),
        ("GET", ["apply", "sessions", id]) => sessions::show(desk, id),
        ("PUT", ["apply", "sessions", id]) => sessions::update(desk, id, request),
        ("POST", ["apply", "sessions", id, "expire"]) => sessions::expire(desk, id),

        _ => dispatch_coverage(desk, request, &segments),
    }
}

fn dispatch_coverage(
    desk: &mut Desk<'_>,
    request: &Request,
    segments: &[&str],
) -> Result<Reply, Refusal> {
    match (request.method.as_str(), segments) {
        ("GET", ["policies"]) => policies::index(desk, request),
        ("POST", ["policies"]) => policies::create(desk, request),
        ("GET", ["policies", id]) => policies::show(desk, id),
        ("PUT", ["policies", id]) => policies::update(desk, id, request),
        ("DELETE", ["policies", id]) => policies::delete(desk, id),

        ("GET", ["assignments"]) => assignments::index(desk, request),
        ("POST", ["assignments"]) => assignments::create(desk, request),
        ("POST", ["assignments", "cancel"]) => assignments::cancel(desk, request),
        ("POST", ["assignments", "extend"]) => assignments::extend(desk, request),
        ("GET", ["assignments", id]) => assignments::show(desk, id),
        ("PUT", ["assignments", id]) => assignments::update(desk, id, request),
        ("DELETE", ["assignments", id]) => assignments::delete(desk, id),

        ("GET", ["invoices"]) => invoices::index(desk, request),
        ("POST", ["invoices"]) => invoices::create(desk, request),
        ("GET", ["invoices", id]) => invoices::show(desk, id),
        ("PUT", ["invoices", id]) => invoices::update(desk, id, request),
        ("DELETE", ["invoices", id]) => invoices::delete(desk, id),

        ("GET", ["files", "certificates"]) => certificates::index(desk, request),
        ("POST", ["files", "certificates"]) => certificates::create(desk, request),
        ("GET", ["files", "certificates", id]) => certificates::show(desk, id, request),

        ("GET", ["events"]) => events::index(desk, request),
        ("GET", ["events", id]) => events::show(desk, id),

        ("GET", ["webhook_endpoints"]) => endpoints::index(desk, request),
        ("POST", ["webhook_endpoints"]) => endpoints::create(desk, request),
        ("GET", ["webhook_endpoints", id]) => endpoints::show(desk, id),
        ("PUT", ["webhook_endpoints", id]) => endpoints::update(desk, id, request),
        ("DELETE", ["webhook_endpoints", id]) => endpoints::delete(desk, id),

        _ => Err(Refusal::not_found("resource_not_found")),
    }
}
