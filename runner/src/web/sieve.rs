//! What of the placements is asked for: said in the address, so that a list can be sent to somebody and comes out the same.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use workflow_core::id::StreamId;

use super::book::Line;

/// What is asked for; what is empty keeps all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sieve {
    /// Only this state.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// Only this tenant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    /// Only this client.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub company: String,
    /// Only what waits for a person for this.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// Words of the id, of the client, or of what is said about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// `start` puts what begins first before what waits longest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sort: String,
    /// The stream after which the page begins.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
}

impl Sieve {
    /// The page that shows this.
    pub(super) fn address(&self, path: &str) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// A test for lines; whatever is dear is done once.
    pub(super) fn test(&self) -> impl Fn(&StreamId, &Line) -> bool + '_ {
        let (wanted, company) = (self.q.trim().to_lowercase(), self.company.trim().to_lowercase());
        move |stream, line| {
            (self.state.is_empty() || line.state == self.state)
                && (self.tenant.is_empty() || stream.tenant() == self.tenant)
                && (self.cause.is_empty() || line.cause.as_deref() == Some(self.cause.as_str()))
                && (company.is_empty() || in_company(line, &company))
                && (wanted.is_empty()
                    || contains(stream.key(), &wanted)
                    || contains(&line.headline, &wanted)
                    || in_company(line, &wanted))
        }
    }
}

fn in_company(line: &Line, wanted: &str) -> bool {
    line.company.as_deref().is_some_and(|company| contains(company, wanted))
}

/// Whether a text has these small letters somewhere.
fn contains(text: &str, wanted: &str) -> bool {
    if !text.is_ascii() || !wanted.is_ascii() {
        return text.to_lowercase().contains(wanted);
    }
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    text.windows(wanted.len()).any(|some| some.eq_ignore_ascii_case(wanted))
}

/// The choice of a tenant.
pub(super) fn tenants(tenants: &[String], chosen: &str) -> Markup {
    html! {
        label for="tenant" { "Tenant" }
        select id="tenant" name="tenant" {
            option value="" { "All" }
            @for tenant in tenants { option value=(tenant) selected[tenant == chosen] { (tenant) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_whatever_their_size() {
        assert!(contains("Acme Widgets, Inc.", "widgets"));
        assert!(contains("Zoë", "zoë") && contains("ZOË", "zoë"));
        assert!(!contains("Acme", "acme widgets"));
    }

    #[test]
    fn what_is_empty_is_not_in_the_address() {
        let sieve = Sieve { q: "a b".to_owned(), ..Sieve::default() };
        assert_eq!(sieve.address("/board"), "/board?q=a+b");
        assert_eq!(Sieve::default().address("/board"), "/board");
    }
}
