//! Stores a batch, whatever is in it: a row that Postgres refuses goes to quarantine and takes no neighbour along.
//!
//! Postgres names the line of most refusals; that row is set aside and the rest tried again. Where it names none the
//! batch is halved until one envelope is left, and that envelope's events are tried one by one. Each attempt is a whole
//! transaction, so a crash in between changes nothing: the ledger knows what was stored.

use std::ops::Range;
use std::time::Duration;

use tokio::time::sleep;

use crate::batch::Undecodable;
use crate::enrich::{PreparedBatch, PreparedEnvelope};
use crate::store::{Receipt, Store, StoreError};

/// Attempts at a batch that meets another transaction; then the connection is given up for a while.
const CONFLICT_ATTEMPTS_MAX: u32 = 5;
/// Longest pause between two such attempts, in milliseconds.
const CONFLICT_PAUSE_MS: u64 = 50;

/// Stores a batch, and tells what became of its events. A batch that failed can be flushed again.
///
/// # Errors
/// [`StoreError::Away`], [`StoreError::Alarm`] and [`StoreError::Stop`] only. Parts may be stored by then; the ledger knows them.
pub async fn flush(store: &mut Store, batch: &mut PreparedBatch) -> Result<Receipt, StoreError> {
    let PreparedBatch { envelopes, undecodable } = batch;
    let mut receipt = Receipt::default();
    let mut parts = vec![Range { start: 0, end: envelopes.len() }];
    // Bytes can't be refused; they go with whichever part is stored first.
    let mut unkept: &[Undecodable] = undecodable;
    while let Some(part) = parts.pop() {
        match commit(store, &envelopes[part.clone()], unkept).await {
            Ok(stored) => {
                receipt = receipt.and(stored);
                unkept = &[];
            }
            Err(StoreError::Refused { at: Some((envelope, event)), detail }) => {
                envelopes[part.start + envelope].refused.insert(event, detail);
                parts.push(part);
            }
            Err(StoreError::Refused { at: None, detail }) => match part.len() {
                0 => return Err(StoreError::Stop(detail.into())),
                1 => {
                    refuse_culprits(store, &mut envelopes[part.start], detail).await?;
                    parts.push(part);
                }
                length => {
                    let middle = part.start + length / 2;
                    parts.extend([middle..part.end, part.start..middle]);
                }
            },
            Err(error) => {
                // What was refused in vain may be taken when the batch is tried again.
                if matches!(error, StoreError::Alarm(_)) {
                    envelopes.iter_mut().for_each(PreparedEnvelope::forget_refusals);
                }
                return Err(error);
            }
        }
    }
    Ok(receipt)
}

/// One attempt, repeated while only another transaction is in the way.
async fn commit(
    store: &mut Store,
    envelopes: &[PreparedEnvelope],
    undecodable: &[Undecodable],
) -> Result<Receipt, StoreError> {
    for _attempt in 1..CONFLICT_ATTEMPTS_MAX {
        match store.commit(envelopes, undecodable).await {
            Err(StoreError::Conflict(error)) => {
                tracing::debug!(%error, "another transaction was in the way");
                sleep(Duration::from_millis(fastrand::u64(1..=CONFLICT_PAUSE_MS))).await;
            }
            outcome => return outcome,
        }
    }
    match store.commit(envelopes, undecodable).await {
        Err(StoreError::Conflict(error)) => Err(StoreError::Away(error.into())),
        outcome => outcome,
    }
}

/// Marks the events of an envelope that Postgres refuses each by itself; all of them, where it takes each alone.
async fn refuse_culprits(
    store: &mut Store,
    envelope: &mut PreparedEnvelope,
    detail: String,
) -> Result<(), StoreError> {
    let untried: Vec<usize> =
        (0..envelope.envelope.events.len()).filter(|event| !envelope.refused.contains_key(event)).collect();
    if untried.is_empty() {
        return Err(StoreError::Stop(format!("nothing is left of an envelope, and still: {detail}").into()));
    }
    let mut culprits = Vec::new();
    for event in &untried {
        if !store.takes(envelope, *event).await? {
            culprits.push(*event);
        }
    }
    let culprits = if culprits.is_empty() { untried } else { culprits };
    envelope.refused.extend(culprits.into_iter().map(|event| (event, detail.clone())));
    Ok(())
}
