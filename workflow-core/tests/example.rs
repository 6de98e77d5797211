//! The example of the engine without the domain, run as a test.

#[path = "../examples/library_loan.rs"]
#[allow(dead_code)]
mod library_loan;

#[tokio::test]
async fn the_library_lends_one_copy_to_two_readers() {
    let ending = library_loan::run().await.unwrap();
    let due = ending.lines[1].split_once("due ").map(|(_, due)| due.to_owned()).unwrap();
    assert_eq!(
        ending.lines,
        [
            "loan/main/1 Returned: dune-3 is back".to_owned(),
            format!("loan/main/2 Lent: due {due}"),
            "copy/main/dune-3 Out: out on 2, 0 waiting".to_owned(),
        ]
    );
    assert_eq!(ending.letters, 1);
}
