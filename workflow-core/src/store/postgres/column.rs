//! A column of an append, in the form in which it is sent: an array in PostgreSQL's binary format.
//!
//! The values are copied where they lie, once: for an append of many events, a string of its own for each value took a
//! tenth of what the sender does.

use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

/// One value for each row, none of them null.
#[derive(Debug, Default)]
pub(super) struct Column {
    rows: i32,
    /// Each value's length, as `i32`, and its bytes.
    values: Vec<u8>,
}

impl Column {
    /// Adds a row's value in the binary form of its type: numbers big-endian, text in UTF-8.
    pub(super) fn push(&mut self, value: &[u8]) {
        // The server takes no message of 1 GiB: what is longer fails there.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.values.extend(length.to_be_bytes());
        self.values.extend_from_slice(value);
        self.rows += 1;
    }
}

impl ToSql for Column {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Kind::Array(member) = ty.kind() else { return Err("it is no array".into()) };
        // Dimensions, whether there are nulls, the type of the values; of the one dimension its length and first index.
        out.put_i32(1);
        out.put_i32(0);
        out.put_u32(member.oid());
        out.put_i32(self.rows);
        out.put_i32(1);
        out.put_slice(&self.values);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BYTEA_ARRAY | Type::INT4_ARRAY | Type::INT8_ARRAY | Type::TEXT_ARRAY)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &dyn ToSql, ty: &Type) -> BytesMut {
        let mut out = BytesMut::new();
        value.to_sql_checked(ty, &mut out).expect("it can be sent");
        out
    }

    #[test]
    fn it_is_sent_as_the_library_sends_a_list() {
        let (texts, numbers) = (["", "a", "\u{fc}b"], [i64::MIN, 0, 7]);
        let (mut text, mut number, mut bytes) = <(Column, Column, Column)>::default();
        texts.iter().for_each(|value| text.push(value.as_bytes()));
        numbers.iter().for_each(|value| number.push(&value.to_be_bytes()));
        texts.iter().for_each(|value| bytes.push(value.as_bytes()));
        assert_eq!(sent(&text, &Type::TEXT_ARRAY), sent(&&texts[..], &Type::TEXT_ARRAY));
        assert_eq!(sent(&number, &Type::INT8_ARRAY), sent(&&numbers[..], &Type::INT8_ARRAY));
        let list: Vec<&[u8]> = texts.iter().map(|value| value.as_bytes()).collect();
        assert_eq!(sent(&bytes, &Type::BYTEA_ARRAY), sent(&list, &Type::BYTEA_ARRAY));
    }

    #[test]
    fn no_other_type_takes_it() {
        let mut out = BytesMut::new();
        assert!(Column::default().to_sql_checked(&Type::TEXT, &mut out).is_err());
        assert!(Column::default().to_sql_checked(&Type::JSONB_ARRAY, &mut out).is_err());
    }
}
