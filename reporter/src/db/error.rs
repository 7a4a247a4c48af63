//! Why the database left a question unanswered, named by what to do next.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

/// Why the database left a question unanswered. A clone is for whoever waited for the same answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// Every connection is in use: ask again in a moment.
    #[error("every connection to the database is in use")]
    Busy,
    /// It can't be reached, or is starting or stopping: ask again in a moment.
    #[error("the database can't be reached")]
    Away(#[source] Arc<dyn Error + Send + Sync>),
    /// It is a standby, and gave up reading for what its primary did; or others' work crossed ours: ask again in a moment.
    #[error("the reading was given up for another's work")]
    Conflict,
    /// It took too long: ask for less, or again in a moment.
    #[error("the database took too long")]
    TooSlow,
    /// It refused a statement, or answered another shape than expected: our fault, to be logged.
    #[error("a statement failed")]
    Fault(#[source] Arc<dyn Error + Send + Sync>),
}

impl DatabaseError {
    /// Every kind.
    pub(crate) const KINDS: [&'static str; 5] = ["busy", "away", "conflict", "too_slow", "fault"];

    /// An answer that no statement of ours should give.
    pub(crate) fn unexpected(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Fault(Arc::new(cause))
    }

    /// The error with every cause of it, for the log: the driver's own words say "db error" and no more.
    pub(crate) fn in_full(&self) -> String {
        let causes = successors(Some(self as &dyn Error), |&error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// The error's name in metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Away(_) => "away",
            Self::Conflict => "conflict",
            Self::TooSlow => "too_slow",
            Self::Fault(_) => "fault",
        }
    }
}

impl From<PoolError> for DatabaseError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::Busy,
            // Whatever went wrong on the way in, a refused password included, there is no database to ask.
            other => Self::Away(Arc::new(other)),
        }
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            let broke_off =
                error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>());
            return if broke_off { Self::Away(Arc::new(error)) } else { Self::Fault(Arc::new(error)) };
        };
        if *state == SqlState::QUERY_CANCELED {
            return Self::TooSlow;
        }
        // Connection, resources, operator's intervention: a server that is going, coming or full.
        match state.code().get(..2) {
            // On a standby also in the words of a connection that it closes.
            Some("40") => Self::Conflict,
            Some("08" | "53" | "57") => Self::Away(Arc::new(error)),
            _ => Self::Fault(Arc::new(error)),
        }
    }
}
