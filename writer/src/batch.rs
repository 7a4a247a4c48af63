//! What one transaction will store: whole messages, bounded in rows, bytes and age.

use std::time::Duration;

use shared::envelope::{Envelope, decode_message, unpacked_bytes};
use shared::queue::Delivery;
use time::OffsetDateTime;

/// A message that came back this often is stored alone: if it kills its writer, it takes no neighbour's patience with it.
pub const SUSPECT_RETURNS: u64 = 3;

/// When a batch is full.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Events, an envelope without any counting as one; a batch may pass it by one message.
    pub rows_max: usize,
    /// Bytes of message bodies; a batch may pass it by one message.
    pub bytes_max: usize,
    /// Messages. Half of what the broker hands out unacknowledged, so that it never waits for us nor we for it.
    pub messages_max: u16,
    /// How long a batch gathers after its first message.
    pub age_max: Duration,
    /// How long it waits for a message more.
    pub quiet_max: Duration,
}

/// Why a batch was stored when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlushReason {
    /// Enough rows.
    Rows,
    /// Enough bytes.
    Bytes,
    /// Enough messages.
    Messages,
    /// Old enough.
    Age,
    /// Nothing more came for a while.
    Quiet,
    /// It holds a message that is stored alone.
    Suspect,
    /// The writer is draining.
    Shutdown,
}

impl FlushReason {
    /// Every reason.
    pub const ALL: [Self; 7] =
        [Self::Rows, Self::Bytes, Self::Messages, Self::Age, Self::Quiet, Self::Suspect, Self::Shutdown];

    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Bytes => "bytes",
            Self::Messages => "messages",
            Self::Age => "age",
            Self::Quiet => "quiet",
            Self::Suspect => "suspect",
            Self::Shutdown => "shutdown",
        }
    }
}

/// A message that could not be read; it is kept as it came.
#[derive(Debug)]
pub struct Undecodable {
    /// The message's bytes.
    pub body: Vec<u8>,
    /// Why it could not be read.
    pub problem: String,
}

/// A delivery that was read.
#[derive(Debug)]
pub struct Decoded {
    content: Result<Vec<Envelope>, Undecodable>,
    tag: u64,
    size_bytes: usize,
    is_suspect: bool,
}

impl Decoded {
    /// Reads a delivery; it takes about a microsecond an event.
    pub fn of(delivery: Delivery) -> Self {
        Self {
            tag: delivery.tag,
            size_bytes: unpacked_bytes(&delivery.body),
            is_suspect: Batch::is_suspect(&delivery),
            content: decode_message(&delivery.body)
                .map_err(|error| Undecodable { body: delivery.body, problem: chain(&error) }),
        }
    }

    /// When the collector had received its oldest envelope; `None` where it holds none, or can't be read.
    pub(crate) fn oldest_received_at(&self) -> Option<OffsetDateTime> {
        let envelopes = self.content.as_deref().unwrap_or_default();
        envelopes.iter().map(|envelope| envelope.received_at).min()
    }
}

/// Decoded messages, in the order they were delivered.
#[derive(Debug, Default)]
pub struct Batch {
    /// What was read.
    pub envelopes: Vec<Envelope>,
    /// What could not be.
    pub undecodable: Vec<Undecodable>,
    messages: usize,
    last_tag: u64,
    rows: usize,
    size_bytes: usize,
    is_suspect: bool,
}

impl Batch {
    /// Whether a delivery must be stored alone.
    pub fn is_suspect(delivery: &Delivery) -> bool {
        delivery.returned_count >= SUSPECT_RETURNS
    }

    /// Decodes a delivery into the batch.
    pub fn add(&mut self, delivery: Delivery) {
        self.add_decoded(Decoded::of(delivery));
    }

