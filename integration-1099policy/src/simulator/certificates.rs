//! `/files/certificates`: a contractor's own certificate, uploaded and reviewed later on the clock.
//!
//! pending -> processing -> approved, flagged, denied or error; a flagged one goes to a reviewer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::agenda::Deed;
use super::config::Words;
use super::contractors;
use super::events::emit_short;
use super::fields::{Fields, Json};
use super::ledger::bump;
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::{File, Request};
use super::world::{Desk, Row, echo_extra};

const MAX_BYTES: usize = 15 * 1024 * 1024;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Certificate {
    id: String,
    contractor: String,
    filename: String,
    status: Status,
    /// Set by a control endpoint before the review ends.
    scripted: Option<Outcome>,
    created: i64,
    updated: i64,
    audit: Option<Audit>,
    /// What the review reads in the document.
    #[serde(default)]
    parsed: Value,
    custom_metadata: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pending,
    Processing,
    Reviewed(Outcome),
}

/// How a review ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every rule passed.
    Approved,
    /// A rule failed; a reviewer decides later.
    Flagged,
    /// Refused.
    Denied,
    /// The review broke down; no event by default.
    Error,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Flagged => "flagged",
            Self::Denied => "denied",
            Self::Error => "error",
        }
    }

    /// The outcome a file name asks for, e.g. `coi-flagged-1.pdf`.
    fn of_filename(name: &str) -> Option<Self> {
        let all = [Self::Flagged, Self::Denied, Self::Error];
        all.into_iter().find(|o| name.contains(o.word()))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Audit {
    id: String,
    result: String,
    created: i64,
}

impl Row for Certificate {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Certificate {
    fn word(&self, words: Words) -> &'static str {
        match (self.status, words) {
            (Status::Pending, _) => "pending",
            (Status::Processing, _) => "processing",
            (Status::Reviewed(Outcome::Approved), Words::Guide) => "valid",
            (Status::Reviewed(outcome), _) => outcome.word(),
        }
    }

    fn view(&self, detail: Detail, words: Words) -> Value {
        let url = format!("https://files.1099policy.com/{}.pdf", self.id);
        let pdf_url = (self.status != Status::Pending).then_some(url);
        json!({
            "id": self.id, "contractor": self.contractor, "filename": self.filename, "status": self.word(words),
            "review_results": self.review(detail, words), "pdf_url": pdf_url, "created": self.created,
            "updated": self.updated,
        })
    }

    fn review(&self, detail: Detail, words: Words) -> Value {
        let Some(audit) = self.audit.as_ref().filter(|_| detail != Detail::None) else {
            return Value::Null;
        };
        let failed = u32::from(self.status != Status::Reviewed(Outcome::Approved));
        let mut review = json!({
            "id": audit.id, "status": self.word(words), "created": audit.created, "updated": self.updated,
            "summary": { "total_rules": 5, "passed": 5 - failed, "failed": failed },
        });
        if detail == Detail::Full {
            let (result, message) = if failed > 0 {
                ("fail", "limit below requirement")
            } else {
                ("pass", "limit meets requirement")
            };
            review["audit_results"] = json!([{
                "id": audit.result, "rule_name": "GL aggregate", "result": result, "message": message,
                "rule_path": "coverages.commercial_general_liability.limits", "manually_approved": false,
                "created": audit.created,
            }]);
            review["parsed_certificate_json"] = self.parsed.clone();
        }
        review
    }

    fn shown(&self, desk: &Desk<'_>, detail: Detail) -> Value {
        let mut view = self.view(detail, desk.cfg.rules.words);
        echo_extra(&mut view, desk.cfg, &self.custom_metadata);
        view
    }
}

/// How much of the review is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    None,
    Summary,
    Full,
}

fn detail(request: &Request) -> Detail {
    let asked = |what: &str| request.queries("expand").any(|e| e == what);
    if asked("review_results.full") {
        return Detail::Full;
    }
    if asked("review_results") { Detail::Summary } else { Detail::None }
}

fn missing() -> Refusal {
    Refusal::not_found("resource_not_found")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let detail = detail(request);
    list(
        &desk.book.certificates,
        request,
        Takes::LimitAndCursors,
        |_| true,
        |c| c.shown(desk, detail),
    )
}

pub(super) fn show(desk: &Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let detail = detail(request);
    desk.book.certificates.get(id).map(|c| Reply::ok(c.shown(desk, detail))).ok_or_else(missing)
}

