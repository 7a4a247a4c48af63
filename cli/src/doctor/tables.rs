//! The tables: their version, their partitions, and what waits where it should not for long.

use time::OffsetDateTime;
use tokio_postgres::Client;
use writer::safety::{Check, State};

use crate::failure::Failure;
use crate::values::Shown;

/// Oldest Postgres that Footfall runs on, as `server_version_num`.
const SERVER_VERSION_MIN: i32 = 150_000;
/// Rows of a default partition up to which they are counted.
const DEFAULT_ROWS_COUNTED_MAX: i32 = 10_000;

/// Rows that wait to be folded or packed, up to which they are counted.
const FOLDING_ROWS_COUNTED_MAX: i64 = 100_000;
/// Quarters of an hour that late events may have made again since the last packing, a minute ago.
const LATE_QUARTERS_MAX: i64 = 5_000;

/// Looks at the tables.
pub(super) async fn check(client: &Client) -> Result<Vec<Check>, Failure> {
    let row = client.query_one(include_str!("server.sql"), &[]).await?;
    let (server, server_name): (i32, String) = (row.get(0), row.get(1));
    let schema: i32 = client.query_one(include_str!("schema.sql"), &[]).await?.get(0);
    let build = migrations::latest_version();
    let row = client.query_one(include_str!("partitions.sql"), &[&DEFAULT_ROWS_COUNTED_MAX]).await?;
    let (ahead, waiting): (i32, i64) = (row.get(0), row.get(1));
    let (quarantine, retention) = (quarantine(client).await?, retention(client).await?);
    let folding = folding(client).await?;
    Ok(vec![
        Check {
            name: "server version",
            state: if server >= SERVER_VERSION_MIN { State::Ok } else { State::Bad },
            found: server_name,
            meaning: "the migrations need Postgres 15",
            change: "upgrade Postgres",
        },
        Check {
            name: "schema version",
            state: if schema == build { State::Ok } else { State::Bad },
            found: format!("{schema}, and {build} in this build"),
            meaning: "services of this build and these tables may not fit",
            change: "run `migrate` of the newest build that is deployed, and this command of the same build",
        },
        Check {
            name: "partitions ahead",
            state: match ahead {
                ..1 => State::Bad,
                1..3 => State::Warn,
                3.. => State::Ok,
            },
            found: format!("{ahead} months"),
            meaning: "rows of a month without a partition land in the default one, where they slow down what follows",
            change: "run `footfall maintain`, and look in the writers' logs why they do not",
        },
        Check {
            name: "default partitions",
            state: if waiting == 0 { State::Ok } else { State::Warn },
            found: format!("{waiting} rows (counted up to {DEFAULT_ROWS_COUNTED_MAX} a table)"),
            meaning: "they are counted, and are moved when their month is made",
            change: "run `footfall maintain`; with `--however-long` at a quiet hour where it says that they are many",
        },
        retention,
        folding,
        quarantine,
    ])
}

async fn retention(client: &Client) -> Result<Check, Failure> {
    let row = client.query_one(include_str!("retention.sql"), &[]).await?;
    let (raw, rollups, expired): (i32, i32, i64) = (row.get(0), row.get(1), row.get(2));
    let kept = |months: i32| if months == 0 { "for ever".to_owned() } else { format!("{months} months") };
    Ok(Check {
        name: "retention",
        state: if expired == 0 { State::Ok } else { State::Warn },
        found: format!("raw rows {}, rollups {}, {expired} months overdue", kept(raw), kept(rollups)),
        meaning: "they should have been dropped, or somebody detached one to keep it",
        change: "run `footfall maintain`, and look in the writers' logs why they do not",
    })
}

async fn folding(client: &Client) -> Result<Check, Failure> {
    let row = client.query_one(include_str!("folding.sql"), &[&FOLDING_ROWS_COUNTED_MAX]).await?;
    let (deltas, quarters, days): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let is_behind = deltas >= FOLDING_ROWS_COUNTED_MAX || quarters > LATE_QUARTERS_MAX;
    Ok(Check {
        name: "folding",
        state: if is_behind { State::Warn } else { State::Ok },
        found: format!(
            "{deltas} deltas to fold, {quarters} quarters of an hour to pack, {days} days to level (counted up to \
             {FOLDING_ROWS_COUNTED_MAX})"
        ),
        meaning: "one writer folds for all; what waits is counted all the same, and reports take longer",
        change: "after an upgrade, wait; else look in the writers' logs why none of them folds",
    })
}

async fn quarantine(client: &Client) -> Result<Check, Failure> {
    let row = client.query_one(include_str!("quarantined.sql"), &[]).await?;
    let (entries, size, reasons): (i64, String, String) = (row.get(0), row.get(1), row.get(2));
    let found = match row.get::<_, Option<OffsetDateTime>>(3) {
        Some(oldest) => {
            let since = Shown(Some(oldest));
            format!("{entries} entries ({reasons}) in {size}, the oldest since {since}")
        }
        None => format!("no entry, {size}"),
    };
    Ok(Check {
        name: "quarantine",
        state: if entries == 0 { State::Ok } else { State::Warn },
        found,
        meaning: "they were accepted and are not counted",
        change: "look at them: `footfall quarantine list`; then replay or purge them",
    })
}
