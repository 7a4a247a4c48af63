//! A private Postgres: its own data directory, a loopback port, no socket file, the superuser `footfall`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::Data;
use crate::account::Account;
use crate::eventually::within;
use crate::ports;
use crate::process::{ProcessGroup, end_orphan, log_tail, run_to_end};
use crate::programs::{self, PostgresPrograms};

mod cluster;

/// How long until it takes connections, recovery included, in seconds.
const READY_WAIT_S: u64 = 60;
/// How long an orderly stop may take, in seconds.
const STOP_WAIT_S: u64 = 30;
/// Enough for tests that run side by side, each with pools of its own.
const CONNECTIONS_MAX: u32 = 200;

/// A running Postgres. Dropped, it is killed, and a temporary one is removed.
#[derive(Debug)]
pub struct PostgresServer {
    process: ProcessGroup,
    programs: PostgresPrograms,
    account: Account,
    data: Data,
    data_dir: PathBuf,
    log: PathBuf,
    port: u16,
    _temporary: Option<TempDir>,
}

impl PostgresServer {
    /// Starts a server with its data under `dir`, which is made where missing and reused where not.
    ///
    /// A server of an earlier run that is still there is stopped first. As root, a `dir` that the unprivileged account
    /// can't reach is replaced by one under `/var/tmp`.
    ///
    /// # Errors
    /// When Postgres can't be had, or does not start: with the end of its log.
    pub async fn start(dir: &Path) -> Result<Self> {
        Self::start_with(dir, Data::Kept).await
    }

    /// As [`PostgresServer::start`], with the data kept or disposable.
    ///
    /// # Errors
    /// As [`PostgresServer::start`].
    pub async fn start_with(dir: &Path, data: Data) -> Result<Self> {
        let programs = programs::postgres().await?;
        let account = Account::for_postgres()?;
        let dir = account.reachable(&std::path::absolute(dir)?);
        fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
        account.own(&dir)?;
        let data_dir = dir.join("data");
        end_orphan(&data_dir.join("postmaster.pid"), &data_dir.to_string_lossy(), Signal::SIGINT).await;
        if data == Data::Disposable && data_dir.exists() {
            fs::remove_dir_all(&data_dir).with_context(|| format!("removing {}", data_dir.display()))?;
        }
        cluster::make(&programs, account, &data_dir).await?;

        let port = port_for(&dir)?;
        let log = dir.join("postgres.log");
        let process = launch(&programs, account, data, &data_dir, &log, port)?;
        let mut server = Self { process, programs, account, data, data_dir, log, port, _temporary: None };
        server.until_ready().await?;
        Ok(server)
    }

    /// Starts a server in a temporary directory, for one test.
    ///
    /// # Errors
    /// As [`PostgresServer::start`].
    pub async fn start_temporary() -> Result<Self> {
        let temporary = temporary_dir()?;
        let mut server = Self::start(temporary.path()).await?;
        server._temporary = Some(temporary);
        Ok(server)
    }

    /// Starts a standby in a temporary directory: it follows this server and answers readers.
    ///
    /// # Errors
    /// When `pg_basebackup` is not beside the server's programs, or fails; as [`PostgresServer::start`].
    pub async fn start_standby(&self) -> Result<Self> {
        let temporary = temporary_dir()?;
        self.account.own(temporary.path())?;
        let mut backup = self.programs.command("pg_basebackup");
        backup.args([
            "--host=127.0.0.1",
            "--username=footfall",
            "--write-recovery-conf",
            "--checkpoint=fast",
        ]);
        backup.arg(format!("--port={}", self.port)).arg("--pgdata").arg(temporary.path().join("data"));
        self.account.run(&mut backup);
        run_to_end(&mut backup).await.context("copying the primary")?;
        let mut server = Self::start(temporary.path()).await?;
        server._temporary = Some(temporary);
        Ok(server)
    }

    /// The maintenance database, as the superuser.
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// The database `name`, as the superuser.
    pub fn database_url(&self, name: &str) -> String {
        format!("postgres://footfall@127.0.0.1:{}/{name}", self.port)
    }

    /// The loopback port, the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process; its backends are children of it.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What the server says of itself, all starts one after the other.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// As in `15.14`.
    pub fn version(&self) -> &str {
        &self.programs.version
    }

    /// Stops in order: open transactions are rolled back, everything is written out.
    pub async fn stop(&mut self) {
        self.end_by(Signal::SIGINT).await;
    }

    /// Stops at once, as after a crash: the next start recovers from the log.
    pub async fn stop_immediate(&mut self) {
        self.end_by(Signal::SIGQUIT).await;
    }

    /// SIGKILL to the server and all its backends.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again, on the same port and the same data; stops it first if it runs.
    ///
    /// # Errors
    /// When it does not start: with the end of its log.
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await;
        self.process = launch(&self.programs, self.account, self.data, &self.data_dir, &self.log, self.port)?;
        self.until_ready().await
    }

    async fn end_by(&mut self, signal: Signal) {
        self.process.signal(signal);
        let _status = self.process.wait(Duration::from_secs(STOP_WAIT_S)).await;
    }

    async fn until_ready(&mut self) -> Result<()> {
        let url = self.url();
        let process = &mut self.process;
        let outcome = within(Duration::from_secs(READY_WAIT_S), async || {
            if let Some(status) = process.ended() {
                return Some(Err(status));
            }
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.ok()?;
            drop(client);
            let _closed = connection.await;
            Some(Ok(()))
        });
        match outcome.await {
            Some(Ok(())) => Ok(()),
            Some(Err(status)) => bail!("Postgres ended with {status}; {}", log_tail(&self.log)),
            None => bail!("Postgres is not ready after {READY_WAIT_S} s; {}", log_tail(&self.log)),
        }
    }
}

/// A directory that goes with its value, and that the server's account may enter.
fn temporary_dir() -> Result<TempDir> {
    let dir = tempfile::Builder::new().prefix("footfall-postgres-").tempdir_in("/var/tmp")?;
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
    Ok(dir)
}

fn launch(
    programs: &PostgresPrograms,
    account: Account,
    data: Data,
    data_dir: &Path,
    log: &Path,
    port: u16,
) -> Result<ProcessGroup> {
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        format!("max_connections={CONNECTIONS_MAX}"),
    ];
    if data == Data::Disposable {
        settings.push("fsync=off".to_owned());
    }
    let output = fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = programs.command("postgres");
    command.arg("-D").arg(data_dir).arg("-p").arg(port.to_string());
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command.stdin(std::process::Stdio::null()).stdout(output.try_clone()?).stderr(output);
    account.run(&mut command);
    ProcessGroup::spawn(&mut command)
}

/// The port of the last start if it is free, so that what people have noted stays true.
fn port_for(dir: &Path) -> Result<u16> {
    let file = dir.join("port");
    let last = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    let port = match last {
        Some(port) => ports::preferred_port(port)?,
        None => ports::free_port()?,
    };
    fs::write(&file, port.to_string())?;
    Ok(port)
}
