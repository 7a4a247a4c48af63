//! What a transaction did, and why something is in quarantine.

use shared::envelope::DropReason;

/// Why something accepted is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuarantineReason {
    /// There is no such project.
    UnknownProject,
    /// The message could not be read.
    Undecodable,
    /// Postgres refused the row.
    Refused,
    /// Another envelope with this id, and other events, was there first.
    IdReuse,
    /// It was received longer ago than the ledger remembers: it may have been stored before.
    TooOld,
}

impl QuarantineReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::UnknownProject, Self::Undecodable, Self::Refused, Self::IdReuse, Self::TooOld];

    /// The name in the table and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownProject => "unknown_project",
            Self::Undecodable => "undecodable",
            Self::Refused => "refused",
            Self::IdReuse => "id_reuse",
            Self::TooOld => "too_old",
        }
    }
}

/// What a committed transaction did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Rows in `analytics_impressions`.
    pub impressions: u64,
    /// Rows in `analytics_events`.
    pub interactions: u64,
    /// Envelopes that were stored before.
    pub duplicate_envelopes: u64,
    /// Entries in quarantine, new ones only.
    pub quarantined: Vec<(QuarantineReason, u64)>,
    /// Events that rules dropped, of new envelopes only.
    pub dropped: Vec<(DropReason, u64)>,
}

impl Receipt {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.impressions += other.impressions;
        self.interactions += other.interactions;
        self.duplicate_envelopes += other.duplicate_envelopes;
        self.quarantined.extend(other.quarantined);
        self.dropped.extend(other.dropped);
        self
    }
}
