//! An interaction's `data`: an object that `jsonb` takes, small and shallow.

use serde_json::{Map, Value};
use shared::event::{DATA_BYTES_MAX, DATA_DEPTH_MAX};

use super::RejectReason;
use super::text::clean;

/// Largest number, either sign. `jsonb` would print 1e300 with 301 digits, so a few bytes in become many out.
const NUMBER_MAX: f64 = 1e15;

/// The data, cleaned; its depth, numbers and size within their limits.
pub(super) fn parse(field: &str, data: Map<String, Value>) -> Result<Map<String, Value>, RejectReason> {
    let data = object(field, data, 1)?;
    // Counted on what is stored: cleaning may lengthen it.
    let size_bytes = serde_json::to_vec(&data).map_or(usize::MAX, |bytes| bytes.len());
    if size_bytes <= DATA_BYTES_MAX {
        return Ok(data);
    }
    let problem = format!("has {size_bytes} bytes; at most {DATA_BYTES_MAX} are kept");
    Err(RejectReason::field(field, "data_too_large", problem))
}

fn object(field: &str, object: Map<String, Value>, depth: usize) -> Result<Map<String, Value>, RejectReason> {
    check_depth(field, depth)?;
    object
        .into_iter()
        .map(|(key, value)| Ok((clean(&key).into_owned(), self::value(field, value, depth)?)))
        .collect()
}

fn value(field: &str, value: Value, depth: usize) -> Result<Value, RejectReason> {
    match value {
        Value::Null | Value::Bool(_) => Ok(value),
        Value::Number(ref number) => match number.as_f64() {
            Some(number) if number.abs() <= NUMBER_MAX => Ok(value),
            _ => {
                let problem = format!("holds a number beyond ±{NUMBER_MAX:e}; send it as text");
                Err(RejectReason::field(field, "number_too_large", problem))
            }
        },
        Value::String(text) => Ok(Value::String(clean(&text).into_owned())),
        Value::Array(items) => {
            check_depth(field, depth + 1)?;
            items.into_iter().map(|item| self::value(field, item, depth + 1)).collect()
        }
        Value::Object(inner) => object(field, inner, depth + 1).map(Value::Object),
    }
}

fn check_depth(field: &str, depth: usize) -> Result<(), RejectReason> {
    if depth <= DATA_DEPTH_MAX {
        return Ok(());
    }
    let problem = format!("is nested deeper than {DATA_DEPTH_MAX} levels; flatten it");
    Err(RejectReason::field(field, "data_too_deep", problem))
}
