//! A shard whose last record is not the one that its row names is not opened: neither to be written to nor to be read.

use workflow_core::store::contract::append;
use workflow_core::store::postgres::{Database, Fence, Settings, Shard};
use workflow_core::store::{Store, StoreError};

use super::harness;

#[test]
fn a_log_whose_end_is_not_the_one_that_is_named_is_not_opened() {
    let harms = [
        "DELETE FROM log_record WHERE first = 2",
        "DELETE FROM log_record",
        "UPDATE log_record SET bytes = set_byte(bytes, octet_length(bytes) - 1, 0) WHERE first = 2",
        "UPDATE log_record SET bytes = (SELECT bytes FROM log_record WHERE first = 1) WHERE first = 2",
        "UPDATE log_shard SET hash = sha256('other') WHERE shard = 1",
        "UPDATE log_shard SET next = 2 WHERE shard = 1",
    ];
    for portable in [false, true] {
        for harm in harms {
            let settings = Settings { portable, ..harness::settings(harness::shared()) };
            let name = settings.url.rsplit('/').next().expect("an address ends in the name");
            let database = Database::connect(settings.clone()).unwrap();
            let store = database.store(Shard(1), Fence(1)).unwrap();
            for version in 0..3 {
                assert!(
                    store.append(&[append("door/acme/1", version, &["x"])]).unwrap()[0].is_ok()
                );
            }
            drop(database.store(Shard(1), Fence(1)).expect("whole, it opens"));
            harness::shared().ask("psql", name, &["-q", "-c", harm]).unwrap();
            let write = database.store(Shard(1), Fence(1)).map(drop);
            let read = database.reader(Shard(1)).map(drop);
            for opened in [write, read] {
                assert!(matches!(opened, Err(StoreError::Damaged { .. })), "{harm}: {opened:?}");
            }
            // Another shard's log is another log.
            drop(database.store(Shard(2), Fence(1)).expect("untouched"));
        }
    }
}
