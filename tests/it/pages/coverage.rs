//! Coverage: the strips, the CSV and the paper say what the auditor's question says.

use std::collections::BTreeMap;

use runner::audit::{Gap, Question, Source, Told, With, answer};

use super::*;

/// A time in which the demo's gaps lie.
const RANGE: &str = "from=2026-03-20&to=2026-05-31";

/// What `runner audit gaps` says of it.
fn gaps(site: &Site) -> Vec<Gap> {
    let engine = site.demo.engine();
    let zones = BTreeMap::new();
    let source = Source::Store(&**engine.store());
    let with = With { source, vault: None, zones, now: engine.clock().now() };
    let (from, to) = ("2026-03-20".parse().ok(), "2026-05-31".parse().ok());
    let question = Question::Gaps { from, to, tenant: None, as_of: None, zone: None };
    let mut gaps = Vec::new();
    let asked = answer(&question, &with, &mut |told| {
        if let Told::Row(row) = told {
            gaps.push(serde_json::from_value(row)?);
        }
        Ok(())
    });
    asked.unwrap();
    gaps
}

#[tokio::test(flavor = "multi_thread")]
async fn strips_csv_and_paper_show_the_auditors_gaps() {
    let site = ended().await;
    let gaps = gaps(&site);
    assert!(!gaps.is_empty(), "the demo has somebody who was not insured in time");
    let kim = site.visitor(LOOK, "Kim").await;
    let page = kim.settled(&format!("/coverage?{RANGE}")).await;
    let days: u64 = gaps.iter().map(|gap| gap.days).sum();
    assert!(page.contains(&format!("{days} of ")), "{days} days in {page}");
    assert!(page.contains("role=\"img\"") && page.contains("not covered: "));
    let paper = kim.settled(&format!("/coverage/print?{RANGE}")).await;
    let csv = kim.client(&format!("/coverage.csv?{RANGE}")).await;
    assert!(csv.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(csv.headers()["content-disposition"].to_str().unwrap().contains("attachment"));
    let csv = csv.text().await.unwrap();
    assert_eq!(csv.matches("\r\n").count(), gaps.len() + 1, "{csv}");
    for gap in &gaps {
        let link = format!("/placements/{}/{}", gap.tenant, gap.placement);
        assert!(page.contains(&link), "{link}");
        let range = format!("{} to {}", gap.first, gap.last);
        assert!(paper.contains(&range), "{range} in {paper}");
        let cells =
            format!("{},{},{},{},{}", gap.tenant, gap.placement, gap.first, gap.last, gap.days);
        assert!(csv.contains(&cells), "{cells} in {csv}");
    }
    let all = kim.settled(&format!("/coverage?{RANGE}&show=all")).await;
    assert!(all.contains("days of work covered") && !page.contains("days of work covered"));
    for bad in ["from=soon", "from=2026-05-01&to=2026-04-01"] {
        let answer = kim.client(&format!("/coverage?{bad}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    site.demo.stop().await.unwrap();
}
