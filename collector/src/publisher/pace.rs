//! How many requests may wait in an outbox, so that each is confirmed well within its limit.

use std::time::Duration;

use tokio::time::Instant;

/// Fewest that may wait: a queue so slow that these wait too long opens the circuit instead.
const ALLOWED_MIN: usize = 8;
/// Most that may wait; the budget bounds all outboxes together.
const ALLOWED_MAX: usize = super::budget::REQUESTS_MAX;
/// The share of the answer limit that a confirm may take before fewer are let in.
const PATIENCE: f64 = 0.5;
/// What remains of the allowance when a confirm took longer.
const CUT: f64 = 0.7;
/// The allowance grows by the confirmed envelopes over this.
const GROWTH_DIVISOR: usize = 4;

/// Grows with each confirm that comes soon, and is cut by one that comes late: as many are let in as the queue takes.
///
/// Additive growth and multiplicative cuts, as TCP finds its window. Waiting is what overload turns into; refusing the
/// rest at once costs less than accepting it and answering too late.
#[derive(Debug)]
pub(super) struct Pace {
    allowed: usize,
    patience: Duration,
    cut_at: Option<Instant>,
}

impl Pace {
    /// A pace that has seen no confirm yet, and allows the most.
    pub(super) fn new(answer_limit: Duration) -> Self {
        Self { allowed: ALLOWED_MAX, patience: answer_limit.mul_f64(PATIENCE), cut_at: None }
    }

    /// How many may wait or be in flight.
    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    /// Learns that a group of `envelopes`, the oldest of which came at `since`, was confirmed, or not, at `now`.
    pub(super) fn settled(&mut self, envelopes: usize, since: Instant, now: Instant) {
        if now.duration_since(since) <= self.patience {
            let growth = (envelopes / GROWTH_DIVISOR).max(1);
            self.allowed = (self.allowed + growth).min(ALLOWED_MAX);
        } else if self.cut_at.is_none_or(|cut_at| since > cut_at) {
            // Who came before the last cut says nothing about the allowance since.
            self.allowed = (((self.allowed as f64) * CUT) as usize).max(ALLOWED_MIN);
            self.cut_at = Some(now);
        }
    }

    /// Learns how many were waiting when one waited too long: to allow more than that would change nothing.
    pub(super) fn crowded(&mut self, waiting: usize) {
        self.allowed = self.allowed.min(waiting.max(ALLOWED_MIN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(80);

    #[test]
    fn late_confirms_cut_the_allowance_once_a_round_and_never_below_its_least() {
        let start = Instant::now();
        let mut pace = Pace::new(LIMIT);
        let late = start + Duration::from_millis(41);
        pace.settled(10, start, late);
        pace.settled(10, start, late);
        assert_eq!(pace.allowed(), (ALLOWED_MAX as f64 * CUT) as usize, "both came before the cut");
        for round in 1..100 {
            let since = late + Duration::from_secs(round);
            pace.settled(10, since, since + LIMIT);
        }
        assert_eq!(pace.allowed(), ALLOWED_MIN);
    }

    #[test]
    fn confirms_in_time_raise_it_again_up_to_its_most() {
        let start = Instant::now();
        let mut pace = Pace::new(LIMIT);
        pace.settled(1, start, start + LIMIT);
        let cut = pace.allowed();
        pace.settled(100, start + LIMIT, start + LIMIT + Duration::from_millis(40));
        assert_eq!(pace.allowed(), cut + 100 / GROWTH_DIVISOR);
        (0..ALLOWED_MAX).for_each(|_| pace.settled(1, start, start));
        assert_eq!(pace.allowed(), ALLOWED_MAX);
    }

    #[test]
    fn a_crowd_that_waited_too_long_is_the_most_that_is_let_in_again() {
        let mut pace = Pace::new(LIMIT);
        pace.crowded(120);
        assert_eq!(pace.allowed(), 120);
        pace.crowded(2);
        assert_eq!(pace.allowed(), ALLOWED_MIN);
    }
}
