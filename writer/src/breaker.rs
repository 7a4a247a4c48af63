//! Stops a writer before it fills the quarantine: where Postgres refuses more than a few rows in a hundred, the tables do not
//! fit what is sent, and what waits in the queue waits better there.
//!
//! It counts what Postgres refused and what could not be read. Collectors let neither through, so both mean that builds or
//! tables do not fit each other. Unknown projects and ids that were used before are senders' doing, and count as stored.

use std::collections::VecDeque;

use crate::batch::Undecodable;
use crate::enrich::PreparedEnvelope;
use crate::loaders::Consuming;
use crate::metrics::Metrics;
use crate::store::{QuarantineReason, Receipt};

/// Rows that are looked back at: those of the last commits.
pub const WINDOW_ROWS: u64 = 10_000;
/// One bad row in so many is the most that is put up with.
pub const ROWS_PER_BAD_ROW: u64 = 100;
/// Bad rows that are put up with however few rows there are: one bad client stops nobody. So many a broken schema costs.
pub const BAD_ROWS_MAX: u64 = WINDOW_ROWS / ROWS_PER_BAD_ROW;

/// Rows, and how many of them could not be stored.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// All of them.
    pub rows: u64,
    /// Those that Postgres refused, and messages that could not be read.
    pub bad: u64,
}

impl Counted {
    /// What an attempt would store and put in quarantine, were all of it new.
    pub(crate) fn attempt(envelopes: &[PreparedEnvelope], undecodable: &[Undecodable]) -> Self {
        let rows: usize = envelopes.iter().map(|envelope| envelope.envelope.events.len()).sum();
        let refused: usize = envelopes.iter().map(|envelope| envelope.refused.len()).sum();
        Self { rows: (rows + undecodable.len()) as u64, bad: (refused + undecodable.len()) as u64 }
    }

    fn committed(receipt: &Receipt) -> Self {
        let counts = |(reason, _): &&(QuarantineReason, u64)| {
            matches!(reason, QuarantineReason::Refused | QuarantineReason::Undecodable)
        };
        let bad: u64 = receipt.quarantined.iter().filter(counts).map(|(_, count)| count).sum();
        Self { rows: receipt.impressions + receipt.interactions + bad, bad }
    }

    fn and(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, bad: self.bad + other.bad }
    }
}

/// What of the last rows could not be stored.
#[derive(Debug, Default)]
pub struct Breaker {
    /// A commit each, the oldest first; together little more than [`WINDOW_ROWS`].
    commits: VecDeque<Counted>,
    /// What they add up to.
    window: Counted,
    /// Whether the quarantine was asked what was before this process.
    knows_the_past: bool,
}

impl Breaker {
    /// Whether an attempt may be committed as far as is known; where not, the quarantine is to be asked ([`Breaker::recall`]).
    pub fn allows(&self, attempt: Counted) -> bool {
        attempt.bad == 0 || (self.knows_the_past && self.puts_up_with(attempt))
    }

    /// Whether an attempt leaves the bad rows within their limits.
    pub fn puts_up_with(&self, attempt: Counted) -> bool {
        let together = self.window.and(attempt);
        attempt.bad == 0 || together.bad <= BAD_ROWS_MAX.max(together.rows / ROWS_PER_BAD_ROW)
    }

    /// Takes notice of what the database holds of the last hour: bad rows in quarantine, and rows that were stored.
    ///
    /// A new process goes on where the last one stopped: restarts fill the quarantine no faster. And what was replayed or purged
    /// by people, or is an hour old, is forgotten.
    pub fn recall(&mut self, in_quarantine: u64, stored: u64) {
        let Counted { rows, bad } = match self.knows_the_past {
            true => self.window,
            false if in_quarantine > (in_quarantine + stored) / ROWS_PER_BAD_ROW => {
                Counted { rows: in_quarantine, bad: in_quarantine.min(BAD_ROWS_MAX) }
            }
            false => Counted::default(),
        };
        self.knows_the_past = true;
        self.window = Counted { rows, bad: bad.min(in_quarantine) };
        self.commits = VecDeque::from([self.window]);
    }

    /// Adds what a commit did.
    pub fn record(&mut self, receipt: &Receipt) {
        let committed = Counted::committed(receipt);
        if committed.rows == 0 {
            return;
        }
        self.commits.push_back(committed);
        self.window = self.window.and(committed);
        while let Some(oldest) = self.commits.front().copied()
            && self.window.rows - oldest.rows >= WINDOW_ROWS
        {
            self.commits.pop_front();
            self.window = Counted { rows: self.window.rows - oldest.rows, bad: self.window.bad - oldest.bad };
        }
    }
}

/// Tells people, by all that they may look at.
pub(crate) fn alarm(metrics: &Metrics, consuming: &Consuming, problem: &str) {
    tracing::error!("stopped consuming: {problem}");
    metrics.breaker_open.set(1);
    consuming.paused("too many rows are refused");
}

#[cfg(test)]
mod tests;
