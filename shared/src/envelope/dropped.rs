//! What a rule dropped of an envelope: a number and a reason.

use serde::{Deserialize, Serialize};

/// How many events of an envelope one rule dropped. One reason an envelope: the first rule that applies takes them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Which rule it was.
    pub reason: DropReason,
    /// How many events, at most 65,535: a message that claims more is not read.
    pub events: u16,
}

/// The rules that may drop events: the values of the column `daily_dropped_stats.reason`.
///
/// A reason that a reader does not know makes its message unreadable, so writers deploy before collectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The browser sent `Sec-GPC: 1`, and the project honours it.
    Gpc,
    /// The browser sent `DNT: 1`, and the project honours it.
    Dnt,
    /// The user agent is a crawler's, or there was none.
    Bot,
    /// A program drove the browser.
    Automation,
    /// The browser fetched the page ahead of a visit.
    Prefetch,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Gpc, Self::Dnt, Self::Bot, Self::Automation, Self::Prefetch];
    /// Those that a collector drops for; the writer, which has the list of crawlers, drops for the others.
    pub const OF_COLLECTOR: [Self; 2] = [Self::Gpc, Self::Dnt];

    /// The name in messages, in the database, in metrics and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gpc => "gpc",
            Self::Dnt => "dnt",
            Self::Bot => "bot",
            Self::Automation => "automation",
            Self::Prefetch => "prefetch",
        }
    }
}
