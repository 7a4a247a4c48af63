//! COPY's binary form, as Postgres's documentation of COPY tells it, and of each type its `…_send` function.
//!
//! A row is the number of its columns in 16 bits, and for each its length in 32 bits and its bytes; -1 stands for NULL. All
//! numbers are big-endian. It is written by hand since every row of every batch passes here: `BinaryCopyInWriter` asks each
//! value by a virtual call whether it fits its column, and sends 4 kB at a time.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use serde::Serialize;
use time::OffsetDateTime;
use tokio_postgres::types::{IsNull, ToSql, Type};
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

/// A row of any values, by the driver's own conversions: for tables that get few rows a batch.
///
/// # Errors
/// The driver's, where a value does not fit its column.
pub fn put_row(
    into: &mut BytesMut,
    columns: &[Type],
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), Box<dyn Error + Send + Sync>> {
    put_columns(into, i16::try_from(columns.len())?);
    for (value, column) in values.iter().zip(columns) {
        let place = into.len();
        put_null(into);
        if let IsNull::No = value.to_sql_checked(column, into)? {
            let bytes = length(into.len() - place - LENGTH_BYTES)?.to_be_bytes();
            into[place..place + LENGTH_BYTES].copy_from_slice(&bytes);
        }
    }
    Ok(())
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
    into[place..place + LENGTH_BYTES].copy_from_slice(&bytes);
    Ok(())
}

fn length(bytes: usize) -> Result<i32, Unencodable> {
    i32::try_from(bytes).map_err(|_too_long| Unencodable::TooLong)
}

#[cfg(test)]
mod tests;
