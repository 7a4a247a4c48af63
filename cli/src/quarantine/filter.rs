//! Which entries are meant.

use clap::{Args, ValueEnum};
use shared::ids::ProjectId;
use time::OffsetDateTime;
use writer::store::QuarantineReason;

use crate::values::Moment;

/// Which entries, by what is known of them; all of it must hold.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Why they are there.
    #[arg(long)]
    pub(super) reason: Option<Reason>,
    /// Whose they are.
    #[arg(long, value_name = "ID")]
    pub(super) project: Option<ProjectId>,
    /// Put there at this moment or later, as 2026-11-23T12:00:00Z or 2026-11-23.
    #[arg(long, value_name = "MOMENT")]
    pub(super) since: Option<Moment>,
    /// Put there before this moment.
    #[arg(long, value_name = "MOMENT")]
    pub(super) before: Option<Moment>,
}

/// Which entries, by their ids or by what is known of them.
#[derive(Debug, Args)]
pub(super) struct Chosen {
    /// Entries by their ids, as `footfall quarantine list` shows them.
    pub(super) ids: Vec<i64>,
    #[command(flatten)]
    pub(super) filter: Filter,
}

/// Why an entry is in quarantine.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Reason {
    /// There is no such project.
    UnknownProject,
    /// The message could not be read.
    Undecodable,
    /// Postgres refused the row.
    Refused,
    /// Another envelope with its id was there first.
    IdReuse,
    /// It was received longer ago than the ledger remembers.
    TooOld,
}

impl Reason {
    fn as_str(self) -> &'static str {
        let reason = match self {
            Self::UnknownProject => QuarantineReason::UnknownProject,
            Self::Undecodable => QuarantineReason::Undecodable,
            Self::Refused => QuarantineReason::Refused,
            Self::IdReuse => QuarantineReason::IdReuse,
            Self::TooOld => QuarantineReason::TooOld,
        };
        reason.as_str()
    }
}

/// The filter as the statements' parameters; null: whatever it is.
pub(super) struct Parameters<'a> {
    pub(super) ids: Option<&'a [i64]>,
    pub(super) reason: Option<&'static str>,
    pub(super) project: Option<&'a str>,
    pub(super) since: Option<OffsetDateTime>,
    pub(super) before: Option<OffsetDateTime>,
}

impl Filter {
    pub(super) fn parameters(&self) -> Parameters<'_> {
        Parameters {
            ids: None,
            reason: self.reason.map(Reason::as_str),
            project: self.project.as_ref().map(ProjectId::as_str),
            since: self.since.map(|Moment(at)| at),
            before: self.before.map(|Moment(at)| at),
        }
    }
}

impl Chosen {
    pub(super) fn parameters(&self) -> Parameters<'_> {
        let ids = (!self.ids.is_empty()).then_some(self.ids.as_slice());
        Parameters { ids, ..self.filter.parameters() }
    }
}
