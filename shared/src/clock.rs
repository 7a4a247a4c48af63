//! The only place that asks what time it is; everything else is told.

use time::{Duration, OffsetDateTime};

/// The present, in UTC, cut to the millisecond.
///
/// Cut, because a message carries `received_at` in milliseconds: what the collector knows is what the writer reads.
#[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now - Duration::nanoseconds(i64::from(now.nanosecond() % 1_000_000))
}
