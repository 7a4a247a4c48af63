//! What happens to the writers meanwhile.

use std::time::Duration;

use anyhow::{Error, anyhow};
use fastrand::Rng;
use nix::sys::signal::Signal;
use serde::Serialize;
use tokio::time::sleep;

use super::system::System;

/// Shortest and longest time between two kills, in milliseconds.
const PAUSE_MS: (u64, u64) = (1_000, 15_000);
/// Longest time that a writer is frozen before it is killed, in milliseconds.
const FROZEN_MS_MAX: u64 = 8_000;

/// How often what was done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Kills {
    /// SIGKILL, out of the blue.
    killed: u32,
    /// SIGSTOP, and SIGKILL after a while: it held its locks and its messages meanwhile.
    frozen: u32,
    /// SIGTERM: it drained.
    terminated: u32,
}

impl Kills {
    /// For people.
    pub(super) fn show(&self) {
        let Self { killed, frozen, terminated } = self;
        println!(
            "writers: {killed} times killed, {frozen} times frozen and then killed, {terminated} times terminated"
        );
    }
}

/// Ends one writer after another, and starts another for each; it never ends by itself, but with a problem.
pub(super) async fn kill_at_random(system: &mut System<'_>, random: &mut Rng, kills: &mut Kills) -> Error {
    loop {
        sleep(Duration::from_millis(random.u64(PAUSE_MS.0..=PAUSE_MS.1))).await;
        let chosen = random.usize(0..system.writers.len());
        let writer = &mut system.writers[chosen];
        if let Some(status) = writer.wait_for_end(Duration::ZERO).await {
            return anyhow!("a writer ended by itself with {status}: {}", writer.log_lines().join("\n"));
        }
        match random.u8(0..4) {
            0 => {
                writer.signal(Signal::SIGSTOP);
                sleep(Duration::from_millis(random.u64(0..=FROZEN_MS_MAX))).await;
                writer.kill().await;
                kills.frozen += 1;
            }
            1 => {
                writer.terminate().await;
                kills.terminated += 1;
            }
            _ => {
                writer.kill().await;
                kills.killed += 1;
            }
        }
        system.writers[chosen] = system.new_writer().await;
    }
}
