//! The stored form of an event: its wire name and version stand in the record's header, its data is CBOR
//! (RFC 8949) with field names, so that an auditor needs no binary of ours to read it.
//!
//! An event enum derives serde as usual; [`encode`] stores only what is inside the variant, [`Content`]
//! gives it back.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};
use serde::{Deserializer, Serialize};

mod capture;

/// Why a stored event could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The stored name belongs to no event of the machine.
    #[error("unknown event `{wire}` of machine {machine}: was it written by a newer version?")]
    UnknownEvent {
        /// The machine.
        machine: &'static str,
        /// The stored name.
        wire: String,
    },
    /// The stored version is newer than this program, or 0.
    #[error("event `{event}` is stored in version {version}, this program reads 1 to {newest}")]
    UnknownVersion {
        /// The event's name.
        event: &'static str,
        /// The version found.
        version: u16,
        /// The newest version known.
        newest: u16,
    },
    /// The data does not have the event's shape.
    #[error("the data of event `{event}` cannot be read: {problem}")]
    Data {
        /// The event's name.
        event: String,
        /// What the decoder said.
        problem: String,
    },
}

/// Why an event could not be stored: its type is no enum, or a field refuses to serialize.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event cannot be stored: {0}")]
pub struct EncodeError(String);

impl serde::ser::Error for EncodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The data of one stored event.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a>(pub &'a [u8]);

impl Content<'_> {
    /// Reads the data as one type: an older shape of an event, for example.
    pub fn read<T: DeserializeOwned>(self, event: &str) -> Result<T, DecodeError> {
        T::deserialize(&mut minicbor_serde::Deserializer::new(self.0))
            .map_err(|e| DecodeError::Data { event: event.to_owned(), problem: e.to_string() })
    }

    /// Reads the data as the variant called `name` of the enum `E`.
    pub fn read_variant<E: DeserializeOwned>(self, name: &'static str) -> Result<E, DecodeError> {
        E::deserialize(Variant { name, content: self.0 })
            .map_err(|e| DecodeError::Data { event: name.to_owned(), problem: e.to_string() })
    }

    /// The data as JSON, for people.
    pub fn to_json(self) -> Result<serde_json::Value, DecodeError> {
        self.read("json")
    }
}

/// The data inside an event's variant, as CBOR.
pub fn encode<E: Serialize>(event: &E) -> Result<Vec<u8>, EncodeError> {
    event.serialize(capture::Inside)
}

struct Variant<'de> {
    name: &'static str,
    content: &'de [u8],
}

type CborError = minicbor_serde::error::DecodeError;

impl<'de> Deserializer<'de> for Variant<'de> {
    type Error = CborError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CborError> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = CborError;
    type Variant = Inside<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Inside<'de>), CborError> {
        let name: StrDeserializer<'_, CborError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Inside(self.content)))
    }
}

struct Inside<'de>(&'de [u8]);

impl<'de> VariantAccess<'de> for Inside<'de> {
    type Error = CborError;

    fn unit_variant(self) -> Result<(), CborError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, CborError> {
        seed.deserialize(&mut minicbor_serde::Deserializer::new(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, CborError> {
        minicbor_serde::Deserializer::new(self.0).deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CborError> {
        minicbor_serde::Deserializer::new(self.0).deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Happened {
        Nothing,
        Number(u32),
        Pair(u32, String),
        Named { a: Option<i64>, b: Vec<String>, inner: Inner },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Inner {
        Unit,
        Amount { value: crate::money::Decimal },
    }

    #[track_caller]
    fn round_trip(event: Happened, name: &'static str) {
        let bytes = encode(&event).unwrap();
        assert_eq!(Content(&bytes).read_variant::<Happened>(name).unwrap(), event);
    }

    #[test]
    fn every_kind_of_variant_survives() {
        round_trip(Happened::Nothing, "Nothing");
        round_trip(Happened::Number(7), "Number");
        round_trip(Happened::Pair(7, "x".into()), "Pair");
        let inner = Inner::Amount { value: "12.50".parse().unwrap() };
        round_trip(Happened::Named { a: None, b: vec!["y".into()], inner }, "Named");
        round_trip(Happened::Named { a: Some(-3), b: vec![], inner: Inner::Unit }, "Named");
    }

    #[test]
    fn the_content_reads_as_json_and_carries_no_variant_name() {
        let bytes = encode(&Happened::Named { a: Some(1), b: vec![], inner: Inner::Unit }).unwrap();
        let json = Content(&bytes).to_json().unwrap();
        assert_eq!(json, serde_json::json!({"a": 1, "b": [], "inner": "Unit"}));
    }

    #[test]
    fn bytes_of_another_shape_are_refused() {
        let bytes = encode(&Happened::Number(7)).unwrap();
        assert!(Content(&bytes).read_variant::<Happened>("Named").is_err());
        assert!(Content(&bytes).read_variant::<Happened>("Gone").is_err());
        assert!(encode(&"no enum").is_err());
    }
}
