//! An examination of one account: every list read once, what its answers look like, what is registered; nothing is changed.
//!
//! Typed and without judgement: what it means for a tenant's settings is the caller's matter. No value of a person is taken
//! out of an answer, only which fields there are. Absent: anything that writes.

use std::collections::BTreeSet;

use serde_json::Value;
use workflow_core::domain::call::Refusal;
use workflow_core::exchange::{self, Came as Answered, Exchange};
use workflow_core::time::Timestamp;

use crate::Ten99Policy;
use crate::client::Client;
use crate::delivery::normalised;
use crate::failure::{Error, RetryAfter};
use crate::interpret::EventKind;
use crate::setup::{Category, Entity};
use crate::wire;
use crate::wire::lenient;

/// One list of the account: its name, where it is, and the fields that the reference says each item has.
struct List {
    name: &'static str,
    path: &'static str,
    /// Any one of each row is enough.
    fields: &'static [&'static [&'static str]],
}

const LISTS: [List; 11] = [
    List {
        name: "job categories",
        path: "/category_codes",
        fields: &[&["category_code"], &["name"]],
    },
    List { name: "entities", path: "/entities", fields: &[&["id"], &["name"]] },
    List { name: "contractors", path: "/contractors", fields: &[&["id"], &["email", "contact"]] },
    List {
        name: "jobs",
        path: "/jobs",
        fields: &[&["id"], &["entity"], &["wage"], &["wage_type"]],
    },
    List { name: "quotes", path: "/quotes", fields: &[&["id"], &["contractor"], &["job"]] },
    List { name: "application sessions", path: "/apply/sessions", fields: &[&["id"], &["quote"]] },
    List {
        name: "policies",
        path: "/policies",
        fields: &[&["id"], &["quote"], &["expiration_date"]],
    },
    List {
        name: "assignments",
        path: "/assignments",
        fields: &[&["id"], &["contractor"], &["job"]],
    },
    List { name: "invoices", path: "/invoices", fields: &[&["id"], &["gross_pay"]] },
    List { name: "certificates", path: "/files/certificates", fields: &[&["id"], &["status"]] },
    List { name: "events", path: "/events", fields: &[&["id"], &["type"]] },
];

/// How many items of a list are looked at.
const LOOKED_AT: &str = "10";

/// What an account looks like.
#[derive(Debug)]
pub struct Examined {
    /// Each list that the adapter reads, in the order of a placement's road.
    pub lists: Vec<Listing>,
    /// The approved job categories; `None` where they could not be read.
    pub categories: Option<Vec<Category>>,
    /// The client companies; `None` where they could not be read.
    pub entities: Option<Vec<Entity>>,
    /// The last part of each registered webhook address, and whether it is for all events.
    pub endpoints: Option<Vec<String>>,
    /// How the account's own objects are written, as far as they tell.
    pub dialect: Dialect,
    /// The service's words for kinds of events and for how things stand, in the order of the lists.
    pub words: Vec<SeenWord>,
    /// The time by the service's clock, from the `Date` of its first answer.
    pub service_time: Option<Timestamp>,
}

/// One list.
#[derive(Debug)]
pub struct Listing {
    /// What it lists.
    pub name: &'static str,
    /// Its path, without prefix.
    pub path: &'static str,
    /// What came.
    pub came: Came,
}

/// What a list answered.
#[derive(Debug)]
pub enum Came {
    /// Items that look as documented.
    Items(usize),
    /// Nothing: its shape cannot be told.
    Empty,
    /// Items without these documented fields, or no list at all.
    Differs(Vec<String>),
    /// A no.
    Refused(Refusal),
    /// No answer, or none at present.
    Unavailable(String),
}

/// What the objects in the account tell of how they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// Contractors carry name and e-mail inside `contact` only.
    pub contact: bool,
    /// Jobs carry `region` at the top only.
    pub top_level_region: bool,
    /// Quotes, sessions, assignments or certificates carry `custom_metadata` with something in it.
    pub metadata_on_everything: bool,
}

/// A word of the service's own vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenWord {
    /// What it is a word for: `event`, `policy status` or `certificate status`.
    pub kind: &'static str,
    /// As the service spells it.
    pub word: String,
    /// What it is read as; `None` for one that is not known.
    pub means: Option<String>,
}

/// The longest text that is taken for a word.
const WORD_BYTES_MAX: usize = 60;

