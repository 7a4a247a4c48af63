//! `footfall erase` and `footfall export`: what there is of one visitor.
//!
//! A visitor's id stands in the two raw tables and in payloads of the quarantine, and nowhere else. No index leads to it, since
//! one would cost every row that is stored: each partition is read, by a statement of its own.

mod erase;
mod export;
mod quarantined;

use clap::Args;
use tokio_postgres::Client;
use uuid::Uuid;

pub(crate) use self::erase::{Erase, erase};
pub(crate) use self::export::{Export, export};
use crate::database;
use crate::failure::Failure;

/// Longest statement, in seconds: it reads a partition.
const STATEMENT_LIMIT_S: u32 = 1_800;

/// Whose rows.
#[derive(Debug, Args)]
pub(crate) struct Visitor {
    /// The visitor's id: what the tracker keeps in the browser, and `visitor_id` in the tables.
    #[arg(long = "visitor", value_name = "UUID")]
    id: Uuid,
}

/// A partition of a raw table.
struct Partition {
    /// The raw table.
    parent: String,
    name: String,
}

async fn connect() -> Result<Client, Failure> {
    let client = database::connect().await?;
    client.batch_execute(&format!("set statement_timeout = '{STATEMENT_LIMIT_S}s'")).await?;
    Ok(client)
}

/// Every partition of both raw tables.
async fn partitions(client: &Client) -> Result<Vec<Partition>, Failure> {
    let rows = client.query(include_str!("visitor/partitions.sql"), &[]).await?;
    Ok(rows.iter().map(|row| Partition { parent: row.get(0), name: row.get(1) }).collect())
}

/// `sql` with the place where it names a partition filled in. The names come from the catalogue, where we put them.
fn on(sql: &str, partition: &Partition) -> String {
    sql.replace("a_partition", &format!("\"{}\"", partition.name))
}

/// Says how far it is, to standard error.
fn tell(doing: &str, partition: &Partition, done: usize, all: usize) {
    eprintln!("{doing} {} ({done} of {all})", partition.name);
}
