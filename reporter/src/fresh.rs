//! How fresh an answer is: what the writers report of themselves, read in the answer's own snapshot.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use crate::db::{DatabaseError, Snapshot};

/// Longest silence of a writer that still counts as living, in seconds. Writers report once a second.
const WRITER_SILENT_MAX_S: f64 = 10.0;

/// How fresh an answer is. Both are null where no writer reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fresh {
    /// Every event received before this is in the answer, as far as the writers can see.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    complete_until: Option<OffsetDateTime>,
    /// Messages that wait in the queue; one carries the events of many requests.
    #[schema(required)]
    waiting_messages: Option<i64>,
}

impl Fresh {
    /// What holds in `snapshot`.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn read(snapshot: &Snapshot<'_>) -> Result<Self, DatabaseError> {
        let row = snapshot.row(include_str!("fresh.sql"), &[&WRITER_SILENT_MAX_S]).await?;
        Ok(Self {
            complete_until: row.try_get("complete_until")?,
            waiting_messages: row.try_get("waiting_messages")?,
        })
    }

    /// `complete_until` as the answers write it, where it is known.
    pub(crate) fn complete_until(&self) -> Option<String> {
        self.complete_until.and_then(|until| until.format(&Rfc3339).ok())
    }

    /// The messages that wait, where that is known.
    pub(crate) fn waiting_messages(&self) -> Option<i64> {
        self.waiting_messages
    }
}
