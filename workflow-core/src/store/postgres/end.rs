//! Where a shard's log ends, seen twice: by the shard's row, and by the last record that is there.
//!
//! A database that was brought back in part, or whose rows somebody has changed, is not written to: the next record would name
//! a hash that no record has. What lies before the end is `audit::verify`'s to check. Absent: mending.

use super::append::{self, Row};
use super::connection::{Connection, Failure};
use super::{Fence, Shard};
use crate::id::Position;
use crate::record::Hash;
use crate::record::frame::{Frame, hash_of};
use crate::store::Head;
use crate::store::packed::unpacked;
use crate::store::read::damaged;

const ACTION: &str = "opening the log";

/// In one statement, so that both are of one moment however busy another writer is.
const END: &str = "\
SELECT s.next, s.hash, s.fence, r.first, r.bytes
FROM log_shard AS s LEFT JOIN log_record AS r
  ON r.shard = s.shard AND r.first = (SELECT max(first) FROM log_record WHERE shard = $1)
WHERE s.shard = $1";

/// The shard's row, when the last record bears it out. Errors: `Damaged`, naming the position that cannot be trusted.
pub(super) async fn checked(connection: &mut Connection, shard: Shard) -> Result<Row, Failure> {
    let rows = connection.query(ACTION, END, &[&shard.number()]).await?;
    // That there is none is said where rows are read one by one.
    let Some(row) = rows.first() else { return append::look(connection, shard).await };
    let (next, hash, fence): (i64, &[u8], i64) = (row.get(0), row.get(1), row.get(2));
    let last: Option<(i64, &[u8])> = row.get::<_, Option<i64>>(3).zip(row.get(4));
    let last = last.map(|(first, bytes)| (Position(first.unsigned_abs()), bytes));
    let head = end_of(last).map_err(Failure::Refused)?;
    let said = Position(next.unsigned_abs());
    if (head.next, &head.hash.0[..]) != (said, hash) {
        let problem = format!(
            "shard {shard} should end at {said} with the hash {}, and its last record ends at {} with {}: part of the \
             database is missing or was changed; bring it back whole",
            hex::encode(hash),
            head.next,
            head.hash
        );
        return Err(Failure::Refused(damaged(head.next.min(said), &problem)));
    }
    Ok(Row { head, fence: Fence(fence.unsigned_abs()) })
}

/// Where a log ends whose last record this is.
fn end_of(last: Option<(Position, &[u8])>) -> Result<Head, crate::store::StoreError> {
    let Some((first, bytes)) = last else {
        return Ok(Head { next: Position(0), hash: Hash::GENESIS });
    };
    let bytes = unpacked(first, bytes)?;
    let frame = Frame::decode(&bytes).map_err(|error| damaged(first, &error))?;
    Ok(Head { next: frame.next(), hash: hash_of(&bytes) })
}
