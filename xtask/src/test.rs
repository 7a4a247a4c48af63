//! `cargo xtask test`: every test of the workspace, with real servers.

use std::process::{ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use shared::shutdown;
use testkit::Data;
use testkit::process::ProcessGroup;
use testkit::programs::programs_dir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::ChildStdout;

use crate::provision::Servers;
use crate::steps::step;
use crate::workspace::Workspace;

/// What a shell reports for a program ended by SIGINT.
const EXIT_INTERRUPTED: u8 = 130;

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `cargo test`, as in `cargo xtask test -- -p e2e restart`; every package where none is named.
    #[arg(last = true)]
    cargo_arguments: Vec<String>,
}

/// Provides servers, builds, tests, and answers with cargo's exit code.
///
/// # Errors
/// When there are no servers, nothing builds, or no test ran.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let _only_one = workspace.lock("test")?;
    let interrupted = shutdown::on_signal()?;
    let outcome = tokio::select! {
        outcome = with_servers(&workspace, arguments) => outcome,
        () = interrupted.cancelled() => {
            println!("interrupted");
            Ok(ExitCode::from(EXIT_INTERRUPTED))
        }
    };
    outcome
}

async fn with_servers(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let servers = Servers::provide(&workspace.footfall.join("test"), Data::Disposable).await?;
    let outcome = build_and_test(workspace, &servers, arguments).await;
    step("stopping the servers", servers.stop(), |()| "servers stopped".to_owned()).await?;
    let Some((status, counts)) = outcome? else { return Ok(ExitCode::FAILURE) };
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if status.success() && counts.passed == 0 {
        bail!("no test ran: look at the arguments after `--`");
    }
    Ok(exit_code(status))
}

/// Cargo's status and the tests' counts; `None` where a binary does not build, which cargo has explained.
async fn build_and_test(
    workspace: &Workspace,
    servers: &Servers,
    arguments: &Arguments,
) -> Result<Option<(ExitStatus, Counts)>> {
    // `cargo test` builds the binaries of the packages it tests, but not those that e2e starts from others.
    let built = workspace
        .cargo()
        .args(["build", "--workspace", "--bins"])
        .status()
        .await
        .context("starting cargo")?;
    if !built.success() {
        return Ok(None);
    }
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--no-fail-fast"]);
    // Cargo takes `--workspace` for all packages, whatever `-p` says.
    if !arguments
        .cargo_arguments
        .iter()
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
    {
        cargo.arg("--workspace");
    }
    cargo
        .args(&arguments.cargo_arguments)
        .env("FOOTFALL_TEST_DATABASE_URL", &servers.database_url)
        .env("FOOTFALL_TEST_AMQP_URL", &servers.amqp_url)
        .env("FOOTFALL_PROGRAMS_DIR", programs_dir()?)
        .stdout(Stdio::piped());
    // Of its own group, so that an interrupt ends the tests and what they have started, and then the servers.
    let mut group = ProcessGroup::spawn(&mut cargo)?;
    let output = group.child_mut().stdout.take().context("cargo's output is piped")?;
    let counts = stream(output).await?;
    let status = group.child_mut().wait().await?;
    Ok(Some((status, counts)))
}

/// Shows cargo's output as it comes, and adds up its results.
async fn stream(output: ChildStdout) -> Result<Counts> {
    let mut lines = BufReader::new(output).lines();
    let mut counts = Counts::default();
    while let Some(line) = lines.next_line().await? {
        counts.add(&line);
        println!("{line}");
    }
    Ok(counts)
}

/// Tests of all binaries together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    /// Adds `test result: ok. 5 passed; 0 failed; …`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let words: Vec<&str> = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
        let before = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
        };
        self.passed += before("passed").unwrap_or(0);
        self.failed += before("failed").unwrap_or(0);
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_binaries_are_added_up() {
        let mut counts = Counts::default();
        counts.add("running 8 tests");
        counts.add(
            "test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.33s",
        );
        counts.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(counts, Counts { passed: 11, failed: 2 });
    }
}
