//! COPY into the raw tables, and which event each line of it was.

use bytes::{Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::{SinkExt, pin_mut};

use super::StoreError;
use super::claim::Claimed;
use crate::enrich::PreparedEnvelope;
use crate::rollup::Sums;
use crate::row::copy_form::{self, Unencodable};
use crate::row::{Row, Table};

/// Bytes that are sent at a time: large enough that a message more costs nothing, small enough that Postgres has something
/// to do while the next are encoded.
const CHUNK_BYTES: usize = 64 * 1024;
/// Room for the row that makes a chunk full, beyond its size.
const ROW_BYTES_USUAL: usize = 4 * 1024;

/// The rows of one table in COPY order.
#[derive(Default)]
pub(super) struct Copied {
    /// Place of the envelope in the batch, place of the event in the envelope.
    events: Vec<(usize, usize)>,
}

impl Copied {
    /// The event of a line; Postgres counts from 1.
    pub(super) fn event_at_line(&self, line: usize) -> Option<(usize, usize)> {
        self.events.get(line.checked_sub(1)?).copied()
    }
}

/// Loads a whole COPY, its header and trailer included, as one piece; answers how many rows.
pub(super) async fn copy_whole(
    transaction: &Transaction<'_>,
    sql: &str,
    rows: BytesMut,
) -> Result<u64, tokio_postgres::Error> {
    let statement = transaction.prepare_cached(sql).await?;
    let sink = transaction.copy_in::<_, Bytes>(&statement).await?;
    pin_mut!(sink);
    sink.send(rows.freeze()).await?;
    sink.finish().await
}

/// Loads the claimed rows of one table and adds them to `sums`; answers how many.
///
/// Added up here, since Postgres is busy with the last chunk meanwhile: afterwards it would wait.
pub(super) async fn copy<'a>(
    transaction: &Transaction<'_>,
    table: Table,
    claimed: &Claimed<'a>,
    sums: &mut Sums<'a>,
) -> Result<u64, StoreError> {
    let rows: Vec<&(usize, usize, Row<'_>)> =
        claimed.rows.iter().filter(|(.., row)| row.table() == table).collect();
    if rows.is_empty() {
        return Ok(0);
    }
    let copied = Copied { events: rows.iter().map(|(envelope, event, _)| (*envelope, *event)).collect() };
    let add = |envelope: usize, event: usize, row: &Row<'_>| {
        let prepared: &'a PreparedEnvelope = &claimed.envelopes[envelope];
        sums.add(prepared, &prepared.envelope.events[event], row.created_at);
    };
    let loaded = load(transaction, table, &rows, add).await.map_err(|error| error.of(&copied))?;
    if loaded != copied.events.len() as u64 {
        let problem = format!("{} took {loaded} rows of {}", table.name(), copied.events.len());
        return Err(StoreError::Stop(problem.into()));
    }
    Ok(loaded)
}

/// Why a COPY failed.
enum LoadError {
    /// Postgres's answer, or none.
    Postgres(tokio_postgres::Error),
    /// A row that can't be sent, and which.
    Row((usize, usize), Unencodable),
}

impl From<tokio_postgres::Error> for LoadError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl LoadError {
    fn of(self, copied: &Copied) -> StoreError {
        match self {
            Self::Postgres(error) => StoreError::in_copy(error, Some(copied)),
            Self::Row(at, problem) => StoreError::Refused { at: Some(at), detail: problem.to_string() },
        }
    }
}

async fn load(
    transaction: &Transaction<'_>,
    table: Table,
    rows: &[&(usize, usize, Row<'_>)],
    mut add: impl FnMut(usize, usize, &Row<'_>),
) -> Result<u64, LoadError> {
    let statement = transaction.prepare_cached(&table.copy_statement()).await?;
    let sink = transaction.copy_in::<_, Bytes>(&statement).await?;
    pin_mut!(sink);
    let mut chunk = BytesMut::with_capacity(CHUNK_BYTES + ROW_BYTES_USUAL);
    copy_form::put_header(&mut chunk);
    for (envelope, event, row) in rows {
        row.put(&mut chunk).map_err(|problem| LoadError::Row((*envelope, *event), problem))?;
        add(*envelope, *event, row);
        if chunk.len() >= CHUNK_BYTES {
            sink.send(chunk.split().freeze()).await?;
            chunk.reserve(CHUNK_BYTES + ROW_BYTES_USUAL);
        }
    }
    copy_form::put_trailer(&mut chunk);
    sink.send(chunk.freeze()).await?;
    // Dropped before this line, the copy is aborted as a whole.
    Ok(sink.finish().await?)
}