impl Ten99Policy {
    /// Reads every list once. An account that refuses the key answers the same to each; the rest is then left out.
    pub async fn examine(&self) -> Examined {
        let mut examined = Examined {
            lists: Vec::new(),
            categories: None,
            entities: None,
            endpoints: None,
            dialect: Dialect::default(),
            words: Vec::new(),
            service_time: None,
        };
        for list in &LISTS {
            let (came, items, date) = read(self.client(), list).await;
            examined.service_time = examined.service_time.or(date);
            match list.path {
                "/contractors" => {
                    let nested = |it: &Value| it["contact"].is_object() && it["email"].is_null();
                    examined.dialect.contact = !items.is_empty() && items.iter().all(nested);
                }
                "/jobs" => {
                    let top =
                        |it: &Value| it["region"].is_string() && it["address"]["region"].is_null();
                    examined.dialect.top_level_region = !items.is_empty() && items.iter().all(top);
                }
                "/quotes" | "/apply/sessions" | "/assignments" => noted(&items, &mut examined),
                "/files/certificates" => {
                    noted(&items, &mut examined);
                    let words =
                        seen("certificate status", "status", &items, wire::certificate::known);
                    examined.words.extend(words);
                }
                "/policies" => {
                    let words = seen("policy status", "status", &items, wire::policy::known);
                    examined.words.extend(words);
                }
                "/events" => examined.words.extend(seen("event", "type", &items, event)),
                _ => {}
            }
            // One list may fail alone; the first one speaks for all.
            let stops = match &came {
                Came::Unavailable(_) => examined.lists.is_empty(),
                Came::Refused(refusal) => refusal.status == 401,
                Came::Items(_) | Came::Empty | Came::Differs(_) => false,
            };
            examined.lists.push(Listing { name: list.name, path: list.path, came });
            if stops {
                return examined;
            }
        }
        examined.categories = self.category_codes().await.ok();
        examined.entities = self.entities().await.ok();
        examined.endpoints = self.endpoint_ends().await.ok();
        examined
    }

    /// The last part of each registered address: the rest may name a host, this one an endpoint.
    async fn endpoint_ends(&self) -> Result<Vec<String>, Error> {
        let body = self.client().get("/webhook_endpoints", &[]).await?;
        let urls = wire::items(body).unwrap_or_default();
        let urls = urls.iter().filter_map(|it| lenient::text_of(&it["url"]));
        Ok(urls.map(|url| url.rsplit('/').next().unwrap_or_default().to_owned()).collect())
    }
}

/// Whether things that the reference shows without `custom_metadata` come back with some.
fn noted(items: &[Value], examined: &mut Examined) {
    let some = |it: &Value| it["custom_metadata"].as_object().is_some_and(|it| !it.is_empty());
    examined.dialect.metadata_on_everything |= items.iter().any(some);
}

/// The words that stand under a name, with what each is read as.
fn seen(
    kind: &'static str,
    name: &str,
    items: &[Value],
    means: fn(&str) -> Option<String>,
) -> BTreeSet<SeenWord> {
    let is_word = |text: &&str| {
        let fits = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'.' | b'_' | b'-' | b' ');
        text.len() <= WORD_BYTES_MAX && text.bytes().all(fits)
    };
    let words = items.iter().filter_map(|it| it[name].as_str()).filter(is_word);
    words.map(|word| SeenWord { kind, word: word.to_owned(), means: means(word) }).collect()
}

/// The reference's name for an event that is known.
fn event(spelled: &str) -> Option<String> {
    EventKind::named(&normalised(spelled)).map(|kind| kind.name().to_owned())
}

async fn read(client: &Client, list: &List) -> (Came, Vec<Value>, Option<Timestamp>) {
    let asked = client.get(list.path, &[("limit", LOOKED_AT)]);
    let (answer, exchanges) = exchange::gathered(asked).await;
    let date = exchanges.iter().find_map(date_of);
    let body = match answer.map_err(Error::from) {
        Ok(body) => body,
        Err(Error::Refused(refusal)) => return (Came::Refused(refusal), Vec::new(), date),
        Err(Error::Unavailable { reason, .. }) => {
            return (Came::Unavailable(reason), Vec::new(), date);
        }
        Err(Error::Unreadable(why)) => return (Came::Differs(vec![why]), Vec::new(), date),
    };
    let Some(items) = wire::items(body) else {
        return (Came::Differs(vec!["it is no list".to_owned()]), Vec::new(), date);
    };
    if items.is_empty() {
        return (Came::Empty, items, date);
    }
    let has =
        |names: &&&[&str]| items.iter().any(|it| names.iter().any(|name| !it[*name].is_null()));
    let missing: BTreeSet<String> = list
        .fields
        .iter()
        .filter(|names| !has(names))
        .map(|names| format!("no item has `{}`", names.join("` or `")))
        .collect();
    let came = match missing.is_empty() {
        true => Came::Items(items.len()),
        false => Came::Differs(missing.into_iter().collect()),
    };
    (came, items, date)
}

/// When the service says it answered.
fn date_of(exchange: &Exchange) -> Option<Timestamp> {
    let headers = match &exchange.came {
        Answered::Answer { headers, .. } => headers,
        Answered::Lost { .. } | Answered::NotSent { .. } => return None,
    };
    let (_, date) = headers.iter().find(|(name, _)| name == "date")?;
    match RetryAfter::parse(date)? {
        RetryAfter::At(moment) => Some(moment),
        RetryAfter::In(_) => None,
    }
}
