//! Any text as the query string of each report: no panic, nothing unbounded, and a refusal is short.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reporter::read_query;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:00.125 UTC);

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(read_query(text, NOW).expect("what must hold") <= 6);
    }
});
