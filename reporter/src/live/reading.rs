//! One look at the last minutes, the same for all who look at the same projects.

use serde::Serialize;
use shared::clock;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::fresh::Fresh;
use crate::live::Cursor;

/// How far back the live view looks, in seconds.
const WINDOW_S: i64 = 300;
/// Most rows of each table that one look goes through, the latest; past it the numbers are lower bounds, and say so.
const ROWS_MAX: i64 = 10_000;
/// Most interactions that one look tells, those stored last.
pub(super) const INTERACTIONS_MAX: usize = 100;
/// What an interaction takes beside its texts, in bytes. An estimate.
const INTERACTION_BYTES: usize = 128;

/// What one look found.
pub(crate) struct Reading {
    /// When it began.
    pub(crate) began: Instant,
    /// How much there is.
    pub(crate) now: Now,
    /// The interactions stored last, in the order of transactions and ids.
    pub(crate) interactions: Vec<Interaction>,
    /// What of them was to be seen.
    pub(crate) seen: Cursor,
    /// The first transaction that can't have been.
    pub(crate) next: u64,
}

/// How much there is in the last minutes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LiveNow)]
pub(crate) struct Now {
    /// Different visitors.
    visitors: i64,
    /// Different sessions.
    sessions: i64,
    impressions: i64,
    interactions: i64,
    /// How far back is counted, in seconds.
    window_s: i64,
    /// There is more than is looked at: all four numbers are the least it can be.
    at_least: bool,
    fresh: Fresh,
}

/// One interaction: nothing of the visitor, nothing they wrote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LiveInteraction)]
pub(crate) struct Interaction {
    #[serde(skip)]
    pub(crate) transaction: u64,
    #[serde(skip)]
    pub(crate) id: i64,
    project_id: String,
    #[serde(rename = "type")]
    event_type: String,
    #[schema(required)]
    label: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl Reading {
    /// Looks.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn read(snapshot: &Snapshot<'_>, scope: &ProjectScope) -> Result<Self, DatabaseError> {
        let began = Instant::now();
        let (projects, since) = (scope.project_ids(), clock::now() - Duration::seconds(WINDOW_S));
        let most = i64::try_from(INTERACTIONS_MAX).map_err(DatabaseError::unexpected)?;
        let of_now: [&(dyn ToSql + Sync); 3] = [&projects, &since, &ROWS_MAX];
        let of_interactions: [&(dyn ToSql + Sync); 4] = [&projects, &since, &ROWS_MAX, &most];
        let (now, interactions, fresh) = tokio::try_join!(
            snapshot.row(include_str!("now.sql"), &of_now),
            snapshot.rows(include_str!("interactions.sql"), &of_interactions),
            Fresh::read(snapshot),
        )?;
        let ended: Vec<i64> = now.try_get("ended")?;
        let ended = ended.into_iter().map(transaction).collect::<Result<_, _>>()?;
        Ok(Self {
            began,
            seen: Cursor::new(transaction(now.try_get("oldest_running")?)?, ended),
            next: transaction(now.try_get("next")?)?,
            interactions: interactions.iter().rev().map(Interaction::of).collect::<Result<_, _>>()?,
            now: Now::of(&now, fresh)?,
        })
    }

    /// What it takes in memory, in bytes. An estimate.
    pub(super) fn bytes(&self) -> u32 {
        let texts = |one: &Interaction| {
            one.project_id.len() + one.event_type.len() + one.label.as_ref().map_or(0, String::len)
        };
        let bytes: usize = self.interactions.iter().map(|one| INTERACTION_BYTES + texts(one)).sum();
        u32::try_from(INTERACTION_BYTES + bytes).unwrap_or(u32::MAX)
    }
}

impl Now {
    fn of(row: &Row, fresh: Fresh) -> Result<Self, DatabaseError> {
        let (impressions, interactions) = (row.try_get("impressions")?, row.try_get("interactions")?);
        Ok(Self {
            visitors: row.try_get("visitors")?,
            sessions: row.try_get("sessions")?,
            impressions,
            interactions,
            window_s: WINDOW_S,
            at_least: impressions >= ROWS_MAX || interactions >= ROWS_MAX,
            fresh,
        })
    }
}

impl Interaction {
    fn of(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            transaction: transaction(row.try_get("transaction")?)?,
            id: row.try_get("id")?,
            project_id: row.try_get("project_id")?,
            event_type: row.try_get("event_type")?,
            label: row.try_get("event_label")?,
            at: row.try_get("created_at")?,
        })
    }
}

fn transaction(number: i64) -> Result<u64, DatabaseError> {
    u64::try_from(number).map_err(DatabaseError::unexpected)
}
