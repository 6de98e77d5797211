//! Frames survive the round trip; no bytes make the decoder panic or lie.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn event() -> impl Strategy<Value = (StreamId, Version, NewEvent)> {
    let texts = (".{0,20}", ".{0,20}", ".{0,40}", ".{0,20}");
    (any::<u16>(), any::<u64>(), any::<u16>(), any::<i64>(), texts, vec(any::<u8>(), 0..600))
        .prop_map(|(stream, version, schema, at, (kind, input, key, actor), content)| {
            let stream = StreamId::new("w", "t", &stream.to_string()).unwrap();
            let (cause, recorded_at) = (Cause { input, key, actor }, Timestamp(at));
            (stream, Version(version), NewEvent { kind, schema, recorded_at, cause, content })
        })
}

fn placed(events: &[(StreamId, Version, NewEvent)]) -> Vec<Placed<'_>> {
    events
        .iter()
        .map(|(stream, version, event)| Placed { stream, version: *version, event })
        .collect()
}

fn small() -> (StreamId, Version, NewEvent) {
    let cause = Cause { input: "observed".into(), key: "k".into(), actor: "poll:x".into() };
    let event = NewEvent {
        kind: "Opened".into(),
        schema: 1,
        recorded_at: Timestamp(1_764_300_000_123),
        cause,
        content: vec![0xa1, 0x61, b'a', 1],
    };
    (StreamId::parse("door/acme/7").unwrap(), Version(1), event)
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&bytes[HEADER_BYTES..]).to_be_bytes();
    bytes[4..HEADER_BYTES].copy_from_slice(&crc);
    bytes
}

proptest! {
    #[test]
    fn what_is_sealed_is_read_back(first in 0u64..u64::MAX / 2, events in vec(event(), 1..60)) {
        let sealed = seal(Position(first), Hash([7; 32]), &placed(&events));
        let (mut next, mut previous, mut read) = (Position(first), Hash([7; 32]), Vec::new());
        for record in &sealed {
            let frame = Frame::decode(&record.bytes).unwrap();
            prop_assert_eq!((frame.first, record.first, frame.previous), (next, next, previous));
            prop_assert_eq!(frame.events.len(), record.events);
            prop_assert!(record.bytes.len() <= FRAME_BYTES_TARGET || record.events == 1);
            (next, previous) = (frame.next(), record.hash);
            prop_assert_eq!(previous, hash_of(&record.bytes));
            read.extend(frame.events.iter().map(|e| e.to_recorded().unwrap()));
        }
        prop_assert_eq!(read.len(), events.len());
        for (i, (read, (stream, version, event))) in read.into_iter().zip(events).enumerate() {
            let position = Position(first + i as u64);
            prop_assert_eq!(read, Recorded { position, stream, version, event });
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert!(Frame::decode(&bytes).is_err());
    }

    /// The checksum is made to fit, so that the shape of the CBOR is what is tried.
    #[test]
    fn any_body_is_read_or_refused(body in vec(any::<u8>(), 0..400)) {
        let bytes = with_checksum([&b"WFR\x01\0\0\0\0"[..], &body].concat());
        let _bounded = Frame::decode(&bytes);
    }

    #[test]
    fn a_changed_byte_never_passes(
        events in vec(event(), 1..8), at in any::<prop::sample::Index>(), change in 1u8..,
    ) {
        let mut bytes = seal(Position(3), Hash::GENESIS, &placed(&events)).remove(0).bytes;
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(Frame::decode(&bytes).is_err());
    }

    /// As above with a checksum that fits: what is read is bounded by the bytes, whatever they claim.
    #[test]
    fn a_forged_byte_is_read_or_refused(
        events in vec(event(), 1..8), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = seal(Position(3), Hash::GENESIS, &placed(&events)).remove(0).bytes;
        let at = HEADER_BYTES + at.index(bytes.len() - HEADER_BYTES);
        bytes[at] = byte;
        let bytes = with_checksum(bytes);
        if let Ok(frame) = Frame::decode(&bytes) {
            prop_assert!(frame.events.len() as u64 * EVENT_BYTES_MIN <= bytes.len() as u64);
            prop_assert!(!frame.events.is_empty());
        }
    }
}

#[test]
fn the_bytes_of_a_record_are_these() {
    let event = small();
    let sealed = seal(Position(5), Hash([0xee; 32]), &placed(&[event]));
    let body = [
        "83",                                         // three parts
        "05",                                         // first position
        &format!("5820{}", "ee".repeat(32)),          // hash of the record before
        "81",                                         // one event
        "87",                                         // of seven parts
        &format!("6b{}", hex::encode("door/acme/7")), // stream
        "01",                                         // version
        &format!("66{}", hex::encode("Opened")),      // kind
        "01",                                         // schema
        "1b0000019ac8798b7b",                         // recorded_at
        &format!(
            "83 68{} 61{} 66{}",
            hex::encode("observed"),
            hex::encode("k"),
            hex::encode("poll:x")
        ),
        "d818 44 a1616101", // content
    ];
    let body = hex::decode(body.concat().replace(' ', "")).unwrap();
    let crc = crc32c::crc32c(&body).to_be_bytes();
    assert_eq!(sealed[0].bytes, [&b"WFR\x01"[..], &crc, &body].concat());
}

#[test]
fn errors_name_what_is_wrong() {
    let good = seal(Position(5), Hash::GENESIS, &placed(&[small()])).remove(0).bytes;
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let says = |bytes: Vec<u8>| Frame::decode(&bytes).unwrap_err().to_string();
    assert_eq!(Frame::decode(&good[..7]), Err(FrameError::TooShort { bytes: 7 }));
    assert_eq!(Frame::decode(&changed(0, b'X')), Err(FrameError::NoRecord));
    assert_eq!(Frame::decode(&changed(3, 2)), Err(FrameError::Format { found: 2 }));
    assert!(matches!(Frame::decode(&changed(20, 1)), Err(FrameError::Checksum { .. })));
    let trailing = with_checksum([&good[..], b"x"].concat());
    assert_eq!(Frame::decode(&trailing), Err(FrameError::Trailing { bytes: 1 }));
    let events = HEADER_BYTES + 1 + 1 + 34;
    assert!(says(with_checksum(changed(events, 0x80))).contains("list of events"));
    assert!(says(with_checksum(changed(events, 0x9f))).contains("length is not given"));
    let stream = says(with_checksum(changed(events + 2, 0x01)));
    assert!(stream.contains("the stream of the event at 5"), "{stream}");
    let cut = says(with_checksum(good[..good.len() - 1].to_vec()));
    assert!(cut.contains("the content of the event at 5"), "{cut}");
}

#[test]
fn claimed_lengths_allocate_nothing() {
    let head = [&b"WFR\x01\0\0\0\0\x83\x05\x58\x20"[..], &[0; 32]].concat();
    for list in [&b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x9a\xff\xff\xff\xff"] {
        let bytes = with_checksum([&head[..], list].concat());
        let error = Frame::decode(&bytes).unwrap_err().to_string();
        assert!(error.contains("do not fit"), "{error}");
    }
}

#[test]
fn no_events_give_no_record() {
    assert_eq!(seal(Position(0), Hash::GENESIS, &[]), vec![]);
}
