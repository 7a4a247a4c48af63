//! `cargo xtask bench ledger`: what an envelope's row in the ledger costs, as the writer claims it and as it was claimed before.
//!
//! The writer's own statements, with ids as clients make them, in transactions of one batch. Counted is the CPU time of the
//! server's process, so the client's does not matter; rounds of the three ways take turns.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::usage::cpu_us;
use serde_json::json;
use testkit::Data;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls};
use uuid::{Builder, Uuid};

use super::spread::Spread;
use crate::provision::provide_postgres;
use crate::steps::step;
use crate::workspace::Workspace;

/// Envelopes of a batch.
const BATCH: usize = 5_000;
/// Batches of a round.
const BATCHES: usize = 12;
/// Rounds of each way; the first warms up and does not count.
const ROUNDS: usize = 6;
/// Projects that envelopes belong to.
const PROJECTS: u32 = 200;
/// Envelopes received in a millisecond.
const PER_MS: u64 = 5;
/// Weeks that clients' clocks are ahead: their ids lie in the last week made, in the layout of now, whatever was migrated.
const WEEKS_AHEAD: i64 = 4;
/// The database that is made for it, and dropped before the next time.
const DATABASE: &str = "footfall_bench_ledger";

/// What `cargo xtask bench ledger` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
}

/// How a batch is claimed.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Insert with `on conflict`, into the table of before.
    Before,
    /// Look, then COPY.
    Looking,
    /// COPY at once.
    Blind,
}

/// A batch, column by column, sorted.
struct Batch {
    ids: Vec<Uuid>,
    projects: Vec<String>,
    hashes: Vec<Vec<u8>>,
    received_at: Vec<time::OffsetDateTime>,
}

/// Measures, and tells.
///
/// # Errors
/// When Postgres can't be had, or is not on this machine.
pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let (url, mut server) = provide_postgres(&workspace.footfall.join("bench"), Data::Kept).await?;
    let client = step("migrating a database of its own", prepare(&url), |_| DATABASE.to_owned()).await?;
    let measured = step("claiming", measure(&client), |_| "claimed".to_owned()).await;
    drop(client);
    if let Some(server) = &mut server {
        server.stop().await;
    }
    let (before, looking, blind, bytes_before, bytes_after) = measured?;
    println!("\n  server's CPU an envelope, in µs: median (lowest..highest) of {} rounds", ROUNDS - 1);
    for (name, spread) in [("before", before), ("looking first", looking), ("blindly", blind)] {
        println!("  {name:<16}{spread:.2}");
    }
    for (name, (heap, indexes)) in [("before", bytes_before), ("now", bytes_after)] {
        println!("  {name:<16}{heap:.0} B heap, {indexes:.0} B indexes: {:.0} MB a million", heap + indexes);
    }
    if arguments.json {
        let whole = |(heap, indexes): (f64, f64)| heap + indexes;
        println!(
            "{}",
            json!({
                "us_before": before, "us_looking": looking, "us_blind": blind,
                "bytes_before": whole(bytes_before), "bytes_after": whole(bytes_after),
            })
        );
    }
    Ok(())
}

async fn prepare(url: &str) -> Result<Client> {
    let server = connect(&url.parse()?).await?;
    server.batch_execute(&format!("drop database if exists {DATABASE} with (force)")).await?;
    server.batch_execute(&format!("create database {DATABASE}")).await?;
    let (base, _database) = url.rsplit_once('/').context("the database's URL names no database")?;
    let own = format!("{base}/{DATABASE}");
    migrations::migrate(&own).await.context("migrating")?;
    let client = connect(&own.parse()?).await?;
    client.batch_execute(include_str!("ledger/before.sql")).await?;
    Ok(client)
}

async fn connect(config: &tokio_postgres::Config) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await.context("connecting to Postgres")?;
    tokio::spawn(async move { connection.await.is_ok() });
    Ok(client)
}

type Measured = (Spread, Spread, Spread, (f64, f64), (f64, f64));

