//! One reading for all who ask the same at once, and for whoever asks it a moment later.

use std::cell::Cell;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use moka::future::Cache;

use crate::db::DatabaseError;

/// Where what was asked for came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// It was kept from a moment ago.
    Cache,
    /// Another's reading of it was under way.
    Shared,
    /// It was read, or could not be.
    Reading,
}

/// What was read a moment ago; clones share it.
#[derive(Clone)]
pub(crate) struct SingleFlight<K, V>(Cache<K, V>);

impl<K, V> SingleFlight<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Keeps each value for `ttl`, and at most `bytes_max` of them as `weight` tells. Past that, those asked for least leave first.
    pub(crate) fn new(
        ttl: Duration,
        bytes_max: u64,
        weight: impl Fn(&K, &V) -> u32 + Send + Sync + 'static,
    ) -> Self {
        Self(Cache::builder().max_capacity(bytes_max).weigher(weight).time_to_live(ttl).build())
    }

    /// What `key` stands for: kept from a moment ago, or what another's reading of it ends with, or else `reading`'s.
    ///
    /// An error goes to those who wait for it, and to nobody after them. A reading goes on when the one who began it goes away,
    /// since others may wait for it; how long it may take is its own affair.
    pub(crate) async fn find<E>(
        &self,
        key: K,
        reading: impl Future<Output = Result<V, E>> + 'static,
    ) -> (From, Result<V, Arc<E>>)
    where
        E: std::convert::From<DatabaseError> + Send + Sync + 'static,
    {
        if let Some(kept) = self.0.get(&key).await {
            return (From::Cache, Ok(kept));
        }
        let cache = self.0.clone();
        // On this worker's own thread, where its connections are driven.
        let flight = rt::spawn(async move {
            let begun = Cell::new(false);
            let begin = async {
                begun.set(true);
                reading.await
            };
            let outcome = cache.try_get_with(key, begin).await;
            if !begun.get() {
                return (From::Shared, outcome);
            }
            // Else the cache would put off what its bound asks for, and exceed it meanwhile.
            cache.run_pending_tasks().await;
            (From::Reading, outcome)
        });
        let ended = |ended| (From::Reading, Err(Arc::new(DatabaseError::unexpected(ended).into())));
        flight.await.unwrap_or_else(ended)
    }

    /// Bytes kept, as `weight` tells.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.0.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use actix_web::rt::System;
    use tokio::sync::Notify;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn keeping(bytes_max: u64) -> SingleFlight<u32, u32> {
        SingleFlight::new(LONG, bytes_max, |_, _| 10)
    }

    #[test]
    fn who_waits_gets_the_answer_though_the_one_who_began_it_went_away() {
        System::new().block_on(async {
            let (flights, go) = (keeping(1_000), Rc::new(Notify::new()));
            let begun = {
                let (flights, go) = (flights.clone(), Rc::clone(&go));
                rt::spawn(async move {
                    let reading = async move {
                        go.notified().await;
                        Ok::<_, DatabaseError>(7)
                    };
                    flights.find(1, reading).await
                })
            };
            tokio::task::yield_now().await;
            let other = async { panic!("a second reading") };
            let waiting = rt::spawn({
                let flights = flights.clone();
                async move { flights.find::<DatabaseError>(1, other).await }
            });
            tokio::task::yield_now().await;
            begun.abort();
            assert!(begun.await.unwrap_err().is_cancelled());
            go.notify_one();
            let (from, answer) = waiting.await.unwrap();
            assert_eq!((from, answer.unwrap()), (From::Shared, 7));
        });
    }

    #[test]
    fn a_reading_that_panics_is_an_error_and_the_next_one_reads() {
        System::new().block_on(async {
            let flights = keeping(1_000);
            let (_, answer) = flights.find::<DatabaseError>(1, async { panic!("as tests do") }).await;
            assert!(matches!(*answer.unwrap_err(), DatabaseError::Fault(_)));
            let (from, answer) = flights.find::<DatabaseError>(1, async { Ok(7) }).await;
            assert_eq!((from, answer.unwrap()), (From::Reading, 7));
        });
    }

    #[test]
    fn no_more_is_kept_than_the_bound_allows() {
        System::new().block_on(async {
            let flights = keeping(100);
            for key in 0..50 {
                flights.find::<DatabaseError>(key, async move { Ok(key) }).await.1.unwrap();
                assert!(flights.bytes() <= 100, "{}", flights.bytes());
            }
            assert_eq!(flights.bytes(), 100, "and it is used");
        });
    }
}
