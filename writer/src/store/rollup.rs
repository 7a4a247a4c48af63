//! Adds a batch up, and adds it to the rollups, in the transaction that stores its rows.

use std::collections::BTreeMap;

use shared::envelope::{DropReason, Dropped};
use time::{Date, OffsetDateTime, UtcOffset};
use tokio_postgres::Transaction;

use super::StoreError;
use super::claim::{Claim, Claimed};
use crate::row::Table;

/// The finer grain, in seconds: every time zone's days begin on a quarter of an hour.
const QUARTER_HOUR_S: i64 = 900;

/// Impressions and interactions of one key.
#[derive(Default, Clone, Copy)]
struct Counts {
    impressions: i64,
    interactions: i64,
}

impl Counts {
    fn add(&mut self, table: Table) {
        match table {
            Table::Impressions => self.impressions += 1,
            Table::Interactions => self.interactions += 1,
        }
    }
}

/// Adds the claimed rows to both rollups.
pub(super) async fn add(transaction: &Transaction<'_>, claimed: &Claimed<'_>) -> Result<(), StoreError> {
    let mut quarters: BTreeMap<(&str, OffsetDateTime), Counts> = BTreeMap::new();
    let mut days: BTreeMap<(&str, Date), Counts> = BTreeMap::new();
    for (.., row) in &claimed.rows {
        let at = row.created_at.to_offset(UtcOffset::UTC);
        quarters.entry((row.project_id(), quarter_hour(at))).or_default().add(row.table());
        days.entry((row.project_id(), at.date())).or_default().add(row.table());
    }
    if claimed.rows.is_empty() {
        return Ok(());
    }
    let (projects, starts, impressions, interactions) = columns(quarters);
    let sql = include_str!("sql/add_quarter_hours.sql");
    transaction.execute(sql, &[&projects, &starts, &impressions, &interactions]).await?;

    let (projects, dates, impressions, interactions) = columns(days);
    let sql = include_str!("sql/add_days.sql");
    transaction.execute(sql, &[&projects, &dates, &impressions, &interactions]).await?;
    Ok(())
}

/// Adds what rules dropped of the claimed envelopes to their days of receipt; answers how many events, by reason.
///
/// A project that does not exist has its drops counted, too: a count can't be put in quarantine.
pub(super) async fn add_dropped(
    transaction: &Transaction<'_>,
    claimed: &Claimed<'_>,
) -> Result<Vec<(DropReason, u64)>, StoreError> {
    let mut days: BTreeMap<(&str, Date, &str), i64> = BTreeMap::new();
    let mut by_reason: BTreeMap<DropReason, u64> = BTreeMap::new();
    let new = claimed.envelopes.iter().zip(&claimed.claims).filter(|(_, claim)| **claim == Claim::New);
    for (prepared, _) in new {
        let envelope = &prepared.envelope;
        let date = envelope.received_at.to_offset(UtcOffset::UTC).date();
        let by_collector = envelope.dropped.map(|Dropped { reason, events }| (reason, usize::from(events)));
        let by_writer = claimed.known_projects.drop_reason(prepared);
        let by_writer = by_writer.map(|reason| (reason, envelope.events.len()));
        for (reason, events) in by_collector.into_iter().chain(by_writer).filter(|(_, events)| *events > 0) {
            *days.entry((envelope.project_id.as_str(), date, reason.as_str())).or_default() += events as i64;
            *by_reason.entry(reason).or_default() += events as u64;
        }
    }
    if !days.is_empty() {
        let (mut projects, mut dates, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
        for (project, date, reason) in days.keys().copied() {
            projects.push(project);
            dates.push(date);
            reasons.push(reason);
        }
        let events: Vec<i64> = days.into_values().collect();
        let sql = include_str!("sql/add_dropped.sql");
        transaction.execute(sql, &[&projects, &dates, &reasons, &events]).await?;
    }
    Ok(by_reason.into_iter().collect())
}

/// The start of the quarter of an hour that `at` lies in.
fn quarter_hour(at: OffsetDateTime) -> OffsetDateTime {
    let past = time::Duration::seconds(at.unix_timestamp().rem_euclid(QUARTER_HOUR_S));
    at - past - time::Duration::nanoseconds(at.nanosecond().into())
}

/// The map as arrays, one a column, in the map's order.
fn columns<K>(counts: BTreeMap<(&str, K), Counts>) -> (Vec<&str>, Vec<K>, Vec<i64>, Vec<i64>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((project, key), counts) in counts {
        columns.0.push(project);
        columns.1.push(key);
        columns.2.push(counts.impressions);
        columns.3.push(counts.interactions);
    }
    columns
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_quarter_begins_at_its_start_and_holds_its_last_moment() {
        let start = datetime!(2026-11-23 11:45 UTC);
        assert_eq!(quarter_hour(start), start);
        assert_eq!(quarter_hour(datetime!(2026-11-23 11:59:59.999_999 UTC)), start);
        assert_eq!(quarter_hour(datetime!(1969-12-31 23:59:59.5 UTC)), datetime!(1969-12-31 23:45 UTC));
    }
}
