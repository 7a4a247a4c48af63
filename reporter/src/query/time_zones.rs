//! The time zones that Postgres knows, asked for once a process.

use std::collections::HashSet;

use tokio::sync::OnceCell;

use crate::db::{DatabaseError, Snapshot};
use crate::query::InvalidQuery;

/// The zone of a question that names none.
const DEFAULT_TIME_ZONE: &str = "UTC";

/// Every time zone that can be asked for; empty until the first question.
///
/// Kept for the life of the process: zones added to the server's files are known after a restart, while changed rules
/// of a known zone apply at once, since Postgres does all the computing.
#[derive(Default)]
pub(crate) struct TimeZones(OnceCell<HashSet<String>>);

/// A time zone that Postgres knows by this very name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeZone(String);

impl TimeZone {
    /// The IANA name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its clock is UTC's, always.
    pub(super) fn is_utc(&self) -> bool {
        self.0 == DEFAULT_TIME_ZONE
    }
}

impl TimeZones {
    /// The zone called `name`; UTC where there is none.
    ///
    /// The outer error is the database's, the inner one the client's.
    pub(crate) async fn find(
        &self,
        name: Option<String>,
        snapshot: &Snapshot<'_>,
    ) -> Result<Result<TimeZone, InvalidQuery>, DatabaseError> {
        let Some(name) = name else {
            return Ok(Ok(TimeZone(DEFAULT_TIME_ZONE.to_owned())));
        };
        let names = self.0.get_or_try_init(|| read_names(snapshot)).await?;
        Ok(if names.contains(&name) {
            Ok(TimeZone(name))
        } else {
            Err(InvalidQuery::new("tz", "must be the name of an IANA time zone, as Europe/Berlin"))
        })
    }
}

async fn read_names(snapshot: &Snapshot<'_>) -> Result<HashSet<String>, DatabaseError> {
    let rows = snapshot.rows(include_str!("time_zone_names.sql"), &[]).await?;
    Ok(rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?)
}
