//! A bound on bytes a second, shared by every connection of a proxy.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How much goes through at a time, in milliseconds of the rate: small, so that connections take turns.
const SLICE_MS: u64 = 5;
/// How much a late timer may make up for, in milliseconds of the rate; unused rate beyond that is lost.
const CATCH_UP_MS: u64 = 20;

/// Spreads bytes over time.
#[derive(Debug)]
pub(super) struct Pace {
    /// 0 is no bound.
    bytes_per_s: AtomicU64,
    /// When all that was granted so far has gone through.
    granted_until: Mutex<Instant>,
}

impl Pace {
    pub(super) fn unbounded() -> Self {
        Self { bytes_per_s: AtomicU64::new(0), granted_until: Mutex::new(Instant::now()) }
    }

    pub(super) fn set(&self, bytes_per_s: u64) {
        self.bytes_per_s.store(bytes_per_s, Ordering::Relaxed);
    }

    /// Waits until some of `wanted` bytes may go through, and answers how many: at least one, where any is wanted.
    pub(super) async fn grant(&self, wanted: usize) -> usize {
        let rate = self.bytes_per_s.load(Ordering::Relaxed);
        if rate == 0 {
            return wanted;
        }
        let slice = (rate.saturating_mul(SLICE_MS) / 1_000).max(1);
        let granted = wanted.min(usize::try_from(slice).unwrap_or(usize::MAX));
        let until = {
            let mut granted_until = self.granted_until.lock().unwrap_or_else(PoisonError::into_inner);
            let earliest = Instant::now().checked_sub(Duration::from_millis(CATCH_UP_MS));
            let from = earliest.map_or(*granted_until, |earliest| earliest.max(*granted_until));
            *granted_until = from + Duration::from_secs_f64(granted as f64 / rate as f64);
            *granted_until
        };
        sleep_until(until).await;
        granted
    }
}
