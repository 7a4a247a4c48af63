//! Reads one state of the tables, a row at a time and bounded.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use shared::ids::ProjectId;
use tokio_postgres::{Client, IsolationLevel, Row, RowStream, Transaction};

use super::project::Project;
use super::snapshot::{IngestKey, Snapshot};

/// Most projects of a copy; with more, the copy stays as it was.
pub const PROJECTS_MAX: usize = 100_000;
/// Most secret keys of a copy; with more, the copy stays as it was.
pub const INGEST_KEYS_MAX: usize = 100_000;
/// Most bad entries of origin lists that one load logs by themselves; their number is logged always.
const BAD_ORIGINS_LOGGED_MAX: usize = 20;

/// A state of the tables, and which it is.
pub(super) struct Loaded {
    pub(super) version: i64,
    pub(super) snapshot: Result<Snapshot, TooMany>,
}

/// More rows than a copy may hold.
#[derive(Debug, thiserror::Error)]
#[error("there are more than {limit} {what}")]
pub(super) struct TooMany {
    limit: usize,
    what: &'static str,
}

/// Which state the tables are in.
pub(super) async fn version(client: &Client) -> Result<i64, tokio_postgres::Error> {
    client.query_one(include_str!("version.sql"), &[]).await?.try_get(0)
}

/// Reads everything, from one snapshot of the database.
pub(super) async fn load(client: &mut Client) -> Result<Loaded, tokio_postgres::Error> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let transaction = transaction.read_only(true).start().await?;
    let version = transaction.query_one(include_str!("version.sql"), &[]).await?.try_get(0)?;

    let mut snapshot = Snapshot::default();
    let mut bad_origins = BadOrigins::default();
    let read = read(&transaction, include_str!("projects.sql"), PROJECTS_MAX).await?;
    let within_limit = each(read, PROJECTS_MAX, "projects", |row| {
        let Some(id) = project_id(row)? else { return Ok(()) };
        let project = project(row, |entry| bad_origins.note(&id, entry))?;
        snapshot.projects.insert(id, Arc::new(project));
        Ok(())
    });
    let within_projects = within_limit.await?;
    bad_origins.log_number();

    let read = self::read(&transaction, include_str!("ingest_keys.sql"), INGEST_KEYS_MAX).await?;
    let within_limit = each(read, INGEST_KEYS_MAX, "secret keys", |row| {
        let Some(project_id) = project_id(row)? else { return Ok(()) };
        let key = IngestKey { project_id, secret_sha256: row.try_get("secret_sha256")? };
        snapshot.keys.insert(row.try_get("key_id")?, key);
        Ok(())
    });
    let within_keys = within_limit.await?;
    transaction.commit().await?;
    Ok(Loaded { version, snapshot: within_projects.and(within_keys).map(|()| snapshot) })
}

/// The rows of `sql`, one more than `limit` at most, as they come.
async fn read(
    transaction: &Transaction<'_>,
    sql: &str,
    limit: usize,
) -> Result<RowStream, tokio_postgres::Error> {
    let one_past = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    transaction.query_raw(sql, [one_past]).await
}

/// Hands each row to `take`, up to `limit`; the outer error is the database's.
async fn each(
    rows: RowStream,
    limit: usize,
    what: &'static str,
    mut take: impl FnMut(&Row) -> Result<(), tokio_postgres::Error>,
) -> Result<Result<(), TooMany>, tokio_postgres::Error> {
    let mut rows = pin!(rows);
    let mut taken = 0;
    while let Some(row) = rows.try_next().await? {
        if taken == limit {
            return Ok(Err(TooMany { limit, what }));
        }
        taken += 1;
        take(&row)?;
    }
    Ok(Ok(()))
}

/// The row's project; the table takes no id that is none, and none could be asked for.
fn project_id(row: &Row) -> Result<Option<ProjectId>, tokio_postgres::Error> {
    Ok(row.try_get::<_, &str>("project_id")?.parse().ok())
}

fn project(row: &Row, noted: impl FnMut(&str)) -> Result<Project, tokio_postgres::Error> {
    let allowed_origins: Vec<&str> = row.try_get("allowed_origins")?;
    Ok(Project::new(&allowed_origins, row.try_get("honour_gpc")?, row.try_get("honour_dnt")?, noted))
}

/// Tells the log of entries that open nothing, so that whoever wrote them finds out.
#[derive(Default)]
struct BadOrigins {
    number: usize,
}

impl BadOrigins {
    fn note(&mut self, project_id: &ProjectId, entry: &str) {
        self.number += 1;
        if self.number <= BAD_ORIGINS_LOGGED_MAX {
            tracing::warn!(
                %project_id,
                entry,
                "an allowed origin matches nothing: write it as https://example.com or https://*.example.com"
            );
        }
    }

    fn log_number(&self) {
        if self.number > BAD_ORIGINS_LOGGED_MAX {
            tracing::warn!(
                number = self.number,
                "allowed origins match nothing; the first of them are logged"
            );
        }
    }
}
