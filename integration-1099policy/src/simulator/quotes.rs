//! `/quotes`: a price and an eligibility for one contractor on one job; refused when a policy already fits.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::config::QuoteChanges;
use super::dates::{Asked, period};
use super::fields::{Fields, Json, merge_metadata};
use super::ledger::bump;
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row, echo_extra};
use super::{contractors, jobs};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Quote {
    pub(super) id: String,
    created: i64,
    pub(super) contractor: String,
    pub(super) job: String,
    pub(super) coverage_type: Vec<String>,
    pub(super) effective_date: i64,
    pub(super) end_date: i64,
    pub(super) eligible: bool,
    pub(super) rates: Rates,
    pub(super) risk: Risk,
    custom_metadata: Json,
    /// The policy issued for it, if any: after that the quote is fixed.
    pub(super) policy: Option<String>,
}

/// What makes two coverages the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Risk {
    category: String,
    work_state: Option<String>,
    home_state: Option<String>,
}

/// Cents of premium per $100 earned; a half nobody asked for has none.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Rates {
    gl: Option<i64>,
    wc: Option<i64>,
}

impl Rates {
    pub(super) fn net(self) -> i64 {
        self.gl.unwrap_or(0) + self.wc.unwrap_or(0)
    }
}

impl Row for Quote {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Quote {
    pub(super) fn view(&self) -> Value {
        let mut parts = json!({});
        if let Some(rate) = self.rates.gl {
            parts["gl"] = json!({ "net_rate": rate, "stamping_fee": null, "risk_purchasing_group_fee": null });
        }
        if let Some(rate) = self.rates.wc {
            parts["wc"] = json!({ "net_rate": rate });
        }
        json!({
            "id": self.id, "contractor": self.contractor, "job": self.job, "coverage_type": self.coverage_type,
            "effective_date": self.effective_date, "end_date": self.end_date, "eligible": self.eligible,
            "net_rate": self.rates.net(), "gl_net_rate": self.rates.gl, "wc_net_rate": self.rates.wc,
            "quote_json": parts, "created": self.created,
        })
    }

    fn shown(&self, desk: &Desk<'_>) -> Value {
        let mut view = self.view();
        echo_extra(&mut view, desk.cfg, &self.custom_metadata);
        view
    }
}

/// The risk of `contractor` on `job`, from what is known of both now.
pub(super) fn risk(desk: &Desk<'_>, contractor: &str, job: &str) -> Option<Risk> {
    let home_state = desk.book.contractors.get(contractor)?.home_state();
    let job = desk.book.jobs.get(job)?;
    Some(Risk {
        category: job.about.category_code.clone(),
        work_state: job.work_state(home_state.as_deref()),
        home_state,
    })
}

/// Rates by category, coverage and state: invented, the same on every run, within the documented 0.6 % to 1.7 %.
pub(super) fn rates(coverage: &[String], risk: &Risk) -> Rates {
    let state = risk.work_state.as_deref().unwrap_or_default();
    let rate = |kind: &str, low: i64, spread: i64| {
        let digest = Sha256::digest(format!("{} {kind} {state}", risk.category));
        low + i64::from(digest[0]) % spread
    };
    let liability = coverage.iter().filter(|c| *c != "workers-comp");
    let gl: i64 =
        liability.map(|c| if c == "general" { rate(c, 20, 30) } else { rate(c, 5, 10) }).sum();
    let wc = coverage.iter().any(|c| c == "workers-comp").then(|| rate("workers-comp", 40, 60));
    Rates { gl: (gl > 0).then_some(gl), wc }
}

/// Refuses `media` and `cyber` without `general`, except for residents of Hawaii.
pub(super) fn check_coverage(coverage: &[String], home: Option<&str>) -> Result<(), Refusal> {
    let has = |kind: &str| coverage.iter().any(|c| c == kind);
    if (has("media") || has("cyber")) && !has("general") && home != Some("HI") {
        return Err(Refusal::validation(
            "invalid_input",
            "media and cyber coverage need general coverage.",
        ));
    }
    Ok(())
}

/// Refuses what an active policy with the very same parameters already covers.
fn check_matching(
    desk: &Desk<'_>,
    contractor: &str,
    coverage: &[String],
    risk: &Risk,
) -> Result<(), Refusal> {
    let set = |types: &[String]| types.iter().cloned().collect::<BTreeSet<_>>();
    let wanted = set(coverage);
    let held = |quote: &Quote| {
        quote.contractor == contractor && quote.risk == *risk && set(&quote.coverage_type) == wanted
    };
    let matching = desk.book.policies.newest().filter(|p| p.is_active(desk.now_secs()));
    if matching.filter_map(|p| desk.book.quotes.get(&p.quote)).any(held) {
        return Err(Refusal::business(
            "contractor_has_matching_policy",
            "Contractor already has a matching policy on file.",
        ));
    }
    Ok(())
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_quote_id")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.quotes, request, Takes::LimitAndCursors, |_| true, |q| q.shown(desk))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.quotes.get(id).map(|q| Reply::ok(q.shown(desk))).ok_or_else(missing)
}

/// The fields of a quote, over the stored ones on PUT.
struct Wish {
    contractor: String,
    job: String,
    coverage: Vec<String>,
    dates: Asked,
    metadata: Json,
}

fn read(desk: &Desk<'_>, given: &Json, stored: Option<&Quote>) -> Result<Wish, Refusal> {
    let mut f = Fields::of(given);
    let mut id = |name: &'static str, stored: Option<&String>| match stored {
        Some(stored) => f.text(name).unwrap_or_else(|| stored.clone()),
        None => f.need_text(name),
    };
    let contractor = id("contractor", stored.map(|q| &q.contractor));
    let job = id("job", stored.map(|q| &q.job));
    let coverage = f.coverage("coverage_type").or_else(|| stored.map(|q| q.coverage_type.clone()));
    if coverage.is_none() {
        f.problem("coverage_type", "Missing data for required field.");
    }
    let dates = Asked {
        effective: f.int("effective_date"),
        stored_effective: stored.map(|q| q.effective_date),
        end: f.int("end_date").or_else(|| stored.map(|q| q.end_date)),
    };
    f.extra_metadata(desk.strict());
    f.finish(desk.strict())?;
    let kept = stored.map(|q| q.custom_metadata.clone()).unwrap_or_default();
    let metadata = merge_metadata(&kept, given.get("custom_metadata"));
    Ok(Wish { contractor, job, coverage: coverage.unwrap_or_default(), dates, metadata })
}

