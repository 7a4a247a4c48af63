//! Free loopback ports for servers that can't choose their own.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

/// Ports tried before giving up.
const TRIES_MAX: u32 = 200;
/// The range drawn from. It ends below the one from which the kernel serves outgoing connections (32768): a client that
/// knocks at a stopped server's port could otherwise be given that very port and connect to itself.
const RANGE: std::ops::RangeInclusive<u16> = 12_000..=31_999;

/// A loopback port that nothing listens on at the moment.
///
/// # Errors
/// When none of 200 ports drawn at random is free.
pub fn free_port() -> Result<u16> {
    for _ in 0..TRIES_MAX {
        let port = fastrand::u16(RANGE);
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("none of {TRIES_MAX} ports drawn from {RANGE:?} is free; end some listeners on 127.0.0.1")
}

/// `preferred` if it is free, else another.
///
/// # Errors
/// As [`free_port`].
pub fn preferred_port(preferred: u16) -> Result<u16> {
    if is_free(preferred) { Ok(preferred) } else { free_port() }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
