//! Which envelopes share a message.

use std::collections::VecDeque;
use std::time::Duration;

use shared::envelope::MESSAGE_BYTES_MAX;

use super::outbox::Pending;

/// How far an outbox groups.
#[derive(Debug, Clone, Copy)]
pub struct GroupLimits {
    /// Most envelopes in a message: it is acknowledged, redelivered and parked as one.
    pub envelopes_max: usize,
    /// Most messages that an outbox has in flight; while they are, what arrives gathers into the next one.
    pub messages_in_flight: usize,
    /// Longest that the first envelope of a message waits for others while the outbox is busy.
    pub gather: Duration,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self { envelopes_max: 250, messages_in_flight: 2, gather: Duration::from_millis(GATHER_MS) }
    }
}

/// Longest that a busy outbox gathers, in milliseconds: a small part of what a visitor would notice.
const GATHER_MS: u64 = 4;
/// Bytes past which a message takes no further envelope; leaves room for the frame around them.
const GROUP_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 4;

/// Takes from the front of what waits as much as a message may hold: one envelope at least, if there is one.
pub(super) fn take_group(waiting: &mut VecDeque<Pending>, envelopes_max: usize) -> Vec<Pending> {
    let mut size_bytes = 0;
    let fitting = waiting.iter().take(envelopes_max).take_while(|pending| {
        size_bytes += pending.envelope.len_bytes();
        size_bytes <= GROUP_BYTES_MAX
    });
    let count = fitting.count().max(1).min(waiting.len());
    waiting.drain(..count).collect()
}
