//! Where the buckets are kept: a map that stops growing, and one bucket for all that it did not take.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// A state store of bounded size. Its hash is keyed at random: who chooses the keys can't make them collide.
pub(super) struct Table<K> {
    buckets: Mutex<Buckets<K>>,
    keys_max: usize,
}

/// Each state is the time at which the bucket is full again, since the limiter began.
struct Buckets<K> {
    known: HashMap<K, Nanos>,
    overflow: Option<Nanos>,
}

impl<K: Hash + Eq + Clone> Table<K> {
    pub(super) fn new(keys_max: usize) -> Self {
        let buckets = Buckets { known: HashMap::new(), overflow: None };
        Self { buckets: Mutex::new(buckets), keys_max }
    }

    fn lock(&self) -> MutexGuard<'_, Buckets<K>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for Table<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut buckets = self.lock();
        if let Some(state) = buckets.known.get_mut(key) {
            let (outcome, next) = decide(Some(*state))?;
            *state = next;
            return Ok(outcome);
        }
        if buckets.known.len() < self.keys_max {
            let (outcome, next) = decide(None)?;
            buckets.known.insert(key.clone(), next);
            return Ok(outcome);
        }
        let (outcome, next) = decide(buckets.overflow)?;
        buckets.overflow = Some(next);
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Table<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().known.retain(|_, state| *state > drop_below);
    }

    fn len(&self) -> usize {
        self.lock().known.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
