//! `cargo xtask schemathesis`: generated requests against a real collector, held against its own `OpenAPI` document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use shared::secret_key::{INGEST_PREFIX, MintedKey};
use testkit::{Data, Service, TestBroker, TestDatabase, eventually};
use tokio::process::Command;

use crate::provision::Servers;
use crate::steps::{note, step};
use crate::workspace::Workspace;

/// The tool, as pip knows it.
const TOOL: &str = "schemathesis==4.32.5";
/// How long the collector may take until it accepts.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Longest wait for one answer, in seconds: no request may hang.
const ANSWER_LIMIT_S: u64 = 10;
/// The project that requests are for.
const PROJECT: &str = "alpha";

/// What `cargo xtask schemathesis` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Requests for each operation and phase, about; twice as many in all, without and with a key.
    #[arg(long, default_value_t = 100)]
    examples: u32,
    /// The seed of what is generated.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Provides servers, starts a collector, and fails when an answer is a 5xx or not as documented.
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
    let built = workspace.cargo().args(["build", "--package", "collector"]).status().await;
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

/// Whether the collector keeps its word, without a key and with one.
async fn ask(workspace: &Workspace, servers: &Servers, tool: &Path, arguments: &Arguments) -> Result<bool> {
    let database = TestDatabase::on(&servers.database_url).await;
    let key = make_project(&database).await?;
    let broker = TestBroker::on(&servers.amqp_url);
    let settings = [
        ("AMQP_URL", broker.url()),
        ("FOOTFALL_QUEUE_PREFIX", broker.prefix()),
        ("DATABASE_URL", &database.url()),
        ("FOOTFALL_PUBLIC_ADDR", "127.0.0.1:0"),
        ("FOOTFALL_OPS_ADDR", "127.0.0.1:0"),
        // A busy machine is no slow queue, and all of this comes from one address for one project.
        ("FOOTFALL_ANSWER_LIMIT_MS", "10000"),
        ("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0"),
        ("FOOTFALL_PROJECT_EVENTS_PER_S", "0"),
    ];
    let collector = Service::spawn_from(&workspace.target.join("debug"), "collector", &settings).await;
    eventually("the collector accepts", READY_LIMIT, async || {
        let shown = metrics(&collector).await.ok()?;
        let is_ready = !shown.contains("footfall_collector_accepting_workers 0")
            && shown.contains("footfall_collector_projects_loaded 1");
        is_ready.then_some(())
    })
    .await;

    let folder = workspace.root.join("xtask/schemathesis");
    // It leaves its notes where it is started.
    let notes = workspace.footfall.join("schemathesis");
    fs::create_dir_all(&notes).with_context(|| format!("making {}", notes.display()))?;
    let mut is_sound = true;
    for (who, header) in
        [("a page", None), ("a server with a key", Some(format!("Authorization: Bearer {key}")))]
    {
        note(&format!("asking as {who}"));
        let mut command = Command::new(tool);
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
            .args(["--max-examples", &arguments.examples.to_string(), "--seed", &arguments.seed.to_string()])
            .args(header.iter().flat_map(|header| ["--header", header]))
            .arg(format!("{}/openapi.json", collector.public_url()));
        is_sound &= command.kill_on_drop(true).status().await.context("starting schemathesis")?.success();
    }
    show_fates(&metrics(&collector).await?)?;
    Ok(is_sound)
}

async fn metrics(collector: &Service) -> Result<String> {
    Ok(reqwest::get(format!("{}/metrics", collector.ops_url())).await?.text().await?)
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

/// The project that requests are for, and a secret key of it.
async fn make_project(database: &TestDatabase) -> Result<String> {
    let key = MintedKey::mint(INGEST_PREFIX).context("asking the operating system for random bytes")?;
    let client = database.client().await;
    client.execute("insert into projects (project_id, name) values ($1, $1)", &[&PROJECT]).await?;
    let sql = "insert into ingest_keys (key_id, project_id, name, secret_sha256) values ($1, $2, 'test', $3)";
    client.execute(sql, &[&key.key_id(), &PROJECT, &key.secret_sha256().as_slice()]).await?;
    Ok(key.text())
}
