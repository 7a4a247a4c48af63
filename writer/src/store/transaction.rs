//! The transaction: claim, load, keep what can't be loaded, add up, commit. Either all of it happened or none.

use deadpool_postgres::Transaction;
use tokio_postgres::Client;

use super::claim::{Claim, claim};
use super::copy::copy;
use super::ledger::Habit;
use super::quarantine::quarantine;
use super::{Connected, Receipt, StoreError, rollup};
use crate::batch::Undecodable;
use crate::enrich::PreparedEnvelope;
use crate::metrics::{Clock, Stage};
use crate::rollup::Sums;
use crate::row::Table;

/// Stores a batch.
pub(super) async fn commit(
    connected: &mut Connected,
    envelopes: &[PreparedEnvelope],
    undecodable: &[Undecodable],
    clock: &mut Clock,
) -> Result<Receipt, StoreError> {
    let habit = connected.habit.clone();
    let transaction = begin(connected).await?;
    let receipt = store(&transaction, &habit, envelopes, undecodable, clock).await?;
    transaction.commit().await?;
    clock.lap(Stage::Commit);
    Ok(receipt)
}

/// Stores what is new of a batch, in a transaction that the caller commits.
pub(super) async fn store_new(
    transaction: &Transaction<'_>,
    envelopes: &[PreparedEnvelope],
    undecodable: &[Undecodable],
    clock: &mut Clock,
) -> Result<Receipt, StoreError> {
    store(transaction, &Habit::default(), envelopes, undecodable, clock).await
}

async fn store(
    transaction: &Transaction<'_>,
    habit: &Habit,
    envelopes: &[PreparedEnvelope],
    undecodable: &[Undecodable],
    clock: &mut Clock,
) -> Result<Receipt, StoreError> {
    let claimed = claim(transaction, habit, envelopes).await?;
    clock.lap(Stage::Claim);
    let mut sums = Sums::default();
    let impressions = copy(transaction, Table::Impressions, &claimed, &mut sums).await?;
    let interactions = copy(transaction, Table::Interactions, &claimed, &mut sums).await?;
    clock.lap(Stage::Copy);
    let mut receipt = Receipt {
        impressions,
        interactions,
        duplicate_envelopes: claimed.claims.iter().filter(|claim| **claim == Claim::Duplicate).count() as u64,
        quarantined: quarantine(transaction, &claimed, undecodable).await?,
        dropped: Vec::new(),
    };
    clock.lap(Stage::Quarantine);
    // Last, since these rows are the ones that writers share: held for the shortest time.
    rollup::add(transaction, sums).await?;
    receipt.dropped = rollup::add_dropped(transaction, &claimed).await?;
    clock.lap(Stage::Rollups);
    if receipt.impressions + receipt.interactions != claimed.rows.len() as u64 {
        return Err(StoreError::Stop("the tables took another number of rows than were claimed".into()));
    }
    if !claimed.claims.contains(&Claim::New) {
        write_heartbeat(transaction).await?;
    }
    Ok(receipt)
}

/// Commits one write.
pub(super) async fn beat(connected: &mut Connected) -> Result<(), StoreError> {
    let transaction = connected.client.transaction().await?;
    write_heartbeat(&transaction).await?;
    Ok(transaction.commit().await?)
}

/// Loads one event's row, checks what would be checked at commit, and leaves nothing behind.
pub(super) async fn try_event(
    connected: &mut Connected,
    envelope: &PreparedEnvelope,
    event: usize,
) -> Result<(), StoreError> {
    let alone = PreparedEnvelope {
        envelope: shared::envelope::Envelope {
            events: vec![envelope.envelope.events[event].clone()],
            ..envelope.envelope.clone()
        },
        events_hash: envelope.events_hash,
        place: envelope.place.clone(),
        // It is here because its row was to be loaded.
        robot: None,
        agent: envelope.agent.clone(),
        refused: std::collections::BTreeMap::new(),
    };
    let transaction = begin(connected).await?;
    let alone = [alone];
    let claimed = claim(&transaction, &Habit::default(), &alone).await?;
    let mut sums = Sums::default();
    copy(&transaction, Table::Impressions, &claimed, &mut sums).await?;
    copy(&transaction, Table::Interactions, &claimed, &mut sums).await?;
    transaction.batch_execute("set constraints all immediate").await?;
    Ok(transaction.rollback().await?)
}

/// Whether this role may set `session_replication_role`; a parameter's grant is new in Postgres 15.
pub(super) async fn may_skip_triggers(client: &Client) -> Result<bool, StoreError> {
    let sql = "select has_parameter_privilege('session_replication_role', 'set')";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

pub(super) async fn begin(connected: &mut Connected) -> Result<Transaction<'_>, StoreError> {
    let may_skip_triggers = connected.may_skip_triggers;
    let transaction = connected.client.transaction().await?;
    if may_skip_triggers {
        // The foreign keys hold all the same: the batch's projects are locked, and rows without one are not loaded.
        transaction.batch_execute("set local session_replication_role = replica").await?;
    }
    Ok(transaction)
}

/// Bad rows that the quarantine took in the last hour, and rows that were stored, as the breaker counts them.
pub(super) async fn last_hour(connected: &Connected) -> Result<(u64, u64), StoreError> {
    let row = connected.client.query_one(include_str!("sql/last_hour.sql"), &[]).await?;
    let (in_quarantine, stored): (i64, i64) = (row.get(0), row.get(1));
    Ok((in_quarantine.unsigned_abs(), stored.unsigned_abs()))
}

async fn write_heartbeat(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "insert into writer_heartbeat (beat_at) values (now()) \
               on conflict (is_only) do update set beat_at = excluded.beat_at";
    transaction.batch_execute(sql).await?;
    Ok(())
}
