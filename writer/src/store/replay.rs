//! What is in quarantine, tried again: counted in the transaction that removes the entry, so it is counted once, however
//! often it is tried and wherever a try is cut off.
//!
//! How the ledger sees to that depends on the reason. An event that was refused, or had no project, is one of an envelope
//! that the ledger has: its counts are corrected, and a redelivery meets the envelope as before. One that reused an id has
//! no row of its own there: it is stored as an envelope of its own, whose id follows from the entry's fingerprint, so that
//! another redelivery and replay meet it. So is one that was too old for the ledger to judge, received anew, where somebody says
//! that it was not counted. A message that could not be read and now can be is stored as any other.
//!
//! The rules of a project hold here, too: an event of a robot's is dropped and counted, unless the project keeps them.

use deadpool_postgres::Transaction;
use sha2::{Digest, Sha256};
use shared::envelope::{Envelope, decode_message};
use shared::ids::EnvelopeId;
use uuid::Uuid;

use super::claim::{Claimed, already_claimed};
use super::copy::copy;
use super::transaction::{begin, store_new};
use super::{Connected, QuarantineReason, Receipt, StoreError, rollup};
use crate::enrich::{Enricher, PreparedEnvelope};
use crate::metrics::Clock;
use crate::rollup::Sums;
use crate::row::Table;

/// Why an entry that the ledger can't judge stays.
const TOO_OLD: &str = "it was received longer ago than the ledger remembers, so it may have been counted already: look \
    whether it was, then replay it with --even-if-counted, or purge it";

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// So many events are counted now, and the entry is gone.
    Stored(u64),
    /// So many events a rule of their project dropped, and none is stored; the entry is gone.
    Dropped(u64),
    /// Its events had been counted already; the entry is gone.
    Duplicate,
    /// There is no such entry: it was replayed or purged before.
    Gone,
    /// It can't be stored yet, for this reason; nothing changed.
    Stays(String),
}

/// What is done with an entry that is too old for the ledger to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unjudged {
    /// It stays: it may have been counted.
    Stays,
    /// It is counted: somebody knows that it was not.
    Counts,
}

/// Why there is nothing to commit.
type Kept = String;

/// What is counted of an entry that was not before, in events.
struct Counted {
    stored: u64,
    dropped: u64,
}

impl From<&Receipt> for Counted {
    fn from(receipt: &Receipt) -> Self {
        let dropped = receipt.dropped.iter().map(|(_, events)| events).sum();
        Self { stored: receipt.impressions + receipt.interactions, dropped }
    }
}

/// Replays one entry, in one transaction.
pub(super) async fn replay(
    connected: &mut Connected,
    enricher: &Enricher,
    quarantine_id: i64,
    unjudged: Unjudged,
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
            let fingerprint = entry.get("fingerprint");
            match reason == QuarantineReason::TooOld.as_str() {
                true if unjudged == Unjudged::Stays => Err(TOO_OLD.to_owned()),
                true => store_anew(&transaction, enricher, fingerprint, envelopes).await?,
                false => store(&transaction, enricher, reason, fingerprint, envelopes).await?,
            }
        }
        Err(problem) => Err(crate::batch::chain(&problem)),
    };
    match stored {
        Ok(counted) => {
            transaction.execute(include_str!("sql/unquarantine.sql"), &[&quarantine_id]).await?;
            transaction.commit().await?;
            Ok(match counted {
                Counted { stored: 0, dropped: 0 } => Replayed::Duplicate,
                Counted { stored: 0, dropped } => Replayed::Dropped(dropped),
                Counted { stored, .. } => Replayed::Stored(stored),
            })
        }
        Err(why) => {
            transaction.rollback().await?;
            Ok(Replayed::Stays(why))
        }
    }
}

/// Stores what an entry holds; answers what is counted of it that was not before.
async fn store(
    transaction: &Transaction<'_>,
    enricher: &Enricher,
    reason: &str,
    fingerprint: &[u8],
    envelopes: Vec<Envelope>,
) -> Result<Result<Counted, Kept>, StoreError> {
    if reason == QuarantineReason::Undecodable.as_str() {
        let prepared: Vec<_> =
            envelopes.into_iter().map(|envelope| enricher.prepare_envelope(envelope)).collect();
        let receipt = store_new(transaction, &prepared, &[], &mut Clock::of(None)).await?;
        return Ok(Ok(Counted::from(&receipt)));
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
    Ok(Ok(Counted::from(&store_new(transaction, &[prepared], &[], &mut Clock::of(None)).await?)))
}

/// Stores what the ledger can't judge as if it had been received now, in an envelope of its own: so a second replay of what was
/// put in quarantine again meets the first. Its events keep their time; a drop counts on the day of the replay.
async fn store_anew(
    transaction: &Transaction<'_>,
    enricher: &Enricher,
    fingerprint: &[u8],
    envelopes: Vec<Envelope>,
) -> Result<Result<Counted, Kept>, StoreError> {
    let Ok([mut alone]) = <[Envelope; 1]>::try_from(envelopes) else {
        return Ok(Err("it holds more than one envelope".to_owned()));
    };
    alone.envelope_id = own_id(alone.envelope_id, fingerprint)?;
    alone.sent_at.get_or_insert(alone.received_at);
    alone.received_at = shared::clock::now();
    let prepared = enricher.prepare_envelope(alone);
    if !prepared.envelope.events.is_empty()
        && let Err(why) = storable(transaction, &prepared).await?
    {
        return Ok(Err(why));
    }
    Ok(Ok(Counted::from(&store_new(transaction, &[prepared], &[], &mut Clock::of(None)).await?)))
}

/// Stores or drops one event of an envelope that the ledger has, where the event counts as in quarantine.
async fn store_of_ledger(
    transaction: &Transaction<'_>,
    prepared: &PreparedEnvelope,
) -> Result<Result<Counted, Kept>, StoreError> {
    let (id, project) = (prepared.envelope.envelope_id.as_uuid(), prepared.envelope.project_id.as_str());
    let claimed = match storable(transaction, prepared).await? {
        Ok(claimed) => claimed,
        Err(why) => return Ok(Err(why)),
    };
    let is_dropped = claimed.known_projects.drop_reason(prepared).is_some();
    let sql = if is_dropped {
        include_str!("sql/move_to_dropped.sql")
    } else {
        include_str!("sql/move_to_stored.sql")
    };
    if transaction.execute(sql, &[&id, &project]).await? != 1 {
        return Ok(Err("the ledger knows of no event of its envelope in quarantine".to_owned()));
    }
    let mut sums = Sums::default();
    let loaded = copy(transaction, Table::Impressions, &claimed, &mut sums).await?
        + copy(transaction, Table::Interactions, &claimed, &mut sums).await?;
    rollup::add(transaction, sums).await?;
    let dropped = rollup::add_dropped(transaction, &claimed).await?.iter().map(|(_, events)| events).sum();
    if loaded + dropped != 1 {
        let problem = format!("one event was replayed, {loaded} rows loaded and {dropped} events dropped");
        return Err(StoreError::Stop(problem.into()));
    }
    Ok(Ok(Counted { stored: loaded, dropped }))
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
