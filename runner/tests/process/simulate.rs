//! `runner simulate`: each simulator alone, used over HTTP as somebody who develops against it would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use super::binary::{good, run, runner};

/// A simulator in a process of its own.
pub struct Simulator {
    child: Child,
    /// `127.0.0.1:<port>`.
    pub address: String,
    /// What it printed before it served, to the last control request.
    pub said: String,
}

impl Simulator {
    /// Starts it; `last` is in the last line that it prints before it serves.
    pub fn start(dir: &Path, arguments: &[&str], last: &str) -> Self {
        let mut child = runner(dir, &[&["simulate"], arguments].concat())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !said.contains(last) {
            said += &lines.next().expect("it ends before it serves").unwrap();
            said.push('\n');
        }
        let address = said.split("http://").nth(1).unwrap();
        let address = address.split([' ', '/']).next().unwrap().to_owned();
        Self { child, address, said }
    }

    /// The status and the body of an answer.
    fn asked(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
        let mut line = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\
             Content-Type: application/json\r\nConnection: close\r\n\r\n{body}",
            self.address
        );
        line.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    /// The body of a good answer.
    pub fn json(&self, method: &str, path: &str, token: &str, body: &str) -> Value {
        let (status, text) = self.asked(method, path, token, body);
        assert_eq!(status, 200, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {path}: {text}"))
    }

    /// Tells it to stop, which must be a good end.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(kill.success());
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{ended:?}");
    }
}

/// A failed test leaves no process behind.
impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn jobdiva_is_simulated_alone() {
    let dir = tempfile::tempdir().unwrap();
    let printed = good(dir.path(), &["simulate", "jobdiva", "--print-dialect"]);
    let dialect = printed.replace("billing_dates = \"iso\"", "billing_dates = \"us\"");
    assert_ne!(dialect, printed);
    std::fs::write(dir.path().join("tenant.toml"), dialect).unwrap();
    let arguments =
        ["jobdiva", "--pace", "0", "--clock", "2026-03-25T13:00:00Z", "--dialect", "tenant.toml"];
    let sim = Simulator::start(dir.path(), &arguments, "webhooks/resend");
    assert!(sim.said.contains("2026-03-25T13:00:00.000Z"), "{}", sim.said);
    assert!(sim.said.contains("client id  4711"), "{}", sim.said);

    let login = "/apiv2/v2/authenticate?clientid=4711&username=api-user%40example.com\
        &password=simulated%20%26%20not%20secret";
    let token = sim.json("GET", login, "", "")["token"].as_str().unwrap().to_owned();
    let record = "/apiv2/bi/BillingRecordDetail?employeeId=70011000057&recordId=1";
    let answer = sim.json("GET", record, &token, "").to_string();
    assert!(answer.contains("\"04/06/2026\""), "the dialect is spoken: {answer}");
    assert_eq!(sim.asked("GET", record, "none", "").0, 401);

    let document = sim.json("GET", "/openapi.json", "", "");
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], format!("http://{}", sim.address));
    assert!(document["paths"]["/apiv2/bi/BillingRecordDetail"]["get"].is_object());
    let (status, page) = sim.asked("GET", "/", "", "");
    assert!(status == 200 && page.contains("51000777"), "{page}");

    let clock = sim.json("POST", "/__sim/clock", "", "{\"advance_secs\":3600}");
    assert_eq!(clock["now"], "2026-03-25T14:00:00.000Z");
    sim.stop();
}

#[test]
fn the_insurer_is_simulated_alone_and_goes_on_from_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = ["1099policy", "--pace", "0", "--state", "insurer.json"];
    let sim = Simulator::start(dir.path(), &arguments, "/_sim/reset");
    let key = sim.said.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let person = "{\"email\":\"ada@example.com\",\"first_name\":\"Ada\",\"last_name\":\"Byron\"}";
    let (status, made) = sim.asked("POST", "/api/v1/contractors", &key, person);
    assert_eq!(status, 201, "{made}");
    assert!(sim.json("GET", "/openapi.json", "", "")["paths"]["/contractors"].is_object());
    sim.stop();

    let again = Simulator::start(dir.path(), &arguments, "/_sim/reset");
    let all = again.json("GET", "/api/v1/contractors", &key, "").to_string();
    assert!(all.contains("ada@example.com"), "{all}");
    again.stop();
}

#[test]
fn the_insurer_speaks_the_dialect_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let printed = good(dir.path(), &["simulate", "1099policy", "--print-dialect"]);
    let dialect =
        printed.replace("contractor_required = \"lenient\"", "contractor_required = \"strict\"");
    assert_ne!(dialect, printed);
    std::fs::write(dir.path().join("insurer.toml"), dialect).unwrap();
    let person = "{\"email\":\"ada@example.com\",\"first_name\":\"Ada\",\"last_name\":\"Byron\"}";
    let usual = ["1099policy", "--pace", "0"];
    let own = ["1099policy", "--pace", "0", "--dialect", "insurer.toml"];
    for (arguments, expected, stands) in [(&usual[..], 201, "lenient"), (&own, 400, "strict")] {
        let sim = Simulator::start(dir.path(), arguments, "/_sim/reset");
        let key = sim.said.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let (status, made) = sim.asked("POST", "/api/v1/contractors", &key, person);
        assert_eq!(status, expected, "{made}");
        let switches = sim.json("GET", "/_sim/switches", "", "");
        assert_eq!(switches["rules"]["contractor_required"], stands);
        sim.stop();
    }
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slip.toml"), "billing_datse = \"us\"\n").unwrap();
    let slip = run(dir.path(), &["simulate", "jobdiva", "--dialect", "slip.toml"]);
    assert_eq!(slip.status.code(), Some(3));
    let told = String::from_utf8_lossy(&slip.stderr).into_owned();
    assert!(told.contains("billing_datse") && told.contains("--print-dialect"), "{told}");
    let slip = run(dir.path(), &["simulate", "1099policy", "--dialect", "slip.toml"]);
    assert_eq!(slip.status.code(), Some(3));
    let told = String::from_utf8_lossy(&slip.stderr).into_owned();
    assert!(
        told.contains("billing_datse") && told.contains("1099policy --print-dialect"),
        "{told}"
    );
    let clock = run(dir.path(), &["simulate", "jobdiva", "--clock", "yesterday"]);
    assert_eq!(clock.status.code(), Some(2));
    let help = good(dir.path(), &["simulate", "--help"]);
    assert!(help.contains("runner simulate 1099policy --port 8802"), "{help}");
}
