//! How much is in quarantine, and what came last.

use clap::Args;
use serde_json::json;

use super::Filter;
use crate::answer::{Answer, table};
use crate::database;
use crate::failure::Failure;
use crate::values::Shown;

/// Longest part of a detail that a line shows, in characters.
const DETAIL_CHARS_MAX: usize = 80;

/// What to list.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    filter: Filter,
    /// Most entries that are shown by themselves, the newest first; all are counted.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    limit: u16,
}

pub(super) async fn run(list: &List) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    let chosen = list.filter.parameters();
    let counts = client
        .query(include_str!("counts.sql"), &[&chosen.reason, &chosen.project, &chosen.since, &chosen.before])
        .await?;
    let limit = i64::from(list.limit);
    let entries = client
        .query(
            include_str!("entries.sql"),
            &[&chosen.reason, &chosen.project, &chosen.since, &chosen.before, &limit],
        )
        .await?;

    let (mut count_rows, mut count_json) = (Vec::new(), Vec::new());
    for row in &counts {
        let (reason, project, count): (String, Option<String>, i64) = (row.get(0), row.get(1), row.get(2));
        let (first, last) = (Shown(Some(row.get(3))).to_string(), Shown(Some(row.get(4))).to_string());
        count_json.push(json!({
            "reason": reason, "project_id": project, "count": count, "first_at": first, "last_at": last,
        }));
        count_rows.push([reason, project.unwrap_or_else(|| "-".to_owned()), count.to_string(), first, last]);
    }
    let (mut entry_rows, mut entry_json) = (Vec::new(), Vec::new());
    for row in &entries {
        let (id, reason): (i64, String) = (row.get(0), row.get(1));
        let (project, detail): (Option<String>, String) = (row.get(2), row.get(3));
        let at = Shown(Some(row.get(4))).to_string();
        entry_json.push(json!({
            "quarantine_id": id, "reason": reason, "project_id": project, "detail": detail, "quarantined_at": at,
        }));
        let detail = detail.chars().take(DETAIL_CHARS_MAX).collect();
        entry_rows.push([id.to_string(), at, reason, project.unwrap_or_else(|| "-".to_owned()), detail]);
    }
    let counts =
        table(["reason", "project", "entries", "first", "last"], &count_rows, "nothing is in quarantine");
    let entries = table(["id", "quarantined", "reason", "project", "detail"], &entry_rows, "");
    let text = format!("{counts}\n\n{entries}").trim_end().to_owned();
    Ok(Answer::good(text, json!({ "counts": count_json, "entries": entry_json })))
}
