//! Method and path -> operation: the whole surface on one page, which the OpenAPI document says too.

use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::Desk;
use super::{
    assignments, categories, certificates, contractors, endpoints, entities, events, invoices,
    jobs, policies, quotes, sessions,
};

type Run = fn(&mut Desk<'_>, &Request, &str) -> Result<Reply, Refusal>;

/// One operation.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Below the prefix; `{id}` stands for the one id that a path may have.
    pub(super) path: &'static str,
    /// What it does, in a few words.
    pub(super) summary: &'static str,
    run: Run,
}

const fn route(method: &'static str, path: &'static str, summary: &'static str, run: Run) -> Route {
    Route { method, path, summary, run }
}

/// All of them.
pub(super) const ROUTES: &[Route] = &[
    route("GET", "/category_codes", "The job categories issued to the organisation", |d, r, _| {
        categories::index(d, r)
    }),
    route("GET", "/entities", "Client companies, newest first", |d, r, _| entities::index(d, r)),
    route("POST", "/entities", "Add a client company", |d, r, _| entities::create(d, r)),
    route("GET", "/entities/{id}", "One client company", |d, _, id| entities::show(d, id)),
    route("PUT", "/entities/{id}", "Change a client company", |d, r, id| {
        entities::update(d, id, r)
    }),
    route("DELETE", "/entities/{id}", "Delete a client company", |d, _, id| {
        entities::delete(d, id)
    }),
    route("GET", "/contractors", "Contractors, newest first; by `email` the one", |d, r, _| {
        contractors::index(d, r)
    }),
    route("POST", "/contractors", "Add a contractor; e-mails are unique", |d, r, _| {
        contractors::create(d, r)
    }),
    route("GET", "/contractors/{id}", "One contractor", |d, _, id| contractors::show(d, id)),
    route("PUT", "/contractors/{id}", "Change a contractor", |d, r, id| {
        contractors::update(d, id, r)
    }),
    route(
        "DELETE",
        "/contractors/{id}",
        "Delete a contractor; their policies are cancelled",
        |d, _, id| contractors::delete(d, id),
    ),
    route("GET", "/contractors/{id}/policies", "A contractor's policies", |d, r, id| {
        contractors::policies(d, id, r)
    }),
    route("GET", "/jobs", "Jobs, newest first", |d, r, _| jobs::index(d, r)),
    route("POST", "/jobs", "Add a job", |d, r, _| jobs::create(d, r)),
    route("GET", "/jobs/{id}", "One job", |d, _, id| jobs::show(d, id)),
    route("PUT", "/jobs/{id}", "Change a job, until it was invoiced", |d, r, id| {
        jobs::update(d, id, r)
    }),
    route("DELETE", "/jobs/{id}", "Delete a job that nothing uses", |d, _, id| jobs::delete(d, id)),
    route("GET", "/quotes", "Quotes, newest first", |d, r, _| quotes::index(d, r)),
    route("POST", "/quotes", "Ask for a quote; 400 where a policy fits already", |d, r, _| {
        quotes::create(d, r)
    }),
    route("GET", "/quotes/{id}", "One quote", |d, _, id| quotes::show(d, id)),
    route("PUT", "/quotes/{id}", "Change a quote, until its policy is issued", |d, r, id| {
        quotes::update(d, id, r)
    }),
    route("GET", "/apply/sessions", "Application sessions, newest first", |d, r, _| {
        sessions::index(d, r)
    }),
    route("POST", "/apply/sessions", "Open an application session", |d, r, _| {
        sessions::create(d, r)
    }),
    route("GET", "/apply/sessions/{id}", "One application session", |d, _, id| {
        sessions::show(d, id)
    }),
    route("PUT", "/apply/sessions/{id}", "Change a session's links", |d, r, id| {
        sessions::update(d, id, r)
    }),
    route("POST", "/apply/sessions/{id}/expire", "Expire a session", |d, _, id| {
        sessions::expire(d, id)
    }),
    route("GET", "/policies", "Policies, newest first; by `quote` the one", |d, r, _| {
        policies::index(d, r)
    }),
    route("POST", "/policies", "Issue a policy for a quote", |d, r, _| policies::create(d, r)),
    route("GET", "/policies/{id}", "One policy", |d, _, id| policies::show(d, id)),
    route("PUT", "/policies/{id}", "Switch a policy off and on", |d, r, id| {
        policies::update(d, id, r)
    }),
    route("DELETE", "/policies/{id}", "Cancel a policy at once", |d, _, id| {
        policies::delete(d, id)
    }),
    route("GET", "/assignments", "Assignments, newest first", |d, r, _| assignments::index(d, r)),
    route("POST", "/assignments", "Cover one more job of an insured contractor", |d, r, _| {
        assignments::create(d, r)
    }),
    route("POST", "/assignments/cancel", "Cancel an assignment before it starts", |d, r, _| {
        assignments::cancel(d, r)
    }),
    route("POST", "/assignments/extend", "Move an assignment's end to later", |d, r, _| {
        assignments::extend(d, r)
    }),
    route("GET", "/assignments/{id}", "One assignment", |d, _, id| assignments::show(d, id)),
    route("PUT", "/assignments/{id}", "Change an assignment, but not its end", |d, r, id| {
        assignments::update(d, id, r)
    }),
    route("DELETE", "/assignments/{id}", "Delete an assignment that is not paid", |d, _, id| {
        assignments::delete(d, id)
    }),
    route("GET", "/invoices", "Invoices, newest first", |d, r, _| invoices::index(d, r)),
    route("POST", "/invoices", "Record what was really paid", |d, r, _| invoices::create(d, r)),
    route("GET", "/invoices/{id}", "One invoice", |d, _, id| invoices::show(d, id)),
    route("PUT", "/invoices/{id}", "Change an unpaid invoice; its id may change", |d, r, id| {
        invoices::update(d, id, r)
    }),
    route("DELETE", "/invoices/{id}", "Delete an unpaid invoice", |d, _, id| {
        invoices::delete(d, id)
    }),
    route("GET", "/files/certificates", "Certificates, newest first", |d, r, _| {
        certificates::index(d, r)
    }),
    route("POST", "/files/certificates", "Upload a certificate: multipart, a PDF", |d, r, _| {
        certificates::create(d, r)
    }),
    route(
        "GET",
        "/files/certificates/{id}",
        "One certificate, with `expand[]=review_results` its review",
        |d, r, id| certificates::show(d, id, r),
    ),
    route("GET", "/events", "Events, newest first", |d, r, _| events::index(d, r)),
    route("GET", "/events/{id}", "One event", |d, _, id| events::show(d, id)),
    route("GET", "/webhook_endpoints", "Webhook endpoints", |d, r, _| endpoints::index(d, r)),
    route("POST", "/webhook_endpoints", "Add a webhook endpoint", |d, r, _| {
        endpoints::create(d, r)
    }),
    route("GET", "/webhook_endpoints/{id}", "One webhook endpoint", |d, _, id| {
        endpoints::show(d, id)
    }),
    route("PUT", "/webhook_endpoints/{id}", "Change a webhook endpoint", |d, r, id| {
        endpoints::update(d, id, r)
    }),
    route("DELETE", "/webhook_endpoints/{id}", "Delete a webhook endpoint", |d, _, id| {
        endpoints::delete(d, id)
    }),
];

pub(super) fn dispatch(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let segments = request.segments();
    for route in ROUTES.iter().filter(|route| request.method.as_str() == route.method) {
        if let Some(id) = fits(route.path, &segments) {
            return (route.run)(desk, request, id);
        }
    }
    Err(Refusal::not_found("resource_not_found"))
}

/// The id in a path of this form, empty where the form has none; nothing where it is another path.
fn fits<'a>(form: &str, segments: &[&'a str]) -> Option<&'a str> {
    let wanted: Vec<&str> = form.split('/').skip(1).collect();
    let mut id = "";
    if wanted.len() != segments.len() {
        return None;
    }
    for (wanted, given) in wanted.into_iter().zip(segments) {
        match wanted {
            "{id}" => id = given,
            word if word == *given => {}
            _ => return None,
        }
    }
    Some(id)
}
