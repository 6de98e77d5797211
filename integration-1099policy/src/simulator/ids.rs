//! Ids in the vendor's alphabet, each a pure function of seed and counter, so that a resumed simulator goes on
//! where it stopped.

use sha2::{Digest, Sha256};
use workflow_core::time::Timestamp;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `<prefix><len base62 characters>`.
pub(super) fn base62(seed: u64, counter: u64, prefix: &str, len: usize) -> String {
    let digest = digest(seed, counter);
    let tail = (0..len).map(|i| char::from(BASE62[usize::from(digest[i % 32]) % 62]));
    prefix.chars().chain(tail).collect()
}

/// `<prefix><ULID>`: 10 characters of time, 16 of the counter's digest.
pub(super) fn ulid(seed: u64, counter: u64, prefix: &str, at: Timestamp) -> String {
    let millis = u64::try_from(at.0).unwrap_or(0);
    let time = (0..10).rev().map(|i| CROCKFORD[(millis >> (5 * i) & 31) as usize]);
    let digest = digest(seed, counter);
    let tail = (0..16).map(|i| CROCKFORD[usize::from(digest[i]) % 32]);
    prefix.chars().chain(time.chain(tail).map(char::from)).collect()
}

fn digest(seed: u64, counter: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(counter.to_be_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_lengths_and_follow_from_the_counter() {
        let id = base62(1, 2, "cn_", 10);
        assert_eq!(id.len(), 13);
        assert_eq!(id, base62(1, 2, "cn_", 10));
        assert_ne!(id, base62(1, 3, "cn_", 10));
        assert_eq!(ulid(1, 2, "ias_", Timestamp(1_774_357_200_000)).len(), 30);
    }
}
