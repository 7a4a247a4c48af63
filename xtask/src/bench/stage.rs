//! What a benchmark stands on: programs as they ship, servers of its own, projects in the database.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use e2e::backlog::{self, Backlog};
use e2e::bare_copy::{self, Loaded};
use e2e::drain::Comparison;
use e2e::load::{Plan, Report};
use e2e::workload;
use serde::de::DeserializeOwned;
use testkit::{Data, Service};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::NoTls;

use crate::provision::Servers;
use crate::steps::{note, step};
use crate::workspace::Workspace;

/// Leads the names of exchange and queues.
const QUEUE_PREFIX: &str = "bench";
/// Limits that nothing here reaches: the collector counts as it does in production, and refuses nobody.
const RATE_LIMIT: &str = "1000000000";
/// Longest wait until a server answers 202, in seconds.
const ACCEPTING_WAIT_S: u64 = 30;
/// Pause between two tries, in milliseconds.
const POLL_MS: u64 = 50;
/// What a run of the load client may take beyond its plan, in seconds.
const LOAD_GRACE_S: u64 = 60;
/// Longest time that emptying the queue may take, in seconds.
const DRAIN_LIMIT_S: u64 = 360;
/// Longest time that filling the queue may take, in seconds.
const FILL_LIMIT_S: u64 = 300;
/// Longest time that a bare COPY may take, in seconds.
const COPY_LIMIT_S: u64 = 300;

/// Servers and programs, ready.
pub(super) struct Stage {
    servers: Servers,
    programs: PathBuf,
    /// Where the load client leaves the ids of what was accepted.
    accepted_ids: PathBuf,
}

impl Stage {
    /// Builds in release mode, starts what is not given, migrates, and makes the workload's projects.
    ///
    /// # Errors
    /// When any of it fails.
    pub(super) async fn prepare(workspace: &Workspace) -> Result<Self> {
        build(workspace).await?;
        let dir = workspace.footfall.join("bench");
        let servers = Servers::provide(&dir, Data::Kept).await?;
        let made = make_projects(&servers.database_url);
        step("migrating, and making the projects", made, |()| format!("{} projects", workload::PROJECTS))
            .await?;
        let programs = workspace.target.join("release");
        Ok(Self { servers, programs, accepted_ids: dir.join("accepted-ids") })
    }

    /// The database server's maintenance database, as one who may make databases.
    pub(super) fn database_url(&self) -> &str {
        &self.servers.database_url
    }

    /// The database server's process, where it is ours.
    pub(super) fn postgres_pid(&self) -> Option<u32> {
        self.servers.postgres_pid()
    }

    /// The broker, as the servers see it unless told otherwise.
    pub(super) fn amqp_url(&self) -> &str {
        &self.servers.amqp_url
    }

    /// The broker's process, where it is ours.
    pub(super) fn broker_pid(&self) -> Option<u32> {
        self.servers.broker_pid()
    }

    /// The servers, for a benchmark that breaks them.
    pub(super) fn servers_mut(&mut self) -> &mut Servers {
        &mut self.servers
    }

    /// Starts a server of this kind, as `FOOTFALL_BENCH_SERVER` names it; it answers 202 when this returns.
    ///
    /// # Errors
    /// When it does not answer so in time.
    pub(super) async fn serve(&self, kind: &str, amqp_url: &str, workers: usize) -> Result<Service> {
        let workers = workers.to_string();
        let settings = [
            ("FOOTFALL_BENCH_SERVER", kind),
            ("AMQP_URL", amqp_url),
            ("FOOTFALL_QUEUE_PREFIX", QUEUE_PREFIX),
            ("DATABASE_URL", &self.servers.database_url),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
            ("FOOTFALL_HTTP_WORKERS", &workers),
            // The workload's addresses stand in X-Forwarded-For.
            ("FOOTFALL_TRUSTED_PROXIES", "127.0.0.0/8"),
            ("FOOTFALL_ADDRESS_REQUESTS_PER_S", RATE_LIMIT),
            ("FOOTFALL_PROJECT_EVENTS_PER_S", RATE_LIMIT),
        ];
        let server = Service::spawn_from(&self.programs, "bench-server", &settings).await;
        until_accepting(&server).await?;
        Ok(server)
    }

    /// Runs the load client; `addr` and the file of ids are filled in here.
    ///
    /// # Errors
    /// When it fails, or does not end by itself.
    pub(super) async fn load(&self, server: &Service, plan: &Plan) -> Result<Report> {
        let addr = server.public_url().trim_start_matches("http://").parse()?;
        let plan = Plan { addr, accepted_ids: Some(self.accepted_ids.clone()), ..plan.clone() };
        let limit =
            Duration::from_millis(plan.warm_up_ms + plan.measured_ms) + Duration::from_secs(LOAD_GRACE_S);
        let mut client = Command::new(self.programs.join("bench-load"));
        json_of(client.arg(serde_json::to_string(&plan)?), limit).await
    }

    /// Empties the queue, and compares what was in it with what was answered 202 since [`Stage::forget_accepted`].
    ///
    /// # Errors
    /// When the broker fails, or it takes too long.
    pub(super) async fn drain(&self) -> Result<Comparison> {
        let mut drain = Command::new(self.programs.join("bench-drain"));
        drain.arg(&self.accepted_ids);
        drain.env("AMQP_URL", self.amqp_url()).env("FOOTFALL_QUEUE_PREFIX", QUEUE_PREFIX);
        json_of(&mut drain, Duration::from_secs(DRAIN_LIMIT_S)).await
    }

