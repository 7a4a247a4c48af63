//! Deletes entries. The ledger keeps their number, so that a receipt still tells that they were not stored.

use clap::Args;
use serde_json::json;

use super::Chosen;
use crate::answer::Answer;
use crate::database;
use crate::failure::Failure;

/// Entries that one transaction deletes.
const PURGED_AT_ONCE_MAX: i64 = 5_000;

/// What to delete: entries by their ids, or those before a moment.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "before"]))]
pub struct Purge {
    #[command(flatten)]
    chosen: Chosen,
    /// Only says how many it would be.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(purge: &Purge) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    let chosen = purge.chosen.parameters();
    if purge.dry_run {
        let row = client
            .query_one(
                include_str!("count.sql"),
                &[&chosen.ids, &chosen.reason, &chosen.project, &chosen.since, &chosen.before],
            )
            .await?;
        let count: i64 = row.get(0);
        let text = format!("{count} entries would be purged");
        return Ok(Answer::good(text, json!({ "purged": 0, "would_purge": count })));
    }
    let mut purged = 0;
    loop {
        let deleted = client
            .execute(
                include_str!("purge.sql"),
                &[
                    &chosen.ids,
                    &chosen.reason,
                    &chosen.project,
                    &chosen.since,
                    &chosen.before,
                    &PURGED_AT_ONCE_MAX,
                ],
            )
            .await?;
        purged += deleted;
        if deleted == 0 {
            return Ok(Answer::good(format!("{purged} entries purged"), json!({ "purged": purged })));
        }
    }
}

/// What is said where an id is none.
pub(super) fn no_entry(id: i64) -> Failure {
    Failure::Refused(format!(
        "there is no entry {id}: it was replayed or purged, or never was; `footfall quarantine list` shows those there are"
    ))
}
