//! The layout of the file of keys: slots of 128 bytes, each with its checksum. Pure.
//!
//! ```text
//! slot 0     "workflow keys 1\n" (16), nonce and ciphertext of 32 zero bytes under the master key (72)
//! slot 1...  1 or 2 (1), SHA-256 of the subject (32), nonce and ciphertext of the key under the master key (72)
//! each       zeros, then the CRC-32C of the first 124 bytes, big-endian (4)
//! ```
//!
//! 1 is a key; 2 is a key that was destroyed, with zeros in its place. A slot never crosses a sector of the disk, so
//! that a power cut leaves the old one or the new one.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::keys::{DataKey, KEY_BYTES};
use super::vault::{NONCE_BYTES, TAG_BYTES, seal, unseal};
use super::{MasterKey, Subject, VaultError};

/// How many bytes a slot has.
pub(super) const SLOT_BYTES: usize = 128;
const CRC_AT: usize = SLOT_BYTES - 4;
const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const MAGIC: &[u8; 16] = b"workflow keys 1\n";
const KEY: u8 = 1;
const DESTROYED: u8 = 2;
/// What wrapped keys are bound to, before the subject's hash.
const PURPOSE: &[u8] = b"a person's key, wrapped, 1\n";

/// One slot's bytes.
pub(super) type Bytes = [u8; SLOT_BYTES];

/// The SHA-256 of a subject's id: of one length, and telling nobody's id by itself.
pub(super) type Name = [u8; 32];

/// What a slot holds.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    Key(Name, DataKey),
    Destroyed(Name),
}

/// Why a slot was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// All zeros: made room for, and never written.
    Empty,
    /// Not what was written.
    Damaged,
    /// Written with another master key.
    OtherMaster,
}

/// The name of a subject's slot.
pub(super) fn name(subject: &Subject) -> Name {
    Sha256::digest(subject.as_str().as_bytes()).into()
}

/// The first slot.
pub(super) fn header(master: &MasterKey) -> Result<Bytes, VaultError> {
    let check = seal(&master.0, MAGIC, &[0; KEY_BYTES])?;
    Ok(finish(&[MAGIC, &check]))
}

/// Whether this is the first slot of a file made with this master key.
pub(super) fn check_header(bytes: &Bytes, master: &MasterKey) -> Result<(), Unread> {
    let body = body(bytes)?;
    let check = body.strip_prefix(MAGIC).ok_or(Unread::Damaged)?;
    match unseal(&master.0, MAGIC, &check[..WRAPPED_BYTES]) {
        Some(_) => Ok(()),
        None => Err(Unread::OtherMaster),
    }
}

impl Slot {
    /// The slot as it is stored.
    pub(super) fn write(&self, master: &MasterKey) -> Result<Bytes, VaultError> {
        Ok(match self {
            Slot::Key(name, key) => {
                let wrapped = seal(&master.0, &bound_to(name), &*key.0)?;
                finish(&[&[KEY], name, &wrapped])
            }
            Slot::Destroyed(name) => finish(&[&[DESTROYED], name]),
        })
    }

    /// The slot that was stored.
    pub(super) fn read(bytes: &Bytes, master: &MasterKey) -> Result<Self, Unread> {
        let (kind, rest) = body(bytes)?.split_first().ok_or(Unread::Damaged)?;
        let (name, rest) = rest.split_first_chunk::<32>().ok_or(Unread::Damaged)?;
        match *kind {
            KEY => {
                let wrapped = &rest[..WRAPPED_BYTES];
                let key = unseal(&master.0, &bound_to(name), wrapped).ok_or(Unread::OtherMaster)?;
                let key: [u8; KEY_BYTES] = key[..].try_into().map_err(|_| Unread::Damaged)?;
                Ok(Slot::Key(*name, DataKey(Zeroizing::new(key))))
            }
            DESTROYED => Ok(Slot::Destroyed(*name)),
            _ => Err(Unread::Damaged),
        }
    }
}

fn bound_to(name: &Name) -> Vec<u8> {
    [PURPOSE, name].concat()
}

/// The parts one after the other, zeros, and the checksum.
fn finish(parts: &[&[u8]]) -> Bytes {
    let mut bytes = [0; SLOT_BYTES];
    let written = parts.concat();
    bytes[..written.len()].copy_from_slice(&written);
    let crc = crc32c::crc32c(&bytes[..CRC_AT]);
    bytes[CRC_AT..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// What the checksum vouches for.
fn body(bytes: &Bytes) -> Result<&[u8], Unread> {
    let (body, crc) = bytes.split_at(CRC_AT);
    match crc32c::crc32c(body).to_be_bytes() == crc {
        true => Ok(body),
        false if bytes.iter().all(|byte| *byte == 0) => Err(Unread::Empty),
        false => Err(Unread::Damaged),
    }
}
