//! The error envelope: `{"error_code": "...", "message": "..."}`, the message a text or an object of field -> problems.
//!
//! A message may quote what was sent, or name somebody: most calls are about a person whom they do not name, so that only
//! the way a word is written tells. What is kept: the code, the names of the fields, and of a plain message at most 200
//! characters with everything masked that is like an e-mail, a person's number or a name (`wire/plain_words.rs`).

use serde_json::Value;
use workflow_core::domain::call::Refusal;

use super::{lenient, plain_words};

/// The longest plain message kept, in characters.
const MESSAGE_CHARS_MAX: usize = 200;
/// The longest code or field name kept, in characters.
const NAME_CHARS_MAX: usize = 64;
/// A word with so many digits is somebody's number.
const DIGITS_MIN: usize = 9;
/// What joins two words without a space.
const JOINTS: [char; 6] = ['/', ':', ',', ';', '(', '='];
/// How many field names are kept.
const FIELDS_MAX: usize = 12;

/// What an error's body says.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: Option<String>,
    message: String,
}

impl Problem {
    /// Reads an error's body, whatever it is.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Self { code: None, message: format!("status {status} without a JSON body") };
        };
        let code = lenient::text_of(&value["error_code"]).filter(|code| is_name(code));
        let message = match (&value["message"], lenient::text_of(&value["message"])) {
            (Value::Object(fields), _) => fields_of(fields.keys()),
            (_, Some(message)) => safe_message(&message),
            (_, None) => format!("status {status} without a message"),
        };
        Self { code, message }
    }

    /// Whether a 409 speaks of a request under the same key: by its code, or by saying nothing else.
    pub(crate) fn is_about_the_key(&self) -> bool {
        self.code.as_ref().is_none_or(|code| {
            code.contains("idempot") || code.contains("in_flight") || code.contains("in_progress")
        })
    }

    /// The definite no that it is; a missing code is named by the status.
    pub(crate) fn into_refusal(self, status: u16) -> Refusal {
        let named = match status {
            300..=399 => "redirected",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "not_found",
            500.. => "server_error",
            _ => "unnamed",
        };
        let code = self.code.unwrap_or_else(|| named.to_owned());
        Refusal { status, code, message: self.message }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_CHARS_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn fields_of<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<_> = names.filter(|name| is_name(name)).map(String::as_str).collect();
    names.sort_unstable();
    names.truncate(FIELDS_MAX);
    format!("fields: {}", names.join(", "))
}

/// A provider's plain message without e-mails, long numbers and names, in at most 200 characters.
pub(crate) fn safe_message(message: &str) -> String {
    let masked: Vec<&str> = message
        .split_whitespace()
        .map(|word| match word {
            word if word.contains('@') || word.contains("%40") => "[e-mail]",
            // A phone or tax number; no id of theirs has so many digits.
            word if word.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN => "[number]",
            word if !word.split(JOINTS).all(|part| plain_words::is_plain(bare(part))) => "[name]",
            word => word,
        })
        .collect();
    // Of a name of several words one mask is enough.
    let masked = masked.chunk_by(|one, next| (*one, *next) == ("[name]", "[name]"));
    let masked: Vec<&str> = masked.filter_map(|same| same.last().copied()).collect();
    masked.join(" ").chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS_MAX).collect()
}

/// A word without what surrounds it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Problem::read(status, body.as_bytes()).into_refusal(status)
    }

    #[test]
    fn a_plain_message_is_kept_without_e_mails() {
        let body =
            r#"{"error_code":"duplicate_email","message":"<ana@example.test> is taken, (B@x)."}"#;
        let refusal = refusal(400, body);
        assert_eq!(refusal.code, "duplicate_email");
        assert_eq!(refusal.message, "[e-mail] is taken, [e-mail]");
        assert_eq!(safe_message("ask (559-555-0142), or 123456789."), "ask [number] or [number]");
        assert_eq!(safe_message(&"é".repeat(900)).chars().count(), 200);
    }

    #[test]
    fn a_plain_message_is_kept_without_names_whatever_the_call_knew() {
        for (message, kept) in [
            ("Kim Doe already has a policy", "[name] already has a policy"),
            ("Quote not found for contractor KIM DOE.", "Quote not found for contractor [name]"),
            ("Assignment of 'Kim O\u{2019}Brien-Doe' ended", "Assignment of [name] ended"),
            ("contractor:Kim is not eligible", "[name] is not eligible"),
            ("Job category CON-4 is unknown", "Job category CON-4 is unknown"),
            ("No Workers Compensation policy qt_9aB", "No Workers Compensation policy qt_9aB"),
            ("Certificate refused: Éva Nagy, kim@x.test", "Certificate refused: [name] [e-mail]"),
        ] {
            let body = serde_json::json!({"error_code": "bad_request", "message": message});
            assert_eq!(refusal(400, &body.to_string()).message, kept);
        }
    }

    #[test]
    fn of_field_errors_only_the_names_are_kept() {
        let body =
            r#"{"error_code":"invalid_input","message":{"phone":["+1 555 is bad"],"email":"x@y"}}"#;
        assert_eq!(refusal(400, body).message, "fields: email, phone");
    }

    #[test]
    fn any_body_makes_a_refusal() {
        assert_eq!(refusal(403, "<html>no</html>").code, "forbidden");
        assert_eq!(refusal(404, "").code, "not_found");
        assert_eq!(refusal(302, "").code, "redirected");
        assert_eq!(refusal(400, "[]").code, "unnamed");
        let odd = refusal(400, r#"{"error_code":"a b <i>","message":7}"#);
        assert_eq!((odd.code.as_str(), odd.message.as_str()), ("unnamed", "7"));
    }
}
