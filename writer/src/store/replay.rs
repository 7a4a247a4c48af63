//! What is in quarantine, tried again: counted in the transaction that removes the entry, so it is counted once, however
//! often it is tried and wherever a try is cut off.
//!
//! How the ledger sees to that depends on the reason. An event that was refused, or had no project, is one of an envelope
//! that the ledger has: its counts are corrected, and a redelivery meets the envelope as before. One that reused an id has
//! no row of its own there: it is stored as an envelope of its own, whose id follows from the entry's fingerprint, so that
//! another redelivery and replay meet it. A message that could not be read and now can be is stored as any other.

use sha2::{Digest, Sha256};
use shared::envelope::{Envelope, decode_message};
use shared::ids::EnvelopeId;
use tokio_postgres::Transaction;
use uuid::Uuid;

use super::claim::{Claimed, already_claimed};
use super::copy::copy;
use super::transaction::{begin, store_new};
use super::{Connected, QuarantineReason, Receipt, StoreError, rollup};
use crate::enrich::{Enricher, PreparedEnvelope};
use crate::metrics::Clock;
use crate::row::Table;

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// So many events are counted now, and the entry is gone.
    Stored(u64),
    /// Its events had been counted already; the entry is gone.
    Duplicate,
    /// There is no such entry: it was replayed or purged before.
    Gone,
    /// It can't be stored yet, for this reason; nothing changed.
    Stays(String),
}

/// Why there is nothing to commit.
type Kept = String;

/// Replays one entry, in one transaction.
pub(super) async fn replay(
    connected: &mut Connected,
    enricher: &Enricher,
    quarantine_id: i64,
) -> Result<Replayed, StoreError> {
    let transaction = begin(connected).await?;
    let entry = transaction.query_opt(include_str!("sql/quarantined.sql"), &[&quarantine_id]).await?;
    let Some(entry) = entry else {
        transaction.rollback().await?;
        return Ok(Replayed::Gone);
    };
    let stored = match decode_message(entry.get("payload")) {
        Ok(envelopes) => {
            let reason: &str = entry.get("reason");
            store(&transaction, enricher, reason, entry.get("fingerprint"), envelopes).await?
        }
        Err(problem) => Err(crate::batch::chain(&problem)),
    };
    match stored {
        Ok(events) => {
            transaction.execute(include_str!("sql/unquarantine.sql"), &[&quarantine_id]).await?;
            transaction.commit().await?;
            Ok(if events == 0 { Replayed::Duplicate } else { Replayed::Stored(events) })
        }
        Err(why) => {
            transaction.rollback().await?;
            Ok(Replayed::Stays(why))
        }
    }
}

/// Stores what an entry holds; answers how many events are counted that were not before.
async fn store(
    transaction: &Transaction<'_>,
    enricher: &Enricher,
    reason: &str,
    fingerprint: &[u8],
    envelopes: Vec<Envelope>,
) -> Result<Result<u64, Kept>, StoreError> {
    if reason == QuarantineReason::Undecodable.as_str() {
        let prepared: Vec<_> =
            envelopes.into_iter().map(|envelope| enricher.prepare_envelope(envelope)).collect();
        return Ok(Ok(events(&store_new(transaction, &prepared, &[], &mut Clock::of(None)).await?)));
    }
    // Any other entry is one event by itself.
    let Ok([mut alone]) = <[Envelope; 1]>::try_from(envelopes) else {
        return Ok(Err("it holds more than one envelope".to_owned()));
    };
    if alone.events.len() != 1 {
        return Ok(Err("it holds more than one event".to_owned()));
    }
    if reason != QuarantineReason::IdReuse.as_str() {
        return store_of_ledger(transaction, &enricher.prepare_envelope(alone)).await;
    }
    alone.envelope_id = own_id(alone.envelope_id, fingerprint)?;
    let prepared = enricher.prepare_envelope(alone);
    if let Err(why) = storable(transaction, &prepared).await? {
        return Ok(Err(why));
    }
    Ok(Ok(events(&store_new(transaction, &[prepared], &[], &mut Clock::of(None)).await?)))
}

/// Stores one event of an envelope that the ledger has, where the event counts as in quarantine.
async fn store_of_ledger(
    transaction: &Transaction<'_>,
    prepared: &PreparedEnvelope,
) -> Result<Result<u64, Kept>, StoreError> {
    let (id, project) = (prepared.envelope.envelope_id.as_uuid(), prepared.envelope.project_id.as_str());
    let claimed = match storable(transaction, prepared).await? {
        Ok(claimed) => claimed,
        Err(why) => return Ok(Err(why)),
    };
    if transaction.execute(include_str!("sql/move_to_stored.sql"), &[&id, &project]).await? != 1 {
        return Ok(Err("the ledger knows of no event of its envelope in quarantine".to_owned()));
    }
    let loaded = copy(transaction, Table::Impressions, &claimed).await?
        + copy(transaction, Table::Interactions, &claimed).await?;
    rollup::add(transaction, &claimed).await?;
    if loaded != 1 {
        return Err(StoreError::Stop(format!("one event was replayed, and {loaded} rows loaded").into()));
    }
    Ok(Ok(loaded))
}

/// The event with its project held against deletion, unless it has none, or no moment.
async fn storable<'a>(
    transaction: &Transaction<'_>,
    prepared: &'a PreparedEnvelope,
) -> Result<Result<Claimed<'a>, Kept>, StoreError> {
    if let Some(detail) = prepared.refused.values().next() {
        return Ok(Err(detail.clone()));
    }
    let claimed = already_claimed(transaction, prepared).await?;
    let project_id = &prepared.envelope.project_id;
    Ok(claimed.ok_or_else(|| format!("there is no project {project_id}: `footfall project add` makes it")))
}

fn events(receipt: &Receipt) -> u64 {
    receipt.impressions + receipt.interactions
}

/// The id of an envelope made of one event that reused an id: the time of the id it came with, and bits of its own.
fn own_id(reused: EnvelopeId, fingerprint: &[u8]) -> Result<EnvelopeId, StoreError> {
    let own = Sha256::new().chain_update(b"footfall replay").chain_update(fingerprint).finalize();
    let mut id = *reused.as_uuid().as_bytes();
    for (byte, bits) in id.iter_mut().zip(own).skip(8) {
        *byte = bits;
    }
    // The variant of RFC 9562; the version stands before.
    id[8] = id[8] & 0x3f | 0x80;
    EnvelopeId::try_from(Uuid::from_bytes(id)).map_err(|error| StoreError::Stop(error.into()))
}
