//! `run.json`: what runs, for scripts and for the other commands; and the same for people.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace::Workspace;

/// Only the developer may read it: it holds a key.
const MODE: u32 = 0o600;

/// Where everything is, while it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunFile {
    pub(crate) collector_url: String,
    pub(crate) reporter_url: String,
    /// Absent until there is a dashboard.
    pub(crate) dashboard_url: Option<String>,
    pub(crate) api_key: String,
    pub(crate) database_url: String,
    pub(crate) amqp_url: String,
    /// Which queue carries the events.
    pub(crate) lane: String,
    pub(crate) collector_ops_url: String,
    pub(crate) writer_ops_url: String,
    pub(crate) reporter_ops_url: String,
}

/// Removes the file when dropped: nothing runs then.
pub(crate) struct Removal(PathBuf);

impl Drop for Removal {
    fn drop(&mut self) {
        let _gone_already = fs::remove_file(&self.0);
    }
}

impl RunFile {
    /// What is running at the moment.
    ///
    /// # Errors
    /// When nothing runs.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let path = path(workspace);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} is missing: start `cargo xtask run` first", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
    }

    /// Removes what a killed run left behind.
    pub(super) fn forget(workspace: &Workspace) {
        drop(Removal(path(workspace)));
    }

    /// Writes it whole, so that no reader meets half of it.
    pub(super) fn write(&self, workspace: &Workspace) -> Result<Removal> {
        let path = path(workspace);
        let unfinished = path.with_extension("unfinished");
        let mut options = fs::OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(true).mode(MODE).open(&unfinished)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        fs::rename(&unfinished, &path).with_context(|| format!("writing {}", path.display()))?;
        Ok(Removal(path))
    }

    pub(super) fn show(&self, is_quiet: bool) {
        let Self { collector_url, reporter_url, api_key, database_url, amqp_url, .. } = self;
        let (from, to) = last_week();
        println!(
            "\n  collector   {collector_url}   operations {}\n  writer      {:width$}   operations {}\n  \
             reporter    {reporter_url}   operations {}\n  Postgres    {database_url}\n  RabbitMQ    {amqp_url}\n  \
             demo key    {api_key}\n",
            self.collector_ops_url,
            "",
            self.writer_ops_url,
            self.reporter_ops_url,
            width = collector_url.len(),
        );
        println!(
            "  curl -X POST {collector_url}/v1/events -H 'Content-Type: application/json' -d '{{\n    \
             \"project_id\": \"booking-bot\", \"visitor_id\": \"{visitor}\", \"session_id\": \"{session}\",\n    \
             \"events\": [{{\"type\": \"impression\", \"url\": \"https://example.com/\"}}]}}'\n  \
             curl '{reporter_url}/v1/reports/overview?from={from}&to={to}&tz=UTC' -H 'Authorization: Bearer {api_key}'\n",
            visitor = uuid::Uuid::now_v7(),
            session = uuid::Uuid::now_v7(),
        );
        println!(
            "  {}; Ctrl-C ends everything.",
            if is_quiet { "No traffic" } else { "Demo traffic is flowing" }
        );
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.footfall.join("run.json")
}

fn last_week() -> (time::Date, time::Date) {
    let today = shared::clock::now().date();
    (today.saturating_sub(time::Duration::days(6)), today)
}
