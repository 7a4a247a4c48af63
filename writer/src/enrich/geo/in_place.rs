//! A database of MaxMind's format, read where it lies: what is asked for often stays in the system's page cache, which gives
//! memory back under pressure, and nothing of it in this process.
//!
//! A city database is larger than all else in the writer together, and to map it into memory is `unsafe`: a file overwritten
//! in place would end the process. Here such a file leads to places that are unknown, and no worse.
//!
//! The format is that of MaxMind's specification, version 2.0: a binary tree by the address's bits, 16 bytes of nothing, the
//! data, and behind its mark the metadata.

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::data::{Damaged, Data};

/// What metadata stand behind.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// How far from the end of the file the mark may be, in bytes: the specification's own number.
const METADATA_BYTES_MAX: u64 = 128 * 1024;
/// Bytes between tree and data.
const GAP_BYTES: u64 = 16;
/// Bits of the tree above the addresses of version 4, in a tree for version 6.
const V4_DEPTH: u32 = 96;

/// What a file says of itself.
#[derive(Deserialize)]
struct Metadata {
    database_type: String,
    ip_version: u16,
    node_count: u64,
    record_size: u64,
}

/// An open file.
pub(super) struct InPlace {
    file: File,
    pub(super) database_type: String,
    is_v6: bool,
    node_count: u64,
    node_bytes: u64,
}

/// Where a bit leads.
enum Next {
    Node(u64),
    /// The place of a record in the data.
    Record(u64),
    Nothing,
}

impl InPlace {
    /// Opens a file and reads its metadata.
    ///
    /// # Errors
    /// [`Damaged`]: it is no such database.
    pub(super) fn open(path: &Path) -> Result<Self, Damaged> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let tail_start = size.saturating_sub(METADATA_BYTES_MAX);
        let mut tail = vec![0; usize::try_from(size - tail_start).map_err(io::Error::other)?];
        file.read_exact_at(&mut tail, tail_start)?;
        let mark = tail.windows(MARK.len()).rposition(|window| window == MARK);
        let behind = mark.ok_or(Damaged::Format("it has no metadata"))? + MARK.len();
        let metadata = Data { file: &file, start: tail_start + behind as u64 }.record(0)?;
        let metadata =
            Metadata::deserialize(&metadata).map_err(|_| Damaged::Format("its metadata lack something"))?;
        if ![24, 28, 32].contains(&metadata.record_size) {
            return Err(Damaged::Format("its records have an unknown size"));
        }
        let node_bytes = metadata.record_size / 4;
        let tree_bytes = node_bytes.checked_mul(metadata.node_count);
        if tree_bytes.is_none_or(|tree_bytes| tree_bytes > size) {
            return Err(Damaged::Format("its tree is larger than the file"));
        }
        Ok(Self {
            database_type: metadata.database_type,
            is_v6: metadata.ip_version == 6,
            node_count: metadata.node_count,
            node_bytes,
            file,
        })
    }

    /// The record of an address; `None` where there is none.
    pub(super) fn record(&self, address: IpAddr) -> Result<Option<Value>, Damaged> {
        let (bits, skipped, depth) = match address {
            IpAddr::V4(v4) => {
                (u128::from(u32::from(v4)) << V4_DEPTH, if self.is_v6 { V4_DEPTH } else { 0 }, 32)
            }
            IpAddr::V6(v6) if self.is_v6 => (u128::from(v6), 0, 128),
            IpAddr::V6(_) => return Ok(None),
        };
        let mut next = if self.node_count == 0 { Next::Nothing } else { Next::Node(0) };
        let zeros = std::iter::repeat_n(false, skipped as usize);
        let own = (0..depth).map(|place| bits >> (127 - place) & 1 == 1);
        for bit in zeros.chain(own) {
            let Next::Node(node) = next else { break };
            next = self.child(node, bit)?;
        }
        match next {
            Next::Record(at) => self.data().record(at).map(Some),
            Next::Node(_) | Next::Nothing => Ok(None),
        }
    }

    /// The first records in the order of the tree.
    pub(super) fn sample(&self, count: usize) -> Result<Vec<Value>, Damaged> {
        let (mut nodes, mut records) = (if self.node_count == 0 { vec![] } else { vec![0] }, Vec::new());
        while let Some(node) = nodes.pop() {
            for bit in [true, false] {
                match self.child(node, bit)? {
                    Next::Node(child) => nodes.push(child),
                    Next::Record(at) => records.push(self.data().record(at)?),
                    Next::Nothing => {}
                }
            }
            // A tree has no circles; a damaged file may.
            if records.len() >= count || nodes.len() > 128 {
                break;
            }
        }
        Ok(records)
    }

    fn data(&self) -> Data<'_> {
        Data { file: &self.file, start: self.node_count * self.node_bytes + GAP_BYTES }
    }

    fn child(&self, node: u64, bit: bool) -> Result<Next, Damaged> {
        let mut bytes = [0_u8; 8];
        let bytes = &mut bytes[..self.node_bytes as usize];
        self.file.read_exact_at(bytes, node * self.node_bytes)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let value = match (&*bytes, bit) {
            // Two records of 28 bits share the byte in the middle.
            ([a, b, c, middle, ..], false) if self.node_bytes == 7 => {
                u64::from(middle >> 4) << 24 | number(&[*a, *b, *c])
            }
            ([_, _, _, middle, rest @ ..], true) if self.node_bytes == 7 => {
                u64::from(middle & 15) << 24 | number(rest)
            }
            (bytes, false) => number(&bytes[..bytes.len() / 2]),
            (bytes, true) => number(&bytes[bytes.len() / 2..]),
        };
        Ok(match value.checked_sub(self.node_count) {
            None => Next::Node(value),
            Some(0) => Next::Nothing,
            Some(beyond) => match beyond.checked_sub(GAP_BYTES) {
                Some(at) => Next::Record(at),
                None => return Err(Damaged::Format("its tree leads nowhere")),
            },
        })
    }
}
