//! What every lane of the queue promises, whatever carries it.
//!
//! - A publish that succeeds is durable: the message survives the death of every process.
//! - A delivery that was not acknowledged comes again. So does, rarely, one that was: consumers keep a ledger.
//! - Order is not promised.
//! - What can't be taken is an error, in bounded time, and never a silence.

#[cfg(feature = "amqp")]
pub mod rabbitmq;

/// Why a message is not known to be in the queue. None of them means that it certainly is not.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The queue said no to this message (it is full): try this one later, the session is sound.
    #[error("the queue refused the message")]
    Refused,
    /// The session can't be trusted any more: fail everything in flight on it and open another.
    #[error("the session with the queue is lost: {0}")]
    SessionLost(String),
}

/// The session with the queue is lost, or could not be had: wait, then open another.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {problem}")]
pub struct SessionError {
    doing: &'static str,
    problem: String,
}

impl SessionError {
    /// What was being done, and what came of it. The problem is kept as text, since it only goes to the log.
    pub fn new(doing: &'static str, problem: impl std::fmt::Display) -> Self {
        Self { doing, problem: problem.to_string() }
    }
}

/// One message as a writer meets it.
#[derive(Debug)]
pub struct Delivery {
    /// The message's bytes, not yet decoded.
    pub body: Vec<u8>,
    /// How often it was handed out before and came back. A message that kills its writer climbs here.
    pub returned_count: u64,
    /// The handle by which it is acknowledged, on the session that delivered it and no other.
    pub tag: u64,
}
