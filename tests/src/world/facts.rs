//! Facts in words: a good placement, and what can be said to differ in it.

use workflow_core::domain::facts::{
    CandidateId, Company, CompanyId, Date, Engaged, Facts, Pay, Place, PlacementId, RequisitionId,
    Role, Stage, Unreadable,
};

/// A placement in scope with nothing missing: 2026-03-16 to 2026-06-30 at 95 dollars an hour in New York.
pub fn good(placement: &PlacementId, candidate: &CandidateId) -> Facts {
    Facts {
        placement: placement.clone(),
        candidate: candidate.clone(),
        requisition: RequisitionId(format!("rq-{placement}")),
        stage: Stage::Starting,
        engaged: Engaged {
            position: Some("Contract".into()),
            category: Some("Independent Contractor".into()),
            ..Engaged::default()
        },
        start: Some(date("2026-03-16")),
        end: Some(date("2026-06-30")),
        pay: Some(Pay {
            amount: "95.00".parse().expect("a number"),
            unit: "H".into(),
            currency: Some("USD".into()),
            source: "pay record 1".into(),
        }),
        worksite: Place { state: Some("NY".into()), country: Some("US".into()), remote: false },
        requisition_place: Place::default(),
        home: Place::default(),
        role: Role {
            title: Some("Platform Engineer".into()),
            description: Some("Keeps the platform up".into()),
            category: Some("Software".into()),
        },
        company: Some(Company { id: CompanyId("co_1".into()), name: Some("Initech".into()) }),
        unmapped_status: None,
        unreadable: Vec::new(),
    }
}

/// Sets one fact by name; `none` takes it away.
///
/// # Panics
/// When there is no fact of that name, or the value is none of its values.
pub fn set(facts: &mut Facts, name: &str, value: &str) {
    let text = (value != "none").then(|| value.to_owned());
    let flag = text.as_deref().map(|value| value == "yes");
    match name {
        "start" => facts.start = text.map(|value| date(&value)),
        "end" => facts.end = text.map(|value| date(&value)),
        "position" => facts.engaged.position = text,
        "employment" => facts.engaged.category = text,
        "field" => facts.engaged.tenant_field = text,
        "c2c" => facts.engaged.corp_to_corp = flag,
        "w2" => facts.engaged.w2 = flag,
        "stage" => facts.stage = stage(value),
        "status" => facts.unmapped_status = text,
        "state" => facts.worksite.state = text,
        "country" => facts.worksite.country = text,
        "remote" => facts.worksite.remote = value == "yes",
        "requisition-state" => facts.requisition_place.state = text,
        "home" => facts.home.state = text,
        "title" => facts.role.title = text,
        "description" => facts.role.description = text,
        "category" => facts.role.category = text,
        "requisition" => facts.requisition = RequisitionId(value.into()),
        "candidate" => facts.candidate = CandidateId(value.into()),
        "company" => {
            facts.company = text.map(|id| Company { id: CompanyId(id), name: Some("Acme".into()) });
        }
        "unreadable" => {
            let why = "is no date".to_owned();
            facts.unreadable = text.map(|what| Unreadable { what, why }).into_iter().collect();
        }
        "pay" | "unit" | "currency" => pay(facts, name, text),
        other => panic!("no fact is called `{other}`"),
    }
}

fn pay(facts: &mut Facts, name: &str, text: Option<String>) {
    match (name, text, facts.pay.as_mut()) {
        ("pay", None, _) => facts.pay = None,
        ("pay", Some(value), Some(pay)) => pay.amount = value.parse().expect("a number"),
        ("unit", Some(value), Some(pay)) => pay.unit = value,
        ("currency", text, Some(pay)) => pay.currency = text,
        (_, text, _) => panic!("the pay cannot be set to {text:?}"),
    }
}

fn stage(value: &str) -> Stage {
    match value {
        "offer" => Stage::Offer,
        "starting" => Stage::Starting,
        "working" => Stage::Working,
        "canceled" => Stage::Canceled,
        "deleted" => Stage::Deleted,
        "ended" => Stage::Ended { on: None },
        on => Stage::Ended { on: Some(date(on)) },
    }
}

/// A date.
pub(crate) fn date(text: &str) -> Date {
    text.parse().expect("a date like 2026-03-16")
}
