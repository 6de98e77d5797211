//! What holds for sealed data, in memory and on disk.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{Destroyed, FileKeys, KeyStore, Personal, Subject, Vault, VaultError, within};
use crate::codec::{Content, encode};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Met { who: u32, name: Personal<String> },
}

fn kim() -> Subject {
    Subject::new("guest/acme/kim")
}

fn met(name: &str) -> Event {
    Event::Met { who: 7, name: Personal::new(kim(), name.to_owned()) }
}

fn read(vault: &Arc<Vault>, stored: &[u8]) -> Event {
    within(vault, || Content(stored).read_variant("Met")).unwrap()
}

/// A folder of keys and its master key, apart from each other as in service.
struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
    fn keys(&self) -> PathBuf {
        self.0.path().join("data/keys")
    }
    fn master(&self) -> PathBuf {
        self.0.path().join("secrets/master-key")
    }
    fn file(&self) -> PathBuf {
        self.keys().join("people")
    }
    fn open(&self) -> Result<Arc<Vault>, VaultError> {
        Vault::open(&self.keys(), &self.master())
    }
}

#[test]
fn what_is_stored_shows_nothing_and_is_read_back_until_the_key_is_gone() {
    let vault = Vault::in_memory();
    let event = met("Zebulon Quux");
    let stored = within(&vault, || encode(&event)).unwrap();
    assert!(!String::from_utf8_lossy(&stored).contains("Zebulon"));
    assert_eq!(read(&vault, &stored), event);
    let again = within(&vault, || encode(&event)).unwrap();
    assert_ne!(again, stored, "two sealings of the same name look different");

    assert_eq!(vault.destroy(&kim()).unwrap(), Destroyed::Now);
    assert_eq!(vault.destroy(&kim()).unwrap(), Destroyed::Before);
    let Event::Met { who, name } = read(&vault, &stored);
    assert!(who == 7 && name.is_forgotten() && name.get().is_none());
    // Nothing new of theirs is taken, but an event without their data is.
    assert!(within(&vault, || encode(&event)).is_err());
    let empty = Event::Met { who: 7, name: Personal::forgotten(kim()) };
    let stored = within(&vault, || encode(&empty)).unwrap();
    assert_eq!(read(&vault, &stored), empty);
}

#[test]
fn without_a_vault_it_is_neither_stored_nor_shown() {
    let event = met("Zebulon Quux");
    let refused = encode(&event).unwrap_err().to_string();
    assert!(refused.contains("vault") && !refused.contains("Zebulon"), "{refused}");
    for shown in [format!("{event:?}"), serde_json::to_string(&event).unwrap()] {
        assert!(!shown.contains("Zebulon") && shown.contains("guest/acme/kim"), "{shown}");
    }
    // Read without a vault it stays sealed, and is written again as it was.
    let vault = Vault::in_memory();
    let stored = within(&vault, || encode(&event)).unwrap();
    let Event::Met { name, .. } = Content(&stored).read_variant("Met").unwrap();
    assert!(name.get().is_none() && !name.is_forgotten());
    assert_eq!(encode(&Event::Met { who: 7, name }).unwrap(), stored);
    let json = Content(&stored).to_json().unwrap();
    assert_eq!(json["name"]["subject"], "guest/acme/kim");
    assert!(json["name"]["sealed"].as_str().is_some_and(|digits| digits.len() > 80), "{json}");
}

#[test]
fn the_vault_at_hand_is_put_back_after_a_panic_too() {
    let panicked = std::panic::catch_unwind(|| {
        within(&Vault::in_memory(), || panic!("on purpose"));
    });
    assert!(panicked.is_err() && encode(&met("a")).is_err());
}

