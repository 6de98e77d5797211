//! A deserializer that reads from choices instead of bytes: each number, text and variant is picked from a few, the
//! plainest first.

use proptest::test_runner::TestRng;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use crate::laws::language::below;

/// Where new choices come from; without it they are the plainest.
pub(super) type Source<'a> = Option<&'a mut TestRng>;

/// Texts to pick from: plain, odd, and some that mean something (a date, an amount, a stream).
pub(super) const TEXTS: [&str; 12] = [
    "a",
    "b",
    "",
    "2026-03-16",
    "12.50",
    "delivery/main/1",
    "Ä ö — 日本 🙂",
    "say \"no\" \\ twice",
    "two\nlines\ttabbed\0",
    "null",
    "-1",
    "a text that is longer than any name that somebody gives to anything, and is still no end of it, so that \
     buffers of a fixed size are tried: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
];

/// The longest list or map.
const LENGTH_MAX: u64 = 3;

/// Deeper than this, lists are empty and choices the plainest, so that recursive types end.
const DEPTH_MAX: usize = 12;

/// What was chosen, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    made: Vec<Choice>,
}

#[derive(Clone, Copy, Debug)]
struct Choice {
    picked: u64,
    of: u64,
    text: bool,
}

impl Choices {
    pub(super) fn get(&self, at: usize) -> Option<u64> {
        self.made.get(at).map(|choice| choice.picked)
    }

    pub(super) fn sum(&self) -> u64 {
        self.made.iter().map(|choice| choice.picked).sum()
    }

    /// The same with another pick at `at`; what came after it is read as it fits.
    pub(super) fn with(&self, at: usize, picked: u64) -> Self {
        let mut other = self.clone();
        if let Some(choice) = other.made.get_mut(at) {
            choice.picked = picked;
        }
        other
    }

    /// Picks the next text where the last choice was one that was refused.
    pub(super) fn next_text(&mut self) -> bool {
        match self.made.last_mut() {
            Some(last) if last.text => {
                last.picked = (last.picked + 1) % last.of;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// Reads a value from choices, adding those that are missing.
pub(super) struct Reader<'a> {
    choices: Choices,
    used: usize,
    depth: usize,
    variant: Option<&'static str>,
    rng: Source<'a>,
}

impl<'a> Reader<'a> {
    /// With `variant` the value is an enum, and that variant of it.
    pub(super) fn new(choices: Choices, variant: Option<&'static str>, rng: Source<'a>) -> Self {
        Self { choices, used: 0, depth: 0, variant, rng }
    }

    /// The choices up to the last one that was read: if the value was refused, that one is why.
    pub(super) fn choices(mut self) -> Choices {
        self.choices.made.truncate(self.used);
        self.choices
    }

    fn pick(&mut self, of: u64, text: bool) -> u64 {
        let of = of.max(1);
        let deep = self.depth > DEPTH_MAX;
        let found = self.choices.made.get(self.used).map(|choice| choice.picked % of);
        let picked = match (found, &mut self.rng) {
            (Some(picked), _) => picked,
            (None, Some(rng)) if !deep => {
                let number = below(u128::from(of), *rng).unwrap_or_default();
                u64::try_from(number).unwrap_or_default()
            }
            (None, _) => 0,
        };
        let choice = Choice { picked, of, text };
        match self.choices.made.get_mut(self.used) {
            Some(known) => *known = choice,
            None => self.choices.made.push(choice),
        }
        self.used += 1;
        picked
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let picked = self.pick(all.len() as u64, false);
        all[usize::try_from(picked).unwrap_or_default()]
    }

    fn text(&mut self) -> &'static str {
        let picked = self.pick(TEXTS.len() as u64, true);
        TEXTS[usize::try_from(picked).unwrap_or_default()]
    }

    fn read_text<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text())
    }

    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn length(&mut self) -> u64 {
        let deep = self.depth > DEPTH_MAX;
        self.pick(if deep { 1 } else { LENGTH_MAX + 1 }, false)
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident: $ty:ty = $all:expr),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number: $ty = self.one_of(&$all);
            visitor.$visit(number)
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'_> {
    type Error = Error;

    numbers! {
        deserialize_bool visit_bool: bool = [false, true],
        deserialize_u8 visit_u8: u8 = [0, 1, 2, 100, u8::MAX],
        deserialize_u16 visit_u16: u16 = [0, 1, 2, 409, u16::MAX],
        deserialize_u32 visit_u32: u32 = [0, 1, 2, 1000, u32::MAX],
        deserialize_u64 visit_u64: u64 = [0, 1, 2, 1000, u64::MAX],
        deserialize_u128 visit_u128: u128 = [0, 1, 2, 1000, u128::MAX],
        deserialize_i8 visit_i8: i8 = [0, 1, 2, -1, i8::MAX, i8::MIN],
        deserialize_i16 visit_i16: i16 = [0, 1, 2, -1, i16::MAX, i16::MIN],
        deserialize_i32 visit_i32: i32 = [0, 1, 2, -1, i32::MAX, i32::MIN],
        deserialize_i64 visit_i64: i64 = [0, 1, 2, -1, 1_774_267_200_000, i64::MAX, i64::MIN],
        deserialize_i128 visit_i128: i128 = [0, 1, 2, -1, i128::MAX, i128::MIN],
        deserialize_f32 visit_f32: f32 = [0.0, 1.0, -1.0, 0.5, f32::MAX],
        deserialize_f64 visit_f64: f64 = [0.0, 1.0, -1.0, 0.5, f64::MAX],
        deserialize_char visit_char: char = ['a', 'ä', '🙂', '\0'],
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.read_text(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.read_text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.read_text(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_byte_buf(self.text().as_bytes().to_vec())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.one_of(&[false, true]) {
            false => visitor.visit_none(),
            true => self.inside(|reader| visitor.visit_some(reader)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.length();
        self.inside(|reader| visitor.visit_seq(Items { reader, left }))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.inside(|reader| visitor.visit_seq(Items { reader, left: len as u64 }))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.length();
        self.inside(|reader| visitor.visit_map(Items { reader, left }))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.inside(|reader| visitor.visit_map(Fields { reader, fields }))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = match self.variant.take() {
            Some(variant) => variant,
            None if variants.is_empty() => return Err(Error::custom("an enum without variants")),
            None => self.one_of(variants),
        };
        self.inside(|reader| visitor.visit_enum(Variant { reader, variant }))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.read_text(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// So many items of a list or map.
struct Items<'r, 'a> {
    reader: &'r mut Reader<'a>,
    left: u64,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }
}

/// The fields of a struct, by their names.
struct Fields<'r, 'a> {
    reader: &'r mut Reader<'a>,
    fields: &'static [&'static str],
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((field, rest)) = self.fields.split_first() else { return Ok(None) };
        self.fields = rest;
        let name: StrDeserializer<'_, Error> = (*field).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }
}

/// One variant of an enum.
struct Variant<'r, 'a> {
    reader: &'r mut Reader<'a>,
    variant: &'static str,
}

impl<'de, 'r, 'a> EnumAccess<'de> for Variant<'r, 'a> {
    type Error = Error;
    type Variant = Inside<'r, 'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Inside<'r, 'a>), Error> {
        let name: StrDeserializer<'_, Error> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, Inside(self.reader)))
    }
}

/// What is inside a variant.
struct Inside<'r, 'a>(&'r mut Reader<'a>);

impl<'de> VariantAccess<'de> for Inside<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
