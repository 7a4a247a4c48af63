//! What rules dropped: the owner's count of what was not counted.

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::{Question, local_date};
use crate::reports::period::AnsweredPeriod;
use crate::reports::{Cell, Report};

/// Most entries of the list; past it, the oldest are left out.
const ENTRIES_MAX: i64 = 10_000;

/// What rules dropped.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dropped {
    period: AnsweredPeriod,
    /// The latest first.
    dropped: Vec<DroppedEvents>,
}

/// Events that one rule dropped in one project on one day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DroppedEvents {
    project_id: String,
    name: String,
    /// The UTC day of receipt: where a visitor's day began is not known of what was dropped.
    date: String,
    reason: String,
    events: i64,
}

impl Report for Dropped {
    const COLUMNS: &'static [&'static str] = &["project_id", "name", "date", "reason", "events"];

    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        self.dropped.iter().map(DroppedEvents::cells).collect()
    }
}

impl DroppedEvents {
    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { project_id, name, date, reason, events } = self;
        vec![project_id.into(), name.into(), date.into(), reason.into(), (*events).into()]
    }
}

/// What was dropped on the period's days, the latest first, at most [`ENTRIES_MAX`]. The days are UTC's in any time zone.
pub(crate) async fn dropped(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Dropped, DatabaseError> {
    let (from, to) = (question.period.from(), question.period.to());
    let sql = include_str!("dropped.sql");
    let rows = snapshot.rows(sql, &[&scope.project_ids(), &from, &to, &ENTRIES_MAX]).await?;
    let entry = |row: &tokio_postgres::Row| {
        Ok(DroppedEvents {
            project_id: row.try_get("project_id")?,
            name: row.try_get("name")?,
            date: local_date(row.try_get("date")?)?,
            reason: row.try_get("reason")?,
            events: row.try_get("dropped_count")?,
        })
    };
    let dropped = rows.iter().map(entry).collect::<Result<_, DatabaseError>>()?;
    Ok(Dropped { period: AnsweredPeriod::of(question)?, dropped })
}
