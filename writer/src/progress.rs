//! How far this writer has come, told to readers once a second: up to when every event is visible, as far as it can vouch.
//!
//! What it vouches for covers what it was handed; readers take the least of all writers. It moves on
//!
//! - while nothing waits in the queue and nothing is in hand: up to the moment before it asked;
//! - while something is in hand: up to the receipt of the oldest, since a queue keeps its order;
//!
//! less half a second, and stands still otherwise. What breaks the queue's order is a delivery that comes back: whoever loses a
//! session with the queue, ends, or is found gone, lowers all others to what it vouched for (`release.sql`), and they stand still
//! until all that they may have been handed meanwhile is stored. Who consumes and does not report, as a writer of an older release,
//! one that froze, or one that can't reach the database, is in the broker's count of consumers and not in the table: as long as that
//! is so, nobody moves on.

mod claim;
mod hand;
mod keeper;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::clock;
use shared::queue::Delivery;
use shared::queue::rabbitmq::QueueWatch;

use self::claim::Unsettled;
use self::hand::Hand;
pub use self::keeper::keep;
use crate::batch::Decoded;

/// What the loaders of a process hold of the queue; clones share it.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Sessions>>);

#[derive(Default)]
struct Sessions {
    open: Vec<Arc<Session>>,
    /// A session ended since this was last told; what it was handed is in the queue again.
    has_returned: bool,
}

/// A loader's session with the queue.
struct Session {
    watch: QueueWatch,
    hand: Mutex<Hand>,
    unsettled: Mutex<Unsettled>,
    /// Deliveries that the broker hands out beyond those acknowledged.
    prefetch: u64,
}

impl Progress {
    /// A loader subscribed; it no longer is when the answer is dropped.
    pub fn began(&self, watch: QueueWatch, prefetch: u16) -> Holding {
        let session = Arc::new(Session {
            watch,
            hand: Mutex::default(),
            unsettled: Mutex::default(),
            prefetch: prefetch.into(),
        });
        locked(&self.0).open.push(Arc::clone(&session));
        Holding { progress: self.clone(), session }
    }

    fn open(&self) -> Vec<Arc<Session>> {
        locked(&self.0).open.clone()
    }

    /// Whether a session ended since the last call.
    fn take_returned(&self) -> bool {
        std::mem::take(&mut locked(&self.0).has_returned)
    }

    /// That could not be told.
    fn set_returned(&self) {
        locked(&self.0).has_returned = true;
    }
}

/// A session's deliveries, from whoever takes and acknowledges them.
pub struct Holding {
    progress: Progress,
    session: Arc<Session>,
}

impl Holding {
    /// A delivery came. To be told at once: what is neither here nor in the queue is nobody's.
    pub(crate) fn took(&self, delivery: &Delivery) {
        locked(&self.session.hand).take(delivery.tag, delivery.returned_count > 0);
    }

    /// The delivery that was taken last was read. One without a single event holds nobody back from now on.
    pub(crate) fn read(&self, decoded: &Decoded) {
        let oldest = decoded.oldest_received_at().unwrap_or_else(clock::now);
        locked(&self.session.hand).read(oldest);
    }

    /// All deliveries up to this tag are stored and acknowledged.
    pub(crate) fn acknowledged(&self, up_to_tag: u64) {
        locked(&self.session.hand).acknowledge(up_to_tag);
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut sessions = locked(&self.progress.0);
        sessions.open.retain(|open| !Arc::ptr_eq(open, &self.session));
        sessions.has_returned = true;
    }
}

/// What a panic left behind is whole all the same: each change is one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