#[test]
fn a_ciphertext_cannot_be_given_to_another_person_or_changed() {
    let vault = Vault::in_memory();
    let sealed = vault.seal(&kim(), b"secret").unwrap();
    let other = Subject::new("guest/acme/robin");
    assert!(matches!(vault.unseal(&other, &sealed), Err(VaultError::KeyMissing(_))));
    vault.seal(&other, b"x").unwrap();
    assert!(matches!(vault.unseal(&other, &sealed), Err(VaultError::NotTheirs(_))));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(vault.unseal(&kim(), &changed).is_err(), "byte {at}");
        assert!(vault.unseal(&kim(), &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn keys_on_disk_survive_and_destroyed_ones_do_not() {
    let disk = Disk::new();
    let vault = disk.open().unwrap();
    let (sealed, robin) = (vault.seal(&kim(), b"secret").unwrap(), Subject::new("robin"));
    let kept = vault.seal(&robin, b"stays").unwrap();
    drop(vault);
    let before = fs::read(disk.file()).unwrap();

    let vault = disk.open().unwrap();
    assert_eq!(vault.unseal(&kim(), &sealed).unwrap().unwrap()[..], b"secret"[..]);
    assert_eq!(vault.destroy(&kim()).unwrap(), Destroyed::Now);
    assert_eq!(vault.destroy(&Subject::new("nobody")).unwrap(), Destroyed::NeverWas);
    drop(vault);
    // The wrapped key lay in the second slot; nothing of it is in the file any more.
    let after = fs::read(disk.file()).unwrap();
    let wrapped = &before[128 + 33..128 + 33 + 72];
    assert!(!after.windows(8).any(|bytes| wrapped.windows(8).any(|key| key == bytes)));

    let vault = disk.open().unwrap();
    assert!(vault.unseal(&kim(), &sealed).unwrap().is_none() && vault.is_forgotten(&kim()));
    assert!(matches!(vault.seal(&kim(), b"again"), Err(VaultError::Forgotten(_))));
    assert!(vault.is_forgotten(&Subject::new("nobody")));
    assert_eq!(vault.unseal(&robin, &kept).unwrap().unwrap()[..], b"stays"[..]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_what_opens_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let disk = Disk::new();
    disk.open().unwrap();
    for (path, mode) in [(disk.master(), 0o600), (disk.file(), 0o600), (disk.keys(), 0o700)] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{path:?}");
    }
}

#[test]
fn a_missing_a_wrong_and_a_bad_master_key_are_told_apart() {
    let disk = Disk::new();
    assert!(!FileKeys::check(&disk.keys(), &disk.master()).unwrap(), "nothing is there yet");
    disk.open().unwrap();
    assert!(FileKeys::check(&disk.keys(), &disk.master()).unwrap());
    let right = fs::read(disk.master()).unwrap();

    fs::write(disk.master(), "0".repeat(64)).unwrap();
    assert!(matches!(disk.open(), Err(VaultError::WrongMaster { .. })));
    fs::write(disk.master(), "not a key").unwrap();
    assert!(matches!(disk.open(), Err(VaultError::BadMaster(_))));
    fs::remove_file(disk.master()).unwrap();
    assert!(matches!(disk.open(), Err(VaultError::MasterMissing { .. })));
    let missing = FileKeys::check(&disk.keys(), &disk.master());
    assert!(matches!(missing, Err(VaultError::MasterMissing { .. })));
    assert!(!disk.master().exists(), "none is made where one is missing");

    fs::write(disk.master(), right).unwrap();
    disk.open().unwrap();
}

#[test]
fn a_changed_byte_is_found_and_a_torn_end_is_not_a_change() {
    let disk = Disk::new();
    let vault = disk.open().unwrap();
    let sealed = vault.seal(&kim(), b"secret").unwrap();
    vault.seal(&Subject::new("robin"), b"x").unwrap();
    drop(vault);
    let good = fs::read(disk.file()).unwrap();
    assert_eq!(good.len(), 3 * 128);
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        fs::write(disk.file(), &bytes).unwrap();
        assert!(matches!(disk.open(), Err(VaultError::Damaged { .. })), "byte {at}");
    }
    // A power cut while a further key was being written: its slot is short, or still zeros.
    for end in [&[1; 50][..], &[0; 128], &[0; 200]] {
        fs::write(disk.file(), [&good[..], end].concat()).unwrap();
        let vault = disk.open().unwrap();
        assert!(vault.unseal(&kim(), &sealed).unwrap().is_some());
        vault.seal(&Subject::new("new"), b"x").unwrap();
        drop(vault);
        disk.open().unwrap();
    }
}

#[test]
fn a_new_master_key_opens_what_is_left_and_the_old_one_opens_nothing() {
    let disk = Disk::new();
    let vault = disk.open().unwrap();
    let sealed = vault.seal(&kim(), b"secret").unwrap();
    vault.seal(&Subject::new("robin"), b"x").unwrap();
    let old = (fs::read(disk.file()).unwrap(), fs::read(disk.master()).unwrap());
    vault.destroy(&Subject::new("robin")).unwrap();
    drop(vault);
    assert_eq!(FileKeys::rotate(&disk.keys(), &disk.master()).unwrap(), 1);
    let vault = disk.open().unwrap();
    assert_eq!(vault.unseal(&kim(), &sealed).unwrap().unwrap()[..], b"secret"[..]);
    assert!(vault.is_forgotten(&Subject::new("robin")));
    drop(vault);

    // A copy of the keys from before: the new master key does not open it.
    let new = (fs::read(disk.file()).unwrap(), fs::read(disk.master()).unwrap());
    fs::write(disk.file(), &old.0).unwrap();
    assert!(matches!(disk.open(), Err(VaultError::WrongMaster { .. })));

    // A crash after the keys were wrapped anew, and one before.
    let fresh = disk.0.path().join("secrets/master-key.new");
    for (keys, opens) in [(&new.0, &new.1), (&old.0, &old.1)] {
        fs::write(disk.file(), keys).unwrap();
        fs::write(disk.master(), &old.1).unwrap();
        fs::write(&fresh, &new.1).unwrap();
        disk.open().unwrap();
        assert!(!fresh.exists() && fs::read(disk.master()).unwrap() == *opens);
    }
}

#[test]
fn a_key_made_by_two_is_the_first_ones() {
    let keys = super::MemoryKeys::default();
    keys.create(&kim(), super::DataKey::random().unwrap()).unwrap();
    let vault = Vault::new(keys);
    let sealed = vault.seal(&kim(), b"x").unwrap();
    assert!(vault.unseal(&kim(), &sealed).unwrap().is_some());
}
