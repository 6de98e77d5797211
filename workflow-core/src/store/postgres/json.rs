//! What SQL is told of a record's events beside their rows: a JSON array with an object for each.
//!
//! The data is written in one pass from the stored CBOR, without a tree in between: it is done for every append. It is left
//! out where JSON cannot say it.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use crate::record::frame::FrameEvent;

/// Larger data is left out.
const DATA_BYTES_MAX: usize = 4 << 20;
/// So is what is nested deeper: it is parsed by recursion, here and by the server.
const DEPTH_MAX: usize = 256;

/// The text for events, in their order.
pub(super) fn of(events: &[FrameEvent<'_>]) -> String {
    let mut text = Vec::new();
    for event in events {
        text.push(if text.is_empty() { b'[' } else { b',' });
        text.extend(br#"{"schema":"#);
        put(&mut text, &event.schema);
        text.extend(br#","input":"#);
        put(&mut text, event.input);
        text.extend(br#","key":"#);
        put(&mut text, event.key);
        text.extend(br#","actor":"#);
        put(&mut text, event.actor);
        data(event.content, &mut text);
        text.push(b'}');
    }
    text.extend(if text.is_empty() { b"[]".as_slice() } else { b"]" });
    let text = String::from_utf8(text).unwrap_or_else(|_| "[]".to_owned());
    // PostgreSQL can hold no NUL. Where the backslash is itself escaped a little more is changed than need be.
    if text.contains("\\u0000") { text.replace("\\u0000", "\\ufffd") } else { text }
}

fn put(text: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    // Numbers and strings: neither can fail.
    let _ = serde_json::to_writer(text, value);
}

fn data(content: &[u8], text: &mut Vec<u8>) {
    let begins = text.len();
    text.extend(br#","data":"#);
    if content.len() > DATA_BYTES_MAX || !written(content, text) {
        text.truncate(begins);
    }
}

fn written(content: &[u8], text: &mut Vec<u8>) -> bool {
    let writer = Writer { text, depth: 0 };
    minicbor_serde::Deserializer::new(content).deserialize_any(writer).is_ok()
}

/// Writes the value that it is shown.
struct Writer<'a> {
    text: &'a mut Vec<u8>,
    depth: usize,
}

impl Writer<'_> {
    fn within<E: Error>(&mut self) -> Result<Writer<'_>, E> {
        if self.depth == DEPTH_MAX {
            return Err(E::custom("nested too deep"));
        }
        Ok(Writer { text: self.text, depth: self.depth + 1 })
    }

    fn put<E: Error>(self, value: &impl serde::Serialize) -> Result<(), E> {
        serde_json::to_writer(self.text, value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can say")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.put(&value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.put(&value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.put(&value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.put(&value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.put(&value)
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.put(&())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(&())
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut all: A) -> Result<(), A::Error> {
        self.text.push(b'[');
        let begins = self.text.len();
        loop {
            let end = self.text.len();
            if end > begins {
                self.text.push(b',');
            }
            if all.next_element_seed(self.within()?)?.is_none() {
                self.text.truncate(end);
                self.text.push(b']');
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut all: A) -> Result<(), A::Error> {
        self.text.push(b'{');
        let begins = self.text.len();
        loop {
            let end = self.text.len();
            if end > begins {
                self.text.push(b',');
            }
            if all.next_key_seed(Key(self.text))?.is_none() {
                self.text.truncate(end);
                self.text.push(b'}');
                return Ok(());
            }
            self.text.push(b':');
            all.next_value_seed(self.within()?)?;
        }
    }
}

/// Writes a name; nothing else is one in JSON.
struct Key<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        serde_json::to_writer(self.0, name).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::codec::Content;
    use crate::id::{Position, Version};
    use crate::time::Timestamp;

    fn text(content: &[u8]) -> String {
        let mut text = Vec::new();
        data(content, &mut text);
        String::from_utf8(text).expect("it is text")
    }

    fn one(content: &[u8]) -> Option<Value> {
        let text = text(content);
        let value = text.strip_prefix(",\"data\":")?;
        Some(serde_json::from_str(value).expect("it is JSON"))
    }

    /// What the codec shows, read as often: reading a number may change its last digit.
    fn shown(content: &[u8]) -> Option<Value> {
        let json = Content(content).to_json().ok()?;
        serde_json::from_str(&json.to_string()).ok()
    }

    fn cbor(value: &Value) -> Vec<u8> {
        minicbor_serde::to_vec(value).expect("it can be written")
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z\"\\\\\u{1}\u{fc}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{0,3}", inner, 0..5)
                    .prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_the_codec_shows(value in values()) {
            let stored = cbor(&value);
            prop_assert_eq!(one(&stored), shown(&stored));
        }

        #[test]
        fn any_bytes_give_what_the_codec_shows_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(told) = one(&bytes) {
                prop_assert_eq!(Some(told), shown(&bytes));
            }
        }
    }

    fn event<'a>(stream: &'a str, content: &'a [u8]) -> FrameEvent<'a> {
        FrameEvent {
            position: Position(0),
            stream,
            version: Version(1),
            kind: "seen",
            schema: 2,
            recorded_at: Timestamp(0),
            input: "answered",
            key: "k\0",
            actor: "poll",
            content,
        }
    }

    #[test]
    fn each_event_has_its_own_and_what_is_no_cbor_has_none() {
        let some = cbor(&json!({ "a": [1, true] }));
        // Cut short, nothing at all, and a null that is data.
        let all = [&some[..], b"\x63ab", b"", b"\xf6"].map(|content| event("a/b/c", content));
        let told: Value = serde_json::from_str(&of(&all)).expect("it is JSON");
        let head = json!({ "schema": 2, "input": "answered", "key": "k\u{fffd}", "actor": "poll" });
        let with = |data: Value| {
            let mut event = head.clone();
            event["data"] = data;
            event
        };
        assert_eq!(told, json!([with(json!({ "a": [1, true] })), head, head, with(Value::Null)]));
        assert_eq!(of(&[]), "[]");
    }

    #[test]
    fn a_nul_becomes_what_postgresql_can_hold() {
        assert!(of(&[event("a/b/c", b"\x63a\0c")]).ends_with(r#","data":"a\ufffdc"}]"#));
    }

    #[test]
    fn what_is_nested_too_deep_is_left_out() {
        let length = |depth: usize| text(&[vec![0x81; depth], vec![0x01]].concat()).len();
        assert_eq!(length(DEPTH_MAX), ",\"data\":1".len() + 2 * DEPTH_MAX);
        assert_eq!(length(DEPTH_MAX + 1), 0);
        assert_eq!(length(200_000), 0);
    }
}
