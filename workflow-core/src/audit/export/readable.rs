//! The readable half of a record: what its bytes say, as JSON text.
//!
//! Always the same text for the same bytes, whatever serializer is around, because a verifier writes it again and
//! compares letter by letter. No spaces; the fields in the order below; an event's data in the order in which it is
//! stored.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::Decoder;
use minicbor::data::Type;

use crate::record::frame::{Frame, FrameEvent, hash_of};

/// So deep may an event's data be nested and still be shown.
const DEPTH_MAX: u32 = 64;

/// The whole line of a record, without its line feed.
pub(super) fn record_line(frame: &Frame<'_>, bytes: &[u8]) -> String {
    let mut line = String::with_capacity(bytes.len() * 4);
    let (hash, encoded) = (hash_of(bytes), STANDARD.encode(bytes));
    line.push_str("{\"record\":{\"first\":");
    put(&mut line, frame.first);
    line.push_str(",\"hash\":\"");
    put(&mut line, hash);
    line.push_str("\",\"bytes\":\"");
    line.push_str(&encoded);
    line.push_str("\",\"events\":[");
    for (index, event) in frame.events.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        put_event(&mut line, event);
    }
    line.push_str("]}}");
    line
}

fn put_event(line: &mut String, event: &FrameEvent<'_>) {
    line.push_str("{\"position\":");
    put(line, event.position);
    line.push_str(",\"stream\":");
    put_text(line, event.stream);
    line.push_str(",\"version\":");
    put(line, event.version);
    line.push_str(",\"kind\":");
    put_text(line, event.kind);
    line.push_str(",\"schema\":");
    put(line, event.schema);
    line.push_str(",\"recorded_at\":");
    put(line, event.recorded_at.0);
    line.push_str(",\"at\":\"");
    put(line, event.recorded_at);
    line.push_str("\",\"input\":");
    put_text(line, event.input);
    line.push_str(",\"key\":");
    put_text(line, event.key);
    line.push_str(",\"actor\":");
    put_text(line, event.actor);
    line.push_str(",\"data\":");
    put_data(line, event.content);
    line.push('}');
}

/// One CBOR item as JSON; what is none, or has no counterpart in JSON, as `{"$cbor": base64}`.
fn put_data(line: &mut String, content: &[u8]) {
    let start = line.len();
    let mut decoder = Decoder::new(content);
    if put_item(line, &mut decoder, 0).is_none() || decoder.position() != content.len() {
        line.truncate(start);
        line.push_str("{\"$cbor\":\"");
        line.push_str(&STANDARD.encode(content));
        line.push_str("\"}");
    }
}

fn put_item(line: &mut String, decoder: &mut Decoder<'_>, depth: u32) -> Option<()> {
    if depth > DEPTH_MAX {
        return None;
    }
    match decoder.datatype().ok()? {
        Type::Bool => put(line, decoder.bool().ok()?),
        Type::Null => {
            decoder.null().ok()?;
            line.push_str("null");
        }
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => put(line, decoder.int().ok()?),
        Type::F16 | Type::F32 | Type::F64 => {
            let number = serde_json::Number::from_f64(decoder.f64().ok()?)?;
            put(line, number);
        }
        Type::String => put_text(line, decoder.str().ok()?),
        Type::Bytes => {
            line.push_str("{\"$bytes\":\"");
            line.push_str(&STANDARD.encode(decoder.bytes().ok()?));
            line.push_str("\"}");
        }
        Type::Tag => {
            line.push_str("{\"$tag\":");
            put(line, decoder.tag().ok()?.as_u64());
            line.push_str(",\"value\":");
            put_item(line, decoder, depth + 1)?;
            line.push('}');
        }
        Type::Array | Type::ArrayIndef => put_array(line, decoder, depth)?,
        Type::Map | Type::MapIndef => put_map(line, decoder, depth)?,
        Type::BytesIndef
        | Type::StringIndef
        | Type::Undefined
        | Type::Simple
        | Type::Break
        | Type::Unknown(_) => return None,
    }
    Some(())
}

