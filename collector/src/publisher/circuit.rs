//! Whether publishes are tried at all, and what opens and closes that.

use std::sync::Arc;

use shared::queue::rabbitmq::PublishSession;

/// The circuit to the queue, as the session's task sees it and the workers follow it.
#[derive(Clone)]
pub(super) enum Circuit {
    /// A probe was confirmed in time, and nothing went wrong since.
    Closed(Arc<PublishSession>),
    /// Something went wrong; requests are refused with it until a probe is confirmed in time.
    Open(Trouble),
}

/// What is wrong with the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It can't be reached, or takes nothing from publishers for want of memory or disk.
    Unavailable,
    /// It does not confirm within the limit.
    Slow,
    /// It refuses: it holds all it may.
    Full,
}

impl Trouble {
    /// Every trouble.
    pub(crate) const ALL: [Self; 3] = [Self::Unavailable, Self::Slow, Self::Full];

    /// The name in metrics and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Slow => "slow",
            Self::Full => "full",
        }
    }
}

/// What a worker tells the session's task.
pub(super) enum Report {
    /// The session stands, but publishes on it should stop.
    Trouble(Trouble),
    /// This session can't be trusted any more, for the reason given.
    Lost(Arc<PublishSession>, String),
}
