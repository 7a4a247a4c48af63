//! COPY into the raw tables, and which event each line of it was.

use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;

use super::StoreError;
use super::claim::Claimed;
use crate::row::{Row, Table};

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

/// Loads the claimed rows of one table; answers how many.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    table: Table,
    claimed: &Claimed<'_>,
) -> Result<u64, StoreError> {
    let rows: Vec<&(usize, usize, Row<'_>)> =
        claimed.rows.iter().filter(|(.., row)| row.table() == table).collect();
    if rows.is_empty() {
        return Ok(0);
    }
    let copied = Copied { events: rows.iter().map(|(envelope, event, _)| (*envelope, *event)).collect() };
    let loaded =
        load(transaction, table, rows).await.map_err(|error| StoreError::in_copy(error, Some(&copied)))?;
    if loaded != copied.events.len() as u64 {
        let problem = format!("{} took {loaded} rows of {}", table.name(), copied.events.len());
        return Err(StoreError::Stop(problem.into()));
    }
    Ok(loaded)
}

async fn load(
    transaction: &Transaction<'_>,
    table: Table,
    rows: Vec<&(usize, usize, Row<'_>)>,
) -> Result<u64, tokio_postgres::Error> {
    let sink = transaction.copy_in(&table.copy_statement()).await?;
    let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, &table.types()));
    for (.., row) in rows {
        row.with_values(async |values| writer.as_mut().write(values).await).await?;
    }
    // Dropped before this line, the copy is aborted as a whole.
    writer.finish().await
}
