//! `/category_codes`: job categories, issued and approved by the vendor; read only.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Category {
    id: String,
    name: String,
    approved: bool,
}

impl Row for Category {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Category {
    pub(super) fn approved(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), approved: true }
    }

    fn view(&self) -> Value {
        json!({ "category_code": self.id, "name": self.name })
    }
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.categories, request, Takes::Nothing, |c| c.approved, Category::view)
}

/// Refuses a code that was not issued, or not approved.
pub(super) fn check(desk: &Desk<'_>, code: &str) -> Result<(), Refusal> {
    let Some(category) = desk.book.categories.get(code) else {
        return Err(Refusal::business("invalid_job_category_code", "No such job category code."));
    };
    if !category.approved {
        return Err(Refusal::business(
            "job_category_not_approved",
            "The job category is not approved.",
        ));
    }
    Ok(())
}

/// The vendor issues a code, approved or waiting; an approved one is announced.
pub(super) fn issue(desk: &mut Desk<'_>, id: &str, name: &str, approved: bool) {
    let category = Category { id: id.to_owned(), name: name.to_owned(), approved };
    let view = category.view();
    desk.book.categories.remove(id);
    desk.book.categories.add(category);
    if approved {
        super::events::emit(desk, "category_code.added", "category_code", view);
    }
}
