//! How much one of many may ask: token buckets in a table of bounded size.
//!
//! A limit holds for one process; several of them each allow as much. A bucket holds [`BURST_S`] seconds' worth, so that
//! what comes all at once after a pause is not taken for a flood.

mod table;

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Reference;
pub use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};

use self::table::Table;

/// Most keys in a table; the rest share one bucket.
pub const KEYS_MAX: usize = 50_000;
/// What a bucket holds when full, in seconds of its rate.
pub const BURST_S: u32 = 5;
/// Shortest time between two searches of a full table for keys to forget, in milliseconds.
pub const PRUNE_INTERVAL_MS: u64 = 1_000;

/// A request past its limit; nothing was taken from any bucket for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("over the limit for another {retry_after:?}")]
pub struct Limited {
    /// How long until the same request passes, if nobody else of the same key is first.
    pub retry_after: Duration,
}

/// One limit on many keys; one value serves every HTTP worker.
///
/// A table takes a few megabytes when full. Then keys at rest, whose bucket is full again, are forgotten; while there are
/// none, a new key shares one bucket with all other new keys, and the keys in the table go on as before.
pub struct Limit<K: Hash + Eq + Clone, C: Clock = MonotonicClock> {
    limiter: RateLimiter<K, Table<K>, C, NoOpMiddleware<C::Instant>>,
    burst: NonZeroU32,
    /// When the table was last searched for keys to forget.
    pruned_at: Mutex<Option<C::Instant>>,
}

impl<K: Hash + Eq + Clone, C: Clock> Limit<K, C> {
    /// A limit of `per_s` a second, `None` for 0; `largest` is what one request may need at once.
    pub fn new(per_s: u32, largest: usize, clock: C) -> Option<Self> {
        let rate = NonZeroU32::new(per_s)?;
        let largest = u32::try_from(largest).unwrap_or(u32::MAX);
        let burst = NonZeroU32::new(per_s.saturating_mul(BURST_S).max(largest))?;
        let quota = Quota::per_second(rate).allow_burst(burst);
        let limiter = RateLimiter::new(quota, Table::new(KEYS_MAX), clock);
        Some(Self { limiter, burst, pruned_at: Mutex::new(None) })
    }

    /// Takes `cells` from the key's bucket, all or none; none need none.
    ///
    /// # Errors
    /// [`Limited`] where the bucket holds less.
    pub fn check(&self, key: &K, cells: u32) -> Result<(), Limited> {
        // More than a full bucket would never pass.
        let Some(cells) = NonZeroU32::new(cells.min(self.burst.get())) else { return Ok(()) };
        if self.limiter.len() >= KEYS_MAX {
            self.prune();
        }
        match self.limiter.check_key_n(key, cells) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(Limited { retry_after: until.wait_time_from(self.limiter.clock().now()) }),
            // Not reached: a bucket holds `burst`, and `cells` is no more.
            Err(_over_the_burst) => Err(Limited { retry_after: Duration::from_secs(BURST_S.into()) }),
        }
    }

    /// How many keys have a bucket of their own: at most [`KEYS_MAX`].
    pub fn known(&self) -> usize {
        self.limiter.len()
    }

    fn prune(&self) {
        let now = self.limiter.clock().now();
        let interval = Nanos::from(Duration::from_millis(PRUNE_INTERVAL_MS));
        let mut pruned_at = self.pruned_at.lock().unwrap_or_else(PoisonError::into_inner);
        if pruned_at.is_some_and(|last| now.duration_since(last) < interval) {
            return;
        }
        *pruned_at = Some(now);
        drop(pruned_at);
        self.limiter.retain_recent();
    }
}
