//! `cargo xtask schemathesis`: generated requests against a real collector and a real reporter, each held against its own `OpenAPI`
//! document.
//!
//! What the collector accepted is stored by a writer before the reporter is asked, so that its answers are of something.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use shared::secret_key::{INGEST_PREFIX, MintedKey, READER_PREFIX, SHARE_PREFIX};
use testkit::{Data, Service, TestBroker, TestDatabase, eventually};
use tokio::process::Command;

use crate::provision::Servers;
use crate::steps::{note, step};
use crate::workspace::Workspace;

/// The tool, as pip knows it.
const TOOL: &str = "schemathesis==4.32.5";
/// How long a service may take until it is ready, and a writer until all is stored.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Longest wait for one answer, in seconds: no request may hang.
const ANSWER_LIMIT_S: u64 = 10;
/// The project that requests are for.
const PROJECT: &str = "alpha";

/// What `cargo xtask schemathesis` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Requests for each operation and phase, about; twice as many in all, by two who may ask different things.
    #[arg(long, default_value_t = 100)]
    examples: u32,
    /// The seed of what is generated.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Provides servers, starts the services, and fails when an answer is a 5xx or not as documented.
///
/// # Errors
/// When there is no python3, no server, or nothing builds.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let _only_one = workspace.lock("test")?;
    let tool = step("finding schemathesis, or fetching it", install(&workspace.target), |tool| {
        format!("schemathesis from {}", tool.display())
    })
    .await?;
    let built = workspace
        .cargo()
        .args(["build"])
        .args(["collector", "writer", "reporter"].map(|name| format!("--package={name}")))
        .status()
        .await;
    if !built.context("starting cargo")?.success() {
        return Ok(ExitCode::FAILURE);
    }
    let servers = Servers::provide(&workspace.footfall.join("test"), Data::Disposable).await?;
    let is_sound = ask(&workspace, &servers, &tool, arguments).await;
    step("stopping the servers", servers.stop(), |()| "servers stopped".to_owned()).await?;
    Ok(if is_sound? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The tool's program, in a virtual environment under cargo's target directory.
async fn install(target: &Path) -> Result<PathBuf> {
    let dir = target.join("ci-tools").join(TOOL.replace("==", "-"));
    let program = dir.join("bin/schemathesis");
    if program.is_file() {
        return Ok(program);
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&dir);
    succeed(venv, "schemathesis needs python3 with its venv module (Debian: python3-venv): install it")
        .await?;
    let mut pip = Command::new(dir.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", TOOL]);
    succeed(pip, "fetching schemathesis from PyPI").await?;
    Ok(program)
}

/// Runs a command to its end; `what` says what to do where that is none.
async fn succeed(mut command: Command, what: &'static str) -> Result<()> {
    let output = command.kill_on_drop(true).output().await.context(what)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{what}: {}", said.trim());
    }
    Ok(())
}

/// Whether both keep their word.
async fn ask(workspace: &Workspace, servers: &Servers, tool: &Path, arguments: &Arguments) -> Result<bool> {
    let database = TestDatabase::on(&servers.database_url).await;
    let broker = TestBroker::on(&servers.amqp_url);
    let asking = Asking { workspace, tool, arguments, database: &database, broker: &broker };
    let key = make_project(&database).await?;
    let is_collector_sound = asking.collector(&key).await?;
    asking.store_all().await?;
    Ok(asking.reporter().await? && is_collector_sound)
}

/// Everything that is asked with.
struct Asking<'a> {
    workspace: &'a Workspace,
    tool: &'a Path,
    arguments: &'a Arguments,
    database: &'a TestDatabase,
    broker: &'a TestBroker,
}

