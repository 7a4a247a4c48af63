//! Finished answers, kept for a moment and shared: a thousand dashboards that ask the same at once cost one reading.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use moka::future::Cache;

use crate::auth::ProjectScope;
use crate::db::DatabaseError;
use crate::http::answer::Answer;
use crate::http::error::ApiError;
use crate::http::format::Format;
use crate::metrics::{AnswerFrom, Metrics};
use crate::query::ReportQuery;

/// What all answers that are kept may take together, in bytes. Past it, those asked for least leave first.
const ANSWERS_BYTES_MAX: u64 = 8 << 20;
/// What an answer takes beside its body, in bytes: key, headers, the cache's own entry. An estimate.
const ENTRY_BYTES: u32 = 1 << 10;

/// What an answer is an answer to. Who asks is in it as the projects they may see: keys of the same projects share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AnswerKey {
    pub(super) scope: ProjectScope,
    pub(super) route: String,
    pub(super) query: ReportQuery,
    pub(super) format: Format,
}

/// The answers of one process; clones share them.
#[derive(Clone)]
pub(crate) struct Answers {
    /// None where nothing is to be kept.
    kept: Option<Cache<AnswerKey, Arc<Answer>>>,
    metrics: Metrics,
}

impl Answers {
    /// Keeps each answer for `ttl`, and none at all where that is zero.
    pub(crate) fn new(ttl: Duration, metrics: Metrics) -> Self {
        let weight = |_: &AnswerKey, answer: &Arc<Answer>| {
            u32::try_from(answer.len()).unwrap_or(u32::MAX).saturating_add(ENTRY_BYTES)
        };
        let cache =
            || Cache::builder().max_capacity(ANSWERS_BYTES_MAX).weigher(weight).time_to_live(ttl).build();
        Self { kept: (!ttl.is_zero()).then(cache), metrics }
    }

    /// The answer to `key`: kept from a moment ago, or what another's reading of it ends with, or else `reading`'s.
    ///
    /// An error goes to those who wait for it, and to nobody after them. The reading goes on when the one who began it goes
    /// away, since others may wait for it; it is bounded by the time that [`Database::read`](crate::db::Database::read) allows.
    pub(super) async fn find(
        &self,
        key: AnswerKey,
        reading: impl Future<Output = Result<Answer, ApiError>> + 'static,
    ) -> Result<Arc<Answer>, Arc<ApiError>> {
        let Some(kept) = &self.kept else {
            self.metrics.answer_from(AnswerFrom::Reading);
            return reading.await.map(Arc::new).map_err(Arc::new);
        };
        if let Some(answer) = kept.get(&key).await {
            self.metrics.answer_from(AnswerFrom::Cache);
            return Ok(answer);
        }
        let (kept, metrics) = (kept.clone(), self.metrics.clone());
        // On this worker's own thread, where its connections are driven.
        let shared = rt::spawn(async move {
            let begun = Cell::new(false);
            let outcome = kept.try_get_with(key, async {
                begun.set(true);
                reading.await.map(Arc::new)
            });
            let outcome = outcome.await;
            metrics.answer_from(if begun.get() { AnswerFrom::Reading } else { AnswerFrom::Shared });
            if begun.get() {
                // Else the cache would put off what its bound asks for, and exceed it meanwhile.
                kept.run_pending_tasks().await;
            }
            outcome
        });
        shared.await.unwrap_or_else(|ended| Err(Arc::new(DatabaseError::unexpected(ended).into())))
    }
}
