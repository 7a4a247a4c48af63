//! How a large message travels: packed by LZ4, a fraction of its size, for broker, disk and network.
//!
//! A message begins with what its form begins with, and is as it stands, or with [`MARK`], the unpacked size in four bytes,
//! least significant first, and an LZ4 block.

use std::borrow::Cow;

use super::{DecodeError, MESSAGE_BYTES_MAX};

/// Messages from here on are packed, in bytes.
const PACKED_FROM_BYTES: usize = 4 * 1024;
/// First byte of a packed message: no other form begins with it.
const MARK: u8 = 0x04;
/// The mark and the size before the block.
const HEAD_BYTES: usize = 5;

/// The message as it travels.
pub(super) fn pack(plain: Vec<u8>) -> Vec<u8> {
    let Ok(size) = u32::try_from(plain.len()) else { return plain };
    if plain.len() < PACKED_FROM_BYTES {
        return plain;
    }
    let mut message = vec![0; HEAD_BYTES + lz4_flex::block::get_maximum_output_size(plain.len())];
    message[0] = MARK;
    message[1..HEAD_BYTES].copy_from_slice(&size.to_le_bytes());
    match lz4_flex::block::compress_into(&plain, &mut message[HEAD_BYTES..]) {
        Ok(length) => {
            message.truncate(HEAD_BYTES + length);
            message
        }
        // The room was as much as it can ever need; should it not be, the plain form is as good.
        Err(_no_room) => plain,
    }
}

/// The message as it was before it was packed.
pub(super) fn unpack(message: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    let Some(size_bytes) = packed_size(message) else { return Ok(Cow::Borrowed(message)) };
    if size_bytes > MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooLarge(size_bytes));
    }
    let mut plain = vec![0; size_bytes];
    let length = lz4_flex::block::decompress_into(&message[HEAD_BYTES..], &mut plain)?;
    plain.truncate(length);
    Ok(Cow::Owned(plain))
}

/// The size that a packed message says it has unpacked; `None` for one that is not packed.
pub(super) fn packed_size(message: &[u8]) -> Option<usize> {
    let [MARK, a, b, c, d, ..] = *message else { return None };
    usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_packed_from_its_limit_on_and_comes_back_as_it_was() {
        for (length, is_packed) in [(0, false), (PACKED_FROM_BYTES - 1, false), (PACKED_FROM_BYTES, true)] {
            let json: Vec<u8> = b"{\"v\":1}".iter().copied().cycle().take(length).collect();
            let message = pack(json.clone());
            assert_eq!(packed_size(&message).is_some(), is_packed, "{length}");
            assert_eq!(unpack(&message).unwrap(), json);
        }
    }

    #[test]
    fn what_cannot_be_made_smaller_comes_back_as_it_was_too() {
        let mut seed = 1_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let bytes: Vec<u8> = (0..PACKED_FROM_BYTES * 4).map(|_| noise()).collect();
        assert_eq!(unpack(&pack(bytes.clone())).unwrap(), bytes);
    }

    #[test]
    fn a_size_that_lies_is_an_error_and_costs_no_memory() {
        let message = pack(vec![b' '; PACKED_FROM_BYTES]);
        let mut huge = message.clone();
        huge[1..HEAD_BYTES].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(unpack(&huge), Err(DecodeError::TooLarge(_))));
        let mut small = message.clone();
        small[1..HEAD_BYTES].copy_from_slice(&16_u32.to_le_bytes());
        assert!(matches!(unpack(&small), Err(DecodeError::Damaged(_))));
        for length in 0..message.len() {
            let cut = unpack(&message[..length]);
            assert!(cut.is_err() || cut.unwrap().len() < PACKED_FROM_BYTES, "cut at {length}");
        }
    }
}
