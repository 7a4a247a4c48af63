//! How much may wait at once in this process: requests, and bytes of their bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most requests that are being read, or wait for a confirm; the next one is answered 503.
pub(super) const REQUESTS_MAX: usize = 8_192;
/// Most bytes of bodies and envelopes that do.
pub(super) const BYTES_MAX: usize = 16 * 1024 * 1024;

/// What is left of both, shared by all workers.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

impl Budget {
    /// Takes one request and `bytes` out of the budget; `None` where it does not hold both.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reservation> {
        if !take(&self.requests, 1, REQUESTS_MAX) {
            return None;
        }
        let mut reservation = Reservation { budget: Arc::clone(self), bytes: 0 };
        reservation.resize(bytes).then_some(reservation)
    }

    /// Requests that are reserved at the moment.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes that are reserved at the moment.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// A request's share of the budget; dropped, it is given back.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Reservation {
    /// Changes the bytes to what they turned out to be; `false`, and no change, where the budget does not hold that.
    pub(crate) fn resize(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes && !take(&self.budget.bytes, bytes - self.bytes, BYTES_MAX) {
            return false;
        }
        if bytes < self.bytes {
            self.budget.bytes.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.requests.fetch_sub(1, Ordering::Relaxed);
        self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Adds `amount` to `used` unless that passes `limit`.
fn take(used: &AtomicUsize, amount: usize, limit: usize) -> bool {
    let before = used.fetch_add(amount, Ordering::Relaxed);
    if before + amount <= limit {
        return true;
    }
    used.fetch_sub(amount, Ordering::Relaxed);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(budget: &Budget) -> (usize, usize) {
        (budget.requests(), budget.bytes())
    }

    #[test]
    fn the_last_request_fits_and_the_one_past_it_does_not() {
        let budget = Arc::new(Budget::default());
        let reserved: Vec<Reservation> = (0..REQUESTS_MAX).map_while(|_| budget.reserve(1)).collect();
        assert_eq!(reserved.len(), REQUESTS_MAX);
        assert!(budget.reserve(1).is_none());
        drop(reserved);
        assert_eq!(used(&budget), (0, 0));
    }

    #[test]
    fn the_last_byte_fits_and_the_one_past_it_does_not() {
        let budget = Arc::new(Budget::default());
        let mut first = budget.reserve(BYTES_MAX - 10).unwrap();
        assert!(budget.reserve(11).is_none());
        assert_eq!(used(&budget), (1, BYTES_MAX - 10), "what did not fit left nothing behind");
        assert!(first.resize(BYTES_MAX) && !first.resize(BYTES_MAX + 1));
        assert!(first.resize(5));
        assert_eq!(used(&budget), (1, 5));
    }
}
