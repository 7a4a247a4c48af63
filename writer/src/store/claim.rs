//! The ledger: which envelopes of a batch are new, and which have been here before.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Transaction;
use uuid::Uuid;

use super::StoreError;
use super::projects::Projects;
use crate::enrich::PreparedEnvelope;
use crate::row::Row;

/// What the ledger says of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is ours to store.
    New,
    /// It is stored already, or stands earlier in this batch, or holds no events that could be kept: nothing to do.
    Duplicate,
    /// Another envelope with its id, and other events, was first. It got a 202, too, so it is kept.
    IdReuse,
}

/// A batch with its claims settled.
pub(super) struct Claimed<'a> {
    pub(super) envelopes: &'a [PreparedEnvelope],
    /// A claim an envelope.
    pub(super) claims: Vec<Claim>,
    /// The batch's projects that exist, held against deletion.
    pub(super) known_projects: Projects,
    /// What to load: place of the envelope, place of the event, its row.
    pub(super) rows: Vec<(usize, usize, Row<'a>)>,
}

/// A key of the ledger, and what must match under it.
type Key<'a> = (Uuid, &'a str);

/// Settles the claims of a batch: whoever else stores one of its envelopes at this moment is waited for.
pub(super) async fn claim<'a>(
    transaction: &Transaction<'_>,
    envelopes: &'a [PreparedEnvelope],
) -> Result<Claimed<'a>, StoreError> {
    let known_projects = Projects::lock(transaction, envelopes).await?;
    let mut first_with_key = HashMap::new();
    for (place, envelope) in envelopes.iter().enumerate() {
        first_with_key.entry(key(envelope)).or_insert(place);
    }
    let firsts: Vec<&PreparedEnvelope> = first_with_key.values().map(|place| &envelopes[*place]).collect();
    let new = insert(transaction, &firsts, &known_projects).await?;
    let stored =
        stored_hashes(transaction, firsts.iter().map(|first| key(first)).filter(|key| !new.contains(key)))
            .await?;

    let claims: Vec<Claim> = envelopes
        .iter()
        .enumerate()
        .map(|(place, envelope)| {
            let key = key(envelope);
            let first = first_with_key[&key];
            let is_stored = |hash: &[u8]| hash == envelope.events_hash;
            match () {
                () if new.contains(&key) && first == place => Claim::New,
                () if new.contains(&key) && is_stored(&envelopes[first].events_hash) => Claim::Duplicate,
                () if stored.get(&key).is_some_and(|hash| is_stored(hash)) => Claim::Duplicate,
                // A retry may meet a rule that the first try did not. Its events were counted with the first.
                () if envelope.envelope.events.is_empty() => Claim::Duplicate,
                () => Claim::IdReuse,
            }
        })
        .collect();
    let rows = rows(envelopes, &claims, &known_projects);
    Ok(Claimed { envelopes, claims, known_projects, rows })
}

/// One envelope that the ledger has already, to be loaded all the same; `None` where its project does not exist.
pub(super) async fn already_claimed<'a>(
    transaction: &Transaction<'_>,
    envelope: &'a PreparedEnvelope,
) -> Result<Option<Claimed<'a>>, StoreError> {
    let envelopes = std::slice::from_ref(envelope);
    let known_projects = Projects::lock(transaction, envelopes).await?;
    if !known_projects.contains(envelope.envelope.project_id.as_str()) {
        return Ok(None);
    }
    let claims = vec![Claim::New];
    let rows = rows(envelopes, &claims, &known_projects);
    Ok(Some(Claimed { envelopes, claims, known_projects, rows }))
}

fn key(envelope: &PreparedEnvelope) -> Key<'_> {
    (envelope.envelope.envelope_id.as_uuid(), envelope.envelope.project_id.as_str())
}

async fn insert<'a>(
    transaction: &Transaction<'_>,
    firsts: &[&'a PreparedEnvelope],
    known_projects: &Projects,
) -> Result<HashSet<Key<'a>>, StoreError> {
    let (mut ids, mut projects, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut stored, mut quarantined, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
    let mut received_at = Vec::new();
    for first in firsts {
        let (id, project) = key(first);
        let events = first.envelope.events.len();
        // All of an envelope's events have one fate, but for those that Postgres refuses.
        let (kept, by_writer) = match () {
            () if known_projects.drop_reason(first).is_some() => (0, events),
            () if known_projects.contains(project) => (events - first.refused.len(), 0),
            () => (0, 0),
        };
        let by_collector = first.envelope.dropped.map_or(0, |dropped| usize::from(dropped.events));
        ids.push(id);
        projects.push(project);
        hashes.push(first.events_hash.as_slice());
        stored.push(count(kept)?);
        quarantined.push(count(events - kept - by_writer)?);
        dropped.push(count(by_collector + by_writer)?);
        received_at.push(first.envelope.received_at);
    }
    let returned = transaction
        .query(
            include_str!("sql/claim.sql"),
            &[&ids, &projects, &hashes, &stored, &quarantined, &dropped, &received_at],
        )
        .await?;
    let returned: HashSet<(Uuid, String)> = returned.iter().map(|row| (row.get(0), row.get(1))).collect();
    let is_new = |(id, project): &Key<'_>| returned.contains(&(*id, (*project).to_owned()));
    Ok(firsts.iter().map(|first| key(first)).filter(is_new).collect())
}

async fn stored_hashes<'a>(
    transaction: &Transaction<'_>,
    keys: impl Iterator<Item = Key<'a>>,
) -> Result<HashMap<Key<'a>, Vec<u8>>, StoreError> {
    let keys: Vec<Key<'a>> = keys.collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let (ids, projects): (Vec<Uuid>, Vec<&str>) = keys.iter().copied().unzip();
    let rows = transaction.query(include_str!("sql/stored_hashes.sql"), &[&ids, &projects]).await?;
    let mut found: HashMap<(Uuid, String), Vec<u8>> =
        rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
    Ok(keys
        .into_iter()
        .filter_map(|key| found.remove(&(key.0, key.1.to_owned())).map(|hash| (key, hash)))
        .collect())
}

/// The rows of what is new, has a project whose rules do not drop it, and was not refused before.
fn rows<'a>(
    envelopes: &'a [PreparedEnvelope],
    claims: &[Claim],
    known_projects: &Projects,
) -> Vec<(usize, usize, Row<'a>)> {
    let mut rows = Vec::new();
    for (place, envelope) in envelopes.iter().enumerate() {
        let is_known = known_projects.contains(envelope.envelope.project_id.as_str());
        let is_dropped = known_projects.drop_reason(envelope).is_some();
        if claims[place] != Claim::New || !is_known || is_dropped {
            continue;
        }
        for (event_place, event) in envelope.envelope.events.iter().enumerate() {
            if !envelope.refused.contains_key(&event_place) {
                rows.extend(Row::new(envelope, event).map(|row| (place, event_place, row)));
            }
        }
    }
    rows
}

/// An envelope's events as the ledger counts them; a message's bytes hold far fewer than it can count.
fn count(events: usize) -> Result<i32, StoreError> {
    i32::try_from(events).map_err(|error| StoreError::Stop(error.into()))
}
