//! `cargo xtask replay`: a web server's access log as impressions.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use shared::ids::ProjectId;
use tokio_postgres::NoTls;

use crate::run::run_file::RunFile;
use crate::workspace::Workspace;

mod log_line;

mod page;

mod identity;

mod pages;

mod sender;

mod importer;

mod summary;

/// What `cargo xtask replay` takes.
///
/// Each request for a page becomes one impression: method GET, status 200 or 304, and a path (without its query) that
/// does not end in the extension of a static file. See xtask/README.md for the list, the same rule as a line of awk,
/// and how address and user agent become visitor and session.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The log, in Apache's or nginx's combined format.
    file: PathBuf,
    /// Whose impressions they become; the project must exist.
    #[arg(long, default_value = "access-log")]
    project: ProjectId,
    /// The site the log is of: leads the path in each impression's URL.
    #[arg(long, default_value = "replay.example")]
    site: String,
    /// Requests a second; as fast as they are accepted where absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
    /// Requests under way at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    concurrency: u16,
    /// Stores each impression at the log's own time, as an operator's import: straight to the queue, since the collector
    /// takes nothing older than a week, and after making the month partitions that are missing.
    #[arg(long, conflicts_with_all = ["rate", "concurrency", "collector"])]
    keep_times: bool,
    /// The collector; the one that runs here where absent. It must trust this machine's X-Forwarded-For.
    #[arg(long)]
    collector: Option<String>,
    /// The database; the one that runs here where absent.
    #[arg(long)]
    database_url: Option<String>,
    /// The broker, for --keep-times; the one that runs here where absent.
    #[arg(long)]
    amqp_url: Option<String>,
    /// Leads the names of the queues, for --keep-times.
    #[arg(long, default_value = "footfall")]
    queue_prefix: String,
}

/// Replays the log and prints a summary.
///
/// # Errors
/// When the log, the collector, the database or the broker can't be used, or not all events were taken.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let running = RunFile::read(&Workspace::find()?);
    let database_url = match (&arguments.database_url, &running) {
        (Some(url), _) => Some(url.clone()),
        (None, Ok(running)) => Some(running.database_url.clone()),
        (None, Err(_)) => None,
    };
    if let Some(url) = &database_url {
        check_project(url, &arguments.project).await?;
    }
    let summary = if arguments.keep_times {
        let amqp_url = match (&arguments.amqp_url, running) {
            (Some(url), _) => url.clone(),
            (None, running) => running?.amqp_url,
        };
        let database_url =
            database_url.context("--keep-times needs --database-url, to make month partitions")?;
        importer::import(&arguments, &amqp_url, &database_url).await?
    } else {
        let collector_url = match (&arguments.collector, running) {
            (Some(url), _) => url.clone(),
            (None, running) => running?.collector_url,
        };
        sender::send(&arguments, &collector_url).await?
    };
    summary.print();
    Ok(if summary.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The collector knows no projects: events of one that does not exist would end in quarantine, one and all.
async fn check_project(database_url: &str, project: &ProjectId) -> Result<()> {
    let (client, connection) =
        tokio_postgres::connect(database_url, NoTls).await.context("connecting to Postgres")?;
    let connection = tokio::spawn(connection);
    let query = "select exists (select from projects where project_id = $1)";
    let exists: bool =
        client.query_one(query, &[&project.as_str()]).await.context("looking the project up")?.get(0);
    drop(client);
    connection.await?.context("closing the connection to Postgres")?;
    if !exists {
        bail!(
            "there is no project {project}: insert it into the table `projects`, or choose another with --project"
        );
    }
    Ok(())
}
