//! The ledger: which envelopes of a batch are new, and which have been here before.

use std::collections::HashMap;

use deadpool_postgres::Transaction;

use super::StoreError;
use super::ledger::{self, Columns, Habit, Held, Key};
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
    /// It was received longer ago than the ledger remembers, and it is not there: nobody knows whether it was stored. It is kept,
    /// and never guessed.
    TooOld,
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

/// Settles the claims of a batch: whoever else stores one of its envelopes at this moment is waited for.
pub(super) async fn claim<'a>(
    transaction: &Transaction<'_>,
    habit: &Habit,
    envelopes: &'a [PreparedEnvelope],
) -> Result<Claimed<'a>, StoreError> {
    let known_projects = Projects::lock(transaction, envelopes).await?;
    let kept_from = ledger::kept_from(transaction).await?;
    let is_too_old =
        |place: usize| kept_from.is_some_and(|from| envelopes[place].envelope.received_at < from);
    // The first with its key stands for the others; one that can be judged before one that can't.
    let mut first_with_key: HashMap<Key<'_>, usize> = HashMap::new();
    for (place, envelope) in envelopes.iter().enumerate() {
        let first = first_with_key.entry(key(envelope)).or_insert(place);
        if is_too_old(*first) && !is_too_old(place) {
            *first = place;
        }
    }
    let (old, judged): (Vec<usize>, Vec<usize>) =
        first_with_key.values().copied().partition(|place| is_too_old(*place));
    let mut held = insert(transaction, habit, &sorted(envelopes, &judged), &known_projects).await?;
    let old: Vec<Key<'_>> = sorted(envelopes, &old).into_iter().map(key).collect();
    held.extend(old.iter().copied().zip(ledger::look(transaction, &old).await?));

    let claims: Vec<Claim> = envelopes
        .iter()
        .enumerate()
        .map(|(place, envelope)| {
            let key = key(envelope);
            let first = first_with_key[&key];
            let stored = held.get(&key).and_then(Option::as_deref);
            match stored.unwrap_or(&envelopes[first].events_hash) {
                _ if stored.is_none() && first == place && is_too_old(first) => Claim::TooOld,
                _ if stored.is_none() && first == place => Claim::New,
                hash if hash == envelope.events_hash => Claim::Duplicate,
                // A retry may meet a rule that the first try did not. Its events were counted with the first.
                _ if envelope.envelope.events.is_empty() => Claim::Duplicate,
                _ => Claim::IdReuse,
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

/// The envelopes at `places`, in the order of their keys: so that two writers can't wait for each other in a circle.
fn sorted<'a>(envelopes: &'a [PreparedEnvelope], places: &[usize]) -> Vec<&'a PreparedEnvelope> {
    let mut sorted: Vec<&PreparedEnvelope> = places.iter().map(|place| &envelopes[*place]).collect();
    sorted.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
    sorted
}

/// Claims envelopes, sorted; answers what the ledger held under their keys before.
async fn insert<'a>(
    transaction: &Transaction<'_>,
    habit: &Habit,
    firsts: &[&'a PreparedEnvelope],
    known_projects: &Projects,
) -> Result<HashMap<Key<'a>, Held>, StoreError> {
    let mut columns = Columns::default();
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
        columns.ids.push(id);
        columns.projects.push(project);
        columns.hashes.push(first.events_hash.as_slice());
        columns.stored.push(count(kept)?);
        columns.quarantined.push(count(events - kept - by_writer)?);
        columns.dropped.push(count(by_collector + by_writer)?);
        columns.received_at.push(first.envelope.received_at);
    }
    let held = ledger::claim(transaction, habit, &columns).await?;
    Ok(firsts.iter().map(|first| key(first)).zip(held).collect())
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
