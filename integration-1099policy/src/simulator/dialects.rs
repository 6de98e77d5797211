//! Which of the vendor's two dialects a request speaks: its API reference's, or its integration guides'.
//!
//! Both are taken (unless `strict_unknown_fields` says otherwise), and each word that a request chose is noted, so that a
//! test can say what came. The words are those of `docs/dialects.md`, row by row. What the vendor tells by itself is noted
//! as `told.<event>` where it is told (`events.rs`). Absent: judgement; a request is noted whatever becomes of it.

use serde_json::Value;
use workflow_core::time::Timestamp;

use super::idempotency;
use super::request::Request;
use super::{auth, fields::Json};

/// The words of one request, as it arrived at `now`.
pub(super) fn spoken(request: &Request, now: Timestamp) -> Vec<String> {
    let mut words = vec![format!("auth.{}", auth::scheme(request))];
    words.push(match request.header("ten99policy-environment") {
        Some(_) => "environment.header".to_owned(),
        None => "environment.key".to_owned(),
    });
    let writes = matches!(request.method.as_str(), "POST" | "PUT");
    if !writes {
        return words;
    }
    let creates = request.method == "POST";
    if creates {
        let named = idempotency::HEADERS.iter().filter(|name| request.header(name).is_some());
        words.extend(named.map(|name| format!("key.{name}")));
    }
    let fields = &request.fields;
    let mut say = |word: &str| words.push(word.to_owned());
    match (request.method.as_str(), request.segments().as_slice()) {
        (_, ["contractors", ..]) => contractor(fields, creates, &mut say),
        (_, ["jobs", ..]) => job(fields, creates, &mut say),
        (_, ["quotes", rest @ ..]) => {
            metadata(fields, "quote", &mut say);
            dates(fields, now, &mut say);
            if !rest.is_empty() {
                say("change.quote");
            }
        }
        ("POST", ["apply", "sessions"]) => metadata(fields, "session", &mut say),
        ("POST", ["files", "certificates"]) => metadata(fields, "certificate", &mut say),
        ("POST", ["assignments"]) => {
            metadata(fields, "assignment", &mut say);
            let named = fields.contains_key("coverage_type");
            say(if named { "assignment.coverage_type" } else { "assignment.no_coverage_type" });
            dates(fields, now, &mut say);
        }
        ("POST", ["assignments", "extend"]) => say("change.extend"),
        ("POST", ["assignments", "cancel"]) => say("change.cancel"),
        (_, ["invoices", ..]) => match fields.get("gross_pay") {
            Some(pay) if pay.is_i64() => say("invoice.cents"),
            Some(_) => say("invoice.other_pay"),
            None => {}
        },
        _ => {}
    }
    words
}

/// The names of what a body says, those inside an object as `outer.inner`; never a value.
pub(super) fn names(fields: &Json) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in fields {
        match value.as_object().filter(|inner| !inner.is_empty()) {
            Some(inner) => names.extend(inner.keys().map(|key| format!("{name}.{key}"))),
            None => names.push(name.clone()),
        }
    }
    names.sort_unstable();
    names
}

fn contractor(fields: &Json, creates: bool, say: &mut impl FnMut(&str)) {
    let contact = fields.get("contact").and_then(Value::as_object);
    say(match contact {
        Some(_) if fields.contains_key("email") => "contractor.both",
        Some(_) => "contractor.contact",
        None => "contractor.flat",
    });
    if creates {
        let given = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
        let phone = contact.unwrap_or(fields).get("phone");
        say(if given(phone) { "contractor.phone" } else { "contractor.no_phone" });
        let address = fields.get("address");
        say(if given(address) { "contractor.address" } else { "contractor.no_address" });
    }
}

fn job(fields: &Json, creates: bool, say: &mut impl FnMut(&str)) {
    let in_address = fields.get("address").is_some_and(|address| !address["region"].is_null());
    let on_top = fields.get("region").is_some_and(|region| !region.is_null());
    if in_address {
        say("job.address.region");
    }
    if on_top {
        say("job.region");
    }
    if creates && !in_address && !on_top {
        say("job.remote");
    }
    match fields.get("category_code").and_then(Value::as_str) {
        Some(code) if code.starts_with("jc_") => say("job.category_code"),
        Some(_) => say("job.category_word"),
        None => {}
    }
    if let Some(kind) = fields.get("wage_type").and_then(Value::as_str) {
        say(&format!("job.wage_type.{kind}"));
    }
    let noted = |id: &str| fields.get("custom_metadata").is_some_and(|it| !it[id].is_null());
    if noted("jobdiva_placement_id") {
        say("job.per_placement");
    } else if noted("jobdiva_job_id") {
        say("job.per_requisition");
    }
}

fn metadata(fields: &Json, what: &str, say: &mut impl FnMut(&str)) {
    let word =
        if fields.contains_key("custom_metadata") { "custom_metadata" } else { "no_metadata" };
    say(&format!("{what}.{word}"));
}

fn dates(fields: &Json, now: Timestamp, say: &mut impl FnMut(&str)) {
    match fields.get("effective_date").map(Value::as_i64) {
        Some(Some(secs)) if secs > now.as_secs() => say("dates.future"),
        Some(Some(_)) => say("dates.past"),
        Some(None) => say("dates.other"),
        None => {}
    }
}
