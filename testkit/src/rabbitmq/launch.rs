//! Starting a broker's two processes.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::node::Node;
use crate::eventually::within;
use crate::process::ProcessGroup;

/// How long the Erlang port mapper may take to listen, in seconds.
const PORT_MAPPER_WAIT_S: u64 = 10;

/// Starts Erlang's port mapper and waits until it listens.
///
/// By us and first: a mapper that the broker starts by itself would outlive it.
pub(super) async fn start_port_mapper(node: &Node) -> Result<ProcessGroup> {
    let mut process = ProcessGroup::spawn(&mut node.port_mapper_command())?;
    fs::write(node.dir.join("epmd.pid"), process.pid().to_string())?;
    let address = (std::net::Ipv4Addr::LOCALHOST, node.port_mapper_port);
    let listens = within(Duration::from_secs(PORT_MAPPER_WAIT_S), async || match process.ended() {
        Some(status) => Some(Err(status)),
        None => tokio::net::TcpStream::connect(address).await.ok().map(Ok),
    });
    match listens.await {
        Some(Ok(_stream)) => Ok(process),
        Some(Err(status)) => bail!("Erlang's port mapper (epmd) ended with {status}"),
        None => bail!("Erlang's port mapper (epmd) does not listen after {PORT_MAPPER_WAIT_S} s"),
    }
}

/// Starts the broker; it is not ready yet.
pub(super) fn start_broker(node: &Node) -> Result<ProcessGroup> {
    let log: PathBuf = node.console_log();
    let output = fs::File::create(&log).with_context(|| format!("making {}", log.display()))?;
    let mut command = node.command("rabbitmq-server");
    command.stdin(std::process::Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let process = ProcessGroup::spawn(&mut command)?;
    fs::write(node.dir.join("broker.pid"), process.pid().to_string())?;
    Ok(process)
}
