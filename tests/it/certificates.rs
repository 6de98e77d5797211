//! Certificates through the whole runner, between both simulators: found, handed in, followed, and forgotten.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::path::Path;
use std::time::Duration;

use integration_1099policy::simulator::{Advance, Outcome as Reviewed};
use integration_jobdiva::simulator::{Hired, Mutation, NewCandidate, NewHire};
use reqwest::StatusCode;
use runner::demo::{Demo, INTAKE_TOKEN, Screen};
use runner::views::{self, Line};
use serde_json::Value;
use tests::canary::Watch;
use workflow_core::domain::placement::{Issue, Placement, State};
use workflow_core::id::StreamId;

mod kept;

const HOUR: Duration = Duration::from_secs(3600);
/// The seed's candidate with a certificate among the attachments.
const NAKAGAWA: &str = "70011000059";
/// A candidate with a placement in scope, and one whose only placement is a W-2 one.
const HIRED: &str = "70011000056";
/// Another candidate of the seed.
const HEIR: &str = "70011000045";

struct Played {
    dir: tempfile::TempDir,
    demo: Demo,
    _watch: Watch,
}

impl Played {
    /// The demo, some hours on.
    async fn for_hours(hours: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let demo = Demo::start(dir.path()).await.unwrap();
        let mut played = Self { dir, demo, _watch: Watch::new() };
        played.pass(hours).await;
        played
    }

    async fn pass(&mut self, hours: u32) {
        self.demo.settle(&mut Screen::silent()).await.unwrap();
        for _ in 0..hours * 2 {
            self.demo.advance(HOUR / 2).await.unwrap();
            self.demo.settle(&mut Screen::silent()).await.unwrap();
        }
    }

    fn certificates_of(&self, candidate: &str) -> Vec<Line> {
        let mut all = views::certificates(self.demo.engine(), &[]).certificates;
        all.retain(|line| line.id.starts_with(candidate));
        all
    }

