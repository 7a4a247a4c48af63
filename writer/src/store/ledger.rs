//! The rows of the ledger: claimed by COPY where nobody was there before, by INSERT where somebody may come at this moment.
//!
//! Three ways to claim, from the cheapest to the one that always works. **Blind**: COPY, and be refused where a row is there
//! already. **Looking**: ask which are there, COPY the others; refused only by who claimed one in between. **Yielding**:
//! `insert … on conflict do nothing`. A refusal is undone alone, by a savepoint, and the next way taken; so what is claimed is
//! the same by each of them. All go by the order of the keys, and partitions are in that order, too: of two transactions
//! that claim the same, one waits for the other, and never both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::BytesMut;
use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::StoreError;
use super::copy::copy_whole;
use crate::row::copy_form;

/// Batches in a row without a twin, after which the next is claimed blindly. A blind claim saves a look and loses four times that
/// where it fails: it pays where fewer than one batch in five has a twin.
const CLEAN_BATCHES_MIN: u32 = 16;

/// Ids whose clocks are no further apart are looked for together, in milliseconds: an hour.
const NEAR_MS: u128 = 60 * 60 * 1_000;

/// A key of the ledger.
pub(super) type Key<'a> = (Uuid, &'a str);
/// What the ledger holds under a key: the hash of the events that were stored; `None` where it holds nothing.
pub(super) type Held = Option<Vec<u8>>;

/// Whether twins are to be expected, learnt from the batches before; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Habit(Arc<AtomicU32>);

impl Habit {
    fn is_blind(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= CLEAN_BATCHES_MIN
    }

    fn learn(&self, met_a_twin: bool) {
        let clean = if met_a_twin { 0 } else { self.0.load(Ordering::Relaxed).saturating_add(1) };
        self.0.store(clean, Ordering::Relaxed);
    }
}

/// Envelopes to claim, column by column: sorted by id and project, each pair once.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) ids: Vec<Uuid>,
    pub(super) projects: Vec<&'a str>,
    pub(super) hashes: Vec<&'a [u8]>,
    /// Events stored.
    pub(super) stored: Vec<i32>,
    /// Events put in quarantine.
    pub(super) quarantined: Vec<i32>,
    /// Events dropped by a rule.
    pub(super) dropped: Vec<i32>,
    pub(super) received_at: Vec<OffsetDateTime>,
}

impl<'a> Columns<'a> {
    /// Those at `places`, in their order.
    fn at(&self, places: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
            places.iter().map(|place| values[*place]).collect()
        }
        Self {
            ids: pick(&self.ids, places),
            projects: pick(&self.projects, places),
            hashes: pick(&self.hashes, places),
            stored: pick(&self.stored, places),
            quarantined: pick(&self.quarantined, places),
            dropped: pick(&self.dropped, places),
            received_at: pick(&self.received_at, places),
        }
    }

    fn keys(&self) -> Vec<Key<'a>> {
        self.ids.iter().copied().zip(self.projects.iter().copied()).collect()
    }
}

/// The oldest receipt that the ledger can judge; `None` where it remembers for ever.
pub(super) async fn kept_from(transaction: &Transaction<'_>) -> Result<Option<OffsetDateTime>, StoreError> {
    let statement = transaction.prepare_cached("select ledger_kept_from()").await?;
    Ok(transaction.query_one(&statement, &[]).await?.get(0))
}

/// Claims what is not in the ledger; answers, an entry a claim, what stood there before. Whoever claims the same at this
/// moment is waited for.
pub(super) async fn claim(
    transaction: &Transaction<'_>,
    habit: &Habit,
    asked: &Columns<'_>,
) -> Result<Vec<Held>, StoreError> {
    let mut held: Vec<Held> = vec![None; asked.ids.len()];
    let is_claimed = habit.is_blind() && copy(transaction, asked).await?;
    if !is_claimed {
        held = look(transaction, &asked.keys()).await?;
        let places: Vec<usize> = (0..held.len()).filter(|place| held[*place].is_none()).collect();
        let absent = asked.at(&places);
        if !copy(transaction, &absent).await? {
            let yielded = insert(transaction, &absent).await?;
            places.iter().zip(yielded).for_each(|(place, found)| held[*place] = found);
        }
    }
    habit.learn(held.iter().any(Option::is_some));
    Ok(held)
}

