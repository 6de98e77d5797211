//! What runners share beside the logs: mail is kept once, in order, and taken under the newest fence; a destroyed key is gone
//! for the next holder too.

use std::time::Instant;

use workflow_core::seal::{FileKeys, SharedKeys, Subject, Vault, VaultError};
use workflow_core::store::StoreError;
use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Answer, Database, Fence, Lease, RunnerId, Settings, Shard};

const ACME: Shard = Shard(0);

fn database(server: &Server, name: &str) -> Database {
    server.create_database(name).unwrap();
    let settings = Settings { url: server.url(name), shards: Some(1), ..Settings::default() };
    Database::connect(settings).unwrap()
}

/// The lease of the only shard, which its former holder gives back without knowing it any more.
fn taken_over(database: &Database, by: &str) -> Lease {
    let leases = database.leases(RunnerId(by.to_owned()));
    if let Some(holder) = leases.holder(ACME).unwrap() {
        // The first that was given out; no test takes it over twice.
        let held = Lease { shard: ACME, fence: Fence(1), until: Instant::now() };
        database.leases(holder).release(&held).unwrap();
    }
    leases.take(ACME).unwrap().expect("it is free")
}

#[test]
fn mail_waits_in_order_once_and_is_taken_under_the_newest_fence() {
    let server = Server::start(&[]).unwrap();
    let database = database(&server, "mail");
    let (mail, old) = (database.mail(), taken_over(&database, "old"));
    for (id, is_new) in [("b", true), ("a", true), ("b", false)] {
        assert_eq!(mail.send(ACME, "delivery", id, id.as_bytes()).unwrap(), is_new, "{id}");
    }
    mail.send(ACME, "request", "b", b"other kind").unwrap();
    let waiting = |mail: &workflow_core::store::postgres::Mail| -> Vec<String> {
        let letters = mail.waiting(ACME, 10).unwrap();
        letters.iter().map(|letter| format!("{} {}", letter.kind, letter.id)).collect()
    };
    assert_eq!(waiting(&mail), ["delivery b", "delivery a", "request b"]);
    assert_eq!(mail.count().unwrap(), 3);
    mail.settle(ACME, "delivery", vec!["b".into(), "a".into()]).unwrap();
    assert_eq!(waiting(&mail), ["request b"]);

    let new = taken_over(&database, "new");
    assert!(new.fence > old.fence);
    assert!(!mail.take(ACME, "request", "b", old.fence).unwrap(), "it lost the shard");
    assert_eq!(mail.answer(ACME, "request", "b").unwrap(), Answer::Waiting);
    assert!(mail.take(ACME, "request", "b", new.fence).unwrap());
    assert!(!mail.take(ACME, "request", "b", new.fence).unwrap(), "once");
    assert_eq!(mail.answer(ACME, "request", "b").unwrap(), Answer::Taken);
    mail.reply(ACME, "request", "b", b"done").unwrap();
    assert_eq!(mail.answer(ACME, "request", "b").unwrap(), Answer::Replied(b"done".to_vec()));
    assert_eq!(mail.answer(ACME, "request", "none").unwrap(), Answer::Gone);
    assert_eq!(mail.count().unwrap(), 0);
}

#[test]
fn a_destroyed_key_is_gone_for_the_next_holder_and_the_former_can_make_none() {
    let server = Server::start(&[]).unwrap();
    let database = database(&server, "keys");
    let dir = tempfile::tempdir().unwrap();
    let master = dir.path().join("master");
    let vault = |lease: &Lease, master: &std::path::Path| {
        SharedKeys::open(database.kept(ACME, lease.fence), master).map(Vault::new)
    };
    let (kim, lee) = (Subject::new("contractor/acme/1"), Subject::new("contractor/acme/2"));
    let old = taken_over(&database, "old");
    let former = vault(&old, &master).unwrap();
    let sealed = former.seal(&kim, b"Kim Doe").unwrap();
    let other = former.seal(&lee, b"Lee Roe").unwrap();
    former.destroy(&kim).unwrap();

    let new = taken_over(&database, "new");
    let next = vault(&new, &master).unwrap();
    assert_eq!(next.unseal(&kim, &sealed).unwrap(), None, "forgotten here too");
    assert!(matches!(next.seal(&kim, b"again"), Err(VaultError::Forgotten(_))));
    assert_eq!(next.unseal(&lee, &other).unwrap().unwrap().as_slice(), b"Lee Roe");
    // The former holder neither makes keys nor destroys any.
    assert!(former.seal(&Subject::new("contractor/acme/3"), b"late").is_err());
    assert!(former.destroy(&lee).is_err());
    assert_eq!(next.unseal(&lee, &other).unwrap().unwrap().as_slice(), b"Lee Roe");

    let stranger = dir.path().join("another");
    workflow_core::seal::MasterKey::create(&stranger).unwrap();
    assert!(matches!(vault(&new, &stranger), Err(VaultError::WrongMaster { .. })));
    let missing = dir.path().join("missing");
    assert!(matches!(vault(&new, &missing), Err(VaultError::MasterMissing { .. })));
    // The rows are the slots of a file.
    let file = SharedKeys::as_file(&database.kept(ACME, new.fence)).unwrap().unwrap();
    let keys = dir.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    std::fs::write(keys.join("people"), file).unwrap();
    assert!(FileKeys::check(&keys, &master).unwrap());
    let from_file = Vault::open(&keys, &master).unwrap();
    assert_eq!(from_file.unseal(&lee, &other).unwrap().unwrap().as_slice(), b"Lee Roe");
    assert_eq!(from_file.unseal(&kim, &sealed).unwrap(), None);
}

#[test]
fn documents_are_kept_under_the_newest_fence() {
    let server = Server::start(&[]).unwrap();
    let database = database(&server, "documents");
    let old = taken_over(&database, "old");
    let former = database.kept(ACME, old.fence);
    former.put_document("kim", "one", b"sealed").unwrap();
    let new = taken_over(&database, "new");
    let late = former.put_document("kim", "two", b"late");
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    let kept = database.kept(ACME, new.fence);
    assert_eq!(kept.document("kim", "one").unwrap().as_deref(), Some(&b"sealed"[..]));
    assert_eq!(kept.documents().unwrap(), [("kim".to_owned(), "one".to_owned())]);
    assert!(kept.has_documents("kim").unwrap() && !kept.has_documents("lee").unwrap());
    kept.remove_documents("kim").unwrap();
    assert_eq!(kept.document("kim", "one").unwrap(), None);
}