/// A priced quote for the wish, with the id and moment of the stored one if there is one.
fn price(desk: &mut Desk<'_>, wish: Wish, stored: Option<&Quote>) -> Result<Quote, Refusal> {
    contractors::check_ref(desk, &wish.contractor)?;
    jobs::check_ref(desk, &wish.job)?;
    let refused = || Refusal::business("invalid_job_id", "No such job.");
    let risk = risk(desk, &wish.contractor, &wish.job).ok_or_else(refused)?;
    check_coverage(&wish.coverage, risk.home_state.as_deref())?;
    let period = period(desk, &wish.dates)?;
    check_matching(desk, &wish.contractor, &wish.coverage, &risk)?;
    let (id, created) = match stored {
        Some(stored) => (stored.id.clone(), stored.created),
        None => (desk.mint("qt_"), desk.now_secs()),
    };
    Ok(Quote {
        id,
        created,
        eligible: desk.script(&wish.contractor).eligible,
        rates: rates(&wish.coverage, &risk),
        contractor: wish.contractor,
        job: wish.job,
        coverage_type: wish.coverage,
        effective_date: period.effective,
        end_date: period.end,
        risk,
        custom_metadata: wish.metadata,
        policy: None,
    })
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let wish = read(desk, &request.fields, None)?;
    let quote = price(desk, wish, None)?;
    desk.shared.ledger.quotes += 1;
    bump(&mut desk.shared.ledger.quotes_by_job, &quote.job);
    let view = quote.shown(desk);
    desk.book.quotes.add(quote);
    Ok(Reply::created(view))
}

/// Until a policy is issued.
pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let stored = desk.book.quotes.get(id).ok_or_else(missing)?.clone();
    if stored.policy.is_some() || desk.cfg.rules.quote_changes == QuoteChanges::Never {
        return Err(Refusal::business(
            "cant_update_create_new_quote",
            "The quote cannot be changed; create a new quote.",
        ));
    }
    let wish = read(desk, &request.fields, Some(&stored))?;
    let quote = price(desk, wish, Some(&stored))?;
    let view = quote.shown(desk);
    if let Some(row) = desk.book.quotes.get_mut(id) {
        *row = quote;
    }
    Ok(Reply::ok(view))
}
