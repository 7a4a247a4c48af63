//! The table of all writers, by a connection of its own: what is slow in the one that stores rows is to show here.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::maintain::connect_with;

/// Longest wait for a statement, in seconds.
const ANSWER_LIMIT_S: u64 = 5;
/// Silence after which a writer is taken for gone, in seconds: readers leave its row out from 10 on, and before that the others must
/// have been told.
pub(super) const GONE_AFTER_S: f64 = 8.0;
/// Session settings. What a crash takes back is reported anew a second later.
const SESSION: &str = "-c application_name=footfall-progress -c timezone=UTC -c lock_timeout=2s -c statement_timeout=4s \
                       -c synchronous_commit=off";

/// What went wrong, for the log.
pub(super) type Problem = Box<dyn std::error::Error + Send + Sync>;

/// What a writer says of itself.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Said {
    /// What it vouches for; `None`: no more than before.
    pub(super) claim: Option<OffsetDateTime>,
    pub(super) waiting_messages: Option<i64>,
    pub(super) oldest_pending_at: Option<OffsetDateTime>,
    pub(super) consumers: i32,
}

/// What the table said when this writer last reported.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) complete_until: Option<OffsetDateTime>,
    pub(super) returns: i64,
    /// The row was not there: what was noted for it is not known.
    pub(super) is_new: bool,
    /// Subscriptions of all others.
    pub(super) other_consumers: u32,
    /// Writers that fell silent and whose rows are still there.
    pub(super) gone_writers: i64,
}

/// A connection with its statement prepared.
pub(super) struct Table {
    client: Client,
    report: Statement,
}

impl Table {
    /// Connects.
    ///
    /// # Errors
    /// The database's, in words; also when there is no answer in time.
    pub(super) async fn connect(database: &tokio_postgres::Config) -> Result<Self, Problem> {
        let client = connect_with(database, SESSION).await?;
        let report = in_time(client.prepare(include_str!("sql/report.sql"))).await?;
        Ok(Self { client, report })
    }

    /// Renews this writer's row; `before` is what it was told the last time.
    ///
    /// # Errors
    /// As [`Table::connect`].
    pub(super) async fn report(&self, writer_id: Uuid, said: Said, before: Told) -> Result<Told, Problem> {
        let values: [&(dyn ToSql + Sync); 8] = [
            &writer_id,
            &said.claim,
            &said.waiting_messages,
            &said.oldest_pending_at,
            &said.consumers,
            &before.returns,
            &before.complete_until,
            &GONE_AFTER_S,
        ];
        let row = in_time(self.client.query_one(&self.report, &values)).await?;
        Ok(Told {
            complete_until: row.try_get("complete_until")?,
            returns: row.try_get("returns")?,
            is_new: row.try_get("is_new")?,
            other_consumers: u32::try_from(row.try_get::<_, i64>("other_consumers")?)?,
            gone_writers: row.try_get("gone_writers")?,
        })
    }

    /// Tells the others that what this writer was handed is in the queue again.
    ///
    /// # Errors
    /// As [`Table::connect`].
    pub(super) async fn returned(&self, writer_id: Uuid) -> Result<(), Problem> {
        self.release(Some(writer_id), false).await
    }

    /// The same, and takes its row away.
    ///
    /// # Errors
    /// As [`Table::connect`].
    pub(super) async fn leave(&self, writer_id: Uuid) -> Result<(), Problem> {
        self.release(Some(writer_id), true).await
    }

    /// The same for writers that fell silent.
    ///
    /// # Errors
    /// As [`Table::connect`].
    pub(super) async fn sweep(&self) -> Result<(), Problem> {
        self.release(None, true).await
    }

    async fn release(&self, writer_id: Option<Uuid>, is_removed: bool) -> Result<(), Problem> {
        let sql = include_str!("sql/release.sql");
        in_time(self.client.execute(sql, &[&writer_id, &GONE_AFTER_S, &is_removed])).await?;
        Ok(())
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Problem> {
    let answer = timeout(Duration::from_secs(ANSWER_LIMIT_S), answer).await;
    Ok(answer.map_err(|_elapsed| format!("no answer within {ANSWER_LIMIT_S} s"))??)
}

#[cfg(test)]
mod tests;
