//! An export holds what the log holds, and every change to it is found: by this reader and by the script in `docs/`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::*;
use crate::audit;
use crate::audit::sign::PublicKey;
use crate::graph::freeze;
use crate::inbox;
use crate::record::Hash;
use crate::record::frame::{Frame, Placed, hash_of, seal};
use crate::store::contract::{append, event, records, stream};
use crate::store::memory::MemoryStore;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn about() -> About {
    About {
        made_at: Timestamp(1_764_300_000_123),
        made_by: "trial 0.1".into(),
        asked_by: "kim \"k\" ä".into(),
        machines: BTreeMap::from([("delivery".into(), freeze::<inbox::Machine>())]),
        signed_head: None,
    }
}

/// Seven records of different kinds, and two cursors.
fn log() -> MemoryStore {
    let store = MemoryStore::new();
    let group = |items: &[crate::store::Append]| {
        assert!(store.append(items).unwrap().iter().all(Result::is_ok));
    };
    for version in 0..5 {
        group(&[append("door/acme/1", version * 2, &["a", "b \u{1F6AA} \"x\"\\"])]);
    }
    let mut readable = append("delivery/acme/x:1", 0, &[]);
    for content in ["a26161016162f6", "a2617a8201026161a161784101", "1864"] {
        let mut event = event("");
        event.content = hex::decode(content).unwrap();
        event.recorded_at = Timestamp(-5);
        readable.events.push(event);
    }
    group(&[readable, append("door/acme/1", 10, &["c"])]);
    group(&[append("door/acme/2", 0, &["d"])]);
    store.set_cursor("acme/poll", b"\xff\x00 here").unwrap();
    store.set_cursor("acme/sweep", b"").unwrap();
    store
}

fn exported(store: &dyn Store, key: Option<&SigningKey>) -> Vec<u8> {
    let mut out = Vec::new();
    write(store, &about(), key, &mut out, &mut |_| {}).unwrap();
    out
}

fn checked(bytes: &[u8], trusted: Option<&PublicKey>) -> Result<Contents, ReadError> {
    verify(&mut &bytes[..], trusted, &mut |_| {})
}

