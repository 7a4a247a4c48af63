//! `--explain`: how Postgres executes each statement of each report, as `auto_explain` tells of the reporter's own sessions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::asking::{Cache, Reporter};
use super::history::History;
use super::{PERIOD_DAYS, ZONES};
use crate::bench::database::connect;
use crate::steps::{note, step};
use crate::workspace::Workspace;

/// Where the plans go.
const FILE: &str = "reporter/docs/plans.md";
/// Tables that do not grow with traffic: of these a sequential scan is the shortest way.
const SMALL: [&str; 7] =
    ["projects", "api_keys", "api_key_projects", "shares", "share_projects", "retention", "writer_progress"];
/// What the sessions of this database are told, so that each statement's plan gets into the server's log.
const TOLD: [(&str, &str); 5] = [
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_analyze", "on"),
    ("auto_explain.log_buffers", "on"),
    ("auto_explain.log_format", "json"),
];

/// One statement, as it was executed.
struct Executed {
    text: String,
    plan: Value,
}

/// Asks each report once, warm, and writes how its statements were executed.
///
/// # Errors
/// When the server is not ours, so that its log can't be read, or a plan scans a table that grows.
pub(super) async fn write(workspace: &Workspace, history: &History, log: Option<&Path>) -> Result<()> {
    let log = log.context("--explain reads the log of a server of its own: unset DATABASE_URL")?;
    let client = connect(history.url()).await?;
    for (name, value) in TOLD {
        client.batch_execute(&format!("alter database {} set {name} = '{value}'", history.name())).await?;
    }
    let explained = step("explaining each report", explain(workspace, history, log), |reports| {
        format!("{} reports explained", reports.len())
    })
    .await;
    client.batch_execute(&format!("alter database {} reset all", history.name())).await?;
    let explained = explained?;
    let statements = statements(&workspace.root.join("reporter/src"))?;
    let (mut page, mut scans) = (head(history), Vec::new());
    for (question, executed) in &explained {
        let _infallible = writeln!(page, "\n## `{question}`");
        for Executed { text, plan } in executed {
            let file = statements.get(text.trim()).map_or("(not of a file)", String::as_str);
            let _infallible = writeln!(page, "\n`{file}`\n\n```text\n{}```", tree(&plan["Plan"], 0));
            sequential_scans(&plan["Plan"], &mut |table| {
                scans.push(format!("{question}: {file} scans {table}"))
            });
        }
    }
    let path = workspace.root.join(FILE);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, page).with_context(|| format!("writing {}", path.display()))?;
    note(&format!("the plans are in {FILE}"));
    if !scans.is_empty() {
        bail!("sequential scans of tables that grow:\n{}", scans.join("\n"));
    }
    Ok(())
}

async fn explain(
    workspace: &Workspace,
    history: &History,
    log: &Path,
) -> Result<Vec<(String, Vec<Executed>)>> {
    let reporter = Reporter::start(workspace, history, Cache::Off).await?;
    let zone = ZONES[ZONES.len() - 1];
    let mut questions = vec![
        reporter.overview_question(PERIOD_DAYS, ZONES[0]),
        reporter.overview_question(PERIOD_DAYS, zone),
    ];
    questions.extend(reporter.other_questions(PERIOD_DAYS));
    let mut explained = Vec::new();
    for question in questions {
        // The first answer warms up.
        reporter.answer(&question).await?;
        let begins = fs::metadata(log)?.len();
        reporter.answer(&question).await?;
        let bytes = fs::read(log)?;
        let said = String::from_utf8_lossy(&bytes[usize::try_from(begins)?..]).into_owned();
        explained.push((question, executed(&said)?));
    }
    Ok(explained)
}

/// The plans in a piece of the server's log: each a message of several lines, all but the first led by a tab.
fn executed(log: &str) -> Result<Vec<Executed>> {
    let mut found = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.trim_end().ends_with("plan:") {
            continue;
        }
        let mut json = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            json.push_str(line.trim_start_matches('\t'));
            json.push('\n');
        }
        let plan: Value = serde_json::from_str(&json).context("reading a plan in the server's log")?;
        let text = plan["Query Text"].as_str().unwrap_or_default().to_owned();
        found.push(Executed { text, plan });
    }
    Ok(found)
}

/// Every `.sql` file below a folder, by its text.
fn statements(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "sql") {
                let name = path.strip_prefix(folder)?.display().to_string();
                found.insert(fs::read_to_string(&path)?.trim().to_owned(), name);
            }
        }
    }
    Ok(found)
}

fn head(history: &History) -> String {
    format!(
        "# How each statement is executed\n\nWritten by `cargo xtask bench reporter --explain` over {} raw rows of 90 days and 200 \
         projects; for each report the\nstatements that it ran, as Postgres executed them: rows, time in ms, pages read from \
         memory (hit) and from the\nsystem (read). No statement scans a table that grows with traffic: the command fails where one does.\n",
        history.rows()
    )
}

/// A plan as lines, each child further in than its parent.
fn tree(node: &Value, depth: usize) -> String {
    let mut line = "  ".repeat(depth);
    let text = |name: &str| node[name].as_str();
    line.push_str(text("Node Type").unwrap_or("?"));
    for (word, name) in
        [(" of", "Subplan Name"), (" on", "Relation Name"), (" by", "Index Name"), (" on", "CTE Name")]
    {
        if let Some(value) = text(name) {
            let _infallible = write!(line, "{word} {value}");
        }
    }
    if let Some(function) = text("Function Name") {
        let _infallible = write!(line, " on {function}()");
    }
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let _infallible = writeln!(
        line,
        ": {} rows x {}, {:.2} ms, {} hit, {} read",
        number("Actual Rows"),
        number("Actual Loops"),
        number("Actual Total Time"),
        number("Shared Hit Blocks"),
        number("Shared Read Blocks")
    );
    for child in node["Plans"].as_array().into_iter().flatten() {
        line.push_str(&tree(child, depth + 1));
    }
    line
}

/// Names each table that is scanned whole and grows with traffic.
fn sequential_scans(node: &Value, found: &mut impl FnMut(&str)) {
    if let (Some("Seq Scan"), Some(table)) = (node["Node Type"].as_str(), node["Relation Name"].as_str())
        && !SMALL.contains(&table)
        && node["Actual Loops"].as_f64() != Some(0.0)
    {
        found(table);
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        sequential_scans(child, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LOG: &str = "2026-11-23 12:00:00 UTC [7] LOG:  duration: 1.5 ms  plan:\n\t{\n\t  \"Query Text\": \"select 1\",\n\t  \
                       \"Plan\": {\"Node Type\": \"Seq Scan\", \"Relation Name\": \"ingest_ledger\"}\n\t}\n2026-11-23 LOG:  other\n";

    #[test]
    fn a_plan_is_found_among_other_lines_of_the_log() {
        let found = executed(LOG).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "select 1");
        assert!(tree(&found[0].plan["Plan"], 0).starts_with("Seq Scan on ingest_ledger: "));
    }

    #[test]
    fn a_scan_of_a_table_that_grows_is_named_however_deep_it_is() {
        let small = json!({ "Node Type": "Seq Scan", "Relation Name": "projects" });
        let large = json!({ "Node Type": "Seq Scan", "Relation Name": "rollup_deltas" });
        let plan =
            json!({ "Node Type": "Append", "Plans": [small, { "Node Type": "Sort", "Plans": [large] }] });
        let mut found = Vec::new();
        sequential_scans(&plan, &mut |table| found.push(table.to_owned()));
        assert_eq!(found, ["rollup_deltas"]);
    }
}
