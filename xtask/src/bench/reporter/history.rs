//! Databases with a history in them: made once, and kept where that was asked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use e2e::history::{Plan, Stored};
use shared::clock;
use time::{Date, OffsetDateTime};
use tokio::process::Command;
use tokio_postgres::Client;

use crate::bench::database::{connect, with_database};
use crate::bench::stage::{json_of, make_projects};
use crate::steps::{note, step};

/// Longest time that storing a history may take, in seconds.
const STORE_LIMIT_S: u64 = 3_600;
/// The workload's seed.
const SEED: u64 = 1;
/// Leads the databases' names.
const PREFIX: &str = "footfall_bench_reporter_";
/// A server of our own stores without pausing for checkpoints, and plans as `deploy/postgres` has it.
const SETTINGS: [(&str, &str); 3] =
    [("max_wal_size", "'3GB'"), ("checkpoint_timeout", "'1h'"), ("random_page_cost", "1.1")];

/// The databases of a server.
pub(super) struct Histories {
    url: String,
    client: Client,
    is_ours: bool,
    programs: PathBuf,
}

/// One of them.
pub(super) struct History {
    url: String,
    name: String,
    rows: u64,
    ends_at: OffsetDateTime,
    loaded_s: f64,
}

impl Histories {
    /// Those of this server, which is set up for it where it is ours.
    ///
    /// # Errors
    /// When it refuses.
    pub(super) async fn on(url: &str, is_ours: bool, programs: &Path) -> Result<Self> {
        let client = connect(url).await?;
        if is_ours {
            for (name, value) in SETTINGS {
                client.batch_execute(&format!("alter system set {name} = {value}")).await?;
            }
            client.batch_execute("select pg_reload_conf()").await?;
        }
        Ok(Self { url: url.to_owned(), client, is_ours, programs: programs.to_owned() })
    }

    /// The history of so many rows over so many days up to now; one that was kept, if it is of this build's tables.
    ///
    /// # Errors
    /// When it can't be made.
    pub(super) async fn provide(&self, rows: u64, days: u16, geo_files: &str) -> Result<History> {
        let name = format!("{PREFIX}{rows}");
        let url = with_database(&self.url, &name);
        let of = format!("{rows} rows, {days} days, V{}, seed {SEED}", migrations::latest_version());
        let sql = "select shobj_description(oid, 'pg_database') from pg_database where datname = $1";
        let kept = self.client.query_opt(sql, &[&name]).await?;
        let kept = kept.and_then(|row| row.get::<_, Option<String>>(0));
        if let Some((ends_at_s, loaded_s)) = kept.as_deref().and_then(|kept| Self::kept(kept, &of)) {
            note(&format!("the database {name} was kept: {of}"));
            let ends_at = OffsetDateTime::from_unix_timestamp(ends_at_s)?;
            self.let_autovacuum_run(false).await?;
            return Ok(History { url, name, rows, ends_at, loaded_s });
        }
        self.let_autovacuum_run(true).await?;
        self.client.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
        self.client.batch_execute(&format!("create database {name}")).await?;
        let ends_at = clock::now();
        let plan = Plan {
            database_url: url.clone(),
            seed: SEED,
            events: rows,
            days,
            ends_at_s: ends_at.unix_timestamp(),
            geo_files: geo_files.split(',').filter(|file| !file.is_empty()).map(PathBuf::from).collect(),
        };
        let stored = step(&format!("storing {rows} rows"), self.store(&plan), |stored| {
            format!(
                "{} impressions, {} interactions, by the writer's code",
                stored.impressions, stored.interactions
            )
        })
        .await?;
        let ends_at_s = plan.ends_at_s;
        let comment = format!("comment on database {name} is '{of}; {ends_at_s}; {:.0}'", stored.seconds);
        self.client.batch_execute(&comment).await?;
        self.let_autovacuum_run(false).await?;
        self.client.batch_execute("checkpoint").await?;
        Ok(History { url, name, rows, ends_at, loaded_s: stored.seconds })
    }

    /// It runs while a history is stored, and never beside what is measured; of another's server it is left as it is.
    async fn let_autovacuum_run(&self, runs: bool) -> Result<()> {
        if self.is_ours {
            self.client.batch_execute(&format!("alter system set autovacuum = {runs}")).await?;
            self.client.batch_execute("select pg_reload_conf()").await?;
        }
        Ok(())
    }

    /// Of what a database says of itself: when its history ends, and how long it took to store; none where it is another's.
    fn kept(kept: &str, of: &str) -> Option<(i64, f64)> {
        let (ends_at_s, loaded_s) = kept.strip_prefix(of)?.strip_prefix("; ")?.split_once("; ")?;
        Some((ends_at_s.parse().ok()?, loaded_s.parse().ok()?))
    }

    async fn store(&self, plan: &Plan) -> Result<Stored> {
        make_projects(&plan.database_url).await?;
        let client = connect(&plan.database_url).await?;
        // Receipts so old are judged, and months so old have partitions.
        client.batch_execute("update retention set ledger_days = 0; set role footfall_migrate").await?;
        client
            .execute(
                "select ensure_partitions((now() - make_interval(days => $1))::date, now()::date)",
                &[&(i32::from(plan.days) + 1)],
            )
            .await
            .context("making the months")?;
        let mut program = Command::new(self.programs.join("bench-history"));
        program.arg(serde_json::to_string(plan)?);
        let stored = json_of(&mut program, Duration::from_secs(STORE_LIMIT_S)).await?;
        // As autovacuum leaves it.
        client.batch_execute("reset role").await?;
        client.batch_execute("vacuum (analyze)").await.context("vacuuming")?;
        Ok(stored)
    }

    /// Drops it.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn forget(&self, history: &History) -> Result<()> {
        let drop = format!("drop database if exists {} with (force)", history.name);
        Ok(self.client.batch_execute(&drop).await?)
    }
}

impl History {
    /// As the superuser.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The database's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Raw rows, of both tables together.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The UTC day on which it ends.
    pub(super) fn last_day(&self) -> Date {
        self.ends_at.date()
    }

    /// How long it took to store, in seconds.
    pub(super) fn loaded_s(&self) -> f64 {
        self.loaded_s
    }
}
