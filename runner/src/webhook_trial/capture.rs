//! A captured delivery: its headers and its raw body.

/// The most headers that are looked at.
const HEADERS_MAX: usize = 200;

/// Why a text is no capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCapture {
    /// No empty line ends the head.
    #[error(
        "no empty line ends the headers: expected a request as it was sent, or --headers and --body"
    )]
    NoEnd,
    /// The head is no text.
    #[error("the headers are no text")]
    NotText,
    /// A line of the head is no header.
    #[error("line {line} of the headers is none: expected `Name: value`")]
    NotAHeader {
        /// Which, from 1.
        line: usize,
    },
    /// There are too many.
    #[error("more than {HEADERS_MAX} headers")]
    TooMany,
}

/// One delivery as it came. Not shown: neither its headers nor its body.
#[derive(Clone, Default)]
pub struct Capture {
    /// Its headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, untouched.
    pub body: Vec<u8>,
}

impl Capture {
    /// From a file of headers, one `Name: value` a line (the request line may stand above them), and one with the body.
    pub fn of_parts(head: &[u8], body: Vec<u8>) -> Result<Self, BadCapture> {
        let text = std::str::from_utf8(head).map_err(|_| BadCapture::NotText)?;
        let mut headers = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let request_line = index == 0 && line.contains(" HTTP/");
            if line.trim().is_empty() || request_line {
                continue;
            }
            let header = line.split_once(':').filter(|(name, _)| {
                !name.is_empty() && !name.contains(|c: char| c.is_whitespace())
            });
            let (name, value) = header.ok_or(BadCapture::NotAHeader { line: index + 1 })?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if headers.len() > HEADERS_MAX {
            return Err(BadCapture::TooMany);
        }
        Ok(Self { headers, body })
    }

    /// From a whole request as it was sent: head, an empty line, and the raw body to the file's end.
    pub fn of_request(bytes: &[u8]) -> Result<Self, BadCapture> {
        let ends: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];
        let end = ends.iter().filter_map(|end| {
            let at = bytes.windows(end.len()).position(|window| window == *end)?;
            Some((at, at + end.len()))
        });
        let (head, body) = end.min().ok_or(BadCapture::NoEnd)?;
        Self::of_parts(&bytes[..head], bytes[body..].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_head_and_body_of_either_line_end() {
        for end in ["\r\n", "\n"] {
            let text =
                ["POST /hooks/x/y HTTP/1.1", "X-Signature:  t=1,v1=a:b ", "Host: h", "", "{}\n\n"];
            let capture = Capture::of_request(text.join(end).as_bytes()).unwrap();
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            assert_eq!(capture.headers, [pair("x-signature", "t=1,v1=a:b"), pair("host", "h")]);
            assert_eq!(capture.body, b"{}\n\n", "the body is untouched");
        }
        let empty = Capture::of_request(b"A: b\n\n").unwrap();
        assert!(empty.body.is_empty());
        let refused = |bytes: &[u8]| Capture::of_request(bytes).err();
        assert_eq!(refused(b"A: b\n{}"), Some(BadCapture::NoEnd));
        assert_eq!(refused(b"A: b\nnonsense\n\n"), Some(BadCapture::NotAHeader { line: 2 }));
        assert_eq!(refused(b"\xff: b\n\n"), Some(BadCapture::NotText));
    }
}
