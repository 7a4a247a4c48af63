//! A private `RabbitMQ`: its own data, ports, Erlang port mapper and cookie, all on loopback.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lapin::{Connection, ConnectionProperties};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::Data;
use crate::eventually::within;
use crate::process::{ProcessGroup, end_orphan, log_tail, run_to_end};
use crate::programs;

mod node;

mod launch;

use launch::{start_broker, start_port_mapper};
use node::Node;

/// How long until it takes connections, in seconds; about five when nothing else runs.
const READY_WAIT_S: u64 = 90;
/// How long one attempt to connect may take, in seconds.
const CONNECT_LIMIT_S: u64 = 5;
/// How long an orderly stop may take, in seconds.
const STOP_WAIT_S: u64 = 30;
/// How long the broker may take to write its directory of queues down, in seconds.
const FLUSH_LIMIT_S: u64 = 15;

/// A running broker. Dropped, it and all that belongs to it is killed, and a temporary one is removed.
#[derive(Debug)]
pub struct RabbitServer {
    // In the order of their end: the broker before the port mapper that it reports to.
    process: ProcessGroup,
    port_mapper: ProcessGroup,
    node: Node,
    _temporary: Option<TempDir>,
}

impl RabbitServer {
    /// Starts a broker with its data under `dir`, which is made where missing and reused where not.
    ///
    /// A broker of an earlier run that is still there is stopped first.
    ///
    /// # Errors
    /// When `RabbitMQ` can't be had, or does not start: with the end of its log.
    pub async fn start(dir: &Path) -> Result<Self> {
        Self::start_with(dir, Data::Kept).await
    }

    /// As [`RabbitServer::start`], with the data kept or disposable.
    ///
    /// # Errors
    /// As [`RabbitServer::start`].
    pub async fn start_with(dir: &Path, data: Data) -> Result<Self> {
        let programs = programs::rabbitmq().await?;
        let dir = std::path::absolute(dir)?;
        fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
        end_orphan(&dir.join("broker.pid"), &dir.to_string_lossy(), Signal::SIGTERM).await;
        end_orphan(&dir.join("epmd.pid"), "epmd", Signal::SIGTERM).await;

        let data_dir = dir.join("data");
        if data == Data::Disposable && data_dir.exists() {
            fs::remove_dir_all(&data_dir).with_context(|| format!("removing {}", data_dir.display()))?;
        }

        let node = Node::prepare(programs, &dir)?;
        let port_mapper = start_port_mapper(&node).await?;
        let process = start_broker(&node)?;
        let mut server = Self { process, port_mapper, node, _temporary: None };
        server.until_ready().await?;
        Ok(server)
    }

    /// Starts a broker in a temporary directory, for one test.
    ///
    /// # Errors
    /// As [`RabbitServer::start`].
    pub async fn start_temporary() -> Result<Self> {
        let temporary = tempfile::Builder::new().prefix("footfall-rabbitmq-").tempdir()?;
        let mut server = Self::start(temporary.path()).await?;
        server._temporary = Some(temporary);
        Ok(server)
    }

    /// The broker's only virtual host, as its administrator.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.node.port)
    }

    /// The loopback port, the same after a restart.
    pub fn port(&self) -> u16 {
        self.node.port
    }

    /// As in `3.10.8`.
    pub fn version(&self) -> &str {
        &self.node.programs.version
    }

    /// The number of the broker's process, for `/proc`.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// SIGSTOP: from now on the broker neither reads nor answers, and its connections stay open.
    ///
    /// It stays so until [`RabbitServer::resume`]; [`RabbitServer::stop`], [`RabbitServer::kill`] and
    /// [`RabbitServer::restart`] resume it first, and dropped it is killed, paused or not.
    pub fn pause(&self) {
        self.process.signal_group(Signal::SIGSTOP);
    }

    /// SIGCONT: the broker goes on where it was; one that is not paused is left alone.
    pub fn resume(&self) {
        self.process.signal_group(Signal::SIGCONT);
    }

    /// Stops in order: connections are closed, everything is written out.
    pub async fn stop(&mut self) {
        self.resume();
        self.process.signal(Signal::SIGTERM);
        let _status = self.process.wait(Duration::from_secs(STOP_WAIT_S)).await;
    }

    /// SIGKILL to the broker, once it has written down which queues it has.
    ///
    /// `RabbitMQ` 3.10 keeps the directory of quorum queues in a dets table that is flushed about three seconds late:
    /// killed within them, it starts a new queue empty and leaderless. Tests kill queues that are younger than any in
    /// production; this flush makes them as old. Messages and confirms are not touched by it.
    ///
    /// # Errors
    /// When the broker runs but does not answer; it is killed all the same.
    pub async fn kill(&mut self) -> Result<()> {
        self.resume();
        let flushed = match self.process.ended() {
            Some(_status) => Ok(()),
            None => self.flush_directory().await,
        };
        self.process.kill().await;
        flushed
    }

    /// Starts it again, on the same port and the same data; stops it first if it runs.
    ///
    /// # Errors
    /// When it does not start: with the end of its log.
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await;
        // The mapper forgets a killed node only when it notices its socket close; a new mapper knows none.
        self.port_mapper.kill().await;
        self.port_mapper = start_port_mapper(&self.node).await?;
        self.process = start_broker(&self.node)?;
        self.until_ready().await
    }

    /// Runs `rabbitmqctl` on this broker; what it printed.
    ///
    /// # Errors
    /// When the command fails: with what it said.
    pub async fn ctl(&self, arguments: &[&str]) -> Result<String> {
        run_to_end(self.node.command("rabbitmqctl").arg("--quiet").args(arguments)).await
    }

    async fn flush_directory(&self) -> Result<()> {
        let flush = self.ctl(&["eval", "[dets:sync(Table) || Table <- dets:all()]."]);
        let flushed = tokio::time::timeout(Duration::from_secs(FLUSH_LIMIT_S), flush).await;
        flushed
            .context("the broker does not answer")?
            .context("flushing the broker's directory of queues")?;
        Ok(())
    }

    async fn until_ready(&mut self) -> Result<()> {
        let url = self.url();
        let process = &mut self.process;
        let outcome = within(Duration::from_secs(READY_WAIT_S), async || {
            if let Some(status) = process.ended() {
                return Some(Err(status));
            }
            let connecting = Connection::connect(&url, ConnectionProperties::default());
            let limit = Duration::from_secs(CONNECT_LIMIT_S);
            let connection = tokio::time::timeout(limit, connecting).await.ok()?.ok()?;
            let _closed = tokio::time::timeout(limit, connection.close(200, "ready".into())).await;
            Some(Ok(()))
        });
        match outcome.await {
            Some(Ok(())) => Ok(()),
            Some(Err(status)) => {
                bail!("RabbitMQ ended with {status}; {}", log_tail(&self.node.console_log()))
            }
            None => {
                bail!("RabbitMQ is not ready after {READY_WAIT_S} s; {}", log_tail(&self.node.console_log()))
            }
        }
    }
}