fn lines(bytes: &[u8]) -> Vec<String> {
    std::str::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn joined(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// The trailer of changed lines as somebody would write it who has no key.
fn with_new_trailer(mut lines: Vec<String>) -> Vec<u8> {
    let trailer = lines.pop().unwrap();
    let sha256 = hex::encode(Sha256::digest(joined(&lines)));
    let Ok(Line::Trailer(mut trailer)) = serde_json::from_str(&trailer) else { unreachable!() };
    trailer.sha256 = sha256;
    trailer.signed = None;
    lines.push(Line::Trailer(trailer).to_text());
    joined(&lines)
}

#[test]
fn an_export_holds_the_log_and_says_what_its_bytes_say() {
    let (store, mut seen) = (log(), Vec::new());
    let mut out = Vec::new();
    let wrote = write(&store, &about(), Some(&key()), &mut out, &mut |at| seen.push(at.0)).unwrap();
    assert_eq!(seen, [2, 4, 6, 8, 10, 14, 15]);
    assert_eq!((wrote.records, wrote.events, wrote.cursors), (7, 15, 2));
    assert_eq!(wrote.head, store.head());
    assert_eq!(wrote.signed_by, Some(key().public().to_string()));

    let mut bytes_read = 0;
    let read = verify(&mut &out[..], Some(&key().public()), &mut |bytes| bytes_read = bytes);
    assert_eq!(read.unwrap(), wrote);
    let trailer = lines(&out).last().unwrap().len() as u64 + 1;
    assert_eq!(bytes_read, out.len() as u64 - trailer);

    let record: Value = serde_json::from_str(&lines(&out)[8]).unwrap();
    let data = |event: usize| record["record"]["events"][event]["data"].to_string();
    assert_eq!(data(0), r#"{"a":1,"b":null}"#);
    assert_eq!((data(2), data(3)), ("100".to_owned(), r#"{"$cbor":"Yw=="}"#.to_owned()));
    assert_eq!(record["record"]["events"][0]["at"], "1969-12-31T23:59:59.995Z");
    let header: Value = serde_json::from_str(&lines(&out)[0]).unwrap();
    assert_eq!(header["header"]["machines"]["delivery"]["machine"], "delivery");

    let empty = exported(&MemoryStore::new(), None);
    assert_eq!(checked(&empty, None).unwrap().events, 0);
    assert_eq!(lines(&empty).len(), 2);
}

#[test]
fn every_changed_byte_is_found_and_named_by_its_line() {
    for key in [None, Some(key())] {
        let good = exported(&log(), key.as_ref());
        let mut at = 0;
        while at < good.len() {
            let line = good[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            // The case of a letter, and one of the others.
            for bit in [5, (at % 5)] {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                match checked(&bad, None) {
                    // A record shows its own damage; what else is covered by the trailer's sum alone, by then.
                    Err(ReadError::Damaged(damage)) => assert!(
                        damage.line == line || line <= 3,
                        "byte {at} of line {line}, bit {bit}: {damage}"
                    ),
                    other => panic!("byte {at} of line {line}, bit {bit}: {other:?}"),
                }
            }
            // All of cursors and trailer; of the long lines some.
            at += if (4..=10).contains(&line) || line == 1 { 11 } else { 1 };
        }
    }
}

#[test]
fn a_cut_file_is_found_wherever_it_is_cut() {
    let good = exported(&log(), Some(&key()));
    for at in (0..good.len()).step_by(97).chain([good.len() - 1]) {
        assert!(matches!(checked(&good[..at], None), Err(ReadError::Damaged(_))), "at {at}");
    }
    assert!(checked(&[&good[..], b"\n"].concat(), None).is_err());
    let all = lines(&good);
    let cut = joined(&all[..5]).len() + 40;
    match checked(&good[..cut], None) {
        // Header, cursors and two records of two events are whole.
        Err(ReadError::Damaged(damage)) => {
            assert_eq!((damage.line, damage.position), (6, Position(4)), "{damage}");
        }
        other => panic!("{other:?}"),
    }
}

/// What somebody might do to a file, with the words that tell of it.
fn tricks() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = lines(&exported(&log(), Some(&key())));
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = good.clone();
        change(&mut lines);
        with_new_trailer(lines)
    };
    let replaced = |line: usize, from: &str, to: &str| {
        with(&|lines| {
            assert!(lines[line].contains(from), "{}", lines[line]);
            lines[line] = lines[line].replacen(from, to, 1);
        })
    };
    let forged_record = |lines: &mut Vec<String>| {
        let store = log();
        let previous = hash_of(&records(&store, 2)[0].1);
        let (stream, event) = (stream("door/acme/1"), event("forged"));
        let placed = [5, 6].map(|v| Placed {
            stream: &stream,
            version: crate::id::Version(v),
            event: &event,
        });
        let forged = seal(Position(4), previous, &placed).remove(0).bytes;
        lines[5] = readable::record_line(&Frame::decode(&forged).unwrap(), &forged);
    };
    vec![
        ("a record dropped", with(&|l| drop(l.remove(5))), "records are missing"),
        ("two records swapped", with(&|l| l.swap(5, 6)), "records are missing"),
        ("a record twice", with(&|l| l.insert(5, l[5].clone())), "expected at"),
        ("a record of another history", with(&forged_record), "follows one with hash"),
        ("the last record dropped", with(&|l| drop(l.remove(9))), "was noted to reach to 15"),
        ("the header dropped", with(&|l| drop(l.remove(0))), "the header is missing"),
        ("a header twice", with(&|l| l.insert(1, l[0].clone())), "a second header"),
        ("a cursor dropped", with(&|l| drop(l.remove(1))), "counts are not those"),
        ("two cursors swapped", with(&|l| l.swap(1, 2)), "is not in order"),
        ("a cursor behind records", with(&|l| l.swap(2, 3)), "stands behind records"),
        ("a cursor spaced out", replaced(1, ":", ": "), "not written as the format says"),
        ("only the data altered", replaced(8, "\"b\":null", "\"b\":2"), "does not say what"),
        ("only a stream's name altered", replaced(3, "acme/1", "acme/9"), "does not say what"),
        ("only the kind altered", replaced(3, "Happened", "Happenes"), "does not say what"),
        ("only a moment altered", replaced(3, "T03:20:00", "T03:20:01"), "does not say what"),
        ("only an actor altered", replaced(3, "poll:x", "poll:y"), "does not say what"),
        ("a name twice", replaced(8, "\"a\":1", "\"a\":9,\"a\":1"), "does not say what"),
        ("a record spaced out", replaced(8, "\"a\":1", "\"a\": 1"), "does not say what"),
        (
            "a line's position altered",
            replaced(4, "\"first\":2", "\"first\":4"),
            "the line says position 4",
        ),
        ("a later end", replaced(0, "\"next\":15", "\"next\":16"), "was noted to reach to 16"),
        ("an earlier end", replaced(0, "\"next\":15", "\"next\":10"), "was noted to end at 10"),
        ("another version", replaced(0, "\"version\":1", "\"version\":2"), "this program reads"),
        ("an unknown field", replaced(0, "\"format\"", "\"x\":1,\"format\""), "unknown field"),
    ]
}

#[test]
fn whatever_is_done_without_the_key_is_found() {
    for (what, bad, words) in tricks() {
        let error = checked(&bad, None).map(|_| what).unwrap_err().to_string();
        assert!(error.contains(words), "{what}: {error}");
    }
}

/// A log whose last records were cut off, chained consistently, exported by somebody without the key.
fn cut_anew(signed_head: Option<SignedHead>) -> Result<Vec<u8>, ExportError> {
    let (store, cut) = (log(), MemoryStore::new());
    let kept: Vec<Vec<u8>> =
        records(&store, 0).into_iter().map(|(_, bytes)| bytes).take(5).collect();
    cut.append_records(&kept).unwrap();
    let mut out = Vec::new();
    let about = About { signed_head, ..about() };
    write(&cut, &about, None, &mut out, &mut |_| {})?;
    Ok(out)
}

#[test]
fn a_consistent_cut_is_seen_with_the_key_alone() {
    let (trusted, store) = (key().public(), log());
    let cut = cut_anew(None).unwrap();
    assert!(checked(&cut, None).is_ok(), "nothing in it speaks against it");
    let error = checked(&cut, Some(&trusted)).unwrap_err().to_string();
    assert!(error.contains("not signed"), "{error}");
    // The signed head that lies beside the log tells already while exporting.
    let signed = key().sign_head(store.head(), Timestamp(0));
    let error = cut_anew(Some(signed.clone())).unwrap_err().to_string();
    assert!(error.contains("signed to reach to 15"), "{error}");
    // A thief signs with a key of his own.
    let mut out = Vec::new();
    write(&store, &about(), Some(&SigningKey::from_seed(&[8; 32])), &mut out, &mut |_| {}).unwrap();
    let error = checked(&out, Some(&trusted)).unwrap_err().to_string();
    assert!(error.contains("is signed by the key"), "{error}");
    // Without the key at hand, the head signed last is taken along: up to there the log is vouched for.
    let mut out = Vec::new();
    let about = About { signed_head: Some(signed.clone()), ..about() };
    write(&store, &about, None, &mut out, &mut |_| {}).unwrap();
    let contents = checked(&out, Some(&trusted)).unwrap();
    assert_eq!((contents.signed_by, contents.signed_head), (None, Some(signed)));
    // A signed head of another history is refused.
    let other = key().sign_head(Head { next: Position(4), hash: Hash([1; 32]) }, Timestamp(0));
    let about = About { signed_head: Some(other), ..about };
    let error = write(&store, &about, None, &mut Vec::new(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("another history"), "{error}");
}

#[test]
fn a_damaged_log_is_not_exported() {
    let store = MemoryStore::new();
    store.append(&[append("door/acme/1", 0, &["a"])]).unwrap();
    let mut broken = Vec::new();
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let full = write(&store, &about(), None, &mut Full, &mut |_| {}).unwrap_err();
    assert!(full.to_string().contains("the disk is full"), "{full}");
    let signed = key().sign_head(Head { next: Position(9), hash: Hash([1; 32]) }, Timestamp(0));
    let about = About { signed_head: Some(signed), ..about() };
    let damage = write(&store, &about, None, &mut broken, &mut |_| {}).unwrap_err();
    assert!(matches!(damage, ExportError::Damaged(_)), "{damage}");
}

#[test]
fn a_restored_log_is_the_same_log() {
    let (store, trusted) = (log(), key().public());
    let file = exported(&store, Some(&key()));
    let restored = MemoryStore::new();
    let contents =
        audit::restore::restore(&mut &file[..], Some(&trusted), &restored, &mut |_| {}).unwrap();
    assert_eq!(contents.head, store.head());
    assert_eq!(records(&restored, 0), records(&store, 0));
    assert_eq!(restored.cursors().unwrap(), store.cursors().unwrap());
    assert_eq!(audit::verify(&restored, &mut |_| {}).unwrap().head, store.head());
    // Exported again it is the same file, to the byte.
    assert_eq!(exported(&restored, Some(&key())), file);

    let again = audit::restore::restore(&mut &file[..], None, &restored, &mut |_| {});
    assert!(matches!(again, Err(audit::restore::RestoreError::NotEmpty)), "{again:?}");
    for bad in [&file[..file.len() - 1], b"", &cut_anew(None).unwrap()] {
        let store = MemoryStore::new();
        let refused = audit::restore::restore(&mut &bad[..], Some(&trusted), &store, &mut |_| {});
        assert!(matches!(refused, Err(audit::restore::RestoreError::Export(_))), "{refused:?}");
    }
}

/// The script for auditors, which shares nothing with this program.
fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify_export.py")
}

/// Runs the script; says whether it found the file good, and what it printed.
fn python(dir: &Path, bytes: &[u8], trusted: Option<&PublicKey>) -> (bool, String) {
    let path = dir.join("export.jsonl");
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    let mut command = Command::new("python3");
    command.arg(script()).arg(&path);
    if let Some(key) = trusted {
        command.args(["--key", &key.to_string()]);
    }
    let ran = command.output().unwrap_or_else(|error| {
        panic!(
            "python3 does not start ({error}): install it, or set WITHOUT_PYTHON=1 to go without this test"
        )
    });
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let code = ran.status.code();
    assert!(matches!(code, Some(0 | 7)), "it ended with {code:?}: {said}");
    (code == Some(0), said)
}

#[test]
fn the_script_for_auditors_comes_to_the_same_verdicts() {
    if std::env::var_os("WITHOUT_PYTHON").is_some() {
        return;
    }
    let (dir, trusted) = (tempfile::tempdir().unwrap(), key().public());
    let python = |bytes: &[u8], key| python(dir.path(), bytes, key);
    let signed = exported(&log(), Some(&key()));
    let (good, said) = python(&signed, Some(&trusted));
    assert!(good && said.contains("15 events in 7 records"), "{said}");
    assert!(said.contains(&log().head().hash.to_string()), "{said}");
    for good in [exported(&log(), None), exported(&MemoryStore::new(), None)] {
        let (good, said) = python(&good, None);
        assert!(good && said.contains("not signed"), "{said}");
    }
    for (what, bad, _) in tricks() {
        let (good, said) = python(&bad, None);
        assert!(!good, "{what}: {said}");
    }
    let stranger = SigningKey::from_seed(&[8; 32]).public();
    let mut flipped = signed.clone();
    let at = signed.len() - 20;
    flipped[at] = if flipped[at] == b'0' { b'1' } else { b'0' };
    let cut = cut_anew(None).unwrap();
    for (bad, key) in [
        (&signed, Some(&stranger)),
        (&cut, Some(&trusted)),
        (&flipped, None),
        (&signed[..signed.len() / 2].to_vec(), None),
    ] {
        let (good, said) = python(bad, key);
        assert!(!good, "{said}");
    }
}