impl Asking<'_> {
    async fn start(&self, name: &str, settings: &[(&str, &str)]) -> Service {
        let url = self.database.url();
        let own = [
            ("AMQP_URL", self.broker.url()),
            ("FOOTFALL_QUEUE_PREFIX", self.broker.prefix()),
            ("DATABASE_URL", url.as_str()),
            ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
            ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        ];
        let settings = [&own, settings].concat();
        Service::spawn_from(&self.workspace.target.join("debug"), name, &settings).await
    }

    /// Asks a collector, without a key and with one.
    async fn collector(&self, key: &str) -> Result<bool> {
        let settings = [
            // A busy machine is no slow queue, and all of this comes from one address for one project.
            ("FOOTFALL_ANSWER_LIMIT_MS", "10000"),
            ("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0"),
            ("FOOTFALL_PROJECT_EVENTS_PER_S", "0"),
        ];
        let collector = self.start("collector", &settings).await;
        eventually("the collector accepts", READY_LIMIT, async || {
            let shown = metrics(&collector).await.ok()?;
            let is_ready = !shown.contains("footfall_collector_accepting_workers 0")
                && shown.contains("footfall_collector_projects_loaded 1");
            is_ready.then_some(())
        })
        .await;
        let by_page = self.ask(&collector, "collector: a page", None).await?;
        let by_server = self.ask(&collector, "collector: a server with a key", Some(key)).await?;
        show_fates(&metrics(&collector).await?)?;
        Ok(by_page && by_server)
    }

    /// Lets a writer store what the collector accepted.
    async fn store_all(&self) -> Result<()> {
        // The server is thrown away afterwards, and syncs nothing.
        let mut writer = self.start("writer", &[("FOOTFALL_ALLOW_UNSAFE", "true")]).await;
        let (queue, client) = (self.broker.config().queue(), self.database.client().await);
        let stored =
            "select exists (select from analytics_impressions), exists (select from analytics_events)";
        eventually("a writer stored what was accepted", READY_LIMIT, async || {
            let row = client.query_one(stored, &[]).await.ok()?;
            let is_stored = row.get(0) && row.get(1) && self.broker.ready_count(&queue).await == Some(0);
            is_stored.then_some(())
        })
        .await;
        writer.terminate().await;
        Ok(())
    }

    /// Asks a reporter, with a key and by a share link.
    async fn reporter(&self) -> Result<bool> {
        let settings = [("FOOTFALL_KEY_REQUESTS_PER_S", "0"), ("FOOTFALL_STRANGER_REQUESTS_PER_S", "0")];
        let reporter = self.start("reporter", &settings).await;
        eventually("the reporter is ready", READY_LIMIT, async || {
            let ready = reqwest::get(format!("{}/readyz", reporter.ops_url())).await.ok()?;
            ready.status().is_success().then_some(())
        })
        .await;
        let (key, share) = make_reader(self.database).await?;
        let by_key = self.ask(&reporter, "reporter: a dashboard with a key", Some(&key)).await?;
        let by_share = self.ask(&reporter, "reporter: whoever has a share link", Some(&share)).await?;
        show_reports(&metrics(&reporter).await?)?;
        Ok(by_key && by_share)
    }

    async fn ask(&self, service: &Service, who: &str, key: Option<&str>) -> Result<bool> {
        note(&format!("asking the {who}"));
        let folder = self.workspace.root.join("xtask/schemathesis");
        // It leaves its notes where it is started.
        let notes = self.workspace.footfall.join("schemathesis");
        fs::create_dir_all(&notes).with_context(|| format!("making {}", notes.display()))?;
        let Arguments { examples, seed } = self.arguments;
        let header = key.map(|key| format!("Authorization: Bearer {key}"));
        let mut command = Command::new(self.tool);
        command
            .current_dir(&notes)
            .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
            // What it learns is not kept: each run is the same.
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg("--config-file")
            .arg(folder.join("schemathesis.toml"))
            .args(["run", "--no-color", "--continue-on-failure"])
            .args(["--generation-database", "none", "--request-timeout", &ANSWER_LIMIT_S.to_string()])
            .args(["--max-examples", &examples.to_string(), "--seed", &seed.to_string()])
            .args(header.iter().flat_map(|header| ["--header", header]))
            .arg(format!("{}/openapi.json", service.public_url()));
        Ok(command.kill_on_drop(true).status().await.context("starting schemathesis")?.success())
    }
}

async fn metrics(service: &Service) -> Result<String> {
    Ok(reqwest::get(format!("{}/metrics", service.ops_url())).await?.text().await?)
}

/// Shows how often each code was answered; where nothing was accepted, nothing was shown.
fn show_fates(metrics: &str) -> Result<()> {
    let fates =
        metrics.lines().filter_map(|line| line.strip_prefix("footfall_collector_requests_total{code="));
    let fates: Vec<String> = fates.map(|fate| fate.replace(['"', '}'], "")).collect();
    note(&format!("answered: {}", fates.join(", ")));
    if !fates.iter().any(|fate| fate.starts_with("accepted ")) {
        bail!("not one request was accepted, so the rest shows little: look at xtask/schemathesis/hooks.py");
    }
    Ok(())
}

/// Shows how often each report was answered; one that never was is not shown to be anything.
fn show_reports(metrics: &str) -> Result<()> {
    let counted =
        metrics.lines().filter_map(|line| line.strip_prefix("footfall_reporter_requests_total{route="));
    let counted: Vec<String> = counted
        .map(|counted| counted.replace(['"', '}'], "").replace(",status=", " "))
        .filter(|counted| counted.starts_with("/v1/reports/"))
        .collect();
    note(&format!("answered: {}", counted.join(", ")));
    let route = |counted: &String| counted.split(' ').next().unwrap_or_default().to_owned();
    let answered: Vec<String> =
        counted.iter().filter(|counted| counted.contains(" 2xx ")).map(route).collect();
    let silent: Vec<String> = counted.iter().map(route).filter(|route| !answered.contains(route)).collect();
    if answered.is_empty() || !silent.is_empty() {
        bail!("never answered: {}; look at xtask/schemathesis/hooks.py", silent.join(", "));
    }
    Ok(())
}

/// The project that requests are for, and a secret key of it.
async fn make_project(database: &TestDatabase) -> Result<String> {
    let key = mint(INGEST_PREFIX)?;
    let client = database.client().await;
    // What the tool sends is a robot's, and is to be stored.
    let sql = "insert into projects (project_id, name, keep_bots) values ($1, $1, true)";
    client.execute(sql, &[&PROJECT]).await?;
    let sql = "insert into ingest_keys (key_id, project_id, name, secret_sha256) values ($1, $2, 'test', $3)";
    client.execute(sql, &[&key.key_id(), &PROJECT, &key.secret_sha256().as_slice()]).await?;
    Ok(key.text())
}

/// A key that sees every project, and a share link to the one there is.
async fn make_reader(database: &TestDatabase) -> Result<(String, String)> {
    let (key, share) = (mint(READER_PREFIX)?, mint(SHARE_PREFIX)?);
    let client = database.client().await;
    let sql =
        "insert into api_keys (key_id, name, secret_sha256, all_projects) values ($1, 'test', $2, true)";
    client.execute(sql, &[&key.key_id(), &key.secret_sha256().as_slice()]).await?;
    let sql = "insert into shares (share_id, name, secret_sha256) values ($1, 'test', $2)";
    client.execute(sql, &[&share.key_id(), &share.secret_sha256().as_slice()]).await?;
    let sql = "insert into share_projects (share_id, project_id) values ($1, $2)";
    client.execute(sql, &[&share.key_id(), &PROJECT]).await?;
    Ok((key.text(), share.text()))
}

fn mint(prefix: &'static str) -> Result<MintedKey> {
    MintedKey::mint(prefix).context("asking the operating system for random bytes")
}
