//! `footfall erase`: everything there is of one visitor, gone, and the rollups as if it had never been.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::json;
use time::Date;
use tokio_postgres::{Client, Transaction};
use writer::{fold, recount};

use super::quarantined::{self, Holding};
use super::{Partition, Visitor, connect, on, partitions, tell};
use crate::answer::Answer;
use crate::failure::Failure;

/// Passes over the partitions: a row may move, while its month is made, from one not yet read to one that was.
const PASSES_MAX: usize = 3;
/// What no command can reach.
const LEFT: &str = "not reached: messages still in the queue (run this again once it has been empty), backups, and the ledger, \
                    which has hashes of envelopes and no visitor";

/// Everything there is of a visitor, gone for good; without `--yes` it is only counted.
#[derive(Debug, Args)]
pub struct Erase {
    #[command(flatten)]
    visitor: Visitor,
    /// Erases; there is no way back.
    #[arg(long)]
    yes: bool,
}

/// Erased rows by project and UTC day.
type Erased = BTreeMap<(String, Date), i64>;

pub(crate) async fn erase(asked: &Erase) -> Result<Answer, Failure> {
    let mut client = connect().await?;
    if !asked.yes {
        return would_erase(&client, asked).await;
    }
    // The quarantine first: what is replayed meanwhile lands in a raw table, which is read later.
    let (mut entries, mut unreadable) = (0_u64, Vec::new());
    for found in quarantined::find(&client, asked.visitor.id).await? {
        match quarantined::erase(&client, &found).await? {
            true => entries += 1,
            false => unreadable.push(found.quarantine_id),
        }
    }
    let mut rows = 0;
    for _pass in 0..PASSES_MAX {
        let erased = pass(&mut client, asked).await?;
        rows += erased;
        if erased == 0 {
            break;
        }
    }
    let mut text = format!("{rows} rows and {entries} entries of the quarantine erased\n{LEFT}");
    if !unreadable.is_empty() {
        let ids = unreadable.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
        text.push_str(&format!(
            "\nleft: messages in quarantine that can't be read and hold the id; look at them, then `footfall quarantine purge {ids}`"
        ));
    }
    let json = json!({ "erased": true, "rows": rows, "quarantined": entries, "unreadable": unreadable });
    Ok(Answer { text, json, is_good: unreadable.is_empty() })
}

async fn would_erase(client: &Client, asked: &Erase) -> Result<Answer, Failure> {
    let parts = partitions(client).await?;
    let mut rows = 0;
    for (done, partition) in parts.iter().enumerate() {
        let counted =
            client.query_one(&on(include_str!("count.sql"), partition), &[&asked.visitor.id]).await?;
        rows += counted.get::<_, i64>(0);
        tell("read", partition, done + 1, parts.len());
    }
    let found = quarantined::find(client, asked.visitor.id).await?;
    let (readable, unreadable): (Vec<_>, Vec<_>) =
        found.iter().partition(|found| matches!(found.holding, Holding::Envelopes { .. }));
    let unreadable: Vec<i64> = unreadable.iter().map(|found| found.quarantine_id).collect();
    let entries = readable.len();
    let text = format!(
        "{rows} rows and {entries} entries of the quarantine would be erased, {} that can't be read left\nnothing was: --yes erases",
        unreadable.len()
    );
    let json = json!({ "erased": false, "rows": rows, "quarantined": entries, "unreadable": unreadable });
    Ok(Answer::good(text, json))
}

/// Goes over every partition once, a transaction each; answers how many rows went. Cut off, it is simply run again.
async fn pass(client: &mut Client, asked: &Erase) -> Result<i64, Failure> {
    let parts = partitions(client).await?;
    let mut rows = 0;
    for (done, partition) in parts.iter().enumerate() {
        let transaction = client.transaction().await?;
        let erased = erase_rows(&transaction, partition, asked).await?;
        let corrected = correct_rollups(&transaction, &erased).await?;
        transaction.commit().await?;
        // In transactions of their own, since writers wait for the one above. Cut off before, the one that folds does it.
        for date in corrected {
            fold::level_day(client, date).await?;
        }
        rows += erased.values().sum::<i64>();
        tell("erased from", partition, done + 1, parts.len());
    }
    Ok(rows)
}

async fn erase_rows(
    transaction: &Transaction<'_>,
    partition: &Partition,
    asked: &Erase,
) -> Result<Erased, Failure> {
    let rows = transaction.query(&on(include_str!("erase.sql"), partition), &[&asked.visitor.id]).await?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
}

/// Counts the days anew that lost rows, in the transaction that erases them; answers them. Where a day's raw rows have expired but for a
/// few, its rollups stay as they are: they tell of nobody.
async fn correct_rollups(transaction: &Transaction<'_>, erased: &Erased) -> Result<BTreeSet<Date>, Failure> {
    let mut corrected = BTreeSet::new();
    for (project_id, date) in erased.keys() {
        if recount::has_raw_rows(transaction, *date).await? {
            recount::rebuild_day_within(transaction, project_id, *date).await?;
            corrected.insert(*date);
        }
    }
    Ok(corrected)
}
