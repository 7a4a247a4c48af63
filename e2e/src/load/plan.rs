//! What to send, where and how.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Most connections of one client: the system's usual limit of descriptors leaves room for no more.
const CONNECTIONS_MAX: usize = 16_000;
/// Longest run, warm-up included, in seconds: whatever a caller asks, it stops by itself.
const RUN_S_MAX: u64 = 1_800;

/// One run of the load client.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Where `POST /v1/events` is.
    pub addr: SocketAddr,
    /// Connections in all, 1 to 16,000; in an open loop they take turns.
    pub connections: usize,
    /// Threads that share the connections, 1 to 16.
    pub threads: usize,
    /// Events in each request, 1 to 100.
    pub events_per_request: usize,
    /// Requests a second, for an open loop; absent for a closed one.
    pub rate_per_s: Option<u32>,
    /// Sent before anything is measured, in milliseconds.
    pub warm_up_ms: u64,
    /// Measured, in milliseconds.
    pub measured_ms: u64,
    /// A file to which the ids of all envelopes are added that were answered 202, warm-up included: 16 bytes each.
    pub accepted_ids: Option<PathBuf>,
}

impl Plan {
    /// The plan if all of it lies within bounds.
    ///
    /// # Errors
    /// With the first field that does not.
    pub fn checked(self) -> Result<Self> {
        ensure!((1..=CONNECTIONS_MAX).contains(&self.connections), "connections: 1 to {CONNECTIONS_MAX}");
        ensure!((1..=16).contains(&self.threads), "threads: 1 to 16");
        ensure!((1..=100).contains(&self.events_per_request), "events_per_request: 1 to 100");
        ensure!(self.rate_per_s.is_none_or(|rate| rate > 0), "rate_per_s: at least 1");
        let run_ms = self.warm_up_ms.saturating_add(self.measured_ms);
        ensure!(self.measured_ms > 0 && run_ms <= RUN_S_MAX * 1_000, "a run takes at most {RUN_S_MAX} s");
        Ok(self)
    }

    pub(super) fn warm_up(&self) -> Duration {
        Duration::from_millis(self.warm_up_ms)
    }

    pub(super) fn measured(&self) -> Duration {
        Duration::from_millis(self.measured_ms)
    }
}