fn put_array(line: &mut String, decoder: &mut Decoder<'_>, depth: u32) -> Option<()> {
    let mut left = Left::of(decoder.array().ok()?);
    line.push('[');
    let mut first = true;
    while left.another(decoder)? {
        if !first {
            line.push(',');
        }
        first = false;
        put_item(line, decoder, depth + 1)?;
    }
    line.push(']');
    Some(())
}

fn put_map(line: &mut String, decoder: &mut Decoder<'_>, depth: u32) -> Option<()> {
    let mut left = Left::of(decoder.map().ok()?);
    let mut seen: Vec<&str> = Vec::new();
    line.push('{');
    while left.another(decoder)? {
        if !seen.is_empty() {
            line.push(',');
        }
        // A name twice would let two readers see two things.
        let name = decoder.str().ok().filter(|name| !seen.contains(name))?;
        seen.push(name);
        put_text(line, name);
        line.push(':');
        put_item(line, decoder, depth + 1)?;
    }
    line.push('}');
    Some(())
}

/// How many items an array or a map still has.
enum Left {
    Counted(u64),
    UntilBreak,
}

impl Left {
    fn of(length: Option<u64>) -> Self {
        length.map_or(Self::UntilBreak, Self::Counted)
    }

    fn another(&mut self, decoder: &mut Decoder<'_>) -> Option<bool> {
        match self {
            Self::Counted(0) => Some(false),
            Self::Counted(left) => {
                *left -= 1;
                Some(true)
            }
            Self::UntilBreak if matches!(decoder.datatype().ok()?, Type::Break) => {
                decoder.set_position(decoder.position() + 1);
                Some(false)
            }
            Self::UntilBreak => Some(true),
        }
    }
}

fn put(line: &mut String, value: impl std::fmt::Display) {
    write!(line, "{value}").expect("a String takes all text");
}

fn put_text(line: &mut String, text: &str) {
    line.push_str(&serde_json::to_string(text).expect("a text is JSON"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shows(hex: &str, expected: &str) {
        let mut line = String::new();
        put_data(&mut line, &hex::decode(hex).unwrap());
        assert_eq!(line, expected);
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }

    #[test]
    fn data_is_shown_in_stored_order() {
        shows("a2617a01616120", r#"{"z":1,"a":-1}"#);
        shows("bf6161f5ff", r#"{"a":true}"#);
        shows("9f0102ff", "[1,2]");
        shows("8401f6f4fb3ff8000000000000", "[1,null,false,1.5]");
        shows("1bffffffffffffffff", "18446744073709551615");
        shows("3bffffffffffffffff", "-18446744073709551616");
        shows("6561220a5c62", "\"a\\\"\\n\\\\b\"");
        shows("4201ff", r#"{"$bytes":"Af8="}"#);
        shows("d9010041ff", r#"{"$tag":256,"value":{"$bytes":"/w=="}}"#);
    }

    #[test]
    fn what_json_cannot_say_is_shown_as_it_is_stored() {
        shows("61", r#"{"$cbor":"YQ=="}"#);
        shows("", r#"{"$cbor":""}"#);
        shows("0101", r#"{"$cbor":"AQE="}"#);
        shows("a10102", r#"{"$cbor":"oQEC"}"#);
        shows("a2616101616102", r#"{"$cbor":"omFhAWFhAg=="}"#);
        shows("f7", r#"{"$cbor":"9w=="}"#);
        shows("f97e00", r#"{"$cbor":"+X4A"}"#);
        shows("9b7fffffffffffffff", r#"{"$cbor":"m3//////////"}"#);
        shows("ff", r#"{"$cbor":"/w=="}"#);
        let deep = format!("{}01", "81".repeat(70));
        let mut line = String::new();
        put_data(&mut line, &hex::decode(deep).unwrap());
        assert!(line.starts_with(r#"{"$cbor":"#), "{line}");
    }
}