    /// From now on no 202 was seen.
    ///
    /// # Errors
    /// When the file of their ids can't be written.
    pub(super) fn forget_accepted(&self) -> Result<()> {
        std::fs::write(&self.accepted_ids, []).context("emptying the file of accepted ids")
    }

    /// Fills the queue as an outage of the database leaves it.
    ///
    /// # Errors
    /// When the broker does not take all of it.
    pub(super) async fn fill(&self, plan: backlog::Plan) -> Result<Backlog> {
        let mut fill = Command::new(self.programs.join("bench-fill"));
        fill.arg(serde_json::to_string(&plan)?);
        fill.env("AMQP_URL", self.amqp_url()).env("FOOTFALL_QUEUE_PREFIX", QUEUE_PREFIX);
        json_of(&mut fill, Duration::from_secs(FILL_LIMIT_S)).await
    }

    /// Loads rows by bare COPY.
    ///
    /// # Errors
    /// When Postgres does not take all of them.
    pub(super) async fn copy(&self, plan: &bare_copy::Plan) -> Result<Loaded> {
        let mut copy = Command::new(self.programs.join("bench-copy"));
        json_of(copy.arg(serde_json::to_string(plan)?), Duration::from_secs(COPY_LIMIT_S)).await
    }

    /// Starts a writer on this database; it consumes as soon as it can.
    pub(super) async fn writer(&self, database_url: &str, settings: &[(&str, &str)]) -> Service {
        let own = [
            ("AMQP_URL", self.amqp_url()),
            ("FOOTFALL_QUEUE_PREFIX", QUEUE_PREFIX),
            ("DATABASE_URL", database_url),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        ];
        Service::spawn_from(&self.programs, "writer", &[&own, settings].concat()).await
    }

    /// Empties the queue of whatever is left in it, and forgets the 202s.
    ///
    /// # Errors
    /// As [`Stage::drain`].
    pub(super) async fn clear(&self) -> Result<()> {
        self.forget_accepted()?;
        self.drain().await.map(drop)
    }

    /// Stops the servers that are ours.
    ///
    /// # Errors
    /// As [`Servers::stop`].
    pub(super) async fn stop(self) -> Result<()> {
        let _absent = std::fs::remove_file(&self.accepted_ids);
        step("stopping the servers", self.servers.stop(), |()| "servers stopped".to_owned()).await
    }
}

async fn build(workspace: &Workspace) -> Result<()> {
    note("building in release mode");
    let mut cargo = workspace.cargo();
    let status = cargo
        .args(["build", "--release", "--package", "e2e", "--package", "writer", "--bins"])
        .status()
        .await;
    if !status.context("starting cargo")?.success() {
        bail!("the benchmark's programs do not build");
    }
    Ok(())
}

/// Migrates a database and makes the workload's projects in it.
///
/// # Errors
/// When the database refuses.
pub(super) async fn make_projects(database_url: &str) -> Result<()> {
    migrations::migrate(database_url).await.context("migrating the database")?;
    let (client, connection) =
        tokio_postgres::connect(database_url, NoTls).await.context("connecting to Postgres")?;
    let connection = tokio::spawn(connection);
    let (ids, names): (Vec<String>, Vec<String>) = workload::projects().unzip();
    let insert = "insert into projects (project_id, name) select * from unnest($1::text[], $2::text[]) \
                  on conflict (project_id) do nothing";
    client.execute(insert, &[&ids, &names]).await.context("making the projects")?;
    drop(client);
    connection.await?.context("closing the connection to Postgres")
}

/// The last line that a program prints, within `limit`.
///
/// # Errors
/// When it fails, takes longer, or prints no such JSON.
pub(super) async fn json_of<T: DeserializeOwned>(command: &mut Command, limit: Duration) -> Result<T> {
    let program = command.as_std().get_program().display().to_string();
    let running = command.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true).output();
    let output =
        timeout(limit, running).await.map_err(|_late| anyhow!("{program} did not end in {limit:?}"))??;
    if !output.status.success() {
        bail!("{program} ended with {}", output.status);
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().last().unwrap_or_default();
    serde_json::from_str(line).with_context(|| format!("reading what {program} printed: {line}"))
}

/// Sends envelopes until one is accepted: the broker's session and the list of projects take a moment.
async fn until_accepting(server: &Service) -> Result<()> {
    let (http, url) = (reqwest::Client::new(), format!("{}/v1/events", server.public_url()));
    let (project_id, _) = workload::projects().next().context("the workload has projects")?;
    let body = serde_json::json!({
        "project_id": project_id, "visitor_id": uuid::Uuid::nil(), "session_id": uuid::Uuid::nil(),
        "events": [{ "type": "impression", "url": "https://example.com/" }],
    });
    let deadline = Instant::now() + Duration::from_secs(ACCEPTING_WAIT_S);
    let mut last = String::new();
    while Instant::now() < deadline {
        match http.post(&url).json(&body).send().await {
            Ok(answer) if answer.status() == reqwest::StatusCode::ACCEPTED => return Ok(()),
            Ok(answer) => last = answer.text().await.unwrap_or_default(),
            Err(problem) => last = problem.to_string(),
        }
        sleep(Duration::from_millis(POLL_MS)).await;
    }
    bail!("the server accepts nothing within {ACCEPTING_WAIT_S} s; its last answer: {last}")
}
