//! The yardstick of the writer: the same rows into the same tables and indexes by COPY, and nothing besides.
//!
//! The rows are read out of a database in COPY's own binary form and kept in memory, so nothing is encoded while the clock
//! runs: what is measured is Postgres and the wire. Each transaction holds the two COPYs of a batch.

use std::collections::VecDeque;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::try_join_all;
use futures_util::{SinkExt, TryStreamExt, pin_mut};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_postgres::{Client, NoTls};

use crate::usage;

/// The raw tables and the columns that are loaded: all but the id, which each table mints itself.
const TABLES: [(&str, &str); 2] = [
    (
        "analytics_impressions",
        "project_id, visitor_id, session_id, url, referrer, user_agent, geo_country, geo_city, geo_lat, geo_lng, \
         created_at",
    ),
    (
        "analytics_events",
        "project_id, visitor_id, session_id, event_type, event_label, event_data, created_at",
    ),
];
/// What a binary COPY begins with: signature, flags, and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with: a row of -1 columns.
const TRAILER: &[u8] = &[0xff, 0xff];
/// Bytes that are sent at a time, as large as tokio-postgres's own buffer would make it many times over.
const CHUNK_BYTES: usize = 128 * 1024;

/// What is loaded where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Where the rows are.
    pub from_url: String,
    /// Where they are to be.
    pub into_url: String,
    /// Rows of a transaction, of both tables together.
    pub batch_rows: usize,
    /// Connections that share the batches.
    pub connections: usize,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Rows of both tables.
    pub rows: u64,
    /// From the first transaction's begin to the last one's commit, in seconds.
    pub seconds: f64,
    /// CPU time of the loading process meanwhile, in microseconds.
    pub client_cpu_us: u64,
}

/// A batch: for each table a whole COPY in chunks.
type Batch = [Vec<Bytes>; TABLES.len()];

/// Reads the rows, then loads them.
///
/// # Errors
/// When either database refuses, or takes another number of rows than it was given.
pub async fn run(plan: &Plan) -> Result<Loaded> {
    let from = connect(&plan.from_url).await?;
    let mut rows = Vec::new();
    for (table, columns) in TABLES {
        rows.push(read(&from, table, columns).await?);
    }
    let count: usize = rows.iter().map(Vec::len).sum();
    let batches = Mutex::new(batches(&rows, plan.batch_rows));
    drop(rows);
    let clients = try_join_all((0..plan.connections).map(|_| connect(&plan.into_url))).await?;
    let cpu_before = usage::cpu_us(std::process::id())?;
    let started = Instant::now();
    let loaded = try_join_all(clients.into_iter().map(|client| load_all(client, &batches))).await?;
    let (seconds, cpu_after) = (started.elapsed().as_secs_f64(), usage::cpu_us(std::process::id())?);
    let loaded: u64 = loaded.into_iter().sum();
    if loaded != count as u64 {
        bail!("{loaded} rows were loaded of {count}");
    }
    Ok(Loaded { rows: loaded, seconds, client_cpu_us: cpu_after - cpu_before })
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("connecting to Postgres")?;
    tokio::spawn(connection);
    Ok(client)
}

/// Every row of a table in the order it was stored, as COPY writes it.
async fn read(client: &Client, table: &str, columns: &str) -> Result<Vec<Bytes>> {
    let sql = format!("copy (select {columns} from {table} order by id) to stdout (format binary)");
    let stream = client.copy_out(&sql).await?;
    pin_mut!(stream);
    let mut rows = Vec::new();
    // Postgres sends a row in a message of its own; the header comes before the first, the trailer by itself.
    while let Some(message) = stream.try_next().await? {
        let message = if rows.is_empty() && message.starts_with(HEADER) {
            message.slice(HEADER.len()..)
        } else {
            message
        };
        if message.as_ref() != TRAILER {
            rows.push(message);
        }
    }
    Ok(rows)
}

/// The tables' rows in batches of so many, each with the tables' common mixture.
fn batches(tables: &[Vec<Bytes>], batch_rows: usize) -> VecDeque<Batch> {
    let count: usize = tables.iter().map(Vec::len).sum();
    let batches = count.div_ceil(batch_rows.max(1));
    let part = |rows: &[Bytes], place: usize| {
        let at = |place: usize| rows.len() * place / batches;
        encode(&rows[at(place)..at(place + 1)])
    };
    (0..batches)
        .map(|place| {
            std::array::from_fn(|table| tables.get(table).map_or_else(Vec::new, |rows| part(rows, place)))
        })
        .collect()
}

fn encode(rows: &[Bytes]) -> Vec<Bytes> {
    let (mut chunks, mut chunk) = (Vec::new(), BytesMut::new());
    chunk.put_slice(HEADER);
    for row in rows {
        chunk.put_slice(row);
        if chunk.len() >= CHUNK_BYTES {
            chunks.push(chunk.split().freeze());
        }
    }
    chunk.put_slice(TRAILER);
    chunks.push(chunk.freeze());
    chunks
}

async fn load_all(mut client: Client, batches: &Mutex<VecDeque<Batch>>) -> Result<u64> {
    let mut statements = Vec::new();
    for (table, columns) in TABLES {
        let sql = format!("copy {table} ({columns}) from stdin (format binary)");
        statements.push(client.prepare(&sql).await?);
    }
    let next = || batches.lock().map_or(None, |mut batches| batches.pop_front());
    let mut loaded = 0;
    while let Some(batch) = next() {
        let transaction = client.transaction().await?;
        for (statement, chunks) in statements.iter().zip(batch) {
            let sink = transaction.copy_in::<_, Bytes>(statement).await?;
            pin_mut!(sink);
            for chunk in chunks {
                sink.feed(chunk).await?;
            }
            loaded += sink.finish().await?;
        }
        transaction.commit().await?;
    }
    Ok(loaded)
}
