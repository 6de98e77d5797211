//! What may have happened to a body on its way, and what it may have been when it was sent: for whoever finds out why a
//! signature over it does not fit. Pure. Deliberately absent: signatures; each adapter tries its own on these forms.

use std::fmt;

/// What happened to a body on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Altered {
    /// A line's end was added at its end.
    NewlineAdded,
    /// A line's end was taken from its end.
    NewlineLost,
    /// Its line ends were changed.
    LineEnds,
    /// It was parsed and written anew.
    Rewritten,
}

impl fmt::Display for Altered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Altered::NewlineAdded => "the body has a line end at its end that was not signed",
            Altered::NewlineLost => "the body lacks the line end at its end that was signed",
            Altered::LineEnds => "the body's line ends were changed on the way",
            Altered::Rewritten => {
                "the body was parsed and written anew on the way: keep its raw bytes"
            }
        })
    }
}

/// What the body may have been when it was signed, each with what happened to it since.
pub fn earlier_forms(body: &[u8]) -> Vec<(Altered, Vec<u8>)> {
    let mut forms = Vec::new();
    let trimmed = body.trim_ascii_end();
    if trimmed.len() < body.len() {
        forms.push((Altered::NewlineAdded, trimmed.to_vec()));
    }
    forms.push((Altered::NewlineLost, [body, b"\n"].concat()));
    forms.push((Altered::NewlineLost, [body, b"\r\n"].concat()));
    let Ok(text) = std::str::from_utf8(body) else { return forms };
    let unix = text.replace("\r\n", "\n");
    forms.push((Altered::LineEnds, unix.replace('\n', "\r\n").into_bytes()));
    forms.push((Altered::LineEnds, unix.into_bytes()));
    for gap in ["", " "] {
        forms.push((Altered::Rewritten, respaced(text, gap).into_bytes()));
    }
    forms
}

/// A JSON text with this and nothing else after each comma and colon outside of its texts.
fn respaced(text: &str, gap: &str) -> String {
    let (mut out, mut within, mut escaped) = (String::with_capacity(text.len()), false, false);
    for c in text.chars() {
        if within || !c.is_ascii_whitespace() {
            out.push(c);
        }
        if !within && matches!(c, ',' | ':') {
            out.push_str(gap);
        }
        within ^= c == '"' && !escaped;
        escaped = within && c == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_is_among_the_earlier_forms() {
        let is_found = |sent: &str, came: &str, how| {
            let forms = earlier_forms(came.as_bytes());
            assert!(forms.contains(&(how, sent.as_bytes().to_vec())), "{came:?}: {forms:?}");
        };
        is_found("{}", "{}\n", Altered::NewlineAdded);
        is_found("{}\r\n", "{}", Altered::NewlineLost);
        is_found("{\r\n}", "{\n}", Altered::LineEnds);
        is_found("{\n}", "{\r\n}", Altered::LineEnds);
        let (tight, wide) = (r#"{"a":[1,"b, \"c: d"]}"#, r#"{"a": [1, "b, \"c: d"]}"#);
        is_found(tight, wide, Altered::Rewritten);
        is_found(wide, tight, Altered::Rewritten);
        // Bytes that are no text can have lost or gained an end only.
        assert!(earlier_forms(b"\xff").iter().all(|(how, _)| *how == Altered::NewlineLost));
    }
}
