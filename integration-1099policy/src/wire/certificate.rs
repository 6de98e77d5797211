//! Certificates on the wire (API reference: files/certificates; vendor guides: section 4.6, and uploading certificates).
//!
//! What a review read in the document (`parsed_certificate_json`) has no documented shape: the names of the rules' paths
//! say how coverages are called, and the usual spellings of days and limits are tried. What is not understood is left
//! out, so that nothing rests on it.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use workflow_core::domain::call::{
    CertificateId, CoverageSeen, CoverageType, Review, ReviewStanding, RuleSeen, Said, Upload,
};
use workflow_core::domain::facts::{Date, PersonalText};
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use super::{Listed, lenient};
use crate::config::{Config, MetadataOn};

/// How much of one review is kept: a page of a certificate has no more.
const ITEMS_MAX: usize = 64;
/// The longest name of a rule that is kept.
const NAME_CHARS_MAX: usize = 120;

/// What is taken from a certificate.
#[derive(Deserialize)]
pub(crate) struct Certificate {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    contractor: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    filename: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default)]
    review_results: Value,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Certificate {
    pub(crate) fn certificate_id(&self) -> Option<CertificateId> {
        self.id.as_deref().map(CertificateId::from)
    }

    /// Whether it is what this upload handed in.
    pub(crate) fn is_of(&self, upload: &Upload) -> bool {
        self.contractor.as_deref() == Some(upload.contractor.as_str())
            && self.filename.as_deref() == Some(&upload.file_name)
    }

    /// How its review stands; what is wrong with it where its status is none that is known.
    pub(crate) fn review(&self) -> Result<Review, &'static str> {
        let status = self.status.as_deref().ok_or("a certificate without status")?;
        let standing = standing(status).ok_or("a certificate of an unknown status")?;
        let rules = self.review_results["audit_results"].as_array().into_iter().flatten();
        let coverages = coverages(&self.review_results["parsed_certificate_json"]);
        Ok(Review { standing, rules: rules.take(ITEMS_MAX).map(rule).collect(), coverages })
    }
}

