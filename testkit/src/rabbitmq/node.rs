//! One broker's place on the machine: its files, its ports, and the environment its programs need.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::ports;
use crate::programs::RabbitPrograms;

/// The same for every broker: each has a port mapper of its own, and the data is bound to the name.
const NODE_NAME: &str = "footfall@localhost";
/// Share of the machine's memory past which publishers are blocked; other servers live here too.
const MEMORY_SHARE: &str = "0.4";
/// Free disk below which publishers are blocked, in bytes.
const DISK_FREE_BYTES_MIN: u64 = 100_000_000;
/// Size of a quorum queue's write-ahead log, in bytes: what it holds is also in memory, several times over.
const WAL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A broker's place on the machine.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) programs: RabbitPrograms,
    pub(super) dir: PathBuf,
    pub(super) port: u16,
    pub(super) port_mapper_port: u16,
    distribution_port: u16,
}

impl Node {
    /// Chooses ports and writes the files; data already in `dir` stays.
    pub(super) fn prepare(programs: RabbitPrograms, dir: &Path) -> Result<Self> {
        let port_file = dir.join("port");
        // The port of the last start if it is free, so that what people have noted stays true.
        let port = match fs::read_to_string(&port_file).ok().and_then(|text| text.trim().parse().ok()) {
            Some(last) => ports::preferred_port(last)?,
            None => ports::free_port()?,
        };
        fs::write(&port_file, port.to_string())?;
        let (port_mapper_port, distribution_port) = (ports::free_port()?, ports::free_port()?);
        let node = Self { programs, dir: dir.to_owned(), port, port_mapper_port, distribution_port };
        node.write_files().with_context(|| format!("writing the broker's files into {}", dir.display()))?;
        Ok(node)
    }

    /// A command of `RabbitMQ`, as `rabbitmqctl`.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.root.join("usr/lib/rabbitmq/bin").join(program));
        self.set_environment(&mut command);
        command
            .env("HOME", self.dir.join("home"))
            .env("RABBITMQ_NODENAME", NODE_NAME)
            .env("RABBITMQ_MNESIA_BASE", self.dir.join("data"))
            .env("RABBITMQ_LOG_BASE", self.dir.join("log"))
            .env("RABBITMQ_CONFIG_FILE", self.dir.join("rabbitmq.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", self.dir.join("no-rabbitmq-env.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", self.dir.join("enabled_plugins"))
            .env("RABBITMQ_DIST_PORT", self.distribution_port.to_string())
            // The distribution listens on every interface unless told; idle schedulers spin unless told.
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
            )
            // The script then becomes the Erlang machine instead of waiting for it: one process to signal.
            .env("RUNNING_UNDER_SYSTEMD", "true");
        command
    }

    /// Erlang's port mapper, in the foreground.
    pub(super) fn port_mapper_command(&self) -> Command {
        let mut command = Command::new(self.programs.erts_dir.join("bin/epmd"));
        self.set_environment(&mut command);
        command.args(["-address", "127.0.0.1", "-port", &self.port_mapper_port.to_string()]);
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    }

    /// What the broker says before its own log works.
    pub(super) fn console_log(&self) -> PathBuf {
        self.dir.join("log/console.log")
    }

    fn set_environment(&self, command: &mut Command) {
        command
            .env("PATH", self.path())
            .env("ERL_EPMD_PORT", self.port_mapper_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("LC_ALL", "C.UTF-8");
        if let Some(dir) = &self.programs.library_dir {
            command.env("LD_LIBRARY_PATH", dir);
        }
    }

    /// Our `erl` comes first: Debian's has the place of an installed Erlang written into it.
    fn path(&self) -> OsString {
        let mut path = OsString::from(self.dir.join("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }

    fn write_files(&self) -> Result<()> {
        for dir in ["bin", "data", "home", "log"] {
            fs::create_dir_all(self.dir.join(dir))?;
        }
        fs::write(
            self.dir.join("rabbitmq.conf"),
            format!(
                "listeners.tcp.default = 127.0.0.1:{}\n\
                 vm_memory_high_watermark.relative = {MEMORY_SHARE}\n\
                 disk_free_limit.absolute = {DISK_FREE_BYTES_MIN}\n\
                 raft.wal_max_size_bytes = {WAL_BYTES_MAX}\n",
                self.port
            ),
        )?;
        fs::write(self.dir.join("enabled_plugins"), "[].\n")?;
        let erl = self.dir.join("bin/erl");
        fs::write(
            &erl,
            format!(
                "#!/bin/sh\nexport ROOTDIR='{}' BINDIR='{}' EMU=beam PROGNAME=erl\nexec \"$BINDIR/erlexec\" \"$@\"\n",
                self.programs.root.join("usr/lib/erlang").display(),
                self.programs.erts_dir.join("bin").display(),
            ),
        )?;
        fs::set_permissions(&erl, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }
}
