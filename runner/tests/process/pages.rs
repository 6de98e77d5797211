//! Every page that the router has, as an admin sees it over bare sockets.
//!
//! The addresses are the site's own table, so that a new one is looked at as soon as it is there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use runner::web::{self, Shows};
use serde_json::Value;

use super::binary::good;

/// What is no page and is read all the same.
const READ_TOO: [&str; 2] = ["/", "/coverage.csv"];

/// The pages that answer with another status than 200.
const UNLIKE: [(&str, &str); 1] = [("/", "303")];

/// Somebody who has come in.
pub struct Visit {
    address: String,
    cookie: String,
    /// What opened the door: secret.
    pub token: String,
}

impl Visit {
    /// Comes in by the link that the command line prints.
    pub fn begin(dir: &Path) -> Self {
        let link = good(dir, &["page"]);
        let (address, token) =
            link.trim().trim_start_matches("http://").split_once("/enter?token=").unwrap();
        let form = format!("token={token}&name=Kim&to=%2Freview");
        let request = format!(
            "POST /enter HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = exchanged(address, &request);
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.unwrap_or_else(|| panic!("nobody comes in: {answer}"));
        Self {
            address: address.to_owned(),
            cookie: cookie.split(';').next().unwrap().to_owned(),
            token: token.to_owned(),
        }
    }

    /// Each page with its path: those about a placement are about this one of tenant acme, now and at its first event,
    /// those about papers about its contractor.
    pub fn pages(&self, placement: &str, candidate: &str) -> Vec<(String, String)> {
        let mut pages = Vec::new();
        for route in routes() {
            let id = if route.contains("{workflow}") { candidate } else { placement };
            let path = route.replace("{workflow}", "contractor").replace("{tenant}", "acme");
            let path = path.replace("{id}", id);
            assert!(!path.contains('{'), "what stands in {path}? say it here");
            pages.extend((path != route).then(|| format!("{path}?at=1")));
            // Some must be told about what.
            pages.push(match path.as_str() {
                "/sent" => format!("{path}?of=placement/acme/{placement}"),
                "/inbox/one" => format!("{path}?{}", self.delivery()),
                _ => path,
            });
        }
        for known in ["/review", "/board", "/connections", "/placements/acme/51000777?at=1"] {
            assert!(pages.iter().any(|page| page == known), "{known} is not among {pages:?}");
        }
        pages
            .into_iter()
            .map(|path| (self.page(&path), path))
            .map(|(it, path)| (path, it))
            .collect()
    }

    /// What the first delivery in the log is asked for by.
    fn delivery(&self) -> String {
        let mut path = "/log?at=0".to_owned();
        loop {
            let page = self.page(&path);
            if let Some(rest) = page.split("href=\"/inbox/one?").nth(1) {
                return rest.split('"').next().unwrap().replace("&amp;", "&");
            }
            let later = page.split("rel=\"next\" href=\"").nth(1).expect("no delivery in the log");
            path = later.split('"').next().unwrap().to_owned();
        }
    }

    fn page(&self, path: &str) -> String {
        let (address, cookie) = (&self.address, &self.cookie);
        let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
        let answer = exchanged(address, &request);
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let expected = UNLIKE.iter().find(|(other, _)| *other == path).map_or("200", |(_, it)| *it);
        assert_eq!(status, expected, "{path}: {answer}");
        assert!(!answer.contains("location: /enter"), "{path}: nobody is known");
        answer
    }
}

/// The addresses that somebody who has come in can read.
fn routes() -> Vec<&'static str> {
    let pages = web::addresses().filter(|(path, shows)| *shows == Shows::Page && *path != "/enter");
    pages.map(|(path, _)| path).chain(READ_TOO).collect()
}

/// What is counted, as the admin door tells whoever asks.
pub fn metrics(dir: &Path) -> String {
    let door = std::fs::read_to_string(dir.join("workflow-demo/admin.json")).unwrap();
    let door: Value = serde_json::from_str(&door).unwrap();
    let address = door["url"].as_str().unwrap().trim_start_matches("http://");
    let answer = exchanged(address, &format!("GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n"));
    assert_eq!(answer.split(' ').nth(1), Some("200"), "{answer}");
    answer
}

/// The whole answer; of HTTP 1.0, so that it comes in one piece.
fn exchanged(address: &str, request: &str) -> String {
    let mut line = TcpStream::connect(address).unwrap();
    line.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