impl Listed for Certificate {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

fn standing(status: &str) -> Option<ReviewStanding> {
    Some(match status {
        "pending" => ReviewStanding::Pending,
        "processing" => ReviewStanding::Processing,
        // The guides' words for the same.
        "approved" | "validated" | "valid" => ReviewStanding::Approved,
        "flagged" => ReviewStanding::Flagged,
        "denied" => ReviewStanding::Denied,
        "error" => ReviewStanding::Error,
        _ => return None,
    })
}

/// What a status is read as, in a word; `None` for one that is not known.
pub(crate) fn known(status: &str) -> Option<String> {
    standing(status).map(|standing| format!("{standing:?}").to_lowercase())
}

fn rule(result: &Value) -> RuleSeen {
    let name = lenient::text_of(&result["rule_name"])
        .or_else(|| lenient::text_of(&result["rule_path"]))
        .unwrap_or_else(|| "a rule without name".to_owned());
    let let_pass = lenient::flag_of(&result["manually_approved"]) == Some(true);
    let said = match lenient::text_of(&result["result"]).unwrap_or_default().to_lowercase().as_str()
    {
        "pass" | "passed" => Said::Passed,
        _ if let_pass => Said::LetPass,
        "fail" | "failed" => Said::Failed,
        other => Said::Other(other.chars().take(NAME_CHARS_MAX).collect()),
    };
    RuleSeen {
        name: name.chars().take(NAME_CHARS_MAX).collect(),
        result: said,
        remark: lenient::text_of(&result["message"]).map(PersonalText),
    }
}

/// The coverages that were read: an object of them by name, or a list of them.
fn coverages(parsed: &Value) -> Vec<CoverageSeen> {
    let named = parsed["coverages"].as_object().into_iter().flatten();
    let named = named.filter_map(|(name, shown)| coverage(name, shown));
    let listed = parsed["coverages"].as_array().into_iter().flatten().filter_map(|shown| {
        let name =
            ["type", "name", "coverage_type"].iter().find_map(|key| lenient::text_of(&shown[*key]));
        coverage(&name?, shown)
    });
    named.chain(listed).take(ITEMS_MAX).collect()
}

fn coverage(name: &str, shown: &Value) -> Option<CoverageSeen> {
    let words: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let coverage = match words.to_ascii_lowercase().as_str() {
        "general" | "general_liability" | "commercial_general_liability" | "gl" => {
            CoverageType::General
        }
        "professional" | "professional_liability" | "errors_and_omissions" => {
            CoverageType::Professional
        }
        "workers_comp"
        | "workers_compensation"
        | "workers_compensation_and_employers_liability" => CoverageType::WorkersComp,
        "media" | "media_liability" => CoverageType::Media,
        "cyber" | "cyber_liability" => CoverageType::Cyber,
        _ => return None,
    };
    let day = |names: &[&str]| names.iter().find_map(|name| day_of(&shown[*name]));
    let limit = |names: &[&str]| {
        names.iter().find_map(|name| lenient::whole_of(&shown["limits"][*name])).map(Cents)
    };
    Some(CoverageSeen {
        coverage,
        effective: day(&["effective_date", "policy_effective_date", "effective"]),
        expires: day(&["expiration_date", "policy_expiration_date", "expiration", "expires"]),
        occurrence_cents: limit(&["each_occurrence", "occurrence_limit", "each_accident"]),
        aggregate_cents: limit(&["general_aggregate", "aggregate", "aggregate_limit"]),
    })
}

/// A day: `2026-12-31`, `12/31/2026`, or a moment, of which the day in UTC counts.
fn day_of(value: &Value) -> Option<Date> {
    let text = lenient::text_of(value)?;
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    if let Ok(day) = Date::strptime("%m/%d/%Y", &text) {
        return Some(day);
    }
    let moment = lenient::moment_of(value)?;
    Some(moment.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// A form of RFC 7578, ready to be sent.
pub(crate) struct Form {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Form {
    /// The form that hands a document in: the file, whose it is, and JobDiva's ids where the tenant sends them.
    pub(crate) fn of(config: &Config, upload: &Upload, pdf: &[u8]) -> Self {
        let boundary = boundary(pdf);
        let mut bytes = Vec::with_capacity(pdf.len() + 1024);
        let mut part = |headers: &str, content: &[u8]| {
            bytes.extend_from_slice(format!("--{boundary}\r\n{headers}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(b"\r\n");
        };
        let field = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
        let file = format!(
            "{}; filename=\"{}\"\r\nContent-Type: application/pdf",
            field("certificate"),
            quoted(&upload.file_name)
        );
        part(&file, pdf);
        part(&field("contractor"), upload.contractor.as_str().as_bytes());
        match config.metadata_on {
            MetadataOn::ContractorAndJob => {}
            MetadataOn::Everything => {
                let candidate = upload.candidate.as_str().as_bytes();
                part(&field("custom_metadata[jobdiva_candidate_id]"), candidate);
                if let Some(placement) = &upload.placement {
                    let placement = placement.as_str().as_bytes();
                    part(&field("custom_metadata[jobdiva_placement_id]"), placement);
                }
            }
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Self { content_type: format!("multipart/form-data; boundary={boundary}"), bytes }
    }
}

/// A line that the content does not hold: it is made of the content's hash.
fn boundary(content: &[u8]) -> String {
    format!("form-{}", &hex::encode(Sha256::digest(content))[..40])
}

/// A file's name within quotes.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{Environment, LinkTemplates};
    use crate::secret::Secret;

    fn upload() -> Upload {
        Upload {
            contractor: "cn_1".into(),
            candidate: "12345".into(),
            placement: Some("45678".into()),
            sha256: "ab".repeat(32),
            file_name: "coi-12345-abababababababab.pdf".into(),
        }
    }

    fn sent(metadata_on: MetadataOn) -> String {
        let links = LinkTemplates { success_url: String::new(), cancel_url: String::new() };
        let mut config = Config::new(Secret::new("t9k_test_1"), Environment::Sandbox, links);
        config.metadata_on = metadata_on;
        String::from_utf8(Form::of(&config, &upload(), b"%PDF-1.7\n--form-").bytes).unwrap()
    }

    #[test]
    fn the_form_has_the_file_whose_it_is_and_the_ids_where_they_are_wanted() {
        let plain = sent(MetadataOn::ContractorAndJob);
        assert!(plain.contains(
            "name=\"certificate\"; filename=\"coi-12345-abababababababab.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7"
        ));
        assert!(plain.contains("name=\"contractor\"\r\n\r\ncn_1\r\n"));
        assert!(!plain.contains("custom_metadata"));
        let all = sent(MetadataOn::Everything);
        assert!(all.contains("name=\"custom_metadata[jobdiva_candidate_id]\"\r\n\r\n12345\r\n"));
        assert!(all.contains("name=\"custom_metadata[jobdiva_placement_id]\"\r\n\r\n45678\r\n"));
    }

    fn read(certificate: Value) -> Certificate {
        serde_json::from_value(certificate).unwrap()
    }

    #[test]
    fn a_review_is_read_with_its_rules_and_coverages() {
        let review = read(json!({"id": "ci_1", "contractor": "cn_1", "filename": "x.pdf", "status": "flagged",
            "review_results": {"id": "ca_1", "status": "flagged", "summary": {"failed": 1},
                "audit_results": [
                    {"rule_name": "GL aggregate", "result": "fail", "message": "limit below requirement", "manually_approved": false},
                    {"rule_name": "WC", "result": "fail", "manually_approved": true},
                    {"rule_path": "coverages.cyber", "result": "skipped"}],
                "parsed_certificate_json": {"coverages": {
                    "commercial_general_liability": {"effective_date": "2026-01-01", "expiration_date": "01/01/2027",
                        "limits": {"each_occurrence": 100_000_000, "general_aggregate": "200000000"}},
                    "umbrella": {"effective_date": "2026-01-01"}}}}}))
        .review()
        .unwrap();
        assert_eq!(review.standing, ReviewStanding::Flagged);
        let results: Vec<&Said> = review.rules.iter().map(|rule| &rule.result).collect();
        assert_eq!(results, [&Said::Failed, &Said::LetPass, &Said::Other("skipped".into())]);
        assert_eq!(review.rules[2].name, "coverages.cyber");
        let day = |text: &str| text.parse::<Date>().ok();
        assert_eq!(
            review.coverages,
            [CoverageSeen {
                coverage: CoverageType::General,
                effective: day("2026-01-01"),
                expires: day("2027-01-01"),
                occurrence_cents: Some(Cents(100_000_000)),
                aggregate_cents: Some(Cents(200_000_000)),
            }]
        );
    }

    #[test]
    fn what_is_not_told_is_left_out_and_an_unknown_status_is_no_review() {
        for (status, standing) in [
            ("pending", ReviewStanding::Pending),
            ("processing", ReviewStanding::Processing),
            ("validated", ReviewStanding::Approved),
            ("valid", ReviewStanding::Approved),
            ("denied", ReviewStanding::Denied),
            ("error", ReviewStanding::Error),
        ] {
            let review =
                read(json!({"id": "ci_1", "status": status, "review_results": null})).review();
            assert_eq!(
                review,
                Ok(Review { standing, rules: vec![], coverages: vec![] }),
                "{status}"
            );
        }
        assert!(read(json!({"id": "ci_1", "status": "lost"})).review().is_err());
        let listed = read(
            json!({"status": "approved", "review_results": {"parsed_certificate_json":
            {"coverages": [{"type": "Workers Compensation", "expires": 1_798_761_600}, {"type": "Auto"}]}}}),
        );
        let coverages = listed.review().unwrap().coverages;
        assert_eq!(coverages.len(), 1);
        assert_eq!(coverages[0].expires, "2027-01-01".parse().ok());
        assert_eq!(coverages[0].effective, None);
    }

    #[test]
    fn it_is_found_by_whose_it_is_and_its_files_name() {
        let certificate = |contractor: &str, filename: &str| {
            read(json!({"id": "ci_1", "contractor": contractor, "filename": filename}))
                .is_of(&upload())
        };
        assert!(certificate("cn_1", "coi-12345-abababababababab.pdf"));
        assert!(!certificate("cn_2", "coi-12345-abababababababab.pdf"));
        assert!(!certificate("cn_1", "coi-12345-abababababababab-2.pdf"));
    }
}
