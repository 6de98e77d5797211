//! Plain text out of the HTML that descriptions are written in.
//!
//! No HTML is rendered or trusted: tags are dropped, blocks become lines, entities become characters.

/// Tags after which the text goes on in a new line.
const BLOCKS: &[&str] =
    &["br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr"];
/// Tags whose content is not text.
const SILENT: &[&str] = &["script", "style", "head", "title"];

/// The text of an HTML fragment: lines without surrounding blanks, no empty lines.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let tag = &rest[open..];
        let begins_tag =
            tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let Some(close) = tag.find('>').filter(|_| begins_tag) else {
            out.push('<');
            rest = &tag[1..];
            continue;
        };
        let name: String = tag[1..close]
            .chars()
            .skip_while(|c| *c == '/')
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let name = name.to_ascii_lowercase();
        rest = &tag[close + 1..];
        if SILENT.contains(&name.as_str()) && !tag.starts_with("</") {
            rest = after_end(rest, &name);
        }
        out.push_str(if BLOCKS.contains(&name.as_str()) { "\n" } else { "" });
    }
    out.push_str(rest);
    tidy(&entities(&out))
}

/// What follows the end tag of `name`.
fn after_end<'a>(html: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    match html.to_ascii_lowercase().find(&end) {
        Some(at) => &html[at..],
        None => "",
    }
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].find(';').filter(|end| *end <= 8).map(|end| &rest[1..=end]);
        match name.and_then(|name| Some((name, character(name)?))) {
            Some((name, character)) => {
                out.push(character);
                rest = &rest[name.len() + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" | "rsquo" | "lsquo" => Some('\''),
        "ldquo" | "rdquo" => Some('"'),
        "nbsp" => Some(' '),
        "ndash" | "mdash" => Some('-'),
        "bull" | "middot" => Some('*'),
        _ => {
            let digits = name.strip_prefix('#')?;
            match digits.strip_prefix(['x', 'X']) {
                Some(hex) => number(hex, 16),
                None => number(digits, 10),
            }
        }
    }
}

fn tidy(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> =
        text.split(['\n', '\r']).map(line).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_go_and_blocks_become_lines() {
        assert_eq!(text("<p>Reporting migration.</p>"), "Reporting migration.");
        assert_eq!(text("<P>a&nbsp; b<br/>c</P><ul><li>d</li></ul>"), "a b\nc\nd");
        assert_eq!(text("<b>R&amp;D</b> &lt;3 &#39;x&#x41;' & 1 < 2"), "R&D <3 'xA' & 1 < 2");
        assert_eq!(text("<style>p{}</style>a<script>b</SCRIPT>c"), "ac");
        assert_eq!(text("a <script>b"), "a");
        assert_eq!(text("plain"), "plain");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(html in r"[<>/&;#a-zıİ!\n ]{0,60}|.{0,60}") {
            let _ = text(&html);
        }
    }
}
