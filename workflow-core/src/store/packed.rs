//! A record as it is kept: its bytes, squeezed where that saves enough.
//!
//! ```text
//! "WFR" ...                          the record itself (`record/frame.rs`), byte for byte
//! "WFZ", 1, CRC32C, length, block    the record squeezed: the CRC32C is of all that follows it, the length is the
//!                                    record's, both 4 bytes, big-endian; then one LZ4 block
//! ```
//!
//! The chain, the hash and the record's own checksum are over the record itself: who reads a log never sees this form.
//! Events of one record share most of their words, so that half of it or less remains.

use std::borrow::Cow;

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use crate::id::Position;
use crate::store::{StoreError, read::damaged};

const MAGIC: [u8; 4] = *b"WFZ\x01";
const HEADER_BYTES: usize = 12;
/// LZ4 makes no more than so many bytes of one: what is allocated is bounded by the bytes given.
const RATIO_MAX: usize = 255;

/// Squeezes a record. One that would not become an eighth smaller stays as it is.
pub(crate) fn pack(record: &[u8]) -> Cow<'_, [u8]> {
    let Ok(length) = u32::try_from(record.len()) else { return Cow::Borrowed(record) };
    let mut packed = vec![0; HEADER_BYTES + get_maximum_output_size(record.len())];
    let Ok(bytes) = compress_into(record, &mut packed[HEADER_BYTES..]) else {
        return Cow::Borrowed(record);
    };
    if HEADER_BYTES + bytes > record.len() - record.len() / 8 {
        return Cow::Borrowed(record);
    }
    packed.truncate(HEADER_BYTES + bytes);
    packed[..4].copy_from_slice(&MAGIC);
    packed[8..HEADER_BYTES].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&packed[8..]);
    packed[4..8].copy_from_slice(&crc.to_be_bytes());
    Cow::Owned(packed)
}

/// The record of a squeezed form; `None` where `bytes` are not squeezed. Otherwise what is wrong with it.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let Some(([m0, m1, m2, m3, c0, c1, c2, c3, l0, l1, l2, l3], block)) =
        bytes.split_first_chunk::<HEADER_BYTES>()
    else {
        return Ok(None);
    };
    if [*m0, *m1, *m2, *m3] != MAGIC {
        return Ok(None);
    }
    let (stored, computed) =
        (u32::from_be_bytes([*c0, *c1, *c2, *c3]), crc32c::crc32c(&bytes[8..]));
    if stored != computed {
        return Err(format!(
            "the squeezed record's checksum is {stored:08x}, its bytes give {computed:08x}"
        ));
    }
    let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
    if length > block.len().saturating_mul(RATIO_MAX) {
        return Err(format!("the squeezed record cannot have {length} bytes"));
    }
    let mut record = vec![0; length];
    match decompress_into(block, &mut record) {
        Ok(made) if made == length => Ok(Some(record)),
        Ok(made) => Err(format!("the squeezed record gives {made} bytes, not {length}")),
        Err(e) => Err(format!("the squeezed record cannot be read: {e}")),
    }
}

/// The record itself, whichever form was kept of it. Errors: `Damaged` at `first`.
pub(crate) fn unpacked(first: Position, bytes: &[u8]) -> Result<Cow<'_, [u8]>, StoreError> {
    let unpacked = unpack(bytes).map_err(|problem| damaged(first, &problem))?;
    Ok(unpacked.map_or(Cow::Borrowed(bytes), Cow::Owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
        Ok(unpack(bytes)?.unwrap_or_else(|| bytes.to_vec()))
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            words in prop::collection::vec(prop::sample::select(vec!["WFR\u{1}", "policy", "x", "9"]), 0..400),
            noise in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let even = words.concat().into_bytes();
            for record in [even.clone(), noise.clone(), [b"WFR\x01".to_vec(), noise, even].concat()] {
                // No record begins like the squeezed form.
                prop_assume!(!record.starts_with(&MAGIC));
                let packed = pack(&record);
                prop_assert!(packed.len() <= record.len());
                prop_assert_eq!(unpacked(&packed), Ok(record));
            }
        }

        #[test]
        fn any_bytes_give_a_record_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..300), length: u32) {
            let _ = unpack(&bytes);
            // Past the checksum too.
            if bytes.len() >= HEADER_BYTES {
                bytes[..4].copy_from_slice(&MAGIC);
                bytes[8..12].copy_from_slice(&(length % 70_000).to_be_bytes());
                let crc = crc32c::crc32c(&bytes[8..]);
                bytes[4..8].copy_from_slice(&crc.to_be_bytes());
                let _ = unpack(&bytes);
            }
        }
    }

    #[test]
    fn no_changed_bit_of_a_squeezed_record_passes() {
        let record = [b"WFR\x01".to_vec(), b"the same words ".repeat(40)].concat();
        let packed = pack(&record).into_owned();
        assert!(packed.len() < record.len() / 4);
        for at in 4..packed.len() {
            for bit in 0..8 {
                let mut harmed = packed.clone();
                harmed[at] ^= 1 << bit;
                assert!(unpack(&harmed).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}
