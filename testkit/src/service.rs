//! A Footfall binary as a child process of a test.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::process::Command;

use crate::eventually::within;
use crate::process::ProcessGroup;

mod log;

use log::{Addresses, Log};

/// How long a service may take to drain, in seconds.
const DRAIN_WAIT_S: u64 = 30;
/// What a service inherits; all else it must be given, so that a test means the same everywhere.
const INHERITED: [&str; 4] = ["PATH", "HOME", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// A running service. Dropped, it is killed.
#[derive(Debug)]
pub struct Service {
    name: String,
    process: ProcessGroup,
    addresses: Addresses,
    log: Log,
}

impl Service {
    /// Starts the binary `name` that cargo built beside the running test, and waits until it listens.
    ///
    /// Of the test's environment it gets nothing but `PATH` and the like; `environment` holds its settings, among them
    /// listening addresses with port 0.
    ///
    /// # Panics
    /// When it does not listen within 30 seconds: with its last log lines.
    pub async fn spawn(name: &str, environment: &[(&str, &str)]) -> Self {
        let exe = std::env::current_exe().expect("a test knows its own path");
        let dir = exe.ancestors().skip(1).find(|dir| dir.join(name).is_file());
        let dir = dir.unwrap_or_else(|| {
            panic!("{name} is not built: `cargo build --bin {name}`, or run `cargo xtask test`")
        });
        Self::spawn_from(dir, name, environment).await
    }

    /// As [`Service::spawn`], with the binary from `dir`.
    ///
    /// # Panics
    /// As [`Service::spawn`].
    pub async fn spawn_from(dir: &Path, name: &str, environment: &[(&str, &str)]) -> Self {
        let program: PathBuf = dir.join(name);
        let mut command = Command::new(&program);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for variable in INHERITED {
            if let Some(value) = std::env::var_os(variable) {
                command.env(variable, value);
            }
        }
        command.envs(environment.iter().copied());
        let mut process = ProcessGroup::spawn(&mut command).unwrap_or_else(|problem| panic!("{problem:#}"));

        let log = Log::default();
        let child = process.child_mut();
        log.read(child.stdout.take());
        log.read(child.stderr.take());
        let addresses = log.until_listening(name, &mut process).await;
        Self { name: name.to_owned(), process, addresses, log }
    }

    /// The public listener, as `http://127.0.0.1:4711`.
    ///
    /// # Panics
    /// When the service has none.
    pub fn public_url(&self) -> String {
        let addr = self.addresses.public_addr;
        format!("http://{}", addr.unwrap_or_else(|| panic!("{} has no public listener", self.name)))
    }

    /// The operations listener, as `http://127.0.0.1:4712`.
    ///
    /// # Panics
    /// When the service has none.
    pub fn ops_url(&self) -> String {
        let addr = self.addresses.ops_addr;
        format!("http://{}", addr.unwrap_or_else(|| panic!("{} has no operations listener", self.name)))
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The last 200 lines of its log, oldest first.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Sends `signal`; a service that has ended is left alone.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// SIGKILL, and waits for the end.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Panics
    /// When it takes longer than 30 seconds: with its last log lines.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.process.signal(Signal::SIGTERM);
        let status = self.process.wait(Duration::from_secs(DRAIN_WAIT_S)).await;
        status.unwrap_or_else(|| {
            panic!("{} did not end within {DRAIN_WAIT_S} s; {}", self.name, self.log.shown())
        })
    }

    /// Waits for an end that nobody asked for, at most `limit`; `None` if it lives on.
    pub async fn wait_for_end(&mut self, limit: Duration) -> Option<ExitStatus> {
        within(limit, async || self.process.ended()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service that does what `script` says. Its program stands in the repository: one that a test writes can't be
    /// started while a neighbour test happens to hold it open ("text file busy").
    async fn service(script: &str, settings: &[(&str, &str)]) -> Service {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        Service::spawn_from(&fixtures, "fake", &[settings, &[("SCRIPT", script)]].concat()).await
    }

    const LISTENING: &str =
        r#"echo '{"message":"listening","public_addr":"127.0.0.1:4711","ops_addr":"127.0.0.1:4712"}'"#;

    #[tokio::test]
    async fn it_gets_its_settings_and_says_where_it_listens() {
        let script = format!("echo \"$AMQP_URL\"\n{LISTENING}\nexec sleep 600");
        let mut service = service(&script, &[("AMQP_URL", "amqp://there")]).await;
        assert_eq!(service.public_url(), "http://127.0.0.1:4711");
        assert_eq!(service.ops_url(), "http://127.0.0.1:4712");
        assert_eq!(service.log_lines()[0], "amqp://there");
        service.kill().await;
    }

    #[tokio::test]
    async fn it_is_asked_to_end_before_it_is_waited_for() {
        let mut service = service(&format!("trap 'exit 7' TERM\n{LISTENING}\nsleep 600 & wait"), &[]).await;
        assert_eq!(service.terminate().await.code(), Some(7));
    }

    #[tokio::test]
    #[should_panic(expected = "AMQP_URL is not set")]
    async fn one_that_ends_early_is_shown_with_what_it_said() {
        service("echo 'AMQP_URL is not set' >&2\nexit 1", &[]).await;
    }
}
