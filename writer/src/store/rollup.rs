//! Adds a batch to the rollups, in the transaction that stores its rows.
//!
//! Totals are added to rows that writers share; all else is appended to `rollup_deltas`, which [`crate::fold`] empties.

use std::collections::BTreeMap;

use bytes::BytesMut;
use deadpool_postgres::Transaction;
use shared::envelope::{DropReason, Dropped};
use time::{Date, OffsetDateTime, UtcOffset};
use tokio_postgres::ToStatement;
use tokio_postgres::types::{ToSql, Type};

use super::StoreError;
use super::claim::{Claim, Claimed};
use super::copy::copy_whole;
use crate::rollup::{Counts, Day, Sketch, Sums};
use crate::row::copy_form;

/// Adds to the totals by quarter of an hour.
pub(crate) const ADD_QUARTERS: &str = include_str!("sql/add_quarter_hours.sql");
/// Adds to the totals by UTC day.
pub(crate) const ADD_DAYS: &str = include_str!("sql/add_days.sql");

/// Columns of a delta, in the order of its values.
const DELTA_COLUMNS: [Type; 10] = [
    Type::TEXT,
    Type::DATE,
    Type::INT2_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT4_ARRAY,
    Type::BYTEA,
    Type::BYTEA,
    Type::BYTEA,
    Type::BYTEA,
    Type::BYTEA,
];

/// Adds what the loaded rows add up to, to every rollup of events.
pub(super) async fn add(transaction: &Transaction<'_>, sums: Sums<'_>) -> Result<(), StoreError> {
    let Sums { quarters, days } = sums;
    if days.is_empty() {
        return Ok(());
    }
    let totals: BTreeMap<_, _> = days.iter().map(|(key, day)| (*key, day.counts)).collect();
    // Before the rows that writers share, so that those are held for the shortest time.
    append_deltas(transaction, days).await?;
    add_quarters(transaction, &transaction.prepare_cached(ADD_QUARTERS).await?, quarters).await?;
    add_days(transaction, &transaction.prepare_cached(ADD_DAYS).await?, totals).await?;
    Ok(())
}

async fn append_deltas(
    transaction: &Transaction<'_>,
    days: BTreeMap<(&str, Date), Day<'_>>,
) -> Result<(), StoreError> {
    let mut rows = BytesMut::new();
    copy_form::put_header(&mut rows);
    for ((project, date), day) in days {
        let (mut dimensions, mut values, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for (key, count) in day.values {
            dimensions.push(key.dimension.number());
            values.push(key.into_text());
            counts.push(count);
        }
        let [visitors, sessions, opened, asked, submitted] = day.sketches.each().map(Sketch::to_bytes);
        let delta: [&(dyn ToSql + Sync); DELTA_COLUMNS.len()] = [
            &project,
            &date,
            &dimensions,
            &values,
            &counts,
            &visitors,
            &sessions,
            &opened,
            &asked,
            &submitted,
        ];
        copy_form::put_row(&mut rows, &DELTA_COLUMNS, &delta).map_err(StoreError::Stop)?;
    }
    copy_form::put_trailer(&mut rows);
    copy_whole(transaction, include_str!("sql/append_deltas.sql"), rows).await?;
    Ok(())
}

/// Adds to the totals by quarter of an hour; sorted, as all who do it.
pub(crate) async fn add_quarters(
    transaction: &tokio_postgres::Transaction<'_>,
    statement: &(impl ToStatement + ?Sized),
    quarters: BTreeMap<(&str, OffsetDateTime), Counts>,
) -> Result<(), tokio_postgres::Error> {
    let (projects, starts, counts) = columns(quarters);
    let (impressions, interactions) = (of(&counts, |of| of.impressions), of(&counts, |of| of.interactions));
    let [bubble, open, ask, suggestion, submit, contact] =
        std::array::from_fn(|kind| of(&counts, |of| of.by_type[kind]));
    transaction
        .execute(
            statement,
            &[
                &projects,
                &starts,
                &impressions,
                &interactions,
                &bubble,
                &open,
                &ask,
                &suggestion,
                &submit,
                &contact,
            ],
        )
        .await?;
    Ok(())
}

/// Adds to the totals by UTC day.
pub(crate) async fn add_days(
    transaction: &tokio_postgres::Transaction<'_>,
    statement: &(impl ToStatement + ?Sized),
    days: BTreeMap<(&str, Date), Counts>,
) -> Result<(), tokio_postgres::Error> {
    let (projects, dates, counts) = columns(days);
    let (impressions, interactions) = (of(&counts, |of| of.impressions), of(&counts, |of| of.interactions));
    transaction.execute(statement, &[&projects, &dates, &impressions, &interactions]).await?;
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

/// The map's keys and counts as arrays, one a column, in the map's order.
fn columns<K>(counts: BTreeMap<(&str, K), Counts>) -> (Vec<&str>, Vec<K>, Vec<Counts>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for ((project, key), counts) in counts {
        columns.0.push(project);
        columns.1.push(key);
        columns.2.push(counts);
    }
    columns
}

fn of(counts: &[Counts], which: impl Fn(&Counts) -> i64) -> Vec<i64> {
    counts.iter().map(which).collect()
}
