//! The log's page: any position, the end, and whether it is intact.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_from_any_position_and_verified_whole_or_in_part() {
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let end = site.demo.engine().position().0;
    let last = format!("<th scope=\"row\">{}</th>", end - 1);
    let tail = kim.get("/log").await;
    assert!(tail.contains(&last), "{tail}");
    let first = kim.get("/log?at=0").await;
    assert!(first.contains("<th scope=\"row\">0</th>") && !first.contains(&last), "{first}");
    assert!(first.contains("href=\"/placements/acme/"), "events lead to what they are about");
    assert_eq!(kim.client("/log?at=soon").await.status(), StatusCode::BAD_REQUEST);

    let mark = field(&tail, "mark");
    let refused = kim.post("/log/verify", &[("mark", "0")], "same-origin").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let begun = kim.post("/log/verify", &[("mark", mark)], "same-origin").await;
    assert_eq!(begun.status(), StatusCode::SEE_OTHER);
    let there = begun.headers()["location"].to_str().unwrap().to_owned();
    let whole = kim.settled(&there).await;
    assert!(
        whole.contains("Intact") && whole.contains(&format!("positions 0 to {}", end - 1)),
        "{whole}"
    );
    assert!(whole.contains(&format!("{end} events")), "{whole}");

    let part = [("mark", mark), ("from", "5"), ("to", "9")];
    let begun = kim.post("/log/verify", &part, "same-origin").await;
    let part = kim.settled(begun.headers()["location"].to_str().unwrap()).await;
    assert!(part.contains("this part of the log is intact"), "{part}");
    site.demo.stop().await.unwrap();
}
