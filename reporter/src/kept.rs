//! What a reporter remembers of what never changes, shared by its workers.

use shared::user_agent::UserAgents;

use crate::query::TimeZones;
use crate::reports::Places;

/// What a reporter remembers of what never changes: no answer depends on it, only how soon it comes.
#[derive(Default)]
pub(crate) struct Kept {
    /// The time zones that can be asked for.
    pub(crate) time_zones: TimeZones,
    /// Places by their number.
    pub(crate) places: Places,
    /// What user agents tell.
    pub(crate) agents: UserAgents,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}
