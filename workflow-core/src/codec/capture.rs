//! A serializer that takes one enum variant and writes what is inside it.

use minicbor_serde::Serializer as Cbor;
use serde::ser::{
    Error as _, Impossible, Serialize, SerializeStructVariant, SerializeTupleVariant, Serializer,
};

use super::EncodeError;

type Buffer = Cbor<Vec<u8>>;

/// The one-byte CBOR item `null`, stored for a variant without data.
const CBOR_NULL: u8 = 0xf6;

/// Writes the inside of a variant; refuses everything else.
pub(super) struct Inside;

/// The fields of a struct or tuple variant on their way into a buffer.
pub(super) struct Fields(Buffer);

fn refuse<T>() -> Result<T, EncodeError> {
    Err(EncodeError::custom("an event type must be an enum"))
}

fn cbor(e: impl std::fmt::Display) -> EncodeError {
    EncodeError::custom(e)
}

macro_rules! refused {
    ($($method:ident: $ty:ty),* $(,)?) => {
        $(fn $method(self, _: $ty) -> Result<Vec<u8>, EncodeError> { refuse() })*
    };
}

impl Serializer for Inside {
    type Ok = Vec<u8>;
    type Error = EncodeError;
    type SerializeSeq = Impossible<Vec<u8>, EncodeError>;
    type SerializeTuple = Impossible<Vec<u8>, EncodeError>;
    type SerializeTupleStruct = Impossible<Vec<u8>, EncodeError>;
    type SerializeTupleVariant = Fields;
    type SerializeMap = Impossible<Vec<u8>, EncodeError>;
    type SerializeStruct = Impossible<Vec<u8>, EncodeError>;
    type SerializeStructVariant = Fields;

    refused! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    }

    fn serialize_none(self) -> Result<Vec<u8>, EncodeError> {
        refuse()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<Vec<u8>, EncodeError> {
        refuse()
    }

    fn serialize_unit(self) -> Result<Vec<u8>, EncodeError> {
        refuse()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Vec<u8>, EncodeError> {
        Ok(vec![CBOR_NULL])
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<Vec<u8>, EncodeError> {
        refuse()
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<Vec<u8>, EncodeError> {
        minicbor_serde::to_vec(value).map_err(cbor)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        refuse()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, EncodeError> {
        refuse()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, EncodeError> {
        refuse()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        len: usize,
    ) -> Result<Fields, EncodeError> {
        let mut buffer = Buffer::new(Vec::new());
        (&mut buffer).serialize_tuple(len).map_err(cbor)?;
        Ok(Fields(buffer))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        refuse()
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, EncodeError> {
        refuse()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        len: usize,
    ) -> Result<Fields, EncodeError> {
        let mut buffer = Buffer::new(Vec::new());
        (&mut buffer).serialize_struct("", len).map_err(cbor)?;
        Ok(Fields(buffer))
    }
}

impl SerializeTupleVariant for Fields {
    type Ok = Vec<u8>;
    type Error = EncodeError;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut self.0).map_err(cbor)
    }

    fn end(self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.0.into_encoder().into_writer())
    }
}

impl SerializeStructVariant for Fields {
    type Ok = Vec<u8>;
    type Error = EncodeError;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        name.serialize(&mut self.0).and_then(|()| value.serialize(&mut self.0)).map_err(cbor)
    }

    fn end(self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.0.into_encoder().into_writer())
    }
}
