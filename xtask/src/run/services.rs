//! The three services as children, each with its log in a file.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::Signal;
use testkit::ports::preferred_port;
use testkit::process::{ProcessGroup, end_orphan, log_tail};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::provision::Servers;
use crate::steps::{note, step};
use crate::workspace::Workspace;

/// How long a service may take until it is ready, in seconds.
const READY_WAIT_S: u64 = 60;
/// How long a service may take to drain, in seconds.
const DRAIN_WAIT_S: u64 = 30;
/// Pause between two looks at a service, in milliseconds.
const POLL_MS: u64 = 100;
/// Where each service prefers to listen: name, public port, operations port.
const PREFERRED: [(&str, Option<u16>, u16); 3] =
    [("collector", Some(8080), 9080), ("writer", None, 9082), ("reporter", Some(8083), 9083)];

/// The database as a service sees it: with its own role's rights and no others.
fn database_url(service: &str, database_url: &str) -> String {
    let role = match service {
        "collector" => "footfall_collect",
        "writer" => "footfall_write",
        _ => "footfall_read",
    };
    let join = if database_url.contains('?') { '&' } else { '?' };
    format!("{database_url}{join}options=-c%20role%3D{role}")
}

/// Builds the services as they are deployed, with cargo's own progress.
///
/// # Errors
/// When they do not build.
pub(super) async fn build(workspace: &Workspace) -> Result<()> {
    note("building the services in release mode");
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release"]);
    for (name, ..) in PREFERRED {
        cargo.args(["--package", name]);
    }
    let status = cargo.status().await.context("starting cargo")?;
    if !status.success() {
        bail!("the services do not build");
    }
    Ok(())
}

/// The running services, in the order an event meets them.
pub(super) struct Services(Vec<Service>);

struct Service {
    name: &'static str,
    process: Mutex<ProcessGroup>,
    public_port: Option<u16>,
    ops_port: u16,
    log: PathBuf,
}

impl Services {
    /// Starts all three, and waits until each is ready.
    ///
    /// # Errors
    /// When one ends, or is not ready in time: with the end of its log.
    pub(super) async fn start(workspace: &Workspace, servers: &Servers, geo_files: &str) -> Result<Self> {
        let logs = workspace.footfall.join("logs");
        fs::create_dir_all(&logs)?;
        let mut services = Vec::new();
        for (name, public_port, ops_port) in PREFERRED {
            let program = workspace.target.join("release").join(name);
            let pid_file = logs.join(format!("{name}.pid"));
            // One that outlived a killed run would hold the ports, and consume beside the new one.
            end_orphan(&pid_file, &program.to_string_lossy(), Signal::SIGTERM).await;
            let public_port = public_port.map(preferred_port).transpose()?;
            let ops_port = preferred_port(ops_port)?;
            let log = logs.join(format!("{name}.log"));
            let output = fs::File::create(&log).with_context(|| format!("making {}", log.display()))?;
            let mut command = Command::new(&program);
            command
                .env("DATABASE_URL", database_url(name, &servers.database_url))
                .env("AMQP_URL", &servers.amqp_url)
                .env("FOOTFALL_OPS_ADDR", format!("127.0.0.1:{ops_port}"))
                // The demo's and replay's addresses come from this machine, in X-Forwarded-For.
                .env("FOOTFALL_TRUSTED_PROXIES", "127.0.0.0/8")
                // All of a developer's traffic comes from this machine, as fast as it can send.
                .env("FOOTFALL_ADDRESS_REQUESTS_PER_S", "0")
                .env("FOOTFALL_PROJECT_EVENTS_PER_S", "0")
                .env("FOOTFALL_GEO_FILES", geo_files)
                .stdin(Stdio::null())
                .stdout(output.try_clone()?)
                .stderr(output);
            match public_port {
                Some(port) => command.env("FOOTFALL_PUBLIC_ADDR", format!("127.0.0.1:{port}")),
                None => command.env_remove("FOOTFALL_PUBLIC_ADDR"),
            };
            let process = ProcessGroup::spawn(&mut command)?;
            fs::write(&pid_file, process.pid().to_string())?;
            let process = Mutex::new(process);
            services.push(Service { name, process, public_port, ops_port, log });
        }
        let http = reqwest::Client::new();
        for service in &services {
            let doing = format!("starting the {}", service.name);
            step(&doing, service.until_ready(&http), |()| {
                format!("{} ready, its log is {}", service.name, service.log.display())
            })
            .await?;
        }
        Ok(Self(services))
    }

    pub(super) fn collector_url(&self) -> String {
        self.public_url("collector")
    }

    pub(super) fn reporter_url(&self) -> String {
        self.public_url("reporter")
    }

    pub(super) fn ops_url(&self, name: &str) -> String {
        let port = self.named(name).map_or(0, |service| service.ops_port);
        format!("http://127.0.0.1:{port}")
    }

    /// Waits until a service ends that nobody asked to; answers with the end of its log.
    pub(super) async fn first_death(&self) -> anyhow::Error {
        loop {
            if let Some(problem) = self.0.iter().find_map(Service::death) {
                return problem;
            }
            sleep(Duration::from_millis(POLL_MS)).await;
        }
    }

    /// SIGTERM to each, in the order of the path. What the writer has not stored yet waits in the queue for the next run.
    pub(super) async fn stop(self) {
        for service in self.0 {
            if let Ok(mut process) = service.process.into_inner() {
                process.signal(Signal::SIGTERM);
                if process.wait(Duration::from_secs(DRAIN_WAIT_S)).await.is_none() {
                    note(&format!("the {} did not end within {DRAIN_WAIT_S} s and was killed", service.name));
                }
            }
        }
    }

    fn public_url(&self, name: &str) -> String {
        let port = self.named(name).and_then(|service| service.public_port).unwrap_or(0);
        format!("http://127.0.0.1:{port}")
    }

    fn named(&self, name: &str) -> Option<&Service> {
        self.0.iter().find(|service| service.name == name)
    }
}

impl Service {
    async fn until_ready(&self, http: &reqwest::Client) -> Result<()> {
        let url = format!("http://127.0.0.1:{}/readyz", self.ops_port);
        let deadline = Instant::now() + Duration::from_secs(READY_WAIT_S);
        while Instant::now() < deadline {
            if let Some(problem) = self.death() {
                return Err(problem);
            }
            if http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(POLL_MS)).await;
        }
        bail!("the {} is not ready after {READY_WAIT_S} s; {}", self.name, log_tail(&self.log))
    }

    fn death(&self) -> Option<anyhow::Error> {
        let status = self.process.lock().ok()?.ended()?;
        Some(anyhow!("the {} ended with {status}; {}", self.name, log_tail(&self.log)))
    }
}
