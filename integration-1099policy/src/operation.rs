//! The requests that are made, each by the name that a configuration gives it: its method and its path.
//!
//! Deliberately absent: what they mean (`perform`, `sight`, `setup`, `poll`). The client of a debug build sends nothing that is
//! not here.

/// Every operation: the method, and the path below the API's prefix, where `{id}` stands for one part.
///
/// A name is both, with a space between: `POST /quotes`.
pub const ALL: [&str; 39] = [
    "GET /apply/sessions",
    "GET /apply/sessions/{id}",
    "POST /apply/sessions",
    "POST /apply/sessions/{id}/expire",
    "GET /assignments",
    "GET /assignments/{id}",
    "POST /assignments",
    "POST /assignments/cancel",
    "POST /assignments/extend",
    "GET /category_codes",
    "GET /contractors",
    "GET /contractors/{id}",
    "POST /contractors",
    "PUT /contractors/{id}",
    "GET /entities",
    "GET /events",
    "GET /events/{id}",
    "GET /files/certificates",
    "GET /files/certificates/{id}",
    "POST /files/certificates",
    "GET /invoices",
    "GET /invoices/{id}",
    "POST /invoices",
    "PUT /invoices/{id}",
    "DELETE /invoices/{id}",
    "GET /jobs",
    "GET /jobs/{id}",
    "POST /jobs",
    "PUT /jobs/{id}",
    "GET /policies",
    "GET /policies/{id}",
    "GET /quotes",
    "GET /quotes/{id}",
    "POST /quotes",
    "PUT /quotes/{id}",
    "GET /webhook_endpoints",
    "GET /webhook_endpoints/{id}",
    "POST /webhook_endpoints",
    "DELETE /webhook_endpoints/{id}",
];

/// The operation that a request is, by its method and its path below the prefix; `None` for one that is not made.
pub(crate) fn of(method: &str, path: &str) -> Option<&'static str> {
    ALL.into_iter().find(|operation| {
        let (its_method, its_path) = operation.split_once(' ').unwrap_or_default();
        its_method == method && fits(its_path, path)
    })
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some("{id}"), Some(part)) if !part.is_empty() => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            (_, _) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_operation() {
        for operation in ALL {
            let (method, path) = operation.split_once(' ').expect("a method and a path");
            assert_eq!(of(method, &path.replace("{id}", "x_1")), Some(operation));
        }
        assert_eq!(of("POST", "/assignments/cancel"), Some("POST /assignments/cancel"));
        assert_eq!(of("GET", "/assignments/an_1"), Some("GET /assignments/{id}"));
        for (method, path) in
            [("PATCH", "/jobs"), ("GET", "/jobs/"), ("GET", "/jobs/1/2"), ("GET", "/")]
        {
            assert_eq!(of(method, path), None, "{method} {path}");
        }
    }
}
