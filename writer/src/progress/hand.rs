//! What a session was handed and has not acknowledged.

use std::collections::VecDeque;

use time::OffsetDateTime;

/// Deliveries that are not acknowledged yet, in the order of their tags; the broker bounds how many.
#[derive(Debug, Default)]
pub(super) struct Hand {
    held: VecDeque<Held>,
    acknowledged_to: u64,
}

#[derive(Debug)]
struct Held {
    tag: u64,
    has_come_back: bool,
    /// Receipt of its oldest event, once it was read.
    oldest: Option<OffsetDateTime>,
}

/// What a hand holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    /// Something that was not read yet, so that nobody knows how old it is.
    Unread,
    Read {
        /// Receipt of the oldest event.
        oldest: OffsetDateTime,
        /// Whether a delivery was in other hands before.
        has_come_back: bool,
    },
}

impl Hand {
    /// A delivery came; `tag` is greater than all before.
    pub(super) fn take(&mut self, tag: u64, has_come_back: bool) {
        self.held.push_back(Held { tag, has_come_back, oldest: None });
    }

    /// What was taken last was read.
    pub(super) fn read(&mut self, oldest: OffsetDateTime) {
        if let Some(last) = self.held.back_mut() {
            last.oldest = Some(oldest);
        }
    }

    /// Everything up to `tag` is stored and acknowledged.
    pub(super) fn acknowledge(&mut self, tag: u64) {
        self.acknowledged_to = tag;
        while self.held.front().is_some_and(|held| held.tag <= tag) {
            self.held.pop_front();
        }
    }

    /// The tag up to which everything is acknowledged; tags begin at 1, and none is left out.
    pub(super) fn acknowledged_to(&self) -> u64 {
        self.acknowledged_to
    }

    pub(super) fn holds(&self) -> Holds {
        let has_come_back = self.held.iter().any(|held| held.has_come_back);
        let mut oldest = None;
        for held in &self.held {
            let Some(of_this) = held.oldest else { return Holds::Unread };
            oldest = Some(oldest.map_or(of_this, |oldest: OffsetDateTime| oldest.min(of_this)));
        }
        oldest.map_or(Holds::Nothing, |oldest| Holds::Read { oldest, has_come_back })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const AT_12: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
    const AT_13: OffsetDateTime = datetime!(2026-11-23 13:00 UTC);

    #[test]
    fn it_holds_what_is_not_acknowledged_and_tells_the_oldest_of_it() {
        let mut hand = Hand::default();
        for (tag, oldest) in [(1, AT_12), (2, AT_13), (3, AT_12)] {
            hand.take(tag, tag == 3);
            hand.read(oldest);
        }
        assert_eq!(hand.holds(), Holds::Read { oldest: AT_12, has_come_back: true });
        hand.acknowledge(1);
        assert_eq!(hand.holds(), Holds::Read { oldest: AT_12, has_come_back: true });
        hand.acknowledge(3);
        assert_eq!((hand.holds(), hand.acknowledged_to()), (Holds::Nothing, 3));
    }

    #[test]
    fn what_was_not_read_is_of_unknown_age() {
        let mut hand = Hand::default();
        hand.take(1, false);
        hand.read(AT_12);
        hand.take(2, false);
        assert_eq!(hand.holds(), Holds::Unread);
        hand.read(AT_13);
        assert_eq!(hand.holds(), Holds::Read { oldest: AT_12, has_come_back: false });
    }
}