    /// Takes a delivery in that was read elsewhere.
    pub fn add_decoded(&mut self, decoded: Decoded) {
        self.messages += 1;
        self.last_tag = decoded.tag;
        self.is_suspect |= decoded.is_suspect;
        self.size_bytes += decoded.size_bytes;
        match decoded.content {
            Ok(envelopes) => {
                // Each envelope is at least a row of the ledger.
                self.rows += envelopes.iter().map(|envelope| envelope.events.len().max(1)).sum::<usize>();
                self.envelopes.extend(envelopes);
            }
            Err(undecodable) => self.undecodable.push(undecodable),
        }
    }

    /// Why the batch takes no more, if so; its age is the caller's to watch.
    pub fn full(&self, limits: &BatchLimits) -> Option<FlushReason> {
        match () {
            () if self.is_suspect => Some(FlushReason::Suspect),
            () if self.rows >= limits.rows_max => Some(FlushReason::Rows),
            () if self.size_bytes >= limits.bytes_max => Some(FlushReason::Bytes),
            () if self.messages >= usize::from(limits.messages_max) => Some(FlushReason::Messages),
            () => None,
        }
    }

    /// Whether no message is in it.
    pub fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Events, an envelope without any counting as one.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The tag up to which everything is acknowledged once the batch is stored.
    pub fn last_tag(&self) -> u64 {
        self.last_tag
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BatchLimits = BatchLimits {
        rows_max: 2,
        bytes_max: 10_000,
        messages_max: 3,
        age_max: Duration::from_millis(200),
        quiet_max: Duration::from_millis(5),
    };

    fn delivery(body: &[u8], returned_count: u64) -> Delivery {
        Delivery { body: body.to_vec(), returned_count, tag: 7 }
    }

    fn message(events: usize) -> String {
        let event = r#"{"age_ms":0,"kind":{"impression":{"url":"https://e.com/"}}}"#;
        let events = vec![event; events].join(",");
        let id = "01938d5e-7c00-7000-8000-000000000001";
        format!(
            r#"{{"v":1,"envelopes":[{{"envelope_id":"{id}","project_id":"a","received_at":0,"visitor_id":"{id}","session_id":"{id}","events":[{events}]}}]}}"#
        )
    }

    #[test]
    fn a_batch_is_full_at_its_rows_and_not_one_before() {
        let mut batch = Batch::default();
        batch.add(delivery(message(1).as_bytes(), 0));
        assert_eq!(batch.full(&LIMITS), None);
        batch.add(delivery(message(1).as_bytes(), 0));
        assert_eq!(batch.full(&LIMITS), Some(FlushReason::Rows));
    }

    #[test]
    fn an_envelope_without_events_is_a_row_of_the_ledger_and_counts_as_one() {
        let mut batch = Batch::default();
        batch.add(delivery(message(0).as_bytes(), 0));
        assert_eq!(batch.full(&LIMITS), None);
        batch.add(delivery(message(0).as_bytes(), 0));
        assert_eq!(batch.full(&LIMITS), Some(FlushReason::Rows));
    }

    #[test]
    fn a_batch_is_full_at_its_bytes() {
        let mut batch = Batch::default();
        batch.add(delivery(&vec![b'x'; 10_000], 0));
        assert_eq!(batch.full(&LIMITS), Some(FlushReason::Bytes));
    }

    #[test]
    fn a_batch_is_full_at_its_messages() {
        let mut batch = Batch::default();
        (0..2).for_each(|_| batch.add(delivery(b"x", 0)));
        assert_eq!(batch.full(&LIMITS), None);
        batch.add(delivery(b"x", 0));
        assert_eq!(batch.full(&LIMITS), Some(FlushReason::Messages));
    }

    #[test]
    fn a_message_that_came_back_too_often_makes_its_batch_full() {
        let mut batch = Batch::default();
        batch.add(delivery(message(1).as_bytes(), SUSPECT_RETURNS));
        assert_eq!(batch.full(&LIMITS), Some(FlushReason::Suspect));
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_it_came() {
        let mut batch = Batch::default();
        batch.add(delivery(b"\xffjunk", 0));
        assert_eq!(batch.undecodable[0].body, b"\xffjunk");
        assert!(batch.envelopes.is_empty() && !batch.is_empty());
    }
}
