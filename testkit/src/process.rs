//! Children that are ended as a whole, and remains of earlier runs.

use std::fs;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::eventually::within;

/// How long an orphan of an earlier run may take to end before it is killed, in seconds.
const ORPHAN_WAIT_S: u64 = 20;
/// How long the kernel may take to remove what was killed, in seconds.
const KILLED_WAIT_S: u64 = 10;
/// Last lines of a server's log shown when it fails.
const LOG_LINES_SHOWN: usize = 30;

/// A child process in a process group of its own: a signal from the terminal does not reach it, and its own children
/// end with it. Dropped, it is killed.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    leader: Pid,
    ended: bool,
}

impl ProcessGroup {
    /// Starts `command`.
    ///
    /// # Errors
    /// When the program can't be started.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", command.as_std().get_program().display()))?;
        let id = child.id().context("the child ended before it was looked at")?;
        Ok(Self { child, leader: Pid::from_raw(i32::try_from(id)?), ended: false })
    }

    /// The leader's number.
    pub fn pid(&self) -> u32 {
        self.leader.as_raw().unsigned_abs()
    }

    /// The leader itself, for its pipes.
    pub fn child_mut(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Signals the leader alone, which is how programs are asked to end. A child that has ended is left alone.
    pub fn signal(&self, signal: Signal) {
        if self.child.id().is_some() {
            let _gone_already = kill(self.leader, signal);
        }
    }

    /// Signals the whole group, as SIGSTOP must. A child that has ended is left alone.
    pub fn signal_group(&self, signal: Signal) {
        if self.child.id().is_some() {
            let _gone_already = killpg(self.leader, signal);
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for the end; past `limit` the whole group is killed and the answer is `None`.
    pub async fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let status = tokio::time::timeout(limit, self.child.wait()).await.ok().and_then(Result::ok);
        self.kill().await;
        status
    }

    /// SIGKILL to the whole tree, and waits until all of it is gone.
    pub async fn kill(&mut self) {
        let killed = self.kill_tree();
        let _status = self.child.wait().await;
        let gone = async || killed.iter().all(|pid| !is_running(*pid)).then_some(());
        within(Duration::from_secs(KILLED_WAIT_S), gone).await;
    }

    /// Kills the group and, since Postgres gives each backend a group of its own, every descendant; answers whom.
    ///
    /// A group outlives its leader where members are left, and its number is not given away before the last is gone.
    fn kill_tree(&mut self) -> Vec<Pid> {
        if self.ended {
            return Vec::new();
        }
        self.ended = true;
        // The leader first: it would answer the death of a child in its own way.
        let descendants = if self.child.id().is_some() { descendants(self.leader) } else { Vec::new() };
        let _gone_already = killpg(self.leader, Signal::SIGKILL);
        for pid in &descendants {
            let _gone_already = kill(*pid, Signal::SIGKILL);
        }
        descendants
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill_tree();
    }
}

/// Ends the process named by the first line of `pid_file`: first with `signal`, then with SIGKILL to its group.
///
/// Only if it still runs and `mark` occurs in its command line: its number may have gone to a stranger.
pub async fn end_orphan(pid_file: &Path, mark: &str, signal: Signal) {
    let Some(pid) = pid_in(pid_file) else { return };
    if !is_ours(pid, mark) {
        return;
    }
    let _gone_already = kill(pid, signal);
    let gone = async || (!is_ours(pid, mark)).then_some(());
    if within(Duration::from_secs(ORPHAN_WAIT_S), gone).await.is_none() {
        let _gone_already = killpg(pid, Signal::SIGKILL);
        within(Duration::from_secs(ORPHAN_WAIT_S), gone).await;
    }
}

fn pid_in(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
}

/// Everything that descends from `root`, as `/proc` shows it at this moment.
fn descendants(root: Pid) -> Vec<Pid> {
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes: Vec<(Pid, Pid)> = numbers
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter_map(|pid| Some((pid, status_of(pid)?.1)))
        .collect();
    let mut found = vec![root];
    let mut looked_at = 0;
    while let Some(&parent) = found.get(looked_at) {
        found.extend(processes.iter().filter(|(_, its_parent)| *its_parent == parent).map(|(pid, _)| *pid));
        looked_at += 1;
    }
    found.split_off(1)
}

/// A zombie does not run: it only waits for its parent to take notice.
fn is_running(pid: Pid) -> bool {
    status_of(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// State and parent of a process. Its name may hold anything, but ends at the last parenthesis.
fn status_of(pid: Pid) -> Option<(char, Pid)> {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = status.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, Pid::from_raw(fields.next()?.parse().ok()?)))
}

fn is_ours(pid: Pid, mark: &str) -> bool {
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command_line).contains(mark)
}

/// The end of a log, for error messages.
pub fn log_tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LOG_LINES_SHOWN);
    format!("last lines of {}:\n{}", log.display(), lines[first..].join("\n"))
}

/// Runs a command to its end; its output, or an error that holds it.
///
/// # Errors
/// When the program can't be started, or ends with a failure.
pub async fn run_to_end(command: &mut Command) -> Result<String> {
    let program = command.as_std().get_program().display().to_string();
    let output = command.kill_on_drop(true).output().await.with_context(|| format!("starting {program}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        anyhow::bail!("{program} ended with {}: {}{}", output.status, said.trim(), complaint.trim());
    }
    Ok(said)
}
