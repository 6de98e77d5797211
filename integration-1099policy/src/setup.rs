//! What is checked and prepared before work begins: job categories, entities, the webhook endpoint.

use workflow_core::domain::call::{CategoryCode, EntityId};

use crate::Ten99Policy;
use crate::failure::Error;
use crate::pages::{self, Walk, Walked};
use crate::secret::Secret;
use crate::sight::unreadable;
use crate::wire;
use crate::wire::setup::{self, Endpoint};

/// A job category that 1099Policy has approved for the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its code, `jc_...`; codes cannot be made up.
    pub code: CategoryCode,
    /// Its name.
    pub name: String,
}

/// A client company as 1099Policy knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its id, `en_...`.
    pub id: EntityId,
    /// Its name.
    pub name: String,
}

/// A webhook endpoint that exists.
pub struct WebhookEndpoint {
    /// Its id.
    pub id: String,
    /// The secret that signs its deliveries; not every answer shows it.
    pub secret: Option<Secret>,
    /// Whether it was there before.
    pub was: Was,
}

/// A webhook endpoint as 1099Policy lists it; its secret is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredEndpoint {
    /// Its id.
    pub id: String,
    /// Where it sends to.
    pub url: String,
    /// The events it sends; none or `*` is all.
    pub events: Vec<String>,
}

/// Whether something was found or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// It was there.
    Found,
    /// It is new.
    Created,
}

const ENDPOINTS: &str = "/webhook_endpoints";

impl Ten99Policy {
    /// The job categories that the tenant may use. A cheap first question, too: it tells whether the key is good.
    pub async fn category_codes(&self) -> Result<Vec<Category>, Error> {
        let body = self.client().get("/category_codes", &[]).await?;
        let items = wire::items(body).ok_or_else(|| unreadable("no list of categories"))?;
        let mut categories = Vec::new();
        for item in items {
            let category: setup::Category = wire::object("category", item)?;
            let code =
                category.category_code.ok_or_else(|| unreadable("a category without code"))?;
            let name = category.name.unwrap_or_default();
            categories.push(Category { code: CategoryCode(code), name });
        }
        Ok(categories)
    }

    /// Which of these codes the insurer has not issued to the tenant, or not approved: a job with one of them is refused.
    pub async fn categories_not_issued<'a>(
        &self,
        mapped: impl Iterator<Item = &'a CategoryCode>,
    ) -> Result<Vec<&'a CategoryCode>, Error> {
        let issued = self.category_codes().await?;
        let is_issued = |code: &CategoryCode| issued.iter().any(|known| known.code == *code);
        Ok(mapped.filter(|code| !is_issued(code)).collect())
    }

    /// The client companies.
    pub async fn entities(&self) -> Result<Vec<Entity>, Error> {
        let page_size = self.config().page_size;
        let walk = Walk { path: "/entities", filter: None, since: None, page_size };
        let walked: Walked<setup::Entity> = pages::walk(self.client(), &walk).await?;
        let named = |entity: setup::Entity| {
            Some(Entity { id: EntityId(entity.id?), name: entity.name.unwrap_or_default() })
        };
        Ok(walked.items.into_iter().filter_map(named).collect())
    }

    /// The webhook endpoint for `url`, made for all events when there is none.
    ///
    /// No key goes along: within a day the same one would replay an endpoint that was deleted since; a second run finds what
    /// a lost answer left.
    pub async fn ensure_webhook_endpoint(&self, url: &str) -> Result<WebhookEndpoint, Error> {
        let body = self.client().get(ENDPOINTS, &[]).await?;
        let items = wire::items(body).ok_or_else(|| unreadable("no list of endpoints"))?;
        for item in items {
            let endpoint: Endpoint = wire::object("webhook endpoint", item)?;
            if endpoint.url.as_deref() != Some(url) {
                continue;
            }
            let Some(id) = endpoint.id.as_deref().filter(|_| endpoint.secret().is_none()) else {
                return existing(&endpoint, Was::Found);
            };
            let whole: Option<Endpoint> = self.one(ENDPOINTS, id).await?;
            return existing(whole.as_ref().unwrap_or(&endpoint), Was::Found);
        }
        let wanted = serde_json::json!({
            "url": url, "description": "placement coverage", "events": ["*"],
        });
        let created = self.client().post_without_key(ENDPOINTS, &wanted).await?;
        existing(&wire::object("webhook endpoint", created)?, Was::Created)
    }
}

impl Ten99Policy {
    /// The webhook endpoints that there are.
    pub async fn webhook_endpoints(&self) -> Result<Vec<RegisteredEndpoint>, Error> {
        let body = self.client().get(ENDPOINTS, &[]).await?;
        let items = wire::items(body).ok_or_else(|| unreadable("no list of endpoints"))?;
        let mut known = Vec::new();
        for item in items {
            let endpoint: Endpoint = wire::object("webhook endpoint", item)?;
            let events = endpoint.events();
            let id = endpoint.id.ok_or_else(|| unreadable("a webhook endpoint without id"))?;
            let url = endpoint.url.unwrap_or_default();
            known.push(RegisteredEndpoint { id, url, events });
        }
        Ok(known)
    }

    /// Removes a webhook endpoint; `false` when there is none of this id.
    pub async fn remove_webhook_endpoint(&self, id: &str) -> Result<bool, Error> {
        // An id is put into a path: nothing else may be.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(false);
        }
        if !self.webhook_endpoints().await?.iter().any(|endpoint| endpoint.id == id) {
            return Ok(false);
        }
        self.client().delete(&format!("{ENDPOINTS}/{id}")).await?;
        Ok(true)
    }
}

fn existing(endpoint: &Endpoint, was: Was) -> Result<WebhookEndpoint, Error> {
    let id = endpoint.id.clone().ok_or_else(|| unreadable("a webhook endpoint without id"))?;
    Ok(WebhookEndpoint { id, secret: endpoint.secret().map(Secret::new), was })
}
