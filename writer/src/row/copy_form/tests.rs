//! Each form against the driver's.

use serde_json::json;
use time::macros::datetime;
use tokio_postgres::types::Json;

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
        assert_eq!(by_hand(|into| put_time(into, at).unwrap()), by_driver(&at, &Type::TIMESTAMPTZ), "{at}");
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

#[test]
fn a_row_of_any_values_is_its_columns_as_the_driver_writes_them() {
    let (id, count, text, none) = (Uuid::max(), -7_i32, "ü", None::<i64>);
    let values = vec!["a", "", "b"];
    let types = [Type::UUID, Type::INT4, Type::TEXT, Type::INT8, Type::TEXT_ARRAY];
    let columns = [
        by_driver(&id, &Type::UUID),
        by_driver(&count, &Type::INT4),
        by_driver(&text, &Type::TEXT),
        by_driver(&none, &Type::INT8),
        by_driver(&values, &Type::TEXT_ARRAY),
    ];
    let written = by_hand(|into| {
        into.put_slice(b"xyz");
        put_row(into, &types, &[&id, &count, &text, &none, &values]).unwrap();
    });
    assert_eq!(written, [&b"xyz\0\x05"[..], &columns.concat()].concat());
    assert!(put_row(&mut BytesMut::new(), &[Type::INT4], &[&"no number"]).is_err());
}
