//! Keeps what was accepted and can't be stored: bytes to try again, and the reason.

use deadpool_postgres::Transaction;
use sha2::{Digest, Sha256};
use shared::envelope::{Envelope, readable_message};
use time::OffsetDateTime;
use uuid::Uuid;

use super::claim::{Claim, Claimed};
use super::{QuarantineReason, StoreError};
use crate::batch::Undecodable;
use crate::enrich::PreparedEnvelope;

/// One entry.
struct Entry<'a> {
    /// What makes it itself: a redelivery has the same, and is not kept twice.
    fingerprint: Vec<u8>,
    reason: QuarantineReason,
    detail: String,
    payload: Vec<u8>,
    /// The event it is; none for a message that could not be read, or a drop.
    event: Option<(&'a Envelope, i32)>,
}

/// Keeps a batch's unstorable part; answers how many entries are new, by reason.
pub(super) async fn quarantine(
    transaction: &Transaction<'_>,
    claimed: &Claimed<'_>,
    undecodable: &[Undecodable],
) -> Result<Vec<(QuarantineReason, u64)>, StoreError> {
    let mut entries: Vec<Entry<'_>> = undecodable.iter().map(unreadable).collect();
    for (prepared, claim) in claimed.envelopes.iter().zip(&claimed.claims) {
        let is_known = claimed.known_projects.contains(prepared.envelope.project_id.as_str());
        match claim {
            Claim::Duplicate => {}
            Claim::IdReuse => {
                let detail = "another envelope with this id was stored before";
                add_all(&mut entries, prepared, QuarantineReason::IdReuse, detail)?;
            }
            Claim::TooOld => {
                let detail = "received longer ago than the ledger remembers: it may have been stored before";
                add_all(&mut entries, prepared, QuarantineReason::TooOld, detail)?;
                entries.extend(too_old_drop(prepared, detail)?);
            }
            Claim::New if !is_known => {
                add_all(
                    &mut entries,
                    prepared,
                    QuarantineReason::UnknownProject,
                    "there is no such project",
                )?;
            }
            // A drop is counted, and nothing else is kept of it.
            Claim::New if claimed.known_projects.drop_reason(prepared).is_some() => {}
            Claim::New => {
                for (place, detail) in &prepared.refused {
                    entries.push(entry(prepared, *place, QuarantineReason::Refused, detail)?);
                }
            }
        }
    }
    if entries.is_empty() { Ok(Vec::new()) } else { insert(transaction, &entries).await }
}

async fn insert(
    transaction: &Transaction<'_>,
    entries: &[Entry<'_>],
) -> Result<Vec<(QuarantineReason, u64)>, StoreError> {
    let fingerprints = entries.iter().map(|entry| entry.fingerprint.as_slice()).collect::<Vec<_>>();
    let reasons = entries.iter().map(|entry| entry.reason.as_str()).collect::<Vec<_>>();
    let details = entries.iter().map(|entry| entry.detail.as_str()).collect::<Vec<_>>();
    let ids = entries
        .iter()
        .map(|entry| entry.event.map(|(from, _)| from.envelope_id.as_uuid()))
        .collect::<Vec<Option<Uuid>>>();
    let projects =
        entries.iter().map(|entry| entry.event.map(|(from, _)| from.project_id.as_str())).collect::<Vec<_>>();
    let places =
        entries.iter().map(|entry| entry.event.map(|(_, place)| place)).collect::<Vec<Option<i32>>>();
    let payloads = entries.iter().map(|entry| entry.payload.as_slice()).collect::<Vec<_>>();
    let received = entries
        .iter()
        .map(|entry| entry.event.map(|(from, _)| from.received_at))
        .collect::<Vec<Option<OffsetDateTime>>>();
    let rows = transaction
        .query(
            include_str!("sql/quarantine.sql"),
            &[&fingerprints, &reasons, &details, &ids, &projects, &places, &payloads, &received],
        )
        .await?;
    let kept: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    let counts = QuarantineReason::ALL
        .map(|reason| (reason, kept.iter().filter(|kept| **kept == reason.as_str()).count() as u64));
    Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
}

fn unreadable(message: &Undecodable) -> Entry<'static> {
    Entry {
        fingerprint: Sha256::digest(&message.body).to_vec(),
        reason: QuarantineReason::Undecodable,
        detail: message.problem.clone(),
        payload: message.body.clone(),
        event: None,
    }
}

fn add_all<'a>(
    entries: &mut Vec<Entry<'a>>,
    prepared: &'a PreparedEnvelope,
    reason: QuarantineReason,
    detail: &str,
) -> Result<(), StoreError> {
    for place in 0..prepared.envelope.events.len() {
        entries.push(entry(prepared, place, reason, detail)?);
    }
    Ok(())
}

/// An entry for what a rule dropped of an envelope that can't be judged: no event of its own, so it is listed by no envelope, and
/// its payload has the number.
fn too_old_drop(prepared: &PreparedEnvelope, detail: &str) -> Result<Option<Entry<'static>>, StoreError> {
    let envelope = &prepared.envelope;
    let Some(dropped) = envelope.dropped else { return Ok(None) };
    let alone = Envelope::of_dropped(
        envelope.envelope_id,
        envelope.project_id.clone(),
        envelope.received_at,
        dropped,
    );
    let payload = readable_message(&alone).map_err(|error| StoreError::Stop(error.into()))?;
    Ok(Some(Entry {
        fingerprint: Sha256::digest(&payload).to_vec(),
        reason: QuarantineReason::TooOld,
        detail: detail.to_owned(),
        payload,
        event: None,
    }))
}

/// An entry for one event; its payload is a queue message that carries this event alone.
fn entry<'a>(
    prepared: &'a PreparedEnvelope,
    place: usize,
    reason: QuarantineReason,
    detail: &str,
) -> Result<Entry<'a>, StoreError> {
    let envelope = &prepared.envelope;
    // What was dropped is counted with the envelope, not with its events.
    let alone = Envelope { dropped: None, events: vec![envelope.events[place].clone()], ..envelope.clone() };
    let payload = readable_message(&alone).map_err(|error| StoreError::Stop(error.into()))?;
    let place = i32::try_from(place).map_err(|error| StoreError::Stop(error.into()))?;
    let fingerprint = Sha256::new()
        .chain_update(envelope.envelope_id.as_uuid())
        .chain_update(prepared.events_hash)
        .chain_update(place.to_be_bytes())
        .chain_update(envelope.project_id.as_str());
    Ok(Entry {
        fingerprint: fingerprint.finalize().to_vec(),
        reason,
        detail: detail.to_owned(),
        payload,
        event: Some((envelope, place)),
    })
}
