//! What every answer says of the days it counts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::DatabaseError;
use crate::query::{Question, local_date};

/// The period that was answered, with what the client left out filled in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Period)]
pub(crate) struct AnsweredPeriod {
    /// The first local day.
    #[schema(format = Date)]
    from: String,
    /// The last local day, included.
    #[schema(format = Date)]
    to: String,
    /// In which zone they are local.
    tz: String,
}

impl AnsweredPeriod {
    /// That of `question`.
    pub(super) fn of(question: &Question) -> Result<Self, DatabaseError> {
        Ok(Self {
            from: local_date(question.period.from())?,
            to: local_date(question.period.to())?,
            tz: question.time_zone.as_str().to_owned(),
        })
    }
}

/// Which days a report counts that is made of rollups by UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Days {
    /// The local days of the period, to the quarter of an hour.
    Local,
    /// The UTC days of the same dates.
    Utc,
}
