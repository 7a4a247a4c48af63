//! An interaction's `data`: an object that `jsonb` takes, small and shallow, and that reads back no longer than it is.

use std::io;

use serde_json::{Map, Number, Value};
use shared::event::{
    DATA_BYTES_MAX, DATA_DEPTH_MAX, DATA_KEY_BYTES_MAX, DATA_KEYS_MAX, DATA_TEXT_BYTES_MAX, NUMBER_MAX,
    NUMBER_MIN,
};

use super::reject::{Field, Mistake, RejectReason};
use super::text::cleaned;

/// The data, cleaned; its depth, keys, numbers and size within their limits.
///
/// Of equal keys the last one stands, as `jsonb` has it; also of keys that cleaning made equal.
pub(super) fn parse(field: Field, mut data: Map<String, Value>) -> Result<Map<String, Value>, RejectReason> {
    let mut walk = Walk { field, keys: 0 };
    walk.object(&mut data, 1)?;
    // Counted on what is stored: a number may be written longer than it came.
    let mut size = Size(0);
    match serde_json::to_writer(&mut size, &data) {
        Ok(()) if size.0 <= DATA_BYTES_MAX => Ok(data),
        _ => {
            let problem = format!("has {} bytes; at most {DATA_BYTES_MAX} are kept", size.0);
            Err(RejectReason::field(field, Mistake::DataTooLarge, problem))
        }
    }
}

/// Goes through data once, cleaning it in place.
struct Walk {
    field: Field,
    keys: usize,
}

impl Walk {
    fn object(&mut self, object: &mut Map<String, Value>, depth: usize) -> Result<(), RejectReason> {
        self.check_depth(depth)?;
        if object.keys().any(|key| key.contains('\0')) {
            *object = std::mem::take(object).into_iter().map(|(key, value)| (cleaned(key), value)).collect();
        }
        self.check_keys(object)?;
        object.values_mut().try_for_each(|value| self.value(value, depth))
    }

    fn value(&mut self, value: &mut Value, depth: usize) -> Result<(), RejectReason> {
        match value {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::Number(number) => self.check_number(number),
            Value::String(text) => {
                *text = cleaned(std::mem::take(text));
                self.check_text(text)
            }
            Value::Array(items) => {
                self.check_depth(depth + 1)?;
                items.iter_mut().try_for_each(|item| self.value(item, depth + 1))
            }
            Value::Object(inner) => self.object(inner, depth + 1),
        }
    }

    fn check_depth(&self, depth: usize) -> Result<(), RejectReason> {
        if depth <= DATA_DEPTH_MAX {
            return Ok(());
        }
        self.refuse(
            Mistake::DataTooDeep,
            format!("is nested deeper than {DATA_DEPTH_MAX} levels; flatten it"),
        )
    }

    fn check_keys(&mut self, object: &Map<String, Value>) -> Result<(), RejectReason> {
        self.keys += object.len();
        if self.keys > DATA_KEYS_MAX {
            let problem = format!("has more than {DATA_KEYS_MAX} keys in all; send fewer");
            return self.refuse(Mistake::TooManyKeys, problem);
        }
        if object.keys().any(|key| key.len() > DATA_KEY_BYTES_MAX) {
            let problem = format!("has a key of more than {DATA_KEY_BYTES_MAX} bytes; shorten it");
            return self.refuse(Mistake::KeyTooLong, problem);
        }
        Ok(())
    }

    fn check_text(&self, text: &str) -> Result<(), RejectReason> {
        if text.len() <= DATA_TEXT_BYTES_MAX {
            return Ok(());
        }
        let problem = format!("holds a text of {} bytes; at most {DATA_TEXT_BYTES_MAX} are kept", text.len());
        self.refuse(Mistake::TextTooLong, problem)
    }

    fn check_number(&self, number: &Number) -> Result<(), RejectReason> {
        match number.as_f64().map(f64::abs) {
            Some(size) if size > 0.0 && size < NUMBER_MIN => {
                let problem = format!("holds a number closer to zero than {NUMBER_MIN:e}; send it as text");
                self.refuse(Mistake::NumberTooSmall, problem)
            }
            Some(size) if size <= NUMBER_MAX => Ok(()),
            _ => {
                let problem = format!("holds a number beyond ±{NUMBER_MAX:e}; send it as text");
                self.refuse(Mistake::NumberTooLarge, problem)
            }
        }
    }

    fn refuse(&self, mistake: Mistake, problem: String) -> Result<(), RejectReason> {
        Err(RejectReason::field(self.field, mistake, problem))
    }
}

/// Counts bytes, and keeps none.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
