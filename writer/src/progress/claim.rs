//! What a session can vouch for; pure.

use time::{Duration, OffsetDateTime};

use super::hand::Holds;

/// How far back of what it saw a writer vouches, in milliseconds: a collector takes up to its answer limit (80 unless set) from an
/// event's receipt to the queue, and its clock and the writer's may differ by the rest.
pub(super) const MARGIN_MS: i64 = 500;

/// The queue, as the broker counted it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// By this writer's clock, just before it asked.
    pub(super) asked_at: OffsetDateTime,
    /// Messages that nobody was handed.
    pub(super) ready: u32,
    /// All who are subscribed.
    pub(super) consumers: u32,
}

/// Whether a session may have been handed, behind what it knows of, something older that came back.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    /// Until this is acknowledged, if so.
    until_tag: Option<u64>,
    consumers: Option<u32>,
}

impl Unsettled {
    /// Deliveries of others may have come back: what is handed out by now has tags up to `prefetch` beyond what is acknowledged.
    pub(super) fn stir(&mut self, acknowledged_to: u64, prefetch: u64) {
        self.until_tag = Some(acknowledged_to + prefetch);
    }

    /// Notes how many are subscribed; answers whether that has changed, and with it who holds what.
    pub(super) fn has_changed(&mut self, consumers: u32) -> bool {
        self.consumers.replace(consumers).is_some_and(|before| before != consumers)
    }

    /// Whether that is over. A hand that holds nothing a moment after it was asked has nothing behind it either.
    pub(super) fn is_over(&mut self, holds: Holds, acknowledged_to: u64) -> bool {
        if holds == Holds::Nothing || self.until_tag.is_none_or(|until| acknowledged_to >= until) {
            self.until_tag = None;
        }
        self.until_tag.is_none()
    }
}

/// Up to when every event is visible, as far as a session can tell that is `settled` and `holds` this a moment after it saw that;
/// `None`: no more than before.
///
/// `known_consumers`: subscriptions of writers that report. A broker whose queue has no leader counts none at all.
pub(super) fn claim(seen: Seen, known_consumers: u32, holds: Holds, settled: bool) -> Option<OffsetDateTime> {
    if seen.consumers == 0 || seen.consumers > known_consumers {
        return None;
    }
    let until = match (holds, seen.ready) {
        (Holds::Nothing, 0) => seen.asked_at,
        // It is on its way here, or to another.
        (Holds::Nothing, _) | (Holds::Unread, _) => return None,
        (Holds::Read { .. }, _) if !settled => return None,
        (Holds::Read { oldest, .. }, 0) => oldest.min(seen.asked_at),
        // What came back is handed out before all that waits, but among itself in no order.
        (Holds::Read { has_come_back: true, .. }, _) => return None,
        (Holds::Read { oldest, .. }, _) => oldest.min(seen.asked_at),
    };
    Some(until - Duration::milliseconds(MARGIN_MS))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const ASKED: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
    const OLDER: OffsetDateTime = datetime!(2026-11-23 11:00 UTC);
    const MARGIN: Duration = Duration::milliseconds(MARGIN_MS);
    const HELD: Holds = Holds::Read { oldest: OLDER, has_come_back: false };
    const CAME_BACK: Holds = Holds::Read { oldest: OLDER, has_come_back: true };

    fn seen(ready: u32, consumers: u32) -> Seen {
        Seen { asked_at: ASKED, ready, consumers }
    }

    #[test]
    fn an_empty_queue_and_an_empty_hand_vouch_for_the_moment_before_the_question() {
        assert_eq!(claim(seen(0, 1), 1, Holds::Nothing, true), Some(ASKED - MARGIN));
        assert_eq!(claim(seen(0, 1), 1, Holds::Nothing, false), Some(ASKED - MARGIN));
        assert_eq!(claim(seen(1, 1), 1, Holds::Nothing, true), None);
    }

    #[test]
    fn a_hand_vouches_up_to_the_oldest_in_it() {
        for ready in [0, 1_000] {
            assert_eq!(claim(seen(ready, 1), 1, HELD, true), Some(OLDER - MARGIN));
            assert_eq!(claim(seen(ready, 1), 1, HELD, false), None);
            assert_eq!(claim(seen(ready, 1), 1, Holds::Unread, true), None);
        }
    }

    #[test]
    fn what_came_back_says_nothing_of_what_waits() {
        assert_eq!(claim(seen(0, 1), 1, CAME_BACK, true), Some(OLDER - MARGIN));
        assert_eq!(claim(seen(1, 1), 1, CAME_BACK, true), None);
    }

    #[test]
    fn a_receipt_in_the_future_is_no_better_than_now() {
        let ahead = Holds::Read { oldest: ASKED + Duration::HOUR, has_come_back: false };
        assert_eq!(claim(seen(0, 1), 1, ahead, true), Some(ASKED - MARGIN));
    }

    #[test]
    fn nobody_vouches_while_somebody_consumes_who_does_not_report() {
        assert_eq!(claim(seen(0, 3), 2, Holds::Nothing, true), None);
        assert_eq!(claim(seen(0, 2), 3, Holds::Nothing, true), Some(ASKED - MARGIN));
    }

    #[test]
    fn a_broker_that_counts_not_even_us_is_not_believed() {
        assert_eq!(claim(seen(0, 0), 1, Holds::Nothing, true), None);
    }

    #[test]
    fn after_a_return_all_that_may_have_been_handed_out_is_stored_first() {
        let mut unsettled = Unsettled::default();
        assert!(unsettled.is_over(HELD, 0));
        unsettled.stir(10, 64);
        assert!(!unsettled.is_over(HELD, 73));
        assert!(unsettled.is_over(HELD, 74));
        unsettled.stir(74, 64);
        assert!(unsettled.is_over(Holds::Nothing, 80), "an empty hand has nothing behind it");
        assert!(unsettled.is_over(HELD, 81));
    }

    #[test]
    fn a_change_of_consumers_is_noticed_once() {
        let mut unsettled = Unsettled::default();
        assert!(!unsettled.has_changed(2), "the first look has nothing to compare with");
        assert!(unsettled.has_changed(1));
        assert!(!unsettled.has_changed(1));
    }
}
