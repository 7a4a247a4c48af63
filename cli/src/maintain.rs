//! `footfall maintain` and `footfall retention`: partitions ahead, and how long rows are kept.

use clap::Args;
use serde_json::json;
use tokio_postgres::error::SqlState;
use writer::maintain::{self, Manner};

use crate::answer::Answer;
use crate::database;
use crate::failure::Failure;

/// Longest retention, in months; the table takes no more.
const MONTHS_MAX: i64 = 1_200;
/// Longest memory of the ledger, in days; the table takes no more.
const LEDGER_DAYS_MAX: i64 = 3_650;

/// How to go about it.
#[derive(Debug, Args)]
pub struct Maintain {
    /// Also moves many rows at once out of a default partition: late rows, and reports over them, wait meanwhile.
    #[arg(long)]
    however_long: bool,
}

/// How long is kept what; with none of them: only shows it.
#[derive(Debug, Args)]
pub struct Retention {
    /// Whole months of raw rows; 0: for ever. What is older is dropped for good by the next run of a writer.
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(i32).range(0..=MONTHS_MAX))]
    raw_months: Option<i32>,
    /// Whole months of rollups, at least those of raw rows; 0: for ever.
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(i32).range(0..=MONTHS_MAX))]
    rollup_months: Option<i32>,
    /// Days that the ledger remembers an envelope for, 8 at least; 0: for ever. What waits in the queue for longer goes to quarantine.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(0..=LEDGER_DAYS_MAX))]
    ledger_days: Option<i32>,
}

pub(crate) async fn run(asked: &Maintain) -> Result<Answer, Failure> {
    // Not as the owner: the role footfall_write is enough, so a CronJob can have the writer's credentials.
    let client = maintain::connect(&database::settings()?).await.map_err(|error| {
        Failure::Failed(anyhow::anyhow!(error).context("the database can't be reached: look at DATABASE_URL"))
    })?;
    let manner = Manner { however_long: asked.however_long, ..Manner::default() };
    let report = maintain::run(&client, manner).await.map_err(|error| Failure::Failed(error.into()))?;
    let json = json!({
        "is_other_at_it": report.is_other_at_it, "made": report.made, "dropped": report.dropped,
        "expire_rounds": report.expire_rounds, "crowded": report.crowded, "given_up": report.given_up,
        "months_ahead": report.months_ahead,
    });
    let mut lines = Vec::new();
    if report.is_other_at_it {
        lines.push("somebody else is at it; nothing was done".to_owned());
    }
    for (what, names) in [
        ("made", &report.made),
        ("dropped", &report.dropped),
        ("left, since a long transaction is in the way; run this again", &report.given_up),
        (
            "left, since many rows wait in a default partition or at an edge of the ledger; move them with --however-long",
            &report.crowded,
        ),
    ] {
        lines.extend(names.iter().map(|name| format!("{what}: {name}")));
    }
    lines.push(format!("partitions are there for {} months ahead", report.months_ahead));
    let is_good = report.given_up.is_empty() && report.crowded.is_empty();
    Ok(Answer { text: lines.join("\n"), json, is_good })
}

pub(crate) async fn retention(asked: &Retention) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    let sql = include_str!("maintain/retention.sql");
    let set = client.query_one(sql, &[&asked.raw_months, &asked.rollup_months, &asked.ledger_days]).await;
    let row = set.map_err(|error| match error.code() {
        Some(&SqlState::CHECK_VIOLATION) if asked.ledger_days.is_some_and(|days| (1..8).contains(&days)) => {
            Failure::Refused("the ledger must remember 8 days at least: clients try again for 7".to_owned())
        }
        Some(&SqlState::CHECK_VIOLATION) => Failure::Refused(
            "rollups must be kept at least as long as raw rows: set both, or --rollup-months 0 for ever"
                .to_owned(),
        ),
        _ => error.into(),
    })?;
    let (raw, rollups, ledger): (i32, i32, i32) = (row.get(0), row.get(1), row.get(2));
    let words = |count: i32, unit: &str| match count {
        0 => "for ever".to_owned(),
        _ => format!("{count} {unit}"),
    };
    let text = format!(
        "raw rows  {}\nrollups   {}\nledger    {}",
        words(raw, "months"),
        words(rollups, "months"),
        words(ledger, "days")
    );
    Ok(Answer::good(text, json!({ "raw_months": raw, "rollup_months": rollups, "ledger_days": ledger })))
}
