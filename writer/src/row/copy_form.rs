//! COPY's binary form, as Postgres's documentation of COPY tells it, and of each type its `…_send` function.
//!
//! A row is the number of its columns in 16 bits, and for each its length in 32 bits and its bytes; -1 stands for NULL. All
//! numbers are big-endian. It is written by hand since every row of every batch passes here: `BinaryCopyInWriter` asks each
//! value by a virtual call whether it fits its column, and sends 4 kB at a time.

use bytes::{BufMut, BytesMut};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// Signature, flags, and no header extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// A row of -1 columns.
const TRAILER: i16 = -1;
/// The length that stands for NULL.
const NULL: i32 = -1;
/// The version of `jsonb`'s binary form: what follows is its text.
const JSONB_VERSION: u8 = 1;
/// Postgres's epoch, 2000-01-01 UTC, in microseconds after Unix's.
const EPOCH_US: i128 = 946_684_800_000_000;
/// Bytes of a length.
const LENGTH_BYTES: usize = 4;

/// A value that Postgres has no form for.
#[derive(Debug, thiserror::Error)]
pub enum Unencodable {
    /// Longer than 2 GiB.
    #[error("a value is too long for the database")]
    TooLong,
    /// Outside of what `timestamptz` holds.
    #[error("a time is beyond the database's calendar")]
    BeyondTheCalendar,
    /// Not to be put into JSON.
    #[error("a value is no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a COPY begins with.
pub fn put_header(into: &mut BytesMut) {
    into.put_slice(HEADER);
}

/// What a COPY ends with.
pub fn put_trailer(into: &mut BytesMut) {
    into.put_i16(TRAILER);
}

/// A row's beginning: how many columns follow.
pub(super) fn put_columns(into: &mut BytesMut, count: i16) {
    into.put_i16(count);
}

pub(super) fn put_null(into: &mut BytesMut) {
    into.put_i32(NULL);
}

/// `text`, or an enum's label.
pub(super) fn put_text(into: &mut BytesMut, text: Option<&str>) -> Result<(), Unencodable> {
    let Some(text) = text else {
        put_null(into);
        return Ok(());
    };
    into.put_i32(length(text.len())?);
    into.put_slice(text.as_bytes());
    Ok(())
}

/// `uuid`
pub(super) fn put_uuid(into: &mut BytesMut, uuid: Option<Uuid>) {
    match uuid {
        Some(uuid) => {
            into.put_i32(16);
            into.put_slice(uuid.as_bytes());
        }
        None => put_null(into),
    }
}

/// `double precision`
pub(super) fn put_float(into: &mut BytesMut, float: Option<f64>) {
    match float {
        Some(float) => {
            into.put_i32(8);
            into.put_f64(float);
        }
        None => put_null(into),
    }
}

/// `timestamptz`, cut to microseconds.
pub(super) fn put_time(into: &mut BytesMut, at: OffsetDateTime) -> Result<(), Unencodable> {
    let us = at.unix_timestamp_nanos().div_euclid(1_000) - EPOCH_US;
    into.put_i32(8);
    into.put_i64(i64::try_from(us).map_err(|_beyond| Unencodable::BeyondTheCalendar)?);
    Ok(())
}

/// `jsonb`
pub(super) fn put_json(into: &mut BytesMut, value: Option<&impl Serialize>) -> Result<(), Unencodable> {
    let Some(value) = value else {
        put_null(into);
        return Ok(());
    };
    // The length is known once the text stands there.
    let place = into.len();
    into.put_i32(0);
    into.put_u8(JSONB_VERSION);
    serde_json::to_writer(into.writer(), value)?;
    let bytes = length(into.len() - place - LENGTH_BYTES)?.to_be_bytes();
    for (byte, known) in into.iter_mut().skip(place).zip(bytes) {
        *byte = known;
    }
    Ok(())
}

fn length(bytes: usize) -> Result<i32, Unencodable> {
    i32::try_from(bytes).map_err(|_too_long| Unencodable::TooLong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;
    use tokio_postgres::types::{IsNull, Json, ToSql, Type};

    use super::*;

    /// A value as tokio-postgres writes it, its length before it.
    fn by_driver(value: &dyn ToSqlChecked, kind: &Type) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        match value.checked(kind, &mut bytes) {
            IsNull::Yes => NULL.to_be_bytes().to_vec(),
            IsNull::No => [&i32::try_from(bytes.len()).unwrap().to_be_bytes()[..], &bytes].concat(),
        }
    }

    trait ToSqlChecked {
        fn checked(&self, kind: &Type, into: &mut BytesMut) -> IsNull;
    }

    impl<T: ToSql> ToSqlChecked for T {
        fn checked(&self, kind: &Type, into: &mut BytesMut) -> IsNull {
            self.to_sql_checked(kind, into).unwrap()
        }
    }

    fn by_hand(put: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        put(&mut bytes);
        bytes.to_vec()
    }

    #[test]
    fn texts_and_uuids_are_as_the_driver_writes_them() {
        for text in [None, Some(""), Some("a"), Some("בפתח ¿"), Some("nul \0")] {
            assert_eq!(by_hand(|into| put_text(into, text).unwrap()), by_driver(&text, &Type::TEXT));
        }
        for uuid in [None, Some(Uuid::nil()), Some(Uuid::max()), Some(Uuid::from_u128(0x0123_4567))] {
            assert_eq!(by_hand(|into| put_uuid(into, uuid)), by_driver(&uuid, &Type::UUID));
        }
    }

    #[test]
    fn floats_are_as_the_driver_writes_them() {
        for float in [None, Some(0.0), Some(-0.0), Some(-33.8688), Some(f64::MAX), Some(f64::MIN_POSITIVE)] {
            assert_eq!(by_hand(|into| put_float(into, float)), by_driver(&float, &Type::FLOAT8));
        }
    }

    #[test]
    fn times_are_as_the_driver_writes_them() {
        for at in [
            datetime!(2026-11-23 12:00:00.123_456 UTC),
            datetime!(2000-01-01 00:00 UTC),
            datetime!(1969-12-31 23:59:59.999_999 UTC),
            datetime!(2026-11-23 12:00 +5:30),
            datetime!(9999-12-31 23:59:59.999_999 UTC),
            datetime!(-4000-01-01 00:00 UTC),
        ] {
            assert_eq!(
                by_hand(|into| put_time(into, at).unwrap()),
                by_driver(&at, &Type::TIMESTAMPTZ),
                "{at}"
            );
        }
    }

    #[test]
    fn json_is_as_the_driver_writes_it_also_behind_other_bytes() {
        let none: Option<&serde_json::Value> = None;
        assert_eq!(by_hand(|into| put_json(into, none).unwrap()), NULL.to_be_bytes());
        for value in [
            json!({}),
            json!({ "question": "¿Hacen \"envíos\"?", "n": [1, 2.5, null, {"a": "b".repeat(5_000)}] }),
        ] {
            let expected = [&b"xyz"[..], &by_driver(&Json(&value), &Type::JSONB)].concat();
            let written = by_hand(|into| {
                into.put_slice(b"xyz");
                put_json(into, Some(&value)).unwrap();
            });
            assert_eq!(written, expected);
        }
    }
}
