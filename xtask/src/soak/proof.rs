//! Whether all that was accepted is stored once, and all that was added up is what a recount gives.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use testkit::TestDatabase;
use tokio::process::Command;
use tokio_postgres::Client;
use uuid::Uuid;

use super::load::Sent;

/// Envelopes that are looked up in one statement.
const CHUNK: usize = 20_000;
/// Accepted envelopes without a row, and those whose row tells of another number of events. $1 ids, $2 events of each.
const LOOK_UP: &str = "
    select count(*) filter (where ledger.envelope_id is null),
           count(*) filter (where ledger.stored_count + ledger.quarantined_count + ledger.dropped_count <> $2)
    from unnest($1::uuid[]) as asked (envelope_id)
    left join ingest_ledger as ledger using (envelope_id)";
/// Rows over what the ledger tells of: more were doubled, fewer were lost.
const SURPLUS: &str = "
    select (select count(*) from analytics_impressions) + (select count(*) from analytics_events)
         - (select coalesce(sum(stored_count), 0)::bigint from ingest_ledger)";
/// One rollup's one counter, changed as no writer would.
const BREAK: &str = "
    update quarter_hour_stats
    set impressions_count = impressions_count + 1
    where ctid = (select max(ctid) from quarter_hour_stats)";

/// The ledger, asked about what was accepted.
pub(super) struct Ledger(Client);

impl Ledger {
    /// The ledger of this database.
    pub(super) async fn of(database: &TestDatabase) -> Self {
        Self(database.client().await)
    }

    /// How many accepted envelopes are not in it.
    ///
    /// # Errors
    /// When Postgres or the file of ids fails.
    pub(super) async fn missing(&self, sent: &Sent) -> Result<i64> {
        Ok(self.compare(sent).await?.0)
    }

    /// How many accepted envelopes are not in it, and how many with another number of events.
    async fn compare(&self, sent: &Sent) -> Result<(i64, i64)> {
        let (mut missing, mut differing) = (0, 0);
        for size in &sent.by_size {
            let events = i32::try_from(size.events_per_request)?;
            let ids: Vec<Uuid> = size.ids()?;
            for chunk in ids.chunks(CHUNK) {
                let row = self.0.query_one(LOOK_UP, &[&chunk, &events]).await?;
                missing += row.get::<_, i64>(0);
                differing += row.get::<_, i64>(1);
            }
        }
        Ok((missing, differing))
    }
}

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    /// Accepted envelopes that are not in the ledger.
    lost: i64,
    /// Accepted envelopes of which the ledger tells another number of events.
    differing: i64,
    /// Rows more (or less) than the ledger tells of.
    surplus_rows: i64,
    /// Rows of both raw tables.
    rows: i64,
    /// Whether `footfall verify` found every rollup equal to a recount.
    verified: bool,
    /// Whether it found the counter that was then changed by hand.
    caught: bool,
    /// Whether `footfall rebuild` mended it.
    rebuilt: bool,
}

impl Proof {
    /// Compares, verifies, breaks a counter, verifies, rebuilds, verifies.
    ///
    /// # Errors
    /// When Postgres fails, or `footfall` can't be started.
    pub(super) async fn take(programs: &Path, database: &TestDatabase, sent: &Sent) -> Result<Self> {
        let ledger = Ledger::of(database).await;
        let (lost, differing) = ledger.compare(sent).await?;
        let client = database.client().await;
        let surplus_rows = client.query_one(SURPLUS, &[]).await?.get(0);
        let raw =
            "select (select count(*) from analytics_impressions) + (select count(*) from analytics_events)";
        let rows = client.query_one(raw, &[]).await?.get(0);
        let footfall = async |arguments: &[&str]| footfall(programs, database, arguments).await;

        let verified = footfall(&["verify"]).await?;
        if client.execute(BREAK, &[]).await? != 1 {
            bail!("there is no quarter of an hour to break");
        }
        let caught = !footfall(&["verify"]).await?;
        let days = "select to_char(min(date), 'YYYY-MM-DD'), to_char(max(date), 'YYYY-MM-DD') from daily_analytics_stats";
        let days = client.query_one(days, &[]).await?;
        let rebuilt = footfall(&["rebuild", "--from", days.get(0), "--to", days.get(1)]).await?
            && footfall(&["verify"]).await?;
        Ok(Self { lost, differing, surplus_rows, rows, verified, caught, rebuilt })
    }

    /// Whether nothing was lost, doubled or miscounted, and what was broken was found.
    pub(super) fn is_sound(&self) -> bool {
        (self.lost, self.differing, self.surplus_rows) == (0, 0, 0)
            && self.verified
            && self.caught
            && self.rebuilt
    }

    /// For people.
    pub(super) fn show(&self) {
        let Self { lost, differing, surplus_rows, rows, verified, caught, rebuilt } = self;
        println!(
            "{rows} rows; of what was accepted {lost} lost, {differing} differing; {surplus_rows} rows too many"
        );
        println!("footfall verify: all rollups equal a recount: {verified}");
        println!("a counter changed by hand: found {caught}, mended by footfall rebuild {rebuilt}");
    }
}

/// Runs `footfall`; whether it ended well. What it says is shown.
async fn footfall(programs: &Path, database: &TestDatabase, arguments: &[&str]) -> Result<bool> {
    let mut footfall = Command::new(programs.join("footfall"));
    footfall.args(arguments).env("DATABASE_URL", database.url()).stdin(Stdio::null()).kill_on_drop(true);
    println!("  $ footfall {}", arguments.join(" "));
    Ok(footfall.status().await.context("starting footfall")?.success())
}
