//! One entry as it is. Its payload came from a stranger: it is shown as text, escaped, and never used.

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, printable};
use crate::database;
use crate::failure::Failure;
use crate::values::Shown;

/// Which entry.
#[derive(Debug, Args)]
pub struct Show {
    /// Its id, as `footfall quarantine list` shows it.
    id: i64,
}

pub(super) async fn run(show: &Show) -> Result<Answer, Failure> {
    let client = database::connect().await?;
    let row = client.query_opt(include_str!("entry.sql"), &[&show.id]).await?;
    let Some(row) = row else {
        return Err(super::purge::no_entry(show.id));
    };
    let (reason, detail): (String, String) = (row.get("reason"), row.get("detail"));
    let (envelope_id, project): (Option<Uuid>, Option<String>) =
        (row.get("envelope_id"), row.get("project_id"));
    let event_index: Option<i32> = row.get("event_index");
    let (received, quarantined) = (Shown(row.get("received_at")), Shown(Some(row.get("quarantined_at"))));
    let payload: &[u8] = row.get("payload");
    let payload_text = String::from_utf8_lossy(payload);
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let text = format!(
        "id           {}\nreason       {reason}\ndetail       {}\nproject      {}\nenvelope     {}\nevent        {}\n\
         received     {received}\nquarantined  {quarantined}\npayload      {} bytes\n\n{}",
        show.id,
        printable(&detail),
        or_none(project.clone()),
        or_none(envelope_id.map(|id| id.to_string())),
        or_none(event_index.map(|index| index.to_string())),
        payload.len(),
        in_lines(payload),
    );
    let json = json!({
        "quarantine_id": show.id, "reason": reason, "detail": detail, "project_id": project,
        "envelope_id": envelope_id, "event_index": event_index, "received_at": received.to_string(),
        "quarantined_at": quarantined.to_string(), "payload": payload_text,
        "payload_is_utf8": std::str::from_utf8(payload).is_ok(),
    });
    Ok(Answer::good(text, json))
}

/// A payload over several lines where it is JSON, on one where it is anything else.
fn in_lines(payload: &[u8]) -> String {
    let pretty =
        serde_json::from_slice::<Value>(payload).and_then(|value| serde_json::to_string_pretty(&value));
    match pretty {
        Ok(pretty) => pretty.lines().map(printable).collect::<Vec<_>>().join("\n"),
        Err(_no_json) => printable(&String::from_utf8_lossy(payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_shown_in_lines_and_commands_the_terminal_in_none() {
        assert_eq!(in_lines(br#"{"a":"\u001b[2J\u202e"}"#), "{\n  \"a\": \"\\u001b[2J\\u{202e}\"\n}");
        assert_eq!(in_lines(b"\xff\x1b]0;title\x07"), "\u{fffd}\\u{1b}]0;title\\u{7}");
    }
}