    async fn hand_in(
        &self,
        token: &str,
        fields: &[(&str, &str)],
        pdf: &[u8],
    ) -> (StatusCode, Value) {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(
            b"--b\r\nContent-Disposition: form-data; name=\"certificate\"; filename=\"Kim Doe COI.pdf\"\r\nContent-Type: application/pdf\r\n\r\n",
        );
        body.extend_from_slice(pdf);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let url = format!("http://{}/intake/certificates", self.demo.hooks());
        let request = reqwest::Client::new().post(url).bearer_auth(token);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        let answer = request.body(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Somebody new is hired, and the records of it are late: the placement.
    fn hire_without_records(&self) -> u64 {
        let who = Hired::New(NewCandidate {
            first_name: "Tove".into(),
            last_name: "Lind".into(),
            email: "tove.lind@example.com".into(),
            state: "CA".into(),
        });
        let hire = Mutation::CreateHire(NewHire {
            who,
            job: 30_440_012,
            start: jiff::civil::date(2026, 5, 4),
            end: Some(jiff::civil::date(2026, 8, 28)),
            pay_rate: "77.25".into(),
            pay_per: "H".into(),
            category: None,
        });
        self.demo.jobdiva().mutate(hire).unwrap().id
    }

    fn uploads(&self) -> u64 {
        self.demo.policy().ledger().certificates_by_hash.values().sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_among_the_attachments_is_found_sent_once_and_approved() {
    let mut played = Played::for_hours(3).await;
    let found = played.certificates_of(NAKAGAWA);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].state, "Approved");
    assert!(found[0].why.contains("general until") && found[0].why.contains("workers-comp until"));
    assert_eq!(played.uploads(), 1, "two files of one name are one content");
    // Nobody out of scope was looked at or sent.
    assert_eq!(views::certificates(played.demo.engine(), &[]).certificates.len(), 1);
    let paths = played.demo.jobdiva().requests();
    let read = |path: &str| {
        paths.iter().filter(|seen| seen.path.ends_with(path)).map(|seen| seen.count).sum::<u64>()
    };
    let details = read("CandidateAttachmentDetail");
    played.pass(3).await;
    let paths = played.demo.jobdiva().requests();
    let again = paths.iter().filter(|seen| seen.path.ends_with("CandidateAttachmentDetail"));
    assert_eq!(
        again.map(|seen| seen.count).sum::<u64>(),
        details,
        "known files are not read again"
    );
    assert_eq!(played.uploads(), 1);
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_intake_takes_what_is_fit_once_and_says_why_not() {
    let mut played = Played::for_hours(2).await;
    let before = played.uploads();
    let of = [("candidate", HIRED), ("placement", "51000791")];
    let pdf = b"%PDF-1.7 at the intake";
    let (status, made) = played.hand_in(INTAKE_TOKEN, &of, pdf).await;
    assert_eq!((status, &made["known"]), (StatusCode::CREATED, &Value::Bool(false)), "{made}");
    let (status, known) = played.hand_in(INTAKE_TOKEN, &of, pdf).await;
    assert_eq!((status, &known["known"]), (StatusCode::OK, &Value::Bool(true)));
    assert_eq!(known["certificate"], made["certificate"]);
    // The same content among the attachments too.
    played
        .demo
        .jobdiva()
        .mutate(Mutation::AddAttachment {
            candidate: HIRED.parse().unwrap(),
            file_name: "COI of the hired.pdf".into(),
            kind: "COI".into(),
            content: pdf.to_vec(),
        })
        .unwrap();
    played.pass(3).await;
    assert_eq!(played.uploads(), before + 1);
    assert_eq!(played.certificates_of(HIRED)[0].state, "Approved");

    let refused =
        |status: StatusCode, body: &Value| (status, body["error"].as_str().unwrap().to_owned());
    let (status, body) = played.hand_in(INTAKE_TOKEN, &of, b"PK not a pdf").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body["error"].as_str().unwrap().contains("must begin with %PDF"), "{body}");
    let (status, why) = played.hand_in(INTAKE_TOKEN, &of, b"").await;
    assert_eq!(refused(status, &why).1, "the file is empty");
    let mut large = b"%PDF".to_vec();
    large.resize(15 * 1024 * 1024 + 1, b' ');
    let (status, why) = played.hand_in(INTAKE_TOKEN, &of, &large).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused(status, &why).1.contains("15 MB"));
    let (status, _) = played.hand_in("another token that is long", &of, pdf).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = played.hand_in(INTAKE_TOKEN, &[("placement", "1")], pdf).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_who_is_no_contractor_nothing_is_taken() {
    let mut played = Played::for_hours(2).await;
    let summaries = played.demo.engine().summaries("placement");
    let excluded = summaries.iter().find(|summary| summary.stream.key() == "51000779").unwrap();
    assert_eq!(excluded.state, "Excluded");
    let state =
        played.demo.engine().state::<workflow_core::domain::placement::Placement>(&excluded.stream);
    let Ok(Some(workflow_core::domain::placement::State::Excluded { brief, .. })) = state else {
        panic!("{state:?}")
    };
    let candidate = brief.candidate.to_string();
    let (status, why) = played
        .hand_in(INTAKE_TOKEN, &[("candidate", &candidate)], b"%PDF-1.7 of an employee")
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(why["error"].as_str().unwrap().contains("out of scope"), "{why}");
    played
        .demo
        .jobdiva()
        .mutate(Mutation::AddAttachment {
            candidate: candidate.parse().unwrap(),
            file_name: "COI.pdf".into(),
            kind: "COI".into(),
            content: b"%PDF-1.7 of an employee".to_vec(),
        })
        .unwrap();
    played.pass(3).await;
    assert_eq!(played.certificates_of(&candidate), []);
    assert!(!played.demo.policy().ledger().contractors_by_candidate.contains_key(&candidate));
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_who_is_not_known_to_be_a_contractor_it_is_kept_and_sent_once_that_is_known() {
    let mut played = Played::for_hours(1).await;
    let before = played.uploads();
    // Hired, and no pay record says how: held.
    let placement = played.hire_without_records();
    let candidate = (70_019_000_000 + placement - 51_900_000 - 1).to_string();
    played.pass(1).await;
    let pdf = b"%PDF-1.7 of somebody whose papers are not filed yet";
    let of = [("candidate", candidate.as_str())];
    let (status, made) = played.hand_in(INTAKE_TOKEN, &of, pdf).await;
    assert_eq!((status, &made["state"]), (StatusCode::CREATED, &Value::from("Kept")), "{made}");
    assert!(made["note"].as_str().unwrap().contains("not sent"), "{made}");
    // Nor is anything sent of a person whom nobody knows at all.
    let stranger = [("candidate", "70019999999")];
    let (_, strange) = played.hand_in(INTAKE_TOKEN, &stranger, pdf).await;
    assert_eq!(strange["state"], "Kept");
    played.pass(4).await;
    let knows = |played: &Played, who: &str| {
        played.demo.policy().ledger().contractors_by_candidate.contains_key(who)
    };
    assert_eq!(played.uploads(), before);
    assert!(!knows(&played, &candidate) && !knows(&played, "70019999999"));

    let (amount, per) = ("77.25".to_owned(), "H".to_owned());
    let category = "Independent Contractor".to_owned();
    let record = Mutation::AddPayRecord { placement, amount, per, category };
    played.demo.jobdiva().mutate(record).unwrap();
    // JobDiva approves a record a day later; then it is found, sent and reviewed.
    played.demo.advance(26 * HOUR).await.unwrap();
    played.pass(3).await;
    assert_eq!(played.certificates_of(&candidate)[0].state, "Approved");
    assert_eq!((played.uploads(), knows(&played, &candidate)), (before + 1, true));
    // The stranger's is kept, and goes with them.
    assert_eq!(played.certificates_of("70019999999")[0].state, "Kept");
    let forgotten = runner::forget::forget(
        played.demo.engine(),
        played.demo.documents(),
        "70019999999",
        None,
        "erasure request 18".into(),
        "kim",
    );
    assert!(forgotten.await.unwrap().key_destroyed);
    played.pass(1).await;
    assert_eq!(played.certificates_of("70019999999")[0].state, "Dropped");
    assert!(!knows(&played, "70019999999"));
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placement_that_is_not_the_candidates_or_is_out_of_scope_is_refused() {
    let played = Played::for_hours(2).await;
    for (candidate, placement) in [(HIRED, "51000777"), ("70011000042", "50900777")] {
        let of = [("candidate", candidate), ("placement", placement)];
        let (status, why) = played.hand_in(INTAKE_TOKEN, &of, b"%PDF-1.7 for another").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        let why = why["error"].as_str().unwrap();
        assert!(why.starts_with(&format!("placement {placement} is ")), "{why}");
        assert_eq!(played.certificates_of(candidate), []);
    }
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_who_turned_out_to_be_an_employee_while_covered_nothing_is_taken() {
    let mut played = Played::for_hours(2).await;
    let (engine, placement) = (played.demo.engine().clone(), 51_000_791);
    let stream = StreamId::new("placement", "acme", "51000791").unwrap();
    let Ok(Some(State::ApplicationPending { application, .. })) =
        engine.state::<Placement>(&stream)
    else {
        panic!("{:?}", engine.summary(&stream))
    };
    let session = application.session.to_string();
    assert!(played.demo.policy().advance_session(&session, Advance::Complete));
    played.pass(2).await;
    assert_eq!(engine.summary(&stream).unwrap().state, "Active");
    let category = "Hourly Employee".to_owned();
    played.demo.jobdiva().mutate(Mutation::SetCategory { placement, category }).unwrap();
    played.demo.advance(26 * HOUR).await.unwrap();
    played.pass(2).await;
    let state = engine.state::<Placement>(&stream).unwrap().unwrap();
    let State::Flagged { issue: Issue::OutOfScopeWhileCovered { .. }, .. } = state else {
        panic!("{state:?}")
    };
    let of = [("candidate", HIRED)];
    let (status, why) = played.hand_in(INTAKE_TOKEN, &of, b"%PDF-1.7 of an employee").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    assert!(why["error"].as_str().unwrap().contains("out of scope"), "{why}");
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_of_which_nothing_is_given_is_asked_for_again() {
    let mut played = Played::for_hours(2).await;
    let attachment = Mutation::AddAttachment {
        candidate: HIRED.parse().unwrap(),
        file_name: "COI.pdf".into(),
        kind: "COI".into(),
        content: Vec::new(),
    };
    let asked = |played: &Played| {
        let requests = played.demo.jobdiva().requests();
        let of = requests.iter().filter(|seen| seen.path.ends_with("CandidateAttachmentDetail"));
        of.map(|seen| seen.count).sum::<u64>()
    };
    let before = asked(&played);
    played.demo.jobdiva().mutate(attachment).unwrap();
    played.pass(2).await;
    let once = asked(&played);
    assert!(once > before);
    played.pass(2).await;
    assert!(asked(&played) > once, "it is not taken for read");
    assert_eq!(played.certificates_of(HIRED), []);
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_refused_and_repeated_nowhere() {
    let played = Played::for_hours(1).await;
    for of in [
        [("candidate", "Kim Doe"), ("placement", "51000791")],
        [("candidate", HIRED), ("placement", "for Kim Doe")],
        [("candidate", "KimDoe"), ("placement", "")],
    ] {
        let (status, why) = played.hand_in(INTAKE_TOKEN, &of, b"%PDF-1.7").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{of:?}");
        let why = why["error"].as_str().unwrap();
        assert!(why.contains("digits") && !why.contains("Kim"), "{why}");
    }
    assert_eq!(played.certificates_of("Kim"), []);
    // What was logged is looked through for `Kim Doe` when this ends.
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_by_two_names_has_one_content_sent_once() {
    let mut played = Played::for_hours(2).await;
    let pdf = b"%PDF-1.7 of one person by two names";
    played.hand_in(INTAKE_TOKEN, &[("candidate", HIRED)], pdf).await;
    played.pass(1).await;
    let before = played.uploads();
    let (old, new) = (HIRED.parse().unwrap(), HEIR.parse().unwrap());
    played.demo.jobdiva().mutate(Mutation::Merge { old, new }).unwrap();
    played.pass(3).await;
    let contractor = workflow_core::id::StreamId::new("contractor", "acme", HIRED).unwrap();
    let merged = played.demo.engine().summary(&contractor).unwrap();
    assert!(merged.headline.contains(HEIR), "{merged:?}");
    let (status, _) = played.hand_in(INTAKE_TOKEN, &[("candidate", HEIR)], pdf).await;
    assert_eq!(status, StatusCode::CREATED);
    played.pass(2).await;
    // That both are one is a fact in the log: of the contractor who they are now.
    let known = played.certificates_of(HEIR).remove(0);
    assert_eq!(known.state, "Dropped");
    assert!(known.why.contains(&format!("handed in as certificate {HIRED}.")), "{known:?}");
    assert_eq!(played.uploads(), before);
    played.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_breaks_down_is_seen_without_any_webhook() {
    let mut played = Played::for_hours(2).await;
    let of = [("candidate", HIRED)];
    played.hand_in(INTAKE_TOKEN, &of, b"%PDF-1.7 hard to read").await;
    played.demo.settle(&mut Screen::silent()).await.unwrap();
    let line = played.certificates_of(HIRED).remove(0);
    assert_eq!(line.state, "Uploaded");
    let certificate = sent_as(&played, &line);
    assert!(played.demo.policy().decide_certificate(&certificate, Reviewed::Error));
    played.pass(2).await;
    let line = played.certificates_of(HIRED).remove(0);
    assert_eq!(line.state, "Error", "{line:?}");
    assert_eq!(line.waits, ["a person"]);
    played.demo.stop().await.unwrap();
}

fn sent_as(played: &Played, line: &Line) -> String {
    let stream = workflow_core::id::StreamId::new("certificate", &line.tenant, &line.id).unwrap();
    let shown = views::certificate(played.demo.engine(), &stream, &[]).unwrap().unwrap();
    shown.certificate.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_lie_sealed_and_go_with_their_person() {
    let mut played = Played::for_hours(2).await;
    let of = [("candidate", HIRED)];
    let pdf = b"%PDF-1.7 names Kim Doe of Baltimore";
    played.hand_in(INTAKE_TOKEN, &of, pdf).await;
    played.pass(1).await;
    let files = files_below(played.dir.path());
    let holds = |needle: &[u8]| {
        let is_in = |bytes: &Vec<u8>| bytes.windows(needle.len()).any(|window| window == needle);
        files.iter().any(|file| is_in(&std::fs::read(file).unwrap_or_default()))
    };
    assert!(!holds(b"Kim Doe"), "neither the document nor its name is anywhere in the clear");
    let before = documents(played.dir.path());
    assert_eq!(before, 2, "one each of two people");
    let documents_dir = played.dir.path();
    let forgotten = runner::forget::forget(
        played.demo.engine(),
        played.demo.documents(),
        HIRED,
        None,
        "erasure request 17".into(),
        "kim",
    );
    assert!(forgotten.await.unwrap().key_destroyed);
    assert_eq!(documents(documents_dir), 1);
    let (status, why) = played.hand_in(INTAKE_TOKEN, &of, b"%PDF-1.7 another").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(why["error"].as_str().unwrap().contains("forgotten"), "{why}");
    played.demo.stop().await.unwrap();
}

fn documents(data: &Path) -> usize {
    files_below(&data.join("documents")).len()
}

fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        // The simulators are JobDiva and the insurer: they know whom they know.
        match (path.is_dir(), path.ends_with("simulators")) {
            (true, false) => found.extend(files_below(&path)),
            (true, true) => {}
            (false, _) => found.push(path),
        }
    }
    found
}

/// The sample configuration with these changes, read where its secrets are.
fn configured(changes: &[(&str, &str)]) -> Result<runner::config::Config, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("secrets")).unwrap();
    std::fs::write(dir.path().join("secrets/jobdiva-password"), "p").unwrap();
    std::fs::write(dir.path().join("secrets/1099policy-key"), "k").unwrap();
    let mut text = runner::config::SAMPLE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let env =
        |name: &str| (name == "INTAKE_TOKEN").then(|| "a token of twenty-six letters".to_owned());
    let read = runner::config::parse(&text, &dir.path().join("runner.toml"), &env);
    read.map_err(|problems| problems.to_string())
}

#[test]
fn the_configuration_says_how_certificates_come_in_and_what_they_are_worth() {
    use workflow_core::domain::call::CoverageType;
    use workflow_core::domain::rules::Replaces;
    let plain = configured(&[]).unwrap().tenants.remove(0);
    assert!(plain.certificates.finding.is_none() && plain.certificates.intake.is_none());
    assert_eq!(plain.rules.certificates.replaces_purchase, Replaces::Never);

    let on = [("# [tenant.certificates]", "[tenant.certificates]")];
    let found = configured(&on).unwrap().tenants.remove(0);
    assert_eq!(found.certificates.finding, Some(runner::certificates::Finding::default()));
    let whole = [
        on[0],
        ("# look_every = \"1h\"", "look_every = \"10m\""),
        ("# replaces_purchase = false", "replaces_purchase = true"),
        ("# satisfies =", "satisfies ="),
        ("# min_remaining_days = 30", "min_remaining_days = 30"),
        ("# [tenant.intake]", "[tenant.intake]"),
        ("# token_env", "token_env"),
    ];
    let tenant = configured(&whole).unwrap().tenants.remove(0);
    assert_eq!(tenant.certificates.finding.unwrap().every, HOUR / 6);
    assert!(tenant.certificates.intake.is_some());
    let rule = tenant.rules.certificates;
    assert_eq!(rule.replaces_purchase, Replaces::WhereSatisfied);
    assert_eq!(rule.satisfies, [CoverageType::General, CoverageType::WorkersComp].into());
    assert_eq!(rule.min_remaining_days, Some(30));

    let wrong = [
        on[0],
        ("# replaces_purchase = false", "replaces_purchase = true"),
        ("# types = [\"COI\"", "tipes = [\"COI\""),
    ];
    let said = configured(&wrong).err().unwrap();
    assert!(said.contains("tenant.certificates.satisfies: missing"), "{said}");
    assert!(said.contains("unknown key; did you mean `types`?"), "{said}");
}
