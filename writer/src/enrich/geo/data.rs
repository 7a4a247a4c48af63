//! The data of a MaxMind-format file: values by type and size, each where it stands or behind a pointer.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use serde_json::{Map, Number, Value};

/// Bytes that are read at a time: most values are shorter.
const WINDOW_BYTES: usize = 256;
/// Deepest nesting, pointers included: MaxMind's own records have four levels.
const DEPTH_MAX: usize = 16;
/// Longest text, in bytes: none in any such file comes near.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Values of one record, at most, those nested included: a record that is more is damaged.
const VALUES_MAX: usize = 4_096;

/// Why a file, or a record of it, can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    /// The file can't be read, or ends too soon.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is there is not what the format says.
    #[error("{0}")]
    Format(&'static str),
}

/// A section of data in a file; pointers count from its start.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    pub(super) file: &'a File,
    pub(super) start: u64,
}

impl Data<'_> {
    /// The value at `at`, with what it points to. Bytes and numbers of 128 bits, which no place needs, come as null.
    pub(super) fn record(self, at: u64) -> Result<Value, Damaged> {
        let mut values_left = VALUES_MAX;
        Cursor::at(self, at).value(DEPTH_MAX, &mut values_left)
    }
}

/// A place in the data, and the bytes that were read there.
struct Cursor<'a> {
    data: Data<'a>,
    /// Where in the data the next byte to be taken stands.
    at: u64,
    window: [u8; WINDOW_BYTES],
    taken: usize,
    filled: usize,
}

impl<'a> Cursor<'a> {
    fn at(data: Data<'a>, at: u64) -> Self {
        Self { data, at, window: [0; WINDOW_BYTES], taken: 0, filled: 0 }
    }

    fn value(&mut self, depth: usize, values_left: &mut usize) -> Result<Value, Damaged> {
        *values_left = values_left.checked_sub(1).ok_or(Damaged::Format("a record has too many values"))?;
        let below = depth.checked_sub(1).ok_or(Damaged::Format("a record is nested too deeply"))?;
        let [control] = self.take::<1>()?;
        let kind = match control >> 5 {
            0 => 7 + u16::from(self.take::<1>()?[0]),
            kind => u16::from(kind),
        };
        if kind == 1 {
            let at = self.pointer(control)?;
            return Cursor::at(self.data, at).value(below, values_left);
        }
        let size = self.size(control)?;
        Ok(match kind {
            2 => Value::String(self.text(size)?),
            3 => float(f64::from_be_bytes(self.take()?)),
            // By its shortest decimal: 37.4225 and not 37.42250061035156.
            15 => f32::from_be_bytes(self.take()?).to_string().parse().map_or(Value::Null, float),
            5 | 6 | 9 => Value::from(self.unsigned(size)?),
            8 => Value::from(self.unsigned(size)? as u32 as i32),
            14 => Value::Bool(size != 0),
            7 => self.map(size, below, values_left)?,
            11 => {
                let values = (0..size).map(|_| self.value(below, values_left));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            4 | 10 => {
                self.skip(size);
                Value::Null
            }
            _ => return Err(Damaged::Format("a value has an unknown type")),
        })
    }

    fn map(&mut self, size: usize, below: usize, values_left: &mut usize) -> Result<Value, Damaged> {
        let mut map = Map::new();
        for _ in 0..size {
            let Value::String(key) = self.value(below, values_left)? else {
                return Err(Damaged::Format("a key is no text"));
            };
            map.insert(key, self.value(below, values_left)?);
        }
        Ok(Value::Object(map))
    }

    fn size(&mut self, control: u8) -> Result<usize, Damaged> {
        Ok(match control & 31 {
            29 => 29 + usize::from(self.take::<1>()?[0]),
            30 => 285 + usize::from(u16::from_be_bytes(self.take()?)),
            31 => {
                let [a, b, c] = self.take()?;
                65_821 + u32::from_be_bytes([0, a, b, c]) as usize
            }
            size => size.into(),
        })
    }

    fn pointer(&mut self, control: u8) -> Result<u64, Damaged> {
        let high = u32::from(control & 7);
        Ok(match control >> 3 & 3 {
            0 => u64::from(high << 8 | u32::from(self.take::<1>()?[0])),
            1 => u64::from(high << 16 | u32::from(u16::from_be_bytes(self.take()?))) + 2_048,
            2 => {
                let [a, b, c] = self.take()?;
                u64::from(high << 24 | u32::from_be_bytes([0, a, b, c])) + 526_336
            }
            _ => u32::from_be_bytes(self.take()?).into(),
        })
    }

    fn unsigned(&mut self, size: usize) -> Result<u64, Damaged> {
        if size > 8 {
            return Err(Damaged::Format("a number is too long"));
        }
        Ok(self.bytes(size)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn text(&mut self, size: usize) -> Result<String, Damaged> {
        let bytes = if size <= WINDOW_BYTES {
            self.bytes(size)?.to_vec()
        } else if size <= TEXT_BYTES_MAX {
            let mut bytes = vec![0; size];
            self.data.file.read_exact_at(&mut bytes, self.data.start + self.at)?;
            self.skip(size);
            bytes
        } else {
            return Err(Damaged::Format("a text is too long"));
        };
        String::from_utf8(bytes).map_err(|_| Damaged::Format("a text is not UTF-8"))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let mut taken = [0; N];
        taken.copy_from_slice(self.bytes(N)?);
        Ok(taken)
    }

    /// The next bytes, no more than a window holds.
    fn bytes(&mut self, count: usize) -> Result<&[u8], Damaged> {
        if self.filled - self.taken < count {
            (self.taken, self.filled) = (0, 0);
            while self.filled < count {
                let place = self.data.start + self.at + self.filled as u64;
                match self.data.file.read_at(&mut self.window[self.filled..], place)? {
                    0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                    read => self.filled += read,
                }
            }
        }
        let from = self.taken;
        self.skip(count);
        Ok(&self.window[from..from + count])
    }

    fn skip(&mut self, count: usize) {
        self.at += count as u64;
        self.taken = (self.taken + count).min(self.filled);
    }
}

/// A number that is none, or infinite, is as good as absent.
fn float(float: f64) -> Value {
    Number::from_f64(float).map_or(Value::Null, Value::Number)
}