fn check_file(request: &Request) -> Result<&File, Refusal> {
    let file = request.file.as_ref().filter(|f| f.part == "certificate");
    let file = file.ok_or_else(|| {
        Refusal::validation("missing_certificate", "A certificate file is required.")
    })?;
    if !file.name.to_ascii_lowercase().ends_with(".pdf") || !file.bytes.starts_with(b"%PDF") {
        return Err(Refusal::validation("invalid_file_type", "The certificate must be a PDF."));
    }
    if file.mime != "application/pdf" {
        return Err(Refusal::validation(
            "invalid_mime_type",
            "The certificate must be application/pdf.",
        ));
    }
    if file.bytes.len() > MAX_BYTES {
        return Err(Refusal::validation(
            "invalid_file_size",
            "The certificate must not exceed 15 MB.",
        ));
    }
    Ok(file)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let file = check_file(request)?;
    let mut f = Fields::of(&request.fields);
    let contractor = f.text("contractor").filter(|c| !c.is_empty());
    let custom_metadata = f.extra_metadata(desk.strict());
    f.finish(desk.strict())?;
    let contractor = contractor
        .ok_or_else(|| Refusal::validation("missing_contractor_id", "A contractor is required."))?;
    contractors::check_ref(desk, &contractor)?;
    if !desk.cfg.rules.insurance_requirement {
        return Err(Refusal::business(
            "no_insurance_requirement_found",
            "No insurance requirement is set.",
        ));
    }
    bump(&mut desk.shared.ledger.certificates_by_hash, &hex::encode(Sha256::digest(&file.bytes)));
    let now = desk.now_secs();
    let certificate = Certificate {
        id: desk.mint("ci_"),
        contractor,
        filename: file.name.clone(),
        status: Status::Pending,
        scripted: None,
        created: now,
        updated: now,
        audit: None,
        parsed: usual(now),
        custom_metadata,
    };
    let id = certificate.id.clone();
    desk.later(
        desk.cfg.rules.certificate_processing_secs,
        Deed::CertificateProcessing { certificate: id.clone() },
    );
    desk.later(
        desk.cfg.rules.certificate_result_secs,
        Deed::CertificateReviewed { certificate: id },
    );
    let shown = certificate.shown(desk, Detail::None);
    desk.book.certificates.add(certificate);
    Ok(Reply::created(shown))
}

/// What a review reads in an ordinary certificate: a year of the two usual coverages.
fn usual(now: i64) -> Value {
    let day = |secs: i64| {
        jiff::Timestamp::from_second(secs).unwrap_or_default().strftime("%Y-%m-%d").to_string()
    };
    let of = |limit: i64| {
        json!({
            "effective_date": day(now - 30 * 86_400), "expiration_date": day(now + 335 * 86_400),
            "limits": { "each_occurrence": limit, "general_aggregate": 2 * limit },
        })
    };
    json!({
        "insured": "as on page one",
        "coverages": {
            "commercial_general_liability": of(100_000_000), "workers_compensation": of(50_000_000),
        },
    })
}

/// Sets what the review reads in the document; false if there is no such certificate.
pub(super) fn reads(desk: &mut Desk<'_>, id: &str, parsed: Value) -> bool {
    let Some(certificate) = desk.book.certificates.get_mut(id) else { return false };
    certificate.parsed = parsed;
    true
}

/// The review begins.
pub(super) fn process(desk: &mut Desk<'_>, id: &str) -> bool {
    let now = desk.now_secs();
    let pending = desk.book.certificates.get_mut(id).filter(|c| c.status == Status::Pending);
    let Some(certificate) = pending else { return false };
    certificate.status = Status::Processing;
    certificate.updated = now;
    true
}

/// The review ends, as scripted or as the file name says.
pub(super) fn review(desk: &mut Desk<'_>, id: &str) -> bool {
    let open = |c: &&Certificate| matches!(c.status, Status::Pending | Status::Processing);
    let Some(certificate) = desk.book.certificates.get(id).filter(open) else { return false };
    let asked = certificate.scripted.or_else(|| Outcome::of_filename(&certificate.filename));
    let contractor = certificate.contractor.clone();
    let outcome = asked.unwrap_or_else(|| desk.script(&contractor).certificate);
    conclude(desk, id, outcome);
    true
}

/// Sets how a review will end, or ends a flagged one as its reviewer would; false if it has ended.
pub(super) fn decide(desk: &mut Desk<'_>, id: &str, outcome: Outcome) -> bool {
    let Some(certificate) = desk.book.certificates.get_mut(id) else { return false };
    match certificate.status {
        Status::Pending | Status::Processing => certificate.scripted = Some(outcome),
        Status::Reviewed(Outcome::Flagged) => conclude(desk, id, outcome),
        Status::Reviewed(Outcome::Approved | Outcome::Denied | Outcome::Error) => return false,
    }
    true
}

fn conclude(desk: &mut Desk<'_>, id: &str, outcome: Outcome) {
    let (now, words) = (desk.now_secs(), desk.cfg.rules.words);
    let (audit_id, result) = (desk.shared.mint("ca_", 7), desk.shared.mint("car_", 7));
    let Some(certificate) = desk.book.certificates.get_mut(id) else { return };
    certificate.status = Status::Reviewed(outcome);
    certificate.updated = now;
    certificate.audit.get_or_insert(Audit { id: audit_id, result, created: now });
    let short = json!({
        "id": certificate.id, "contractor": certificate.contractor, "status": certificate.word(words),
        "created": certificate.created,
    });
    if outcome != Outcome::Error || desk.cfg.rules.certificate_error_event {
        emit_short(desk, &format!("certificate.{}", outcome.word()), short);
    }
}
