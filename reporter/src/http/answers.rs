//! Finished answers, kept for a moment and shared: a thousand dashboards that ask the same at once cost one reading.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::ProjectScope;
use crate::http::answer::Answer;
use crate::http::error::ApiError;
use crate::http::format::Format;
use crate::metrics::Metrics;
use crate::query::ReportQuery;
use crate::single_flight::{From, SingleFlight};

/// What all answers that are kept may take together, in bytes.
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
    kept: Option<SingleFlight<AnswerKey, Arc<Answer>>>,
    metrics: Metrics,
}

impl Answers {
    /// Keeps each answer for `ttl`, and none at all where that is zero.
    pub(crate) fn new(ttl: Duration, metrics: Metrics) -> Self {
        let weight = |_: &AnswerKey, answer: &Arc<Answer>| {
            u32::try_from(answer.len()).unwrap_or(u32::MAX).saturating_add(ENTRY_BYTES)
        };
        let kept = (!ttl.is_zero()).then(|| SingleFlight::new(ttl, ANSWERS_BYTES_MAX, weight));
        Self { kept, metrics }
    }

    /// The answer to `key`, which `reading` makes where there is none.
    pub(super) async fn find(
        &self,
        key: AnswerKey,
        reading: impl Future<Output = Result<Answer, ApiError>> + 'static,
    ) -> Result<Arc<Answer>, Arc<ApiError>> {
        let reading = async { reading.await.map(Arc::new) };
        let (from, answer) = match &self.kept {
            Some(kept) => kept.find(key, reading).await,
            None => (From::Reading, reading.await.map_err(Arc::new)),
        };
        self.metrics.answer_from(from);
        answer
    }
}
