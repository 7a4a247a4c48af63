//! `footfall export`: everything there is of one visitor, for that visitor.

use clap::Args;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::quarantined::{self, Holding};
use super::{Visitor, connect, on, partitions, tell};
use crate::answer::Answer;
use crate::failure::Failure;
use crate::values::Shown;

/// Everything there is of a visitor, in the order it happened: a JSON object a line, or with `--json` one for all.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    visitor: Visitor,
}

pub(crate) async fn export(asked: &Export) -> Result<Answer, Failure> {
    let client = connect().await?;
    let visitor = asked.visitor.id;
    let parts = partitions(&client).await?;
    let mut events: Vec<(OffsetDateTime, i64, Value)> = Vec::new();
    for (done, partition) in parts.iter().enumerate() {
        for row in client.query(&on(include_str!("rows.sql"), partition), &[&visitor]).await? {
            let (at, id, mut columns): (OffsetDateTime, i64, Value) = (row.get(0), row.get(1), row.get(2));
            columns["table"] = partition.parent.as_str().into();
            events.push((at, id, columns));
        }
        tell("read", partition, done + 1, parts.len());
    }
    events.sort_by_key(|(at, id, _)| (*at, *id));
    let events: Vec<Value> = events.into_iter().map(|(.., columns)| columns).collect();
    let mut kept = Vec::new();
    for found in quarantined::find(&client, visitor).await? {
        let own = match found.holding {
            Holding::Envelopes { own, .. } => json!(own),
            // What else stands in it may be somebody else's.
            Holding::Text => Value::Null,
        };
        kept.push(json!({
            "table": "quarantine", "quarantine_id": found.quarantine_id, "reason": found.reason, "detail": found.detail,
            "quarantined_at": Shown(Some(found.quarantined_at)).to_string(), "envelopes": own,
        }));
    }
    let text = events.iter().chain(&kept).map(Value::to_string).collect::<Vec<_>>().join("\n");
    Ok(Answer::good(text, json!({ "visitor_id": visitor, "events": events, "quarantined": kept })))
}
