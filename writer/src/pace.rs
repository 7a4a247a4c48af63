//! How large batches get: by what the last one took, between an event that should be seen soon and rows that are cheap
//! together.
//!
//! - **Waiting.** A batch gathers a few times as long as the last one took to be stored, so the database idles for most of
//!   the time where little comes, and an event that comes alone is stored after moments. As more comes, transactions get
//!   longer and so does gathering, up to [`BatchLimits::age_max`]; it ends sooner where nothing comes for
//!   [`BatchLimits::quiet_max`], as after the last message of a backlog.
//! - **Size.** Where more waits than fits, each full batch that was stored in good time raises the number of rows that make
//!   a batch full; one that took longer than [`STORE_GOAL_MS`] halves it. It stays within [`BatchLimits::rows_max`].

use std::time::Duration;

use crate::batch::{BatchLimits, FlushReason};

/// Longest time that storing a batch should take, in milliseconds: twice that is still seen within a second.
pub const STORE_GOAL_MS: u64 = 400;
/// How many times as long as the last batch took to be stored the next one gathers.
const GATHER_FACTOR: u32 = 3;
/// Fewest rows that a batch is cut down to; fewer cost more by their transaction than by themselves.
const ROWS_FLOOR: usize = 500;
/// Rows that a first batch is full at.
const ROWS_START: usize = 2_000;
/// Rows that a full batch stored in good time adds to the next.
const ROWS_STEP: usize = 1_000;

/// What makes the next batch full.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    limits: BatchLimits,
    rows_goal: usize,
    gather: Duration,
}

impl Pace {
    /// A pace that stays within these limits.
    pub fn new(limits: BatchLimits) -> Self {
        Self { limits, rows_goal: ROWS_START.min(limits.rows_max), gather: Duration::ZERO }
    }

    /// The limits of the next batch.
    pub fn limits(&self) -> BatchLimits {
        BatchLimits { rows_max: self.rows_goal, age_max: self.gather, ..self.limits }
    }

    /// Learns from a batch that took so long to be stored.
    pub fn stored(&mut self, reason: FlushReason, took: Duration) {
        self.gather = (took * GATHER_FACTOR).min(self.limits.age_max);
        if took > Duration::from_millis(STORE_GOAL_MS) {
            let floor = ROWS_FLOOR.min(self.limits.rows_max);
            self.rows_goal = (self.rows_goal / 2).max(floor);
        } else if reason == FlushReason::Rows {
            self.rows_goal = (self.rows_goal + ROWS_STEP).min(self.limits.rows_max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BatchLimits = BatchLimits {
        rows_max: 10_000,
        bytes_max: 1,
        messages_max: 1,
        age_max: Duration::from_millis(200),
        quiet_max: Duration::from_millis(5),
    };

    fn after(batches: &[(FlushReason, u64)]) -> BatchLimits {
        let mut pace = Pace::new(LIMITS);
        for (reason, took_ms) in batches {
            pace.stored(*reason, Duration::from_millis(*took_ms));
        }
        pace.limits()
    }

    #[test]
    fn a_first_batch_is_stored_at_once() {
        assert_eq!(after(&[]).age_max, Duration::ZERO);
    }

    #[test]
    fn a_batch_gathers_three_times_as_long_as_the_last_took_and_no_longer_than_it_may() {
        assert_eq!(after(&[(FlushReason::Age, 5)]).age_max, Duration::from_millis(15));
        assert_eq!(after(&[(FlushReason::Age, 67)]).age_max, LIMITS.age_max);
    }

    #[test]
    fn full_batches_grow_up_to_the_limit() {
        assert_eq!(after(&[(FlushReason::Rows, 50); 2]).rows_max, ROWS_START + 2 * ROWS_STEP);
        assert_eq!(after(&[(FlushReason::Rows, 50); 50]).rows_max, LIMITS.rows_max);
        assert_eq!(after(&[(FlushReason::Age, 50); 50]).rows_max, ROWS_START);
    }

    #[test]
    fn a_batch_that_took_too_long_halves_the_next_down_to_a_floor() {
        assert_eq!(after(&[(FlushReason::Rows, STORE_GOAL_MS)]).rows_max, ROWS_START + ROWS_STEP);
        assert_eq!(after(&[(FlushReason::Rows, STORE_GOAL_MS + 1)]).rows_max, ROWS_START / 2);
        assert_eq!(after(&[(FlushReason::Age, 5_000); 9]).rows_max, ROWS_FLOOR);
    }

    #[test]
    fn a_limit_below_the_usual_start_and_floor_holds() {
        let small = BatchLimits { rows_max: 2, ..LIMITS };
        let mut pace = Pace::new(small);
        assert_eq!(pace.limits().rows_max, 2);
        pace.stored(FlushReason::Rows, Duration::from_secs(1));
        assert_eq!(pace.limits().rows_max, 2);
    }
}
