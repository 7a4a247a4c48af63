//! How much one network and one project may send: token buckets in tables of bounded size.
//!
//! The limits hold for one collector; several of them each allow as much. A bucket holds [`BURST_S`] seconds' worth, so
//! a page that sends its backlog at once is not taken for a flood.

use governor::clock::{Clock, MonotonicClock};
use shared::event::EVENTS_PER_ENVELOPE_MAX;
use shared::ids::ProjectId;
use shared::network::ClientNetwork;
use shared::rate::Limit;
pub use shared::rate::{BURST_S, KEYS_MAX, Limited};

/// The two limits; one value serves every HTTP worker.
///
/// No full address is kept: the key of an address is its truncated network. A table takes a few megabytes when full.
/// Then keys at rest, whose bucket is full again, are forgotten; while there are none, a new key shares one bucket
/// with all other new keys, and the keys in the table go on as before.
pub struct RateLimits<C: Clock = MonotonicClock> {
    addresses: Option<Limit<ClientNetwork, C>>,
    projects: Option<Limit<ProjectId, C>>,
}

impl RateLimits {
    /// Limits a second: requests of a network, events of a project; 0 turns a limit off.
    pub fn new(address_requests_per_s: u32, project_events_per_s: u32) -> Self {
        Self::with_clock(address_requests_per_s, project_events_per_s, MonotonicClock)
    }
}

impl<C: Clock + Clone> RateLimits<C> {
    /// As [`RateLimits::new`], by a clock of the caller's.
    pub fn with_clock(address_requests_per_s: u32, project_events_per_s: u32, clock: C) -> Self {
        Self {
            addresses: Limit::new(address_requests_per_s, 1, clock.clone()),
            projects: Limit::new(project_events_per_s, EVENTS_PER_ENVELOPE_MAX, clock),
        }
    }

    /// Takes one request from the network's bucket.
    ///
    /// # Errors
    /// [`Limited`] where the bucket is empty.
    pub fn check_address(&self, network: ClientNetwork) -> Result<(), Limited> {
        self.addresses.as_ref().map_or(Ok(()), |limit| limit.check(&network, 1))
    }

    /// Takes `events` from the project's bucket, all or none; none need none.
    ///
    /// A bucket holds at least the largest envelope, so every envelope passes some time, however low the limit.
    ///
    /// # Errors
    /// [`Limited`] where the bucket holds less.
    pub fn check_project(&self, project: &ProjectId, events: u32) -> Result<(), Limited> {
        self.projects.as_ref().map_or(Ok(()), |limit| limit.check(project, events))
    }
}

#[cfg(test)]
mod tests;