async fn measure(client: &Client) -> Result<Measured> {
    let pid: i32 = client.query_one("select pg_backend_pid()", &[]).await?.get(0);
    let pid = u32::try_from(pid)?;
    let ways = [Way::Before, Way::Looking, Way::Blind];
    let mut rounds: [Vec<f64>; 3] = Default::default();
    let start = shared::clock::now() + time::Duration::weeks(WEEKS_AHEAD);
    let mut at_ms = u64::try_from(start.unix_timestamp_nanos() / 1_000_000)?;
    for _round in 0..ROUNDS {
        for (way, rounds) in ways.into_iter().zip(&mut rounds) {
            let batches: Vec<Batch> = (0..BATCHES)
                .map(|_| {
                    at_ms += BATCH as u64 / PER_MS;
                    Batch::received_at(at_ms)
                })
                .collect();
            let before_us =
                cpu_us(pid).context("the server's process can't be looked at: is it on this machine?")?;
            for batch in &batches {
                client.batch_execute("begin").await?;
                way.claim(client, batch).await?;
                client.batch_execute("commit").await?;
            }
            rounds.push((cpu_us(pid)? - before_us) as f64 / (BATCH * BATCHES) as f64);
        }
    }
    let [before, looking, blind] = rounds.map(|rounds| Spread::of(rounds.into_iter().skip(1)));
    let bytes = async |table: &str| -> Result<(f64, f64)> {
        let rows = client.query_one(&format!("select count(*)::float8 from {table}"), &[]).await?;
        let (rows, row): (f64, _) =
            (rows.get(0), client.query_one(include_str!("ledger/bytes.sql"), &[&table]).await?);
        Ok((row.get::<_, f64>(0) / rows, row.get::<_, f64>(1) / rows))
    };
    Ok((before, looking, blind, bytes("before.ingest_ledger").await?, bytes("public.ingest_ledger").await?))
}

impl Batch {
    /// Envelopes received from `at_ms` on, by clients of whom nineteen in twenty have the right time and are a second and a half
    /// away at most, the others are off by a minute, and one in a thousand by a month.
    fn received_at(at_ms: u64) -> Self {
        let mut envelopes: Vec<(Uuid, String, u64)> = (0..BATCH as u64)
            .map(|place| {
                let received_ms = at_ms + place / PER_MS;
                let behind_ms = match fastrand::u32(0..1_000) {
                    0 => fastrand::u64(0..30 * 24 * 60 * 60 * 1_000),
                    1..50 => fastrand::u64(0..60_000),
                    _ => fastrand::u64(0..1_500),
                };
                let random: [u8; 10] = std::array::from_fn(|_| fastrand::u8(..));
                let id = Builder::from_unix_timestamp_millis(received_ms - behind_ms, &random).into_uuid();
                (id, format!("widget-{:03}", fastrand::u32(0..PROJECTS)), received_ms)
            })
            .collect();
        envelopes.sort_unstable();
        let received = |ms: u64| time::OffsetDateTime::UNIX_EPOCH + Duration::from_millis(ms);
        Self {
            ids: envelopes.iter().map(|(id, ..)| *id).collect(),
            hashes: envelopes.iter().map(|_| (0..16).map(|_| fastrand::u8(..)).collect()).collect(),
            received_at: envelopes.iter().map(|(.., ms)| received(*ms)).collect(),
            projects: envelopes.into_iter().map(|(_, project, _)| project).collect(),
        }
    }
}

impl Way {
    async fn claim(self, client: &Client, batch: &Batch) -> Result<()> {
        let Batch { ids, projects, hashes, received_at } = batch;
        if matches!(self, Self::Before) {
            let sql = include_str!("../../../writer/src/store/sql/claim.sql");
            let sql = sql.replace("insert into ingest_ledger", "insert into before.ingest_ledger");
            let (ones, zeros) = (vec![1_i32; BATCH], vec![0_i32; BATCH]);
            let new =
                client.query(&sql, &[ids, projects, hashes, &ones, &zeros, &zeros, received_at]).await?;
            return if new.len() == BATCH { Ok(()) } else { bail!("{} claims of {BATCH}", new.len()) };
        }
        if matches!(self, Self::Looking) {
            let sql = include_str!("../../../writer/src/store/sql/stored_hashes.sql");
            let held = client.query(sql, &[ids, projects, &ids[0], &ids[BATCH - 1]]).await?;
            if !held.is_empty() {
                bail!("{} envelopes have a twin", held.len());
            }
        }
        client.batch_execute("savepoint claims").await?;
        let copy = include_str!("../../../writer/src/store/sql/copy_claims.sql");
        let types =
            [Type::UUID, Type::TEXT, Type::BYTEA, Type::INT4, Type::INT4, Type::INT4, Type::TIMESTAMPTZ];
        let mut writer = std::pin::pin!(BinaryCopyInWriter::new(client.copy_in(copy).await?, &types));
        for place in 0..BATCH {
            let values: [&(dyn ToSql + Sync); 7] =
                [&ids[place], &projects[place], &hashes[place], &1_i32, &0_i32, &0_i32, &received_at[place]];
            writer.as_mut().write(&values).await?;
        }
        writer.finish().await?;
        Ok(())
    }
}