/// What the ledger holds under these keys, which are sorted.
///
/// The many around the middle one are looked for by themselves: few weeks, mostly one. Those of clocks that lie touch all others.
pub(super) async fn look(transaction: &Transaction<'_>, keys: &[Key<'_>]) -> Result<Vec<Held>, StoreError> {
    let Some((middle, _)) = keys.get(keys.len() / 2) else { return Ok(Vec::new()) };
    let below = keys.partition_point(|(id, _)| clock_ms(id) + NEAR_MS < clock_ms(middle));
    let near = keys.partition_point(|(id, _)| clock_ms(id) <= clock_ms(middle) + NEAR_MS);
    let mut held = Vec::with_capacity(keys.len());
    for part in [&keys[..below], &keys[below..near], &keys[near..]] {
        held.extend(look_within(transaction, part).await?);
    }
    Ok(held)
}

/// What an id's client's clock said, in milliseconds since 1970.
fn clock_ms(id: &Uuid) -> u128 {
    id.as_u128() >> 80
}

async fn look_within(transaction: &Transaction<'_>, keys: &[Key<'_>]) -> Result<Vec<Held>, StoreError> {
    let mut held: Vec<Held> = vec![None; keys.len()];
    let (Some((lowest, _)), Some((highest, _))) = (keys.first(), keys.last()) else {
        return Ok(held);
    };
    let (ids, projects): (Vec<Uuid>, Vec<&str>) = keys.iter().copied().unzip();
    let statement = transaction.prepare_cached(include_str!("sql/stored_hashes.sql")).await?;
    for row in transaction.query(&statement, &[&ids, &projects, lowest, highest]).await? {
        let place = usize::try_from(row.get::<_, i64>(0)).ok().and_then(|place| place.checked_sub(1));
        match place.and_then(|place| held.get_mut(place)) {
            Some(entry) => *entry = Some(row.get(1)),
            None => return Err(StoreError::Stop("the ledger answered what it was not asked".into())),
        }
    }
    Ok(held)
}

/// Claims all by COPY, or none where one is there already; answers which.
async fn copy(transaction: &Transaction<'_>, asked: &Columns<'_>) -> Result<bool, StoreError> {
    if asked.ids.is_empty() {
        return Ok(true);
    }
    let rows = in_copy_form(asked)?;
    transaction.batch_execute("savepoint claims").await?;
    match copy_whole(transaction, include_str!("sql/copy_claims.sql"), rows).await {
        Ok(loaded) if loaded == asked.ids.len() as u64 => Ok(true),
        Ok(loaded) => {
            let problem = format!("the ledger took {loaded} rows of {}", asked.ids.len());
            Err(StoreError::Stop(problem.into()))
        }
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            transaction.batch_execute("rollback to savepoint claims").await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The claims as a whole COPY: some 100 bytes each.
fn in_copy_form(asked: &Columns<'_>) -> Result<BytesMut, StoreError> {
    let types = [Type::UUID, Type::TEXT, Type::BYTEA, Type::INT4, Type::INT4, Type::INT4, Type::TIMESTAMPTZ];
    let mut rows = BytesMut::new();
    copy_form::put_header(&mut rows);
    for place in 0..asked.ids.len() {
        let values: [&(dyn ToSql + Sync); 7] = [
            &asked.ids[place],
            &asked.projects[place],
            &asked.hashes[place],
            &asked.stored[place],
            &asked.quarantined[place],
            &asked.dropped[place],
            &asked.received_at[place],
        ];
        copy_form::put_row(&mut rows, &types, &values).map_err(StoreError::Stop)?;
    }
    copy_form::put_trailer(&mut rows);
    Ok(rows)
}

/// Claims what nobody else has; answers what others have, as [`claim`] does.
async fn insert(transaction: &Transaction<'_>, asked: &Columns<'_>) -> Result<Vec<Held>, StoreError> {
    let Columns { ids, projects, hashes, stored, quarantined, dropped, received_at } = asked;
    let sql = include_str!("sql/claim.sql");
    let returned =
        transaction.query(sql, &[ids, projects, hashes, stored, quarantined, dropped, received_at]).await?;
    let mut new: Vec<(Uuid, &str)> = returned.iter().map(|row| (row.get(0), row.get(1))).collect();
    new.sort_unstable();
    let keys = asked.keys();
    let is_new = |key: &Key<'_>| new.binary_search(key).is_ok();
    let others: Vec<Key<'_>> = keys.iter().copied().filter(|key| !is_new(key)).collect();
    let mut found = look(transaction, &others).await?.into_iter();
    Ok(keys.iter().map(|key| if is_new(key) { None } else { found.next().flatten() }).collect())
}
