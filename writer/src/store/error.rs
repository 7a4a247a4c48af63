//! What a failure asks of the caller.

use tokio_postgres::error::{DbError, SqlState};

use super::copy::Copied;

/// Why a batch was not stored, named by what to do next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Wait, then connect again; the batch is as good as before.
    #[error("the database is away")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Try the same batch again now: another transaction was in the way.
    #[error("another transaction was in the way")]
    Conflict(#[source] tokio_postgres::Error),
    /// Find the row, put it in quarantine, and store the rest.
    #[error("Postgres refuses a row: {detail}")]
    Refused {
        /// Which event of the batch, where Postgres told: place of the envelope, place of the event in it.
        at: Option<(usize, usize)>,
        /// Postgres's words.
        detail: String,
    },
    /// Stop consuming, tell people, and try the batch again now and then: so much is refused that the tables do not fit what
    /// is sent ([`crate::breaker`]). Nothing of the attempt was stored.
    #[error("{0}")]
    Alarm(String),
    /// Stop the process: the database is not the one this build was made for. Quarantine must not fill with good events.
    #[error("the database does not fit this build; was it migrated, and are the rights granted?")]
    Stop(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::in_copy(error, None)
    }
}

impl StoreError {
    /// The error of a statement; `copied` are the rows of the COPY that it was, by line.
    pub(super) fn in_copy(error: tokio_postgres::Error, copied: Option<&Copied>) -> Self {
        let Some(db_error) = error.as_db_error() else {
            return match is_connection_error(&error) {
                true => Self::Away(error.into()),
                // A value that could not be encoded; it never reached Postgres.
                false => Self::Refused { at: None, detail: crate::batch::chain(&error) },
            };
        };
        if is_month_just_made(db_error) {
            return Self::Conflict(error);
        }
        match Class::of(db_error.code()) {
            Class::Away => Self::Away(error.into()),
            Class::Conflict => Self::Conflict(error),
            Class::Stop => Self::Stop(error.into()),
            Class::Data => Self::Refused {
                at: copied.zip(line(db_error)).and_then(|(copied, line)| copied.event_at_line(line)),
                detail: format!("{}: {}", db_error.code().code(), db_error.message()),
            },
        }
    }
}

/// The four kinds of SQLSTATE that we tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Away,
    Conflict,
    Data,
    Stop,
}

impl Class {
    fn of(state: &SqlState) -> Self {
        let code = state.code();
        match code {
            // Serialisation failure, deadlock.
            "40001" | "40P01" => Self::Conflict,
            // Read-only server (a standby after a failover), idle in transaction, lock not to be had in time.
            "25006" | "25P03" | "55P03" => Self::Away,
            // Statement too complex: nesting beyond the stack, too many columns.
            _ if code.starts_with("54") => Self::Data,
            // Data exception, integrity violation.
            _ if code.starts_with("22") || code.starts_with("23") => Self::Data,
            // Connection, resources, operator intervention, system error.
            _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => Self::Away,
            // Schema, rights, internal errors, and what we never met.
            _ => Self::Stop,
        }
    }
}

/// Whether a row was on its way into the default partition when its month was made: the next try finds the new partition.
/// A check constraint would be named; the bounds of a partition have no name.
fn is_month_just_made(error: &DbError) -> bool {
    let is_default = error.table().is_some_and(|table| table.ends_with("_default"));
    is_default && error.constraint().is_none() && *error.code() == SqlState::CHECK_VIOLATION
}

fn is_connection_error(error: &tokio_postgres::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    error.is_closed() || causes.any(<dyn std::error::Error>::is::<std::io::Error>)
}

/// The line in `COPY analytics_events, line 17, column event_data`; present in binary COPY, too.
fn line(error: &DbError) -> Option<usize> {
    let (_, behind) = error.where_()?.split_once("COPY analytics_")?.1.split_once(", line ")?;
    let digits = behind.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(behind.len());
    behind[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_fall_into_the_class_that_tells_what_to_do() {
        for (code, class) in [
            ("08006", Class::Away),
            ("57P01", Class::Away),
            ("53100", Class::Away),
            ("25006", Class::Away),
            ("55P03", Class::Away),
            ("40P01", Class::Conflict),
            ("40001", Class::Conflict),
            ("22021", Class::Data),
            ("22P02", Class::Data),
            ("23503", Class::Data),
            ("54000", Class::Data),
            ("42P01", Class::Stop),
            ("42501", Class::Stop),
            ("XX000", Class::Stop),
            ("99999", Class::Stop),
        ] {
            assert_eq!(Class::of(&SqlState::from_code(code)), class, "{code}");
        }
    }
}
